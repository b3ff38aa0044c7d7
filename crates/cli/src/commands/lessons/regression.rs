//! `gyeol explain regression`.

use gyeol_learn::lessons::{RegressionLesson, Small, Straight, Walk};
use gyeol_report::lesson::{Block, Field, Lesson, Look, Sheet, Trail};

use super::{Voice, of_file, seldom, shown, small};
use crate::args::Common;
use crate::args::topic::Lesson as Asked;
use crate::failure::Result;

pub fn show(common: &Common, asked: &Asked) -> Result<()> {
    let (table, name) = small(asked, false, Small::tea)?;
    let lesson = of_file(asked, RegressionLesson::of(&table, usize::from(asked.steps)))?;
    let voice = Voice::new(common, &asked.shown)?;
    shown(common, &asked.shown, "regression", serde_json::to_value(&lesson)?, || told(&voice, &lesson, &name))
}

fn told(v: &Voice, lesson: &RegressionLesson, name: &str) -> Lesson {
    let (table, line) = (&lesson.table, lesson.line);
    let limit = v.n(2.0 / lesson.eigenvalues[0]);
    let args = [
        ("w", v.n(line.w)),
        ("b", v.plus(line.b)),
        ("share", v.percent(lesson.r_squared)),
        ("target", table.target.clone()),
        ("limit", limit.clone()),
    ];
    Lesson {
        title: v.t("lesson-regression", &[]),
        deck: v.deck(name, table),
        sentence: v.t("lesson-regression-answer", &args),
        chapters: vec![
            v.section("lesson-hypothesis", hypothesis(v, lesson)),
            v.section("lesson-surface-chapter", surface(v, lesson, limit)),
            v.section("lesson-steps-chapter", steps(v, lesson)),
        ],
    }
}

fn hypothesis(v: &Voice, lesson: &RegressionLesson) -> Vec<Block> {
    let (table, Straight { w, b, cost }) = (&lesson.table, lesson.line);
    let answer = |x: f64| w * x + b;
    let points: Vec<(f64, f64)> = table.x.iter().zip(&table.y).map(|(x, y)| (x[0], *y)).collect();
    let ends = points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), q| (l.min(q.0), h.max(q.0)));
    let line = Trail {
        name: "ŷ".into(),
        points: vec![(ends.0, answer(ends.0)), (ends.1, answer(ends.1))],
        look: Look::Accent,
        line: true,
        dots: false,
    };
    let dots = Trail { points: points.clone(), look: Look::Ink, ..Trail::default() };
    let mut plane = v.plane("lesson-line", &[], [&table.inputs[0], &table.target], vec![line, dots]);
    let rows =
        points.iter().take(12).map(|&(x, y)| [x, y, answer(x), y - answer(x)].map(|c| v.n(c)).to_vec());
    let head = vec![table.inputs[0].clone(), table.target.clone(), "ŷ".into(), "y − ŷ".into()];
    plane.table = Some(Sheet { head, rows: rows.collect(), ..Sheet::default() });
    let mut blocks = vec![
        Block::Formula("ŷ = w x + b        J(w, b) = Σ (ŷ − y)² / 2n".into()),
        v.words("lesson-closed", &[]),
        Block::Formula(format!("w = Σ (x − x̄)(y − ȳ) / Σ (x − x̄)² = {}", v.n(w))),
        Block::Formula(format!("b = ȳ − w x̄ = {}        J = {}", v.n(b), v.n(cost))),
        Block::Plane(Box::new(plane)),
    ];
    if let Some(scaled) = &lesson.scaled {
        let condition = lesson.condition.map_or("∞".into(), |c| v.n(c));
        let args = [
            ("mean", v.n(scaled.mean[0])),
            ("deviation", v.n(scaled.deviation[0])),
            ("condition", condition),
            ("w", v.n(lesson.optimum.w)),
            ("b", v.n(lesson.optimum.b)),
        ];
        blocks.push(v.words("lesson-scaled-one", &args));
    }
    blocks
}

