//! Rows cut into training, validation and test parts, and into folds. Every list of rows rises; equal seeds cut alike.
//!
//! Stratified cuts draw from each class by largest remainder (as scikit-learn's `StratifiedShuffleSplit` does), so that
//! parts have the proportions of the whole. Grouped cuts keep each group whole: groups are dealt out, the largest first,
//! each to the part that lacks most of what it holds.

use std::collections::HashMap;

use gyeol_base::{Fault, Result};
use gyeol_tensor::Rng;
use serde::{Deserialize, Serialize};

use crate::lists;

const STREAM: u64 = 0x5b117;

/// Most folds.
const FOLDS: usize = 1000;

/// Shares of the validation and of the test part; training is what is left.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// Of the validation part, 0 or more.
    pub valid: f64,
    /// Of the test part, 0 or more.
    pub test: f64,
}

/// Row numbers of the three parts, rising in each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// To fit on.
    pub train: Vec<usize>,
    /// To choose by.
    pub valid: Vec<usize>,
    /// To judge by, once.
    pub test: Vec<usize>,
}

impl Default for Shares {
    /// Fifteen per cent each.
    fn default() -> Self {
        Shares { valid: 0.15, test: 0.15 }
    }
}

impl Shares {
    /// Rows of train, valid and test among `rows`: shares rounded up, the rest to train.
    fn sizes(self, rows: usize) -> Result<[usize; 3]> {
        let right = |s: f64| (0.0..1.0).contains(&s);
        if !(right(self.valid) && right(self.test) && self.valid + self.test < 1.0) {
            let found = format!("shares of {} for validation and {} for test", self.valid, self.test);
            return Err(lists::bad_option(
                "bad-shares",
                found,
                "give shares of 0 or more that leave some rows for training",
            ));
        }
        // A share that was meant as 7 of 100 must not become 8 for the sake of its last bit.
        let size = |share: f64| (share * rows as f64 - 1e-9).ceil().max(0.0) as usize;
        let (valid, test) = (size(self.valid), size(self.test));
        match rows.checked_sub(valid + test).filter(|&train| train > 0) {
            Some(train) => Ok([train, valid, test]),
            None => Err(too_few(rows, "no row is left for training")),
        }
    }

    fn of_parts(self) -> [f64; 3] {
        [1.0 - self.valid - self.test, self.valid, self.test]
    }
}

fn too_few(rows: usize, why: &str) -> gyeol_base::Error {
    Fault::new("too-few-rows", format!("{rows} rows: {why}"))
        .next("give more rows, or smaller shares")
        .input()
}

impl Parts {
    /// Rows by the number of their part: 0 train, 1 valid, 2 test.
    fn of(parts: &[u32]) -> Parts {
        let rows = |part: u32| (0..parts.len()).filter(|&row| parts[row] == part).collect();
        Parts { train: rows(0), valid: rows(1), test: rows(2) }
    }

    /// At random.
    ///
    /// # Errors
    /// Shares that leave no row for training.
    ///
    /// ```
    /// use gyeol_judge::{Parts, Shares};
    /// let parts = Parts::random(10, Shares { valid: 0.2, test: 0.1 }, 0)?;
    /// assert_eq!([parts.train.len(), parts.valid.len(), parts.test.len()], [7, 2, 1]);
    /// # Ok::<(), gyeol_base::Error>(())
    /// ```
    pub fn random(rows: usize, shares: Shares, seed: u64) -> Result<Parts> {
        Parts::stratified(&vec![0; rows], shares, seed)
    }

