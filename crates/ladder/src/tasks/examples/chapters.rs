//! What the page shows of the chosen rung: what it takes for what, its surest mistakes, what tells, and whether its
//! probabilities can be believed.

use gyeol_base::{Result, shorten};
use gyeol_judge::{Bins, Confusion, Ranked, calibration_curve, calibration_error, confidence};
use gyeol_learn::UnitClassifier;
use gyeol_report::model::{
    CalibrationChapter, Chapter, ClassRow, ConfusionChapter, Mistake, ResidualChapter, Telling,
};
use gyeol_supervised::{Examples, Head, Machine, Said, Target};
use gyeol_tensor::Rng;

use super::prepare::Prepared;

/// Classes up to which the whole square is drawn.
const SQUARE: usize = 40;
/// Mistakes that are listed.
const MISTAKES: usize = 20;
/// Features that are listed for a class, and classes with such a list.
const TELLING: (usize, usize) = (15, 24);
/// Letters of an example.
const LETTERS: usize = 160;
/// Points of a picture.
const POINTS: usize = 1000;

/// The chapters in the order of the page.
pub(super) fn chapters(
    prepared: &Prepared,
    machine: &Machine,
    said: &Said,
    seed: u64,
) -> Result<Vec<Chapter>> {
    let test = &prepared.parts[2].examples;
    let mut chapters = vec![Chapter::Answer, Chapter::Ladder];
    match (&test.target, said) {
        (Target::Classes { names, of }, Said::Classes(p)) => {
            let found = machine.decide(said);
            chapters.push(Chapter::Confusion(Box::new(confusion(names, of, &found)?)));
            let mut missed: Vec<(f64, usize)> = (0..of.len())
                .filter(|&i| found[i] != of[i] && (of[i] as usize) < prepared.classes.len())
                .map(|i| (p.at(i, found[i] as usize), i))
                .collect();
            missed.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let mistakes: Vec<Mistake> = missed
                .iter()
                .take(MISTAKES)
                .map(|&(size, i)| Mistake {
                    row: test.rows[i],
                    shown: shown(test, i),
                    right: names[of[i] as usize].clone(),
                    said: names[found[i] as usize].clone(),
                    size,
                })
                .collect();
            if !mistakes.is_empty() {
                chapters.push(Chapter::Mistakes(mistakes));
            }
            let told = telling(machine);
            if !told.is_empty() {
                chapters.push(Chapter::Telling(told));
            }
            if let Some(found) = calibration(prepared, p, of)? {
                chapters.push(Chapter::Calibration(Box::new(found)));
            }
        }
        (Target::Values(truth), Said::Values(found)) => {
            chapters.push(Chapter::Residuals(Box::new(residuals(test, truth, found, seed))));
            let told = telling(machine);
            if !told.is_empty() {
                chapters.push(Chapter::Telling(told));
            }
        }
        _ => {}
    }
    chapters.extend([Chapter::Examples, Chapter::Inside, Chapter::Protocol]);
    Ok(chapters)
}

fn confusion(names: &[String], right: &[u32], said: &[u32]) -> Result<ConfusionChapter> {
    let found = Confusion::of(right, said, names.len(), None)?;
    let scores = found.per_class(1.0);
    let mut order: Vec<usize> = (0..names.len()).filter(|&k| scores[k].labelled > 0.0).collect();
    if order.len() > SQUARE {
        // The worst ones are what is worth reading of many.
        order.sort_by(|&a, &b| scores[a].score.f.total_cmp(&scores[b].score.f).then(a.cmp(&b)));
        order.truncate(2 * SQUARE);
    }
    let row = |&k: &usize| ClassRow {
        name: names[k].clone(),
        examples: scores[k].labelled as u64,
        precision: scores[k].score.precision,
        recall: scores[k].score.recall,
        f1: scores[k].score.f,
    };
    let whole = order.len() <= SQUARE;
    let cells = |&k: &usize| order.iter().map(|&other| found.at(k as u32, other as u32) as u64).collect();
    Ok(ConfusionChapter {
        classes: order.iter().map(row).collect(),
        matrix: if whole { order.iter().map(cells).collect() } else { Vec::new() },
        mistaken: found
            .mistakes(12)
            .into_iter()
            .map(|(right, said, n)| (names[right as usize].clone(), names[said as usize].clone(), n as u64))
            .collect(),
    })
}

/// The beginning of an example as a person reads it.
fn shown(examples: &Examples, at: usize) -> String {
    if let Some(texts) = &examples.texts {
        let words: Vec<&str> = texts[at].split_whitespace().take(60).collect();
        return shorten(&words.join(" "), LETTERS);
    }
    let Some(table) = &examples.table else { return String::new() };
    let cells = table.columns().iter().filter(|c| c.name != examples.target_name).map_while(|column| {
        let cell = table.slice(at, at + 1).ok()?.texts(&column.name).ok()?.pop()?;
        Some(format!("{} {}", column.name, cell.unwrap_or_else(|| "–".into())))
    });
    shorten(&cells.take(12).collect::<Vec<_>>().join(" · "), LETTERS)
}

