//! Columns of the response: what a row's reading answers to, with few numbers that are not 0 in each row.

use gyeol_data::Step;
use serde::{Deserialize, Serialize};

use crate::prepare::{Prepared, PreparedSeries};

/// What a block of columns stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Term {
    /// The hour of the week, and the place in the day or season.
    Calendar,
    /// Holidays and the days beside them.
    Holidays,
    /// Season of the year.
    Year,
    /// A covariate with its means, by its place among the prepared ones.
    Covariate(usize),
    /// Years since the end of training.
    Trend,
}

/// A covariate: its own value, and hinges max(0, x - knot) of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// Place among the prepared covariates.
    column: usize,
    /// In scaled units; none of a covariate of two values.
    knots: Vec<f64>,
}

/// What moves slowly and is told on only where validation speaks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Slow {
    /// Neither.
    Nothing,
    /// The season of the year.
    Year,
    /// The season of the year and the trend.
    YearAndTrend,
}

/// The columns, in blocks; the year and then the trend are the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Design {
    /// Places of the week that have a column each.
    bins: usize,
    /// Places of the day that have a column each; 0 where the hours of the week tell them.
    slots: usize,
    /// Rows of a day.
    per_day: usize,
    /// Hours of the day (or parts of it) that have columns of their own for what else is read.
    groups: usize,
    /// Seasons of a clock without days, in rows.
    seasons: Vec<usize>,
    /// Calendar columns of the turn of the day: its sine.
    day: Option<usize>,
    /// And of the year.
    year: Option<usize>,
    /// Calendar columns of holidays.
    flags: Vec<usize>,
    /// Other calendar columns that are told as they are.
    plain: Vec<usize>,
    covariates: Vec<Basis>,
    /// Rows over which means of covariates are taken.
    means: Vec<usize>,
    /// End of training, and what makes one of the trend.
    zero: i64,
    unit: f64,
}

/// Sines and cosines of the year.
const YEAR_HARMONICS: usize = 3;
/// Most columns.
const MOST_COLUMNS: usize = 2_000;
/// Longest season of a clock without days that has a column for each place.
const MOST_PLACES: usize = 400;
const YEAR_MS: f64 = 365.25 * 86_400_000.0;

/// Values of covariates and of their means, a row each.
pub(super) struct Weather {
    first: usize,
    width: usize,
    values: Vec<f64>,
}

