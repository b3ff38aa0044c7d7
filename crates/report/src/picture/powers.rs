//! Two quantities over powers of ten: growth of a vocabulary, frequency by rank.

use super::{Words, extent, label_room};
use crate::Language;
use crate::svg::{Anchor, Axis, Plot, Scale, Svg, log_ticks};
use crate::text;

/// What is drawn.
pub(crate) struct Powers<'a> {
    pub words: Words,
    pub points: &'a [(u64, u64)],
    /// A law y = factor x^exponent beside them, with its name.
    pub law: Option<(f64, f64, String)>,
    pub x_title: String,
    pub y_title: String,
}

/// Draws the points and the law on logarithmic axes.
pub(crate) fn powers(p: &Powers, width: f64, language: Language) -> String {
    let height = width * 0.62;
    let svg = Svg::new(width, height, &p.words.title, &p.words.description);
    let (low_x, high_x) = extent(p.points.iter().map(|p| p.0 as f64)).unwrap_or((1.0, 10.0));
    let (low_y, high_y) = extent(p.points.iter().map(|p| p.1 as f64)).unwrap_or((1.0, 10.0));
    let tick = |v: f64| (v, text::count(v.round().max(0.0) as usize, language));
    let whole = |low, high| {
        log_ticks(low, high).into_iter().filter(|v: &f64| *v >= 1.0).map(tick).collect::<Vec<_>>()
    };
    let (x_ticks, y_ticks) = (whole(low_x, high_x), whole(low_y, high_y));
    let (left, right, top, bottom) = (label_room(&y_ticks), width - 14.0, 30.0, height - 40.0);
    let x = Scale::log(low_x, high_x, left + 4.0, right - 4.0);
    let y = Scale::log(low_y, high_y, bottom - 2.0, top + 2.0);
    let x_axis = Axis { scale: x, ticks: x_ticks, title: p.x_title.clone() };
    let y_axis = Axis { scale: y, ticks: y_ticks, title: p.y_title.clone() };
    let mut plot = Plot::new(svg, x_axis, y_axis, (left, right, top, bottom));
    if let Some((factor, exponent, name)) = &p.law {
        // Inside the frame only.
        let inside = |v: f64| if v >= low_y * 0.999 && v <= high_y * 1.001 { y.at(v) } else { f64::NAN };
        let steps = (0..=60).map(|i| low_x * (high_x / low_x).powf(f64::from(i) / 60.0));
        let line: Vec<(f64, f64)> = steps.map(|at| (x.at(at), inside(factor * at.powf(*exponent)))).collect();
        plot.svg.line(&line, "series dashed");
        let middle = line.iter().filter(|p| p.1.is_finite()).nth(line.len() / 3);
        if let Some(&(at, level)) = middle {
            let (anchor, shift) = if *exponent > 0.0 { (Anchor::Start, 18.0) } else { (Anchor::Start, -8.0) };
            plot.svg.text(at + 8.0, level + shift, anchor, "tick halo", name);
        }
    }
    let points = plot.points(p.points.iter().map(|p| p.0 as f64), p.points.iter().map(|p| p.1 as f64));
    plot.svg.line(&points, "series accent");
    plot.finish()
}
