//! `gyeol explain logistic`.

use gyeol_learn::lessons::{LogisticLesson, Small};
use gyeol_report::lesson::{Block, Lesson, Look, Sheet, Trail};

use super::{Voice, of_file, seldom, shown, small};
use crate::args::Common;
use crate::args::topic::Lesson as Asked;
use crate::failure::Result;

pub fn show(common: &Common, asked: &Asked) -> Result<()> {
    let (table, name) = small(asked, true, Small::seedlings)?;
    let lesson = of_file(asked, LogisticLesson::of(&table, usize::from(asked.steps)))?;
    let voice = Voice::new(common, &asked.shown)?;
    shown(common, &asked.shown, "logistic", serde_json::to_value(&lesson)?, || told(&voice, &lesson, &name))
}

fn told(v: &Voice, lesson: &LogisticLesson, name: &str) -> Lesson {
    let table = &lesson.table;
    let args = [
        ("input", table.inputs[0].clone()),
        ("ratio", v.n(lesson.odds_ratio[0])),
        ("class", table.classes[1].clone()),
        ("boundary", lesson.boundary.map_or("–".into(), |b| v.n(b))),
        ("right", v.count(lesson.right)),
        ("n", v.count(table.x.len())),
    ];
    let answer = if lesson.boundary.is_some() { "lesson-logistic-answer" } else { "lesson-logistic-none" };
    Lesson {
        title: v.t("lesson-logistic", &[]),
        deck: v.deck(name, table),
        sentence: v.t(answer, &args),
        chapters: vec![
            v.section("lesson-sigmoid-chapter", sigmoid(v, lesson)),
            v.section("lesson-why-chapter", why(v, lesson)),
            v.section("lesson-steps-chapter", steps(v, lesson)),
        ],
    }
}

fn sigmoid(v: &Voice, lesson: &LogisticLesson) -> Vec<Block> {
    let (table, ranges) = (&lesson.table, (lesson.odds.first(), lesson.odds.last()));
    let weights: Vec<String> =
        table.inputs.iter().zip(&lesson.w).map(|(name, w)| format!("{} · {name}", v.n(*w))).collect();
    let mut blocks = vec![
        Block::Formula("p = σ(z) = 1 / (1 + e⁻ᶻ)        z = x w + b        ln (p / (1 − p)) = z".into()),
        Block::Formula(format!("z = {}{}", weights.join(" + "), v.plus(lesson.b))),
    ];
    if lesson.separated {
        blocks.push(v.words("lesson-separated", &[]));
    }
    let mut trails: Vec<Trail> = Vec::new();
    let class = |c: usize| {
        let points = table.x.iter().zip(&table.y).filter(move |(_, y)| **y as usize == c);
        let points = points.map(|(x, y)| (x[0], if table.inputs.len() > 1 { x[1] } else { *y })).collect();
        let look = if c == 1 { Look::Accent } else { Look::Ink };
        Trail { name: table.classes[c].clone(), points, look, ..Trail::default() }
    };
    let (Some(first), Some(last)) = ranges else { return blocks };
    let (low, high) = (first.x, last.x);
    let axes = match table.inputs.get(1) {
        Some(second) => {
            // z = 0: x₂ = -(b + w₁ x₁) / w₂; upright where w₂ is 0.
            let at = |x: f64| -(lesson.b + lesson.w[0] * x) / lesson.w[1];
            let points =
                (0..=40).map(|i| low + (high - low) * f64::from(i) / 40.0).map(|x| (x, at(x))).collect();
            trails.push(Trail { name: "p = ½".into(), points, look: Look::Dashed, line: true, dots: false });
            [table.inputs[0].clone(), second.clone()]
        }
        None => {
            let p = |x: f64| 1.0 / (1.0 + (-(lesson.w[0] * x + lesson.b)).exp());
            let points =
                (0..=80).map(|i| low + (high - low) * f64::from(i) / 80.0).map(|x| (x, p(x))).collect();
            trails.push(Trail { name: "p".into(), points, look: Look::Plain, line: true, dots: false });
            if let Some(b) = lesson.boundary.filter(|b| (low..=high).contains(b)) {
                let points = vec![(b, 0.0), (b, 1.0)];
                trails.push(Trail { points, look: Look::Dashed, line: true, ..Trail::default() });
            }
            [table.inputs[0].clone(), "p".into()]
        }
    };
    trails.extend([class(0), class(1)]);
    let stem = if table.inputs.len() > 1 { "lesson-boundary" } else { "lesson-sigmoid" };
    let mut plane = v.plane(stem, &[("class", table.classes[1].clone())], [&axes[0], &axes[1]], trails);
    if table.inputs.len() > 1 {
        let seconds = table.x.iter().map(|x| x[1]);
        let (l, h) = seconds.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        let pad = 0.06 * (h - l).max(1e-9);
        plane.y = Some([l - pad, h + pad]);
    }
    let head = vec![table.inputs[0].clone(), "z".into(), "p / (1 − p)".into(), "p".into()];
    let rows = lesson.odds.iter().map(|o| [o.x, o.score, o.odds, o.p].map(|c| v.n(c)).to_vec());
    let table = Sheet {
        title: v.t("lesson-odds-title", &[]),
        see: v.t("lesson-odds-see", &[]),
        head,
        rows: rows.collect(),
    };
    blocks.extend([Block::Plane(Box::new(plane)), Block::Sheet(table)]);
    blocks
}

