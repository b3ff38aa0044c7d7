//! The texts and their parts.

use serde::Serialize;

use super::{Table, Texts};
use crate::model::TextPart;
use crate::text;

#[derive(Serialize)]
pub(crate) struct Parts {
    /// What is said of how lines are read.
    see: &'static str,
    table: Table,
}

pub(crate) fn texts(view: &Texts) -> Parts {
    let keys = [
        "col-part",
        "col-documents",
        "col-lines",
        "col-tokens",
        "col-characters",
        "col-unknown",
        "col-repeated",
        "col-file",
    ];
    let mut table = view.columns(&keys);
    let data = view.facts;
    for (key, part) in [("part-train", &data.train), ("part-valid", &data.valid), ("part-test", &data.test)] {
        let TextPart { file, documents, lines, tokens, characters, unknown, repeated, .. } = part;
        let learns = key == "part-train";
        let share = |n: u64, of: u64| {
            if learns { text::MISSING.to_string() } else { view.voice.percent(view.share(n, of), 2) }
        };
        table.push(vec![
            view.t(key, &[]),
            view.count(*documents),
            view.count(*lines),
            view.count(*tokens),
            view.count(*characters),
            share(*unknown, *tokens),
            share(*repeated, *lines),
            file.clone(),
        ]);
    }
    let see = if data.protocol == "stream" { "parts-see-stream" } else { "parts-see" };
    Parts { see, table }
}
