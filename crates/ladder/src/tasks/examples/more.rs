//! What is looked at once the best rung is known: whether more examples would help, and the coefficients of a linear fit.

use gyeol_base::Result;
use gyeol_judge::{DiagnosisParams, LearningPoint, Parts, Shares, Verdict, diagnose};
use gyeol_learn::LeastSquares;
use gyeol_learn::regression::{Coefficient, residual_checks};
use gyeol_report::model::{
    CoefficientRow, CoefficientsChapter, CoefficientsPart, SizePoint, SizesChapter, SizesVerdict,
};
use gyeol_supervised::{Head, Machine, Rows, Target};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;

use super::ordered;
use super::remedies;
use super::rungs::{Workbench, together};
use super::settings::Setting;
use crate::watch::{Step, Watch};

/// Shares of the training part that are learnt from.
const SHARES: [f64; 4] = [0.125, 0.25, 0.5, 1.0];
/// Fewest examples of a point.
pub(super) const FEWEST: usize = 30;
/// Most columns of which coefficients are listed.
const LISTED: usize = 200;

/// The loss by the number of training examples, and what to try; none where the rung was taken over from another run, or
/// looks at nothing, or there are too few examples, or its fits take long.
pub(super) fn sizes(
    bench: &mut Workbench<'_>,
    machine: &Machine,
    watch: &mut dyn Watch,
) -> Result<Option<SizesChapter>> {
    let Some((choice, kept)) = bench.chosen.get(&machine.rung).cloned() else { return Ok(None) };
    if choice.setting == Setting::Constant || bench.quick {
        return Ok(None);
    }
    // Of folds the first stands for all.
    let fold = (!bench.prepared.folds.is_empty()).then_some(0);
    let made = bench.maker.make(bench.prepared, fold, choice.text.as_ref(), bench.pool, watch)?;
    if ordered::too_long(&choice.setting, &made.train) {
        return Ok(None);
    }
    let (train, valid) = match bench.prepared.folds.first() {
        Some(fold) => (&fold.train.examples, &fold.valid.examples),
        None => (&bench.prepared.parts[0].examples, &bench.prepared.parts[1].examples),
    };
    let loss = |machine: &Machine, rows: &Rows, target: &Target| -> Result<f64> {
        bench.value(&machine.of_rows(rows, bench.pool)?, target)
    };
    let mut points = Vec::new();
    for share in SHARES {
        if (train.len() as f64 * share) < FEWEST as f64 {
            continue;
        }
        let at = subset(&train.target, train.len(), share, bench.recipe.seed)?;
        let (rows, target) = (made.train.select(&at), taken(&train.target, &at));
        // A class that fell out would make another question of it.
        if !whole(&target, bench.prepared.classes.len()) {
            continue;
        }
        if !watch.step(Step::Trying(&[&at.len().to_string()])) {
            return Err(gyeol_base::Error::stopped());
        }
        let (head, ..) = bench.learn(&choice.setting, (&rows, &target), None, kept, watch)?;
        let one = Machine { head, ..machine.clone() };
        points.push(SizePoint {
            examples: at.len() as u64,
            train: loss(&one, &rows, &target)?,
            valid: loss(&one, &made.valid, &valid.target)?,
        });
    }
    let constant = match &train.target {
        Target::Classes { of, .. } => {
            let mut shares = vec![0.0; bench.prepared.classes.len()];
            of.iter().for_each(|&class| shares[class as usize] += 1.0 / of.len() as f64);
            shares
        }
        Target::Values(_) => vec![bench.prepared.centre()],
    };
    let plain = Machine { head: Head::Constant(constant), calibration: None, ..machine.clone() };
    let plain = loss(&plain, &made.valid, &valid.target)?;
    let curve: Vec<LearningPoint> = points
        .iter()
        .map(|p| LearningPoint { size: p.examples as f64, train: p.train, valid: p.valid })
        .collect();
    let finite = curve.iter().all(|p| p.train.is_finite() && p.valid.is_finite());
    if curve.len() < 2 || !finite || plain.is_nan() || plain <= 0.0 {
        return Ok(None);
    }
    let found = diagnose(&curve, plain, DiagnosisParams::default())?;
    let remedies = remedies::remedies(bench, machine, &choice, watch)?;
    Ok(Some(SizesChapter {
        points,
        plain,
        verdict: match found.verdict {
            Verdict::MoreData => SizesVerdict::MoreData,
            Verdict::TooComplex => SizesVerdict::TooComplex,
            Verdict::TooSimple => SizesVerdict::TooSimple,
            Verdict::Fine => SizesVerdict::Fine,
        },
        gap: found.gap,
        gain: found.gain,
        left: found.left,
        remedies,
    }))
}

