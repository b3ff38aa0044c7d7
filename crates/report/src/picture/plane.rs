//! Lines and points over two axes, with shades of a field behind them: what lessons are drawn with.

use super::{Words, end_labels, extent, label_room, padded, value_ticks};
use crate::Language;
use crate::lesson::{Field, Look, Plane, Trail};
use crate::svg::{Anchor, Axis, Plot, Scale, Svg, log_ticks, text_width};

/// Shades of a field: by the root of the distance from the least, so that a bowl shows rings.
const SHADES: usize = 12;
/// Size of a label at a place.
const LABEL: f64 = 12.0;

/// Draws a plane.
pub(crate) fn plane(p: &Plane, words: &Words, width: f64, language: Language) -> String {
    let square = p.field.is_some();
    let height = if square { (width * 0.72).min(520.0) } else { (width * 0.5).clamp(240.0, 380.0) };
    let drawn = || p.trails.iter().flat_map(|trail| trail.points.iter().copied());
    let fit = |given: Option<[f64; 2]>, pick: fn((f64, f64)) -> f64, pad: f64| match given {
        Some([low, high]) => (low, high),
        None => padded(
            extent(drawn().filter(|q| q.0.is_finite() && q.1.is_finite()).map(pick)).unwrap_or((0.0, 1.0)),
            pad,
        ),
    };
    let (low_x, high_x) =
        fit(p.x.or(p.field.as_ref().map(|f| f.x)), |q| q.0, if p.y.is_some() { 0.0 } else { 0.02 });
    let (mut low_y, mut high_y) = fit(p.y.or(p.field.as_ref().map(|f| f.y)), |q| q.1, 0.06);
    if p.log_y {
        let above = drawn().map(|q| q.1).filter(|v| *v > 0.0);
        (low_y, high_y) = extent(above).map_or((1.0, 10.0), |(low, high)| (low / 1.6, high * 1.6));
    }
    let y_ticks: Vec<(f64, String)> = match p.log_y {
        true => log_ticks(low_y, high_y).into_iter().map(|v| (v, power(v))).collect(),
        false => value_ticks(low_y, high_y, 5, "", language),
    };
    let y_ticks = thinned(y_ticks, 9);
    let x_ticks = value_ticks(low_x, high_x, if width < 500.0 { 4 } else { 8 }, "", language);
    let joined = |trail: &&Trail| trail.line && !trail.name.is_empty();
    let longest =
        p.trails.iter().filter(joined).map(|trail| text_width(&trail.name, 12.5)).fold(0.0, f64::max);
    let room = if longest > 0.0 { (longest + 20.0).min(width * 0.3) } else { 14.0 };
    let (left, right, top, bottom) = (label_room(&y_ticks), width - room, 34.0, height - 42.0);
    let x = Scale::linear(low_x, high_x, left + 2.0, right - 2.0);
    let y = if p.log_y {
        Scale::log(low_y, high_y, bottom, top)
    } else {
        Scale::linear(low_y, high_y, bottom, top)
    };
    let x_axis = Axis { scale: x, ticks: x_ticks, title: p.x_title.clone() };
    let y_axis = Axis { scale: y, ticks: y_ticks, title: p.y_title.clone() };
    let svg = Svg::new(width, height, &words.title, &words.description);
    let mut plot = Plot::new(svg, x_axis, y_axis, (left, right, top, bottom));
    if let Some(field) = &p.field {
        shades(&mut plot.svg, field, x, y, (left, right, top, bottom));
    }
    let area = [left, right, top - 1.0, bottom + 1.0];
    let mut order: Vec<&Trail> = p.trails.iter().collect();
    order.sort_by_key(|trail| trail.look == Look::Accent);
    let (mut labels, mut legend) = (Vec::new(), right);
    for trail in order {
        let (stroke, dot, label) = classes(trail.look);
        let points: Vec<(f64, f64)> = trail.points.iter().map(|q| (x.at(q.0), y.at(q.1))).collect();
        let inside = |q: &(f64, f64)| inside_of(&area, *q);
        if trail.line {
            let seen = clipped(&points, area);
            plot.svg.line(&seen, stroke);
            if let Some(&(_, end)) =
                seen.iter().rev().find(|q| q.1.is_finite()).filter(|_| !trail.name.is_empty())
            {
                labels.push((end, trail.name.clone(), label));
            }
        }
        if trail.dots || !trail.line {
            let radius = if points.len() > 300 {
                1.6
            } else if trail.line {
                2.4
            } else {
                4.0
            };
            points.iter().filter(|q| inside(q)).for_each(|q| {
                plot.svg.circle(q.0, q.1, radius, dot);
            });
        }
        if !trail.line && !trail.name.is_empty() {
            // Points have no end to be named at: their names stand above, from the right.
            legend -= text_width(&trail.name, 12.0) + 22.0;
            plot.svg.circle(legend + 4.0, 8.0, 4.0, dot);
            plot.svg.text(legend + 12.0, 12.0, Anchor::Start, "tick", &trail.name);
        }
    }
    let mut written: Vec<(f64, f64, f64)> = Vec::new();
    for (at_x, at_y, word) in &p.labels {
        let (px, py, half) = (x.at(*at_x), y.at(*at_y), text_width(word, LABEL) / 2.0 + 2.0);
        let free =
            |(ox, oy, other): &(f64, f64, f64)| (px - ox).abs() > half + other || (py - oy).abs() > LABEL;
        if px - half >= left && px + half <= right && inside_of(&area, (px, py)) && written.iter().all(free) {
            written.push((px, py, half));
            plot.svg.text(px, py - 7.0, Anchor::Middle, "tick", word);
        }
    }
    end_labels(&mut plot.svg, right, &labels, top, bottom, room);
    plot.finish()
}

