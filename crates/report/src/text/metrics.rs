//! Metrics as they are written: names, figures, the one that stands beside the ordering one.

use super::{message, number, with_percent};
use crate::Language;
use crate::model::{Facts, Report};

/// Name of a metric for people, short: `MAE`, `RMSE`, `MAPE`.
pub fn metric_name(metric: &str, language: Language) -> String {
    let key = format!("metric-{}", metric.replace('_', "-"));
    if super::has_message(&key) { message(&key, &[], language) } else { metric.replace('_', " ") }
}

/// True for a metric in percent.
pub(crate) fn in_percent(metric: &str) -> bool {
    matches!(metric, "mape" | "smape" | "mae_range")
}

/// True for a metric in the unit of the readings.
pub(crate) fn in_unit(metric: &str) -> bool {
    matches!(metric, "mae" | "rmse" | "crps")
}

/// True for a metric in bits.
pub(crate) fn in_bits(metric: &str) -> bool {
    matches!(metric, "bits_per_token" | "bits_per_character")
}

/// Significant figures that tell rungs apart.
pub(crate) fn metric_figures(metric: &str) -> usize {
    if in_bits(metric) || metric.starts_with("perplexity") { 4 } else { 3 }
}

/// The metric that is shown beside the ordering one: a percentage where readings have one, bits beside perplexity.
pub(crate) fn second_metric(report: &Report) -> Option<&str> {
    let has = |name: &&str| *name != report.metric && report.rungs.iter().any(|r| r.test.contains_key(*name));
    match &report.facts {
        Facts::Forecast(facts) if facts.protocol.scaled => ["mae"].into_iter().find(has),
        Facts::Forecast(_) => ["mape", "mae"].into_iter().find(has),
        Facts::Words(_) => ["bits_per_token"].into_iter().find(has),
        Facts::Examples(_) => ["accuracy", "r2"].into_iter().find(has),
        Facts::Plain { .. } => report.metrics.iter().map(String::as_str).find(has),
    }
}

/// A figure of the second metric.
pub(crate) fn second_figure(metric: &str, value: f64, language: Language) -> String {
    match metric {
        _ if !value.is_finite() => super::MISSING.to_string(),
        _ if in_percent(metric) => with_percent(&number(value, 2, language), language),
        "accuracy" => super::percent(value, 1, language),
        _ if in_bits(metric) => number(value, 2, language),
        _ => number(value, 3, language),
    }
}
