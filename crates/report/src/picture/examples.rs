//! Pictures of classes and numbers: right against said as a square of counts, and points or a line against the diagonal.

use super::{Words, extent, label_room, padded, shorten, value_ticks};
use crate::Language;
use crate::svg::{Anchor, Axis, Plot, Scale, Svg, text_width};
use crate::text;

/// Right (rows) against said (columns).
pub(crate) struct Square<'a> {
    pub words: Words,
    pub names: &'a [String],
    pub counts: &'a [Vec<u64>],
    /// Title of the columns.
    pub said: String,
}

/// Draws the square: the colour of a cell is its share of its row, its figure the count.
pub(crate) fn square(s: &Square, width: f64, language: Language) -> String {
    let k = s.names.len().max(1);
    let room = (width * 0.3).min(190.0);
    let names: Vec<String> = s.names.iter().map(|name| shorten(name, room)).collect();
    let left = names.iter().map(|n| text_width(n, 12.0)).fold(20.0, f64::max) + 10.0;
    let cell = ((width - left - 2.0) / k as f64).min(90.0);
    let tall = cell.clamp(16.0, 44.0);
    let slanted = names.iter().any(|n| text_width(n, 12.0) > cell - 6.0);
    let top = 40.0;
    let height = top + tall * k as f64 + 8.0;
    let mut svg = Svg::new(width, height, &s.words.title, &s.words.description);
    svg.text(left, 12.0, Anchor::Start, "title", &s.said);
    for (i, name) in names.iter().enumerate() {
        let y = top + tall * (i as f64 + 0.5) + 4.0;
        svg.text(left - 8.0, y, Anchor::End, "tick", name);
        // Names that do not fit are numbered in the order of the rows.
        let label = if slanted { (i + 1).to_string() } else { name.clone() };
        if text_width(&label, 12.0) < cell || i % 5 == 4 {
            svg.text(left + cell * (i as f64 + 0.5), top - 7.0, Anchor::Middle, "tick", &label);
        }
    }
    for (r, row) in s.counts.iter().enumerate() {
        let sum = row.iter().sum::<u64>().max(1) as f64;
        for (c, &count) in row.iter().enumerate().filter(|(_, count)| **count > 0) {
            let (x, y) = (left + cell * c as f64, top + tall * r as f64);
            let (right, said) = (s.names.get(r), s.names.get(c));
            let hint = format!(
                "{} → {}: {}",
                right.map_or("", String::as_str),
                said.map_or("", String::as_str),
                text::count(count as usize, language)
            );
            let share = 0.05 + 0.95 * count as f64 / sum;
            svg.rect_titled(x + 0.5, y + 0.5, cell - 1.0, tall - 1.0, "cell", Some(share), &hint);
            let figure = text::count(count as usize, language);
            if text_width(&figure, 11.0) < cell - 2.0 && tall >= 16.0 {
                let class = if share > 0.55 { "tick small on-cell" } else { "tick small" };
                svg.text(x + cell / 2.0, y + tall / 2.0 + 4.0, Anchor::Middle, class, &figure);
            }
        }
    }
    svg.finish()
}

/// Points, or a line, against the diagonal.
pub(crate) struct Diagonal {
    pub words: Words,
    pub points: Vec<(f64, f64)>,
    /// Joins the points.
    pub line: bool,
    pub x_title: String,
    pub y_title: String,
    /// Both axes are shares from 0 to 1.
    pub shares: bool,
}

/// Draws them over a square range, so that the diagonal means equality.
pub(crate) fn diagonal(d: &Diagonal, width: f64, language: Language) -> String {
    let height = width.min(420.0) * 0.9;
    let svg = Svg::new(width, height, &d.words.title, &d.words.description);
    let (low, high) = match d.shares {
        true => (0.0, 1.0),
        false => {
            let all = d.points.iter().flat_map(|p| [p.0, p.1]);
            padded(extent(all).unwrap_or((0.0, 1.0)), 0.03)
        }
    };
    let ticks = |count| match d.shares {
        true => [0.0, 0.25, 0.5, 0.75, 1.0].map(|v| (v, text::percent(v, 0, language))).to_vec(),
        false => value_ticks(low, high, count, "", language),
    };
    let (left, right, top, bottom) = (label_room(&ticks(5)), width - 14.0, 26.0, height - 42.0);
    let x = Scale::linear(low, high, left + 4.0, right);
    let y = Scale::linear(low, high, bottom, top);
    let x_axis = Axis { scale: x, ticks: ticks(6), title: d.x_title.clone() };
    let y_axis = Axis { scale: y, ticks: ticks(5), title: d.y_title.clone() };
    let mut plot = Plot::new(svg, x_axis, y_axis, (left, right, top, bottom));
    plot.svg.line(&[(x.at(low), y.at(low)), (x.at(high), y.at(high))], "series dashed");
    let at: Vec<(f64, f64)> = d.points.iter().map(|p| (x.at(p.0), y.at(p.1))).collect();
    if d.line {
        plot.svg.line(&at, "series accent");
        if at.len() <= 30 {
            at.iter().for_each(|&(px, py)| {
                plot.svg.circle(px, py, 3.0, "dot-accent");
            });
        }
    } else {
        plot.svg.dots(&at, "speck");
    }
    plot.finish()
}
