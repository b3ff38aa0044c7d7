//! Forecasts of all levels of a hierarchy, made to add up.
//!
//! Every series, whatever its level, is forecast by a rung as if it stood alone (base forecasts); what is left between a sum and the
//! forecast of the sum is then shared out. How, is learnt from the errors of the validation part:
//!
//! | way | what is believed |
//! |---|---|
//! | `bottom-up` | the series at the bottom alone |
//! | `top-down` | the total alone; each series gets its share of what was read (Gross and Sohl 1990, shares of the means) |
//! | `ols` | all alike (Hyndman et al. 2011) |
//! | `wls` | each by the variance of its errors (Hyndman, Lee and Wang 2016) |
//! | `mint` | by the variances and covariances of errors, shrunk (Wickramasuriya, Athanasopoulos and Hyndman 2019) |
//!
//! A forecast is judged, and intervals are fitted, on validation forecasts made to add up by what other stretches of the validation
//! part told, so that the adjustment never saw the errors that it is judged by.

mod gains;
mod moments;

use std::collections::BTreeMap;

use gyeol_base::{Fault, Result};
use gyeol_bundle::{Bundle, Tensor};
use gyeol_data::Hierarchy;
use serde::{Deserialize, Serialize};

use crate::prepare::Prepared;
use crate::windows::Window;
use gains::{Weights, gains};
use moments::Moments;

/// How forecasts are made to add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// Not at all.
    None,
    /// From the series at the bottom.
    BottomUp,
    /// From the total.
    TopDown,
    /// Ordinary least squares.
    Ols,
    /// Weighted least squares.
    Wls,
    /// Minimum trace, with shrunk covariances.
    Mint,
}

gyeol_base::named!(Way, "a way to reconcile", "none" => Way::None, "bottom-up" => Way::BottomUp, "top-down" => Way::TopDown,
    "ols" => Way::Ols, "wls" => Way::Wls, "mint" => Way::Mint);

/// Ways that add up, the plainer first.
const WAYS: [Way; 5] = [Way::BottomUp, Way::TopDown, Way::Ols, Way::Wls, Way::Mint];

/// Most series of which covariances are taken: their matrix and its two sums for each stretch of validation stay in memory.
pub const MOST_COVARIANCES: usize = 2_000;

/// Stretches of the validation part that take turns in judging.
const FOLDS: usize = 4;

/// How forecasts of a hierarchy are made to add up, as the validation part told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// The way.
    pub way: Way,
    /// Whether validation chose it.
    pub chosen: bool,
    /// Share of the way to the diagonal that covariances were shrunk, by target; of `mint` alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shrinkage: Vec<f64>,
    /// Every way with its error on validation.
    pub tried: Vec<Tried>,
    /// By target, G (bottom, upper) row-major, or of `top-down` the shares; none of the other ways. Kept as tensors.
    #[serde(skip)]
    adjust: Vec<Vec<f64>>,
}

/// A way that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// The way.
    pub way: Way,
    /// Mean over levels of Σ |error| on validation by that of the base forecasts: below 1 it is better than they are.
    pub error: f64,
}

/// Mean absolute errors of the series of a level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LevelError {
    /// The level.
    pub level: String,
    /// Its series.
    pub series: usize,
    /// Of the forecasts as they were made.
    pub base: f64,
    /// Of those that add up.
    pub reconciled: f64,
    /// Both by the mean absolute seasonal difference of each series (MASE).
    pub base_mase: f64,
    /// Of those that add up.
    pub reconciled_mase: f64,
}

/// The errors of all series at one origin, (series, rows ahead).
struct SeriesErrors<'a> {
    values: &'a [f64],
    horizon: usize,
}

impl SeriesErrors<'_> {
    fn rows(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.horizon)
    }
}

/// The windows of one origin and target, by place in the hierarchy.
struct Origin {
    at: i64,
    channel: usize,
    windows: Vec<usize>,
}

/// The place in the hierarchy of each series.
fn places(h: &Hierarchy, data: &Prepared) -> Vec<Option<usize>> {
    let places = h.places();
    data.series.iter().map(|s| places.get(s.id.as_deref()?).copied()).collect()
}

