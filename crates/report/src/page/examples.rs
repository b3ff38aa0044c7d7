//! Chapters of classifiers and regressions: what was mistaken for what, mistakes worth reading, what tells, whether
//! probabilities can be believed, and the examples themselves.

use serde::Serialize;

use super::{Figure, Table, View};
use crate::model::{
    CalibrationChapter, Chapter, CoefficientsChapter, CoefficientsPart, ConfusionChapter, CostsChapter,
    DrawnChapter, Effect, ExampleFacts, Mistake, Remedy, RemedyRow, ResidualChapter, SizePoint, SizesChapter,
    SizesVerdict, Telling as Told, TranslationExample,
};
use crate::picture::{self, Diagonal, Lines, Series, Square};
use crate::text;

/// Figures over the whole column, one after another.
#[derive(Serialize)]
pub(crate) struct Figures {
    figures: Vec<Figure>,
    /// What the table says.
    see: String,
    table: Option<Table>,
}

#[derive(Serialize)]
pub(crate) struct Mistakes {
    see: String,
    table: Table,
}

#[derive(Serialize)]
pub(crate) struct Telling {
    see: String,
    classes: Vec<Class>,
}

#[derive(Serialize)]
struct Class {
    title: String,
    for_it: Vec<(String, String)>,
    against: Vec<(String, String)>,
}

#[derive(Serialize)]
pub(crate) struct Parts {
    see: String,
    table: Table,
    classes: Option<Table>,
    columns: Option<Table>,
}

pub(crate) fn confusion(view: &View, found: &ConfusionChapter) -> Figures {
    let keys = ["col-of-class", "col-examples", "col-precision", "col-recall", "col-f1"];
    let percent = |v: f64| view.voice.percent(v, 1);
    let mut table = view.columns(&keys);
    for class in &found.classes {
        table.push(vec![
            class.name.clone(),
            view.voice.count(class.examples as usize),
            percent(class.precision),
            percent(class.recall),
            percent(class.f1),
        ]);
    }
    let mut figures = Vec::new();
    if !found.matrix.is_empty() {
        let names: Vec<String> = found.classes.iter().map(|class| class.name.clone()).collect();
        figures.push(Figure::draw(
            "full",
            view.t("confusion-title", &[]),
            view.t("confusion-see", &[("rung", view.best_title())]),
            None,
            &|words, width| {
                let said = view.t("confusion-said", &[]);
                let square = Square {
                    words: picture::Words { ..words.clone() },
                    names: &names,
                    counts: &found.matrix,
                    said,
                };
                picture::square(&square, width, view.voice.language)
            },
        ));
    }
    let mut mistaken = view.columns(&["col-right", "col-said", "col-times"]);
    for (right, said, times) in &found.mistaken {
        mistaken.push(vec![right.clone(), said.clone(), view.voice.count(*times as usize)]);
    }
    if !mistaken.rows.is_empty() {
        let bars: Vec<(String, f64)> = found
            .mistaken
            .iter()
            .map(|(right, said, times)| (format!("{right} → {said}"), *times as f64))
            .collect();
        figures.push(Figure::draw(
            "full",
            view.t("mistaken-title", &[]),
            view.t("mistaken-see", &[]),
            Some(mistaken),
            &|words, width| picture::bars(words, &bars, &|v| view.voice.count(v as usize), width),
        ));
    }
    Figures { figures, see: String::new(), table: Some(table) }
}

pub(crate) fn mistakes(view: &View, found: &[Mistake], see: &str) -> Mistakes {
    let mut table = view.columns(&["col-row", "col-right", "col-said", "col-sure", "col-shown"]);
    for mistake in found {
        table.push(vec![
            mistake.row.to_string(),
            mistake.right.clone(),
            mistake.said.clone(),
            view.voice.percent(mistake.size, 0),
            mistake.shown.clone(),
        ]);
    }
    Mistakes { see: view.t(see, &[("rung", view.best_title())]), table }
}

