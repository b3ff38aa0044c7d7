//! The pictures of the pages: figures in, one `<svg>` out. Words come in already written, or from the catalogue.

mod cost;
mod curve;
mod day;
mod examples;
mod heat;
mod lines;
mod map;
mod matrix;
mod plane;
mod powers;
mod readings;
mod small;
mod tints;
mod trace;

pub(crate) use cost::{CostPoint, cost};
pub(crate) use curve::{Curve, curve};
pub(crate) use day::{Day, day};
pub(crate) use examples::{Diagonal, Square, diagonal, square};
pub(crate) use heat::{Heat, heat};
pub(crate) use lines::{Lines, Series, lines};
pub(crate) use map::{Circle, map};
pub(crate) use matrix::{Matrix, matrix};
pub(crate) use plane::plane;
pub(crate) use powers::{Powers, powers};
pub(crate) use readings::{
    Relation, SplitBar, SplitPart, autocorrelation, relation, split_bar, typical_week,
};
pub(crate) use small::{bars, histogram, small_histogram, sparkline};
pub(crate) use tints::tints;
pub(crate) use trace::{Trace, trace};

use crate::Language;
use crate::svg::{self, Anchor, Svg};
use crate::text;

/// What every picture carries: its name and description for screen readers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    pub title: String,
    pub description: String,
}

/// Ticks of a value axis with labels in the language's writing; the unit stands on the last one.
pub(crate) fn value_ticks(
    low: f64,
    high: f64,
    wanted: usize,
    unit: &str,
    language: Language,
) -> Vec<(f64, String)> {
    let (values, decimals) = svg::ticks(low, high, wanted);
    let last = values.len().saturating_sub(1);
    values
        .iter()
        .enumerate()
        .map(|(i, &value)| {
            let label = text::number(value, decimals, language);
            (value, if i == last { text::with_unit(&label, unit) } else { label })
        })
        .collect()
}

/// Room that the labels of an axis need at its left.
pub(crate) fn label_room(ticks: &[(f64, String)]) -> f64 {
    ticks.iter().map(|(_, label)| svg::text_width(label, 12.0)).fold(18.0, f64::max) + 9.0
}

/// Lowest and highest finite value.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|v| v.is_finite()).fold(None, |range, v| match range {
        None => Some((v, v)),
        Some((low, high)) => Some((v.min(low), v.max(high))),
    })
}

/// Where an axis ends when its longest part would squash all others: a value far above the second highest is cut there.
/// None where nothing needs cutting.
pub(crate) fn cut_above(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let mut tops: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
    tops.sort_by(f64::total_cmp);
    match tops.as_slice() {
        [_, .., second, first] if *first > 2.2 * second && *second > 0.0 => Some(*second),
        _ => None,
    }
}

/// The range widened by a share of itself at both ends.
pub(crate) fn padded((low, high): (f64, f64), share: f64) -> (f64, f64) {
    let pad = if high > low { (high - low) * share } else { low.abs().max(1.0) * 0.05 };
    (low - pad, high + pad)
}

/// `text` cut to `width` pixels with an ellipsis.
pub(crate) fn shorten(text: &str, width: f64) -> String {
    if svg::text_width(text, 12.0) <= width {
        return text.to_string();
    }
    let mut out = String::new();
    for c in text.chars() {
        out.push(c);
        if svg::text_width(&out, 12.0) + 10.0 > width {
            break;
        }
    }
    format!("{}…", out.trim_end())
}

/// Labels at the right of a plot, kept apart, with a thin leader where one had to move.
pub(crate) fn end_labels(
    svg: &mut Svg,
    x: f64,
    labels: &[(f64, String, &str)],
    top: f64,
    bottom: f64,
    room: f64,
) {
    let wanted: Vec<f64> = labels.iter().map(|l| l.0).collect();
    let placed = svg::spread(&wanted, 14.0, top + 4.0, bottom - 2.0);
    for ((wish, label, class), y) in labels.iter().zip(placed) {
        if (wish - y).abs() > 3.0 {
            svg.stroke(x + 2.0, *wish, x + 9.0, y, "leader");
        }
        svg.text(x + 12.0, y + 4.0, Anchor::Start, class, &shorten(label, room - 12.0));
    }
}
