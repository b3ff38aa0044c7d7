//! Learning an error model from pairs of a wrong and a right word.
//!
//! As Brill and Moore (2000): the pair is aligned with as few edits as possible, and every run of neighbouring steps of the
//! alignment that holds an error, and has at most `window` units on each side, is counted as one edit. Of several
//! alignments the first choice is arbitrary; so the pairs are aligned again with the probabilities learned, twice.

use std::collections::HashMap;

use gyeol_base::Fault;

use super::channel::{Channel, END, MIDDLE, MOST_WINDOW, START};
use super::error_model::{Edit, ErrorModel, FLAT, Places, fits, sort};
use super::units::{Alphabet, Unit};
use super::{MOST_DISTANCE, distance};
use crate::corpus::Source;
use crate::corpus::source::Lines;
use crate::watch::{Stage, Watch};
use gyeol_base::{Error, Result};

/// How often pairs are aligned.
const ROUNDS: usize = 3;
/// The largest count of a pair.
const MOST_COUNT: u64 = 1 << 32;

/// A word as it was written and as it should have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// As it was written.
    pub wrong: String,
    /// As it should have been.
    pub right: String,
    /// How often.
    pub count: u64,
}

/// How an error model is learned.
#[derive(Debug, Clone)]
pub struct Learning {
    /// Most letters on each side of an edit, 1 to 4.
    pub window: usize,
    /// Edits of more than one letter a side that occur less often are left out.
    pub least: u64,
}

impl Default for Learning {
    fn default() -> Self {
        Learning { window: 3, least: 2 }
    }
}

/// What was left out of learning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Learned {
    /// Pairs learned from.
    pub pairs: u64,
    /// Pairs of equal words, case aside.
    pub equal: u64,
    /// Pairs with a blank, without a letter, or with more than 64 letters.
    pub unfit: u64,
    /// Pairs more than three edits apart: the corrector never looks so far.
    pub far: u64,
}

impl ErrorModel {
    /// Learns from pairs. Those it cannot learn from are counted and left out. `progress` answers whether to go on.
    ///
    /// # Errors
    /// A window out of range; no pair that can be learned from; stopped.
    pub fn learn(
        pairs: &[Pair],
        how: &Learning,
        progress: &mut dyn FnMut(Stage) -> bool,
    ) -> Result<(Self, Learned)> {
        if !(1..=MOST_WINDOW).contains(&how.window) {
            return Err(Error::option(
                Fault::new("bad-window", format!("the window of edits is {}", how.window))
                    .next(format!("choose 1 to {MOST_WINDOW}")),
            ));
        }
        let mut watch = Watch::new(progress, Stage::Learning);
        watch.tell(Stage::Learning)?;
        let mut alphabet = Alphabet::new();
        let mut learned = Learned::default();
        let mut used: Vec<(Vec<Unit>, Vec<Unit>, u64)> = Vec::new();
        for (step, pair) in pairs.iter().enumerate() {
            watch.step(step)?;
            let blank = |word: &str| word.chars().any(char::is_whitespace);
            let (right, wrong) = (alphabet.learn(&pair.right), alphabet.learn(&pair.wrong));
            if right == wrong {
                learned.equal += 1;
            } else if !fits(&right) || !fits(&wrong) || blank(&pair.right) || blank(&pair.wrong) {
                learned.unfit += 1;
            } else if distance::within(&right, &wrong, MOST_DISTANCE).is_none() {
                learned.far += 1;
            } else {
                learned.pairs += 1;
                used.push((right, wrong, pair.count.clamp(1, MOST_COUNT)));
            }
        }
        if used.is_empty() {
            return Err(Error::input(
                Fault::new(
                    "no-errors",
                    format!(
                        "no pair to learn from ({} equal, {} with blanks or too long, {} too far apart)",
                        learned.equal, learned.unfit, learned.far
                    ),
                )
                .cause("the list is empty, or its columns are the other way round or not words")
                .next("write a line a pair: wrong, tab, right"),
            ));
        }
        let mut model = ErrorModel {
            window: how.window,
            pairs: learned.pairs,
            alphabet,
            edits: Vec::new(),
            occurrences: occurrences(&used, how.window, &mut watch)?,
            channel: Channel::new(how.window, FLAT, 1, 0),
        };
        for _ in 0..ROUNDS {
            let counts = count(&used, how.window, &model.channel, &mut watch)?;
            model.edits = counts
                .into_iter()
                .map(|((right, wrong), counts)| Edit { right, wrong, counts })
                .filter(|e| {
                    e.counts.iter().sum::<u64>() >= how.least || e.right.len().max(e.wrong.len()) <= 1
                })
                .collect();
            sort(&mut model.edits);
            model.compile();
        }
        // What no edit begins with is never asked for.
        let kept: std::collections::HashSet<&[Unit]> = model.edits.iter().map(|e| &e.right[..]).collect();
        model.occurrences.retain(|units, _| units.len() == 1 || kept.contains(&units[..]));
        Ok((model, learned))
    }
}

