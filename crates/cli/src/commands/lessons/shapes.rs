//! `gyeol explain shapes`.

use gyeol_neural::Cell;
use gyeol_neural::textbook::shown::{LayerShapes, Product, Shaped, ShapesLesson, ShapesParams};
use gyeol_report::lesson::{Block, Lesson, Section, Sheet};

use super::{Voice, shown};
use crate::args::Common;
use crate::args::topic::Shapes as Asked;
use crate::failure::{Failure, Result};

pub fn show(common: &Common, asked: &Asked) -> Result<()> {
    let cell = match asked.cell.as_str() {
        "rnn" => Some(Cell::Rnn),
        "rnn-relu" => Some(Cell::RnnRelu),
        "gru" => Some(Cell::Gru),
        "lstm" => Some(Cell::Lstm),
        "slstm" => Some(Cell::SLstm),
        "mingru" => Some(Cell::MinGru),
        _ => None,
    };
    if cell.is_none() && asked.steps.is_some() {
        return Err(Failure::Usage(
            "--steps are those of a sequence: name a --cell (rnn, gru, lstm, slstm or mingru)".into(),
        ));
    }
    let params = ShapesParams {
        layers: asked.layers.clone(),
        batch: asked.batch,
        cell,
        steps: asked.steps.unwrap_or(10),
        rows: asked.rows,
    };
    let lesson = params.lesson().map_err(gyeol_base::Error::from)?;
    let voice = Voice::new(common, &asked.shown)?;
    shown(common, &asked.shown, "shapes", serde_json::to_value(&lesson)?, || told(&voice, &lesson, asked))
}

fn told(v: &Voice, lesson: &ShapesLesson, asked: &Asked) -> Lesson {
    let sizes: Vec<String> = asked.layers.iter().map(usize::to_string).collect();
    let args = [
        ("layers", sizes.join(" → ")),
        ("cell", asked.cell.clone()),
        ("batch", v.count(lesson.batch)),
        ("parameters", v.count(lesson.parameters)),
    ];
    let mut rules =
        vec![Block::Formula("(m, k) · (k, n) → (m, n)".into()), v.words("lesson-shapes-rule", &[])];
    if let Some(steps) = lesson.steps {
        rules.push(v.words("lesson-shapes-steps", &[("steps", v.count(steps))]));
    }
    if let Some([batches, last]) = lesson.epoch {
        rules.push(v.words("lesson-epoch", &[("batches", v.count(batches)), ("last", v.count(last))]));
    }
    let head = v.heads(&[
        "lesson-col-layer",
        "lesson-col-kind",
        "lesson-col-in",
        "lesson-col-out",
        "lesson-col-weights",
        "lesson-col-parameters",
    ]);
    let all = |list: &[Shaped]| list.iter().map(Shaped::to_string).collect::<Vec<_>>().join(", ");
    let row = |(i, layer): (usize, &LayerShapes)| {
        let ends = layer.data.split_at(1);
        vec![
            v.count(i + 1),
            layer.kind.into(),
            all(ends.0),
            all(ends.1),
            all(&layer.weights),
            v.count(layer.parameters),
        ]
    };
    rules.push(v.sheet(
        "lesson-layers",
        &args[3..],
        head,
        lesson.layers.iter().enumerate().map(row).collect(),
    ));
    let chapters = lesson.layers.iter().enumerate().map(|(i, layer)| chapter(v, i, layer));
    Lesson {
        title: v.t("lesson-shapes", &[]),
        deck: v.t("lesson-shapes-deck", &args[..3]),
        sentence: v.t("lesson-shapes-answer", &args[2..]),
        chapters: std::iter::once(v.section("lesson-shapes-chapter", rules)).chain(chapters).collect(),
    }
}

fn chapter(v: &Voice, i: usize, layer: &LayerShapes) -> Section {
    let products = |stem: &str, list: &[Product]| {
        let head = v.heads(&["lesson-col-left", "lesson-col-right-matrix", "lesson-col-product"]);
        let rows = list.iter().map(|p| [&p.left, &p.right, &p.out].map(Shaped::to_string).to_vec()).collect();
        Block::Sheet(Sheet { title: v.t(stem, &[]), see: String::new(), head, rows })
    };
    let formula = match layer.kind {
        "dense" => "Y = f(X W + b)        dW = Xᵀ dZ        db = Σ dZ        dX = dZ Wᵀ",
        "lstm" => {
            "A = X_t W_x + H_t-1 W_h + b        A: i, f, g, o        C_t = f ⊙ C_t-1 + i ⊙ g        H_t = o ⊙ tanh C_t"
        }
        "slstm" => {
            "A = X_t W_x + H_t-1 W_h + b        A: i, f, g, o        C_t = f ⊙ C_t-1 + i ⊙ g        N_t = f ⊙ N_t-1 + i        H_t = o ⊙ C_t / N_t"
        }
        "mingru" => "A = X_t W_x + b        A: z, n        H_t = (1 − z) ⊙ H_t-1 + z ⊙ n",
        "gru" => {
            "A_x = X_t W_x + b: n, r, z        A_h = H_t-1 W_h: r, z, n        H_t = (1 − z) ⊙ n + z ⊙ H_t-1"
        }
        _ => "H_t = f(X_t W_x + H_t-1 W_h + b)",
    };
    Section {
        title: v.t("lesson-layer", &[("n", v.count(i + 1)), ("kind", layer.kind.into())]),
        blocks: vec![
            Block::Formula(formula.into()),
            products("lesson-forward", &layer.forward),
            products("lesson-backward", &layer.backward),
        ],
    }
}
