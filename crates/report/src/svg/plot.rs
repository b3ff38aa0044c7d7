//! A frame with axes: the part that all charts share.

use super::{Anchor, Scale, Svg, text_width};

/// One axis: its scale, its ticks with their labels, and its title.
#[derive(Debug, Clone)]
pub struct Axis {
    /// Scale from values to pixels.
    pub scale: Scale,
    /// Values and their labels.
    pub ticks: Vec<(f64, String)>,
    /// Title; empty for none.
    pub title: String,
}

/// A chart being drawn: an [`Svg`] with a plotting area and two axes.
#[derive(Debug, Clone)]
pub struct Plot {
    /// The picture.
    pub svg: Svg,
    /// Left edge of the plotting area.
    pub left: f64,
    /// Right edge.
    pub right: f64,
    /// Top edge.
    pub top: f64,
    /// Bottom edge.
    pub bottom: f64,
    /// Horizontal scale.
    pub x: Scale,
    /// Vertical scale.
    pub y: Scale,
}

impl Plot {
    /// Draws faint horizontal lines with their labels, labels below, and the titles. The scales' pixel ranges are taken as the area.
    pub fn new(mut svg: Svg, x: Axis, y: Axis, area: (f64, f64, f64, f64)) -> Plot {
        let (left, right, top, bottom) = area;
        for (value, label) in &y.ticks {
            let at = y.scale.at(*value);
            svg.stroke(left, at, right, at, "grid");
            svg.text(left - 7.0, at + 4.0, Anchor::End, "tick", label);
        }
        if !y.title.is_empty() {
            svg.text(0.0, top - 12.0, Anchor::Start, "title", &y.title);
        }
        svg.stroke(left, bottom, right, bottom, "axis");
        let mut last_end = f64::NEG_INFINITY;
        for (value, label) in &x.ticks {
            let at = x.scale.at(*value);
            svg.stroke(at, bottom, at, bottom + 4.0, "axis");
            // A label that would touch the one before it is left out, its tick stays.
            let half = text_width(label, 12.0) / 2.0;
            let centre = at.clamp(half, (svg.width() - half).max(half));
            if centre - half > last_end + 4.0 {
                svg.text(centre, bottom + 17.0, Anchor::Middle, "tick", label);
                last_end = centre + half;
            }
        }
        if !x.title.is_empty() {
            svg.text(right, bottom + 34.0, Anchor::End, "title", &x.title);
        }
        Plot { svg, left, right, top, bottom, x: x.scale, y: y.scale }
    }

    /// Points of a series, in pixels.
    pub fn points(
        &self,
        xs: impl IntoIterator<Item = f64>,
        ys: impl IntoIterator<Item = f64>,
    ) -> Vec<(f64, f64)> {
        xs.into_iter().zip(ys).map(|(x, y)| (self.x.at(x), self.y.at(y))).collect()
    }

    /// The finished `<svg>` element.
    pub fn finish(self) -> String {
        self.svg.finish()
    }
}