type Counts = HashMap<(Vec<Unit>, Vec<Unit>), Places>;

fn place(begin: usize, end: usize, len: usize) -> usize {
    if begin == 0 {
        START
    } else if end == len {
        END
    } else {
        MIDDLE
    }
}

/// How often each run of up to `window` units, the empty one too, stands in the right words.
fn occurrences(
    pairs: &[(Vec<Unit>, Vec<Unit>, u64)],
    window: usize,
    watch: &mut Watch<'_>,
) -> Result<HashMap<Vec<Unit>, Places>> {
    let mut found: HashMap<Vec<Unit>, Places> = HashMap::new();
    for (step, (right, _, count)) in pairs.iter().enumerate() {
        watch.step(step)?;
        for begin in 0..=right.len() {
            for end in begin..=(begin + window).min(right.len()) {
                let at = place(begin, end, right.len());
                match found.get_mut(&right[begin..end]) {
                    Some(places) => places[at] += count,
                    None => found.entry(right[begin..end].to_vec()).or_default()[at] += count,
                }
            }
        }
    }
    Ok(found)
}

fn count(
    pairs: &[(Vec<Unit>, Vec<Unit>, u64)],
    window: usize,
    channel: &Channel,
    watch: &mut Watch<'_>,
) -> Result<Counts> {
    let mut counts = Counts::new();
    for (step, (right, wrong, count)) in pairs.iter().enumerate() {
        watch.step(step)?;
        let steps = align(right, wrong, channel);
        let (mut i, mut j) = (0, 0);
        for (first, step) in steps.iter().enumerate() {
            let (mut a, mut b, mut error) = (0, 0, false);
            for step in &steps[first..] {
                a += step.0;
                b += step.1;
                if a > window || b > window {
                    break;
                }
                error |= step.2;
                if error {
                    let at = place(i, i + a, right.len());
                    let key = (right[i..i + a].to_vec(), wrong[j..j + b].to_vec());
                    counts.entry(key).or_default()[at] += count;
                }
            }
            i += step.0;
            j += step.1;
        }
    }
    Ok(counts)
}

