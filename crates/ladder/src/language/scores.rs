//! `scores.json`, as the command contract has it.

use gyeol_report::language::{LanguageReport, TextPart};
use serde_json::{Value, json};

use super::judge::METRICS;

/// The scores of a report as the command contract names them.
pub fn scores_json(r: &LanguageReport) -> Value {
    let part = |p: &TextPart| {
        json!({
            "file": p.file,
            "documents": p.documents,
            "lines": p.lines,
            "empty": p.empty,
            "tokens": p.tokens,
            "characters": p.characters,
            "oov": p.unknown,
            "repeated": p.repeated,
        })
    };
    let rungs: Vec<Value> = r
        .rungs
        .iter()
        .map(|rung| {
            json!({
                "name": rung.name,
                "valid": rung.valid,
                "test": rung.test,
                "parameters": rung.parameters,
                "bytes": rung.bytes,
                "fit_seconds": rung.fit_seconds,
                "predict_us": rung.predict_us,
                "verdict": { "order": rung.order, "smoothing": rung.smoothing, "tried": rung.tried },
                "counts": rung.counts,
                "discounts": rung.discounts,
                "warnings": rung.warnings,
                "matched": rung.matched,
                "unseen": rung.unseen,
            })
        })
        .collect();
    json!({
        "task": "language-model",
        "data": {
            "name": r.data.name,
            "sha256": r.data.sha256,
            "rows": r.data.train.documents + r.data.valid.documents + r.data.test.documents,
            "language": r.data.language,
            "scheme": r.data.scheme,
            "vocabulary": r.data.vocabulary,
        },
        "split": { "train": part(&r.data.train), "valid": part(&r.data.valid), "test": part(&r.data.test) },
        "seed": r.seed,
        "version": r.version,
        "metrics": METRICS,
        "metric": METRICS[0],
        "protocol": "sentence",
        "denominator": { "tokens": r.data.test.tokens, "lines": r.data.test.lines, "oov": r.data.test.unknown },
        "rungs": rungs,
        "best": r.rungs.get(r.best).map(|b| b.name.as_str()),
        "pairs": r.pairs,
        "grid": r.grid,
    })
}
