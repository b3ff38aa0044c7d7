//! A small SVG writer: pictures for people, with names for screen readers and colours from the page's style sheet.
//!
//! Shapes carry class names, not colours ([`STYLE`] gives the classes their meaning), so that one picture serves
//! light, dark and print. Coordinates are written with one decimal; the same calls give the same bytes.
//!
//! ```
//! use gyeol_report::svg::Svg;
//! let mut svg = Svg::new(100.0, 40.0, "Load", "Rises and falls");
//! svg.line(&[(0.0, 40.0), (50.0, 3.0), (100.0, 40.0)], "series accent");
//! assert!(svg.finish().starts_with("<svg"));
//! ```

mod plot;
mod scale;

pub use plot::{Axis, Plot};
pub use scale::{Scale, log_ticks, spread, ticks};

use std::fmt::Write;

/// Meaning of the class names, over the custom properties `--ink --soft --faint --paper --accent --alarm`.
pub const STYLE: &str = include_str!("../templates/svg.css");

/// A picture being drawn.
#[derive(Debug, Clone)]
pub struct Svg {
    width: f64,
    height: f64,
    body: String,
    title: String,
    description: String,
    class: String,
}

/// Where a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Left end at the point.
    Start,
    /// Middle at the point.
    Middle,
    /// Right end at the point.
    End,
}

/// Escapes what has a meaning in HTML and SVG.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control characters are not allowed in XML.
            c if (c as u32) < 32 && c != '\n' && c != '\t' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A coordinate: one decimal, none where it is whole; what is not finite becomes 0.
fn at(value: f64) -> String {
    if !value.is_finite() {
        return "0".to_string();
    }
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_string(),
        Some(whole) => whole.to_string(),
        None => text,
    }
}

/// Width in pixels that `text` takes at `size`, by a plain estimate (Hangul and other wide letters count double).
pub fn text_width(text: &str, size: f64) -> f64 {
    let units: f64 = text
        .chars()
        .map(|c| match c {
            '\u{1100}'..='\u{11ff}'
            | '\u{2e80}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{ff00}'..='\u{ff60}' => 0.95,
            'i' | 'l' | 'j' | 't' | 'f' | '.' | ',' | ':' | ' ' | '\u{a0}' | '\u{202f}' | '(' | ')'
            | '\'' => 0.32,
            'm' | 'w' | 'M' | 'W' | '%' => 0.88,
            'A'..='Z' => 0.68,
            _ => 0.56,
        })
        .sum();
    units * size
}

impl Svg {
    /// An empty picture; `title` names it and `description` says what it shows, both for screen readers.
    pub fn new(width: f64, height: f64, title: &str, description: &str) -> Svg {
        Svg {
            width,
            height,
            body: String::new(),
            title: title.to_string(),
            description: description.to_string(),
            class: String::new(),
        }
    }

    /// Class names of the picture itself.
    pub fn class(mut self, class: &str) -> Svg {
        self.class = class.to_string();
        self
    }

    /// Width of the drawing area.
    pub fn width(&self) -> f64 {
        self.width
    }

    /// Height of the drawing area.
    pub fn height(&self) -> f64 {
        self.height
    }

    /// The `d` of a path through points; a point that is not finite breaks the line.
    fn path(points: &[(f64, f64)]) -> String {
        let mut d = String::new();
        let mut pen_down = false;
        for &(x, y) in points {
            if !x.is_finite() || !y.is_finite() {
                pen_down = false;
                continue;
            }
            let _ = write!(d, "{}{} {}", if pen_down { 'L' } else { 'M' }, at(x), at(y));
            pen_down = true;
        }
        d
    }

    /// A line through points, broken where one is not finite; a lone point becomes a dot.
    pub fn line(&mut self, points: &[(f64, f64)], class: &str) -> &mut Svg {
        let finite: Vec<_> = points.iter().filter(|p| p.0.is_finite() && p.1.is_finite()).collect();
        if let [only] = finite.as_slice() {
            return self.circle(only.0, only.1, 2.5, &format!("{class} lone"));
        }
        if !finite.is_empty() {
            let d = Svg::path(points);
            let _ = write!(self.body, "<path class=\"{}\" d=\"{d}\"/>", escape(class));
        }
        self
    }

    /// Many equal dots as one path: a class with a wide stroke and round ends makes them visible.
    pub fn dots(&mut self, points: &[(f64, f64)], class: &str) -> &mut Svg {
        let finite = points.iter().filter(|p| p.0.is_finite() && p.1.is_finite());
        let d: String = finite.map(|p| format!("M{} {}h0", at(p.0), at(p.1))).collect();
        if !d.is_empty() {
            let _ = write!(self.body, "<path class=\"{}\" d=\"{d}\"/>", escape(class));
        }
        self
    }