/// The features with the largest weights, where the scores are linear in them.
fn telling(machine: &Machine) -> Vec<Telling> {
    let strongest = |weights: &dyn Fn(usize) -> f64, count: usize, class: String| {
        let mut order: Vec<usize> = (0..count).filter(|&j| weights(j) != 0.0).collect();
        let most = TELLING.0.min(order.len());
        let mut take = |sign: f64| -> Vec<(String, f64)> {
            if most > 0 {
                order.select_nth_unstable_by(most - 1, |&a, &b| {
                    (sign * weights(b)).total_cmp(&(sign * weights(a))).then(a.cmp(&b))
                });
            }
            let mut chosen: Vec<usize> =
                order[..most].iter().copied().filter(|&j| sign * weights(j) > 0.0).collect();
            chosen.sort_by(|&a, &b| (sign * weights(b)).total_cmp(&(sign * weights(a))).then(a.cmp(&b)));
            chosen.into_iter().map(|j| (machine.inputs.name(j), weights(j))).collect()
        };
        Telling { class, for_it: take(1.0), against: take(-1.0) }
    };
    match &machine.head {
        Head::Unit(UnitClassifier { linear: model, .. }) | Head::Classes(model) if model.outputs == 1 => {
            let class = machine.classes().get(1).cloned().unwrap_or_default();
            vec![strongest(&|j| model.weights[j], model.inputs, class)]
        }
        Head::Unit(UnitClassifier { linear: model, .. }) | Head::Classes(model) => machine
            .classes()
            .iter()
            .take(TELLING.1)
            .enumerate()
            // What is common to all classes tells none from another.
            .map(|(k, class)| {
                let row = |j: usize| &model.weights[j * model.outputs..(j + 1) * model.outputs];
                let own = |j: usize| row(j)[k] - row(j).iter().sum::<f64>() / model.outputs as f64;
                strongest(&own, model.inputs, class.clone())
            })
            .collect(),
        Head::Values(model) => vec![strongest(&|j| model.weights[j], model.inputs, String::new())],
        // Gains have no sign: they say how much a column is used.
        Head::Trees(model) => {
            let gains = model.importances();
            vec![strongest(&|j| gains[j], gains.len(), String::new())]
        }
        _ => Vec::new(),
    }
}

fn calibration(
    prepared: &Prepared,
    p: &gyeol_vectors::matrix::Dense,
    right: &[u32],
) -> Result<Option<CalibrationChapter>> {
    let classes = prepared.classes.len();
    let known: Vec<usize> = (0..right.len()).filter(|&i| (right[i] as usize) < classes).collect();
    let of: Vec<u32> = known.iter().map(|&i| right[i]).collect();
    if known.len() < 20 {
        return Ok(None);
    }
    let said: Vec<f64> = known.iter().flat_map(|&i| p.row(i).iter().copied()).collect();
    let (mut sure, came) = confidence(&said, &of, classes)?;
    // Sums of shares may pass one by their last digit.
    sure.iter_mut().for_each(|p| *p = p.clamp(0.0, 1.0));
    let curve = calibration_curve(&sure, &came, 10, Bins::Quantile, None)?;
    let mut roc = Vec::new();
    if classes == 2 && of.contains(&0) && of.contains(&1) {
        let scores: Vec<f64> = said.chunks_exact(2).map(|row| row[1]).collect();
        let positive: Vec<bool> = of.iter().map(|&class| class == 1).collect();
        let found = Ranked::new(&scores)?.roc(&positive, None)?;
        let every = found.false_positive_rate.len().div_ceil(400).max(1);
        let last = found.false_positive_rate.len().saturating_sub(1);
        let points = found
            .false_positive_rate
            .iter()
            .copied()
            .zip(found.true_positive_rate.iter().copied())
            .enumerate();
        roc = points.filter(|(i, _)| i % every == 0 || *i == last).map(|(_, point)| point).collect();
    }
    Ok(Some(CalibrationChapter {
        error: calibration_error(&curve),
        bins: curve.iter().map(|bin| (bin.said, bin.came_true, bin.weight as u64)).collect(),
        roc,
        positive: prepared.classes.get(1).cloned().unwrap_or_default(),
    }))
}

fn residuals(test: &Examples, truth: &[f64], found: &[f64], seed: u64) -> ResidualChapter {
    let mut places: Vec<usize> = (0..truth.len()).collect();
    if places.len() > POINTS {
        Rng::stream(seed, 0x9e51).shuffle(&mut places);
        places.truncate(POINTS);
        places.sort_unstable();
    }
    let mut order: Vec<usize> = (0..truth.len()).collect();
    order.sort_by(|&a, &b| {
        (truth[b] - found[b]).abs().total_cmp(&(truth[a] - found[a]).abs()).then(a.cmp(&b))
    });
    let number = |v: f64| format!("{:.5}", v).trim_end_matches('0').trim_end_matches('.').to_owned();
    let worst = order.iter().take(MISTAKES).map(|&i| Mistake {
        row: test.rows[i],
        shown: shown(test, i),
        right: number(truth[i]),
        said: number(found[i]),
        size: found[i] - truth[i],
    });
    ResidualChapter { points: places.iter().map(|&i| (found[i], truth[i])).collect(), worst: worst.collect() }
}