fn inside_of(area: &[f64; 4], q: (f64, f64)) -> bool {
    q.0 >= area[0] - 2.0 && q.0 <= area[1] + 2.0 && q.1 >= area[2] && q.1 <= area[3]
}

/// Classes of a line, a point and a label.
fn classes(look: Look) -> (&'static str, &'static str, &'static str) {
    match look {
        Look::Plain => ("series", "dot", "quiet"),
        Look::Accent => ("series accent", "dot-accent", "on-accent"),
        Look::Alarm => ("series alarm", "dot-alarm", "alarmed"),
        Look::Ink => ("series ink", "dot-ink", "strong"),
        Look::Dashed => ("series dashed", "ring", "quiet"),
    }
}

/// Every so manieth tick, so that there are `most` at the most.
fn thinned(ticks: Vec<(f64, String)>, most: usize) -> Vec<(f64, String)> {
    let every = ticks.len().div_ceil(most).max(1);
    ticks.into_iter().step_by(every).collect()
}

/// 1000 and 0.01 as they are, what is further from 1 as a power of ten.
fn power(value: f64) -> String {
    let exponent = value.log10().round() as i32;
    if (-2..=3).contains(&exponent) {
        return format!("{value}");
    }
    let digit = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => char::from_u32('⁰' as u32 + c.to_digit(10).unwrap_or(0)).unwrap_or('⁰'),
    };
    format!("10{}", exponent.to_string().chars().map(digit).collect::<String>())
}