/// Origins at which every series of the hierarchy has a window, in the order of time; and whether each window belongs to one of
/// them, or to a series that is no part of the sums.
fn origins(h: &Hierarchy, data: &Prepared, windows: &[Window]) -> (Vec<Origin>, Vec<bool>) {
    let places = places(h, data);
    let mut found: BTreeMap<(i64, u32), Vec<(usize, usize)>> = BTreeMap::new();
    let mut stays = vec![true; windows.len()];
    for (i, w) in windows.iter().enumerate() {
        let s = &data.series[w.series as usize];
        if let Some(place) = places[w.series as usize] {
            found.entry((s.clock.at(w.origin as usize), w.channel)).or_default().push((place, i));
        }
    }
    let mut out = Vec::new();
    for ((at, channel), mut own) in found {
        if own.len() < h.len() {
            own.iter().for_each(|&(_, i)| stays[i] = false);
            continue;
        }
        own.sort_unstable();
        out.push(Origin {
            at,
            channel: channel as usize,
            windows: own.into_iter().map(|(_, i)| i).collect(),
        });
    }
    (out, stays)
}

/// Keeps windows whose origin every series of the hierarchy has; gives how many went.
pub fn whole_origins(h: &Hierarchy, data: &Prepared, windows: &mut Vec<Window>) -> usize {
    let before = windows.len();
    let mut stays = origins(h, data, windows).1.into_iter();
    windows.retain(|_| stays.next().unwrap_or(true));
    before - windows.len()
}

/// What the validation part tells of one target, in stretches of time.
struct Stretches {
    moments: Vec<Moments>,
    /// Of each stretch, what was read of each series at the bottom, summed where the total was read.
    read: Vec<Vec<f64>>,
}

impl Stretches {
    /// What all stretches but one tell; all of them where there is but one.
    fn without(&self, fold: Option<usize>) -> (Moments, Vec<f64>) {
        let others: Vec<usize> = match self.moments.len() {
            1 => vec![0],
            n => (0..n).filter(|&i| Some(i) != fold).collect(),
        };
        let (first, rest) = others.split_first().map_or((0, &[][..]), |(first, rest)| (*first, rest));
        let moments = rest.iter().fold(self.moments[first].clone(), |sum, &i| sum.merged(&self.moments[i]));
        let mut read = self.read[first].clone();
        rest.iter().for_each(|&i| read.iter_mut().zip(&self.read[i]).for_each(|(a, b)| *a += b));
        (moments, read)
    }
}

/// Its matrix and, of `mint`, the shrinkage.
fn adjustment(h: &Hierarchy, way: Way, moments: &Moments, read: &[f64]) -> (Vec<f64>, Option<f64>) {
    match way {
        Way::None | Way::BottomUp => (Vec::new(), None),
        Way::TopDown => {
            let all: f64 = read.iter().sum();
            let equal = 1.0 / read.len() as f64;
            (read.iter().map(|v| if all != 0.0 { v / all } else { equal }).collect(), None)
        }
        Way::Ols => (gains(h, &Weights::Equal), None),
        Way::Wls => (gains(h, &Weights::Diagonal(&moments.variances())), None),
        Way::Mint => {
            let (w, shrinkage) = moments.shrunk();
            (gains(h, &Weights::Full(&w)), Some(shrinkage))
        }
    }
}

/// Makes the forecasts of one origin, (series, rows ahead), add up.
fn adjusted(h: &Hierarchy, way: Way, adjust: &[f64], y: &mut [f64], horizon: usize) {
    let (m, u) = (h.bottom.len(), h.nodes.len());
    let row = |place: usize| place * horizon..(place + 1) * horizon;
    match way {
        Way::None => return,
        Way::BottomUp => {}
        Way::TopDown => {
            // The total is the last of the nodes.
            let (below, total) = y.split_at_mut((m + u - 1) * horizon);
            for (own, share) in below.chunks_exact_mut(horizon).zip(adjust) {
                own.iter_mut().zip(&*total).for_each(|(own, total)| *own = share * total);
            }
        }
        Way::Ols | Way::Wls | Way::Mint => {
            let mut left = y[m * horizon..].to_vec();
            for (left, node) in left.chunks_exact_mut(horizon).zip(&h.nodes) {
                for &child in &node.children {
                    left.iter_mut().zip(&y[row(child as usize)]).for_each(|(left, v)| *left -= v);
                }
            }
            for (own, gains) in y.chunks_exact_mut(horizon).zip(adjust.chunks_exact(u)) {
                for (gain, left) in gains.iter().zip(left.chunks_exact(horizon)) {
                    own.iter_mut().zip(left).for_each(|(own, left)| *own -= gain * left);
                }
            }
        }
    }
    let (bottom, upper) = y.split_at_mut(m * horizon);
    for (own, node) in upper.chunks_exact_mut(horizon).zip(&h.nodes) {
        own.fill(0.0);
        for &child in &node.children {
            own.iter_mut().zip(&bottom[row(child as usize)]).for_each(|(own, v)| *own += v);
        }
    }
}

