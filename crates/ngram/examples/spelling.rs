//! Accuracy and speed on lists of misspelt words: `spelling COUNTS ERRORS TEST…`.
//!
//! COUNTS is a table of word counts (`word<TAB>count`), ERRORS the list of errors that the error model is learned from
//! (`wrong<TAB>right`, or Mitton's `$right` form), each TEST a list `wrong<TAB>right`. Pairs of the tests are left out of
//! ERRORS; in a second run every pair too whose right or wrong word stands in a test. A test named `held` is a tenth of the
//! words of ERRORS (those whose hash says so) with all their errors, left out of learning: constants are chosen on it.
//!
//! Three rules: `known stay` leaves words that the table has (Norvig's rule), `all doubted` takes every word for wrong,
//! `in doubt` is what the corrector does with a line of that word. Times are those of `all doubted`, on one thread, asking
//! every word again and again for half a second or more; nothing is remembered from one question to the next.

use std::collections::HashSet;
use std::time::Instant;

use gyeol_ngram::Source;
use gyeol_ngram::correct::{Corrector, ErrorModel, Learning, Pair, Params, read_counts, read_errors};

type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// Whether a right word is held out of learning: FNV-1a of its bytes, one of ten.
fn is_held(right: &str) -> bool {
    let hash =
        right.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    (hash >> 32).is_multiple_of(10)
}

/// Wilson's interval of 95 % of a share.
fn wilson(right: usize, all: usize) -> (f64, f64) {
    let (z, n) = (1.959_964f64, all as f64);
    let p = right as f64 / n;
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    ((middle - half) / scale, (middle + half) / scale)
}

/// Seconds this thread was on a processor (Linux), or that have passed: other programs share the machine.
fn busy() -> f64 {
    static BEGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let begin = BEGIN.get_or_init(Instant::now);
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = said.and_then(|s| s.split_whitespace().next()?.parse::<f64>().ok());
    nanoseconds.map_or(begin.elapsed().as_secs_f64(), |n| n * 1e-9)
}

fn main() -> Done {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let [counts, errors, tests @ ..] = &files[..] else {
        return Err("usage: spelling COUNTS ERRORS TEST…".into());
    };
    let counts = read_counts(&mut Source::open(counts)?, &mut |_| true)?;
    let all = read_errors(&mut Source::open(errors)?, &mut |_| true)?;
    let lower = |word: &str| word.to_lowercase();
    let hold = tests.iter().any(|t| t == "held");
    let vocabulary: HashSet<String> = counts.iter().map(|c| lower(&c.0)).collect();
    let mut lists: Vec<(&str, Vec<Pair>)> = Vec::new();
    for test in tests {
        let mut pairs = if test == "held" {
            let mut pairs = all.clone();
            pairs.retain(|p| is_held(&lower(&p.right)) && vocabulary.contains(&lower(&p.right)));
            pairs.retain(|p| !p.wrong.contains(' ') && lower(&p.wrong) != lower(&p.right));
            pairs
        } else {
            read_errors(&mut Source::open(test)?, &mut |_| true)?
        };
        pairs.iter_mut().for_each(|p| (p.wrong, p.right) = (lower(&p.wrong), lower(&p.right)));
        lists.push((test, pairs));
    }
    let tested = || lists.iter().filter(|l| l.0 != "held").flat_map(|l| &l.1);
    let pairs: HashSet<(&str, &str)> = tested().map(|p| (p.wrong.as_str(), p.right.as_str())).collect();
    let words: HashSet<&str> = tested().flat_map(|p| [p.wrong.as_str(), p.right.as_str()]).collect();
    for strict in [false, true] {
        let kept: Vec<Pair> = all
            .iter()
            .filter(|p| {
                let (wrong, right) = (lower(&p.wrong), lower(&p.right));
                let held = hold && is_held(&right);
                let tested = pairs.contains(&(&wrong[..], &right[..]));
                let near = strict && (words.contains(&wrong[..]) || words.contains(&right[..]));
                !(held || tested || near)
            })
            .cloned()
            .collect();
        let since = Instant::now();
        let (model, learned) = ErrorModel::learn(&kept, &Learning::default(), &mut |_| true)?;
        let rule = if strict { "no pair with a word of the tests" } else { "no pair of the tests" };
        println!(
            "{rule}: {} of {} pairs learned from ({} equal, {} unfit, {} far), {} edits, {:.2} s",
            learned.pairs,
            all.len(),
            learned.equal,
            learned.unfit,
            learned.far,
            model.len(),
            since.elapsed().as_secs_f64()
        );
        for distance in 1..=3 {
            for (name, model) in [("learned", &model), ("flat", &ErrorModel::flat())] {
                let params = Params { max_distance: distance, real_words: true, ..Params::default() };
                let since = Instant::now();
                let corrector = Corrector::from_counts(&counts, model, params, &mut |_| true)?;
                println!(
                    " distance {distance}, {name}: {} words, {:.1} MB, made in {:.2} s",
                    corrector.words(),
                    corrector.bytes() as f64 / 1e6,
                    since.elapsed().as_secs_f64()
                );
                for (test, pairs) in &lists {
                    show(&corrector, test, pairs);
                }
            }
        }
    }
    Ok(())
}

fn show(corrector: &Corrector, test: &str, pairs: &[Pair]) {
    let unknown = pairs.iter().filter(|p| !corrector.knows(&p.right)).count();
    let real = pairs.iter().filter(|p| corrector.knows(&p.wrong)).count();
    let best = |word: &str| corrector.candidates(word, 1).pop().map_or_else(|| word.to_owned(), |c| c.text);
    let score = |f: &dyn Fn(&str) -> String| pairs.iter().filter(|p| f(&p.wrong) == p.right).count();
    let rules = [
        ("known stay", score(&|w| if corrector.knows(w) { w.to_owned() } else { best(w) })),
        ("all doubted", score(&best)),
        ("in doubt", score(&|w| corrector.correct(w).corrected)),
    ];
    let among =
        pairs.iter().filter(|p| corrector.candidates(&p.wrong, 5).iter().any(|c| c.text == p.right)).count();
    let (since, mut asked) = (busy(), 0usize);
    while busy() - since < 0.5 {
        pairs.iter().for_each(|p| drop(std::hint::black_box(corrector.candidates(&p.wrong, 1))));
        asked += pairs.len();
    }

    let speed = asked as f64 / (busy() - since);
    let name = test.rsplit('/').next().unwrap_or(test);
    print!("  {name:13} {} pairs, {unknown} unknown, {real} wrong words known;", pairs.len());
    for (rule, right) in rules {
        let (low, high) = wilson(right, pairs.len());
        let share = 100.0 * right as f64 / pairs.len() as f64;
        print!(" {rule} {right} = {share:.1} % ({:.1}-{:.1});", 100.0 * low, 100.0 * high);
    }
    println!(" among five {:.1} %; {speed:.0} words/s", 100.0 * among as f64 / pairs.len() as f64);
}
