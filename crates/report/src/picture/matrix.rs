//! Distances between topics as a square of cells: a stronger colour is nearer, on light and on dark paper.

use std::fmt::Write;

use super::Words;
use crate::svg::{escape, text_width};

/// Shades of the square; the eye tells no more apart.
const SHADES: usize = 9;

/// What is drawn.
pub(crate) struct Matrix<'a> {
    pub words: Words,
    /// Rows and columns.
    pub labels: &'a [String],
    /// `labels × labels`, row by row, the diagonal left out.
    pub values: &'a [f64],
    /// What the faintest and the strongest shade mean, as written.
    pub far: String,
    pub near: String,
}

/// Draws the square, one path a shade so that a hundred topics stay small.
pub(crate) fn matrix(m: &Matrix, width: f64) -> String {
    let k = m.labels.len();
    let left = m.labels.iter().map(|l| text_width(l, 11.0)).fold(10.0, f64::max) + 6.0;
    let cell = (width - left - 1.0) / k.max(1) as f64;
    let top = 20.0;
    let height = top + cell * k as f64 + 34.0;
    let between = || (0..k * k).filter(|i| i / k != i % k).map(|i| m.values[i]);
    let (low, high) = super::extent(between()).unwrap_or((0.0, 1.0));
    let mut paths = vec![String::new(); SHADES];
    for row in 0..k {
        for column in (0..k).filter(|&c| c != row) {
            let value = m.values[row * k + column];
            if !value.is_finite() {
                continue;
            }
            let near = if high > low { (high - value) / (high - low) } else { 0.5 };
            let shade = ((near * SHADES as f64) as usize).min(SHADES - 1);
            let _ = write!(paths[shade], "M{column} {row}h1v1h-1z");
        }
    }
    let mut body = String::new();
    let opacity = |shade: usize| 0.04 + 0.96 * (shade as f64 / (SHADES - 1) as f64).powf(1.3);
    let _ = write!(body, "<g transform=\"translate({left:.1} {top:.1}) scale({cell:.3})\">");
    for (shade, path) in paths.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
        let _ = write!(body, "<path class=\"near\" fill-opacity=\"{:.2}\" d=\"{path}\"/>", opacity(shade));
    }
    body.push_str("</g>");
    // Labels that would touch are thinned; the script names the cell under the pointer.
    let every = (13.0 / cell).ceil().max(1.0) as usize;
    let across = m.labels.iter().map(|l| text_width(l, 11.0) + 4.0).fold(8.0, f64::max);
    let every_column = (across / cell).ceil().max(1.0) as usize;
    for (i, label) in m.labels.iter().enumerate() {
        let centre = (i as f64 + 0.5) * cell;
        if i % every == 0 {
            let (x, y) = (left - 5.0, top + centre + 4.0);
            let _ = write!(
                body,
                "<text class=\"tick small\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>",
                escape(label)
            );
        }
        if i % every_column == 0 {
            let (x, y) = (left + centre, top - 6.0);
            let _ = write!(
                body,
                "<text class=\"tick small\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{}</text>",
                escape(label)
            );
        }
    }
    let y = height - 20.0;
    let _ =
        write!(body, "<text class=\"tick\" x=\"{left:.1}\" y=\"{:.1}\">{}</text>", y + 11.0, escape(&m.far));
    let start = left + text_width(&m.far, 12.0) + 8.0;
    for shade in 0..SHADES {
        let _ = write!(
            body,
            "<path class=\"near\" fill-opacity=\"{:.2}\" d=\"M{:.1} {y:.1}h14v13h-14z\"/>",
            opacity(shade),
            start + 14.0 * shade as f64
        );
    }
    let end = start + 14.0 * SHADES as f64 + 8.0;
    let _ =
        write!(body, "<text class=\"tick\" x=\"{end:.1}\" y=\"{:.1}\">{}</text>", y + 11.0, escape(&m.near));
    format!(
        "<svg class=\"matrix\" style=\"max-width:{width}px\" viewBox=\"0 0 {width} {height:.1}\" width=\"{width}\" height=\"{height:.1}\" role=\"img\" aria-label=\"{label}\" data-left=\"{left:.1}\" data-top=\"{top:.1}\" data-cell=\"{cell:.3}\"><title>{title}</title><desc>{desc}</desc>{body}</svg>",
        label = escape(&format!("{}. {}", m.words.title, m.words.description)),
        title = escape(&m.words.title),
        desc = escape(&m.words.description),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_pair_is_the_strongest_and_the_diagonal_is_empty() {
        let labels: Vec<String> = (1..4).map(|i| i.to_string()).collect();
        let values = [0.0, 0.2, 0.9, 0.2, 0.0, f64::NAN, 0.9, f64::NAN, 0.0];
        let m = Matrix {
            words: Words::default(),
            labels: &labels,
            values: &values,
            far: "0.9".into(),
            near: "0.2".into(),
        };
        let svg = matrix(&m, 400.0);
        assert!(svg.contains("fill-opacity=\"1.00\" d=\"M1 0h1v1h-1zM0 1h1v1h-1z\""), "{svg}");
        assert!(svg.contains("fill-opacity=\"0.04\" d=\"M2 0h1v1h-1zM0 2h1v1h-1z\""), "{svg}");
        assert!(!svg.contains("M0 0h1") && !svg.contains("NaN"));
    }
}
