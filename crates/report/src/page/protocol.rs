//! Chapter 9: the rules under which every rung was fitted and judged, and how to repeat it.

use serde::Serialize;

use super::View;
use crate::model::Span;
use crate::text;

#[derive(Serialize)]
pub(crate) struct Protocol {
    pub lead: String,
    pub facts: Vec<(String, String)>,
    /// Inputs, and for each rung which of them it saw.
    pub inputs: Vec<String>,
    pub saw: Vec<Saw>,
    pub roles: Vec<(String, String)>,
    pub notes: Vec<String>,
    pub command: String,
    pub recipe: String,
    pub sha256: String,
}

#[derive(Serialize)]
pub(crate) struct Saw {
    title: String,
    chosen: bool,
    marks: Vec<bool>,
}

pub(crate) fn protocol(view: &View) -> Protocol {
    let (report, voice) = (view.report, &view.voice);
    let language = voice.language;
    let p = &report.protocol;
    let rows = |n: usize| {
        let length = view.step.length(n as f64, language);
        let rows = text::message("rows", &[("n", voice.count(n))], language);
        if length == rows { rows } else { format!("{length} ({rows})") }
    };
    let mut facts = Vec::new();
    let mut fact = |key: &str, value: String| facts.push((view.t(key, &[]), value));
    fact("fact-data", report.data.name.clone());
    fact("fact-rows", voice.count(report.data.rows));
    if report.data.series > 1 {
        fact("fact-series", voice.count(report.data.series));
    }
    fact("fact-targets", report.data.targets.join(", "));
    fact("fact-step", view.step.length(1.0, language));
    if view.step.has_clock() {
        fact("fact-zone", report.data.zone.clone());
    }
    fact("fact-look-back", rows(p.look_back));
    fact("fact-horizon", rows(p.horizon));
    fact("fact-train", span(view, &p.train));
    fact("fact-valid", span(view, &p.valid));
    fact("fact-test", span(view, &p.test));
    fact("fact-unscored", voice.count(p.unscored));
    fact("fact-skipped", voice.count(p.skipped));
    fact("fact-metric", text::metric_name(&report.metric, language));
    fact("fact-scaled", view.t(if p.scaled { "scaled-yes" } else { "scaled-no" }, &[]));
    fact("fact-mase", rows(p.mase_season));
    let args = [("draws", voice.count(p.bootstrap_draws)), ("block", rows(p.bootstrap_block))];
    fact("fact-bootstrap", view.t("bootstrap", &args));
    fact("fact-interval", voice.percent(p.interval_level, 0));
    fact("fact-known", view.t(if p.known_ahead { "known-yes" } else { "known-no" }, &[]));
    if !p.calendar.is_empty() {
        let names: Vec<String> = p.calendar.iter().map(|c| text::spoken("calendar", c, language)).collect();
        fact("fact-calendar", names.join(", "));
    }
    fact("fact-seed", report.seed.to_string());
    fact("fact-version", report.version.clone());
    fact("fact-machine", report.machine.clone());
    fact("fact-threads", voice.count(report.threads));
    let mut names: Vec<&str> = Vec::new();
    for input in report.rungs.iter().flat_map(|r| &r.inputs) {
        if !names.contains(&input.as_str()) {
            names.push(input);
        }
    }
    let saw = report
        .rungs
        .iter()
        .enumerate()
        .map(|(i, rung)| Saw {
            title: view.titles[i].clone(),
            chosen: i == report.best,
            marks: names.iter().map(|n| rung.inputs.iter().any(|input| input == n)).collect(),
        })
        .collect();
    Protocol {
        lead: view.t("protocol-lead", &[]),
        facts,
        inputs: names.iter().map(|n| text::spoken("input", n, language)).collect(),
        saw,
        roles: p.columns.iter().map(|c| (c.name.clone(), text::spoken("role", &c.role, language))).collect(),
        notes: report.notes.iter().map(|n| text::spoken("remark", n, language)).collect(),
        command: report.command.clone(),
        recipe: report.recipe.clone(),
        sha256: report.data.sha256.clone(),
    }
}

/// Dates, rows and windows of a part.
pub(crate) fn span(view: &View, span: &Span) -> String {
    let voice = &view.voice;
    let write = |ms: i64| {
        if view.step.has_clock() {
            text::date(ms, voice.zone, voice.language)
        } else {
            voice.number(ms as f64, 0)
        }
    };
    view.t(
        "span",
        &[
            ("from", write(span.from)),
            ("to", write(span.to)),
            ("rows", voice.count(span.rows)),
            ("windows", voice.count(span.windows)),
        ],
    )
}