fn gather(origin: &Origin, forecasts: &[f64], horizon: usize, y: &mut Vec<f64>) {
    y.clear();
    origin.windows.iter().for_each(|&i| y.extend_from_slice(&forecasts[i * horizon..(i + 1) * horizon]));
}

impl Reconciliation {
    /// Learns from base forecasts of validation windows, (windows, horizon) in the targets' unit; gives the same forecasts made to
    /// add up by what the other stretches of the part told. Without a way asked for, the one of the least error in that.
    ///
    /// # Errors
    /// `no-common-origin` where no origin has a window of every series; `too-many-series` for `mint` of more series than
    /// [`MOST_COVARIANCES`].
    pub fn fit(
        h: &Hierarchy,
        asked: Option<Way>,
        data: &Prepared,
        windows: &[Window],
        base: &[f64],
    ) -> Result<(Reconciliation, Vec<f64>)> {
        let (n, horizon, targets) = (h.len(), data.spec.horizon, data.spec.targets.len());
        let covariances = n <= MOST_COVARIANCES;
        if asked == Some(Way::Mint) && !covariances {
            let found = format!(
                "{n} series of all levels, where covariances of at most {MOST_COVARIANCES} are taken"
            );
            let next = "write reconcile = \"wls\", which takes variances alone, or leave it out";
            return Err(Fault::new("too-many-series", found).next(next).option());
        }
        let (all, _) = origins(h, data, windows);
        if all.is_empty() {
            return Err(Fault::new(
                "no-common-origin",
                "no origin of the validation part has a window of every series",
            )
            .cause("some series have no readings, or holes, wherever others have them")
            .next("fill the holes (clean: op = \"fill\"), or leave out the meters that are seldom read")
            .input());
        }
        let by_target: Vec<Vec<&Origin>> =
            (0..targets).map(|channel| all.iter().filter(|o| o.channel == channel).collect()).collect();
        let folds: Vec<usize> = by_target.iter().map(|own| FOLDS.min(own.len() / 2).max(1)).collect();
        let fold_of = |channel: usize, at: usize| at * folds[channel] / by_target[channel].len();
        let stretches: Vec<Stretches> = (0..targets)
            .map(|channel| {
                stretches(h, data, windows, base, &by_target[channel], folds[channel], covariances)
            })
            .collect();
        let ways: Vec<Way> = match asked {
            Some(Way::None) => Vec::new(),
            _ => WAYS.into_iter().filter(|way| *way != Way::Mint || covariances).collect(),
        };
        // Σ |error| by target and level, of the base forecasts and of each way.
        let levels = h.levels.len();
        let mut sums = vec![vec![vec![0.0f64; levels]; targets]; ways.len() + 1];
        let mut y = Vec::new();
        for (channel, own) in by_target.iter().enumerate() {
            for fold in 0..folds[channel] {
                let (moments, read) = stretches[channel].without(Some(fold));
                let adjusts: Vec<Vec<f64>> =
                    ways.iter().map(|&way| adjustment(h, way, &moments, &read).0).collect();
                for origin in
                    own.iter().enumerate().filter(|(at, _)| fold_of(channel, *at) == fold).map(|o| o.1)
                {
                    gather(origin, base, horizon, &mut y);
                    add_errors(h, data, windows, origin, &y, &mut sums[0][channel]);
                    for ((&way, adjust), sums) in ways.iter().zip(&adjusts).zip(&mut sums[1..]) {
                        gather(origin, base, horizon, &mut y);
                        adjusted(h, way, adjust, &mut y, horizon);
                        add_errors(h, data, windows, origin, &y, &mut sums[channel]);
                    }
                }
            }
        }
        let relative = |sums: &[Vec<f64>], base: &[Vec<f64>]| {
            let pairs = sums.iter().flatten().zip(base.iter().flatten()).filter(|(_, base)| **base > 0.0);
            let ratios: Vec<f64> = pairs.map(|(own, base)| own / base).collect();
            if ratios.is_empty() { 1.0 } else { ratios.iter().sum::<f64>() / ratios.len() as f64 }
        };
        let (base_sums, way_sums) = sums.split_at(1);
        let tried: Vec<Tried> = ways
            .iter()
            .zip(way_sums)
            .map(|(&way, sums)| Tried { way, error: relative(sums, &base_sums[0]) })
            .collect();
        let least = gyeol_judge::least(tried.iter().map(|t| t.error)).map(|at| tried[at].way);
        let way = asked.or(least).unwrap_or(Way::BottomUp);
        let mut out = base.to_vec();
        let mut fitted =
            Reconciliation { way, chosen: asked.is_none(), shrinkage: Vec::new(), tried, adjust: Vec::new() };
        for (channel, own) in by_target.iter().enumerate() {
            for fold in 0..folds[channel] {
                let (moments, read) = stretches[channel].without(Some(fold));
                let (adjust, _) = adjustment(h, way, &moments, &read);
                for origin in
                    own.iter().enumerate().filter(|(at, _)| fold_of(channel, *at) == fold).map(|o| o.1)
                {
                    gather(origin, base, horizon, &mut y);
                    adjusted(h, way, &adjust, &mut y, horizon);
                    scatter(origin, &y, horizon, &mut out);
                }
            }
            let (moments, read) = stretches[channel].without(None);
            let (adjust, shrinkage) = adjustment(h, way, &moments, &read);
            fitted.shrinkage.extend(shrinkage);
            fitted.adjust.push(adjust);
        }
        Ok((fitted, out))
    }