/// Whether every class is there.
pub(super) fn whole(target: &Target, classes: usize) -> bool {
    match target {
        Target::Classes { of, .. } => {
            let mut seen = vec![false; classes];
            of.iter().for_each(|&class| seen[class as usize] = true);
            seen.into_iter().all(|seen| seen)
        }
        Target::Values(_) => true,
    }
}

/// A share of the training part, each class alike.
pub(super) fn subset(target: &Target, count: usize, share: f64, seed: u64) -> Result<Vec<usize>> {
    if share >= 1.0 {
        return Ok((0..count).collect());
    }
    let shares = Shares { valid: 0.0, test: 1.0 - share };
    Ok(match target {
        Target::Classes { of, .. } => Parts::stratified(of, shares, seed)?.train,
        Target::Values(_) => Parts::random(count, shares, seed)?.train,
    })
}

pub(super) fn taken(target: &Target, at: &[usize]) -> Target {
    match target {
        Target::Classes { names, of } => {
            Target::Classes { names: names.clone(), of: at.iter().map(|&i| of[i]).collect() }
        }
        Target::Values(values) => Target::Values(at.iter().map(|&i| values[i]).collect()),
    }
}

/// Coefficients of least squares in the units of the columns, with what is known of their errors; none for texts, classes,
/// too many columns, or where no degree of freedom is left. They are those of the rung `linear`, where one was climbed: on
/// the training part, or on it and the validation part where rungs are fitted once more with both.
pub(super) fn coefficients(
    bench: &mut Workbench<'_>,
    climbed: bool,
    watch: &mut dyn Watch,
) -> Result<Option<CoefficientsChapter>> {
    let train = &bench.prepared.parts[0].examples;
    let (Target::Values(_), None) = (&train.target, &train.texts) else { return Ok(None) };
    let made = bench.maker.make(bench.prepared, None, None, bench.pool, watch)?;
    let (Some(encoder), true) = (&made.inputs.columns, made.train.cols() <= LISTED) else { return Ok(None) };
    let folds = !bench.prepared.folds.is_empty();
    let both = climbed && bench.recipe.split.refit && !folds;
    let (rows, target) = match both {
        true => together(&made, &bench.prepared.parts[1].examples.target, bench.prepared)?,
        false => (made.train.clone(), train.target.clone()),
    };
    let Target::Values(y) = &target else { return Ok(None) };
    let x = gyeol_supervised::dense(&rows)?;
    let fit = LeastSquares::fit(&x, y, true, bench.pool)?;
    let Some(summary) = fit.summary(0.95) else { return Ok(None) };
    let checks = residual_checks(&fit, &x, bench.pool)?;
    let scales = encoder.scales();
    let Some(found) = in_units(&x, y, &summary.coefficients, &scales, bench.pool)? else { return Ok(None) };
    let rows = found.iter().enumerate().map(|(i, c)| CoefficientRow {
        name: if i == 0 { String::new() } else { made.inputs.name(i - 1) },
        estimate: c.estimate,
        standard_error: c.standard_error,
        t: c.t,
        p: c.p,
        low: c.low,
        high: c.high,
        standardised: (i > 0).then(|| summary.coefficients[i].estimate),
    });
    let mut facts = vec![
        ("r2".to_owned(), summary.r_squared),
        ("adjusted-r2".to_owned(), summary.adjusted_r_squared),
        ("f".to_owned(), summary.f),
        ("f-p".to_owned(), summary.f_p),
        ("residual-error".to_owned(), summary.residual_standard_error),
    ];
    if let Some(checks) = checks {
        facts.extend([
            ("durbin-watson".to_owned(), checks.durbin_watson),
            ("jarque-bera-p".to_owned(), checks.jarque_bera.p),
        ]);
        facts.extend(checks.breusch_pagan.map(|tested| ("breusch-pagan-p".to_owned(), tested.p)));
    }
    let part = if both || folds { CoefficientsPart::Both } else { CoefficientsPart::Train };
    Ok(Some(CoefficientsChapter { rows: rows.collect(), facts, part, examples: y.len() as u64 }))
}

