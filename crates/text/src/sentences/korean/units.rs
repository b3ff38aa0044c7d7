//! A text as units: eojeol with the stops, brackets and emoticons that hang on them, and the gap that follows each.

use crate::korean::jamo::{is_letter, is_syllable};

/// The strongest stop that hangs on a unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stop {
    #[default]
    None,
    Comma,
    Ellipsis,
    Period,
    Mark,
}

/// What separates a unit from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// Nothing: 좋았어요.그런데
    Tight,
    Space,
    Newline,
    /// An empty line
    Paragraph,
}

/// One eojeol with what hangs on it. All positions are bytes of the text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unit {
    pub start: usize,
    pub end: usize,
    /// From the first to the last letter or digit; empty for a bullet or a dash.
    pub core: (usize, usize),
    pub stop: Stop,
    /// A bracket or quotation closes after the core.
    pub closes: bool,
    pub emoticon: bool,
    pub tilde: bool,
    pub gap: Gap,
    /// The gap after lies within brackets or a quotation.
    pub inside: bool,
}

fn is_opener(c: char) -> bool {
    matches!(c, '(' | '[' | '{' | '“' | '‘' | '「' | '『' | '《' | '〈' | '【' | '（' | '<')
}

fn is_closer(c: char) -> bool {
    matches!(c, ')' | ']' | '}' | '”' | '’' | '」' | '』' | '》' | '〉' | '】' | '）' | '>' | '"' | '\'')
}

fn is_emoticon(c: char) -> bool {
    is_letter(c)
        || matches!(c, '^' | ';' | '♡' | '♥' | '★' | '☆' | '♪' | '♬' | '_')
        || matches!(c as u32, 0x2600..=0x27BF | 0x1F000..=0x1FAFF | 0xFE0F | 0x200D)
}

fn is_tilde(c: char) -> bool {
    matches!(c, '~' | '～' | '∼' | '〜')
}

/// Letters and digits that words are made of; letters that stand alone (ㅋㅋ) are emoticons.
fn is_word(c: char) -> bool {
    (is_syllable(c) || c.is_alphanumeric() || c == '%') && !is_letter(c)
}

/// Cuts `text` into units.
pub(super) fn units(text: &str, out: &mut Vec<Unit>) {
    out.clear();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            let newlines = rest[..blank].chars().filter(|&c| c == '\n' || c == '\u{2029}').count();
            if let Some(last) = out.last_mut() {
                last.gap = match newlines {
                    0 => Gap::Space,
                    1 => Gap::Newline,
                    _ => Gap::Paragraph,
                };
            }
            at += blank;
            continue;
        }
        let token = rest.len().min(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        cut_token(text, at, at + token, out);
        at += token;
    }
    mark_insides(text, out);
}

/// Cuts one token without white space where a stop or an emoticon is followed by the next word at once.
fn cut_token(text: &str, start: usize, end: usize, out: &mut Vec<Unit>) {
    let new = |at| Unit {
        start: at,
        end: at,
        core: (at, at),
        stop: Stop::None,
        closes: false,
        emoticon: false,
        tilde: false,
        gap: Gap::Tight,
        inside: false,
    };
    let mut unit = new(start);
    let mut started = false;
    let mut tail = Tail::default();
    let mut skip = 0;
    for (offset, c) in text[start..end].char_indices() {
        let at = start + offset;
        if at < skip {
            continue;
        }
        if started && c == '[' && tail.stop > Stop::Comma {
            // A note's number after the stop, as in 했다.[2], hangs on the word too.
            let note = text[at..end]
                .find(']')
                .filter(|&close| text[at + 1..at + close].chars().all(char::is_alphanumeric));
            if let Some(close) = note {
                skip = at + close + 1;
                unit.end = skip;
                continue;
            }
        }
        if is_word(c) {
            if started && tail.parts_from(c) && text[..unit.core.1].chars().last().is_some_and(is_syllable) {
                unit.end = at;
                tail.mark(&mut unit);
                out.push(unit);
                unit = new(at);
            } else if !started {
                unit.core.0 = at;
            }
            started = true;
            unit.core.1 = at + c.len_utf8();
            tail = Tail::default();
        } else if started {
            tail.take(c);
        } else {
            unit.core = (at + c.len_utf8(), at + c.len_utf8());
            tail.take(c);
        }
        unit.end = at + c.len_utf8();
    }
    if started {
        tail.mark(&mut unit);
        out.push(unit);
        return;
    }
    // No word in it: an emoticon, stop or closing bracket belongs to what went before, a bullet to what comes.
    let token = &text[start..end];
    let opens = token
        .chars()
        .next()
        .is_some_and(|c| is_opener(c) || matches!(c, '-' | '*' | '•' | '·' | '○' | '■' | '▶' | '#'));
    let face = token.chars().count() >= 2 && token.contains(['_', '^', '>', '<', 'ㅅ', 'ㅡ', ')']);
    match out.last_mut() {
        Some(last) if last.gap != Gap::Paragraph && (face || !opens) => {
            last.end = end;
            let mut tail = Tail {
                stop: last.stop,
                closes: last.closes,
                emoticon: last.emoticon,
                tilde: last.tilde,
                ..Tail::default()
            };
            token.chars().for_each(|c| tail.take(c));
            tail.emoticon |= face;
            tail.mark(last);
        }
        _ => {
            unit.core = (end, end);
            out.push(unit);
        }
    }
}

