//! A lesson in the terminal: its words, formulas and tables; of pictures the figures behind them.

use super::grid::{Grid, Paint, display_width, wrap};
use crate::lesson::{Block, Lesson, Sheet};

/// The lesson, its sentences at most `width` columns wide.
pub fn lesson(lesson: &Lesson, width: usize, color: bool) -> String {
    let paint = Paint(color);
    let inner = width.clamp(40, 200) - 2;
    let mut out = String::from("\n");
    let mut say = |out: &mut String, words: &str, how: &dyn Fn(&str) -> String| {
        wrap(words, inner).iter().for_each(|line| out.push_str(&format!("  {}\n", how(line))));
    };
    let (strong, soft, plain) = (|s: &str| paint.strong(s), |s: &str| paint.soft(s), |s: &str| s.to_string());
    say(&mut out, &lesson.title, &strong);
    say(&mut out, &lesson.deck, &soft);
    out.push('\n');
    say(&mut out, &lesson.sentence, &plain);
    for chapter in &lesson.chapters {
        out.push('\n');
        say(&mut out, &chapter.title, &|s| paint.accent(s));
        for block in &chapter.blocks {
            match block {
                Block::Words(words) => say(&mut out, words, &plain),
                Block::Formula(parts) => formula(&mut out, parts, inner),
                Block::Sheet(sheet) => table(&mut out, sheet, inner, &paint, &mut say),
                Block::Tints(tints) => table(&mut out, &tints.table, inner, &paint, &mut say),
                Block::Plane(plane) => {
                    if let Some(sheet) = &plane.table {
                        let sheet = match sheet.title.is_empty() {
                            true => {
                                &Sheet { title: plane.title.clone(), see: plane.see.clone(), ..sheet.clone() }
                            }
                            false => sheet,
                        };
                        table(&mut out, sheet, inner, &paint, &mut say);
                    }
                }
            }
        }
    }
    out
}

type Say<'a> = &'a mut dyn FnMut(&mut String, &str, &dyn Fn(&str) -> String);

fn table(out: &mut String, sheet: &Sheet, inner: usize, paint: &Paint, say: Say) {
    out.push('\n');
    say(out, &sheet.title, &|s| paint.strong(s));
    say(out, &sheet.see, &|s| paint.soft(s));
    // What is wider than the terminal stands in pieces, each under the heads of its rows; no figure is cut.
    let cells = |column: usize| {
        sheet.rows.iter().filter_map(move |row| row.get(column)).chain(sheet.head.get(column))
    };
    let wide = |column: usize| cells(column).map(|cell| display_width(cell)).max().unwrap_or(0) + 3;
    let columns = sheet.head.len();
    let mut first = 1.min(columns);
    loop {
        let (mut room, mut last) = (inner.saturating_sub(wide(0)), first);
        while last < columns && (last == first || wide(last) <= room) {
            room = room.saturating_sub(wide(last));
            last += 1;
        }
        let piece = |row: &Vec<String>| -> Vec<String> {
            let cell = |c: usize| row.get(c).cloned().unwrap_or_default();
            std::iter::once(cell(0)).chain((first..last).map(cell)).collect()
        };
        let right = (0..=last - first).map(|column| column > 0).collect();
        let grid = Grid {
            head: piece(&sheet.head),
            rows: sheet.rows.iter().map(piece).collect(),
            right,
            drop: Vec::new(),
        };
        for (i, line) in grid.lines(WIDEST).iter().enumerate() {
            out.push_str(&format!("  {}\n", if i == 0 { paint.soft(line) } else { line.clone() }));
        }
        if last >= columns {
            return;
        }
        first = last;
    }
}

/// Nothing is wider.
const WIDEST: usize = 100_000;

/// A formula whose parts, eight blanks between, stand below one another where they do not fit side by side.
fn formula(out: &mut String, formula: &str, inner: usize) {
    let mut line = String::new();
    for part in formula.split("        ").filter(|part| !part.is_empty()) {
        if !line.is_empty() && display_width(&line) + 8 + display_width(part) > inner.saturating_sub(4) {
            out.push_str(&format!("    {line}\n"));
            line.clear();
        }
        line += if line.is_empty() { "" } else { "        " };
        line += part;
    }
    out.push_str(&format!("    {line}\n"));
}
