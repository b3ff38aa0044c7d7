//! What a full stop and a line end mean: the end of a sentence, or a number, a date, a label, an abbreviation, a wrap.

use super::units::{Gap, Stop, Unit};
use crate::korean::jamo::is_syllable;

/// Latin abbreviations after which a sentence goes on.
const ABBREVIATIONS: [&str; 26] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "no", "vol", "pp", "fig", "cf", "al", "inc",
    "ltd", "co", "corp", "e.g", "i.e", "approx", "dept", "eq", "ed", "art",
];

/// Hangul labels of a list: 가. 나. 다. …
const LABELS: &str = "가나다라마바사아자차카타파하";

/// Whether the full stop after unit `i` of a sentence that began with unit `first` ends it.
pub(super) fn period_ends(text: &str, units: &[Unit], i: usize, first: usize) -> bool {
    let unit = &units[i];
    let word = &text[unit.core.0..unit.core.1];
    let Some(last) = word.chars().last() else { return false };
    if is_syllable(last) {
        let mut chars = word.chars();
        let label = chars.next().is_some_and(|c| LABELS.contains(c)) && chars.next().is_none();
        let begins_line = i == 0 || units[i - 1].gap >= Gap::Newline;
        // Within a line the five that are also whole commands (가. 자. 사. 차. 타.) are taken for sentences.
        return !(label && i == first && (begins_line || !"가자사차타".contains(last)));
    }
    if last.is_numeric() {
        return number_ends(text, units, i, first, word);
    }
    let lower = word.to_ascii_lowercase();
    let single = word.chars().count() == 1;
    let initials = word.contains('.') && word.split('.').all(|part| part.chars().count() <= 1);
    !(single || initials || ABBREVIATIONS.contains(&lower.as_str()))
}

/// A number with a stop: a label where a sentence begins (제1조 1. …), a part of a date (2024. 3. 1.), or the end.
fn number_ends(text: &str, units: &[Unit], i: usize, first: usize, word: &str) -> bool {
    let digits = word.chars().all(|c| c.is_ascii_digit() || c == '.' || c == '\'');
    if !digits {
        return i != first;
    }
    let next_begins_with_digit = units.get(i + 1).is_some_and(|next| {
        text[next.core.0..next.core.1].chars().next().is_some_and(|c| c.is_ascii_digit())
    });
    if i == first || next_begins_with_digit {
        return false;
    }
    let before = &units[i - 1];
    let previous = &text[before.core.0..before.core.1];
    let dated = before.stop == Stop::Period && previous.chars().last().is_some_and(|c| c.is_ascii_digit());
    let labelled = previous.ends_with(['조', '항', '장', '절', '호']) && before.stop == Stop::None;
    let year = word.len() == 4 && !word.contains('.');
    !(dated || labelled || year)
}

/// Shortest line, in columns, that a page of wrapped lines is made of.
const WRAPPED: usize = 40;

/// For each unit, whether the line end after it ends a sentence because its line stops well before the margin, as
/// headings, verses and list items do. Lines that fill the measure are taken for wrapped ones, and words decide.
pub(super) fn line_breaks(text: &str, units: &[Unit]) -> Vec<bool> {
    let mut breaks = vec![false; units.len()];
    let mut start = 0;
    while start < units.len() {
        let end =
            (start..units.len()).find(|&i| units[i].gap == Gap::Paragraph).map_or(units.len(), |i| i + 1);
        mark_paragraph(text, &units[start..end], &mut breaks[start..end]);
        start = end;
    }
    breaks
}

fn mark_paragraph(text: &str, units: &[Unit], breaks: &mut [bool]) {
    if units.iter().all(|unit| unit.gap != Gap::Newline) {
        return;
    }
    let mut widths = Vec::new();
    let mut from = 0;
    for i in 0..units.len() {
        if units[i].gap == Gap::Newline || i + 1 == units.len() {
            widths.push(columns(&text[units[from].start..units[i].end]));
            from = i + 1;
        }
    }
    let widest = widths.iter().copied().max().unwrap_or(0);
    let mut line = 0;
    for (unit, is_break) in units.iter().zip(breaks) {
        if unit.gap == Gap::Newline {
            let short = widest < WRAPPED || widths[line] * 10 < widest * 7;
            *is_break = short && !unit.inside && unit.stop != Stop::Comma;
            line += 1;
        }
    }
}

/// Width on a screen: a Hangul syllable takes two columns.
fn columns(line: &str) -> usize {
    line.chars().map(|c| if (c as u32) < 0x1100 { 1 } else { 2 }).sum()
}
