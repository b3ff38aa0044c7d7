//! Counts of Hangul runs, and what they say about where words end: cohesion, branching entropy, accessor variety.
//!
//! For a string `w` of n syllables that begins (ends) eojeol, with N(·) the number of eojeol that begin with it:
//!
//! * cohesion (Kim, soynlp): `(N(w) / N(w₁))^(1/(n-1))`, the geometric mean of P(wᵢ₊₁ | w₁…wᵢ);
//! * branching entropy (Jin and Tanaka-Ishii 2006): `-Σ p(s|w) log₂ p(s|w)` over the syllables `s` that follow;
//! * accessor variety (Feng et al. 2004): how many different syllables follow. The end of an eojeol counts as one.

use std::collections::HashMap;

use gyeol_tensor::Pool;

use super::runs::{Kind, each_run};

/// Texts that one task counts.
const BLOCK: usize = 4096;
/// Longest run that is counted; a longer one is text without spaces and tells nothing about eojeol.
const LONGEST: usize = 3 * 40;

/// How often each run of Hangul syllables occurs.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct EojeolCounts {
    counts: HashMap<Box<str>, u64>,
}

/// Branching on one side of a string.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Branching {
    /// Eojeol that begin (or end) with the string.
    pub count: u64,
    /// Entropy of the syllable beyond it, in bits.
    pub entropy: f64,
    /// Different syllables beyond it.
    pub variety: usize,
}

impl EojeolCounts {
    /// No counts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts the eojeol of one text.
    pub fn add(&mut self, text: &str) {
        each_run(text, &mut |kind, from, to, _| {
            if kind == Kind::Hangul && to - from <= LONGEST {
                let word = &text[from..to];
                match self.counts.get_mut(word) {
                    Some(count) => *count += 1,
                    None => {
                        self.counts.insert(word.into(), 1);
                    }
                }
            }
        });
    }

    /// Counts the eojeol of many texts on the pool; the same counts on any number of threads.
    pub fn add_all<T: AsRef<str> + Sync>(&mut self, texts: &[T], pool: &Pool) {
        let mut parts: Vec<EojeolCounts> =
            vec![EojeolCounts::default(); texts.len().div_ceil(BLOCK).min(pool.threads())];
        let tasks = parts.len();
        // Sums do not depend on who adds what, so the cut may follow the threads and save tables.
        pool.each_mut(&mut parts, |_, index, part| {
            for block in texts.chunks(BLOCK).skip(index).step_by(tasks) {
                block.iter().for_each(|text| part.add(text.as_ref()));
            }
        });
        parts.into_iter().for_each(|part| self.merge(part));
    }

    /// Adds the counts of another.
    pub fn merge(&mut self, other: EojeolCounts) {
        if self.counts.is_empty() {
            self.counts = other.counts;
            return;
        }
        for (word, count) in other.counts {
            *self.counts.entry(word).or_insert(0) += count;
        }
    }

    /// Each word with its count, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(word, &count)| (&**word, count))
    }

    /// Different eojeol.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// The words in code-point order with their counts, ready for questions.
    pub fn sorted(&self) -> SortedCounts {
        let mut words: Vec<(Box<str>, u64)> = self.counts.iter().map(|(w, &c)| (w.clone(), c)).collect();
        words.sort_unstable();
        let mut before = Vec::with_capacity(words.len() + 1);
        let mut sum = 0;
        before.push(0);
        for (_, count) in &words {
            sum += count;
            before.push(sum);
        }
        SortedCounts { words, before }
    }

    /// The same of the words turned round, for what stands to the left.
    pub fn sorted_from_end(&self) -> SortedCounts {
        let turned = self.counts.iter().map(|(word, &count)| (word.chars().rev().collect(), count)).collect();
        EojeolCounts { counts: turned }.sorted()
    }
}

