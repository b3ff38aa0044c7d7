//! One forecast: what came before, what came true, what was forecast with its interval, what the season before said.

use super::{Words, end_labels, extent, label_room, padded, value_ticks};
use crate::Language;
use crate::svg::{Axis, Plot, Scale, Svg};
use crate::text::{self, Step};

/// What is drawn; all lists but `history` have one value a forecast row.
pub(crate) struct Day<'a> {
    pub words: Words,
    pub times: &'a [i64],
    pub zone: &'a str,
    pub step: Step,
    pub history: &'a [f64],
    pub truth: &'a [Option<f64>],
    pub naive: &'a [f64],
    pub value: &'a [f64],
    pub low: &'a [f64],
    pub high: &'a [f64],
    pub naive_label: String,
    pub unit: &'a str,
}

/// Draws the day.
pub(crate) fn day(d: &Day, width: f64, language: Language) -> String {
    let height = (width * 0.68).min(300.0);
    let mut svg = Svg::new(width, height, &d.words.title, &d.words.description);
    let rows = d.times.len().max(d.value.len());
    // As much of the past as of the future at most, so that the forecast stays large.
    let past = &d.history[d.history.len().saturating_sub((rows / 2).max(6))..];
    let truth: Vec<f64> = d.truth.iter().map(|v| v.unwrap_or(f64::NAN)).collect();
    let all = past.iter().chain(&truth).chain(d.naive).chain(d.value).chain(d.low).chain(d.high).copied();
    let (low, high) = padded(extent(all).unwrap_or((0.0, 1.0)), 0.06);
    let y_ticks = value_ticks(low, high, 4, d.unit, language);
    let names = ["day-truth", "day-forecast"].map(|key| text::message(key, &[], language));
    let room =
        names.iter().chain([&d.naive_label]).map(|n| crate::svg::text_width(n, 12.0)).fold(0.0, f64::max)
            + 20.0;
    let (left, right, top, bottom) =
        (label_room(&y_ticks), width - room.min(width * 0.3), 16.0, height - 26.0);
    let x = Scale::linear(-(past.len() as f64), rows.saturating_sub(1).max(1) as f64, left, right);
    let y = Scale::linear(low, high, bottom, top);
    let now = x.at(-0.5);
    svg.rect(now, top, right - now, bottom - top, "future");
    let x_axis = Axis { scale: x, ticks: time_ticks(d, rows, past.len(), language), title: String::new() };
    let y_axis = Axis { scale: y, ticks: y_ticks, title: String::new() };
    let mut plot = Plot::new(svg, x_axis, y_axis, (left, right, top, bottom));
    plot.svg.stroke(now, top, now, bottom, "rule");
    let ahead = || (0..rows).map(|i| i as f64);
    let upper = plot.points(ahead(), d.high.iter().copied());
    let lower = plot.points(ahead(), d.low.iter().copied());
    plot.svg.band(&upper, &lower, "band");
    let naive = plot.points(ahead(), d.naive.iter().copied());
    let came = plot.points(ahead(), truth.iter().copied());
    let told = plot.points(ahead(), d.value.iter().copied());
    let mut before = plot.points((0..past.len()).map(|i| i as f64 - past.len() as f64), past.iter().copied());
    before.extend(came.first());
    plot.svg.line(&naive, "series dashed faded").line(&before, "series ink faded");
    plot.svg.line(&came, "series ink").line(&told, "series accent");
    let end = |line: &[(f64, f64)]| line.iter().rev().find(|p| p.1.is_finite()).map(|p| p.1);
    let [truth_name, forecast_name] = names;
    let labels: Vec<_> = [
        (end(&came), truth_name, "strong"),
        (end(&told), forecast_name, "on-accent"),
        (end(&naive), d.naive_label.clone(), "quiet"),
    ]
    .into_iter()
    .filter_map(|(y, name, class)| y.map(|y| (y, name, class)))
    .collect();
    end_labels(&mut plot.svg, right, &labels, top, bottom, room);
    plot.finish()
}

/// Ticks at midnight and every six hours, at days, or at round rows ahead, as the clock allows.
fn time_ticks(d: &Day, rows: usize, past: usize, language: Language) -> Vec<(f64, String)> {
    if !d.step.has_clock() || d.times.is_empty() {
        let (values, _) = crate::svg::ticks(-(past as f64), rows as f64, 5);
        return values.into_iter().map(|v| (v, text::signed(v, 0, language))).collect();
    }
    let gap = if d.times.len() > 1 { (d.times[1] - d.times[0]).max(1) } else { 3_600_000 };
    let start = d.times[0];
    let time = |i: i64| {
        let inside = usize::try_from(i).ok().and_then(|i| d.times.get(i));
        inside.copied().unwrap_or(start.saturating_add(gap.saturating_mul(i)))
    };
    let span = (rows + past) as i64;
    if !d.step.has_hours() {
        let every = (span / 5).max(1);
        let range = (-(past as i64)..rows as i64).filter(|i| i.rem_euclid(every) == 0);
        return range.map(|i| (i as f64, text::date_short(time(i), d.zone, language))).collect();
    }
    let days = span.saturating_mul(gap) as f64 / 86_400_000.0;
    let every = if days <= 2.2 {
        6
    } else if days <= 4.0 {
        12
    } else {
        24
    };
    let skip = (days / 7.0).ceil().max(1.0) as i64;
    let mut out = Vec::new();
    for i in -(past as i64)..rows as i64 {
        let Some(m) = text::moment(time(i), d.zone) else { continue };
        if m.minute != 0 || m.hour % every != 0 || (gap < 60_000 && out.len() > 12) {
            continue;
        }
        if every == 24 && i64::from(m.day) % skip != 0 {
            continue;
        }
        let label =
            if m.hour == 0 { text::date_short(time(i), d.zone, language) } else { format!("{:02}", m.hour) };
        out.push((i as f64, label));
    }
    out
}
