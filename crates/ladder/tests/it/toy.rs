//! A made-up task: numbers, and the one number that is said for all of them. It holds the contract to its promise that a task
//! needs no more than this to climb, stop, go on, be reported, saved, opened and served.

use gyeol_base::{Error, Result};
use gyeol_bundle::{Bundle, DataHash, Packed, Tensor};
use gyeol_judge::{Bootstrap, Metric, Outcomes, Partial};
use gyeol_ladder::task::{Answered, Findings, Fit, Head, Judged, Part, Plan, RungName, Running, Task};
use gyeol_ladder::{Step, Watch};
use gyeol_models::{Answers, Ask, Reply, VerbSpec};
use gyeol_report::Language;
use gyeol_report::model::{Chapter, Facts, Report, Role};
use gyeol_tensor::{Pool, Rng};
use serde_json::{Map, Value, json};

/// A model: always this number.
pub struct Always(f64);

impl Packed for Always {
    const KIND: &'static str = "toy";
    fn pack(&self, bundle: &mut Bundle) -> Result<()> {
        bundle.tensors.insert("number".into(), Tensor::f64([1], vec![self.0])?);
        Ok(())
    }
    fn unpack(bundle: Bundle) -> Result<Self> {
        Ok(Always(bundle.f64("number", 1)?[0]))
    }
    fn parameters(&self) -> u64 {
        1
    }
}

impl Answers for Always {
    fn verbs(&self) -> Vec<VerbSpec> {
        let (input, output) = (json!({ "type": "object" }), json!({ "type": "object" }));
        vec![VerbSpec { name: "say", about: "Says its number.", table: false, input, output }]
    }
    fn answer(&self, _verb: &str, _ask: Ask, _pool: &Pool) -> Result<Reply> {
        Ok(Reply::Json(json!({ "number": self.0 })))
    }
}

#[derive(Clone, Copy, Default)]
pub struct Sums {
    squares: f64,
    n: f64,
}

impl Partial for Sums {
    fn add(&mut self, o: &Sums) {
        (self.squares, self.n) = (self.squares + o.squares, self.n + o.n);
    }
    fn minus(&self, o: &Sums) -> Sums {
        Sums { squares: self.squares - o.squares, n: self.n - o.n }
    }
}

pub struct Toy {
    plan: Plan,
    parts: [Vec<f64>; 3],
}

impl Toy {
    pub fn new(seed: u64) -> Toy {
        let mut rng = Rng::new(seed);
        let mut part = |n: usize| (0..n).map(|_| 3.0 + rng.uniform()).collect::<Vec<f64>>();
        let data = DataHash { name: "numbers".into(), ..DataHash::default() };
        let head = Head {
            task: "toy",
            title: "Numbers".into(),
            data,
            canonical: format!("seed = {seed}"),
            recipe: String::new(),
            seed,
            language: Language::English,
            metric: "mse",
            unit: String::new(),
            draws: 200,
            margin: 0.02,
        };
        let rungs = [("zero", Role::Naive), ("middle", Role::Learned), ("mean", Role::Learned)]
            .map(|(name, role)| RungName { name: name.into(), role, plain: false })
            .to_vec();
        let bootstrap = Bootstrap::new(100, 5, 200, seed);
        Toy { plan: Plan { head, rungs, bootstrap }, parts: [part(300), part(100), part(100)] }
    }
}

impl Task for Toy {
    type Model = Always;
    type Sums = Sums;
    type Answers = ();

    fn plan(&self) -> &Plan {
        &self.plan
    }
    fn fit(&mut self, rung: usize, running: &mut Running<'_>) -> Result<Fit<Always>> {
        if !running.watch.step(Step::Trying(&[&self.plan.rungs[rung].name])) {
            return Err(Error::stopped());
        }
        let train = &self.parts[0];
        let mean = train.iter().sum::<f64>() / train.len() as f64;
        Ok(Fit::plain(Always([0.0, train[0], mean][rung]), 0.0))
    }
    fn answer(&self, model: &Always, part: Part, _: &mut dyn Watch) -> Result<Answered<Sums, ()>> {
        let numbers = &self.parts[if part == Part::Valid { 1 } else { 2 }];
        let units = numbers.iter().map(|y| Sums { squares: (y - model.0).powi(2), n: 1.0 }).collect();
        let outcomes = Outcomes::new(units, [Metric::new("mse", |s: &Sums| s.squares / s.n)]);
        Ok(Answered { outcomes, answers: () })
    }
    fn microseconds(&self, _: &Always, _: &Answered<Sums, ()>) -> f64 {
        0.1
    }
    fn findings(&mut self, _: &[Judged<Self>], _: usize, _: &mut dyn Watch) -> Result<Findings> {
        let facts = Facts::Plain { deck: "500 numbers".into(), facts: Vec::new(), judged: 100 };
        let chapters = vec![Chapter::Answer, Chapter::Ladder, Chapter::Protocol];
        Ok(Findings { facts, chapters, notes: Vec::new() })
    }
    fn scores(&self, _: &Report) -> Map<String, Value> {
        Map::from_iter([("denominator".to_owned(), json!({ "rows": 100 }))])
    }
}
