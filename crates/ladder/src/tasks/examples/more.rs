//! What is looked at once the best rung is known: whether more examples would help, and the coefficients of a linear fit.

use gyeol_base::Result;
use gyeol_judge::{DiagnosisParams, LearningPoint, Parts, Shares, Verdict, diagnose};
use gyeol_learn::LeastSquares;
use gyeol_learn::regression::residual_checks;
use gyeol_report::model::{CoefficientRow, CoefficientsChapter, SizePoint, SizesChapter, SizesVerdict};
use gyeol_supervised::{Head, Machine, Rows, Target};

use super::rungs::Workbench;
use super::settings::Setting;
use crate::watch::{Step, Watch};

/// Shares of the training part that are learnt from.
const SHARES: [f64; 4] = [0.125, 0.25, 0.5, 1.0];
/// Fewest examples of a point.
const FEWEST: usize = 30;
/// Most columns of which coefficients are listed.
const LISTED: usize = 200;

/// The loss by the number of training examples, and what to try; none where the rung was taken over from another run, or
/// looks at nothing, or there are too few examples.
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
        let known = match &target {
            Target::Classes { of, .. } => {
                let mut seen = vec![false; bench.prepared.classes.len()];
                of.iter().for_each(|&class| seen[class as usize] = true);
                seen.into_iter().all(|seen| seen)
            }
            Target::Values(_) => true,
        };
        // A class that fell out would make another question of it.
        if !known {
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
    }))
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

/// Coefficients of least squares on the training part with what is known of their errors; none for texts, classes, too many
/// columns, or where no degree of freedom is left.
pub(super) fn coefficients(
    bench: &mut Workbench<'_>,
    watch: &mut dyn Watch,
) -> Result<Option<CoefficientsChapter>> {
    let train = &bench.prepared.parts[0].examples;
    let (Target::Values(y), None) = (&train.target, &train.texts) else { return Ok(None) };
    let made = bench.maker.make(bench.prepared, None, None, bench.pool, watch)?;
    if made.train.cols() > LISTED {
        return Ok(None);
    }
    let x = gyeol_supervised::dense(&made.train)?;
    let fit = LeastSquares::fit(&x, y, true, bench.pool)?;
    let Some(summary) = fit.summary(0.95) else { return Ok(None) };
    let checks = residual_checks(&fit, &x, bench.pool)?;
    let name = |i: usize| if i == 0 { String::new() } else { made.inputs.name(i - 1) };
    let rows = summary.coefficients.iter().enumerate().map(|(i, c)| CoefficientRow {
        name: name(i),
        estimate: c.estimate,
        standard_error: c.standard_error,
        t: c.t,
        p: c.p,
        low: c.low,
        high: c.high,
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
    Ok(Some(CoefficientsChapter { rows: rows.collect(), facts }))
}