impl Design {
    /// The design for readings, of which `rows` train each series; the covariates with these places are read.
    pub(super) fn new(p: &Prepared, rows: &[std::ops::Range<usize>], read: &[usize], most: usize) -> Design {
        let spec = &p.spec;
        let trained: usize = rows.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        let names = &p.calendar_names;
        let at = |name: &str| names.iter().position(|n| n == name);
        let per_day = match spec.step {
            Step::Millis(_) => spec.step.per_day().unwrap_or(1),
            _ => 1,
        };
        let sub_daily = per_day > 1;
        let flags = ["holiday", "day before holiday", "day after holiday", "bridging day"];
        let plain = |n: &String| {
            !flags.contains(&n.as_str())
                && !["day /", "year /"].iter().any(|start| n.starts_with(start))
                && !n.contains("-rows")
                && !["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].contains(&n.as_str())
        };
        let trained_on = rows.iter().zip(p.series.iter()).filter(|(r, _)| !r.is_empty());
        let spans = trained_on.map(|(r, s)| (s.clock.at(r.start), s.clock.at(r.end - 1)));
        let zero = spans.clone().map(|(_, last)| last).max().unwrap_or(0);
        let span = spans.map(|(first, last)| last - first).max().unwrap_or(0) as f64;
        let day = at("day /1 sine");
        let mut design = Design {
            bins: if p.calendar_bins > 1 { p.calendar_bins } else { 0 },
            slots: if per_day > 24 && day.is_some() { per_day.min(96) } else { 0 },
            per_day,
            groups: match trained {
                _ if !sub_daily || p.calendar_bins < 24 => 1,
                6_000.. => 24,
                2_000.. => 8,
                _ => 1,
            },
            seasons: if spec.step == Step::Rows {
                spec.seasons.iter().map(|s| s.rows).filter(|&r| r <= MOST_PLACES).collect()
            } else {
                Vec::new()
            },
            day,
            // Less than most of a year says nothing of the rest.
            year: at("year /1 sine").filter(|_| span >= 0.8 * YEAR_MS),
            flags: flags.iter().filter_map(|name| at(name)).collect(),
            plain: (0..names.len()).filter(|&i| plain(&names[i])).collect(),
            covariates: read.iter().map(|&column| Basis::fit(p, rows, column, trained)).collect(),
            means: match spec.step {
                Step::Millis(_) if sub_daily => {
                    let mut means = vec![per_day / 8, per_day, 3 * per_day];
                    means.retain(|&m| m > 1);
                    means
                }
                Step::Millis(86_400_000) => vec![3, 7],
                _ => Vec::new(),
            },
            zero,
            unit: if spec.step == Step::Rows { 10_000.0 } else { YEAR_MS },
        };
        let most = most.min(MOST_COLUMNS);
        while design.width() > most && (design.groups > 1 || !design.means.is_empty()) {
            if design.groups > 1 {
                design.groups = if design.groups > 8 { 8 } else { 1 };
            } else {
                design.means.pop();
            }
        }
        design
    }

    /// Blocks of columns in order: what they stand for, and how many they are.
    pub(super) fn blocks(&self) -> Vec<(Term, usize)> {
        let places = self.bins + self.slots + self.seasons.iter().sum::<usize>() + self.plain.len();
        let mut blocks = vec![(Term::Calendar, places), (Term::Holidays, self.flags.len() * self.groups)];
        for basis in &self.covariates {
            let readings = if basis.knots.is_empty() { 1 } else { 1 + self.means.len() };
            blocks.push((Term::Covariate(basis.column), readings * (1 + basis.knots.len()) * self.groups));
        }
        blocks.push((Term::Year, self.year.map_or(0, |_| 2 * YEAR_HARMONICS * self.groups)));
        blocks.push((Term::Trend, 1));
        blocks
    }

    /// Columns.
    pub(super) fn width(&self) -> usize {
        self.blocks().iter().fold(0, |sum, (_, n)| sum.saturating_add(*n))
    }

    /// Columns of the blocks before what is left out.
    pub(super) fn used(&self, slow: Slow) -> usize {
        let year = self.year.map_or(0, |_| 2 * YEAR_HARMONICS * self.groups);
        match slow {
            Slow::YearAndTrend => self.width(),
            Slow::Year => self.width() - 1,
            Slow::Nothing => self.width() - 1 - year,
        }
    }

    /// True where a design out of a file is one that can be counted with.
    pub(super) fn sound(&self) -> bool {
        let small = |n: &usize| *n <= 100_000;
        let few = |n: usize| n <= 4 * MOST_COLUMNS;
        let lists =
            [self.seasons.len(), self.means.len(), self.flags.len(), self.plain.len(), self.covariates.len()];
        (1..=24).contains(&self.groups)
            && (1..=86_400).contains(&self.per_day)
            && [self.bins, self.slots].iter().chain(&self.seasons).chain(&self.means).all(small)
            && self.seasons.iter().chain(&self.means).all(|&n| n > 0)
            && lists.into_iter().all(few)
            && self.covariates.iter().all(|b| b.knots.len() < 64 && b.knots.iter().all(|k| k.is_finite()))
            && self.unit > 0.0
            && few(self.width())
    }

    /// True where a sound design can be one of the readings.
    pub(super) fn fits(&self, p: &Prepared) -> bool {
        let columns = p.calendar_width;
        let within = |c: &usize| *c < columns;
        let pair = |c: &Option<usize>| c.is_none_or(|c| c.checked_add(1).is_some_and(|c| c < columns));
        (self.bins == 0 || self.bins == p.calendar_bins)
            && pair(&self.day)
            && pair(&self.year)
            && (self.slots == 0 || self.day.is_some())
            && self.flags.iter().chain(&self.plain).all(within)
            && self.covariates.iter().all(|b| b.column < p.covariate_width())
    }

    /// Rows before a row that its columns reach back to.
    pub(super) fn reach(&self) -> usize {
        if self.covariates.is_empty() { 0 } else { self.means.iter().copied().max().unwrap_or(1) - 1 }
    }

    /// The covariates of rows `first..end`, where `column` says what stands in which row; means reach back to row `from` at the
    /// most.
    pub(super) fn weather(
        &self,
        from: usize,
        rows: std::ops::Range<usize>,
        column: impl Fn(usize, usize) -> f64,
    ) -> Weather {
        let width = self.covariates.len() * (1 + self.means.len());
        let mut values = vec![0.0; width * rows.len()];
        let begin = rows.start.saturating_sub(self.reach()).max(from);
        for (c, basis) in self.covariates.iter().enumerate() {
            // Each mean is summed by itself: the same bits whichever rows are asked together.
            let read: Vec<f64> = (begin..rows.end).map(|row| column(basis.column, row)).collect();
            for row in rows.clone() {
                let out = &mut values[(row - rows.start) * width + c * (1 + self.means.len())..];
                out[0] = read[row - begin];
                for (k, &mean) in self.means.iter().enumerate() {
                    let start = (row + 1).saturating_sub(mean).max(begin);
                    let over = &read[start - begin..row + 1 - begin];
                    out[1 + k] = over.iter().sum::<f64>() / over.len() as f64;
                }
            }
        }
        Weather { first: rows.start, width, values }
    }

    /// Where the columns of covariates begin and end.
    pub(super) fn covered(&self) -> std::ops::Range<usize> {
        let (mut first, mut covered) = (0, 0..0);
        for (term, width) in self.blocks() {
            if matches!(term, Term::Covariate(_)) {
                covered =
                    if covered.is_empty() { first..first + width } else { covered.start..first + width };
            }
            first += width;
        }
        covered
    }

    /// Places of the covariates that are read, and the rows over which means of each are.
    pub(super) fn read(&self) -> (impl Iterator<Item = usize>, &[usize]) {
        (self.covariates.iter().map(|basis| basis.column), &self.means)
    }

    /// Which of the groups of hours a row is in.
    pub(super) fn group(&self, s: &PreparedSeries, row: usize) -> usize {
        if self.groups > 1 { usize::from(s.bins[row]) % 24 * self.groups / 24 } else { 0 }
    }

    /// What the columns of covariates add to a row of a group: `values` are each covariate and its means, `weights` theirs.
    pub(super) fn answered(&self, weights: &[f64], group: usize, values: &[f64]) -> f64 {
        let (mut at, mut sum) = (group, 0.0);
        for (basis, values) in self.covariates.iter().zip(values.chunks_exact(1 + self.means.len())) {
            let read = if basis.knots.is_empty() { &values[..1] } else { values };
            for &x in read {
                sum += weights[at] * x;
                at += self.groups;
                for &knot in &basis.knots {
                    sum += weights[at] * (x - knot).max(0.0);
                    at += self.groups;
                }
            }
        }
        sum
    }

    /// The columns of a row that are not 0, in order.
    pub(super) fn write(
        &self,
        p: &Prepared,
        s: &PreparedSeries,
        row: usize,
        weather: &Weather,
        out: &mut Vec<(u32, f64)>,
    ) {
        out.clear();
        let calendar = &s.calendar[row * p.calendar_width..(row + 1) * p.calendar_width];
        let mut at = 0u32;
        if self.bins > 0 {
            out.push((u32::from(s.bins[row]), 1.0));
            at += self.bins as u32;
        }
        if let (Some(day), true) = (self.day, self.slots > 0) {
            let turn = f64::from(calendar[day]).atan2(f64::from(calendar[day + 1])) / std::f64::consts::TAU;
            let slot = (turn.rem_euclid(1.0) * self.per_day as f64).round() as usize % self.per_day;
            out.push((at + (slot * self.slots / self.per_day) as u32, 1.0));
            at += self.slots as u32;
        }
        for &season in &self.seasons {
            out.push((at + (s.clock.at(row).max(0) as usize % season) as u32, 1.0));
            at += season as u32;
        }
        for &column in &self.plain {
            out.push((at, f64::from(calendar[column])));
            at += 1;
        }
        let groups = self.groups as u32;
        let group = self.group(s, row) as u32;
        for &column in &self.flags {
            if calendar[column] != 0.0 {
                out.push((at + group, f64::from(calendar[column])));
            }
            at += groups;
        }
        let values = &weather.values[(row - weather.first) * weather.width..][..weather.width];
        for (basis, values) in self.covariates.iter().zip(values.chunks_exact(1 + self.means.len())) {
            let read = if basis.knots.is_empty() { &values[..1] } else { values };
            for &x in read {
                out.push((at + group, x));
                at += groups;
                for &knot in &basis.knots {
                    if x > knot {
                        out.push((at + group, x - knot));
                    }
                    at += groups;
                }
            }
        }
        if let Some(year) = self.year {
            let (s1, c1) = (f64::from(calendar[year]), f64::from(calendar[year + 1]));
            let (mut sine, mut cosine) = (s1, c1);
            for _ in 0..YEAR_HARMONICS {
                out.extend([(at + group, sine), (at + groups + group, cosine)]);
                at += 2 * groups;
                (sine, cosine) = (sine * c1 + cosine * s1, cosine * c1 - sine * s1);
            }
        }
        out.push((at, (s.clock.at(row) - self.zero) as f64 / self.unit));
    }
}

impl Basis {
    fn fit(p: &Prepared, rows: &[std::ops::Range<usize>], column: usize, trained: usize) -> Basis {
        let width = p.covariate_width();
        let mut values: Vec<f64> = p
            .series
            .iter()
            .zip(rows)
            .flat_map(|(s, rows)| rows.clone().map(|row| f64::from(s.covariates[row * width + column])))
            .collect();
        values.sort_unstable_by(f64::total_cmp);
        let distinct = values.windows(2).filter(|w| w[0] != w[1]).count();
        let shares: &[f64] = match trained {
            4_000.. => &[0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95],
            1_000.. => &[0.1, 0.35, 0.65, 0.9],
            _ => &[0.25, 0.75],
        };
        let mut knots = Vec::new();
        if distinct > 1 {
            knots = shares.iter().map(|&share| gyeol_base::quantile(&values, share)).collect();
            knots.dedup();
        }
        Basis { column, knots }
    }
}