    /// The area between two lines over the same x, in pieces where one of them is not finite.
    pub fn band(&mut self, upper: &[(f64, f64)], lower: &[(f64, f64)], class: &str) -> &mut Svg {
        let whole = |i: usize| {
            let ((x, y), (_, z)) = (upper[i], lower[i]);
            x.is_finite() && y.is_finite() && z.is_finite()
        };
        let n = upper.len().min(lower.len());
        let mut start = 0;
        while start < n {
            if !whole(start) {
                start += 1;
                continue;
            }
            let mut end = start;
            while end < n && whole(end) {
                end += 1;
            }
            let ring: Vec<_> =
                upper[start..end].iter().chain(lower[start..end].iter().rev()).copied().collect();
            let d = Svg::path(&ring);
            let _ = write!(self.body, "<path class=\"{}\" d=\"{d}Z\"/>", escape(class));
            start = end;
        }
        self
    }

    /// A straight stroke.
    pub fn stroke(&mut self, x1: f64, y1: f64, x2: f64, y2: f64, class: &str) -> &mut Svg {
        let d = format!("M{} {}L{} {}", at(x1), at(y1), at(x2), at(y2));
        let _ = write!(self.body, "<path class=\"{}\" d=\"{d}\"/>", escape(class));
        self
    }

    /// A rectangle.
    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, class: &str) -> &mut Svg {
        self.rect_titled(x, y, width, height, class, None, "")
    }

    /// A rectangle with an opacity and a hint that a pointer reads.
    pub fn rect_titled(
        &mut self,
        x: f64,
        y: f64,
        width: f64,
        height: f64,
        class: &str,
        opacity: Option<f64>,
        hint: &str,
    ) -> &mut Svg {
        let (w, h) = (at(width.max(0.0)), at(height.max(0.0)));
        let _ = write!(
            self.body,
            "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{w}\" height=\"{h}\"",
            escape(class),
            at(x),
            at(y)
        );
        if let Some(opacity) = opacity {
            let _ = write!(self.body, " fill-opacity=\"{:.2}\"", opacity.clamp(0.0, 1.0));
        }
        self.close("rect", hint)
    }

    /// A circle.
    pub fn circle(&mut self, x: f64, y: f64, radius: f64, class: &str) -> &mut Svg {
        self.circle_titled(x, y, radius, class, "")
    }

    /// A circle with a hint that a pointer reads.
    pub fn circle_titled(&mut self, x: f64, y: f64, radius: f64, class: &str, hint: &str) -> &mut Svg {
        let _ = write!(
            self.body,
            "<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"",
            escape(class),
            at(x),
            at(y),
            at(radius)
        );
        self.close("circle", hint)
    }

    fn close(&mut self, element: &str, hint: &str) -> &mut Svg {
        if hint.is_empty() {
            self.body.push_str("/>");
        } else {
            let _ = write!(self.body, "><title>{}</title></{element}>", escape(hint));
        }
        self
    }

    /// A text.
    pub fn text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) -> &mut Svg {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let _ = write!(
            self.body,
            "<text class=\"{}\" x=\"{}\" y=\"{}\"{anchor}>{}</text>",
            escape(class),
            at(x),
            at(y),
            escape(text)
        );
        self
    }

    /// The picture as one `<svg>` element, scaled to the width of its container.
    pub fn finish(self) -> String {
        let (w, h) = (at(self.width), at(self.height));
        let class =
            if self.class.is_empty() { String::new() } else { format!(" class=\"{}\"", escape(&self.class)) };
        if self.title.is_empty() {
            return format!(
                "<svg{class} viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" aria-hidden=\"true\">{}</svg>",
                self.body
            );
        }
        format!(
            "<svg{class} viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" role=\"img\" aria-label=\"{label}\"><title>{title}</title><desc>{desc}</desc>{body}</svg>",
            label = escape(&format!("{}. {}", self.title, self.description)),
            title = escape(&self.title),
            desc = escape(&self.description),
            body = self.body,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_breaks_the_line_and_never_reaches_the_file() {
        let mut svg = Svg::new(10.0, 10.0, "a", "b");
        svg.line(&[(0.0, 1.0), (1.0, f64::NAN), (2.0, 1.0), (3.0, 2.0)], "s");
        svg.band(&[(0.0, 1.0), (1.0, f64::NAN), (2.0, 1.0)], &[(0.0, 2.0), (1.0, 2.0), (2.0, 2.0)], "b");
        svg.circle(f64::INFINITY, 1.0, 1.0, "c");
        let out = svg.finish();
        assert!(out.contains("M0 1M2 1L3 2"), "{out}");
        assert!(!out.contains("NaN") && !out.contains("inf"), "{out}");
    }

    #[test]
    fn texts_are_escaped() {
        let mut svg = Svg::new(10.0, 10.0, "<script>", "\"quoted\" & more");
        svg.text(0.0, 0.0, Anchor::Start, "l", "a<b");
        let out = svg.finish();
        assert!(
            !out.contains("<script>")
                && out.contains("a&lt;b")
                && out.contains("&quot;quoted&quot; &amp; more")
        );
    }
}
