//! Weekday × hour: a stronger colour is a larger value, on light and on dark paper.

use super::Words;
use crate::Language;
use crate::svg::{Anchor, Svg, text_width};
use crate::text;

/// What is drawn: a row a weekday, a column an hour.
pub(crate) struct Heat<'a> {
    pub words: Words,
    pub rows: &'a [Vec<f64>],
    pub row_names: Vec<String>,
    pub write: &'a dyn Fn(f64) -> String,
}

/// Draws the map; the strongest cell is ringed and named.
pub(crate) fn heat(h: &Heat, width: f64, language: Language) -> String {
    let columns = h.rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let left = h.row_names.iter().map(|n| text_width(n, 12.0)).fold(20.0, f64::max) + 10.0;
    let cell = (width - left - 2.0) / columns as f64;
    let tall = cell.clamp(22.0, 30.0);
    let top = 22.0;
    let height = top + tall * h.rows.len() as f64 + 46.0;
    let mut svg = Svg::new(width, height, &h.words.title, &h.words.description);
    let (low, high) = super::extent(h.rows.iter().flatten().copied()).unwrap_or((0.0, 1.0));
    let shade = |v: f64| if high > low { 0.06 + 0.94 * (v - low) / (high - low) } else { 0.5 };
    let every = if width < 500.0 { 6 } else { 3 };
    for hour in (0..columns).step_by(every) {
        let label = if columns == 24 { format!("{hour:02}") } else { (hour + 1).to_string() };
        svg.text(left + cell * hour as f64, top - 7.0, Anchor::Start, "tick", &label);
    }
    let mut worst: Option<(f64, usize, usize)> = None;
    for (r, row) in h.rows.iter().enumerate() {
        let y = top + tall * r as f64;
        let name = h.row_names.get(r).map(String::as_str).unwrap_or("");
        svg.text(left - 8.0, y + tall / 2.0 + 4.0, Anchor::End, "tick", name);
        for (c, &value) in row.iter().enumerate() {
            if !value.is_finite() {
                continue;
            }
            let hint = format!("{name} {c:02}: {}", (h.write)(value));
            let x = left + cell * c as f64;
            svg.rect_titled(x + 0.5, y + 0.5, cell - 1.0, tall - 1.0, "cell", Some(shade(value)), &hint);
            if worst.is_none_or(|(most, _, _)| value > most) {
                worst = Some((value, r, c));
            }
        }
    }
    if let Some((_, r, c)) = worst {
        let (x, y) = (left + cell * c as f64, top + tall * r as f64);
        svg.rect(x, y, cell, tall, "ring-alarm");
    }
    // The key: what faint and strong mean.
    let (y, w) = (height - 20.0, 16.0);
    let key = |text: &str| text_width(text, 12.0);
    let (from, to) = ((h.write)(low), (h.write)(high));
    svg.text(left, y + 10.0, Anchor::Start, "tick", &from);
    let start = left + key(&from) + 8.0;
    for i in 0..6 {
        svg.rect_titled(start + w * i as f64, y, w, 12.0, "cell", Some(0.06 + 0.94 * i as f64 / 5.0), "");
    }
    svg.text(start + w * 6.0 + 8.0, y + 10.0, Anchor::Start, "tick", &to);
    if width >= 500.0 {
        let title = text::message("heat-hours", &[], language);
        svg.text(width, y + 10.0, Anchor::End, "title", &title);
    }
    svg.finish()
}