/// Test pairs, the target beside what was said.
pub(crate) fn translations(view: &View, found: &[TranslationExample]) -> Mistakes {
    let table = view.columns(&["col-row", "col-source", "col-reference", "col-translation"]);
    side_by_side(view, found, "translations-see", table, "col-plain-translation")
}

/// Texts drawn for classes, with the class that they are read as.
pub(crate) fn drawn(view: &View, found: &DrawnChapter) -> Mistakes {
    let mut table = view.columns(&["col-class-asked", "col-drawn", "col-class-read"]);
    for one in &found.texts {
        table.push(vec![one.class.clone(), one.text.clone(), one.read.clone()]);
    }
    let args = [
        ("rung", text::rung_title(&found.rung, view.voice.language)),
        ("n", view.voice.count(found.count as usize)),
        ("kept", view.voice.percent(found.kept, 1)),
        ("right", view.voice.percent(found.right, 1)),
    ];
    Mistakes { see: view.t("drawn-see", &args), table }
}

/// Test sequences, their labels beside those said.
pub(crate) fn labelled(view: &View, found: &[TranslationExample]) -> Mistakes {
    let table = view.columns(&["col-row", "col-unlabelled", "col-right", "col-said"]);
    side_by_side(view, found, "labelled-see", table, "col-plain-translation")
}

fn side_by_side(
    view: &View,
    found: &[TranslationExample],
    see: &str,
    mut table: Table,
    without_net: &str,
) -> Mistakes {
    let plain = found.iter().any(|one| one.plain.is_some());
    table.head.extend(plain.then(|| view.t(without_net, &[])));
    for one in found {
        let mut row = vec![one.row.to_string(), one.source.clone(), one.right.clone(), one.said.clone()];
        row.extend(plain.then(|| one.plain.clone().unwrap_or_default()));
        table.push(row);
    }
    Mistakes { see: view.t(see, &[("rung", view.best_title())]), table }
}

pub(crate) fn telling(view: &View, found: &[Told]) -> Telling {
    let weights = |list: &[(String, f64)]| -> Vec<(String, String)> {
        list.iter()
            .map(|(name, weight)| (name.clone(), text::signed(*weight, 2, view.voice.language)))
            .collect()
    };
    let classes = found.iter().map(|told| Class {
        title: match told.class.is_empty() {
            true => view.t("telling-numbers", &[]),
            false => told.class.clone(),
        },
        for_it: weights(&told.for_it),
        against: weights(&told.against),
    });
    Telling { see: view.t("telling-see", &[]), classes: classes.collect() }
}

pub(crate) fn calibration(view: &View, found: &CalibrationChapter) -> Figures {
    let percent = |v: f64| view.voice.percent(v, 1);
    let mut table = view.columns(&["col-promised", "col-came", "col-examples"]);
    for (said, came, n) in &found.bins {
        table.push(vec![percent(*said), percent(*came), view.voice.count(*n as usize)]);
    }
    let points: Vec<(f64, f64)> = found.bins.iter().map(|(said, came, _)| (*said, *came)).collect();
    let draw = |points: &Vec<(f64, f64)>, words: &picture::Words, width: f64, x: &str, y: &str| {
        let d = Diagonal {
            words: words.clone(),
            points: points.clone(),
            line: true,
            x_title: view.t(x, &[]),
            y_title: view.t(y, &[]),
            shares: true,
        };
        picture::diagonal(&d, width, view.voice.language)
    };
    let mut figures = vec![Figure::draw(
        "half",
        view.t("calibration-title", &[]),
        view.t("calibration-see", &[("error", percent(found.error))]),
        Some(table),
        &|words, width| draw(&points, words, width, "axis-said", "axis-came"),
    )];
    if !found.roc.is_empty() {
        let area = view.report.best_rung().test.get("roc_area").map_or(f64::NAN, |m| m.value);
        let args = [("class", found.positive.clone()), ("area", view.voice.number(area, 3))];
        figures.push(Figure::draw(
            "half",
            view.t("roc-title", &[]),
            view.t("roc-see", &args),
            None,
            &|words, width| draw(&found.roc, words, width, "axis-false", "axis-true"),
        ));
    }
    Figures { figures, see: String::new(), table: None }
}

