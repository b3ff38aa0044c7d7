//! The side of `bench/learn/compare.py` that is timed here: `speed FOLDER [TASK…]` reads what that script wrote and prints a
//! line of JSON a task.

use std::path::{Path, PathBuf};
use std::time::Instant;

use gyeol_learn::regression::LeastSquares;
use gyeol_learn::trees::{Answers, TreesParams};
use gyeol_learn::{Features, KMeansParams, LogisticParams, NbsvmParams, Result, Solver};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::{Csr, Dense, read_npz};
use serde_json::{Value, json};

struct Bench {
    folder: PathBuf,
    pool: Pool,
}

impl Bench {
    fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    fn labels(&self, name: &str) -> Vec<u32> {
        self.bytes(name).as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b)).collect()
    }

    fn numbers(&self, name: &str) -> Vec<f64> {
        self.bytes(name).as_chunks::<8>().0.iter().map(|b| f64::from_le_bytes(*b)).collect()
    }

    fn sparse(&self, name: &str) -> Result<(Csr, Vec<u32>)> {
        Ok((read_npz(&self.folder.join(format!("{name}.npz")))?, self.labels(&format!("{name}.labels"))))
    }

    /// The least time of `rounds`, and what the last one gave.
    fn timed<T>(&self, rounds: usize, mut f: impl FnMut() -> Result<T>) -> Result<(f64, T)> {
        let mut best = f64::INFINITY;
        let mut last = None;
        for _ in 0..rounds {
            let begun = Instant::now();
            last = Some(f()?);
            best = best.min(begun.elapsed().as_secs_f64());
        }
        Ok((best, last.expect("a round")))
    }

    fn softmax(&self) -> Result<()> {
        let (x, y) = self.sparse("news")?;
        let k = *y.iter().max().unwrap_or(&0) as usize + 1;
        let tight = LogisticParams { tolerance: 1e-9, ..LogisticParams::default() };
        let best = tight.fit(Features::Sparse(&x), &y, k, None, None, &self.pool)?.objective;
        for (solver, tolerance) in [(Solver::NewtonCg, 1e-4), (Solver::NewtonCg, 1e-5), (Solver::Lbfgs, 2e-5)]
        {
            let params =
                LogisticParams { solver, tolerance, max_iterations: 1000, ..LogisticParams::default() };
            let (seconds, fit) =
                self.timed(3, || params.fit(Features::Sparse(&x), &y, k, None, None, &self.pool))?;
            let (iterations, objective) = (fit.iterations, fit.objective);
            say(
                "softmax",
                &format!("gyeol {solver}"),
                seconds,
                json!({"tolerance": tolerance, "iterations": iterations, "objective": objective, "above": objective / best - 1.0}),
            );
        }
        Ok(())
    }

    fn nbsvm(&self) -> Result<()> {
        let (x, y) = self.sparse("nsmc")?;
        let (valid, answers) = self.sparse("nsmc-valid")?;
        for tolerance in [0.1, 0.01] {
            let params = NbsvmParams { tolerance, c: 0.01, ..NbsvmParams::default() };
            let (seconds, fit) =
                self.timed(2, || params.fit(Features::Sparse(&x), &y, 2, None, &self.pool))?;
            let found = fit.model.classify(Features::Sparse(&valid), &self.pool)?;
            let right =
                found.iter().zip(&answers).filter(|(a, b)| a == b).count() as f64 / found.len() as f64;
            say(
                "nbsvm",
                "gyeol",
                seconds,
                json!({"tolerance": tolerance, "iterations": fit.iterations, "converged": fit.converged, "objective": fit.objective, "accuracy": right}),
            );
        }
        Ok(())
    }

    fn least_squares(&self) -> Result<()> {
        let x = Dense::new(200_000, 50, self.numbers("ols.x"))?;
        let y = self.numbers("ols.y");
        let (seconds, fit) = self.timed(5, || LeastSquares::fit(&x, &y, true, &self.pool))?;
        let want = self.numbers("ols.coef");
        let off = fit.model.weights.iter().zip(&want).map(|(a, b)| ((a - b) / b).abs()).fold(0.0, f64::max);
        say(
            "least squares",
            "gyeol, with standard errors",
            seconds,
            json!({"route": format!("{:?}", fit.route), "relative": off}),
        );
        let (seconds, _) = self.timed(5, || LeastSquares::fit(&x, &y, true, &Pool::new(1)))?;
        say("least squares", "gyeol, one thread", seconds, json!({}));
        Ok(())
    }

    fn kmeans(&self) -> Result<()> {
        let x = Dense::new(100_000, 50, self.numbers("kmeans.x"))?;
        let start = Dense::new(20, 50, self.numbers("kmeans.start"))?;
        let params = KMeansParams { tolerance: 0.0, max_iterations: 50, ..KMeansParams::new(20) };
        let (seconds, fit) = self.timed(5, || params.fit_from(&x, &start, &self.pool))?;
        say(
            "k-means",
            "gyeol, the same start, 50 iterations",
            seconds,
            json!({"iterations": fit.iterations, "inertia": fit.inertia}),
        );
        let (seconds, fit) = self.timed(5, || KMeansParams::new(20).fit(&x, &self.pool))?;
        say(
            "k-means",
            "gyeol, k-means++",
            seconds,
            json!({"iterations": fit.iterations, "inertia": fit.inertia}),
        );
        Ok(())
    }

    /// Boosted trees on 100,000 x 20: every fourth row judges.
    fn trees(&self) -> Result<()> {
        let (x, y) = (self.numbers("trees.x"), self.numbers("trees.y"));
        let labels = self.labels("trees.labels");
        let part = |judges: bool| {
            let at: Vec<usize> = (0..y.len()).filter(|i| (i % 4 == 0) == judges).collect();
            let rows: Vec<f64> = at.iter().flat_map(|&i| x[i * 20..(i + 1) * 20].to_vec()).collect();
            let of: Vec<u32> = at.iter().map(|&i| labels[i]).collect();
            let values: Vec<f64> = at.iter().map(|&i| y[i]).collect();
            Dense::new(at.len(), 20, rows).map(|x| (x, values, of))
        };
        let ((train, y, of), (test, y_test, of_test)) = (part(false)?, part(true)?);
        let params = TreesParams { min_rows: 20, ..TreesParams::default() };
        let four = |of| Answers::Classes(of, 4);
        for (who, answers, judged) in [
            ("squared", Answers::Values(&y), Answers::Values(&y_test)),
            ("4 classes", four(&of), four(&of_test)),
        ] {
            let (seconds, fit) = self
                .timed(3, || params.fit(Features::Dense(&train), answers, None, &self.pool, &mut |_| true))?;
            let kept = TreesParams { patience: 1000, ..params.clone() };
            let valid = Some((Features::Dense(&test), judged));
            let judged = kept.fit(Features::Dense(&train), answers, valid, &self.pool, &mut |_| true)?;
            let (train, test) = (fit.curve[99].train_loss, judged.curve[99].valid_loss);
            say(
                "trees",
                &format!("gyeol, {who}, 100 rounds"),
                seconds,
                json!({"train": train, "test": test}),
            );
        }
        Ok(())
    }
}

fn say(task: &str, who: &str, seconds: f64, more: Value) {
    println!("{}", json!({"task": task, "who": who, "seconds": seconds, "more": more}));
}

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("the folder that compare.py wrote");
    let asked: Vec<String> = args.collect();
    let bench = Bench { folder: Path::new(&folder).to_path_buf(), pool: Pool::new(2) };
    for (task, run) in [
        ("softmax", Bench::softmax as fn(&Bench) -> Result<()>),
        ("nbsvm", Bench::nbsvm),
        ("ols", Bench::least_squares),
        ("kmeans", Bench::kmeans),
        ("trees", Bench::trees),
    ] {
        if asked.is_empty() || asked.iter().any(|a| a == task) {
            run(&bench)?;
        }
    }
    Ok(())
}