fn why(v: &Voice, lesson: &LogisticLesson) -> Vec<Block> {
    let (curve, far) = (&lesson.curve, &lesson.far);
    let trail = |key: &str, costs: &[f64], look| {
        let points = curve.w.iter().copied().zip(costs.iter().copied()).collect();
        Trail { name: v.t(key, &[]), points, look, line: true, dots: false }
    };
    let bowl = vec![trail("lesson-cross-entropy", &curve.cross_entropy, Look::Accent)];
    let flat = vec![trail("lesson-squared", &curve.squared, Look::Alarm)];
    let yes = |convex: bool| v.t(if convex { "lesson-convex" } else { "lesson-not-convex" }, &[]);
    let mut plane = v.plane("lesson-cost-curves", &[], ["w", "J"], bowl);
    let flat = v.plane("lesson-squared-curve", &[], ["w", "S"], flat);
    let head = v.heads(&[
        "lesson-col-cost",
        "lesson-col-shape",
        "lesson-col-slope-far",
        "lesson-col-w-far",
        "lesson-col-w-last",
    ]);
    let row = |key: &str, convex: bool, slope: f64, path: &[f64]| {
        let last = path.last().copied().unwrap_or(far.w);
        [vec![v.t(key, &[]), yes(convex)], [slope, far.w, last].map(|c| v.n(c)).to_vec()].concat()
    };
    let rows = vec![
        row("lesson-cross-entropy", curve.cross_entropy_convex, far.cross_entropy_slope, &far.cross_entropy),
        row("lesson-squared", curve.squared_convex, far.squared_slope, &far.squared),
    ];
    plane.table = Some(Sheet { head, rows, ..Sheet::default() });
    let path = |key: &str, path: &[f64], look| {
        let points = path.iter().enumerate().map(|(step, w)| (step as f64, *w)).collect();
        Trail { name: v.t(key, &[]), points, look, line: true, dots: true }
    };
    let trails = vec![
        path("lesson-cross-entropy", &far.cross_entropy, Look::Accent),
        path("lesson-squared", &far.squared, Look::Alarm),
    ];
    let steps = v.t("lesson-col-step", &[]);
    let walk = v.plane(
        "lesson-far",
        &[("w", v.n(far.w)), ("steps", v.count(far.squared.len() - 1))],
        [&steps, "w"],
        trails,
    );
    vec![
        Block::Formula("J = −Σ (y ln p + (1 − y) ln (1 − p)) / n        ∂J/∂z = p − y".into()),
        Block::Formula("S = Σ (p − y)² / 2n        ∂S/∂z = (p − y) p (1 − p)".into()),
        v.words("lesson-why", &[]),
        Block::Plane(Box::new(plane)),
        Block::Plane(Box::new(flat)),
        Block::Plane(Box::new(walk)),
    ]
}

fn steps(v: &Voice, lesson: &LogisticLesson) -> Vec<Block> {
    let mut blocks =
        vec![Block::Formula(format!("w ← w − η Σ (p − y) x / n        η = 4/λ = {}", v.n(lesson.rate)))];
    if lesson.scaled.is_some() {
        blocks.push(v.words("lesson-scaled", &[]));
    }
    let names: Vec<String> = (1..=lesson.w.len()).map(|i| format!("w{i}")).collect();
    let head =
        [v.heads(&["lesson-col-step"]), names, vec!["b".into(), "J".into()], v.heads(&["lesson-col-right"])]
            .concat();
    let rows = seldom(lesson.places.len() - 1).map(|at| {
        let p = &lesson.places[at];
        let numbers = p.w.iter().chain([&p.b, &p.cost]).map(|c| v.n(*c)).collect();
        [vec![v.count(p.step)], numbers, vec![v.count(p.right)]].concat()
    });
    blocks.push(v.sheet("lesson-logistic-steps", &[("best", v.n(lesson.cost))], head, rows.collect()));
    blocks
}
