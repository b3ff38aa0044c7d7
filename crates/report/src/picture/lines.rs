//! Lines by rows ahead, one a rung, each named at its end.

use super::{Words, cut_above, end_labels, extent, label_room, value_ticks};
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
    let highest = |s: &Series| extent(s.values.iter().copied()).map(|(_, high)| high);
    let cap = cut_above(l.series.iter().filter_map(highest)).filter(|_| l.to.is_none());
    let low = l.from.unwrap_or(least - (cap.unwrap_or(most) - least).abs().max(1e-9) * 0.06);
    let high = l.to.unwrap_or(cap.map_or(most + (most - low).abs() * 0.05, |cap| cap * 1.08));
    let y_ticks: Vec<(f64, String)> = if l.percent {
        let (values, _) = crate::svg::ticks(low, high, 5);
        let digits = if (high - low) < 0.05 { 1 } else { 0 };
        values.into_iter().map(|v| (v, text::percent(v, digits, language))).collect()
    } else {
        value_ticks(low, high, 5, &l.unit, language)
    };
    let names = l.series.iter().map(|s| &s.title).chain(l.rule.iter().map(|r| &r.1));
    let longest = names.map(|n| crate::svg::text_width(n, 12.5)).fold(30.0, f64::max) + 20.0;
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
    let mut labels = Vec::new();
    if let Some((at, name)) = l.rule.as_ref().filter(|(_, name)| !name.is_empty()) {
        labels.push((y.at(*at), name.clone(), "quiet"));
    }
    let mut order: Vec<&Series> = l.series.iter().collect();
    order.sort_by_key(|s| s.chosen);
    for s in order {
        let points: Vec<(f64, f64)> = l.xs.iter().zip(&s.values).map(|(&at, &v)| (at, v)).collect();
        let seen: Vec<(f64, f64)> = below(&points, high).iter().map(|&(at, v)| (x.at(at), y.at(v))).collect();
        plot.svg.line(&seen, if s.chosen { "series accent" } else { "series" });
        let class = if s.chosen { "on-accent" } else { "label" };
        let Some(&(_, last)) = points.iter().rev().find(|p| p.1.is_finite()) else { continue };
        let peak = points.iter().filter(|p| p.1.is_finite()).max_by(|a, b| a.1.total_cmp(&b.1)).copied();
        if let Some((at, peak)) = peak.filter(|p| p.1 > high) {
            let peak = text::with_unit(&text::number(peak, text::decimals(peak, 3), language), &l.unit);
            let name = text::message("lines-cut", &[("name", s.title.clone()), ("peak", peak)], language);
            let half = crate::svg::text_width(&name, 12.0) / 2.0;
            let centre = x.at(at).clamp(left + half, (right - half).max(left + half));
            plot.svg.text(centre, top - 4.0, Anchor::Middle, class, &name);
        }
        if last <= high {
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
        values = if wide {
            vec![3.0, 6.0, 9.0, 12.0, 15.0, 18.0, 21.0, 24.0]
        } else {
            vec![6.0, 12.0, 18.0, 24.0]
        };
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
        assert_eq!(cut_above([1.0, 2.0, 10.0]), Some(2.0));
        assert_eq!(cut_above([1.0, 2.0, 3.0]), None);
        assert_eq!(cut_above([1.0, 30.0]), None);
        let cut = below(&[(0.0, 0.0), (1.0, 4.0)], 2.0);
        assert_eq!(cut[1], (0.5, 2.0));
        assert!(cut[2].1.is_nan());
    }
}
