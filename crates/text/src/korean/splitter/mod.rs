//! Eojeol cut into stem and particle or ending, without a dictionary: learned from the user's own corpus.
//!
//! Each eojeol is a stem L (a noun, or the root of a verb) and a form R of the closed classes, which may be empty (the
//! L-R graph of Kim's soynlp). `P(L, R) = P(L) · P(R)`; both are fitted by variational Bayes over the eojeol of a
//! corpus, starting from cohesion and branching entropy, with a Dirichlet prior whose base prefers short stems, so that a
//! stem seen with many endings wins over a long one seen once. Stems that were never seen are scored by that base. Text without spaces is cut into the units of the highest total (Viterbi).

mod fit;
mod state;

use super::particles::{Needs, Particles, particles};
use super::runs::{Key, KeyMap, Kind, LONGEST_KEY, each_run, is_closed, push, syllable_at};
use crate::words::Tokenize;
use gyeol_base::Fault;
use gyeol_base::{Error, Result};

pub use state::SplitterState;

/// Which parts of an eojeol are given out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Stems, and particles or endings, each a token.
    #[default]
    All,
    /// Stems alone.
    Stems,
}

/// How a [`Splitter`] is fitted and what it gives out.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SplitterParams {
    /// Expected occurrences (of different eojeol) below which a stem is forgotten; 1 by default.
    pub min_support: f64,
    /// Rounds of fitting; 5 by default.
    pub rounds: usize,
    /// Stems kept at most, the most probable first; 2,000,000 by default (about 64 bytes each while used).
    pub max_stems: usize,
    /// What is given out.
    pub keep: Keep,
    /// Whether punctuation marks and symbols are tokens too.
    pub punctuation: bool,
}

impl Default for SplitterParams {
    fn default() -> Self {
        SplitterParams {
            min_support: 1.0,
            rounds: 5,
            max_stems: 2_000_000,
            keep: Keep::All,
            punctuation: true,
        }
    }
}

/// Parameters that have been checked.
#[derive(Debug, Clone)]
pub struct SplitterValid(SplitterParams);

impl SplitterParams {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`Option`](gyeol_base::Kind::Option) when a number is out of its range.
    pub fn check(self) -> Result<SplitterValid> {
        let fault = |found: String, next: &str| {
            Err(Error::option(
                Fault::new("splitter-option", found)
                    .cause("the Korean splitter cannot be fitted with it")
                    .next(next),
            ))
        };
        if !(self.min_support >= 0.0 && self.min_support.is_finite()) {
            return fault(
                format!("min_support {}", self.min_support),
                "give a number of at least 0, such as 1",
            );
        }
        if self.rounds == 0 || self.rounds > 1000 {
            return fault(format!("rounds {}", self.rounds), "give 1 to 1000 rounds, such as 5");
        }
        if self.max_stems == 0 || self.max_stems > 100_000_000 {
            return fault(format!("max_stems {}", self.max_stems), "give 1 to 100000000 stems");
        }
        Ok(SplitterValid(self))
    }
}

/// Syllables of a stem that is scored without having been seen cost this factor each.
const UNSEEN_SYLLABLE: f32 = 1.0 / 20.0;
/// Syllables looked at in one piece; a longer run without spaces is cut there.
const WINDOW: usize = 64;
/// From this many syllables on, an unseen stem may be several words written together.
const COMPOUND: usize = 4;

/// Cuts Korean text into stems and particles as learned from a corpus.
///
/// ```
/// use gyeol_text::{Tokenize, korean::{EojeolCounts, SplitterParams}};
/// let mut counts = EojeolCounts::new();
/// for noun in ["학교", "나무", "시장", "바다"] {
///     for particle in ["에", "에서", "는", "도", "까지", "를", ""] {
///         counts.add(&format!("{noun}{particle}"));
///     }
/// }
/// let splitter = SplitterParams::default().check()?.fit(&counts)?;
/// assert_eq!(splitter.tokens("나무에서 바다까지"), ["나무", "에서", "바다", "까지"]);
/// # Ok::<(), gyeol_text::Error>(())
/// ```
#[derive(Clone)]
pub struct Splitter {
    state: SplitterState,
    /// ln P(L) of known stems.
    stems: KeyMap<f32>,
    /// ln P(R) by the number of the form; the empty form last.
    forms: Vec<f32>,
    /// Where the most frequent eojeol are cut, in syllables, so that they need one look-up.
    known: KeyMap<u8>,
}

impl std::fmt::Debug for Splitter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Splitter")
            .field("stems", &self.stems.len())
            .field("params", &self.state.params)
            .finish()
    }
}

/// The best cut of a run of syllables into L and R.
#[derive(Clone, Copy)]
struct Cut {
    score: f32,
    /// Syllables of L.
    stem: usize,
    known: bool,
}

impl Splitter {
    /// What is saved: see [`Splitter::from_state`].
    pub fn state(&self) -> &SplitterState {
        &self.state
    }

    /// Gives out stems alone, or all parts.
    pub fn keep(mut self, keep: Keep) -> Self {
        self.state.params.keep = keep;
        self
    }

    /// Known stems.
    pub fn stems(&self) -> usize {
        self.stems.len()
    }

    /// ln P(L) of a stem that is known.
    pub fn stem_score(&self, stem: &str) -> Option<f32> {
        super::runs::key_of(stem).and_then(|key| self.stems.get(&key).copied())
    }

