//! The pages: figures and words are made here, templates only lay them out.

mod answer;
mod blocks;
mod certainty;
mod corpus;
mod data;
mod days;
mod errors;
mod findings;
mod inside;
mod ladder;
mod language;
mod learning;
mod protocol;
mod topics;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Value, context};

pub(crate) use blocks::{Figure, Table, Voice};
pub(crate) use corpus::{deck as corpus_deck, findings as corpus_findings};
pub(crate) use findings::{Finding, finding};

use crate::language::LanguageReport;
use crate::model::{LadderReport, RungReport};
use crate::text::{self, Step};
use crate::topic_map::TopicMap;
use crate::{Error, Language, Result};

/// A report with everything that the chapters ask of it again and again.
pub(crate) struct View<'a> {
    pub report: &'a LadderReport,
    pub voice: Voice<'a>,
    /// Names of the rungs, in their order.
    pub titles: Vec<String>,
    /// The rungs as they are named within a sentence.
    pub phrases: Vec<String>,
    pub step: Step,
    /// Unit of errors; empty when scores are scaled.
    pub unit: &'a str,
    /// Decimals of errors.
    pub digits: usize,
}

impl<'a> View<'a> {
    pub fn new(report: &'a LadderReport, language: Language) -> View<'a> {
        let best = report.best_rung().test.get(&report.metric).map_or(f64::NAN, |m| m.value);
        View {
            report,
            voice: Voice { language, zone: &report.data.zone },
            titles: text::rung_titles(report, language),
            phrases: text::rung_phrases(report, language),
            step: Step::parse(&report.data.step),
            unit: if report.protocol.scaled { "" } else { &report.data.unit },
            digits: text::decimals(best, 3),
        }
    }

    pub fn t(&self, key: &str, args: &[(&str, String)]) -> String {
        self.voice.t(key, args)
    }

    /// The ordering metric of a rung on the test part.
    pub fn error(&self, rung: &RungReport) -> Option<crate::model::Interval> {
        rung.test.get(&self.report.metric).copied().filter(|m| m.value.is_finite())
    }

    /// An error without its unit.
    pub fn bare(&self, value: f64) -> String {
        self.voice.number(value, self.digits)
    }

    /// An error with its unit.
    pub fn value(&self, value: f64) -> String {
        text::with_unit(&self.bare(value), self.unit)
    }

    /// A figure of the target in its own unit, such as a mean absolute error by row ahead.
    pub fn level(&self, value: f64) -> String {
        text::with_unit(&text::significant(value, 3, self.voice.language), self.unit)
    }

    pub fn range(&self, low: f64, high: f64) -> String {
        text::range(&self.bare(low), &self.bare(high), self.voice.language)
    }

    /// Positions of the rows ahead on an axis, and the axis title.
    pub fn ahead(&self, rows: usize) -> (Vec<f64>, String) {
        let (whole, unit) = self.step.scaled(rows as f64);
        let xs = (1..=rows).map(|i| whole * i as f64 / rows.max(1) as f64).collect();
        (xs, self.t(text::ahead_key(unit), &[]))
    }

    /// The chosen rung within a sentence.
    pub fn best_phrase(&self) -> String {
        self.phrases.get(self.report.best).cloned().unwrap_or_default()
    }

    /// Index of the best rung that only repeats the data.
    pub fn naive(&self) -> Option<usize> {
        let error = |i: usize| self.error(&self.report.rungs[i]).map(|m| m.value);
        (0..self.report.rungs.len())
            .filter(|&i| i != self.report.best && !text::learnable(&self.report.rungs[i].name))
            .filter_map(|i| error(i).map(|e| (i, e)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(i, _)| i)
    }
}

const TEMPLATES: [(&str, &str); 15] = [
    ("page.html", include_str!("../templates/page.html")),
    ("inspect.html", include_str!("../templates/inspect.html")),
    ("language.html", include_str!("../templates/language.html")),
    ("topics.html", include_str!("../templates/topics.html")),
    ("corpus.html", include_str!("../templates/corpus.html")),
    ("macros.html", include_str!("../templates/macros.html")),
    ("answer.html", include_str!("../templates/answer.html")),
    ("ladder.html", include_str!("../templates/ladder.html")),
    ("days.html", include_str!("../templates/days.html")),
    ("errors.html", include_str!("../templates/errors.html")),
    ("learning.html", include_str!("../templates/learning.html")),
    ("certainty.html", include_str!("../templates/certainty.html")),
    ("data.html", include_str!("../templates/data.html")),
    ("inside.html", include_str!("../templates/inside.html")),
    ("protocol.html", include_str!("../templates/protocol.html")),
];

const STYLE: &str = concat!(
    include_str!("../templates/style.css"),
    include_str!("../templates/svg.css"),
    include_str!("../templates/print.css")
);
const SCRIPT: &str = include_str!("../templates/script.js");
const TOPIC_STYLE: &str = include_str!("../templates/topics.css");
const TOPIC_SCRIPT: &str = include_str!("../templates/topics.js");

fn environment(language: Language) -> Result<Environment<'static>> {
    let mut env = Environment::new();
    env.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    for (name, source) in TEMPLATES {
        env.add_template(name, source)?;
    }
    env.add_function(
        "t",
        move |key: String, args: minijinja::value::Kwargs| -> std::result::Result<String, minijinja::Error> {
            let mut filled: Vec<(String, String)> = Vec::new();
            for name in args.args() {
                let value: Value = args.get(name)?;
                filled.push((name.to_string(), value.to_string()));
            }
            let args: Vec<(&str, String)> = filled.iter().map(|(n, v)| (n.as_str(), v.clone())).collect();
            Ok(text::message(&key, &args, language))
        },
    );
    Ok(env)
}

pub(crate) fn ladder_page(report: &LadderReport, language: Language) -> Result<String> {
    if report.best >= report.rungs.len() {
        return Err(Error::Best { best: report.best, rungs: report.rungs.len() });
    }
    let view = View::new(report, language);
    let env = environment(language)?;
    let page = context! {
        language => language.code(),
        style => STYLE,
        script => SCRIPT,
        title => report.data.name.clone(),
        version => report.version.clone(),
        answer => Value::from(Serde(answer::answer(&view))),
        ladder => Value::from(Serde(ladder::ladder(&view))),
        days => Value::from(Serde(days::days(&view))),
        errors => Value::from(Serde(errors::errors(&view))),
        learning => Value::from(Serde(learning::learning(&view))),
        certainty => Value::from(Serde(certainty::certainty(&view))),
        data => Value::from(Serde(data::of_report(&view))),
        inside => Value::from(Serde(inside::inside(&view))),
        protocol => Value::from(Serde(protocol::protocol(&view))),
    };
    Ok(env.get_template("page.html")?.render(page)?)
}

pub(crate) fn profile_page(
    profile: &gyeol_data::profile::Profile,
    name: &str,
    language: Language,
) -> Result<String> {
    let env = environment(language)?;
    let page = context! {
        language => language.code(),
        style => STYLE,
        script => "",
        title => name,
        version => env!("CARGO_PKG_VERSION"),
        head => Value::from(Serde(data::head(profile, language))),
        data => Value::from(Serde(data::of_profile(profile, language))),
    };
    Ok(env.get_template("inspect.html")?.render(page)?)
}

pub(crate) fn corpus_page(
    profile: &gyeol_text::profile::CorpusProfile,
    name: &str,
    language: Language,
) -> Result<String> {
    let env = environment(language)?;
    let page = context! {
        language => language.code(),
        style => STYLE,
        title => name,
        version => env!("CARGO_PKG_VERSION"),
        page => Value::from(Serde(corpus::page(profile, language))),
    };
    Ok(env.get_template("corpus.html")?.render(page)?)
}

pub(crate) fn language_page(report: &LanguageReport, language: Language) -> Result<String> {
    if report.best >= report.rungs.len() {
        return Err(Error::Best { best: report.best, rungs: report.rungs.len() });
    }
    let env = environment(language)?;
    let page = context! {
        language => language.code(),
        style => STYLE,
        title => report.data.name.clone(),
        version => report.version.clone(),
        page => Value::from(Serde(language::page(report, language))),
    };
    Ok(env.get_template("language.html")?.render(page)?)
}

pub(crate) fn topic_map_page(map: &TopicMap, language: Language) -> Result<String> {
    map.check()?;
    let env = environment(language)?;
    let page = context! {
        language => language.code(),
        style => STYLE,
        topic_style => TOPIC_STYLE,
        script => TOPIC_SCRIPT,
        title => map.title.clone(),
        version => map.version.clone(),
        page => Value::from(Serde(topics::page(map, language)?)),
    };
    Ok(env.get_template("topics.html")?.render(page)?)
}

/// Rows, columns, step and span of a table in one line.
pub(crate) fn profile_deck(profile: &gyeol_data::profile::Profile, language: Language) -> String {
    data::deck(profile, language)
}

#[cfg(test)]
pub(crate) fn templates() -> &'static [(&'static str, &'static str)] {
    &TEMPLATES
}
