//! In how many windows words and pairs of words stand.
//!
//! A word is in a window from the step at which it enters to the step at which it leaves, so a pair is counted once when
//! one of the two leaves: the number of steps since the later one came. That is a sum a leaving word, not a sum over all
//! pairs a window. Counts are integers, so that any number of threads gives the same.

use super::Repeats;

/// Counts of one kind of window.
#[derive(Debug, Clone)]
pub(super) struct Counts {
    /// Tokens of a window; `None` is the whole document.
    pub window: Option<usize>,
    repeats: Repeats,
    pub windows: u64,
    /// In how many windows each word stands.
    words: Vec<u64>,
    /// The same for pairs: (i, j), i > j, at i (i - 1) / 2 + j.
    pairs: Vec<u64>,
    /// Words of the window at hand.
    present: Vec<u32>,
    /// Where each stands in `present`; `ABSENT` otherwise.
    place: Vec<u32>,
    /// The step at which it came.
    since: Vec<u64>,
    /// Where it stood last.
    last: Vec<u64>,
}

const ABSENT: u32 = u32::MAX;

fn pair(a: usize, b: usize) -> usize {
    let (low, high) = (a.min(b), a.max(b));
    high * (high.max(1) - 1) / 2 + low
}

/// A word that is counted, and where it stands in its document.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub position: u64,
    pub word: u32,
}

impl Counts {
    pub fn new(words: usize, window: Option<usize>, repeats: Repeats) -> Self {
        Counts {
            window,
            repeats,
            windows: 0,
            words: vec![0; words],
            pairs: vec![0; words * words.max(1).saturating_sub(1) / 2],
            present: Vec::new(),
            place: vec![ABSENT; words],
            since: vec![0; words],
            last: vec![0; words],
        }
    }

    /// The same kind of window, nothing counted.
    pub fn emptied(&self) -> Self {
        Counts::new(self.words.len(), self.window, self.repeats)
    }

    pub fn is_for(&self, window: Option<usize>, repeats: Repeats) -> bool {
        self.window == window && (window.is_none() || self.repeats == repeats)
    }

    /// Windows with the word.
    pub fn word(&self, word: u32) -> u64 {
        self.words[word as usize]
    }

    /// Windows with both; those with the word where they are the same.
    pub fn pair(&self, a: u32, b: u32) -> u64 {
        if a == b { self.word(a) } else { self.pairs[pair(a as usize, b as usize)] }
    }

    /// Adds what another has counted.
    pub fn add(&mut self, other: &Counts) {
        self.windows += other.windows;
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a += b);
        self.pairs.iter_mut().zip(&other.pairs).for_each(|(a, b)| *a += b);
    }

    /// Counts a document of `length` tokens, of which `found` are words that matter, in order.
    pub fn document(&mut self, length: usize, found: &[At]) {
        let length = length as u64;
        // A document that is shorter than the window is one window, an empty one too.
        let window = self.window.map_or(length, |w| length.min(w as u64));
        let steps = length - window + 1;
        self.windows += steps;
        let (mut enters, mut leaves) = (0, 0);
        while let Some(at) = found.get(enters).filter(|at| at.position < window) {
            self.enter(*at, 0);
            enters += 1;
        }
        loop {
            let leave = found.get(leaves).map_or(steps, |at| at.position + 1);
            let enter = found.get(enters).map_or(steps, |at| at.position - window + 1);
            let step = leave.min(enter);
            if step >= steps {
                break;
            }
            if leave == step {
                let at = found[leaves];
                let gone = match self.repeats {
                    Repeats::Gensim => self.place[at.word as usize] != ABSENT,
                    Repeats::Kept => self.last[at.word as usize] == at.position,
                };
                if gone {
                    self.leave(at.word, step);
                }
                leaves += 1;
            } else {
                self.enter(found[enters], step);
                enters += 1;
            }
        }
        while let Some(&word) = self.present.last() {
            self.leave(word, steps);
        }
    }

    fn enter(&mut self, at: At, step: u64) {
        let word = at.word as usize;
        self.last[word] = at.position;
        if self.place[word] == ABSENT {
            self.place[word] = self.present.len() as u32;
            self.since[word] = step;
            self.present.push(at.word);
        }
    }

    fn leave(&mut self, word: u32, step: u64) {
        let w = word as usize;
        let place = std::mem::replace(&mut self.place[w], ABSENT) as usize;
        self.present.swap_remove(place);
        if let Some(&moved) = self.present.get(place) {
            self.place[moved as usize] = place as u32;
        }
        let came = self.since[w];
        self.words[w] += step - came;
        for &other in &self.present {
            let both = step - came.max(self.since[other as usize]);
            self.pairs[pair(w, other as usize)] += both;
        }
    }
}
