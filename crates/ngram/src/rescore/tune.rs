//! The weights of least error: minimum error rate training (Och 2003, *Minimum Error Rate Training in Statistical Machine
//! Translation*, ACL), here with two weights.
//!
//! Along a direction each hypothesis has a score that is a straight line in the step γ, so the best hypothesis of a list
//! is the upper envelope of its lines, and the errors of all lists are constant between the crossings of the envelopes.
//! Those crossings are found exactly, sorted, and walked once: no grid, no gradient, and the least error along the line is
//! certain. From several starting points, the two axes and some random directions are searched in turn until none helps.
//! The point that is taken lies in the middle of the widest interval of least error.

use gyeol_base::Fault;
use gyeol_tensor::{Pool, Rng};

use super::{Features, RescoreWeights};
use crate::watch::{Stage, Watch, sort_by};
use gyeol_base::{Error, Result};

/// Lists that one task works on.
const BLOCK: usize = 64;
/// Random directions tried after the two axes, each round.
const DIRECTIONS: usize = 2;
/// Rounds after which a start is left where it is; errors fall in whole numbers, so it is hardly ever reached.
const ROUNDS: usize = 50;

/// A hypothesis with its errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// What its score is made of.
    pub features: Features,
    /// Its errors, by words or by characters.
    pub errors: u64,
}

/// How the weights are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// Random starting points beside that of the acoustic score alone.
    pub restarts: usize,
    /// Seed of starting points and directions.
    pub seed: u64,
    /// Leave the word penalty at 0.
    pub no_word_penalty: bool,
}

impl Default for Tuning {
    fn default() -> Self {
        Tuning { restarts: 10, seed: 0, no_word_penalty: false }
    }
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Tuned {
    /// The weights.
    pub weights: RescoreWeights,
    /// Errors of the first pass on the lists they were looked for on.
    pub errors_before: u64,
    /// Errors with the weights.
    pub errors: u64,
    /// The fewest that any order of the lists could have.
    pub errors_of_oracle: u64,
}

type Point = [f64; 2];

fn weights(at: Point) -> RescoreWeights {
    RescoreWeights { language: at[0], word_penalty: at[1] }
}

/// Looks for the weights with the fewest errors. The same weights for one seed on any number of threads. `progress`
/// answers whether to go on.
///
/// # Errors
/// No list, or an empty one; stopped.
pub fn tune(
    lists: &[Vec<Candidate>],
    tuning: &Tuning,
    pool: &Pool,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<Tuned> {
    if lists.is_empty() || lists.iter().any(Vec::is_empty) {
        return Err(Error::input(
            Fault::new("no-lists", "there is no hypothesis to tune on")
                .cause("an empty list")
                .next("give at least one hypothesis for each utterance"),
        ));
    }
    let mut watch = Watch::new(progress, Stage::Learning);
    watch.tell(Stage::Learning)?;
    let mut search = Search { lists, pool, scale: scale(lists), watch };
    let before = search.errors([0.0, 0.0])?;
    let mut best = ([0.0, 0.0], before);
    for start in 0..=tuning.restarts {
        let mut rng = Rng::stream(tuning.seed, start as u64);
        // Around the weight that makes both scores matter alike, a factor of 30 to either side.
        let from = match start {
            0 => [0.0, 0.0],
            _ => [
                search.scale[0] * 30f64.powf(2.0 * rng.uniform() - 1.0),
                if tuning.no_word_penalty { 0.0 } else { search.scale[1] * (2.0 * rng.uniform() - 1.0) },
            ],
        };
        let found = search.descend(from, tuning.no_word_penalty, &mut rng)?;
        if found.1 < best.1 {
            best = found;
        }
    }
    let oracle = lists.iter().map(|list| list.iter().map(|c| c.errors).min().unwrap_or(0)).sum();
    let tuned = weights(best.0).check()?;
    Ok(Tuned { weights: tuned, errors_before: before, errors: best.1, errors_of_oracle: oracle })
}

/// How far the acoustic scores of a list lie apart, in the spread of the language scores and of the lengths.
fn scale(lists: &[Vec<Candidate>]) -> Point {
    let spread = |of: fn(&Features) -> f64| -> f64 {
        lists
            .iter()
            .map(|list| {
                let values = list.iter().map(|c| of(&c.features));
                let mean = values.clone().sum::<f64>() / list.len() as f64;
                values.map(|v| (v - mean).abs()).sum::<f64>() / list.len() as f64
            })
            .sum()
    };
    let by = |spread: f64, acoustic: f64| {
        let ratio = acoustic / spread;
        if ratio.is_finite() && ratio > 0.0 { ratio } else { 1.0 }
    };
    let acoustic = spread(|f| f.acoustic);
    [by(spread(|f| f.language), acoustic), by(spread(|f| f.words as f64), acoustic)]
}

struct Search<'a, 'w> {
    lists: &'a [Vec<Candidate>],
    pool: &'a Pool,
    scale: Point,
    watch: Watch<'w>,
}

/// From `at` on, this hypothesis of a list is its best one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    at: f64,
    errors: u64,
}

impl Search<'_, '_> {
    /// Something of every list, in their order.
    fn of_each<T: Send + Default + Clone>(
        &mut self,
        of: impl Fn(&[Candidate]) -> T + Sync,
    ) -> Result<Vec<T>> {
        let mut out = vec![T::default(); self.lists.len()];
        let mut blocks: Vec<(&[Vec<Candidate>], &mut [T])> =
            self.lists.chunks(BLOCK).zip(out.chunks_mut(BLOCK)).collect();
        self.watch.each_mut(self.pool, &mut blocks, |_, _, (lists, values)| {
            for (list, value) in lists.iter().zip(values.iter_mut()) {
                *value = of(list);
            }
        })?;
        Ok(out)
    }