    fn unseen(&self, syllables: usize) -> f32 {
        self.state.unseen + UNSEEN_SYLLABLE.ln() * (syllables as f32 - 1.0)
    }

    /// The best cut of `syllables`, at most [`WINDOW`] of them.
    fn best_cut(&self, all: &Particles, syllables: &[u16]) -> Cut {
        let n = syllables.len();
        let empty = self.forms[self.forms.len() - 1];
        let mut best = Cut { score: f32::NEG_INFINITY, stem: n, known: false };
        let mut stem_key: Key = 0;
        // Keys of all endings of the run, the longest first needed: built from the end.
        let mut tails = [0 as Key; LONGEST_KEY + 1];
        let longest = all.longest.min(n - 1);
        let mut tail: Key = 0;
        for length in 1..=longest {
            tail |= Key::from(syllables[n - length]) << (14 * (length - 1));
            tails[length] = tail;
        }
        for stem in 1..=n {
            if stem <= LONGEST_KEY {
                stem_key = push(stem_key, syllables[stem - 1]);
            }
            let rest = n - stem;
            let form = if rest == 0 {
                empty
            } else if rest > longest {
                continue;
            } else {
                match all.get(tails[rest]) {
                    Some(p) if fits(p.needs, syllables[stem - 1]) => self.forms[usize::from(p.id)],
                    _ => continue,
                }
            };
            let seen = if stem <= LONGEST_KEY { self.stems.get(&stem_key).copied() } else { None };
            let score = form + seen.unwrap_or_else(|| self.unseen(stem));
            if score > best.score {
                best = Cut { score, stem, known: seen.is_some() };
            }
        }
        best
    }

    /// Calls `unit(from, stem end, end)`, in syllables, for each L and R that `syllables` consist of.
    fn cut(&self, syllables: &[u16], unit: &mut dyn FnMut(usize, usize, usize)) {
        let n = syllables.len();
        if n <= LONGEST_KEY {
            let key = syllables.iter().fold(0, |key, &s| push(key, s));
            if let Some(&stem) = self.known.get(&key) {
                return unit(0, usize::from(stem), n);
            }
        }
        let all = particles();
        let cut = self.best_cut(all, syllables);
        if cut.known || cut.stem < COMPOUND {
            return unit(0, cut.stem, n);
        }
        self.segment(all, syllables, unit);
    }

    /// Viterbi over units: `best[j] = max over i of best[i] + score(i..j)`.
    fn segment(&self, all: &Particles, syllables: &[u16], unit: &mut dyn FnMut(usize, usize, usize)) {
        let n = syllables.len();
        let mut best = [f32::NEG_INFINITY; WINDOW + 1];
        let mut from = [(0u8, 0u8); WINDOW + 1];
        best[0] = 0.0;
        for end in 1..=n {
            for start in end.saturating_sub(LONGEST_KEY + all.longest)..end {
                if best[start] == f32::NEG_INFINITY {
                    continue;
                }
                let cut = self.best_cut(all, &syllables[start..end]);
                if best[start] + cut.score > best[end] {
                    best[end] = best[start] + cut.score;
                    from[end] = (start as u8, (start + cut.stem) as u8);
                }
            }
        }
        let mut units = [(0u8, 0u8, 0u8); WINDOW];
        let (mut count, mut end) = (0, n);
        while end > 0 {
            let (start, stem) = from[end];
            units[count] = (start, stem, end as u8);
            count += 1;
            end = usize::from(start);
        }
        for &(start, stem, end) in units[..count].iter().rev() {
            unit(usize::from(start), usize::from(stem), usize::from(end));
        }
    }
}

#[inline]
fn fits(needs: Needs, before: u16) -> bool {
    match needs {
        Needs::Any => true,
        Needs::Closed => is_closed(before),
        Needs::Open => !is_closed(before),
    }
}

impl Tokenize for Splitter {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        let bytes = text.as_bytes();
        let all = self.state.params.keep == Keep::All;
        let mut after_word = false;
        each_run(text, &mut |kind, from, to, glued| {
            let follows_word = after_word && glued;
            after_word = kind == Kind::Word;
            match kind {
                Kind::Hangul => {
                    let mut syllables = [0u16; WINDOW];
                    let mut at = from;
                    while at < to {
                        let n = ((to - at) / 3).min(WINDOW);
                        for (i, syllable) in syllables[..n].iter_mut().enumerate() {
                            *syllable = syllable_at(bytes, at + 3 * i);
                        }
                        // After a number or a Latin word the whole run may be its particle: LSTM은.
                        if follows_word && at == from && is_particle(&syllables[..n]) {
                            if all {
                                token(&text[at..at + 3 * n]);
                            }
                        } else {
                            self.cut(&syllables[..n], &mut |start, stem, end| {
                                token(&text[at + 3 * start..at + 3 * stem]);
                                if all && stem < end {
                                    token(&text[at + 3 * stem..at + 3 * end]);
                                }
                            });
                        }
                        at += 3 * n;
                    }
                }
                Kind::Mark if !self.state.params.punctuation => {}
                _ => token(&text[from..to]),
            }
        });
    }
}

fn is_particle(syllables: &[u16]) -> bool {
    syllables.len() < LONGEST_KEY
        && particles().get(syllables.iter().fold(0, |key, &s| push(key, s))).is_some()
}

#[cfg(test)]
mod tests;
