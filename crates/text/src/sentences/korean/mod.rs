//! Sentences of Korean text, with and without full stops.
//!
//! A text is cut into units (eojeol with what hangs on them); a gap between two units ends a sentence when a stop says
//! so, and, where the writer uses none, when the final ending of the word before and the words after speak for it.
//! Brackets and quotations that close again are kept whole.

mod context;
mod endings;
pub mod features;
mod stops;
mod units;

use std::ops::Range;

use context::{Context, context_of, continues_quotation, is_saying};
use endings::{Strength, ending_of};
use features::{Evidence, Place, evidence};
use units::{Gap, Stop, Unit, units};

/// Cuts Korean text into sentences.
///
/// ```
/// use gyeol_text::sentences::korean::KoreanSentences;
/// let mut found = Vec::new();
/// KoreanSentences::default().each("어제 바다에 갔다 파도가 높았다 그는 \"춥다.\"라고 했다", &mut |s| found.push(s.to_owned()));
/// assert_eq!(found, ["어제 바다에 갔다", "파도가 높았다", "그는 \"춥다.\"라고 했다"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KoreanSentences {
    /// Whether a sentence may end where no stop stands; with `false`, stops and empty lines alone end one.
    pub without_stops: bool,
    /// Log-odds that a gap without a stop must exceed; 0 by default, higher cuts less.
    pub threshold: f32,
}

impl Default for KoreanSentences {
    fn default() -> Self {
        KoreanSentences { without_stops: true, threshold: 0.0 }
    }
}

/// Longest stretch, in bytes, that is looked at in one piece: bounds the memory for one endless line.
const PIECE: usize = 1 << 20;
/// What a writer who does use stops is believed less where none stands, in log-odds: after endings that seldom do
/// anything but close a sentence, and after all others.
const STOPS_USED: (f32, f32) = (5.0, 12.0);
/// A single line end speaks for the end of a sentence, in log-odds.
const LINE_END: f32 = 3.0;
/// So does an ellipsis.
const ELLIPSIS: f32 = 2.0;
/// And a stop that the next word follows without a space.
const TIGHT_STOP: f32 = 4.0;
/// Units in which a verb of saying may follow a quotation that it belongs to.
const SAYING_WITHIN: usize = 6;

impl KoreanSentences {
    /// Calls `sentence` for each sentence of `text`, trimmed, in order. What is only white space gives none.
    pub fn each(&self, text: &str, sentence: &mut dyn FnMut(&str)) {
        self.each_span(text, &mut |span| sentence(&text[span]));
    }

    /// The byte range of each sentence, in order.
    pub fn spans(&self, text: &str) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        self.each_span(text, &mut |span| out.push(span));
        out
    }

    /// Calls `span` with the byte range of each sentence, trimmed, in order.
    pub fn each_span(&self, text: &str, span: &mut dyn FnMut(Range<usize>)) {
        let mut found = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let mut end = text.len().min(at.saturating_add(PIECE));
            if end < text.len() {
                end = piece_end(text, at, end);
            }
            let piece = &text[at..end];
            units(piece, &mut found);
            self.cut(piece, &found, &mut |range| span(at + range.start..at + range.end));
            at = end;
        }
    }

    fn cut(&self, text: &str, units: &[Unit], span: &mut dyn FnMut(Range<usize>)) {
        let share = stops_share(text, units);
        let lines = stops::line_breaks(text, units);
        let mut first = 0;
        for i in 0..units.len() {
            let last = i + 1 == units.len();
            if last || self.ends_after(text, units, i, first, share, lines[i]) {
                span(units[first].start..units[i].end);
                first = i + 1;
            }
        }
    }

    /// Whether a sentence that began with unit `first` ends after unit `i`.
    fn ends_after(
        &self,
        text: &str,
        units: &[Unit],
        i: usize,
        first: usize,
        stops_share: f32,
        line_break: bool,
    ) -> bool {
        let unit = &units[i];
        if unit.gap == Gap::Paragraph || line_break {
            return true;
        }
        if unit.inside || unit.core.0 == unit.core.1 {
            return false;
        }
        let right = core(text, units, i + 1);
        if unit.closes && unit.stop >= Stop::Ellipsis && quotation_goes_on(text, units, i, right) {
            return false;
        }
        let strength = ending_of(core(text, units, i)).strength;
        let reluctance =
            stops_share * if strength == Strength::Certain { STOPS_USED.0 } else { STOPS_USED.1 };
        let score = |bonus: f32| evidence_at(text, units, i, first).score() + bonus > self.threshold;
        match unit.stop {
            Stop::Mark => !continues_quotation(right) && (unit.gap != Gap::Tight || score(TIGHT_STOP)),
            Stop::Period if unit.gap == Gap::Tight => score(TIGHT_STOP),
            Stop::Period => !continues_quotation(right) && stops::period_ends(text, units, i, first),
            Stop::Ellipsis => score(ELLIPSIS),
            Stop::Comma => false,
            Stop::None if !self.without_stops => false,
            // What has no ending needs a stop, a line end or an emoticon to be one.
            Stop::None
                if matches!(strength, Strength::None | Strength::Lookalike)
                    && unit.gap != Gap::Newline
                    && !unit.emoticon =>
            {
                false
            }
            // Line ends are among what the share counts, so they are not held against a certain ending.
            Stop::None if unit.gap == Gap::Newline && strength == Strength::Certain => score(LINE_END),
            Stop::None if unit.gap == Gap::Newline => score(LINE_END - reluctance),
            Stop::None => score(-reluctance),
        }
    }
}