    /// Errors with these weights.
    fn errors(&mut self, at: Point) -> Result<u64> {
        let weights = weights(at);
        let each = self.of_each(|list| {
            let mut best = (f64::NEG_INFINITY, 0);
            for candidate in list {
                let score = weights.score(&candidate.features);
                if score > best.0 {
                    best = (score, candidate.errors);
                }
            }
            best.1
        })?;
        Ok(each.into_iter().sum())
    }

    fn descend(&mut self, from: Point, no_word_penalty: bool, rng: &mut Rng) -> Result<(Point, u64)> {
        let mut here = (from, self.errors(from)?);
        for _ in 0..ROUNDS {
            let before = here.1;
            let mut directions = vec![[self.scale[0], 0.0]];
            if !no_word_penalty {
                directions.push([0.0, self.scale[1]]);
                for _ in 0..DIRECTIONS {
                    let angle = std::f64::consts::TAU * rng.uniform();
                    directions.push([self.scale[0] * angle.cos(), self.scale[1] * angle.sin()]);
                }
            }
            for direction in directions {
                let there = self.line(here.0, direction)?;
                // Counted again where it is to stand: a crossing can lie nearer than numbers tell apart.
                let errors = self.errors(there)?;
                if errors < here.1 {
                    here = (there, errors);
                }
            }
            if here.1 == before {
                break;
            }
        }
        Ok(here)
    }

    /// The middle of the widest interval of least error on the half of the line where the weight is not negative.
    fn line(&mut self, from: Point, direction: Point) -> Result<Point> {
        let envelopes = self.of_each(|list| envelope(list, from, direction))?;
        // At the far left every list has its first piece; each further piece changes its errors.
        let mut errors: i64 = envelopes.iter().map(|pieces| pieces[0].errors as i64).sum();
        let mut changes: Vec<(f64, i64)> = Vec::new();
        for pieces in &envelopes {
            let step = |two: &[Piece]| (two[1].at, two[1].errors as i64 - two[0].errors as i64);
            changes.extend(pieces.windows(2).map(step));
        }
        sort_by(&mut changes, |a, b| a.0.total_cmp(&b.0), &mut || self.watch.ask())?;
        // Where the weight would be negative.
        let wall = -from[0] / direction[0];
        let (low, high) = match direction[0] {
            d if d > 0.0 => (wall, f64::INFINITY),
            d if d < 0.0 => (f64::NEG_INFINITY, wall),
            _ => (f64::NEG_INFINITY, f64::INFINITY),
        };
        let mut best: Option<(i64, f64, f64)> = None;
        let mut left = f64::NEG_INFINITY;
        let ends = changes.iter().map(|c| (c.0, c.1)).chain([(f64::INFINITY, 0)]);
        for (right, change) in ends {
            let (begin, end) = inside(left.max(low), right.min(high));
            if begin < end {
                let width = end - begin;
                let better = best.is_none_or(|(e, w, _)| errors < e || (errors == e && width > w));
                if better {
                    best = Some((errors, width, 0.5 * (begin + end)));
                }
            }
            errors += change;
            left = right;
        }
        let step = best.map_or(0.0, |b| b.2);
        // Rounding must not put the weight below the wall.
        Ok([(from[0] + step * direction[0]).max(0.0), from[1] + step * direction[1]])
    }
}

/// An interval with its open ends cut: one goes as far as its other end and 2 more, all of the line 1 to each side.
fn inside(begin: f64, end: f64) -> (f64, f64) {
    match (begin.is_finite(), end.is_finite()) {
        (true, true) => (begin, end),
        (true, false) => (begin, begin + 2.0),
        (false, true) => (end - 2.0, end),
        (false, false) => (-1.0, 1.0),
    }
}

/// The upper envelope of a list's lines, from the left: the first piece begins at −∞.
fn envelope(list: &[Candidate], from: Point, direction: Point) -> Vec<Piece> {
    let (here, slope) = (weights(from), weights(direction));
    let mut lines: Vec<(f64, f64, u64)> = list
        .iter()
        .map(|c| (slope.score(&Features { acoustic: 0.0, ..c.features }), here.score(&c.features), c.errors))
        .collect();
    // Of parallel lines the upper one counts, of equal ones the earlier hypothesis: sorting keeps their order.
    lines.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)));
    lines.dedup_by(|later, earlier| later.0 == earlier.0);
    let mut hull: Vec<(f64, (f64, f64, u64))> = Vec::with_capacity(lines.len());
    for line in lines {
        let mut at = f64::NEG_INFINITY;
        while let Some(&(begin, top)) = hull.last() {
            at = (top.1 - line.1) / (line.0 - top.0);
            if at > begin {
                break;
            }
            // It is overtaken before it ever leads.
            hull.pop();
            at = f64::NEG_INFINITY;
        }
        hull.push((at, line));
    }
    hull.into_iter().map(|(at, line)| Piece { at, errors: line.2 }).collect()
}