/// Counts in order, for questions about strings that words begin with.
#[derive(Debug, Clone)]
pub struct SortedCounts {
    words: Vec<(Box<str>, u64)>,
    before: Vec<u64>,
}

impl SortedCounts {
    /// The words with their counts, in code-point order.
    pub fn words(&self) -> &[(Box<str>, u64)] {
        &self.words
    }

    fn range(&self, start: &str) -> std::ops::Range<usize> {
        let from = self.words.partition_point(|(word, _)| &**word < start);
        let len = self.words[from..].partition_point(|(word, _)| word.starts_with(start));
        from..from + len
    }

    /// How many eojeol begin with `start`.
    pub fn count(&self, start: &str) -> u64 {
        let range = self.range(start);
        self.before[range.end] - self.before[range.start]
    }

    /// Cohesion of `start`, 0 to 1; 1 for one syllable that occurs, 0 for what does not.
    ///
    /// ```
    /// use gyeol_text::korean::EojeolCounts;
    /// let mut counts = EojeolCounts::new();
    /// counts.add("학교에 학교가 학원은 학생이");
    /// assert_eq!(counts.sorted().cohesion("학교"), 0.5); // 2 of the 4 that begin with 학
    /// ```
    pub fn cohesion(&self, start: &str) -> f64 {
        let syllables = start.chars().count();
        let Some(first) = start.chars().next() else { return 0.0 };
        let first = &start[..first.len_utf8()];
        let of_first = self.count(first);
        if of_first == 0 {
            return 0.0;
        }
        let ratio = self.count(start) as f64 / of_first as f64;
        if syllables == 1 { 1.0 } else { ratio.powf(1.0 / (syllables - 1) as f64) }
    }

    /// What follows `start`.
    pub fn branching(&self, start: &str) -> Branching {
        let range = self.range(start);
        let count = self.before[range.end] - self.before[range.start];
        let mut branching = Branching { count, entropy: 0.0, variety: 0 };
        let mut at = range.start;
        while at < range.end {
            let next = self.words[at].0[start.len()..].chars().next();
            let len = self.words[at..range.end]
                .partition_point(|(word, _)| word[start.len()..].chars().next() == next);
            let share = (self.before[at + len] - self.before[at]) as f64 / count as f64;
            branching.entropy -= share * share.log2();
            branching.variety += 1;
            at += len;
        }
        branching
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_follow_their_formulas() {
        let mut counts = EojeolCounts::new();
        counts.add("학교에 학교가 학교에서 학교 학원은 학생이, school");
        let sorted = counts.sorted();
        assert_eq!(sorted.count("학"), 6);
        assert_eq!(sorted.count("학교"), 4);
        // (1/6)^(1/2): one eojeol of six that begin with 학 begins with 학교가.
        assert!((sorted.cohesion("학교가") - (1.0f64 / 6.0).sqrt()).abs() < 1e-12);
        assert_eq!((sorted.cohesion("없"), sorted.cohesion("")), (0.0, 0.0));
        // 에 twice, 가 once, the end once: 1/2 bit + 2 · 1/4 · 2 bits.
        let b = sorted.branching("학교");
        assert_eq!((b.count, b.variety), (4, 3));
        assert!((b.entropy - 1.5).abs() < 1e-12);
        let left = counts.sorted_from_end().branching("에");
        assert_eq!((left.count, left.variety, left.entropy), (1, 1, 0.0));
    }

    #[test]
    fn counts_are_the_same_on_any_number_of_threads() {
        let texts: Vec<String> =
            (0..20_000).map(|i| format!("낱말{} 나무가 {}", ["은", "는", "도"][i % 3], i)).collect();
        let mut one = EojeolCounts::new();
        texts.iter().for_each(|text| one.add(text));
        for threads in [1, 2, 3] {
            let mut many = EojeolCounts::new();
            many.add_all(&texts, &Pool::new(threads));
            assert_eq!(many, one);
        }
        assert_eq!(one.len(), 4);
    }
}