    /// Makes forecasts of windows, (windows, horizon) in the targets' unit, add up wherever every series has a window.
    pub fn apply(&self, h: &Hierarchy, data: &Prepared, windows: &[Window], forecasts: &mut [f64]) {
        if self.way == Way::None {
            return;
        }
        let horizon = data.spec.horizon;
        let mut y = Vec::new();
        for origin in origins(h, data, windows).0 {
            gather(&origin, forecasts, horizon, &mut y);
            adjusted(h, self.way, &self.adjust[origin.channel], &mut y, horizon);
            scatter(&origin, &y, horizon, forecasts);
        }
    }

    fn width(&self, h: &Hierarchy) -> Option<usize> {
        match self.way {
            Way::None | Way::BottomUp => None,
            Way::TopDown => Some(1),
            Way::Ols | Way::Wls | Way::Mint => Some(h.nodes.len()),
        }
    }

    /// Puts its matrices into a bundle.
    pub(crate) fn pack(&self, h: &Hierarchy, bundle: &mut Bundle) -> Result<()> {
        let Some(width) = self.width(h) else { return Ok(()) };
        for (channel, adjust) in self.adjust.iter().enumerate() {
            let tensor = Tensor::f64([h.bottom.len(), width], adjust.clone())?;
            bundle.tensors.insert(format!("reconciliation.{channel}"), tensor);
        }
        Ok(())
    }

    /// Takes its matrices out of a bundle.
    pub(crate) fn unpack(&mut self, h: &Hierarchy, targets: usize, bundle: &Bundle) -> Result<()> {
        self.adjust = vec![Vec::new(); targets];
        let Some(width) = self.width(h) else { return Ok(()) };
        for (channel, adjust) in self.adjust.iter_mut().enumerate() {
            let name = format!("reconciliation.{channel}");
            let tensor = crate::pack::shaped(bundle, &name, &[h.bottom.len(), width])?;
            let values = tensor.as_f64().filter(|v| v.iter().all(|v| v.is_finite()));
            *adjust = values
                .ok_or_else(|| {
                    crate::error::parts("what makes its forecasts add up is no matrix of numbers")
                })?
                .to_vec();
        }
        Ok(())
    }
}