/// The last place before `end` where an empty line, a line or a word ends.
fn piece_end(text: &str, at: usize, mut end: usize) -> usize {
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let piece = &text[at..end];
    let cut = piece
        .rfind("\n\n")
        .or_else(|| piece.rfind('\n'))
        .or_else(|| piece.rfind(". "))
        .or_else(|| piece.rfind(char::is_whitespace))
        .filter(|&cut| cut > 0)
        .map_or(end, |cut| at + cut + 1);
    if text.is_char_boundary(cut) { cut } else { end }
}

fn core<'a>(text: &'a str, units: &[Unit], i: usize) -> &'a str {
    units.get(i).map_or("", |unit| &text[unit.core.0..unit.core.1])
}

fn evidence_at(text: &str, units: &[Unit], i: usize, first: usize) -> Evidence {
    evidence(&Place {
        before: if i > first { core(text, units, i - 1) } else { "" },
        left: core(text, units, i),
        right: core(text, units, i + 1),
        after: core(text, units, i + 2),
        length: i + 1 - first,
        remaining: units.len() - 1 - i,
        unit: &units[i],
    })
}

/// The share of the likely ends of sentences that carry a stop or close a line.
fn stops_share(text: &str, units: &[Unit]) -> f32 {
    let (mut with, mut without) = (0u32, 0u32);
    for (i, unit) in units.iter().enumerate() {
        if unit.inside || unit.core.0 == unit.core.1 {
            continue;
        }
        let certain = ending_of(core(text, units, i)).strength == Strength::Certain;
        if unit.stop >= Stop::Period || (certain && unit.gap >= Gap::Newline) {
            with += 1;
        } else if unit.stop == Stop::None
            && i + 1 < units.len()
            && certain
            && matches!(
                context_of(core(text, units, i + 1)),
                Context::Other | Context::Conjunction | Context::Pronoun
            )
        {
            without += 1;
        }
    }
    if with + without == 0 { 0.0 } else { with as f32 / (with + without) as f32 }
}

/// Whether a quotation that closed after unit `i` goes on: 라고, or a verb of saying before the next stop.
fn quotation_goes_on(text: &str, units: &[Unit], i: usize, right: &str) -> bool {
    let quoted = text[units[i].core.1..units[i].end].contains(['"', '\'', '”', '’', '」', '』']);
    if !quoted {
        return false;
    }
    if continues_quotation(right) {
        return true;
    }
    for j in i + 1..units.len().min(i + 1 + SAYING_WITHIN) {
        if units[j].inside {
            return false;
        }
        if is_saying(core(text, units, j)) {
            return true;
        }
        if units[j].stop >= Stop::Ellipsis || units[j].gap == Gap::Paragraph {
            return false;
        }
    }
    false
}

/// Calls `example` for each gap of `text` with its evidence, stops unseen, and whether a stop ends a sentence there
/// (`None` where a comma, an ellipsis or brackets leave it open): what the weights are fitted on.
pub fn examples(text: &str, example: &mut dyn FnMut(Evidence, Option<bool>)) {
    let mut found = Vec::new();
    units(text, &mut found);
    let mut first = 0;
    for i in 0..found.len().saturating_sub(1) {
        let unit = &found[i];
        if unit.core.0 == unit.core.1 {
            continue;
        }
        let label = match unit.stop {
            _ if unit.inside => None,
            Stop::None if unit.emoticon || unit.tilde => None,
            Stop::None => Some(unit.gap == Gap::Newline),
            Stop::Mark => Some(true),
            Stop::Period => Some(stops::period_ends(text, &found, i, first)),
            Stop::Comma | Stop::Ellipsis => None,
        };
        example(evidence_at(text, &found, i, first), label);
        if label == Some(true) || unit.stop == Stop::Ellipsis {
            first = i + 1;
        }
    }
}
