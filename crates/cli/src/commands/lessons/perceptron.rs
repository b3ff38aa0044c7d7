//! `gyeol explain perceptron`.

use gyeol_learn::lessons::{Gate, PerceptronLesson, Small};
use gyeol_report::lesson::{Block, Lesson, Look, Section, Sheet, Trail};

use super::{Voice, of_file, shown, small};
use crate::args::Common;
use crate::args::topic::Lesson as Asked;
use crate::failure::Result;

/// Updates that a table shows.
const SHOWN: usize = 40;

pub fn show(common: &Common, asked: &Asked) -> Result<()> {
    let voice = Voice::new(common, &asked.shown)?;
    let (lesson, deck) = match &asked.file {
        None => (PerceptronLesson::gates()?, voice.t("lesson-gates-deck", &[])),
        Some(_) => {
            let (table, name) = small(asked, true, Small::seedlings)?;
            let lesson = of_file(asked, PerceptronLesson::of(&table))?;
            let args = [("zero", table.classes[0].clone()), ("one", table.classes[1].clone())];
            (lesson, format!("{} · {}", voice.deck(&name, &table), voice.t("lesson-classes", &args)))
        }
    };
    shown(common, &asked.shown, "perceptron", serde_json::to_value(&lesson)?, || told(&voice, &lesson, deck))
}

fn told(v: &Voice, lesson: &PerceptronLesson, deck: String) -> Lesson {
    let names = |learnt: bool| -> String {
        let of = lesson.gates.iter().filter(|gate| gate.learnt == learnt).map(|gate| gate.name.clone());
        let of: Vec<String> = of.collect();
        if of.is_empty() { "–".into() } else { of.join(", ") }
    };
    let rule = Section {
        title: v.t("lesson-rule-chapter", &[]),
        blocks: vec![
            Block::Formula("y = step(x w + b)        x w + b > 0  ⇔  x w > θ,  θ = −b".into()),
            Block::Formula("w ← w + (t − y) x        b ← b + (t − y)".into()),
            v.words("lesson-rule", &[]),
        ],
    };
    Lesson {
        title: v.t("lesson-perceptron", &[]),
        deck,
        sentence: v.t("lesson-perceptron-answer", &[("learnt", names(true)), ("never", names(false))]),
        chapters: std::iter::once(rule).chain(lesson.gates.iter().map(|gate| chapter(v, gate))).collect(),
    }
}

fn chapter(v: &Voice, gate: &Gate) -> Section {
    let numbers = |values: &[f64]| values.iter().map(|x| v.short(*x)).collect::<Vec<_>>();
    let verdict = match gate.circle {
        Some(circle) if circle.from == 0 => v.t("lesson-circle-start", &[("rounds", v.count(circle.rounds))]),
        Some(circle) => {
            v.t("lesson-circle", &[("from", v.count(circle.from)), ("rounds", v.count(circle.rounds))])
        }
        None if gate.learnt => v.t(
            "lesson-learnt",
            &[("rounds", v.count(gate.mistakes.len())), ("updates", v.count(gate.updates.len()))],
        ),
        None => v.t("lesson-not-learnt", &[("rounds", v.count(gate.mistakes.len()))]),
    };
    let weights: Vec<String> = (1..=gate.w.len()).map(|i| format!("w{i}")).collect();
    let head = [
        v.heads(&["lesson-col-round", "lesson-col-row"]),
        gate.inputs.clone(),
        v.heads(&["lesson-col-target"]),
        vec!["x w + b".into()],
        weights,
        vec!["b".into(), "θ".into()],
    ];
    let row = |u: &gyeol_learn::lessons::Update| {
        let ends =
            [vec![u.target.to_string(), v.short(u.score)], numbers(&u.w), numbers(&[u.b, -u.b])].concat();
        [vec![v.count(u.round), v.count(u.row)], numbers(&u.x), ends].concat()
    };
    let args = [("shown", v.count(gate.updates.len().min(SHOWN))), ("all", v.count(gate.updates.len()))];
    let rows = gate.updates.iter().take(SHOWN).map(row).collect();
    let mut blocks = vec![Block::Words(verdict), v.sheet("lesson-updates", &args, head.concat(), rows)];
    let end = format!("w = {}    b = {}    θ = {}", v.row(&gate.w), v.short(gate.b), v.short(gate.threshold));
    blocks.push(Block::Formula(end));
    if gate.inputs.len() == 2 {
        blocks.push(Block::Plane(Box::new(plane(v, gate))));
    }
    Section { title: gate.name.clone(), blocks }
}

/// The rows and the line w₁ x₁ + w₂ x₂ + b = 0.
fn plane(v: &Voice, gate: &Gate) -> gyeol_report::lesson::Plane {
    let range = |j: usize| {
        let column = gate.x.iter().map(|x| x[j]);
        let (low, high) = column.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
        let pad = 0.5 * if high > low { high - low } else { 1.0 };
        [low - pad, high + pad]
    };
    let (across, up) = (range(0), range(1));
    let line = |w: &[f64], b: f64| match (w[0], w[1]) {
        (0.0, 0.0) => Vec::new(),
        (w1, 0.0) => up.map(|y| (-b / w1, y)).to_vec(),
        (w1, w2) => across.map(|x| (x, -(b + w1 * x) / w2)).to_vec(),
    };
    let class = |c: u8| {
        let points =
            gate.x.iter().zip(&gate.y).filter(move |(_, y)| **y == c).map(|(x, _)| (x[0], x[1])).collect();
        Trail {
            name: c.to_string(),
            points,
            look: if c == 1 { Look::Accent } else { Look::Ink },
            ..Trail::default()
        }
    };
    // Of what is never learnt, every line that was tried last.
    let mut trails: Vec<Trail> = match gate.learnt {
        true => vec![Trail {
            name: "x w + b = 0".into(),
            points: line(&gate.w, gate.b),
            line: true,
            ..Trail::default()
        }],
        false => {
            let tried = gate.updates.iter().rev().take(8);
            tried
                .map(|u| Trail {
                    points: line(&u.w, u.b),
                    look: Look::Dashed,
                    line: true,
                    ..Trail::default()
                })
                .collect()
        }
    };
    trails.extend([class(0), class(1)]);
    let stem = if gate.learnt { "lesson-gate" } else { "lesson-no-gate" };
    let mut plane = v.plane(stem, &[("name", gate.name.clone())], [&gate.inputs[0], &gate.inputs[1]], trails);
    (plane.x, plane.y) = (Some(across), Some(up));
    let head = [gate.inputs.clone(), v.heads(&["lesson-col-target", "lesson-col-said"])].concat();
    let row = |(i, x): (usize, &Vec<f64>)| {
        [x.iter().map(|x| v.short(*x)).collect(), vec![gate.y[i].to_string(), gate.said[i].to_string()]]
            .concat()
    };
    plane.table = Some(Sheet {
        head,
        rows: gate.x.iter().enumerate().take(SHOWN).map(row).collect(),
        ..Sheet::default()
    });
    plane
}
