//! The map of topics: a circle each, its area by share of tokens, its place by classical scaling.

use std::fmt::Write;

use super::Words;
use crate::svg::{escape, text_width};

/// A circle of the map.
pub(crate) struct Circle {
    /// Where it leads: the fragment of the topic on the page.
    pub anchor: String,
    /// Written in it.
    pub label: String,
    /// Said of it.
    pub hint: String,
    /// Share of tokens.
    pub share: f64,
    pub place: (f64, f64),
}

/// Share of the picture that all circles cover together.
const COVER: f64 = 0.16;
const LABEL: f64 = 12.0;

/// Draws the circles, largest first so that small ones stay in reach; a label that would touch one already written
/// is left out. Every circle is a link, so this works without a script.
pub(crate) fn map(words: &Words, circles: &[Circle], width: f64) -> String {
    let height = (width * 0.8).round();
    let share = |c: &Circle| if c.share.is_finite() { c.share.clamp(0.0, 1.0) } else { 0.0 };
    let unit = (COVER * width * height / std::f64::consts::PI).sqrt();
    let radius = |c: &Circle| (unit * share(c).sqrt()).clamp(2.5, width * 0.16);
    let widest = circles.iter().map(radius).fold(0.0, f64::max);
    let pad = widest + 3.0;
    let finite = |v: f64| if v.is_finite() { v } else { 0.0 };
    let range = |values: &mut dyn Iterator<Item = f64>| {
        super::extent(values).map_or((0.0, 0.0), |(low, high)| ((low + high) / 2.0, (high - low) / 2.0))
    };
    let (x_mid, x_half) = range(&mut circles.iter().map(|c| finite(c.place.0)));
    let (y_mid, y_half) = range(&mut circles.iter().map(|c| finite(c.place.1)));
    // One scale for both axes: a distance means the same in every direction.
    let scale = ((width / 2.0 - pad) / x_half.max(1e-9)).min((height / 2.0 - pad) / y_half.max(1e-9));
    let scale = if x_half.max(y_half) > 1e-9 { scale.max(0.0) } else { 0.0 };
    let at = |c: &Circle| {
        (
            width / 2.0 + (finite(c.place.0) - x_mid) * scale,
            height / 2.0 - (finite(c.place.1) - y_mid) * scale,
        )
    };
    let mut order: Vec<usize> = (0..circles.len()).collect();
    order.sort_by(|&a, &b| share(&circles[b]).total_cmp(&share(&circles[a])).then(a.cmp(&b)));
    let mut written: Vec<(f64, f64, f64)> = Vec::new();
    let (mut body, mut labels) = (String::new(), String::new());
    let middle = (width / 2.0, height / 2.0);
    let _ = write!(
        body,
        "<path class=\"grid\" d=\"M0 {y}H{width}M{x} 0V{height}\"/>",
        x = middle.0.round(),
        y = middle.1.round()
    );
    for &i in &order {
        let c = &circles[i];
        let ((x, y), r) = (at(c), radius(c));
        let _ = write!(
            body,
            "<a href=\"#{}\" data-t=\"{i}\" aria-label=\"{hint}\"><circle class=\"topic\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\" data-r=\"{r:.1}\"><title>{hint}</title></circle></a>",
            escape(&c.anchor),
            hint = escape(&c.hint)
        );
        let half = text_width(&c.label, LABEL) / 2.0 + 1.0;
        let free =
            |&(ox, oy, other): &(f64, f64, f64)| (x - ox).abs() > half + other || (y - oy).abs() > LABEL;
        let hidden = !written.iter().all(free);
        if !hidden {
            written.push((x, y, half));
        }
        let _ = write!(
            labels,
            "<text class=\"topic-no{}\" data-t=\"{i}\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            if hidden { " crowded" } else { "" },
            y + 4.2,
            escape(&c.label)
        );
    }
    format!(
        "<svg class=\"topic-map\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"group\" aria-label=\"{}\">{body}<g aria-hidden=\"true\">{labels}</g></svg>",
        escape(&format!("{}. {}", words.title, words.description))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle(i: usize, share: f64, place: (f64, f64)) -> Circle {
        Circle { anchor: format!("topic-{i}"), label: i.to_string(), hint: format!("<{i}>"), share, place }
    }

    fn values(svg: &str, name: &str) -> Vec<f64> {
        svg.split(&format!(" {name}=\""))
            .skip(1)
            .map(|p| p[..p.find('"').unwrap()].parse().unwrap())
            .collect()
    }

    #[test]
    fn area_follows_share_and_everything_stays_inside() {
        let places = [(0.5, 0.1), (-0.5, 0.0), (0.0, -0.4), (0.1, 0.4)];
        let circles: Vec<_> =
            [0.1, 0.4, 0.2, 0.3].iter().zip(places).enumerate().map(|(i, (&s, p))| circle(i, s, p)).collect();
        let svg = map(&Words::default(), &circles, 500.0);
        // Drawn largest first: the areas stand to each other as 4 : 3 : 2 : 1.
        let r = values(&svg, "r");
        for (r, share) in r.iter().zip([0.4, 0.3, 0.2, 0.1]) {
            assert!(((r / values(&svg, "r")[3]).powi(2) - share / 0.1).abs() < 0.05, "{r}");
        }
        for ((x, y), r) in values(&svg, "cx").iter().zip(values(&svg, "cy")).zip(r) {
            assert!(x - r >= 0.0 && x + r <= 500.0 && y - r >= 0.0 && y + r <= 400.0);
        }
        assert!(svg.contains("&lt;1&gt;") && !svg.contains("<1>"));
    }

    #[test]
    fn one_topic_and_topics_in_one_place_are_drawn() {
        let svg = map(&Words::default(), &[circle(7, 1.0, (0.0, 0.0))], 300.0);
        assert_eq!((values(&svg, "cx"), values(&svg, "cy")), (vec![150.0], vec![120.0]));
        let same: Vec<_> = (0..4).map(|i| circle(i, f64::NAN, (0.3, f64::NAN))).collect();
        let svg = map(&Words::default(), &same, 300.0);
        assert!(!svg.contains("NaN") && svg.matches("crowded").count() == 3);
    }
}
