//! A report with everything that the chapters ask of it again and again.

use std::ops::Deref;

use super::Voice;
use crate::Language;
use crate::model::{
    DataFacts, Facts, ForecastDetail, Interval, Protocol, Report, Role, RungReport, TextFacts, WordsDetail,
};
use crate::text::{self, Step};

/// What every task has.
pub(crate) struct View<'a> {
    pub report: &'a Report,
    pub voice: Voice<'a>,
    /// Names of the rungs, in their order.
    pub titles: Vec<String>,
    /// The rungs as they are named within a sentence.
    pub phrases: Vec<String>,
    /// Unit of the ordering metric; empty where it has none.
    pub unit: &'a str,
    /// Decimals of the ordering metric.
    pub digits: usize,
}

impl<'a> View<'a> {
    pub fn new(report: &'a Report, language: Language) -> View<'a> {
        let best = report.best_rung().test.get(&report.metric).map_or(f64::NAN, |m| m.value);
        View {
            report,
            voice: Voice { language, zone: report.forecast().map_or("UTC", |facts| &facts.data.zone) },
            titles: text::rung_titles(report, language),
            phrases: text::rung_phrases(report, language),
            unit: &report.unit,
            digits: text::decimals(best, text::metric_figures(&report.metric)),
        }
    }

    pub fn t(&self, key: &str, args: &[(&str, String)]) -> String {
        self.voice.t(key, args)
    }

    /// The message that a task has for the same thing: of readings, of texts, of anything else.
    pub fn by_task(&self, forecast: &str, words: &str, plain: &str, args: &[(&str, String)]) -> String {
        let key = match self.report.facts {
            Facts::Forecast(_) => forecast,
            Facts::Words(_) => words,
            Facts::Examples(_) | Facts::Plain { .. } => plain,
        };
        self.t(key, args)
    }

    /// The ordering metric of a rung on the test part.
    pub fn error(&self, rung: &RungReport) -> Option<Interval> {
        rung.test.get(&self.report.metric).copied().filter(|m| m.value.is_finite())
    }

    /// Name of the ordering metric.
    pub fn metric(&self) -> String {
        text::metric_name(&self.report.metric, self.voice.language)
    }

    /// An error without its unit.
    pub fn bare(&self, value: f64) -> String {
        self.voice.number(value, self.digits)
    }

    /// An error with its unit.
    pub fn value(&self, value: f64) -> String {
        text::with_unit(&self.bare(value), self.unit)
    }

    pub fn range(&self, low: f64, high: f64) -> String {
        text::range(&self.bare(low), &self.bare(high), self.voice.language)
    }

    /// The chosen rung within a sentence.
    pub fn best_phrase(&self) -> String {
        self.phrases.get(self.report.best).cloned().unwrap_or_default()
    }

    /// The chosen rung in a table.
    pub fn best_title(&self) -> String {
        self.titles.get(self.report.best).cloned().unwrap_or_default()
    }

    /// Index of the best rung that only repeats the data.
    pub fn naive(&self) -> Option<usize> {
        let error = |i: usize| self.error(&self.report.rungs[i]).map(|m| m.value);
        (0..self.report.rungs.len())
            .filter(|&i| i != self.report.best && self.report.rungs[i].role == Role::Naive)
            .filter_map(|i| error(i).map(|e| (i, e)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .map(|(i, _)| i)
    }

    /// A table that lists the rungs under heads of these keys.
    pub fn columns(&self, keys: &[&str]) -> super::Table {
        super::Table::new(keys.iter().map(|key| self.t(key, &[])).collect())
    }
}

/// A ladder of forecasts.
pub(crate) struct Readings<'v> {
    view: &'v View<'v>,
    pub data: &'v DataFacts,
    pub protocol: &'v Protocol,
    /// What was measured on the chosen rung.
    pub best: &'v ForecastDetail,
    pub step: Step,
}

impl<'v> Deref for Readings<'v> {
    type Target = View<'v>;

    fn deref(&self) -> &View<'v> {
        self.view
    }
}

impl<'v> Readings<'v> {
    /// None where the report or its chosen rung is of another task.
    pub fn new(view: &'v View<'v>) -> Option<Readings<'v>> {
        let facts = view.report.forecast()?;
        let step = Step::parse(&facts.data.step);
        let best = view.report.best_rung().forecast()?;
        Some(Readings { view, data: &facts.data, protocol: &facts.protocol, best, step })
    }

    /// What was measured on each rung, with its index.
    pub fn details(&self) -> impl Iterator<Item = (usize, &'v ForecastDetail)> + use<'v> {
        self.view.report.rungs.iter().enumerate().filter_map(|(i, rung)| Some((i, rung.forecast()?)))
    }

    /// A figure of the target in its own unit, such as a mean absolute error by row ahead.
    pub fn level(&self, value: f64) -> String {
        text::with_unit(&text::significant(value, 3, self.voice.language), self.unit)
    }

    /// Positions of the rows ahead on an axis, and the axis title.
    pub fn ahead(&self, rows: usize) -> (Vec<f64>, String) {
        let (whole, unit) = self.step.scaled(rows as f64);
        let xs = (1..=rows).map(|i| whole * i as f64 / rows.max(1) as f64).collect();
        (xs, self.t(text::ahead_key(unit), &[]))
    }
}

/// A ladder of language models.
pub(crate) struct Texts<'v> {
    view: &'v View<'v>,
    pub facts: &'v TextFacts,
    /// What was measured on the chosen rung.
    pub best: &'v WordsDetail,
}

impl<'v> Deref for Texts<'v> {
    type Target = View<'v>;

    fn deref(&self) -> &View<'v> {
        self.view
    }
}

impl<'v> Texts<'v> {
    /// None where the report or its chosen rung is of another task.
    pub fn new(view: &'v View<'v>) -> Option<Texts<'v>> {
        Some(Texts { view, facts: view.report.words()?, best: view.report.best_rung().words()? })
    }

    pub fn count(&self, n: u64) -> String {
        self.voice.count(n as usize)
    }

    pub fn bits(&self, value: f64) -> String {
        self.voice.number(value, 1)
    }

    pub fn share(&self, part: u64, of: u64) -> f64 {
        part as f64 / of.max(1) as f64
    }
}
