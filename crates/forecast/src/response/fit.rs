//! Fits of the response: normal equations over rows, penalties chosen on validation windows, what is carried ahead learnt from
//! residuals of fits that did not see their row.

use std::ops::Range;
use std::sync::Mutex;

use gyeol_base::Result;
use gyeol_learn::{Gram, Linear};
use gyeol_tensor::Pool;

use super::carry::{Carry, LEARNT, Learning};
use super::design::{Design, Slow, Term};
use super::{Additive, Signal, Stand, unlocked};
use crate::prepare::Prepared;
use crate::windows::Window;

/// Penalties tried, on columns of deviation 1.
const PENALTIES: [f64; 4] = [1e-4, 1e-3, 1e-2, 1e-1];
/// Plainest first.
const SLOW: [Slow; 3] = [Slow::Nothing, Slow::Year, Slow::YearAndTrend];
/// Folds of blocks of time: a row's residual is that of the fit without its fold.
pub(super) const FOLDS: usize = 5;
/// Validation windows of a series on which penalties are chosen, and training windows from which the carry is learnt.
const WINDOWS: usize = 2_000;
/// Series on which both are done.
const SERIES: usize = 24;

/// Sums over the rows of a series, by fold.
struct Sums {
    folds: Vec<Gram>,
}

impl Sums {
    fn of(
        p: &Prepared,
        design: &Design,
        signal: Signal,
        series: usize,
        rows: &Range<usize>,
        block: usize,
        logs: bool,
    ) -> Sums {
        let s = &p.series[series];
        let outputs = 1 + usize::from(logs);
        let mut folds: Vec<Gram> = (0..FOLDS).map(|_| Gram::new(design.width(), outputs)).collect();
        let weather = design.weather(0, rows.clone(), |column, row| signal.covariate(p, series, column, row));
        let mut x = Vec::new();
        for row in rows.clone().filter(|&row| signal.whole(s, row)) {
            let y = signal.value(p, series, row, false);
            design.write(p, s, row, &weather, &mut x);
            let gram = &mut folds[row / block % FOLDS];
            if logs {
                gram.add_sparse(&x, &[y, signal.value(p, series, row, true)]);
            } else {
                gram.add_sparse(&x, &[y]);
            }
        }
        Sums { folds }
    }

    fn without(&self, fold: Option<usize>) -> Gram {
        let mut kept = self.folds.iter().enumerate().filter(|(i, _)| Some(*i) != fold).map(|(_, gram)| gram);
        let mut all = kept.next().cloned().unwrap_or_else(|| Gram::new(0, 0));
        kept.for_each(|gram| all.merge(gram));
        all
    }
}

/// What the fits of the folds say, for residuals that were not fitted.
pub(super) type Folds = Vec<Vec<Linear>>;

/// A way to fit that is tried.
#[derive(Clone, Copy, PartialEq)]
struct Way {
    log: bool,
    slow: Slow,
    ridge: f64,
}

fn output(fit: Linear, log: bool) -> Linear {
    let q = fit.outputs;
    let weights = fit.weights.iter().skip(usize::from(log)).step_by(q).copied().collect();
    Linear { inputs: fit.inputs, outputs: 1, weights, bias: vec![fit.bias[usize::from(log)]] }
}

/// Windows of a series, thinned to so many at the most.
pub(super) fn of_series(windows: &[Window], series: usize, most: usize) -> Vec<Window> {
    let own: Vec<Window> = windows.iter().copied().filter(|w| w.series as usize == series).collect();
    let every = own.len().div_ceil(most).max(1);
    own.into_iter().step_by(every).collect()
}

/// The series on which ways are chosen.
fn sampled(rows: &[Range<usize>]) -> Vec<usize> {
    let some: Vec<usize> = (0..rows.len()).filter(|&i| rows[i].len() > 1).collect();
    let every = some.len().div_ceil(SERIES).max(1);
    some.into_iter().step_by(every).collect()
}

/// `count` tasks on the pool, their results in order.
pub(super) fn each<T: Send>(
    count: usize,
    pool: &Pool,
    of: impl Fn(usize) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let done: Vec<Mutex<Option<Result<T>>>> = (0..count).map(|_| Mutex::new(None)).collect();
    pool.run(count, &|_, task| {
        let result = of(task);
        *unlocked(&done[task]) = Some(result);
    });
    let taken = done.into_iter().map(|m| m.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner));
    taken.map(|one| one.unwrap_or_else(|| Err(gyeol_base::Error::defect("a task was left out")))).collect()
}

