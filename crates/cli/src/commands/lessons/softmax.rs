//! `gyeol explain softmax`.

use gyeol_learn::lessons::{Forward, Small, SoftmaxLesson};
use gyeol_report::lesson::{Block, Lesson, Look, Sheet, Trail};

use super::{Voice, of_file, seldom, shown, small};
use crate::args::Common;
use crate::args::topic::Lesson as Asked;
use crate::failure::Result;

/// Rows that are shown of a table.
const SHOWN: usize = 9;

pub fn show(common: &Common, asked: &Asked) -> Result<()> {
    let (table, name) = small(asked, true, Small::stones)?;
    let lesson = of_file(asked, SoftmaxLesson::of(&table, usize::from(asked.steps)))?;
    let voice = Voice::new(common, &asked.shown)?;
    shown(common, &asked.shown, "softmax", serde_json::to_value(&lesson)?, || told(&voice, &lesson, &name))
}

fn told(v: &Voice, lesson: &SoftmaxLesson, name: &str) -> Lesson {
    let table = &lesson.table;
    let args = [
        ("before", v.n(lesson.before.cost)),
        ("after", v.n(lesson.after.cost)),
        ("last", v.n(lesson.last.cost)),
        ("steps", v.count(lesson.costs.len() - 1)),
        ("right", v.count(lesson.last.right)),
        ("n", v.count(table.x.len())),
    ];
    Lesson {
        title: v.t("lesson-softmax", &[]),
        deck: v.deck(name, table),
        sentence: v.t("lesson-softmax-answer", &args),
        chapters: vec![
            v.section("lesson-products-chapter", products(v, lesson)),
            v.section("lesson-shares-chapter", shares(v, lesson)),
            v.section("lesson-gradient-chapter", gradient(v, lesson)),
            v.section("lesson-steps-chapter", steps(v, lesson)),
        ],
    }
}

/// The first rows of a matrix that has a row a row of the table.
fn rows<'a>(matrix: &'a [Vec<f64>]) -> impl Iterator<Item = (String, Vec<f64>)> + 'a {
    matrix.iter().take(SHOWN).enumerate().map(|(i, row)| ((i + 1).to_string(), row.clone()))
}

/// W with its inputs, and b below them.
fn weights(table: &Small, w: &[Vec<f64>], b: &[f64]) -> Vec<(String, Vec<f64>)> {
    let rows = table.inputs.iter().cloned().zip(w.iter().cloned());
    rows.chain([("b".to_owned(), b.to_vec())]).collect()
}

fn products(v: &Voice, lesson: &SoftmaxLesson) -> Vec<Block> {
    let table = &lesson.table;
    let (n, p, k) = (table.x.len(), table.inputs.len(), table.classes.len());
    let shape = |rows: usize, columns: usize| format!("({rows}, {columns})");
    let mut blocks = vec![
        Block::Formula(format!(
            "X {} · W {} + b ({k}) → Z {} → P {}",
            shape(n, p),
            shape(p, k),
            shape(n, k),
            shape(n, k)
        )),
        v.words(
            "lesson-products",
            &[("inputs", v.count(p)), ("classes", v.count(k)), ("parameters", v.count(p * k + k))],
        ),
    ];
    if lesson.scaled.is_some() {
        blocks.push(v.words("lesson-scaled", &[]));
    }
    blocks.push(v.matrix(v.t("lesson-x", &[]), &table.inputs, rows(&lesson.x)));
    let targets = lesson.one_hot.iter().zip(&table.y).take(SHOWN).enumerate();
    let targets =
        targets.map(|(i, (row, y))| (format!("{} {}", i + 1, table.classes[*y as usize]), row.clone()));
    blocks.push(v.matrix(v.t("lesson-one-hot", &[]), &table.classes, targets));
    blocks
}

fn forward(v: &Voice, lesson: &SoftmaxLesson, at: &Forward) -> Vec<Block> {
    let classes = &lesson.table.classes;
    let losses = at.losses.iter().take(SHOWN).enumerate().map(|(i, loss)| ((i + 1).to_string(), vec![*loss]));
    vec![
        v.matrix("Z = X W + b".into(), classes, rows(&at.scores)),
        v.matrix(v.t("lesson-exponentials", &[]), classes, rows(&at.exponentials)),
        v.matrix(v.t("lesson-shares", &[]), classes, rows(&at.shares)),
        v.matrix(v.t("lesson-losses", &[("cost", v.n(at.cost))]), &["−ln p".to_owned()], losses),
    ]
}

fn shares(v: &Voice, lesson: &SoftmaxLesson) -> Vec<Block> {
    let k = lesson.table.classes.len();
    let start = [("k", v.count(k)), ("cost", v.n(lesson.before.cost))];
    let mut blocks = vec![
        Block::Formula("p_k = exp(z_k) / Σ exp(z_l)        J = −Σ ln p_target / n".into()),
        v.words("lesson-start", &start),
    ];
    blocks.push(v.words("lesson-after-one", &[("eta", v.n(lesson.rate))]));
    blocks.push(v.matrix(
        "W, b".into(),
        &lesson.table.classes,
        weights(&lesson.table, &lesson.after.w, &lesson.after.b).into_iter(),
    ));
    blocks.extend(forward(v, lesson, &lesson.after));
    blocks
}

fn gradient(v: &Voice, lesson: &SoftmaxLesson) -> Vec<Block> {
    let (table, classes) = (&lesson.table, &lesson.table.classes);
    let (n, p, k) = (table.x.len(), table.inputs.len(), classes.len());
    vec![
        Block::Formula(
            "∂J/∂Z = (P − Y) / n        ∂J/∂W = Xᵀ (P − Y) / n        ∂J/∂b = Σ (P − Y) / n".into(),
        ),
        Block::Formula(format!("Xᵀ ({p}, {n}) · (P − Y) ({n}, {k}) → ∂J/∂W ({p}, {k})")),
        v.words("lesson-gradient", &[]),
        v.matrix(v.t("lesson-errors", &[]), classes, rows(&lesson.errors)),
        v.matrix("∂J/∂W, ∂J/∂b".into(), classes, weights(table, &lesson.d_w, &lesson.d_b).into_iter()),
        Block::Formula(format!(
            "W ← W − η ∂J/∂W        b ← b − η ∂J/∂b        η = 2/λ = {}",
            v.n(lesson.rate)
        )),
    ]
}

fn steps(v: &Voice, lesson: &SoftmaxLesson) -> Vec<Block> {
    let points = lesson.costs.iter().enumerate().map(|(step, cost)| (step as f64, *cost)).collect();
    let trail = Trail { points, look: Look::Accent, line: true, ..Trail::default() };
    let step = v.t("lesson-col-step", &[]);
    let mut plane = v.plane("lesson-softmax-costs", &[], [&step, "J"], vec![trail]);
    let rows = seldom(lesson.costs.len() - 1).map(|at| vec![v.count(at), v.n(lesson.costs[at])]);
    plane.table = Some(Sheet { head: vec![step, "J".into()], rows: rows.collect(), ..Sheet::default() });
    let last = weights(&lesson.table, &lesson.last.w, &lesson.last.b);
    vec![
        Block::Plane(Box::new(plane)),
        v.matrix(v.t("lesson-last", &[]), &lesson.table.classes, last.into_iter()),
    ]
}