/// What hangs on a word after its last letter.
#[derive(Default)]
struct Tail {
    stop: Stop,
    periods: u32,
    letters: u32,
    closes: bool,
    emoticon: bool,
    tilde: bool,
}

impl Tail {
    fn take(&mut self, c: char) {
        let stop = match c {
            '!' | '?' | '！' | '？' => Stop::Mark,
            '…' | '‥' => Stop::Ellipsis,
            '.' | '。' | '｡' | '．' => {
                self.periods += 1;
                if self.periods > 1 { Stop::Ellipsis } else { Stop::Period }
            }
            ',' | '，' | '、' | ':' => Stop::Comma,
            _ => Stop::None,
        };
        // Two periods make an ellipsis out of what one alone had ended.
        if self.stop == Stop::Period && stop == Stop::Ellipsis {
            self.stop = Stop::Ellipsis;
        }
        self.stop = self.stop.max(stop);
        self.closes |= is_closer(c);
        self.letters += u32::from(is_letter(c) || c == '^');
        self.emoticon |= is_emoticon(c);
        self.tilde |= is_tilde(c);
    }

    /// Whether a word that begins with `c` right after this tail may begin a sentence.
    fn parts_from(&self, c: char) -> bool {
        (is_syllable(c) || (c.is_ascii_digit() && self.stop >= Stop::Period))
            && !self.closes
            && (self.stop >= Stop::Ellipsis || self.letters >= 2)
    }

    fn mark(&self, unit: &mut Unit) {
        unit.stop = self.stop;
        unit.closes = self.closes;
        unit.emoticon = self.emoticon;
        unit.tilde = self.tilde;
    }
}

/// Longest quotation or bracket, in bytes, that is kept whole; a longer one is taken for a stray mark.
const LONGEST_QUOTATION: usize = 1200;

/// Marks the gaps within brackets and quotations that close again in the same paragraph.
fn mark_insides(text: &str, units: &mut [Unit]) {
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut before = ' ';
    let mut newlines = 0;
    for (at, c) in text.char_indices() {
        newlines = if c == '\n' {
            newlines + 1
        } else if c.is_whitespace() {
            newlines
        } else {
            0
        };
        if newlines >= 2 {
            open.clear();
        }
        let starts_word = before.is_whitespace() || is_opener(before) || matches!(before, '"' | '\'');
        let close = match c {
            '"' => {
                if open.iter().any(|o| o.0 == '"') {
                    Some('"')
                } else {
                    open.push(('"', at));
                    None
                }
            }
            '\'' if open.iter().any(|o| o.0 == '\'') => {
                let next = text[at + 1..].chars().next();
                next.is_none_or(|n| !n.is_ascii_alphanumeric()).then_some('\'')
            }
            '\'' => {
                if starts_word {
                    open.push(('\'', at));
                }
                None
            }
            '<' | '>' => None,
            _ if is_opener(c) => {
                open.push((c, at));
                None
            }
            ')' => Some('('),
            ']' => Some('['),
            '}' => Some('{'),
            '”' => Some('“'),
            '’' => Some('‘'),
            '」' => Some('「'),
            '』' => Some('『'),
            '》' => Some('《'),
            '〉' => Some('〈'),
            '】' => Some('【'),
            '）' => Some('（'),
            _ => None,
        };
        if let Some(opener) = close
            && let Some(found) = open.iter().rposition(|o| o.0 == opener)
        {
            let (_, from) = open[found];
            open.truncate(found);
            if at - from <= LONGEST_QUOTATION {
                spans.push((from, at));
            }
        }
        if open.len() > 64 {
            open.remove(0);
        }
        before = c;
    }
    spans.sort_unstable();
    let mut next = 0;
    let mut reach = 0;
    for unit in units {
        while next < spans.len() && spans[next].0 < unit.end {
            reach = reach.max(spans[next].1);
            next += 1;
        }
        unit.inside = unit.end <= reach;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(&str, Stop, bool)> {
        let mut out = Vec::new();
        units(text, &mut out);
        out.iter().map(|u| (&text[u.start..u.end], u.stop, u.inside)).collect()
    }

    #[test]
    fn stops_and_emoticons_hang_on_the_word_before() {
        assert_eq!(
            cut("좋아요.그런데 3.14는 ㅋㅋㅋ 네?! 끝... ^^"),
            [
                ("좋아요.", Stop::Period, false),
                ("그런데", Stop::None, false),
                ("3.14는 ㅋㅋㅋ", Stop::None, false),
                ("네?!", Stop::Mark, false),
                ("끝... ^^", Stop::Ellipsis, false),
            ]
        );
    }

    #[test]
    fn gaps_within_a_quotation_that_closes_are_inside() {
        let inside: Vec<bool> =
            cut("그는 \"나 간다. 정말\"이라고 했다 (아 왜) 끝 \"열고").iter().map(|u| u.2).collect();
        assert_eq!(inside, [false, true, true, false, false, true, false, false, false]);
    }

    #[test]
    fn hostile_brackets_take_no_quadratic_time() {
        let text = "(".repeat(200_000) + &")".repeat(200_000);
        let mut out = Vec::new();
        units(&text, &mut out);
        assert_eq!(out.len(), 1);
    }
}