/// The most probable alignment by single edits: units of the right word, of the wrong word, and whether it is an error.
/// Of equal ones the one that keeps or replaces latest.
fn align(right: &[Unit], wrong: &[Unit], channel: &Channel) -> Vec<(usize, usize, bool)> {
    let (n, m) = (right.len(), wrong.len());
    let wide = m + 1;
    let mut best = vec![(f32::NEG_INFINITY, (0usize, 0usize, false)); (n + 1) * wide];
    best[0].0 = 0.0;
    for i in 0..=n {
        for j in 0..=m {
            let value = best[i * wide + j].0;
            if value == f32::NEG_INFINITY {
                continue;
            }
            let mut go = |a: usize, b: usize, log10: f32, error: bool| {
                let cell = &mut best[(i + a) * wide + j + b];
                if value + log10 > cell.0 {
                    *cell = (value + log10, (a, b, error));
                }
            };
            if i < n && j < m && right[i] == wrong[j] {
                go(1, 1, channel.kept(right[i]), false);
            }
            for (a, b) in [(2, 2), (1, 1), (1, 0), (0, 1)] {
                if i + a <= n && j + b <= m {
                    let (from, to) = (&right[i..i + a], &wrong[j..j + b]);
                    let swap = a == 2 && from[0] == to[1] && from[1] == to[0] && from[0] != from[1];
                    if (a == 2 && !swap) || from == to {
                        continue;
                    }
                    if let Some(log10) = channel.edit(from, to) {
                        go(a, b, log10, true);
                    }
                }
            }
        }
    }
    let mut steps = Vec::new();
    let (mut i, mut j) = (n, m);
    while i + j > 0 {
        let step = best[i * wide + j].1;
        steps.push(step);
        i -= step.0;
        j -= step.1;
    }
    steps.reverse();
    steps
}

/// Reads a list of errors: `wrong<TAB>right` a line with a count behind another tab if there is one; or Mitton's form, `$right`
/// with its wrong forms on the lines below and `_` for a blank. `progress` answers whether to go on.
///
/// # Errors
/// A line that is neither, text that is not UTF-8, an empty list; each names file and line. Stopped.
pub fn read_errors(source: &mut Source, progress: &mut dyn FnMut(Stage) -> bool) -> Result<Vec<Pair>> {
    let mut watch = Watch::new(progress, Stage::Reading(0));
    let name = source.name().to_owned();
    let at = |row: usize, code: &'static str, found: String, next: &str| {
        Error::input(Fault::new(code, found).file(&name).row(row).next(next))
    };
    let (mut block, mut row, mut pairs) = (Vec::new(), 0, Vec::new());
    let mut mitton: Option<bool> = None;
    let mut right = String::new();
    while source.watched_block(&mut block, &mut watch)? {
        for line in Lines(&block) {
            row += 1;
            watch.step(row)?;
            let line = std::str::from_utf8(line).map_err(|e| {
                let found = format!("byte {} of the line is no UTF-8", e.valid_up_to() + 1);
                at(row, "not-utf-8", found, "save the list as UTF-8")
            })?;
            let line = line.trim_end_matches('\r');
            if line.trim().is_empty() {
                continue;
            }
            let mitton = *mitton.get_or_insert_with(|| line.starts_with('$') && !line.contains('\t'));
            if mitton {
                match line.trim().strip_prefix('$') {
                    Some(word) => right = word.replace('_', " "),
                    None => {
                        let wrong = line.trim().replace('_', " ");
                        pairs.push(Pair { wrong, right: right.clone(), count: 1 });
                    }
                }
                continue;
            }
            let next = "write a line a pair: wrong, tab, right, and a count behind another tab if you like";
            let mut fields = line.split('\t').map(str::trim);
            let (wrong, right) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
            if wrong.is_empty() || right.is_empty() {
                let found = format!("no wrong and right word with a tab between: '{}'", shown(line));
                return Err(at(row, "no-pair", found, next));
            }
            let count = match fields.next().filter(|c| !c.is_empty()) {
                None => 1,
                Some(text) => text.parse::<u64>().ok().filter(|&c| c > 0).ok_or_else(|| {
                    let found = format!("'{}' is no count", shown(text));
                    at(row, "bad-count", found, next)
                })?,
            };
            pairs.push(Pair { wrong: wrong.into(), right: right.into(), count });
        }
    }
    if pairs.is_empty() {
        return Err(Error::input(
            Fault::new("no-errors", "no pair of words in the list")
                .file(&name)
                .next("write a line a pair: wrong, tab, right"),
        ));
    }
    Ok(pairs)
}

/// The beginning of a text for a message.
pub(super) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(40).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