pub(crate) fn residuals(view: &View, found: &ResidualChapter) -> Figures {
    let mut table = view.columns(&["col-row", "col-right", "col-said", "col-difference", "col-shown"]);
    for worst in &found.worst {
        table.push(vec![
            worst.row.to_string(),
            worst.right.clone(),
            worst.said.clone(),
            text::signed(worst.size, 3, view.voice.language),
            worst.shown.clone(),
        ]);
    }
    let figure = Figure::draw(
        "full",
        view.t("residuals-title", &[]),
        view.t("residuals-see", &[("rung", view.best_title())]),
        None,
        &|words, width| {
            let d = Diagonal {
                words: words.clone(),
                points: found.points.clone(),
                line: false,
                x_title: view.t("col-said", &[]),
                y_title: view.t("col-right", &[]),
                shares: false,
            };
            picture::diagonal(&d, width, view.voice.language)
        },
    );
    Figures { figures: vec![figure], see: String::new(), table: Some(table) }
}

pub(crate) fn parts(view: &View, facts: &ExampleFacts) -> Parts {
    let count = |n: u64| view.voice.count(n as usize);
    let mut table = view.columns(&["col-part", "col-examples", "col-file"]);
    for (key, part) in
        [("part-train", &facts.train), ("part-valid", &facts.valid), ("part-test", &facts.test)]
    {
        let folds = [("folds", count(facts.folds))];
        let file = match key {
            "part-valid" if facts.folds > 0 => view.t("examples-folds", &folds),
            _ => part.file.clone(),
        };
        table.push(vec![view.t(key, &[]), count(part.examples), file]);
    }
    let mut classes = view.columns(&["col-of-class", "part-train", "part-valid", "part-test"]);
    for (name, of) in &facts.classes {
        classes.push(vec![name.clone(), count(of[0]), count(of[1]), count(of[2])]);
    }
    let mut columns = view.columns(&["col-column", "col-kind", "col-why"]);
    for (name, kind, why) in &facts.columns {
        columns.push(vec![name.clone(), kind.clone(), why.clone()]);
    }
    let some = |table: Table| Some(table).filter(|table| !table.rows.is_empty());
    Parts { see: view.t("examples-see", &[]), table, classes: some(classes), columns: some(columns) }
}

#[derive(Serialize)]
pub(crate) struct Costs {
    see: String,
    table: Table,
}

#[derive(Serialize)]
pub(crate) struct Coefficients {
    see: String,
    table: Table,
    checks_see: String,
    checks: Table,
}

/// The loss by the number of examples, and what to try.
pub(crate) fn sizes(view: &View, found: &SizesChapter) -> Figures {
    let percent = |v: f64| view.voice.percent(v, 0);
    let args = [
        ("rung", view.best_title()),
        ("gap", percent(found.gap)),
        ("gain", percent(found.gain)),
        ("left", percent(found.left)),
    ];
    let key = match found.verdict {
        SizesVerdict::MoreData => "sizes-more-data",
        SizesVerdict::TooComplex => "sizes-too-complex",
        SizesVerdict::TooSimple => "sizes-too-simple",
        SizesVerdict::Fine => "sizes-fine",
    };
    let mut table = view.columns(&["col-examples", "col-on-train", "col-on-valid", "col-gap"]);
    for p in &found.points {
        let cells = [p.train, p.valid, p.valid - p.train].map(|v| view.bare(v));
        table.push([vec![view.voice.count(p.examples as usize)], cells.to_vec()].concat());
    }
    let series = |title: &str, of: fn(&SizePoint) -> f64, chosen: bool| Series {
        title: view.t(title, &[]),
        values: found.points.iter().map(of).collect(),
        chosen,
    };
    let figure =
        Figure::draw("full", view.t("sizes-title", &[]), view.t(key, &args), Some(table), &|words, width| {
            let lines = Lines {
                words: words.clone(),
                series: vec![
                    series("curve-train", |p| p.train, false),
                    series("curve-valid", |p| p.valid, true),
                ],
                xs: found.points.iter().map(|p| p.examples as f64).collect(),
                x_title: view.t("axis-examples", &[]),
                y_title: view.metric(),
                unit: String::new(),
                from: Some(0.0),
                to: None,
                rule: Some((found.plain, view.t("sizes-plain", &[]))),
                percent: false,
            };
            picture::lines(&lines, width, view.voice.language)
        });
    let (see, table) = remedies(view, &found.remedies);
    Figures { figures: vec![figure], see, table }
}