    /// At random, each class in its proportion. The row of a class that has a single one is for training.
    ///
    /// # Errors
    /// As [`Parts::random`]; so many classes of a single row that training would overflow.
    pub fn stratified(labels: &[u32], shares: Shares, seed: u64) -> Result<Parts> {
        let [train, valid, _] = shares.sizes(labels.len())?;
        let mut rng = Rng::stream(seed, STREAM);
        let (numbers, of) = by_appearance(labels);
        let mut counts = vec![0usize; of];
        numbers.iter().for_each(|&class| counts[class] += 1);
        // Classes of one row are not drawn from, unless they are all there is.
        let single = |count: usize| of > 1 && count == 1;
        let singles = counts.iter().filter(|&&count| single(count)).count();
        let Some(train) = train.checked_sub(singles) else {
            return Err(too_few(
                labels.len(),
                &format!("{singles} classes have a single row, more than training takes"),
            ));
        };
        let mut left: Vec<usize> =
            counts.iter().map(|&count| if single(count) { 0 } else { count }).collect();
        let mut draw = |left: &mut Vec<usize>, wanted: usize| {
            let drawn = largest_remainder(left, wanted, &mut rng);
            left.iter_mut().zip(&drawn).for_each(|(left, drawn)| *left -= drawn);
            drawn
        };
        let train = draw(&mut left, train);
        let valid = draw(&mut left, valid);
        let mut rows: Vec<Vec<usize>> = counts.iter().map(|&count| Vec::with_capacity(count)).collect();
        numbers.iter().enumerate().for_each(|(row, &class)| rows[class].push(row));
        let mut parts = vec![0; labels.len()];
        for (class, rows) in rows.iter_mut().enumerate().filter(|(class, _)| !single(counts[*class])) {
            rng.shuffle(rows);
            let (train, valid) = (train[class], valid[class]);
            rows[train..train + valid].iter().for_each(|&row| parts[row] = 1);
            rows[train + valid..].iter().for_each(|&row| parts[row] = 2);
        }
        Ok(Parts::of(&parts))
    }

    /// No group in two parts (near-duplicates, texts of one author); with labels each class also near its proportion.
    /// Groups are as large as they are, so parts have their shares only about.
    ///
    /// # Errors
    /// As [`Parts::random`]; lists of different length; a part with a share that no group is left for.
    pub fn grouped(groups: &[u64], labels: Option<&[u32]>, shares: Shares, seed: u64) -> Result<Parts> {
        shares.sizes(groups.len())?;
        let wanted = shares.of_parts();
        let parts = Parts::of(&deal(groups, labels, &wanted, seed)?);
        let empty = [("training", &parts.train), ("validation", &parts.valid), ("test", &parts.test)];
        match empty.iter().zip(wanted).find(|((_, rows), share)| *share > 0.0 && rows.is_empty()) {
            Some(((part, _), _)) => {
                let found = format!("no group is left for the {part} part");
                Err(Fault::new("too-few-groups", found)
                    .cause("few groups, or one that holds most rows")
                    .next("group by something finer")
                    .input())
            }
            None => Ok(parts),
        }
    }

    /// In the order of the rows: first training, then validation, then test.
    ///
    /// # Errors
    /// As [`Parts::random`].
    pub fn by_order(rows: usize, shares: Shares) -> Result<Parts> {
        let [train, valid, _] = shares.sizes(rows)?;
        Ok(Parts {
            train: (0..train).collect(),
            valid: (train..train + valid).collect(),
            test: (train + valid..rows).collect(),
        })
    }

    /// By time, the latest rows for test; rows of one moment stay together, in the earlier part.
    ///
    /// # Errors
    /// As [`Parts::random`]; a part with a share that gets no row, since too many are of one moment.
    pub fn by_time(times: &[i64], shares: Shares) -> Result<Parts> {
        let [train, valid, test] = shares.sizes(times.len())?;
        let mut order: Vec<usize> = (0..times.len()).collect();
        order.sort_by_key(|&row| times[row]);
        let after = |at: usize| {
            let last = order[..at].last().map(|&row| times[row]);
            order.partition_point(|&row| last.is_some_and(|last| times[row] <= last))
        };
        let first = after(train);
        let second = after((train + valid).max(first));
        let part = |range: &[usize]| {
            let mut rows = range.to_vec();
            rows.sort_unstable();
            rows
        };
        let parts = Parts {
            train: part(&order[..first]),
            valid: part(&order[first..second]),
            test: part(&order[second..]),
        };
        if (valid > 0 && parts.valid.is_empty()) || (test > 0 && parts.test.is_empty()) {
            return Err(too_few(times.len(), "too many are of one moment to be parted by time"));
        }
        Ok(parts)
    }
}

/// Classes numbered as they come, and how many there are.
fn by_appearance<T: Copy + Eq + std::hash::Hash>(labels: &[T]) -> (Vec<usize>, usize) {
    let mut numbers: HashMap<T, usize> = HashMap::new();
    let mut number = |label: T| {
        let next = numbers.len();
        *numbers.entry(label).or_insert(next)
    };
    let out = labels.iter().map(|&label| number(label)).collect();
    (out, numbers.len())
}

