//! One recurrent net over words, trained for a budget of CPU seconds and judged on the way: what `bench/cells/table.py`
//! compares cells by. Linux only, for CPU seconds are read from `/proc`.
//!
//! ```text
//! cargo run --release -p gyeol-lm --example cells -- CELL TRAIN VALID [--seconds 240] [--at 60,120] [--units 200]
//!     [--layers 1] [--rate 0.002] [--seed 1] [--dropout 0] [--least 1] [--threads 1] [--tokens words|chars]
//! ```
//!
//! CELL is rnn, rnn-relu, gru, lstm, slstm or mingru; TRAIN and VALID are plain texts whose words stand between blanks.
//! Words of the training text that occur less than `--least` times, and those that only the other has, are one: `<unk>`.
//! A line ends in a word of its own. With a vocabulary above 20,000 the softmax is adaptive, else the embeddings are its
//! weights. AdamW, 20 rows of 35 words, norm clipped at 1.
//!
//! So that one run can be read at several budgets, its learning rate stays as it is, and what is judged is a moving
//! average of the weights: no reading is of a net whose rate was still to fall, as it would be under a schedule that ends
//! with the largest budget.
//!
//! Prints a JSON line with the setting, then one at each budget: {"cpu_s", "tokens", "valid_nats"}: CPU seconds of all
//! threads since the first step, judging left out; words walked over; mean -ln p of a validation word, line ends among
//! them. Steps come in groups of 16, with a state of zero at the beginning of each; a budget is read at the end of the
//! group in which it runs out, and `cpu_s` says when that was.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::sync::atomic::{AtomicU32, Ordering};

use gyeol_lm::{NetLmParams, Shape};
use gyeol_neural::net::{Batch, Learner, Net, Samples, TokenStreams};
use gyeol_neural::{Cell, Fit, Optimizer, TrainParams, evaluate, fit};
use gyeol_ngram::Protocol;
use gyeol_tensor::Pool;

/// Rows of a batch, words of a window, batches of a group.
const ROWS: usize = 20;
const STEPS: usize = 35;
const GROUP: usize = 16;
/// Memory of the average: some 200 steps.
const AVERAGE: f64 = 0.995;

/// CPU seconds that all threads of this process have had, user and system, to 10 ms.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name, in brackets, may hold blanks.
    let (_, rest) = stat.rsplit_once(')').ok_or("/proc/self/stat has no name")?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut ticks = || -> Result<f64, Box<dyn Error>> { Ok(fields.next().ok_or("too few fields")?.parse()?) };
    Ok((ticks()? + ticks()?) / 100.0)
}

/// Words by number, the frequent ones first, in both texts.
struct Texts {
    vocabulary: usize,
    train: Vec<u32>,
    valid: Vec<u32>,
}

fn read(train: &str, valid: &str, least: usize, chars: bool) -> Result<Texts, Box<dyn Error>> {
    const UNKNOWN: &str = "<unk>";
    let (train, valid) = (fs::read_to_string(train)?, fs::read_to_string(valid)?);
    let words = |line: &'_ str| -> Vec<String> {
        match chars {
            true => line.chars().map(String::from).collect(),
            false => line.split_whitespace().map(String::from).collect(),
        }
    };
    let tokens = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.flat_map(|line| words(line).into_iter().chain(["</s>".to_owned()])).collect()
    };
    let (train, valid) = (tokens(&train), tokens(&valid));
    let mut counts: HashMap<&str, usize> = HashMap::new();
    train.iter().for_each(|word| *counts.entry(word).or_default() += 1);
    let rare: usize = counts.values().filter(|&&count| count < least).sum();
    counts.retain(|_, count| *count >= least);
    *counts.entry(UNKNOWN).or_default() += rare;
    let mut order: Vec<(&str, usize)> = counts.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let ids: HashMap<&str, u32> = order.iter().zip(0..).map(|((word, _), id)| (*word, id)).collect();
    let number =
        |text: &[String]| text.iter().map(|word| *ids.get(&**word).unwrap_or(&ids[UNKNOWN])).collect();
    Ok(Texts { vocabulary: ids.len(), train: number(&train), valid: number(&valid) })
}

/// A text that is walked over and over, [`GROUP`] batches after those walked last, and behind it the other. What the
/// trainer takes for an epoch is a group.
struct Walk {
    train: TokenStreams,
    valid: TokenStreams,
    /// The group's first batch.
    at: AtomicU32,
}

impl Walk {
    const GROUP_SAMPLES: u32 = (GROUP * ROWS) as u32;

    /// Which of the two texts a sample is of, and which there.
    fn of(&self, sample: u32) -> (&TokenStreams, u32) {
        if sample >= Self::GROUP_SAMPLES {
            return (&self.valid, sample - Self::GROUP_SAMPLES);
        }
        let rows = ROWS as u32;
        let batch = (self.at.load(Ordering::Relaxed) + sample / rows) % (self.train.len() as u32 / rows);
        (&self.train, batch * rows + sample % rows)
    }
}