impl Additive {
    /// Fits a signal of each series on its `rows`; `train` and `valid` are the windows from which the carry is learnt and the
    /// way is chosen. Gives the fits of the folds too.
    pub(super) fn fit(
        p: &Prepared,
        design: Design,
        signal: Signal,
        rows: &[Range<usize>],
        train: &[Window],
        valid: &[Window],
        pool: &Pool,
    ) -> Result<(Additive, Folds)> {
        let logs = signal.positive(p, rows);
        let block = block(p);
        let sampled = sampled(rows);
        // The way: sums of a series at a time, each way tried on its validation windows.
        let mut ways = Vec::new();
        for ridge in PENALTIES {
            ways.extend(SLOW.map(|slow| (slow, ridge)));
        }
        let mut model = Additive {
            design,
            signal,
            log: false,
            slow: Slow::Nothing,
            ridge: PENALTIES[0],
            carry: Carry::fading(&p.spec),
            learnt: 0.0,
            fits: Vec::new(),
            mean: None,
            centres: Vec::new(),
        };
        let mut errors = vec![[0.0f64; 2]; ways.len()];
        let most = (WINDOWS / sampled.len().max(1)).max(50);
        for &series in &sampled {
            let sums = Sums::of(p, &model.design, signal, series, &rows[series], block, logs).without(None);
            let valid = of_series(valid, series, most);
            let tried = each(ways.len(), pool, |at| {
                let (slow, ridge) = ways[at];
                let fit = sums.solve_scaled(model.design.used(slow), ridge)?;
                let mut found = [f64::INFINITY; 2];
                for log in [false, true].into_iter().filter(|log| !log || logs) {
                    let one = Additive { log, fits: vec![output(fit.clone(), log)], ..model.empty() };
                    found[usize::from(log)] = one.error(p, &valid, &Stand::Only(&one.fits[0]));
                }
                Ok(found)
            })?;
            for (sums, found) in errors.iter_mut().zip(tried) {
                sums.iter_mut().zip(found).for_each(|(s, f)| *s += f);
            }
        }
        let all = ways.iter().zip(&errors).flat_map(|(&(slow, ridge), errors)| {
            [false, true].map(|log| (Way { log, slow, ridge }, errors[usize::from(log)]))
        });
        let all: Vec<(Way, f64)> = all.collect();
        let best = gyeol_judge::least(all.iter().map(|(_, error)| *error)).unwrap_or(0);
        let Way { log, slow, ridge } = all[best].0;
        (model.log, model.slow, model.ridge) = (log, slow, ridge);
        let folds = model.solve(p, rows, pool, true)?;
        // The carry: learnt from residuals of the folds, and as much of it kept as does best on validation.
        let learnt = model.learnt(p, rows, &folds, &sampled, train);
        let tried: Vec<Carry> = LEARNT.iter().map(|&share| learnt.blended(share, &p.spec)).collect();
        let errors = each(tried.len(), pool, |at| {
            let one = Additive { carry: tried[at].clone(), fits: model.fits.clone(), ..model.empty() };
            let of = |&series: &usize| {
                one.error(p, &of_series(valid, series, most), &Stand::Only(&one.fits[series]))
            };
            Ok(sampled.iter().map(of).sum::<f64>())
        })?;
        let best = gyeol_judge::least(errors).unwrap_or(0);
        model.learnt = LEARNT[best];
        model.carry = tried.into_iter().nth(best).unwrap_or_default();
        Ok((model, folds))
    }

    /// The carry of least squares over residuals of fits that did not see their row, before and after origins of `windows`.
    fn learnt(
        &self,
        p: &Prepared,
        rows: &[Range<usize>],
        folds: &Folds,
        sampled: &[usize],
        windows: &[Window],
    ) -> Carry {
        let mut learning = Learning::new(&p.spec);
        let (span, block) = (learning.span(), block(p));
        for &series in sampled {
            let Range { start, end } = rows[series];
            let stand = Stand::Folds(&folds[series], block);
            let residuals = self.residuals(p, series, &rows[series], &stand);
            for w in of_series(windows, series, WINDOWS) {
                let origin = w.origin as usize;
                if origin >= start + span && origin < end {
                    let last = (origin + p.spec.horizon).min(end) - start;
                    learning.add(
                        &residuals[origin - start - span..origin - start],
                        &residuals[origin - start..last],
                    );
                }
            }
        }
        learning.learnt()
    }

