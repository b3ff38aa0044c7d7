//! Lines by rows ahead, one a rung, each named at its end.

use super::{Words, end_labels, extent, label_room, value_ticks};
use crate::Language;
use crate::svg::{Anchor, Axis, Plot, Scale, Svg};
use crate::text;

/// One line.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub title: String,
    pub values: Vec<f64>,
    pub chosen: bool,
}

/// What is drawn.
pub(crate) struct Lines {
    pub words: Words,
    pub series: Vec<Series>,
    /// Position of each row ahead on the axis (1 h, 2 h …).
    pub xs: Vec<f64>,
    pub x_title: String,
    pub y_title: String,
    pub unit: String,
    /// Lower end of the axis; none lets the values say.
    pub from: Option<f64>,
    /// Upper end of the axis; none lets the values say.
    pub to: Option<f64>,
    /// A value to hold against, with its name: the promised coverage, zero bias.
    pub rule: Option<(f64, String)>,
    /// Values are shares, written as percentages.
    pub percent: bool,
}

/// The top of the axis: a line far above all others is cut, so that the others can be told apart.
fn top_of(series: &[Series]) -> f64 {
    let mut tops: Vec<f64> =
        series.iter().filter_map(|s| extent(s.values.iter().copied())).map(|(_, high)| high).collect();
    tops.sort_by(f64::total_cmp);
    match tops.as_slice() {
        [.., second, first] if *first > 2.2 * second => *second,
        [.., first] => *first,
        [] => 1.0,
    }
}

/// The part of a line below `top`, cut where it crosses.
fn below(points: &[(f64, f64)], top: f64) -> Vec<(f64, f64)> {
    let mut out = Vec::with_capacity(points.len() + 4);
    for (i, &(x, y)) in points.iter().enumerate() {
        let before = (i > 0).then(|| points[i - 1]).filter(|p| p.1.is_finite() && y.is_finite());
        if let Some((px, py)) = before
            && (py > top) != (y > top)
        {
            out.push((px + (x - px) * (top - py) / (y - py), top));
        }
        out.push((x, if y > top { f64::NAN } else { y }));
    }
    out
}

/// Draws the lines.
pub(crate) fn lines(l: &Lines, width: f64, language: Language) -> String {
    let wide = width >= 440.0;
    let height = if wide { (width * 0.46).clamp(250.0, 360.0) } else { 270.0 };
    let mut svg = Svg::new(width, height, &l.words.title, &l.words.description);
    let all = || l.series.iter().flat_map(|s| s.values.iter().copied()).chain(l.rule.iter().map(|r| r.0));
    let (least, most) = extent(all()).unwrap_or((0.0, 1.0));
    let cap = top_of(&l.series);
    let cut = l.to.is_none() && most > cap;
    let span = (cap - least).abs().max(1e-9);
    let low = l.from.unwrap_or(least - span * 0.06);
    let high = l.to.unwrap_or(if cut { cap * 1.08 } else { most + (most - low).abs() * 0.05 });
    let y_ticks: Vec<(f64, String)> = if l.percent {
        let (values, _) = crate::svg::ticks(low, high, 5);
        let digits = if (high - low) < 0.05 { 1 } else { 0 };
        values.into_iter().map(|v| (v, text::percent(v, digits, language))).collect()
    } else {
        value_ticks(low, high, 5, &l.unit, language)
    };
    let longest = l.series.iter().map(|s| crate::svg::text_width(&s.title, 12.0)).fold(30.0, f64::max) + 20.0;
    let room = longest.min(width * if wide { 0.3 } else { 0.33 });
    let (left, right, top, bottom) = (label_room(&y_ticks), width - room, 32.0, height - 40.0);
    let (from, to) = extent(l.xs.iter().copied()).unwrap_or((0.0, 1.0));
    let x = Scale::linear(from, to, left + 2.0, right - 2.0);
    let y = Scale::linear(low, high, bottom, top);
    let x_axis = Axis { scale: x, ticks: x_ticks(&l.xs, wide, language), title: l.x_title.clone() };
    let y_axis = Axis { scale: y, ticks: y_ticks, title: l.y_title.clone() };
    if let Some((at, _)) = &l.rule {
        svg.stroke(left, y.at(*at), right, y.at(*at), "rule strong-rule");
    }
    let mut plot = Plot::new(svg, x_axis, y_axis, (left, right, top, bottom));
    if let Some((at, name)) = &l.rule {
        plot.svg.text(left + 6.0, y.at(*at) - 6.0, Anchor::Start, "tick", name);
    }
    let mut labels = Vec::new();
    let mut order: Vec<&Series> = l.series.iter().collect();
    order.sort_by_key(|s| s.chosen);
    for s in order {
        let points: Vec<(f64, f64)> =
            l.xs.iter().zip(&s.values).map(|(&at, &v)| (at, v)).collect();
        let seen: Vec<(f64, f64)> =
            below(&points, high).iter().map(|&(at, v)| (x.at(at), y.at(v))).collect();
        plot.svg.line(&seen, if s.chosen { "series accent" } else { "series" });
        let class = if s.chosen { "on-accent" } else { "label" };
        let Some(&(_, last)) = points.iter().rev().find(|p| p.1.is_finite()) else { continue };
        let peak = extent(s.values.iter().copied()).map_or(last, |(_, high)| high);
        if last > high {
            let peak = text::number(peak, text::decimals(peak, 3), language);
            let name = text::message("lines-cut", &[("name", s.title.clone()), ("peak", peak)], language);
            labels.push((top, name, class));
        } else {
            labels.push((y.at(last), s.title.clone(), class));
        }
    }
    end_labels(&mut plot.svg, right, &labels, top, bottom, room);
    plot.finish()
}

/// Round positions among the rows ahead; multiples of six where they look like hours of a day or more.
fn x_ticks(xs: &[f64], wide: bool, language: Language) -> Vec<(f64, String)> {
    let Some((low, high)) = extent(xs.iter().copied()) else { return Vec::new() };
    let mut values = crate::svg::ticks(low, high, if wide { 8 } else { 4 }).0;
    if (high - 24.0).abs() < 1e-9 {
        values = if wide { vec![3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0] } else { vec![6.0, 12.0, 18.0, 24.0] };
    }
    if low >= 1.0 && (low - low.round()).abs() < 1e-9 && values.first().is_some_and(|f| *f > low) {
        values.insert(0, low);
    }
    if xs.iter().all(|v| v.fract() == 0.0) {
        values.retain(|v| v.fract() == 0.0);
    }
    let digits = if values.iter().all(|v| v.fract() == 0.0) { 0 } else { 2 };
    values.into_iter().map(|v| (v, text::number(v, digits, language))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_far_above_the_others_is_cut_where_it_crosses() {
        let line = |values: &[f64]| Series { title: "a".into(), values: values.to_vec(), chosen: false };
        assert_eq!(top_of(&[line(&[1.0, 2.0]), line(&[9.0, 10.0])]), 2.0);
        assert_eq!(top_of(&[line(&[1.0, 2.0]), line(&[1.0, 3.0])]), 3.0);
        let cut = below(&[(0.0, 0.0), (1.0, 4.0)], 2.0);
        assert_eq!(cut[1], (0.5, 2.0));
        assert!(cut[2].1.is_nan());
    }
}
