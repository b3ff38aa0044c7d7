//! The rules under which every rung was fitted and judged, and how to repeat it.

use serde::Serialize;

use super::{Readings, View};
use crate::model::{Facts, Input, Note, Span, TextFacts};
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
    let mut facts = vec![(view.t("fact-data", &[]), report.head.name.clone())];
    match (&report.facts, Readings::new(view)) {
        (Facts::Forecast(_), Some(readings)) => of_readings(&readings, &mut facts),
        (Facts::Words(texts), _) => of_texts(view, texts, &mut facts),
        (Facts::Plain { facts: own, .. }, _) => {
            facts.extend(
                own.iter().map(|fact| (text::spoken("fact", &fact.key, language), fact.value.clone())),
            );
            let n = view.voice.count(text::judged(report));
            facts.push((view.t("fact-test", &[]), view.t("judged-cases", &[("n", n)])));
            facts.push((view.t("fact-metric", &[]), view.metric()));
            facts.push((view.t("fact-bootstrap", &[]), bootstrap(view, "bootstrap-cases")));
        }
        (Facts::Examples(own), _) => {
            let mut fact = |key: &str, value: String| facts.push((view.t(key, &[]), value));
            fact("fact-label", own.target.clone());
            fact("fact-split", text::spoken("split", &own.split, language));
            if let Some((of, scheme)) = &own.chain {
                fact("fact-text-language", text::spoken("language", of, language));
                fact("fact-scheme", scheme.clone());
            }
            if own.near.1 > 0 {
                let args =
                    [("groups", voice.count(own.near.0 as usize)), ("n", voice.count(own.near.1 as usize))];
                fact("fact-near", view.t("near-groups", &args));
            }
            let n = view.voice.count(text::judged(report));
            fact("fact-test", view.t("judged-cases", &[("n", n)]));
            fact("fact-metric", view.metric());
            fact("fact-bootstrap", bootstrap(view, "bootstrap-cases"));
        }
        (Facts::Forecast(_), None) => {}
    }
    let mut fact = |key: &str, value: String| facts.push((view.t(key, &[]), value));
    fact("fact-seed", report.head.seed.to_string());
    fact("fact-version", report.head.version.clone());
    fact("fact-machine", report.head.machine.clone());
    fact("fact-threads", voice.count(report.head.threads));
    let mut inputs: Vec<&Input> = Vec::new();
    for input in report.rungs.iter().flat_map(|rung| &rung.inputs) {
        if !inputs.contains(&input) {
            inputs.push(input);
        }
    }
    let saw = report.rungs.iter().enumerate().map(|(i, rung)| Saw {
        title: view.titles[i].clone(),
        chosen: i == report.best,
        marks: inputs.iter().map(|input| rung.inputs.contains(input)).collect(),
    });
    let columns = report.forecast().map_or(&[][..], |facts| &facts.protocol.columns);
    Protocol {
        lead: view.by_task("protocol-lead", "protocol-lead-text", "protocol-lead-plain", &[]),
        facts,
        inputs: inputs.iter().map(|input| text::input_name(input, language)).collect(),
        saw: saw.collect(),
        roles: columns.iter().map(|c| (c.name.clone(), text::spoken("role", &c.role, language))).collect(),
        notes: report
            .notes
            .iter()
            .filter(|note| !matches!(note, Note::Doubt(_)))
            .map(|note| text::remark(note, language))
            .collect(),
        command: report.head.command.clone(),
        recipe: report.head.recipe.clone(),
        sha256: report.head.sha256.clone(),
    }
}

fn of_readings(view: &Readings, facts: &mut Vec<(String, String)>) {
    let (voice, p, data) = (&view.voice, view.protocol, view.data);
    let language = voice.language;
    let rows = |n: usize| {
        let length = view.step.length(n as f64, language);
        let rows = text::message("rows", &[("n", voice.count(n))], language);
        if length == rows { rows } else { format!("{length} ({rows})") }
    };
    let mut fact = |key: &str, value: String| facts.push((view.t(key, &[]), value));
    fact("fact-rows", voice.count(data.rows));
    if data.series > 1 {
        fact("fact-series", voice.count(data.series));
    }
    fact("fact-targets", data.targets.join(", "));
    fact("fact-step", view.step.length(1.0, language));
    if view.step.has_clock() {
        fact("fact-zone", data.zone.clone());
    }
    fact("fact-look-back", rows(p.look_back));
    fact("fact-horizon", rows(p.horizon));
    fact("fact-train", span(view, &p.train));
    fact("fact-valid", span(view, &p.valid));
    fact("fact-test", span(view, &p.test));
    fact("fact-unscored", voice.count(p.unscored));
    fact("fact-skipped", voice.count(p.skipped));
    fact("fact-metric", view.metric());
    fact("fact-scaled", view.t(if p.scaled { "scaled-yes" } else { "scaled-no" }, &[]));
    fact("fact-mase", rows(p.mase_season));
    let head = &view.report.head;
    let args = [("draws", voice.count(head.bootstrap_draws)), ("block", rows(head.bootstrap_block))];
    fact("fact-bootstrap", view.t("bootstrap", &args));
    fact("fact-interval", voice.percent(p.interval_level, 0));
    if p.adaptive {
        fact("fact-adaptive", view.t("adaptive-yes", &[]));
    }
    fact("fact-known", view.t(if p.known_ahead { "known-yes" } else { "known-no" }, &[]));
    if !p.calendar.is_empty() {
        let names: Vec<String> = p.calendar.iter().map(|c| text::calendar_name(c, language)).collect();
        fact("fact-calendar", names.join(", "));
    }
}

fn of_texts(view: &View, texts: &TextFacts, facts: &mut Vec<(String, String)>) {
    let language = view.voice.language;
    let mut fact = |key: &str, value: String| facts.push((view.t(key, &[]), value));
    let protocol = if texts.protocol == "stream" { "protocol-stream" } else { "protocol-sentence" };
    fact("fact-protocol", view.t(protocol, &[]));
    fact("fact-vocabulary", view.voice.count(texts.vocabulary as usize));
    fact("fact-text-language", text::spoken("language", &texts.language, language));
    fact("fact-scheme", texts.scheme.clone());
    for (key, value) in &texts.steps {
        fact(&format!("fact-{key}"), value.clone());
    }
    fact("fact-bootstrap", bootstrap(view, "bootstrap-lines"));
}

fn bootstrap(view: &View, key: &str) -> String {
    let head = &view.report.head;
    let count = |n: usize| view.voice.count(n);
    view.t(key, &[("draws", count(head.bootstrap_draws)), ("block", count(head.bootstrap_block))])
}

/// Dates, rows and windows of a part.
fn span(view: &Readings, span: &Span) -> String {
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