impl Samples<f32> for Walk {
    fn longest(&self) -> usize {
        STEPS
    }
    fn gather(&self, samples: &[u32], batch: &mut Batch<f32>) {
        // The rows of a batch are of one text.
        let Some(&first) = samples.first() else { return };
        let there: Vec<u32> = samples.iter().map(|&sample| self.of(sample).1).collect();
        self.of(first).0.gather(&there, batch);
    }
    fn weight(&self, samples: &[u32]) -> f64 {
        let one = |&sample: &u32| {
            let (text, there) = self.of(sample);
            <TokenStreams as Samples<f32>>::weight(text, &[there])
        };
        samples.iter().map(one).sum()
    }
    fn streams(&self) -> Option<usize> {
        Some(ROWS)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [cell, train, valid, options @ ..] = &args[..] else {
        return Err("CELL TRAIN VALID, and options".into());
    };
    const KNOWN: [&str; 10] = [
        "--seconds",
        "--at",
        "--units",
        "--layers",
        "--rate",
        "--seed",
        "--dropout",
        "--least",
        "--threads",
        "--tokens",
    ];
    let mut given: HashMap<&str, &str> = HashMap::new();
    for pair in options.chunks(2) {
        let [name, value] = pair else { return Err(format!("{} has no value", pair[0]).into()) };
        let known = KNOWN.iter().find(|known| *known == name).ok_or_else(|| format!("no option {name}"))?;
        given.insert(known, value);
    }
    let number = |name: &str, default: f64| given.get(name).map_or(Ok(default), |value| value.parse::<f64>());
    let cell: Cell = cell.parse()?;
    let seconds = number("--seconds", 240.0)?;
    let (units, layers) = (number("--units", 200.0)? as usize, number("--layers", 1.0)? as usize);
    let (rate, dropout, seed) =
        (number("--rate", 0.002)?, number("--dropout", 0.0)?, number("--seed", 1.0)? as u64);
    let (least, threads) = (number("--least", 1.0)? as usize, number("--threads", 1.0)? as usize);
    let chars = match given.get("--tokens") {
        None | Some(&"words") => false,
        Some(&"chars") => true,
        Some(other) => return Err(format!("--tokens {other}: words or chars").into()),
    };
    let mut marks = match given.get("--at") {
        Some(list) => list.split(',').map(str::parse::<f64>).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    marks.push(seconds);
    marks.sort_by(f64::total_cmp);
    marks.dedup();

    let texts = read(train, valid, least, chars)?;
    let shape = NetLmParams {
        units,
        embedding: units,
        layers,
        dropout,
        ..NetLmParams::suited(cell, texts.train.len(), 1, texts.vocabulary, Protocol::Stream)
    }
    .shape(texts.vocabulary);
    let Shape::Recurrent(shape) = shape else { return Err("a cell makes a recurrent net".into()) };
    let net = Net::new(&shape)?;
    let walk = Walk {
        train: TokenStreams::new(&net, texts.train, ROWS, STEPS)?,
        valid: TokenStreams::new(&net, texts.valid, ROWS, STEPS)?,
        at: AtomicU32::new(0),
    };
    let group: Vec<u32> = (0..Walk::GROUP_SAMPLES).collect();
    let judged: Vec<u32> = (Walk::GROUP_SAMPLES..Walk::GROUP_SAMPLES + walk.valid.len() as u32).collect();
    let params = TrainParams {
        clip: Some(1.0),
        average: Some(AVERAGE),
        seed,
        ..TrainParams::new(usize::MAX >> 32, ROWS, Optimizer::adam_w(1e-2), rate)
    };
    let pool = Pool::new(threads);
    println!(
        "{{\"cell\": \"{cell}\", \"units\": {units}, \"layers\": {layers}, \"rate\": {rate}, \"seed\": {seed}, \
         \"dropout\": {dropout}, \"threads\": {threads}, \"vocabulary\": {}, \"tied\": {}, \"parameters\": {}, \
         \"path\": \"{}\"}}",
        texts.vocabulary,
        shape.tied,
        net.layout().len(),
        gyeol_tensor::kernel_path().name(),
    );
    let learner = Learner { net: &net, samples: &walk };
    let mut failure: Option<Box<dyn Error>> = None;
    let (mut judging, mut tokens, begun) = (0.0, 0.0, cpu_seconds()?);
    let mut marks = marks.into_iter().peekable();
    // What the trainer judges by itself after a group is one batch.
    let ended = fit(&learner, &params, &group, &judged[..ROWS], &pool, None, &mut |news| {
        let Fit::Epoch(state) = news else { return true };
        tokens += walk.weight(&group);
        walk.at.fetch_add(GROUP as u32, Ordering::Relaxed);
        let mut look = || -> Result<bool, Box<dyn Error>> {
            let now = cpu_seconds()?;
            let spent = now - begun - judging;
            let mut reached = false;
            while marks.next_if(|mark| *mark <= spent).is_some() {
                reached = true;
            }
            if reached {
                let nats = evaluate(&learner, &state.average, &judged, &pool);
                println!("{{\"cpu_s\": {spent:.2}, \"tokens\": {tokens:.0}, \"valid_nats\": {nats:.5}}}");
                std::io::stdout().flush()?;
                judging += cpu_seconds()? - now;
            }
            Ok(marks.peek().is_some())
        };
        look().unwrap_or_else(|problem| {
            failure = Some(problem);
            false
        })
    });
    match (failure, ended) {
        (Some(problem), _) => Err(problem),
        (None, Ok(_) | Err(gyeol_neural::Error::Stopped { .. })) => Ok(()),
        (None, Err(problem)) => Err(problem.into()),
    }
}
