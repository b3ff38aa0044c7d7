//! `gyeol explain backprop`.

use gyeol_learn::lessons::Small;
use gyeol_neural::textbook::shown::{BackpropLesson, Depth, Descended, Unit, Weights, depths, dying};
use gyeol_report::lesson::{Block, Lesson, Look, Sheet, Trail};
use serde_json::json;

use super::{Voice, of_file, seldom, shown, small};
use crate::args::Common;
use crate::args::topic::Lesson as Asked;
use crate::failure::Result;

/// Steps of a unit that dies.
const UNIT_STEPS: usize = 150;

pub fn show(common: &Common, asked: &Asked, hidden: usize) -> Result<()> {
    let (steps, seed) = (usize::from(asked.steps), common.seed.unwrap_or(0));
    let voice = Voice::new(common, &asked.shown)?;
    let (lesson, deck) = match &asked.file {
        None => (BackpropLesson::example(steps), voice.t("lesson-backprop-deck", &[])),
        Some(_) => {
            let (table, name) = small(asked, true, Small::stones)?;
            (
                BackpropLesson::of_classes(&table.x, &table.y, table.classes.len(), hidden, steps, seed),
                voice.deck(&name, &table),
            )
        }
    };
    let lesson = of_file(asked, lesson.map_err(gyeol_base::Error::from))?;
    let (deep, units) = (depths(seed), dying(UNIT_STEPS));
    let mut numbers = serde_json::to_value(&lesson)?;
    if let Some(all) = numbers.as_object_mut() {
        all.insert("depths".into(), json!(deep));
        all.insert("dying".into(), json!(units));
    }
    shown(common, &asked.shown, "backprop", numbers, || told(&voice, &lesson, (&deep, &units), deck))
}

fn told(v: &Voice, lesson: &BackpropLesson, (deep, units): (&[Depth], &[Unit]), deck: String) -> Lesson {
    let last = |way: &&Descended| way.losses.last().copied().unwrap_or(f64::NAN);
    let best = lesson.methods.iter().min_by(|a, b| last(a).total_cmp(&last(b)));
    let args = [
        ("before", v.n(lesson.loss)),
        ("after", v.n(lesson.loss_after)),
        ("steps", v.count(lesson.methods.first().map_or(0, |way| way.losses.len() - 1))),
        ("best", best.map_or(String::new(), |way| named(v, way))),
        ("least", v.n(best.as_ref().map_or(f64::NAN, last))),
    ];
    Lesson {
        title: v.t("lesson-backprop", &[]),
        deck,
        sentence: v.t("lesson-backprop-answer", &args),
        chapters: vec![
            v.section("lesson-forward-chapter", forward(v, lesson)),
            v.section("lesson-backward-chapter", backward(v, lesson)),
            v.section("lesson-optimizers-chapter", optimizers(v, lesson)),
            v.section("lesson-vanishing-chapter", vanishing(v, deep)),
            v.section("lesson-dying-chapter", died(v, units)),
        ],
    }
}

fn named(v: &Voice, way: &Descended) -> String {
    v.t(&format!("optimizer-{}", way.method.name), &[])
}

/// Names such as `y1`.
fn numbered(letter: &str, count: usize) -> Vec<String> {
    (1..=count).map(|i| format!("{letter}{i}")).collect()
}

/// W with a row an input, and b below.
fn weights(v: &Voice, title: String, weights: &Weights) -> Block {
    let inputs = (1..=weights.w.len()).map(|i| format!("x{i}")).zip(weights.w.iter().cloned());
    v.matrix(title, &numbered("y", weights.b.len()), inputs.chain([("b".to_owned(), weights.b.clone())]))
}

