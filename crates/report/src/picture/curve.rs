//! A learning curve: training and validation loss by epoch, the chosen epoch marked.

use super::{Words, end_labels, extent, label_room, padded, value_ticks};
use crate::Language;
use crate::model::EpochPoint;
use crate::svg::{Anchor, Axis, Plot, Scale, Svg};
use crate::text;

/// What is drawn.
pub(crate) struct Curve<'a> {
    pub words: Words,
    pub points: &'a [EpochPoint],
    /// Counted from 1; 0 for none.
    pub best_epoch: usize,
    pub chosen: bool,
}

/// Draws the curve.
pub(crate) fn curve(c: &Curve, width: f64, language: Language) -> String {
    let height = width * 0.62;
    let svg = Svg::new(width, height, &c.words.title, &c.words.description);
    let losses = c.points.iter().flat_map(|p| [p.train_loss, p.valid_loss]);
    let (low, high) = padded(extent(losses).unwrap_or((0.0, 1.0)), 0.08);
    let y_ticks = value_ticks(low.max(0.0), high, 4, "", language);
    let room = 84.0;
    let (left, right, top, bottom) = (label_room(&y_ticks), width - room, 30.0, height - 40.0);
    let last = c.points.last().map_or(1, |p| p.epoch).max(1) as f64;
    let first = c.points.first().map_or(1, |p| p.epoch) as f64;
    let x = Scale::linear(first, if last > first { last } else { first + 1.0 }, left + 6.0, right - 4.0);
    let (mut epochs, _) = crate::svg::ticks(first, last, if width < 400.0 { 5 } else { 8 });
    epochs.retain(|e| e.fract() == 0.0);
    let x_axis = Axis {
        scale: x,
        ticks: epochs.iter().map(|&e| (e, text::number(e, 0, language))).collect(),
        title: text::message("curve-epoch", &[], language),
    };
    let y = Scale::linear(low.max(0.0), high, bottom, top);
    let y_axis = Axis { scale: y, ticks: y_ticks, title: text::message("curve-loss", &[], language) };
    let mut plot = Plot::new(svg, x_axis, y_axis, (left, right, top, bottom));
    if c.best_epoch > 0 {
        let at = x.at(c.best_epoch as f64);
        plot.svg.stroke(at, top - 4.0, at, bottom, "rule");
        let label = text::message("curve-chosen", &[("epoch", c.best_epoch.to_string())], language);
        let anchor = if at > (left + right) / 2.0 { Anchor::End } else { Anchor::Start };
        plot.svg.text(
            at + if anchor == Anchor::End { -5.0 } else { 5.0 },
            top + 5.0,
            anchor,
            "tick halo",
            &label,
        );
    }
    let at = |value: fn(&EpochPoint) -> f64| -> Vec<(f64, f64)> {
        c.points.iter().map(|p| (x.at(p.epoch as f64), y.at(value(p)))).collect()
    };
    let (train, valid) = (at(|p| p.train_loss), at(|p| p.valid_loss));
    let valid_class = if c.chosen { "series accent" } else { "series ink" };
    plot.svg.line(&train, "series dashed").line(&valid, valid_class);
    if c.points.len() <= 24 {
        for &(px, py) in valid.iter().filter(|p| p.1.is_finite()) {
            plot.svg.circle(px, py, 2.2, if c.chosen { "dot-accent" } else { "dot-ink" });
        }
    }
    if let Some(best) = c.points.iter().position(|p| p.epoch == c.best_epoch) {
        let class = if c.chosen { "dot-accent" } else { "dot-ink" };
        let (px, py) = valid[best];
        if py.is_finite() {
            plot.svg.circle(px, py, 4.5, class);
        }
    }
    let end = |line: &[(f64, f64)]| line.iter().rev().find(|p| p.1.is_finite()).map(|p| p.1);
    let mut labels = Vec::new();
    if let Some(y) = end(&valid) {
        labels.push((
            y,
            text::message("curve-valid", &[], language),
            if c.chosen { "on-accent" } else { "strong" },
        ));
    }
    if let Some(y) = end(&train) {
        labels.push((y, text::message("curve-train", &[], language), "quiet"));
    }
    end_labels(&mut plot.svg, right, &labels, top, bottom, room);
    plot.finish()
}
