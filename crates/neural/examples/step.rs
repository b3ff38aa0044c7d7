//! Times training steps and single forecasts of the benchmark's cases (`bench/recurrent`): one JSON line.
//!
//! ```text
//! cargo run --release -p gyeol-neural --example step -- CASE [--threads N] [--secs S] [--dtype f32|bf16]
//! ```
//!
//! CASE is a name, and sizes in place of its own: `ts`, `lm200`, `lstm:I=7,H=50,T=96,B=20`, `infer:B=32`; or `peak`, the
//! fused multiply-adds that the cores can do. What each is stands in `bench/recurrent/protocol.py`.

use std::time::Instant;

use gyeol_neural::net::{
    Input, Labelled, Learner, Net, NetParams, Output, Predictor, Reads, Series, TokenStreams,
};
use gyeol_neural::{
    Activation, Cell, Error, Fit, Loss, Optimizer, Precision, StackParams, TrainParams, Trainable, fit,
};
use gyeol_tensor::{MatRef, Packed, Pool, Rng, Write, matmul_packed};

const ROUNDS: usize = 5;
/// More epochs than any measurement lasts.
const EPOCHS: usize = 1 << 24;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Task {
    Forecast,
    Classify,
    Language,
    Infer,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    task: Task,
    cell: Cell,
    input: usize,
    hidden: usize,
    layers: usize,
    steps: usize,
    batch: usize,
    output: usize,
    vocabulary: usize,
    dropout: f64,
}

const SERIES: Case = Case {
    task: Task::Forecast,
    cell: Cell::Lstm,
    input: 7,
    hidden: 64,
    layers: 1,
    steps: 96,
    batch: 32,
    output: 24,
    vocabulary: 0,
    dropout: 0.0,
};
const LANGUAGE: Case = Case {
    task: Task::Language,
    input: 200,
    hidden: 200,
    layers: 2,
    steps: 35,
    batch: 20,
    output: 10_000,
    ..SERIES
};
const CLASSIFY: Case = Case {
    task: Task::Classify,
    input: 100,
    hidden: 128,
    steps: 30,
    batch: 64,
    output: 2,
    vocabulary: 20_000,
    ..SERIES
};

fn parse(text: &str) -> Result<Case, String> {
    let (name, sizes) = text.split_once(':').unwrap_or((text, ""));
    let mut case = match name {
        "ts" | "lstm" => SERIES,
        "gru" => Case { cell: Cell::Gru, ..SERIES },
        "rnn" => Case { cell: Cell::Rnn, ..SERIES },
        "infer" => Case { task: Task::Infer, batch: 1, ..SERIES },
        "lm200" => LANGUAGE,
        "rnn200" => Case { cell: Cell::Rnn, ..LANGUAGE },
        "gru200" => Case { cell: Cell::Gru, ..LANGUAGE },
        "slstm200" => Case { cell: Cell::SLstm, ..LANGUAGE },
        "mingru200" => Case { cell: Cell::MinGru, ..LANGUAGE },
        "lm650" => Case { input: 650, hidden: 650, dropout: 0.5, ..LANGUAGE },
        "cls" => CLASSIFY,
        _ => return Err(format!("no case {name}")),
    };
    for part in sizes.split(',').filter(|p| !p.is_empty()) {
        let (key, value) = part.split_once('=').ok_or_else(|| format!("{part} is no SIZE=N"))?;
        let n: usize = value.parse().map_err(|_| format!("{value} is no number"))?;
        let size = match key {
            "I" => &mut case.input,
            "H" => &mut case.hidden,
            "L" => &mut case.layers,
            "T" => &mut case.steps,
            "B" => &mut case.batch,
            "O" => &mut case.output,
            "V" => &mut case.vocabulary,
            _ => return Err(format!("no size {key}")),
        };
        *size = n;
    }
    Ok(case)
}

fn net(case: &Case, precision: Precision) -> Result<Net, Error> {
    let tokens = |vocabulary| Input::Tokens { vocabulary };
    let values = Output::Values { width: case.output, activation: Activation::Linear, loss: Loss::Mse };
    let (input, reads, output) = match case.task {
        Task::Forecast | Task::Infer => (Input::Numbers, Reads::Last, values),
        Task::Classify => (tokens(case.vocabulary), Reads::Last, Output::Classes { classes: case.output }),
        Task::Language => (tokens(case.output), Reads::Every, Output::Classes { classes: case.output }),
    };
    let stack = StackParams {
        layers: case.layers,
        precision,
        dropout: if case.layers > 1 { case.dropout } else { 0.0 },
        ..StackParams::new(case.cell, case.input, case.hidden)
    };
    Net::new(&NetParams { input, stack, dropout: case.dropout, reads, projection: None, output, tied: false })
}