fn forward(v: &Voice, lesson: &BackpropLesson) -> Vec<Block> {
    let (x, target) = (&lesson.rows[0], &lesson.targets[0]);
    let mut blocks = vec![
        Block::Formula("z = x W + b        y = σ(z) = 1 / (1 + e⁻ᶻ)        L = Σ (y − t)² / 2".into()),
        Block::Formula(format!("x = {}        t = {}", v.row(x), v.row(target))),
    ];
    for (l, (layer, at)) in lesson.before.iter().zip(&lesson.walk).enumerate() {
        blocks.push(weights(v, v.t("lesson-weights-of", &[("n", v.count(l + 1))]), layer));
        let sizes = (at.x.len(), at.z.len());
        blocks.push(Block::Formula(format!(
            "x (1, {}) · W ({}, {}) + b ({}) → z (1, {})",
            sizes.0, sizes.0, sizes.1, sizes.1, sizes.1
        )));
        let rows = [("z", &at.z), ("y = σ(z)", &at.y)].map(|(name, row)| (name.to_owned(), row.clone()));
        blocks.push(v.matrix(
            v.t("lesson-forward-of", &[("n", v.count(l + 1))]),
            &numbered("", at.z.len()),
            rows.into_iter(),
        ));
    }
    blocks.push(Block::Formula(format!("L = {}", v.n(lesson.loss))));
    blocks
}

fn backward(v: &Voice, lesson: &BackpropLesson) -> Vec<Block> {
    let mut blocks = vec![
        Block::Formula(
            "∂L/∂y = y − t        ∂L/∂z = ∂L/∂y · y (1 − y)        ∂L/∂W = xᵀ ∂L/∂z        ∂L/∂x = ∂L/∂z Wᵀ"
                .into(),
        ),
        v.words("lesson-chain", &[]),
    ];
    for (l, at) in lesson.walk.iter().enumerate().rev() {
        let rows = [
            ("∂L/∂y", &at.d_y),
            ("y (1 − y)", &at.y.iter().map(|y| y * (1.0 - y)).collect()),
            ("∂L/∂z = ∂L/∂b", &at.d_z),
        ];
        let rows = rows.map(|(name, row)| (name.to_owned(), row.clone()));
        let n = || v.count(l + 1);
        blocks.push(v.matrix(
            v.t("lesson-backward-of", &[("n", n())]),
            &numbered("", at.z.len()),
            rows.into_iter(),
        ));
        blocks.push(weights(v, format!("∂L/∂W, ∂L/∂b · {}", n()), &at.gradient));
        blocks.push(Block::Formula(format!("∂L/∂x = {}", v.row(&at.d_x))));
    }
    blocks.push(v.words("lesson-differences", &[("largest", v.n(lesson.largest_difference))]));
    for (l, layer) in lesson.after.iter().enumerate() {
        let args = [("n", v.count(l + 1)), ("eta", v.n(lesson.rate))];
        blocks.push(weights(v, v.t("lesson-weights-after", &args), layer));
    }
    blocks.push(Block::Formula(format!("L: {} → {}", v.n(lesson.loss), v.n(lesson.loss_after))));
    blocks
}

fn optimizers(v: &Voice, lesson: &BackpropLesson) -> Vec<Block> {
    let last = |way: &Descended| way.losses.last().copied().unwrap_or(f64::NAN);
    let best = lesson.methods.iter().map(last).fold(f64::INFINITY, f64::min);
    let trail = |way: &Descended| {
        let points = way.losses.iter().enumerate().map(|(step, loss)| (step as f64, *loss)).collect();
        let look = if last(way) == best { Look::Accent } else { Look::Plain };
        Trail { name: named(v, way), points, look, line: true, dots: false }
    };
    let step = v.t("lesson-col-step", &[]);
    let mut plane = v.plane(
        "lesson-optimizers",
        &[("n", v.count(lesson.rows.len()))],
        [&step, "L"],
        lesson.methods.iter().map(trail).collect(),
    );
    let steps = lesson.methods.first().map_or(0, |way| way.losses.len() - 1);
    let shown: Vec<usize> =
        [0, 1, 2, 5, 10, 20, 50, 100].into_iter().filter(|at| *at < steps).chain([steps]).collect();
    let after = shown.iter().map(|at| v.t("lesson-after", &[("n", v.count(*at))]));
    let head =
        v.heads(&["lesson-col-optimizer", "lesson-col-rows", "lesson-col-eta"]).into_iter().chain(after);
    let row = |way: &Descended| {
        let rows = way.method.rows.map_or(lesson.rows.len(), |rows| rows.min(lesson.rows.len()));
        let losses = shown.iter().map(|&at| v.n(way.losses[at]));
        [named(v, way), v.count(rows), v.n(way.method.rate)].into_iter().chain(losses).collect()
    };
    plane.table = Some(Sheet {
        head: head.collect(),
        rows: lesson.methods.iter().map(row).collect(),
        ..Sheet::default()
    });
    let rules = [
        "optimizer-rule-sgd",
        "optimizer-rule-momentum",
        "optimizer-rule-nesterov",
        "optimizer-rule-adagrad",
        "optimizer-rule-rmsprop",
        "optimizer-rule-adam",
    ];
    rules.iter().map(|rule| Block::Formula(v.t(rule, &[]))).chain([Block::Plane(Box::new(plane))]).collect()
}

