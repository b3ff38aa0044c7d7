//! Covariates that see further than their row: a target moved forward, a centred mean, a smoothing over both sides.
//!
//! A column known up to row `r` may not tell what row `r + k` of the target will be beyond what its past tells already. Two
//! regressions of `y[r+k]`, by least squares over rows,
//!
//! ```text
//! past alone   1, y[r], y[r-1], y[r-2], y[r-k-1], y[r+k-day], y[r+k-week]
//! with it      the same, x[r], x[r-1]
//! ```
//!
//! and the share of the first one's squares that the second one takes away. A centred mean of 2k + 1 rows takes all of it, since
//! (2k + 1) (x[r] - x[r-1]) = y[r+k] - y[r-k-1]; weather takes some tenths. Of columns known
//! ahead the row itself is asked (k = 0, with x² for x[r-1]): a plan or another's forecast takes much, a function of the target takes all.

use super::model::Foresight;

/// Share from which on a column of the past, or one known ahead, is said to know the target.
const PAST: f64 = 0.8;
const KNOWN: f64 = 0.97;
/// Rows looked at, the fewest of them, and rows ahead one by one; beyond these whole seasons.
const ROWS: usize = 4_000;
const FEWEST: usize = 200;
const NEAR: usize = 48;
/// A target that its own past tells to this share of its variance leaves nothing to find.
const TOLD: f64 = 1e-9;

/// Whether `x` knows `y`: of a column of the past up to `lags` rows later, of one known ahead in its own row. `day` is the rows of the
/// shortest season.
pub(super) fn foresight(
    target: &str,
    x: &[f64],
    y: &[f64],
    lags: usize,
    day: usize,
    known: bool,
) -> Option<Foresight> {
    let from = y.len().saturating_sub(ROWS);
    let (x, y) = (&x[from..], &y[from..]);
    let day = day.max(1);
    let ks: Vec<usize> = match known {
        true => vec![0],
        false => {
            let far = (1..).map(|days| days * day).take_while(|k| *k <= lags).filter(|k| *k > NEAR);
            (1..=NEAR.min(lags)).chain(far).collect()
        }
    };
    let least = if known { KNOWN } else { PAST };
    let mut best: Option<Foresight> = None;
    for k in ks {
        let Some(share) = share(x, y, k, day) else { continue };
        // Of two that tell alike the later: the row before tells the same of one row less.
        if share >= least && best.as_ref().is_none_or(|b| share > b.share - 1e-3) {
            best = Some(Foresight { target: target.into(), lag: k, share });
        }
    }
    best
}

/// Columns of the regression, its answer last.
const WIDTH: usize = 10;
/// Those of the past alone.
const OWN: usize = 7;

/// Share of what its past leaves of `y[r+k]` that `x[r]` and `x[r-1]` tell.
fn share(x: &[f64], y: &[f64], k: usize, day: usize) -> Option<f64> {
    // The season before the row that is told, as far back as the past is known.
    let back = |season: usize| (k / season + 1) * season - k;
    let (day, week) = (back(day), back(7 * day));
    let first = (k + 1).max(day).max(week).max(2);
    let mut sums = [[0.0; WIDTH]; WIDTH];
    let (mut n, mut mean) = (0usize, [0.0; 2]);
    let middle = |v: &[f64]| {
        let (sum, n) = v.iter().filter(|v| v.is_finite()).fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
        sum / f64::max(n, 1.0)
    };
    // Around their means, so that squares of large levels do not drown what differs.
    (mean[0], mean[1]) = (middle(x), middle(y));
    for r in first..y.len().saturating_sub(k) {
        let own = |row: usize| y[row] - mean[1];
        let cells = [
            1.0,
            own(r),
            own(r - 1),
            own(r - 2),
            own(r - k - 1),
            own(r - day),
            own(r - week),
            x[r] - mean[0],
            x[r - 1] - mean[0],
            own(r + k),
        ];
        // The row itself is not known where it is asked for; a bend in what the column tells of it is.
        let cells = match k {
            0 => {
                let x = cells[7];
                [1.0, own(r - 1), own(r - 2), 0.0, 0.0, cells[5], cells[6], x, x * x, cells[9]]
            }
            _ => cells,
        };
        if cells.iter().any(|c| !c.is_finite()) {
            continue;
        }
        n += 1;
        for i in 0..WIDTH {
            for j in i..WIDTH {
                sums[i][j] += cells[i] * cells[j];
            }
        }
    }
    if n < FEWEST {
        return None;
    }
    let all = sums[WIDTH - 1][WIDTH - 1];
    let (without, with) = (left(&sums, OWN), left(&sums, WIDTH - 1));
    (without > TOLD * all).then(|| 1.0 - with / without)
}

