//! Quality against cost: one dot a rung, seconds on a log axis, the frontier as a stair.

use super::{Words, label_room, shorten, value_ticks};
use crate::Language;
use crate::svg::{Anchor, Axis, Plot, Scale, Svg, log_ticks, text_width};
use crate::text;

/// One rung in the plot.
#[derive(Debug, Clone)]
pub(crate) struct CostPoint {
    pub title: String,
    pub seconds: f64,
    pub error: f64,
    pub low: f64,
    pub high: f64,
    pub chosen: bool,
    pub hint: String,
}

/// Indices of the rungs that no cheaper rung beats, cheapest first.
pub(crate) fn frontier(points: &[CostPoint]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).filter(|&i| points[i].error.is_finite()).collect();
    order.sort_by(|&a, &b| {
        points[a].seconds.total_cmp(&points[b].seconds).then(points[a].error.total_cmp(&points[b].error))
    });
    let mut best = f64::INFINITY;
    order.retain(|&i| {
        let better = points[i].error < best;
        best = best.min(points[i].error);
        better
    });
    order
}

/// Draws the plot; rungs that cost nothing stand at the left edge.
pub(crate) fn cost(
    words: &Words,
    points: &[CostPoint],
    metric: &str,
    unit: &str,
    width: f64,
    language: Language,
) -> String {
    let height = if width < 500.0 { 340.0 } else { 380.0 };
    let mut svg = Svg::new(width, height, &words.title, &words.description);
    let paid = points.iter().map(|p| p.seconds).filter(|s| *s > 0.0 && s.is_finite());
    let (low, high) = super::extent(paid).unwrap_or((1.0, 10.0));
    let free = points.iter().any(|p| p.seconds.is_nan() || p.seconds <= 0.0);
    let top_error =
        points.iter().flat_map(|p| [p.error, p.high]).filter(|v| v.is_finite()).fold(0.0, f64::max);
    let cap = super::cut_above(points.iter().map(|p| p.error));
    let ceiling = cap.map_or(top_error * 1.04, |cap| cap * 1.14);
    let y_ticks = value_ticks(0.0, ceiling, 5, unit, language);
    let (left, right, top, bottom) = (label_room(&y_ticks), width - 14.0, 32.0, height - 44.0);
    let first = if free { left + (width * 0.14).max(56.0) } else { left + 24.0 };
    let x = {
        // Room for the label at the right of the dearest rung.
        let widest = points.iter().map(|p| text_width(&p.title, 12.5)).fold(0.0, f64::max);
        Scale::log(low / 1.3, high * 1.15, first, right - widest.min(width * 0.2) - 10.0)
    };
    let place = |seconds: f64| if seconds > 0.0 { x.at(seconds) } else { left + 14.0 };
    let ticks = log_ticks(x.low(), x.high());
    let x_axis = Axis {
        scale: x,
        ticks: ticks.iter().map(|&v| (v, tick(v, language))).collect(),
        title: text::message("cost-axis", &[], language),
    };
    let y = Scale::linear(0.0, ceiling, bottom, top);
    let y_axis = Axis { scale: y, ticks: y_ticks, title: metric.to_owned() };
    if free {
        svg.text(left, bottom + 17.0, Anchor::Start, "tick", &text::message("cost-none", &[], language));
        svg.stroke(first - 22.0, bottom + 5.0, first - 16.0, bottom - 5.0, "axis");
        svg.stroke(first - 17.0, bottom + 5.0, first - 11.0, bottom - 5.0, "axis");
    }
    let mut plot = Plot::new(svg, x_axis, y_axis, (left, right, top, bottom));
    let stair: Vec<(f64, f64)> = frontier(points)
        .iter()
        .map(|&i| (place(points[i].seconds), y.at(points[i].error.min(ceiling))))
        .fold(Vec::new(), |mut line, (px, py)| {
            if let Some(&(_, last)) = line.last() {
                line.push((px, last));
            }
            line.push((px, py));
            line
        });
    plot.svg.line(&stair, "series dotted");
    if let Some(&(_, last)) = stair.last() {
        plot.svg.line(&[stair[stair.len() - 1], (right, last)], "series dotted");
    }
    for p in points.iter().filter(|p| p.error.is_finite()) {
        let (px, py) = (place(p.seconds), y.at(p.error));
        if p.error > ceiling {
            // Off the axis: an arrow at its upper edge, the figure in its name.
            plot.svg.line(&[(px - 5.0, top + 6.0), (px, top - 1.0), (px + 5.0, top + 6.0)], "series");
            plot.svg.stroke(px, top - 1.0, px, top + 16.0, "series");
            continue;
        }
        let class = if p.chosen { "series accent" } else { "series" };
        plot.svg.stroke(px, y.at(p.low), px, y.at(p.high), class);
        plot.svg.circle_titled(
            px,
            py,
            if p.chosen { 6.0 } else { 4.5 },
            if p.chosen { "dot-accent" } else { "dot" },
            &p.hint,
        );
    }
    let named: Vec<CostPoint> = points
        .iter()
        .cloned()
        .map(|mut p| {
            if p.error > ceiling {
                let peak = text::with_unit(&text::number(p.error, 0, language), unit);
                p.title = text::message("lines-cut", &[("name", p.title), ("peak", peak)], language);
            }
            p
        })
        .collect();
    let spot = |p: &CostPoint| (place(p.seconds), if p.error > ceiling { top + 7.0 } else { y.at(p.error) });
    let segment = |a: (f64, f64), b: (f64, f64)| {
        (a.0.min(b.0) - 1.5, a.1.min(b.1) - 1.5, a.0.max(b.0) + 1.5, a.1.max(b.1) + 1.5)
    };
    let bars = points.iter().filter(|p| p.error.is_finite() && p.error <= ceiling);
    let soft: Vec<Box4> = stair
        .windows(2)
        .map(|s| segment(s[0], s[1]))
        .chain(bars.map(|p| segment((place(p.seconds), y.at(p.low)), (place(p.seconds), y.at(p.high)))))
        .collect();
    label(&mut plot.svg, &named, &soft, &spot, (left, right, top, bottom));
    plot.finish()
}