/// Rounds of a measurement, fed with the seconds of each call.
struct Rounds {
    /// End of the first call.
    begun: Option<Instant>,
    warm: usize,
    secs: f64,
    round: Instant,
    calls: Vec<f64>,
    rounds: Vec<Vec<f64>>,
}

impl Rounds {
    fn new(secs: f64) -> Self {
        let calls = Vec::with_capacity(1 << 16);
        Rounds { begun: None, warm: 0, secs, round: Instant::now(), calls, rounds: Vec::new() }
    }

    /// Takes a call's seconds; false when all rounds are over.
    fn call(&mut self, seconds: f64) -> bool {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let measures = !self.rounds.is_empty() || !self.calls.is_empty();
        if self.warm < 3 || !measures && begun.elapsed().as_secs_f64() < self.secs / 10.0 {
            self.warm += 1;
            self.round = Instant::now();
            return true;
        }
        self.calls.push(seconds);
        if self.calls.len() >= 2 && self.round.elapsed().as_secs_f64() >= self.secs / ROUNDS as f64 {
            self.rounds.push(std::mem::replace(&mut self.calls, Vec::with_capacity(1 << 16)));
            self.round = Instant::now();
        }
        self.rounds.len() < ROUNDS
    }
}

fn median(values: &[f64]) -> f64 {
    let mut v = values.to_vec();
    v.sort_by(f64::total_cmp);
    v.get(v.len() / 2).copied().unwrap_or(0.0)
}

fn train<M: Trainable<f32>>(
    model: &M,
    p: &TrainParams,
    samples: usize,
    rounds: &mut Rounds,
    pool: &Pool,
) -> Result<(), Error> {
    let all: Vec<u32> = (0..samples as u32).collect();
    let mut last = Instant::now();
    let end = fit(model, p, &all, &all[..p.batch], pool, None, &mut |event| {
        let go_on = match event {
            Fit::Iteration { .. } => rounds.call(last.elapsed().as_secs_f64()),
            Fit::Epoch(_) => true,
        };
        last = Instant::now();
        go_on
    });
    match end {
        Err(Error::Stopped { .. }) => Ok(()),
        end => end.map(|_| ()),
    }
}

fn run(
    case: &Case,
    precision: Precision,
    threads: usize,
    secs: f64,
) -> Result<Rounds, Box<dyn std::error::Error>> {
    const BATCHES: usize = 64;
    let pool = Pool::new(threads);
    let net = net(case, precision)?;
    let mut rounds = Rounds::new(secs);
    let mut rng = Rng::new(0);
    let mut numbers = |n: usize| (0..n).map(|_| rng.normal() as f32).collect::<Vec<f32>>();
    let mut draws = Rng::new(1);
    let mut ids =
        |n: usize, below: usize| (0..n).map(|_| draws.below(below as u64) as u32).collect::<Vec<u32>>();
    let n = BATCHES * case.batch;
    match case.task {
        Task::Forecast => {
            let samples = Series {
                steps: case.steps,
                width: case.input,
                x: numbers(n * case.steps * case.input),
                values: numbers(n * case.output),
                classes: Vec::new(),
                every: false,
            };
            let p = TrainParams::new(EPOCHS, case.batch, Optimizer::adam(), 1e-3);
            train(&Learner { net: &net, samples: &samples }, &p, n, &mut rounds, &pool)?;
        }
        Task::Classify => {
            let sequences: Vec<Vec<u32>> = (0..n).map(|_| ids(case.steps, case.vocabulary)).collect();
            let samples = Labelled::new(&net, &sequences, &ids(n, case.output), case.steps)?;
            let p = TrainParams::new(EPOCHS, case.batch, Optimizer::adam(), 1e-3);
            train(&Learner { net: &net, samples: &samples }, &p, n, &mut rounds, &pool)?;
        }
        Task::Language => {
            let ids = ids(case.batch * (case.steps * BATCHES + 1), case.output);
            let samples = TokenStreams::new(&net, ids, case.batch, case.steps)?;
            let sgd = Optimizer::Sgd { momentum: 0.0, nesterov: false };
            let p = TrainParams { clip: Some(5.0), ..TrainParams::new(EPOCHS, case.batch, sgd, 1.0) };
            train(&Learner { net: &net, samples: &samples }, &p, n, &mut rounds, &pool)?;
        }
        Task::Infer => {
            let params = net.layout().initial(&mut Rng::new(0));
            let predictor = Predictor::new(net, params, case.steps, pool.threads())?;
            let x = numbers(case.batch * case.steps * case.input);
            let mut out = vec![0f32; case.batch * case.output];
            loop {
                let at = Instant::now();
                predictor.series(&x, case.steps, &mut out, &pool)?;
                if !rounds.call(at.elapsed().as_secs_f64()) {
                    break;
                }
            }
        }
    }
    Ok(rounds)
}

