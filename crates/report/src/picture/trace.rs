//! One figure over a count: log-likelihood by iteration, a score by number of topics, one position marked.

use super::{Words, extent, label_room, padded, value_ticks};
use crate::Language;
use crate::svg::{Anchor, Axis, Plot, Scale, Svg};
use crate::text;

/// What is drawn.
pub(crate) struct Trace<'a> {
    pub words: Words,
    pub points: &'a [(f64, f64)],
    /// A position to mark, with its name.
    pub marked: Option<(f64, String)>,
    pub x_title: String,
    pub y_title: String,
}

/// Draws the line; few points are drawn as dots too.
pub(crate) fn trace(t: &Trace, width: f64, language: Language) -> String {
    let height = width * 0.56;
    let svg = Svg::new(width, height, &t.words.title, &t.words.description);
    let (low, high) = padded(extent(t.points.iter().map(|p| p.1)).unwrap_or((0.0, 1.0)), 0.08);
    let (first, last) = extent(t.points.iter().map(|p| p.0)).unwrap_or((0.0, 1.0));
    let y_ticks = value_ticks(low, high, 4, "", language);
    let (left, right, top, bottom) = (label_room(&y_ticks), width - 16.0, 32.0, height - 40.0);
    let x = Scale::linear(first, last, left + 6.0, right - 4.0);
    let y = Scale::linear(low, high, bottom, top);
    let few = t.points.len() <= 24;
    let positions: Vec<f64> = if few {
        t.points.iter().map(|p| p.0).collect()
    } else {
        crate::svg::ticks(first, last, if width < 400.0 { 4 } else { 7 }).0
    };
    let x_axis = Axis {
        scale: x,
        ticks: positions.into_iter().map(|v| (v, text::number(v, 0, language))).collect(),
        title: t.x_title.clone(),
    };
    let y_axis = Axis { scale: y, ticks: y_ticks, title: t.y_title.clone() };
    let mut plot = Plot::new(svg, x_axis, y_axis, (left, right, top, bottom));
    let at: Vec<(f64, f64)> = t.points.iter().map(|&(a, b)| (x.at(a), y.at(b))).collect();
    let marked = t.marked.as_ref().filter(|(m, _)| (first..=last).contains(m));
    if let Some((value, label)) = marked {
        let px = x.at(*value);
        plot.svg.stroke(px, top - 4.0, px, bottom, "rule");
        let right_half = px > (left + right) / 2.0;
        let (anchor, shift) = if right_half { (Anchor::End, -6.0) } else { (Anchor::Start, 6.0) };
        plot.svg.text(px + shift, bottom - 8.0, anchor, "on-accent halo", label);
    }
    plot.svg.line(&at, "series accent");
    if few {
        for (&(px, py), (position, _)) in at.iter().zip(t.points).filter(|(p, _)| p.1.is_finite()) {
            let chosen = marked.is_some_and(|(m, _)| m == position);
            plot.svg.circle(
                px,
                py,
                if chosen { 5.5 } else { 3.0 },
                if chosen { "dot-accent" } else { "dot-ink" },
            );
        }
    }
    plot.finish()
}
