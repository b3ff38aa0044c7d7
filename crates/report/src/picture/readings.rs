//! Pictures of the data itself: the usual week, one column against another, memory, and the split.

use super::{Words, extent, label_room, padded, value_ticks};
use crate::Language;
use crate::svg::{Anchor, Axis, Plot, Scale, Svg, text_width};
use crate::text::{self, WEEKDAYS};
use gyeol_data::profile::{LagValue, Period, Scatter, TypicalWeek};

fn or_nan(values: &[Option<f64>]) -> impl Iterator<Item = f64> + Clone {
    values.iter().map(|v| v.unwrap_or(f64::NAN))
}

/// The usual week: median line and the middle half of all weeks.
pub(crate) fn typical_week(
    words: &Words,
    week: &TypicalWeek,
    unit: &str,
    width: f64,
    language: Language,
) -> String {
    let height = if width < 500.0 { 230.0 } else { 270.0 };
    let svg = Svg::new(width, height, &words.title, &words.description);
    let values = or_nan(&week.median).chain(or_nan(&week.q1)).chain(or_nan(&week.q3));
    let (low, high) = padded(extent(values).unwrap_or((0.0, 1.0)), 0.05);
    let y_ticks = value_ticks(low, high, 4, unit, language);
    let (left, right, top, bottom) = (label_room(&y_ticks), width - 8.0, 14.0, height - 26.0);
    let slots = week.median.len().max(2) as f64;
    let x = Scale::linear(0.0, slots, left, right);
    let y = Scale::linear(low, high, bottom, top);
    let per_day = week.slots_per_day.max(1) as f64;
    let x_axis = Axis { scale: x, ticks: Vec::new(), title: String::new() };
    let mut plot = Plot::new(
        svg,
        x_axis,
        Axis { scale: y, ticks: y_ticks, title: String::new() },
        (left, right, top, bottom),
    );
    for (i, key) in WEEKDAYS.iter().enumerate() {
        let from = x.at(i as f64 * per_day);
        plot.svg.stroke(from, top, from, bottom, "grid");
        let middle = x.at((i as f64 + 0.5) * per_day);
        plot.svg.text(middle, bottom + 17.0, Anchor::Middle, "tick", &text::message(key, &[], language));
    }
    let slot = |values: &[Option<f64>]| -> Vec<(f64, f64)> {
        or_nan(values).enumerate().map(|(i, v)| (x.at(i as f64 + 0.5), y.at(v))).collect()
    };
    plot.svg.band(&slot(&week.q3), &slot(&week.q1), "band2").line(&slot(&week.median), "series ink");
    plot.finish()
}

/// How a target goes with a covariate: dots, the median, and the middle 80 %.
pub(crate) struct Relation<'a> {
    pub words: Words,
    pub scatter: &'a Scatter,
    pub unit: &'a str,
    pub covariate_title: String,
}

/// Draws the relation.
pub(crate) fn relation(r: &Relation, width: f64, language: Language) -> String {
    let height = (width * 0.66).min(330.0);
    let svg = Svg::new(width, height, &r.words.title, &r.words.description);
    let bins: Vec<_> = r.scatter.bins.iter().filter(|b| b.count > 0).collect();
    let xs = bins.iter().map(|b| b.x).chain(r.scatter.points.iter().map(|p| p.0));
    let ys = bins.iter().flat_map(|b| [b.q10, b.q90]).chain(r.scatter.points.iter().map(|p| p.1));
    let (x_low, x_high) = padded(extent(xs).unwrap_or((0.0, 1.0)), 0.02);
    let (low, high) = padded(extent(ys).unwrap_or((0.0, 1.0)), 0.04);
    let y_ticks = value_ticks(low, high, 5, r.unit, language);
    let (left, right, top, bottom) = (label_room(&y_ticks), width - 10.0, 14.0, height - 42.0);
    let x = Scale::linear(x_low, x_high, left + 4.0, right);
    let y = Scale::linear(low, high, bottom, top);
    let x_axis = Axis {
        scale: x,
        ticks: value_ticks(x_low, x_high, 6, "", language),
        title: r.covariate_title.clone(),
    };
    let mut plot = Plot::new(
        svg,
        x_axis,
        Axis { scale: y, ticks: y_ticks, title: String::new() },
        (left, right, top, bottom),
    );
    let specks: Vec<(f64, f64)> = r.scatter.points.iter().map(|p| (x.at(p.0), y.at(p.1))).collect();
    plot.svg.dots(&specks, "speck");
    let line = |value: fn(&gyeol_data::profile::ScatterBin) -> f64| -> Vec<(f64, f64)> {
        bins.iter().map(|b| (x.at(b.x), y.at(value(b)))).collect()
    };
    plot.svg.band(&line(|b| b.q90), &line(|b| b.q10), "band").line(&line(|b| b.median), "series accent");
    plot.finish()
}