/// Name and look of a walk.
fn named(v: &Voice, walk: &Walk) -> (String, Look) {
    match walk.name {
        "small" => (v.t("lesson-rate-small", &[]), Look::Ink),
        "right" => (v.t("lesson-rate-right", &[]), Look::Accent),
        _ => (v.t("lesson-rate-large", &[]), Look::Alarm),
    }
}

fn surface(v: &Voice, lesson: &RegressionLesson, limit: String) -> Vec<Block> {
    let [[a, b], [_, d]] = lesson.hessian;
    let trail = |walk: &Walk| {
        let (name, look) = named(v, walk);
        // What climbs goes to and fro over the same ground: its beginning shows how.
        let many = if walk.name == "large" { 6 } else { walk.places.len() };
        let points = walk.places.iter().take(many).map(|place| (place.w, place.b)).collect();
        Trail { name, points, look, line: true, dots: true }
    };
    let optimum = (lesson.optimum.w, lesson.optimum.b);
    let best = Trail {
        name: v.t("lesson-optimum", &[]),
        points: vec![optimum],
        look: Look::Dashed,
        ..Trail::default()
    };
    let trails = lesson.walks.iter().map(trail).chain([best]).collect();
    let mut plane = v.plane("lesson-surface", &[], ["w", "b"], trails);
    let (w, b_range) = (lesson.surface.w, lesson.surface.b);
    plane.field = Some(Field { x: w, y: b_range, values: lesson.surface.cost.clone() });
    let head = v.heads(&[
        "lesson-col-rate",
        "lesson-col-eta",
        "lesson-col-eta-lambda",
        "lesson-col-factor",
        "lesson-col-first",
        "lesson-col-last",
    ]);
    let rows = lesson.walks.iter().map(|walk| {
        let cost = |place: Option<&gyeol_learn::lessons::Place>| place.map_or(f64::NAN, |p| p.cost);
        let numbers =
            [walk.rate, walk.of_largest, walk.factor, cost(walk.places.first()), cost(walk.places.last())];
        [vec![named(v, walk).0], numbers.map(|c| v.n(c)).to_vec()].concat()
    });
    plane.table = Some(Sheet { head, rows: rows.collect(), ..Sheet::default() });
    vec![
        Block::Formula(format!(
            "H = [[Σ x²/n, Σ x/n], [Σ x/n, 1]] = [[{}, {}], [{}, {}]]",
            v.n(a),
            v.n(b),
            v.n(b),
            v.n(d)
        )),
        v.words("lesson-hessian", &[("lambda", v.n(lesson.eigenvalues[0])), ("limit", limit)]),
        Block::Plane(Box::new(plane)),
    ]
}

fn steps(v: &Voice, lesson: &RegressionLesson) -> Vec<Block> {
    let trail = |walk: &Walk| {
        let (name, look) = named(v, walk);
        let points = walk.places.iter().map(|place| (place.step as f64, place.cost)).collect();
        Trail { name, points, look, line: true, dots: false }
    };
    let mut plane = v.plane(
        "lesson-costs",
        &[],
        [&v.t("lesson-col-step", &[]), "J"],
        lesson.walks.iter().map(trail).collect(),
    );
    plane.log_y = true;
    let mut blocks = vec![
        Block::Formula("w ← w − η ∂J/∂w        ∂J/∂w = Σ (ŷ − y) x / n        ∂J/∂b = Σ (ŷ − y) / n".into()),
        Block::Plane(Box::new(plane)),
    ];
    for walk in &lesson.walks {
        let head =
            [v.heads(&["lesson-col-step"]), ["w", "b", "J", "∂J/∂w", "∂J/∂b"].map(String::from).to_vec()]
                .concat();
        let rows = seldom(walk.places.len() - 1).map(|at| {
            let p = walk.places[at];
            [vec![v.count(p.step)], [p.w, p.b, p.cost, p.d_w, p.d_b].map(|c| v.n(c)).to_vec()].concat()
        });
        let title = v.t("lesson-walk", &[("rate", named(v, walk).0), ("eta", v.n(walk.rate))]);
        blocks.push(Block::Sheet(Sheet { title, see: String::new(), head, rows: rows.collect() }));
    }
    blocks
}
