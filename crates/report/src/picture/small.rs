//! Small pictures: sparklines, histograms in a table cell, the histogram of residuals, bars.

use super::{Words, extent, label_room, value_ticks};
use crate::Language;
use crate::svg::{Anchor, Axis, Plot, Scale, Svg};
use crate::text;
use gyeol_data::profile::Histogram;

/// A column over time, without axes.
pub(crate) fn sparkline(words: &Words, values: &[Option<f64>]) -> String {
    let (width, height) = (130.0, 30.0);
    let mut svg = Svg::new(width, height, &words.title, &words.description).class("spark");
    let Some((low, high)) = extent(values.iter().flatten().copied()) else { return String::new() };
    let y = Scale::linear(low, high, height - 3.0, 3.0);
    let step = width / (values.len().max(2) - 1) as f64;
    let points: Vec<(f64, f64)> =
        values.iter().enumerate().map(|(i, v)| (i as f64 * step, v.map_or(f64::NAN, |v| y.at(v)))).collect();
    svg.line(&points, "series ink thin");
    svg.finish()
}

/// A distribution in a table cell.
pub(crate) fn small_histogram(words: &Words, histogram: &Histogram) -> String {
    let (width, height) = (110.0, 30.0);
    let most = histogram.counts.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let mut svg = Svg::new(width, height, &words.title, &words.description).class("spark");
    let step = width / histogram.counts.len() as f64;
    for (i, &count) in histogram.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let tall = (count as f64 / most as f64 * (height - 2.0)).max(1.0);
        svg.rect(i as f64 * step + 0.4, height - tall - 1.0, step - 0.8, tall, "bar");
    }
    svg.stroke(0.0, height - 0.5, width, height - 0.5, "axis");
    svg.finish()
}

/// A histogram with axes, zero marked: residuals.
pub(crate) fn histogram(
    words: &Words,
    edges: &[f64],
    counts: &[u64],
    unit: &str,
    width: f64,
    language: Language,
) -> String {
    let height = (width * 0.5).clamp(200.0, 260.0);
    let svg = Svg::new(width, height, &words.title, &words.description);
    let total: u64 = counts.iter().sum();
    let share = |count: u64| count as f64 / total.max(1) as f64;
    let most = counts.iter().copied().map(share).fold(0.0, f64::max);
    let (values, _) = crate::svg::ticks(0.0, most * 1.05, 3);
    let digits = if most < 0.05 { 1 } else { 0 };
    let y_ticks: Vec<_> = values.into_iter().map(|v| (v, text::percent(v, digits, language))).collect();
    let (left, right, top, bottom) = (label_room(&y_ticks), width - 10.0, 14.0, height - 40.0);
    let (low, high) = extent(edges.iter().copied()).unwrap_or((-1.0, 1.0));
    let x = Scale::linear(low, high, left, right);
    let y = Scale::linear(0.0, most * 1.05, bottom, top);
    let ticks = value_ticks(low, high, if width < 400.0 { 4 } else { 6 }, unit, language);
    let x_axis = Axis { scale: x, ticks, title: text::message("residual-axis", &[], language) };
    let mut plot = Plot::new(
        svg,
        x_axis,
        Axis { scale: y, ticks: y_ticks, title: String::new() },
        (left, right, top, bottom),
    );
    for (pair, &count) in edges.windows(2).zip(counts) {
        let (a, b) = (x.at(pair[0]), x.at(pair[1]));
        let at = y.at(share(count));
        plot.svg.rect(a + 0.5, at, b - a - 1.0, bottom - at, "bar");
    }
    if low < 0.0 && high > 0.0 {
        plot.svg.stroke(x.at(0.0), top, x.at(0.0), bottom, "rule strong-rule");
    }
    plot.finish()
}

/// One bar a name, the value at its end.
pub(crate) fn bars(
    words: &Words,
    bars: &[(String, f64)],
    write: &dyn Fn(f64) -> String,
    width: f64,
) -> String {
    let tall = 26.0;
    let mut svg = Svg::new(width, tall * bars.len() as f64 + 6.0, &words.title, &words.description);
    let left = bars.iter().map(|(name, _)| crate::svg::text_width(name, 12.0)).fold(20.0, f64::max) + 10.0;
    let most = bars.iter().map(|(_, v)| *v).filter(|v| v.is_finite()).fold(0.0, f64::max);
    let x = Scale::linear(0.0, if most > 0.0 { most } else { 1.0 }, left, width - 80.0);
    for (i, (name, value)) in bars.iter().enumerate() {
        let y = 3.0 + tall * i as f64;
        svg.text(left - 8.0, y + tall / 2.0 + 4.0, Anchor::End, "tick", name);
        if value.is_finite() {
            let class = if *value == most { "bar-accent" } else { "bar" };
            svg.rect(left, y + 4.0, x.at(*value) - left, tall - 8.0, class);
            svg.text(x.at(*value) + 6.0, y + tall / 2.0 + 4.0, Anchor::Start, "label", &write(*value));
        }
    }
    svg.finish()
}
