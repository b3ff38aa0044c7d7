//! All words that a text may be made of, and the path of lowest cost through them (Viterbi), as MeCab finds it.
//!
//! `cost(path) = Σ cost(word) + connection(word before, word) + penalty(white space before)`. Where costs tie, the word
//! that MeCab would look at first wins: the one put down last.

use super::dictionary::{CharClass, Dictionary, Token};

/// Characters of one class beyond the first that make one unknown word at most.
const MAX_GROUPING: usize = 24;
const NONE: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Node {
    token: Token,
    start: u32,
    end: u32,
    cost: i64,
    /// The best node before.
    previous: u32,
    /// The next node that ends where this one does.
    next_ending: u32,
}

/// Scratch space, used again from text to text.
#[derive(Debug, Default)]
pub(super) struct Lattice {
    nodes: Vec<Node>,
    /// For each byte, the last node put down that ends there.
    ending: Vec<u32>,
    here: Vec<(Token, u32)>,
    path: Vec<u32>,
}

impl Lattice {
    pub const fn new() -> Self {
        Lattice { nodes: Vec::new(), ending: Vec::new(), here: Vec::new(), path: Vec::new() }
    }

    /// Calls `word(from, to, token)` for each word of the best path through `text`.
    pub fn best_path(
        &mut self,
        dictionary: &Dictionary,
        text: &str,
        word: &mut dyn FnMut(usize, usize, Token),
    ) {
        let text = trim_end(dictionary, text);
        if text.is_empty() {
            return;
        }
        self.nodes.clear();
        self.ending.clear();
        self.ending.resize(text.len() + 1, NONE);
        self.nodes.push(Node {
            token: Token::default(),
            start: 0,
            end: 0,
            cost: 0,
            previous: NONE,
            next_ending: NONE,
        });
        self.ending[0] = 0;
        for at in 0..text.len() {
            if self.ending[at] != NONE {
                let start = self.look_up(dictionary, text, at);
                self.connect(dictionary, at, start);
            }
        }
        // The last word ends the text: nothing but words reaches the end, as each place where one ends begins one.
        let end = Token::default();
        let mut best = (i64::MAX, NONE);
        let mut left = self.ending[text.len()];
        while left != NONE {
            let node = &self.nodes[left as usize];
            let cost = node.cost + i64::from(dictionary.connection(node.token.right, &end));
            if cost < best.0 {
                best = (cost, left);
            }
            left = node.next_ending;
        }
        self.path.clear();
        let mut at = best.1;
        while at != NONE && at != 0 {
            self.path.push(at);
            at = self.nodes[at as usize].previous;
        }
        for &node in self.path.iter().rev() {
            let Node { start, end, token, .. } = self.nodes[node as usize];
            word(start as usize, end as usize, token);
        }
    }

    /// Puts the words that may follow byte `at` into `here`, in MeCab's order; the byte where they start.
    fn look_up(&mut self, dictionary: &Dictionary, text: &str, at: usize) -> usize {
        self.here.clear();
        let here = &mut self.here;
        let start = skip_kind(dictionary, text, at, dictionary.space);
        let rest = &text[start..];
        let Some(first) = rest.chars().next() else { return start };
        let class = dictionary.class_of(first);
        dictionary.prefixes(rest.as_bytes(), &mut |length, tokens| {
            // A damaged trie may end a word within a character.
            if text.is_char_boundary(start + length) {
                here.extend(tokens.iter().map(|&token| (token, (start + length) as u32)));
            }
        });
        if !here.is_empty() && !class.always() {
            return start;
        }
        let unknown = dictionary.unknown(class);
        let second = start + first.len_utf8();
        let mut grouped = None;
        if class.groups() {
            let end = skip_kind(dictionary, text, second, class);
            if text[second..end].chars().count() <= MAX_GROUPING {
                here.extend(unknown.iter().map(|&token| (token, end as u32)));
            }
            grouped = Some(end);
        }
        let mut end = second;
        for _ in 0..class.length() {
            if Some(end) == grouped {
                // MeCab steps over this length without moving on.
                continue;
            }
            here.extend(unknown.iter().map(|&token| (token, end as u32)));
            match text[end..].chars().next() {
                Some(c) if class.is_kind_of(dictionary.class_of(c)) => end += c.len_utf8(),
                _ => break,
            }
        }
        if here.is_empty() {
            here.extend(unknown.iter().map(|&token| (token, end as u32)));
        }
        start
    }

    fn connect(&mut self, dictionary: &Dictionary, at: usize, start: usize) {
        let first = self.ending[at];
        for &(token, end) in self.here.iter().rev() {
            let mut own = i64::from(token.cost);
            if start != at {
                own += i64::from(dictionary.space_penalty(token.part));
            }
            let mut best = (i64::MAX, NONE);
            let mut left = first;
            while left != NONE {
                let node = &self.nodes[left as usize];
                let cost = node.cost + i64::from(dictionary.connection(node.token.right, &token)) + own;
                if cost < best.0 {
                    best = (cost, left);
                }
                left = node.next_ending;
            }
            let number = self.nodes.len() as u32;
            self.nodes.push(Node {
                token,
                start: start as u32,
                end,
                cost: best.0,
                previous: best.1,
                next_ending: self.ending[end as usize],
            });
            self.ending[end as usize] = number;
        }
    }
}

/// Steps over characters as long as each is of a kind with the one before; where it stops.
fn skip_kind(dictionary: &Dictionary, text: &str, at: usize, mut kind: CharClass) -> usize {
    let mut end = at;
    for c in text[at..].chars() {
        let class = dictionary.class_of(c);
        if !kind.is_kind_of(class) {
            break;
        }
        kind = class;
        end += c.len_utf8();
    }
    end
}

fn trim_end<'a>(dictionary: &Dictionary, text: &'a str) -> &'a str {
    text.trim_end_matches(|c| dictionary.space.is_kind_of(dictionary.class_of(c)))
}
