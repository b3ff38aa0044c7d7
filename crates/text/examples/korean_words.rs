//! Cuts standard input into Korean words, and times it.
//!
//! `korean_words fit TRAIN STATE` fits the splitter to the lines of a file and saves it; `korean_words split STATE
//! [--stems]`, `korean_words morphemes FOLDER [--tags]` and `korean_words eojeol` write each line's tokens with spaces
//! between; `korean_words time (STATE | morphemes FOLDER | eojeol) THREADS ROUNDS` prints eojeol a second over standard
//! input as JSON.

use std::io::{BufRead, Read, Write, stdin, stdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use gyeol_tensor::Pool;
use gyeol_text::Tokenize;
use gyeol_text::korean::{Keep, MorphemeParams, Morphemes, Splitter, SplitterParams};

type Failure = Box<dyn std::error::Error>;

fn load(path: &str) -> Result<Splitter, Failure> {
    Ok(Splitter::from_state(serde_json::from_str(&std::fs::read_to_string(path)?)?)?)
}

fn write_tokens(scheme: &dyn Tokenize) -> Result<(), Failure> {
    let mut out = std::io::BufWriter::new(stdout().lock());
    for line in stdin().lock().lines() {
        let mut first = true;
        let mut row = String::new();
        scheme.each(&line?, &mut |token| {
            if !std::mem::take(&mut first) {
                row.push(' ');
            }
            row.push_str(token);
        });
        writeln!(out, "{row}")?;
    }
    Ok(out.flush()?)
}

/// Eojeol and tokens a second on `threads` threads, the median of `rounds`, as one line of JSON.
fn time(scheme: &dyn Tokenize, threads: usize, rounds: usize) -> Result<(), Failure> {
    let mut text = String::new();
    stdin().read_to_string(&mut text)?;
    let lines: Vec<&str> = text.lines().collect();
    let eojeol: usize = lines.iter().map(|line| line.split_whitespace().count()).sum();
    let pool = Pool::new(threads);
    let tokens = AtomicU64::new(0);
    let mut seconds = Vec::new();
    for _ in 0..rounds.max(1) {
        tokens.store(0, Ordering::Relaxed);
        let start = Instant::now();
        let blocks: Vec<&[&str]> = lines.chunks(2048).collect();
        pool.run(blocks.len(), &|_, block| {
            let mut count = 0u64;
            for line in blocks[block] {
                scheme.each(line, &mut |token| count += u64::from(!token.is_empty()));
            }
            tokens.fetch_add(count, Ordering::Relaxed);
        });
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    let median = seconds[seconds.len() / 2];
    println!(
        "{{\"threads\":{threads},\"eojeol\":{eojeol},\"tokens\":{},\"seconds\":{median:.4},\"eojeol_per_s\":{:.0}}}",
        tokens.load(Ordering::Relaxed),
        eojeol as f64 / median
    );
    Ok(())
}

/// Eojeol as they stand.
struct Eojeol;

impl Tokenize for Eojeol {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        text.split_whitespace().for_each(token);
    }
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["fit", train, state] => {
            let text = std::fs::read_to_string(train)?;
            let lines: Vec<&str> = text.lines().collect();
            let start = Instant::now();
            let splitter = SplitterParams::default().check()?.fit_texts(&lines, &Pool::new(0))?;
            eprintln!("{splitter:?} in {:.2} s", start.elapsed().as_secs_f64());
            Ok(std::fs::write(state, serde_json::to_string(splitter.state())?)?)
        }
        ["split", state] => write_tokens(&load(state)?),
        ["split", state, "--stems"] => write_tokens(&load(state)?.keep(Keep::Stems)),
        ["eojeol"] => write_tokens(&Eojeol),
        ["time", "eojeol", threads, rounds] => time(&Eojeol, threads.parse()?, rounds.parse()?),
        ["morphemes", folder] => write_tokens(&Morphemes::open(folder, MorphemeParams::default())?),
        ["morphemes", folder, "--tags"] => {
            write_tokens(&Morphemes::open(folder, MorphemeParams { tags: true, content_only: false })?)
        }
        ["time", "morphemes", folder, threads, rounds] => {
            let start = Instant::now();
            let morphemes = Morphemes::open(folder, MorphemeParams::default())?;
            eprintln!("loaded in {:.3} s", start.elapsed().as_secs_f64());
            time(&morphemes, threads.parse()?, rounds.parse()?)
        }
        ["time", state, threads, rounds] => time(&load(state)?, threads.parse()?, rounds.parse()?),
        _ => Err("see the head of this file for what to ask".into()),
    }
}
