//! `scores.json`, as the command contract has it.

use gyeol_report::model::LadderReport;
use serde_json::{Value, json};

/// The scores of a report as the command contract names them.
pub fn scores_json(r: &LadderReport) -> Value {
    let span = |s: &gyeol_report::model::Span| json!({ "from": s.from, "to": s.to, "rows": s.rows, "windows": s.windows });
    let rungs: Vec<Value> = r
        .rungs
        .iter()
        .map(|rung| {
            json!({
                "name": rung.name,
                "valid": rung.valid,
                "test": rung.test,
                "parameters": rung.parameters,
                "fit_seconds": rung.fit_seconds,
                "predict_us": rung.predict_us,
                "peak_memory": rung.peak_memory,
                "verdict": rung.verdict,
                "mae_by_step": rung.mae_by_step,
                "coverage": rung.coverage,
                "width": rung.width,
                "pinball": rung.pinball,
                "peak": rung.peak,
            })
        })
        .collect();
    json!({
        "task": "forecast",
        "data": {
            "name": r.data.name,
            "sha256": r.data.sha256,
            "rows": r.data.rows,
            "series": r.data.series,
            "targets": r.data.targets,
            "unit": r.data.unit,
        },
        "split": {
            "train": span(&r.protocol.train),
            "valid": span(&r.protocol.valid),
            "test": span(&r.protocol.test),
        },
        "seed": r.seed,
        "version": r.version,
        "metrics": gyeol_forecast::score::METRICS,
        "metric": r.metric,
        "scaled": r.protocol.scaled,
        "look_back": r.protocol.look_back,
        "horizon": r.protocol.horizon,
        "interval": r.protocol.interval_level,
        "denominator": { "windows": r.protocol.test.windows, "unscored": r.protocol.unscored, "skipped": r.protocol.skipped },
        "rungs": rungs,
        "best": r.rungs.get(r.best).map(|b| b.name.as_str()),
        "pairs": r.pairs,
    })
}