fn vanishing(v: &Voice, deep: &[Depth]) -> Vec<Block> {
    let trail = |net: &Depth| {
        let points = net.layers.iter().map(|layer| (layer.layer as f64, layer.gradient)).collect();
        let look = match net.curve {
            "sigmoid" => Look::Alarm,
            "relu" => Look::Accent,
            _ => Look::Plain,
        };
        Trail { name: net.curve.into(), points, look, line: true, dots: true }
    };
    let layer = v.t("lesson-col-layer", &[]);
    let mut plane = v.plane("lesson-vanishing", &[], [&layer, "∂L/∂W"], deep.iter().map(trail).collect());
    plane.log_y = true;
    let head = [vec![layer], deep.iter().map(|net| net.curve.to_owned()).collect()].concat();
    let depth = deep.first().map_or(0, |net| net.layers.len());
    let row = |l: usize| {
        [vec![v.count(l + 1)], deep.iter().map(|net| v.n(net.layers[l].gradient)).collect()].concat()
    };
    let ratios =
        [vec![v.t("lesson-first-by-last", &[])], deep.iter().map(|net| v.n(net.first_by_last)).collect()]
            .concat();
    plane.table =
        Some(Sheet { head, rows: (0..depth).map(row).chain([ratios]).collect(), ..Sheet::default() });
    vec![
        Block::Formula("∂L/∂x = (∂L/∂y ⊙ f′(z)) Wᵀ        σ′(z) = y (1 − y) ≤ ¼".into()),
        v.words("lesson-vanishing", &[]),
        Block::Plane(Box::new(plane)),
    ]
}

fn died(v: &Voice, units: &[Unit]) -> Vec<Block> {
    let title = |unit: &Unit| v.t("lesson-unit", &[("curve", unit.curve.into()), ("eta", v.n(unit.rate))]);
    let trail = |unit: &Unit| {
        let points = unit.steps.iter().map(|step| (step.step as f64, step.loss)).collect();
        let look = if unit.dead { Look::Alarm } else { Look::Plain };
        Trail { name: title(unit), points, look, line: true, dots: false }
    };
    let mut plane =
        v.plane("lesson-dying", &[], [&v.t("lesson-col-step", &[]), "L"], units.iter().map(trail).collect());
    plane.log_y = true;
    let mut blocks = vec![
        Block::Formula("y = max(w x + b, 0)        ∂L/∂w = Σ (y − t) · [z > 0] · x / n".into()),
        v.words("lesson-dying", &[]),
        Block::Plane(Box::new(plane)),
    ];
    for unit in units {
        let head = [
            v.heads(&["lesson-col-step"]),
            vec!["w".into(), "b".into()],
            v.heads(&["lesson-col-active"]),
            ["∂L/∂w", "∂L/∂b", "L"].map(String::from).to_vec(),
        ];
        let rows = seldom(unit.steps.len() - 1).map(|at| {
            let s = unit.steps[at];
            vec![
                v.count(s.step),
                v.n(s.w),
                v.n(s.b),
                format!("{}/{}", s.active, unit.rows),
                v.n(s.d_w),
                v.n(s.d_b),
                v.n(s.loss),
            ]
        });
        let see = v.t(if unit.dead { "lesson-dead" } else { "lesson-alive" }, &[]);
        blocks.push(Block::Sheet(Sheet {
            title: title(unit),
            see,
            head: head.concat(),
            rows: rows.collect(),
        }));
    }
    blocks
}