/// GFLOP/s of packed products whose operands lie in the first cache, on all threads.
fn peak(threads: usize, secs: f64) -> Vec<f64> {
    let pool = Pool::new(threads);
    let (m, k, n) = (12, 128, 32);
    let mut rng = Rng::new(0);
    let mut fill = |n: usize| {
        let mut v = vec![0f32; n];
        rng.fill_uniform(&mut v, 1.0);
        v
    };
    let (a, b) = (fill(m * k), fill(k * n));
    let packed = Packed::pack(MatRef::new(&b, k, n));
    let round = |_| {
        let mut counts = vec![0u64; pool.threads()];
        let begun = Instant::now();
        pool.each_mut(&mut counts, |_, _, count| {
            let mut c = vec![0f32; m * n];
            while begun.elapsed().as_secs_f64() < secs / ROUNDS as f64 {
                for _ in 0..1000 {
                    matmul_packed(MatRef::new(&a, m, k), &packed, &mut c, n, Write::Set);
                }
                *count += 1000;
            }
        });
        let flops = 2.0 * (m * k * n) as f64 * counts.iter().sum::<u64>() as f64;
        flops / begun.elapsed().as_secs_f64() / 1e9
    };
    (0..ROUNDS).map(round).collect()
}

/// Largest resident memory so far, in 10^6 bytes; 0 where the system does not say.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmHWM"));
    let kb = line.and_then(|l| l.split_whitespace().nth(1)).and_then(|n| n.parse::<f64>().ok());
    kb.unwrap_or(0.0) * 1024.0 / 1e6
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let text = args.first().ok_or("which case?")?;
    let option = |name: &str, default: f64| {
        let at = args.iter().position(|a| a == name);
        at.and_then(|at| args.get(at + 1)).map_or(Ok(default), |v| v.parse::<f64>())
    };
    let (threads, secs) = (option("--threads", 2.0)? as usize, option("--secs", 5.0)?);
    let dtype = args.iter().position(|a| a == "--dtype").and_then(|at| args.get(at + 1));
    let precision = match dtype.map(String::as_str) {
        None | Some("f32") => Precision::F32,
        Some("bf16") if text != "peak" => Precision::Bf16,
        Some(other) => return Err(format!("no dtype {other} for {text}").into()),
    };
    let (unit, values, measured) = if text == "peak" {
        ("GFLOP/s", peak(threads, secs), secs)
    } else {
        let case = parse(text)?;
        let rounds = run(&case, precision, threads, secs)?;
        let (unit, units) = match case.task {
            Task::Infer => ("us", 0),
            Task::Language => ("tokens/s", case.batch * case.steps),
            _ => ("samples/s", case.batch),
        };
        let of = |calls: &Vec<f64>| match case.task {
            Task::Infer => median(calls) * 1e6,
            _ => (units * calls.len()) as f64 / calls.iter().sum::<f64>(),
        };
        let measured = rounds.begun.map_or(0.0, |b| b.elapsed().as_secs_f64());
        (unit, rounds.rounds.iter().map(of).collect(), measured)
    };
    let (least, most) = values.iter().fold((f64::INFINITY, 0f64), |(a, b), &v| (a.min(v), b.max(v)));
    let (best, worst) = if unit == "us" { (least, most) } else { (most, least) };
    let list: Vec<String> = values.iter().map(|v| format!("{v:.1}")).collect();
    println!(
        "{{\"program\": \"gyeol\", \"version\": \"{}\", \"case\": \"{text}\", \"dtype\": \"{}\", \
         \"path\": \"{}\", \"threads\": {threads}, \"unit\": \"{unit}\", \"median\": {:.2}, \"best\": {best:.2}, \
         \"worst\": {worst:.2}, \"rounds\": [{}], \"measured_s\": {measured:.4}, \"peak_mb\": {:.1}}}",
        env!("CARGO_PKG_VERSION"),
        precision.name(),
        gyeol_tensor::kernel_path().name(),
        median(&values),
        list.join(", "),
        peak_mb(),
    );
    Ok(())
}