/// `wanted` of Σ `counts`, each in its proportion; what rounding down leaves goes to the largest remainders, equal ones
/// by lot.
fn largest_remainder(counts: &[usize], wanted: usize, rng: &mut Rng) -> Vec<usize> {
    let all = counts.iter().sum::<usize>().max(1) as f64;
    let exact: Vec<f64> = counts.iter().map(|&count| count as f64 / all * wanted as f64).collect();
    let mut drawn: Vec<usize> =
        exact.iter().zip(counts).map(|(exact, &count)| (exact.floor() as usize).min(count)).collect();
    let missing = wanted.saturating_sub(drawn.iter().sum());
    let mut order: Vec<usize> = (0..counts.len()).filter(|&class| drawn[class] < counts[class]).collect();
    rng.shuffle(&mut order);
    order.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    order.iter().take(missing).for_each(|&class| drawn[class] += 1);
    drawn
}

/// The part of each row, so that groups stay whole and each part has its share of every class.
fn deal(groups: &[u64], labels: Option<&[u32]>, shares: &[f64], seed: u64) -> Result<Vec<u32>> {
    lists::as_long("labels", labels.map_or(groups.len(), <[u32]>::len), groups.len())?;
    let (group, of_groups) = by_appearance(groups);
    let (class, of_classes) = labels.map_or_else(|| (vec![0; groups.len()], 1), by_appearance);
    let (mut members, mut totals) = (vec![Vec::new(); of_groups], vec![0.0; of_classes]);
    group.iter().zip(&class).for_each(|(&group, &class)| {
        members[group].push(class);
        totals[class] += 1.0;
    });
    let mut order: Vec<usize> = (0..of_groups).collect();
    Rng::stream(seed, STREAM).shuffle(&mut order);
    order.sort_by_key(|&group| std::cmp::Reverse(members[group].len()));
    let rows = groups.len() as f64;
    let (mut have, mut sizes) = (vec![vec![0.0; of_classes]; shares.len()], vec![0.0; shares.len()]);
    let mut part_of = vec![0u32; of_groups];
    for group in order {
        let size = members[group].len() as f64;
        // Of the parts that it fits into, the one that lacks the most of its classes; else the one that lacks most rows.
        let lack = |part: usize| {
            let fits = sizes[part] + size <= (shares[part] * rows).ceil();
            let share = |class: usize| 1.0 - have[part][class] / (shares[part] * totals[class]);
            let of = if fits {
                members[group].iter().map(|&c| share(c)).sum()
            } else {
                shares[part] * rows - sizes[part]
            };
            (fits, of)
        };
        let more = |a: (bool, f64), b: (bool, f64)| (a.0 && !b.0) || (a.0 == b.0 && a.1 > b.1);
        let mut parts = (0..shares.len()).filter(|&part| shares[part] > 0.0);
        let first = parts.next().unwrap_or_default();
        let (part, _) = parts.fold((first, lack(first)), |best, part| {
            let here = lack(part);
            if more(here, best.1) { (part, here) } else { best }
        });
        part_of[group] = part as u32;
        sizes[part] += size;
        members[group].iter().for_each(|&class| have[part][class] += 1.0);
    }
    Ok(group.iter().map(|&group| part_of[group]).collect())
}

/// Training and validation rows of one fold, both rising.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Rows of all other folds.
    pub train: Vec<usize>,
    /// Rows of this one.
    pub valid: Vec<usize>,
}

/// The fold of every row.
///
/// ```
/// let folds = gyeol_judge::Folds::stratified(&[0, 0, 0, 1, 1, 1], 3, 7)?;
/// assert!((0..3).all(|k| folds.fold(k).valid.len() == 2));
/// # Ok::<(), gyeol_base::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folds {
    folds: usize,
    of: Vec<u32>,
}

impl Folds {
    fn check(rows: usize, folds: usize) -> Result<()> {
        if !(2..=FOLDS).contains(&folds) {
            return Err(lists::bad_option("folds", format!("{folds} folds"), "give 2 to 1,000"));
        }
        if folds > rows {
            return Err(too_few(rows, &format!("{folds} folds would not all have one")));
        }
        Ok(())
    }

    /// At random, as many rows in each as can be.
    ///
    /// # Errors
    /// Fewer than two folds, more than rows or than 1,000.
    pub fn random(rows: usize, folds: usize, seed: u64) -> Result<Folds> {
        Folds::stratified(&vec![0; rows], folds, seed)
    }