/// Seconds as a tick: no decimals that say nothing.
fn tick(seconds: f64, language: Language) -> String {
    if (1.0..600.0).contains(&seconds) {
        return text::message("seconds", &[("n", text::number(seconds, 0, language))], language);
    }
    text::duration(seconds, language)
}

/// A box in pixels: left, top, right, bottom.
type Box4 = (f64, f64, f64, f64);

fn overlap(a: Box4, b: Box4) -> f64 {
    let w = a.2.min(b.2) - a.0.max(b.0);
    let h = a.3.min(b.3) - a.1.max(b.1);
    if w > 0.0 && h > 0.0 { w * h } else { 0.0 }
}

/// Puts each label at the side of its dot where it covers least, the chosen rung first; `soft` is what may be covered
/// where nothing else is free. A label away from its dot is led to it by a thin line.
fn label(
    svg: &mut Svg,
    points: &[CostPoint],
    soft: &[Box4],
    place: &dyn Fn(&CostPoint) -> (f64, f64),
    area: Box4,
) {
    let (left, right, top, bottom) = area;
    let drawn: Vec<&CostPoint> = points.iter().filter(|p| p.error.is_finite()).collect();
    let dot = |p: &CostPoint| {
        let (x, y) = place(p);
        (x - 6.0, y - 6.0, x + 6.0, y + 6.0)
    };
    let mut taken: Vec<Box4> = drawn.iter().map(|p| dot(p)).collect();
    let mut order: Vec<usize> = (0..drawn.len()).collect();
    // From top to bottom, so that labels of dots above each other keep their order.
    order.sort_by(|&a, &b| {
        drawn[b].chosen.cmp(&drawn[a].chosen).then(place(drawn[a]).1.total_cmp(&place(drawn[b]).1))
    });
    for i in order {
        let p = drawn[i];
        let (x, y) = place(p);
        let title = shorten(&p.title, right - left - 60.0);
        let w = text_width(&title, 12.5);
        let sides = [
            (10.0, 0.0),
            (-10.0 - w, 0.0),
            (10.0, -12.0),
            (10.0, 12.0),
            (-w / 2.0, -15.0),
            (-w / 2.0, 16.0),
            (-10.0 - w, -12.0),
            (-10.0 - w, 12.0),
        ];
        let mut best: Option<(f64, f64, Box4)> = None;
        for distance in [0.0, 14.0, 28.0, 42.0, 56.0] {
            for (rank, (dx, dy)) in
                sides.into_iter().enumerate().filter(|(_, side)| distance == 0.0 || side.1 != 0.0)
            {
                let dy: f64 = dy + if dy < 0.0 { -distance } else { distance };
                let rect = (x + dx, y + dy - 7.0, x + dx + w, y + dy + 7.0);
                if rect.0 < left + 2.0 || rect.2 > right + 12.0 || rect.1 < top - 8.0 || rect.3 > bottom - 1.0
                {
                    continue;
                }
                let others = taken.iter().enumerate().filter(|(k, _)| *k != i);
                let hidden: f64 = others.map(|(_, b)| 2.0 * overlap(rect, *b)).sum::<f64>()
                    + soft.iter().map(|b| 0.4 * overlap(rect, *b)).sum::<f64>();
                let cost = hidden + distance + rank as f64;
                if best.is_none_or(|(least, _, _)| cost < least) {
                    best = Some((cost, distance, rect));
                }
            }
        }
        let (_, distance, rect) = best.unwrap_or((0.0, 0.0, (x + 10.0, y - 7.0, x + 10.0 + w, y + 7.0)));
        taken.push(rect);
        if distance > 0.0 {
            let end = if rect.1 > y { rect.1 } else { rect.3 };
            svg.stroke(x, y, x.clamp(rect.0 + 4.0, rect.2 - 4.0), end, "leader");
        }
        let class = if p.chosen { "on-accent halo" } else { "halo" };
        svg.text(rect.0, (rect.1 + rect.3) / 2.0 + 4.0, Anchor::Start, class, &title);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rung_that_a_cheaper_one_beats_is_off_the_frontier() {
        let point = |seconds, error| CostPoint {
            title: String::new(),
            seconds,
            error,
            low: error,
            high: error,
            chosen: false,
            hint: String::new(),
        };
        let points =
            [point(0.0, 100.0), point(1.0, 50.0), point(2.0, 60.0), point(9.0, 40.0), point(3.0, f64::NAN)];
        assert_eq!(frontier(&points), vec![0, 1, 3]);
    }
}
