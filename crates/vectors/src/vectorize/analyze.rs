//! From a text to its terms: tokens, or runs of tokens with blanks between.

use std::cell::Cell;

use gyeol_text::Tokenize;
use gyeol_text::prepare::Preparation;

/// Tokens of a preparation, and n-grams of them in scikit-learn's order: all of one length, then those of the next.
#[derive(Debug, Clone)]
pub struct Analyzer {
    tokens: Preparation,
    ngrams: (usize, usize),
}

thread_local! {
    /// Text and ends of the tokens of a document, used again.
    static ROOM: Cell<(String, Vec<usize>)> = const { Cell::new((String::new(), Vec::new())) };
}

impl Analyzer {
    /// Runs of `ngrams.0` to `ngrams.1` tokens; the range was checked.
    pub(super) fn new(tokens: Preparation, ngrams: (usize, usize)) -> Self {
        Analyzer { tokens, ngrams }
    }

    /// What cuts into tokens.
    pub fn tokens(&self) -> &Preparation {
        &self.tokens
    }
}

impl Tokenize for Analyzer {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        if self.ngrams == (1, 1) {
            return self.tokens.each(text, token);
        }
        // Taken out while in use, so that a call from inside of `token` finds empty room.
        let (mut joined, mut ends) = ROOM.take();
        joined.clear();
        ends.clear();
        self.tokens.each(text, &mut |piece| {
            if !ends.is_empty() {
                joined.push(' ');
            }
            joined.push_str(piece);
            ends.push(joined.len());
        });
        let begin = |i: usize| if i == 0 { 0 } else { ends[i - 1] + 1 };
        for n in self.ngrams.0..=self.ngrams.1 {
            for last in n.saturating_sub(1)..ends.len() {
                token(&joined[begin(last + 1 - n)..ends[last]]);
            }
        }
        ROOM.set((joined, ends));
    }
}