/// How much a column remembers: the correlation with itself so many rows back, its rhythms named.
pub(crate) fn autocorrelation(
    words: &Words,
    lags: &[LagValue],
    periods: &[Period],
    write: &dyn Fn(usize) -> String,
    width: f64,
    language: Language,
) -> String {
    let height = (width * 0.66).min(330.0);
    let svg = Svg::new(width, height, &words.title, &words.description);
    let least = extent(lags.iter().map(|l| l.r)).map_or(0.0, |(low, _)| low);
    let low = if least < 0.0 { (least * 1.1).max(-1.05) } else { 0.0 };
    let y_ticks = value_ticks(low, 1.0, 5, "", language);
    let (left, right, top, bottom) = (label_room(&y_ticks), width - 12.0, 26.0, height - 42.0);
    let last = lags.last().map_or(1, |l| l.lag).max(1);
    let x = Scale::linear(0.0, last as f64, left, right);
    let y = Scale::linear(low, 1.0, bottom, top);
    // Whole days where the first rhythm divides the axis, round numbers otherwise.
    let day = periods.iter().map(|p| p.rows).filter(|r| *r > 1 && *r * 3 <= last).min();
    let marks: Vec<usize> = match day {
        Some(rows) => (0..=last).step_by(rows * (last / rows).div_ceil(8).max(1)).collect(),
        None => crate::svg::ticks(0.0, last as f64, 6)
            .0
            .into_iter()
            .filter(|v| v.fract() == 0.0)
            .map(|v| v as usize)
            .collect(),
    };
    let ticks = marks.into_iter().map(|lag| (lag as f64, write(lag))).collect();
    let x_axis = Axis { scale: x, ticks, title: text::message("lag-axis", &[], language) };
    let mut plot = Plot::new(
        svg,
        x_axis,
        Axis { scale: y, ticks: y_ticks, title: String::new() },
        (left, right, top, bottom),
    );
    let zero = y.at(0.0);
    plot.svg.stroke(left, zero, right, zero, "axis");
    let points: Vec<(f64, f64)> = lags.iter().map(|l| (x.at(l.lag as f64), y.at(l.r))).collect();
    let floor: Vec<(f64, f64)> = points.iter().map(|p| (p.0, zero)).collect();
    plot.svg.band(&points, &floor, "band2").line(&points, "series ink");
    let mut named: Vec<(f64, f64)> = Vec::new();
    for period in periods.iter().filter(|p| p.rows <= last).take(3) {
        let Some(at) = lags.iter().min_by_key(|l| l.lag.abs_diff(period.rows)) else { continue };
        let (px, py) = (x.at(at.lag as f64), y.at(at.r));
        let label = write(period.rows);
        let half = text_width(&label, 12.0) / 2.0 + 3.0;
        if named.iter().any(|(from, to)| px + half > *from && px - half < *to) {
            continue;
        }
        named.push((px - half, px + half));
        plot.svg.circle(px, py, 4.0, "dot-accent");
        let centre = px.clamp(left + half, (width - half).max(left + half));
        plot.svg.text(centre, py - 9.0, Anchor::Middle, "on-accent", &label);
    }
    plot.finish()
}

