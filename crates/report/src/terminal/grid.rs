//! Aligned columns of text, where a Hangul letter takes two cells.

use gyeol_data::profile::Severity;
use unicode_width::UnicodeWidthStr;

use crate::Language;
use crate::text::message;

/// Cells that `text` takes in a terminal.
pub fn display_width(text: &str) -> usize {
    text.width()
}

/// `text` cut to `width` cells, with an ellipsis where something was lost.
pub(super) fn cut(text: &str, width: usize) -> String {
    if display_width(text) <= width {
        return text.to_string();
    }
    let mut out = String::new();
    for c in text.chars() {
        let mut longer = out.clone();
        longer.push(c);
        if display_width(&longer) + 1 > width {
            break;
        }
        out = longer;
    }
    out.push('…');
    out
}

/// `text` filled up to `width` cells.
pub(super) fn pad(text: &str, width: usize, right: bool) -> String {
    let fill = " ".repeat(width.saturating_sub(display_width(text)));
    if right { format!("{fill}{text}") } else { format!("{text}{fill}") }
}

/// A word in pieces that fit a line; most words are one piece. Control characters become spaces.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut out = vec![String::new()];
    for c in word.chars().map(|c| if c.is_control() { ' ' } else { c }) {
        let mut buffer = [0; 4];
        let wide = display_width(c.encode_utf8(&mut buffer));
        if let Some(last) = out.last_mut() {
            if display_width(last) + wide <= width.max(2) {
                last.push(c);
            } else {
                out.push(c.to_string());
            }
        }
    }
    out
}

/// Words of `text` in lines of at most `width` cells.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|w| !w.is_empty()).flat_map(|w| pieces(w, width)) {
        let longer = display_width(&line) + 1 + display_width(&word);
        if !line.is_empty() && longer > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A finding behind its mark, wrapped under itself.
pub(super) fn finding_lines(
    out: &mut String,
    severity: Severity,
    words: &str,
    inner: usize,
    paint: &Paint,
    language: Language,
) {
    let (mark, key) = match severity {
        Severity::Stop => ("✗", "severity-stop"),
        Severity::Warn => ("!", "severity-warn"),
        Severity::Note => ("·", "severity-note"),
    };
    let label = format!("{mark} {}", message(key, &[], language));
    let indent = display_width(&label) + 2;
    for (i, line) in wrap(words, inner.saturating_sub(indent)).iter().enumerate() {
        let painted = if severity == Severity::Note { paint.soft(&label) } else { paint.alarm(&label) };
        let lead = if i == 0 { format!("{painted}  ") } else { " ".repeat(indent) };
        out.push_str(&format!("  {lead}{line}\n"));
    }
}

/// A table of cells: columns are dropped from the right of `drop` first until the rest fits the width.
pub(super) struct Grid {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// Columns whose cells stand at the right.
    pub right: Vec<bool>,
    /// Columns that may go when there is no room, the first to go first.
    pub drop: Vec<usize>,
}

impl Grid {
    /// The lines with a margin, the head soft, the chosen row marked.
    pub fn marked(&self, width: usize, chosen: usize, paint: &Paint) -> String {
        let mut out = String::new();
        for (i, line) in self.lines(width).iter().enumerate() {
            match i.checked_sub(1) {
                None => out.push_str(&format!("  {}\n", paint.soft(line))),
                Some(row) if row == chosen => {
                    out.push_str(&format!("{}\n", paint.accent(&format!("▸ {line}"))))
                }
                Some(_) => out.push_str(&format!("  {line}\n")),
            }
        }
        out
    }

    /// The lines, head first, without margin or colour.
    pub fn lines(&self, width: usize) -> Vec<String> {
        let columns = self.head.len();
        let mut widths: Vec<usize> = (0..columns)
            .map(|c| {
                let cells = self.rows.iter().filter_map(|r| r.get(c)).chain([&self.head[c]]);
                cells.map(|cell| display_width(cell)).max().unwrap_or(0)
            })
            .collect();
        let mut kept: Vec<bool> = widths.iter().map(|w| *w > 0).collect();
        let total = |kept: &[bool], widths: &[usize], gap: usize| -> usize {
            let shown = (0..columns).filter(|&c| kept[c]).count();
            (0..columns).filter(|&c| kept[c]).map(|c| widths[c]).sum::<usize>()
                + gap * shown.saturating_sub(1)
        };
        for &c in &self.drop {
            if total(&kept, &widths, 2) <= width {
                break;
            }
            kept[c] = false;
        }
        let gap = if total(&kept, &widths, 3) <= width { 3 } else { 2 };
        let over = total(&kept, &widths, gap).saturating_sub(width);
        if let Some(first) = widths.first_mut() {
            *first = first.saturating_sub(over).max(8).min(*first);
        }
        let line = |cells: &[String]| -> String {
            let cells: Vec<String> = (0..columns)
                .filter(|&c| kept[c])
                .map(|c| {
                    let cell = cells.get(c).map(String::as_str).unwrap_or("");
                    pad(&cut(cell, widths[c]), widths[c], self.right.get(c).copied().unwrap_or(false))
                })
                .collect();
            cells.join(&" ".repeat(gap)).trim_end().to_string()
        };
        std::iter::once(line(&self.head)).chain(self.rows.iter().map(|r| line(r))).collect()
    }
}

/// Colours that only mark; plain text without them says the same.
pub(super) struct Paint(pub bool);

impl Paint {
    fn wrap(&self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    pub fn strong(&self, text: &str) -> String {
        self.wrap("1", text)
    }

    pub fn soft(&self, text: &str) -> String {
        self.wrap("2", text)
    }

    pub fn accent(&self, text: &str) -> String {
        self.wrap("1;36", text)
    }

    pub fn alarm(&self, text: &str) -> String {
        self.wrap("33", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_counts_double_and_lines_keep_their_width() {
        assert_eq!(display_width("선형 회귀"), 9);
        assert_eq!(cut("선형 회귀", 6), "선형 …");
        assert_eq!(pad("선형", 6, true), "  선형");
        for line in wrap("하나 둘 셋 넷 다섯 여섯 일곱", 10) {
            assert!(display_width(&line) <= 10, "{line}");
        }
    }
}