    /// The same way fitted on other rows, the carry learnt anew from windows within them.
    pub(super) fn refit(
        &self,
        p: &Prepared,
        rows: &[Range<usize>],
        windows: &[Window],
        pool: &Pool,
    ) -> Result<Additive> {
        let again = self.learnt > 0.0;
        let mut model = self.empty();
        let folds = model.solve(p, rows, pool, again)?;
        if again {
            let carry = model.learnt(p, rows, &folds, &sampled(rows), windows);
            model.carry = carry.blended(self.learnt, &p.spec);
        }
        Ok(model)
    }

    /// Fits each series; gives the fits of its folds where they are asked for.
    fn solve(&mut self, p: &Prepared, rows: &[Range<usize>], pool: &Pool, folds: bool) -> Result<Folds> {
        let block = block(p);
        let width = self.design.width();
        let used = self.design.used(self.slow);
        let one = |series: usize, inner: &Pool| {
            let sums = Sums::of(p, &self.design, self.signal, series, &rows[series], block, self.log);
            let wanted = if folds { 1 + FOLDS } else { 1 };
            let whole = sums.without(None);
            let mut solved = each(wanted, inner, |at| {
                let left;
                let gram = match at.checked_sub(1) {
                    None => &whole,
                    fold => {
                        left = sums.without(fold);
                        &left
                    }
                };
                match gram.rows() {
                    0 => Ok(Linear { inputs: width, outputs: 1, weights: vec![0.0; width], bias: vec![0.0] }),
                    _ => Ok(output(gram.solve_scaled(used, self.ridge)?, self.log)),
                }
            })?;
            let rest = solved.split_off(1);
            let fit = solved.remove(0);
            let means = whole.means();
            let mut at = 0;
            let centre = |(_, width): &(Term, usize)| {
                let columns = at..at + width;
                at += width;
                columns.map(|i| means[i] * fit.weights[i]).sum::<f64>()
            };
            let centres: Vec<f64> = self.design.blocks().iter().map(centre).collect();
            Ok((fit, centres, rest))
        };
        let solved = if p.series.len() == 1 {
            vec![one(0, pool)?]
        } else {
            let alone = Pool::new(1);
            each(p.series.len(), pool, |series| one(series, &alone))?
        };
        let mut folds = Vec::new();
        (self.fits, self.centres) = (Vec::new(), Vec::new());
        for (fit, centres, rest) in solved {
            self.fits.push(fit);
            self.centres.push(centres);
            folds.push(rest);
        }
        Ok(folds)
    }

    /// Σ |forecast - reading| / scale over windows; infinite where a forecast is no number.
    fn error(&self, p: &Prepared, windows: &[Window], stand: &Stand<'_>) -> f64 {
        let Some(first) = windows.first() else { return 0.0 };
        let series = first.series as usize;
        let scale = self.signal.scale(p, series);
        let mut sum = 0.0;
        for (w, forecast) in windows.iter().zip(self.forecast(p, windows, stand).chunks_exact(p.spec.horizon))
        {
            for (j, value) in forecast.iter().enumerate() {
                let truth = self.signal.truth(p, series, w.origin as usize + j);
                if !truth.is_nan() {
                    sum += (value - truth).abs() / scale;
                }
            }
        }
        if sum.is_finite() { sum } else { f64::INFINITY }
    }

    fn empty(&self) -> Additive {
        Additive {
            carry: self.carry.clone(),
            design: self.design.clone(),
            fits: Vec::new(),
            mean: None,
            centres: Vec::new(),
            ..*self
        }
    }
}

/// Rows of a block of the folds: two of the longest season that recurs within weeks.
pub(super) fn block(p: &Prepared) -> usize {
    let longest = p.spec.near_seasons().map(|s| s.rows).max();
    2 * longest.unwrap_or(p.spec.look_back).max(1)
}
