//! The table after `inspect`: one line a column, then what deserves attention.

use gyeol_data::profile::Profile;

use super::grid::{Grid, Paint, finding_lines, wrap};
use crate::Language;
use crate::page::{Voice, finding};
use crate::text::{self, message};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A course over time in block letters, `cells` wide.
fn blocks(values: &[Option<f64>], cells: usize) -> String {
    let finite: Vec<f64> = values.iter().flatten().copied().filter(|v| v.is_finite()).collect();
    let low = finite.iter().copied().fold(f64::INFINITY, f64::min);
    let high = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if finite.is_empty() || values.is_empty() {
        return String::new();
    }
    (0..cells.min(values.len()))
        .map(|i| {
            let n = cells.min(values.len());
            let part =
                &values[i * values.len() / n..((i + 1) * values.len() / n).max(i * values.len() / n + 1)];
            let part: Vec<f64> = part.iter().flatten().copied().filter(|v| v.is_finite()).collect();
            if part.is_empty() {
                return ' ';
            }
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            let share = if high > low { (mean - low) / (high - low) } else { 0.5 };
            BARS[((share * 7.0).round() as usize).min(7)]
        })
        .collect()
}

/// What inspection found, as a table of at most `width` columns with its warnings below.
pub fn profile_table(profile: &Profile, width: usize, color: bool, language: Language) -> String {
    let paint = Paint(color);
    let inner = width.clamp(40, 200) - 2;
    let keys = [
        "term-column",
        "term-type",
        "term-role",
        "term-missing",
        "term-low",
        "term-median",
        "term-high",
        "term-course",
    ];
    let head = keys.iter().map(|k| message(k, &[], language)).collect();
    let kind = |c: &gyeol_data::profile::ColumnProfile| match c.kind {
        gyeol_data::ColumnKind::Number => "kind-number",
        gyeol_data::ColumnKind::Integer => "kind-integer",
        gyeol_data::ColumnKind::Boolean => "kind-boolean",
        gyeol_data::ColumnKind::Text => "kind-text",
        gyeol_data::ColumnKind::Time => "kind-time",
    };
    let figure = |v: Option<f64>| v.map_or(text::MISSING.to_string(), |v| text::reading(v, language));
    let rows = profile
        .columns
        .iter()
        .map(|c| {
            let n = c.numbers.as_ref();
            vec![
                c.name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect(),
                message(kind(c), &[], language),
                text::spoken("role", c.role.word(), language),
                text::count(c.nulls, language),
                n.map_or(String::new(), |n| figure(n.min)),
                n.map_or(String::new(), |n| figure(n.median)),
                n.map_or(String::new(), |n| figure(n.max)),
                n.map_or(String::new(), |n| blocks(&n.sparkline, 16)),
            ]
        })
        .collect();
    let right = vec![false, false, false, true, true, true, true, false];
    let grid = Grid { head, rows, right, drop: vec![7, 1, 5, 4, 6, 2] };
    let mut out = String::from("\n");
    let deck = crate::page::profile_deck(profile, language);
    for line in wrap(&deck, inner) {
        out.push_str(&format!("  {}\n", paint.strong(&line)));
    }
    out.push('\n');
    for (i, line) in grid.lines(inner).iter().enumerate() {
        out.push_str(&format!("  {}\n", if i == 0 { paint.soft(line) } else { line.clone() }));
    }
    if !profile.warnings.is_empty() {
        out.push('\n');
    }
    let zone = profile.clock.as_ref().and_then(|c| c.zone.as_deref()).unwrap_or("UTC");
    let voice = Voice { language, zone };
    for warning in &profile.warnings {
        finding_lines(&mut out, warning.severity, &finding(&voice, warning), inner, &paint, language);
    }
    out
}