/// What was measured against the gap.
fn remedies(view: &View, rows: &[RemedyRow]) -> (String, Option<Table>) {
    if rows.is_empty() {
        return (String::new(), None);
    }
    let change = |a: f64, b: f64| format!("{} → {}", view.bare(a), view.bare(b));
    let name = |remedy: Remedy| {
        let key = match remedy {
            Remedy::MoreData => "remedy-more-data",
            Remedy::L2 => "remedy-l2",
            Remedy::L1 => "remedy-l1",
            Remedy::LessComplexity => "remedy-less-complexity",
            Remedy::Dropout => "remedy-dropout",
            Remedy::Smoothing => "remedy-smoothing",
        };
        view.t(key, &[])
    };
    let keys = ["col-remedy", "col-changed", "col-on-train", "col-on-valid", "col-gap", "col-effect"];
    let mut table = view.columns(&keys);
    for row in rows {
        let (before, after) = (row.before, row.after);
        let effect = match row.effect {
            Effect::Helped => "effect-helped",
            Effect::Harmed => "effect-harmed",
            Effect::Unclear => "effect-unclear",
        };
        let what = text::spoken("training", &row.from.key, view.voice.language);
        table.push(vec![
            name(row.remedy),
            format!("{what}: {} → {}", row.from.value, row.to.value),
            change(before.train, after.train),
            change(before.valid, after.valid),
            change(before.valid - before.train, after.valid - after.train),
            view.t(effect, &[]),
        ]);
    }
    let gained = |row: &&RemedyRow| row.before.valid - row.after.valid;
    let helped = rows.iter().filter(|row| row.effect == Effect::Helped);
    let see = match helped.max_by(|a, b| gained(a).total_cmp(&gained(b))) {
        Some(best) => {
            let args = [
                ("n", view.voice.count(rows.len())),
                ("remedy", name(best.remedy)),
                ("valid", change(best.before.valid, best.after.valid)),
                ("gap", change(best.before.valid - best.before.train, best.after.valid - best.after.train)),
            ];
            view.t("remedies-helped", &args)
        }
        None => view.t("remedies-none", &[("n", view.voice.count(rows.len()))]),
    };
    (see, Some(table))
}

/// What a threshold by cost does on the test part.
pub(crate) fn costs(view: &View, found: &CostsChapter) -> Costs {
    let figure = |v: f64| view.voice.significant(v, 3);
    // As the recipe has it, without figures that it does not have.
    let given = |v: f64| if v.fract() == 0.0 { view.voice.number(v, 0) } else { figure(v) };
    let [first, second] = &found.classes;
    let key = match found.difference {
        d if d.high < 0.0 => "costs-less",
        d if d.low > 0.0 => "costs-more",
        _ => "costs-alike",
    };
    let args = [
        ("first", first.clone()),
        ("second", second.clone()),
        ("firstcost", given(found.costs[0])),
        ("secondcost", given(found.costs[1])),
        ("threshold", view.voice.significant(found.threshold, 3)),
        ("rung", view.best_title()),
    ];
    let see = format!("{} {}", view.t("costs-see", &args), view.t(key, &args));
    let mut table = view.columns(&["col-answers", "metric-cost", "col-range"]);
    let rows = [
        ("costs-before", found.before),
        ("costs-after", found.after),
        ("costs-difference", found.difference),
    ];
    for (key, i) in rows {
        let range = match i.low.is_finite() && i.high.is_finite() {
            true => text::range(&figure(i.low), &figure(i.high), view.voice.language),
            false => text::MISSING.to_string(),
        };
        table.push(vec![view.t(key, &[]), figure(i.value), range]);
    }
    Costs { see, table }
}