    /// At random, each class dealt out evenly: the rows sorted by class go round the folds. A class with fewer rows than
    /// folds is missing from some.
    ///
    /// # Errors
    /// As [`Folds::random`].
    pub fn stratified(labels: &[u32], folds: usize, seed: u64) -> Result<Folds> {
        Folds::check(labels.len(), folds)?;
        let (numbers, of_classes) = by_appearance(labels);
        let mut rows = vec![Vec::new(); of_classes];
        numbers.iter().enumerate().for_each(|(row, &class)| rows[class].push(row));
        let (mut rng, mut next, mut of) = (Rng::stream(seed, STREAM), 0, vec![0; labels.len()]);
        for rows in &mut rows {
            rng.shuffle(rows);
            for &row in rows.iter() {
                of[row] = (next % folds) as u32;
                next += 1;
            }
        }
        Ok(Folds { folds, of })
    }

    /// No group in two folds; with labels each class near its proportion.
    ///
    /// # Errors
    /// As [`Folds::random`]; fewer groups than folds.
    pub fn grouped(groups: &[u64], labels: Option<&[u32]>, folds: usize, seed: u64) -> Result<Folds> {
        Folds::check(groups.len(), folds)?;
        let of = deal(groups, labels, &vec![1.0 / folds as f64; folds], seed)?;
        let mut filled = vec![false; folds];
        of.iter().for_each(|&fold| filled[fold as usize] = true);
        if filled.contains(&false) {
            let found = format!("{folds} folds, and groups for {}", filled.iter().filter(|f| **f).count());
            return Err(Fault::new("too-few-groups", found)
                .next("ask for fewer folds, or group by something finer")
                .input());
        }
        Ok(Folds { folds, of })
    }

    /// Number of folds.
    pub fn folds(&self) -> usize {
        self.folds
    }

    /// The fold of each row.
    pub fn of(&self) -> &[u32] {
        &self.of
    }

    /// Training and validation rows of fold `k`.
    pub fn fold(&self, k: usize) -> Fold {
        let (valid, train) = (0..self.of.len()).partition(|&row| self.of[row] as usize == k);
        Fold { train, valid }
    }
}

/// Folds in time: an origin that rolls over rows in order (Tashman 2000); what is after it is judged by what is before.
///
/// ```
/// let folds = gyeol_judge::RollingOrigin { first: 4, ahead: 2, step: 2, gap: 0, keep: None }.folds(8)?;
/// assert_eq!(folds[1].train, [0, 1, 2, 3, 4, 5]);
/// assert_eq!(folds[1].valid, [6, 7]);
/// # Ok::<(), gyeol_base::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollingOrigin {
    /// Rows before the first origin.
    pub first: usize,
    /// Rows judged after each origin.
    pub ahead: usize,
    /// Rows from origin to origin.
    pub step: usize,
    /// Rows left out between both.
    pub gap: usize,
    /// The latest rows that are trained on; all without it.
    pub keep: Option<usize>,
}

impl RollingOrigin {
    /// The folds over so many rows; the last ends where the rows do or before.
    ///
    /// # Errors
    /// A size of zero, more than 1,000 folds, too few rows for one.
    pub fn folds(&self, rows: usize) -> Result<Vec<Fold>> {
        if self.first == 0 || self.ahead == 0 || self.step == 0 || self.keep == Some(0) {
            return Err(lists::bad_option("rolling-origin", format!("{self:?}"), "give sizes of 1 or more"));
        }
        let beyond = self.gap.saturating_add(self.ahead);
        let Some(room) = rows.checked_sub(self.first.saturating_add(beyond)) else {
            return Err(too_few(rows, "not enough for one origin"));
        };
        let count = room / self.step + 1;
        if count > FOLDS {
            return Err(lists::bad_option(
                "folds",
                format!("{count} origins"),
                "give a larger step: there are 1,000 folds at most",
            ));
        }
        let fold = |k: usize| {
            let origin = self.first + k * self.step;
            let from = origin - self.keep.unwrap_or(origin).min(origin);
            Fold { train: (from..origin).collect(), valid: (origin + self.gap..origin + beyond).collect() }
        };
        Ok((0..count).map(fold).collect())
    }
}