/// Coefficients of z = (x - m) / s as those of x: w / s with errors and ends alike, t and p as they are. The intercept is
/// that of x = 0 and not of the mean, so that its error is one of its own: it is read off a fit on x / s, whose centre is
/// where it is. None where a column has no unit.
fn in_units(
    z: &Dense,
    y: &[f64],
    scaled: &[Coefficient],
    scales: &[Option<(f64, f64)>],
    pool: &Pool,
) -> Result<Option<Vec<Coefficient>>> {
    let Some(scales) = scales.iter().copied().collect::<Option<Vec<(f64, f64)>>>() else { return Ok(None) };
    let shifts: Vec<f64> = scales.iter().map(|(m, s)| m / s).collect();
    let data =
        z.data().chunks_exact(z.cols().max(1)).flat_map(|row| row.iter().zip(&shifts).map(|(v, m)| v + m));
    let shifted = Dense::new(z.rows(), z.cols(), data.collect())?;
    let Some(summary) = LeastSquares::fit(&shifted, y, true, pool)?.summary(0.95) else { return Ok(None) };
    let weights = scaled[1..].iter().zip(&scales).map(|(c, (_, s))| Coefficient {
        estimate: c.estimate / s,
        standard_error: c.standard_error / s,
        low: c.low / s,
        high: c.high / s,
        ..*c
    });
    Ok(Some(std::iter::once(summary.coefficients[0]).chain(weights).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use gyeol_tensor::Rng;

    #[test]
    fn coefficients_in_units_are_those_of_least_squares_on_the_columns_as_they_are() {
        let (pool, mut rng) = (Pool::new(1), Rng::new(5));
        let mut x = Vec::new();
        let mut y = Vec::new();
        for _ in 0..200 {
            let (year, area, flag) =
                (1990.0 + 30.0 * rng.uniform(), 80.0 + 25.0 * rng.normal(), rng.below(2) as f64);
            x.extend([year, area, flag]);
            y.push(0.7 * (year - 2000.0) + 3.0 * area - 12.0 * flag + 4.0 * rng.normal());
        }
        let plain = LeastSquares::fit(&Dense::new(200, 3, x.clone()).unwrap(), &y, true, &pool).unwrap();
        let wanted = plain.summary(0.95).unwrap();
        // As an encoder scales numbers, and leaves marks.
        let scale = |j: usize| {
            let column: Vec<f64> = x.chunks_exact(3).map(|row| row[j]).collect();
            let mean = column.iter().sum::<f64>() / 200.0;
            (mean, (column.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 200.0).sqrt())
        };
        let scales = [scale(0), scale(1), (0.0, 1.0)];
        let z = x.chunks_exact(3).flat_map(|row| row.iter().zip(&scales).map(|(v, (m, s))| (v - m) / s));
        let z = Dense::new(200, 3, z.collect()).unwrap();
        let scaled = LeastSquares::fit(&z, &y, true, &pool).unwrap().summary(0.95).unwrap();
        let some = scales.map(Some);
        let found = in_units(&z, &y, &scaled.coefficients, &some, &pool).unwrap().unwrap();
        for (found, wanted) in found.iter().zip(&wanted.coefficients) {
            let pairs = [
                (found.estimate, wanted.estimate),
                (found.standard_error, wanted.standard_error),
                (found.t, wanted.t),
                (found.p, wanted.p),
                (found.low, wanted.low),
                (found.high, wanted.high),
            ];
            for (a, b) in pairs {
                assert!((a - b).abs() <= 1e-8 * b.abs().max(1.0), "{found:?} {wanted:?}");
            }
        }
        assert!(in_units(&z, &y, &scaled.coefficients, &[None, None, None], &pool).unwrap().is_none());
    }
}