pub(crate) fn coefficients(view: &View, found: &CoefficientsChapter) -> Coefficients {
    let figure = |v: f64| view.voice.significant(v, 4);
    let chance = |p: f64| {
        if p < 1e-4 { format!("< {}", view.voice.number(0.0001, 4)) } else { view.voice.number(p, 4) }
    };
    let keys = ["col-feature", "col-weight", "col-standard-error", "col-t", "col-p", "col-range"];
    let mut table = view.columns(&[&keys[..], &["col-standardised"]].concat());
    for row in &found.rows {
        let name = if row.name.is_empty() { view.t("intercept", &[]) } else { row.name.clone() };
        table.push(vec![
            name,
            figure(row.estimate),
            figure(row.standard_error),
            view.voice.number(row.t, 2),
            chance(row.p),
            text::range(&figure(row.low), &figure(row.high), view.voice.language),
            row.standardised.map_or(text::MISSING.to_string(), figure),
        ]);
    }
    let mut checks = view.columns(&["col-check", "col-value", "col-means"]);
    for (key, value) in &found.facts {
        let written = if key.ends_with("-p") { chance(*value) } else { figure(*value) };
        checks.push(vec![
            view.t(&format!("check-{key}"), &[]),
            written,
            view.t(&format!("check-{key}-see"), &[]),
        ]);
    }
    let part = match found.part {
        CoefficientsPart::Train => "coefficients-train",
        CoefficientsPart::Both => "coefficients-both",
    };
    let count = [("n", view.voice.count(found.examples as usize))];
    Coefficients {
        see: format!("{} {}", view.t(part, &count), view.t("coefficients-see", &[])),
        table,
        checks_see: view.t("checks-see", &[]),
        checks,
    }
}

/// What a careful reader should know before relying on it, from the measured figures alone.
pub(crate) fn doubts(view: &View, facts: &ExampleFacts) -> Vec<String> {
    let mut doubts = Vec::new();
    let count = |n: u64| view.voice.count(n as usize);
    let percent = |v: f64| view.voice.percent(v, 1);
    if !facts.unseen.is_empty() {
        let names: Vec<&str> = facts.unseen.iter().take(5).map(|(name, _)| name.as_str()).collect();
        let n: u64 = facts.unseen.iter().map(|(_, n)| n).sum();
        doubts.push(view.t("doubt-unseen-classes", &[("classes", names.join(", ")), ("n", count(n))]));
    }
    if facts.repeated > 0 {
        let share = facts.repeated as f64 / facts.test.examples.max(1) as f64;
        doubts.push(
            view.t("doubt-repeated-examples", &[("n", count(facts.repeated)), ("share", percent(share))]),
        );
    }
    let chapters = &view.report.chapters;
    let confusion =
        chapters.iter().find_map(|c| if let Chapter::Confusion(found) = c { Some(found) } else { None });
    if let Some(found) = confusion {
        let known = found.classes.iter().filter(|class| class.examples >= 5);
        if let Some(worst) = known.min_by(|a, b| a.recall.total_cmp(&b.recall)) {
            let args = [
                ("class", worst.name.clone()),
                ("recall", percent(worst.recall)),
                ("precision", percent(worst.precision)),
                ("n", count(worst.examples)),
            ];
            doubts.push(view.t("doubt-class", &args));
        }
        if let Some((right, said, times)) = found.mistaken.first() {
            let args = [("right", right.clone()), ("said", said.clone()), ("n", count(*times))];
            doubts.push(view.t("doubt-mistaken", &args));
        }
    }
    if let Some(found) =
        chapters.iter().find_map(|c| if let Chapter::Calibration(found) = c { Some(found) } else { None })
    {
        let key = if found.error > 0.05 { "doubt-calibration" } else { "doubt-calibrated" };
        doubts.push(view.t(key, &[("error", percent(found.error))]));
    }
    if facts.split == "random" && facts.chain.is_some() {
        doubts.push(view.t("doubt-random", &[]));
    }
    doubts
}