/// The moments of a target, from origins that share no rows ahead, and what was read.
fn stretches(
    h: &Hierarchy,
    data: &Prepared,
    windows: &[Window],
    base: &[f64],
    own: &[&Origin],
    folds: usize,
    covariances: bool,
) -> Stretches {
    let (n, m, horizon) = (h.len(), h.bottom.len(), data.spec.horizon);
    let mut out = Stretches {
        moments: (0..folds).map(|_| Moments::new(n, covariances)).collect(),
        read: vec![vec![0.0; m]; folds],
    };
    let mut next = i64::MIN;
    let mut errors = Vec::new();
    for (at, origin) in own.iter().enumerate() {
        if origin.at < next {
            continue;
        }
        let first = &windows[origin.windows[0]];
        next = data.series[first.series as usize].clock.at(first.origin as usize + horizon);
        let fold = at * folds / own.len();
        errors.clear();
        for &i in &origin.windows {
            let truth = truth(data, &windows[i], horizon);
            errors.extend(truth.iter().zip(&base[i * horizon..]).map(|(y, p)| y - p));
        }
        out.moments[fold].add(&SeriesErrors { values: &errors, horizon });
        let total = truth(data, &windows[origin.windows[n - 1]], horizon);
        for (read, &i) in out.read[fold].iter_mut().zip(&origin.windows) {
            let own = truth(data, &windows[i], horizon).iter().zip(total);
            *read += own.filter(|(_, total)| !total.is_nan()).map(|(y, _)| y).sum::<f64>();
        }
    }
    out
}

fn truth<'a>(data: &'a Prepared, w: &Window, horizon: usize) -> &'a [f64] {
    let origin = w.origin as usize;
    &data.series[w.series as usize].truth[w.channel as usize][origin..origin + horizon]
}

fn add_errors(
    h: &Hierarchy,
    data: &Prepared,
    windows: &[Window],
    origin: &Origin,
    y: &[f64],
    sums: &mut [f64],
) {
    let horizon = data.spec.horizon;
    for (place, (&i, y)) in origin.windows.iter().zip(y.chunks_exact(horizon)).enumerate() {
        let errors = truth(data, &windows[i], horizon).iter().zip(y).map(|(y, p)| (y - p).abs());
        sums[h.level(place)] += errors.filter(|e| !e.is_nan()).sum::<f64>();
    }
}

fn scatter(origin: &Origin, y: &[f64], horizon: usize, out: &mut [f64]) {
    for (&i, y) in origin.windows.iter().zip(y.chunks_exact(horizon)) {
        out[i * horizon..(i + 1) * horizon].copy_from_slice(y);
    }
}

/// The errors of each level, of forecasts as they were made and of the same made to add up.
pub fn by_level(
    h: &Hierarchy,
    data: &Prepared,
    windows: &[Window],
    (base, reconciled): (&[f64], &[f64]),
    mase: &[Vec<f64>],
) -> Vec<LevelError> {
    let (horizon, places) = (data.spec.horizon, places(h, data));
    // Values, and the four sums of errors.
    let mut sums = vec![(0.0f64, [0.0f64; 4]); h.levels.len()];
    for (i, w) in windows.iter().enumerate() {
        let Some(place) = places[w.series as usize] else { continue };
        let (n, sums) = &mut sums[h.level(place)];
        let unit = mase[w.series as usize][w.channel as usize];
        let said = base[i * horizon..].iter().zip(&reconciled[i * horizon..]);
        for (y, (base, own)) in truth(data, w, horizon).iter().zip(said).filter(|(y, _)| !y.is_nan()) {
            *n += 1.0;
            for (sum, e) in sums.chunks_exact_mut(2).zip([(y - base).abs(), (y - own).abs()]) {
                sum[0] += e;
                sum[1] += if unit > 0.0 { e / unit } else { 0.0 };
            }
        }
    }
    let series = |level: usize| (0..h.len()).filter(|&place| h.level(place) == level).count();
    let of = |(level, (n, sums)): (usize, (f64, [f64; 4]))| {
        let [base, base_mase, reconciled, reconciled_mase] = sums.map(|sum| sum / n.max(1.0));
        LevelError {
            level: h.levels[level].clone(),
            series: series(level),
            base,
            reconciled,
            base_mase,
            reconciled_mase,
        }
    };
    sums.into_iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests;