/// The field as runs of one shade within a row.
fn shades(
    svg: &mut Svg,
    field: &Field,
    x: Scale,
    y: Scale,
    (left, right, top, bottom): (f64, f64, f64, f64),
) {
    let rows = field.values.len();
    let Some((low, high)) = extent(field.values.iter().flatten().copied()).filter(|(low, high)| high > low)
    else {
        return;
    };
    let shade =
        |v: f64| (((v - low) / (high - low)).sqrt() * SHADES as f64).min(SHADES as f64 - 1.0) as usize;
    // A cell reaches half a step to each side of its place.
    let edge = |range: [f64; 2], count: usize, i: f64| {
        range[0] + (range[1] - range[0]) * (i - 0.5) / (count - 1).max(1) as f64
    };
    for (r, row) in field.values.iter().enumerate() {
        let (y1, y2) = (y.at(edge(field.y, rows, r as f64 + 1.0)), y.at(edge(field.y, rows, r as f64)));
        let (y1, y2) = (y1.clamp(top, bottom), y2.clamp(top, bottom));
        let mut from = 0;
        while from < row.len() {
            let now = shade(row[from]);
            let run = row[from..].iter().take_while(|v| shade(**v) == now).count();
            let at = |i: usize| x.at(edge(field.x, row.len(), i as f64)).clamp(left, right);
            let opacity = 0.03 + 0.5 * now as f64 / (SHADES - 1) as f64;
            svg.rect_titled(at(from), y1, at(from + run) - at(from), y2 - y1, "cell", Some(opacity), "");
            from += run;
        }
    }
}

/// The parts of a line within an area, broken by points that are no number (Liang and Barsky 1984).
fn clipped(points: &[(f64, f64)], [left, right, top, bottom]: [f64; 4]) -> Vec<(f64, f64)> {
    let inside = |q: &(f64, f64)| q.0 >= left && q.0 <= right && q.1 >= top && q.1 <= bottom;
    let mut out: Vec<(f64, f64)> = points.first().filter(|q| inside(q)).into_iter().copied().collect();
    for pair in points.windows(2) {
        let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
        let (dx, dy) = (x2 - x1, y2 - y1);
        let (mut from, mut to) = (0.0f64, 1.0f64);
        let mut seen = [x1, y1, x2, y2].iter().all(|v| v.is_finite());
        for (p, q) in [(-dx, x1 - left), (dx, right - x1), (-dy, y1 - top), (dy, bottom - y1)] {
            if p == 0.0 {
                seen &= q >= 0.0;
            } else if p < 0.0 {
                from = from.max(q / p);
            } else {
                to = to.min(q / p);
            }
        }
        if !seen || from > to {
            continue;
        }
        let at = |t: f64| (x1 + t * dx, y1 + t * dy);
        if from > 0.0 || out.is_empty() || !inside(&pair[0]) {
            out.extend([(f64::NAN, f64::NAN), at(from)]);
        }
        out.push(at(to));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_at_the_edge_of_the_area() {
        let cut = clipped(&[(-1.0, 0.5), (0.5, 0.5), (0.5, 9.0), (0.6, 0.5)], [0.0, 1.0, 0.0, 1.0]);
        let kept: Vec<(f64, f64)> = cut.iter().copied().filter(|q| q.0.is_finite()).collect();
        assert_eq!((kept[0], kept[1], kept[2]), ((0.0, 0.5), (0.5, 0.5), (0.5, 1.0)));
        assert!(kept.iter().all(|q| (0.0..=1.0).contains(&q.0) && (0.0..=1.0).contains(&q.1)), "{kept:?}");
        assert!(clipped(&[(f64::NAN, 0.0), (f64::INFINITY, 1.0)], [0.0, 1.0, 0.0, 1.0]).is_empty());
        assert_eq!((power(1e-9), power(100.0)), ("10⁻⁹".to_string(), "100".to_string()));
    }

    #[test]
    fn of_labels_that_would_touch_the_first_is_written() {
        let labels = [(0.0, 0.0, "<load>"), (0.01, 0.01, "wind"), (1.0, 1.0, "rain"), (9.0, 9.0, "far")];
        let p = Plane {
            x: Some([-1.0, 2.0]),
            y: Some([-1.0, 2.0]),
            labels: labels.iter().map(|(x, y, word)| (*x, *y, (*word).to_owned())).collect(),
            ..Plane::default()
        };
        let svg = plane(&p, &Words::default(), 600.0, Language::English);
        assert!(svg.contains("&lt;load&gt;") && svg.contains("rain"));
        assert!(!svg.contains("wind") && !svg.contains("far"));
    }
}