/// Squares of the answer that the first `columns` leave, by Gram and Schmidt on the products (Cholesky); a column that others tell adds
/// nothing.
fn left(sums: &[[f64; WIDTH]; WIDTH], columns: usize) -> f64 {
    let mut rest = *sums;
    for i in 0..columns {
        let own = rest[i][i];
        if own <= 1e-10 * sums[i][i].max(f64::MIN_POSITIVE) {
            continue;
        }
        for a in i + 1..WIDTH {
            let factor = rest[i][a] / own;
            for b in a..WIDTH {
                rest[a][b] -= factor * rest[i][b];
            }
        }
    }
    rest[WIDTH - 1][WIDTH - 1].max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hours with a day in them, weather that moves them, and noise of their own.
    fn load(n: usize) -> (Vec<f64>, Vec<f64>) {
        let mut state = 7u64;
        let mut chance = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / (1u64 << 24) as f64 - 0.5
        };
        let (mut weather, mut own, mut all, mut loads) = (0.0, 0.0, Vec::new(), Vec::new());
        for i in 0..n {
            weather = 0.97 * weather + chance();
            own = 0.8 * own + chance();
            let hour = (i as f64 * std::f64::consts::TAU / 24.0).sin();
            all.push(10.0 + 5.0 * hour + weather);
            loads.push(1000.0 + 100.0 * hour + 20.0 * weather + 10.0 * own);
        }
        (all, loads)
    }

    #[test]
    fn columns_that_see_later_rows_are_found_and_weather_is_not() {
        let (weather, y) = load(3000);
        let n = y.len();
        let found = |x: &[f64], known| foresight("y", x, &y, 48, 24, known).map(|f| f.lag);
        assert_eq!((found(&weather, false), found(&weather, true)), (None, None));
        let later = |k: usize| -> Vec<f64> { (0..n).map(|i| y[(i + k).min(n - 1)]).collect() };
        assert_eq!((found(&later(1), false), found(&later(24), false)), (Some(1), Some(24)));
        let noisy: Vec<f64> =
            later(1).iter().zip(&weather).map(|(y, w)| y + 0.2 * (w * 1000.0).sin()).collect();
        assert_eq!(found(&noisy, false), Some(1));
        // Means around the row, of 3 and of 25 hours; one of the rows before alone knows nothing.
        let mean = |back: usize, ahead: usize| -> Vec<f64> {
            let of = |i: usize| &y[i.saturating_sub(back)..(i + ahead + 1).min(n)];
            (0..n).map(|i| of(i).iter().sum::<f64>() / of(i).len() as f64).collect()
        };
        assert_eq!((found(&mean(1, 1), false), found(&mean(12, 12), false)), (Some(1), Some(12)));
        assert_eq!((found(&mean(24, 0), false), found(&y, false)), (None, None));
        // The target itself, or its logarithm, known ahead.
        assert_eq!(
            (found(&y, true), found(&y.iter().map(|y| y.ln()).collect::<Vec<_>>(), true)),
            (Some(0), Some(0))
        );
        assert_eq!(found(&mean(24, 0), true), None);
        // Too little to say anything of.
        assert_eq!(foresight("y", &later(1)[..150], &y[..150], 48, 24, false), None);
        assert_eq!(foresight("y", &vec![f64::NAN; n], &y, 48, 24, false), None);
    }
}