/// One part of the split bar.
#[derive(Debug, Clone)]
pub(crate) struct SplitPart {
    pub name: String,
    pub detail: String,
    pub from: i64,
    pub to: i64,
    pub class: &'static str,
}

/// What the split bar shows.
pub(crate) struct SplitBar<'a> {
    pub words: Words,
    pub parts: Vec<SplitPart>,
    /// Spans without readings.
    pub gaps: Vec<(i64, i64)>,
    /// A thin line of the target over the same time, means of equal stretches.
    pub readings: &'a [Option<f64>],
    pub write: &'a dyn Fn(i64) -> String,
}

/// Draws the parts in time, the target above them, gaps as marks.
pub(crate) fn split_bar(s: &SplitBar, width: f64) -> String {
    let room = |p: &SplitPart| text_width(&p.name, 12.0).max(text_width(&p.detail, 12.0)) + 8.0;
    let share = |p: &SplitPart| {
        (p.to - p.from) as f64 / (s.parts.iter().map(|p| p.to - p.from).sum::<i64>().max(1)) as f64
    };
    let crowded = s.parts.iter().any(|p| room(p) > share(p) * width);
    let height = if crowded { 168.0 } else { 136.0 };
    let mut svg = Svg::new(width, height, &s.words.title, &s.words.description);
    let from = s.parts.iter().map(|p| p.from).min().unwrap_or(0);
    let to = s.parts.iter().map(|p| p.to).max().unwrap_or(1);
    let x = Scale::linear(from as f64, to as f64, 1.0, width - 1.0);
    let (line_top, line_bottom, bar, tall) = (6.0, 66.0, 76.0, 22.0);
    if let Some((low, high)) = extent(or_nan(s.readings)) {
        let y = Scale::linear(low, high, line_bottom, line_top);
        let n = s.readings.len().max(2) as f64 - 1.0;
        let points: Vec<(f64, f64)> = or_nan(s.readings)
            .enumerate()
            .map(|(i, v)| (x.at(from as f64 + (to - from) as f64 * i as f64 / n), y.at(v)))
            .collect();
        svg.line(&points, "series");
    }
    let mut last_end = [f64::NEG_INFINITY; 2];
    for part in &s.parts {
        let (a, b) = (x.at(part.from as f64), x.at(part.to as f64));
        svg.rect(a + 0.5, bar, (b - a - 1.0).max(1.0), tall, part.class);
        svg.stroke(a, line_top, a, bar + tall, "grid");
        // A part too narrow for its words lends them the room of its neighbours, one line lower.
        let need = text_width(&part.name, 12.0).max(text_width(&part.detail, 12.0));
        let start = (a + 1.0).min(width - need - 1.0).max(0.0);
        let line = if start < last_end[0] + 8.0 { 1 } else { 0 };
        last_end[line] = start + need;
        let y = bar + tall + 16.0 + 32.0 * line as f64;
        let class = if part.class == "part-test" { "on-accent" } else { "strong" };
        svg.text(start, y, Anchor::Start, class, &part.name);
        svg.text(start, y + 15.0, Anchor::Start, "tick", &part.detail);
    }
    for &(gap_from, gap_to) in &s.gaps {
        let (a, b) = (x.at(gap_from as f64), x.at(gap_to as f64));
        svg.rect(a, bar - 4.0, (b - a).max(1.5), tall + 8.0, "dot-alarm");
    }
    let first = (s.write)(from);
    svg.text(0.0, line_top + 6.0, Anchor::Start, "tick quiet-back", &first);
    svg.text(width, line_top + 6.0, Anchor::End, "tick quiet-back", &(s.write)(to));
    svg.finish()
}
