//! Words in one arena, found by a hash, numbered by first appearance.
//!
//! A look-up touches two cache lines: a slot of eight bytes that holds half of the hash, and an entry that holds words of
//! up to 16 bytes whole, so that most words are compared without looking at the arena. Rare words are in no cache; a
//! [`Queue`] touches the lines of many of them before it needs the first, so that they arrive side by side.

/// Distinct words, each with a number from 0 in the order they came in.
///
/// ```
/// use gyeol_text::vocabulary::Words;
/// let mut words = Words::default();
/// assert_eq!((words.insert("wind"), words.insert("load"), words.insert("wind")), ((0, true), (1, true), (0, false)));
/// assert_eq!((words.word(1), words.find("rain"), words.len()), ("load", None, 2));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Words {
    bytes: String,
    /// End of each word in `bytes`; the begin is the end of the one before.
    ends: Vec<u64>,
    entries: Vec<Entry>,
    /// The number plus one in the lower half, the upper half of the hash above it; 0 is free. A power of two of them.
    slots: Vec<u64>,
}

/// First and last eight bytes of a word of up to 16 (they overlap in shorter ones), which say all of it with its
/// length; of a longer one its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    a: u64,
    b: u64,
    len: u32,
}

const K: [u64; 3] = [0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb];
const LONG: usize = 16;

#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[inline]
fn eight(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk::<8>().map_or(0, |b| u64::from_le_bytes(*b))
}

#[inline]
fn four(bytes: &[u8], at: usize) -> u64 {
    bytes[at..].first_chunk::<4>().map_or(0, |b| u64::from(u32::from_le_bytes(*b)))
}

impl Entry {
    #[inline]
    fn of(word: &[u8]) -> (Self, u64) {
        let len = word.len();
        let (a, b) = match len {
            0 => (0, 0),
            1..4 => (u64::from(word[0]) | u64::from(word[len / 2]) << 8 | u64::from(word[len - 1]) << 16, 0),
            4..8 => (four(word, 0) | four(word, len - 4) << 32, 0),
            8..=LONG => (eight(word, 0), eight(word, len - 8)),
            _ => {
                let (mut a, mut b) = (K[0], K[1]);
                for chunk in word.chunks(16) {
                    let tail = if chunk.len() == 16 { chunk } else { &word[len - 16..] };
                    a = fold(a ^ eight(tail, 0), K[2]);
                    b = fold(b ^ eight(tail, 8), a | 1);
                }
                (a, b)
            }
        };
        let entry = Entry { a, b, len: len as u32 };
        (entry, entry.hash())
    }

    #[inline]
    fn hash(self) -> u64 {
        let hash = fold(self.a ^ K[0], self.b ^ K[1]).wrapping_add(u64::from(self.len).wrapping_mul(K[2]));
        fold(hash, K[2])
    }
}

/// The hash of a word, the same on every machine.
#[inline]
pub(crate) fn hash(word: &str) -> u64 {
    Entry::of(word.as_bytes()).1
}

impl Words {
    /// How many words there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The word of a number below [`Words::len`].
    ///
    /// # Panics
    /// If the number is none of a word.
    #[inline]
    pub fn word(&self, number: u32) -> &str {
        let at = number as usize;
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[from as usize..self.ends[at] as usize]
    }

    /// The number of a word with this entry and hash, or the free slot where it would go.
    #[inline]
    fn look(&self, word: &str, entry: Entry, hash: u64) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let (mut at, upper) = (hash as usize & mask, hash >> 32);
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                return Err(at);
            }
            if slot >> 32 == upper {
                let number = slot as u32 - 1;
                if self.entries[number as usize] == entry && (word.len() <= LONG || self.word(number) == word)
                {
                    return Ok(number);
                }
            }
            at = (at + 1) & mask;
        }
    }

    /// The number of a word, if it is there.
    #[inline]
    pub fn find(&self, word: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let (entry, hash) = Entry::of(word.as_bytes());
        self.look(word, entry, hash).ok()
    }

    /// The number of the word, and whether it is new.
    #[inline]
    pub fn insert(&mut self, word: &str) -> (u32, bool) {
        let (entry, hash) = Entry::of(word.as_bytes());
        self.put(word, entry, hash)
    }

    #[inline]
    fn put(&mut self, word: &str, entry: Entry, hash: u64) -> (u32, bool) {
        if self.ends.len() * 2 >= self.slots.len() {
            self.grow();
        }
        match self.look(word, entry, hash) {
            Ok(number) => (number, false),
            Err(slot) => (self.add(word, entry, hash, slot), true),
        }
    }

    #[cold]
    fn add(&mut self, word: &str, entry: Entry, hash: u64, slot: usize) -> u32 {
        let number = self.ends.len() as u32;
        self.bytes.push_str(word);
        self.ends.push(self.bytes.len() as u64);
        self.entries.push(entry);
        self.slots[slot] = hash >> 32 << 32 | u64::from(number + 1);
        number
    }

    /// Takes room for so many words in all.
    pub fn reserve(&mut self, words: usize) {
        self.ends.reserve(words.saturating_sub(self.ends.len()));
        self.entries.reserve(words.saturating_sub(self.entries.len()));
        while self.slots.len() <= words * 2 {
            self.resize((self.slots.len() * 2).max((words * 2 + 1).next_power_of_two()));
        }
    }

    #[cold]
    fn grow(&mut self) {
        self.resize((self.slots.len() * 2).max(64));
    }

    fn resize(&mut self, size: usize) {
        let mut slots = vec![0u64; size];
        for (number, entry) in self.entries.iter().enumerate() {
            let hash = entry.hash();
            let mut at = hash as usize & (size - 1);
            while slots[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            slots[at] = hash >> 32 << 32 | (number as u64 + 1);
        }
        self.slots = slots;
    }

    /// Bytes of memory in use.
    pub fn memory(&self) -> usize {
        let (ends, entries) = (self.ends.capacity() * 8, self.entries.capacity() * size_of::<Entry>());
        self.bytes.capacity() + ends + entries + self.slots.capacity() * 8
    }
}

/// Words that wait to be looked up together, so that their cache lines arrive side by side.
///
/// ```
/// use gyeol_text::vocabulary::{Queue, Words};
/// let (mut words, mut queue, mut numbers) = (Words::default(), Queue::default(), Vec::new());
/// for word in ["the", "wind", "the", "load"] {
///     if queue.push(word) {
///         queue.empty(&mut words, |_| 0, |number, new| numbers.push((number, new)));
///     }
/// }
/// queue.empty(&mut words, |_| 0, |number, new| numbers.push((number, new)));
/// assert_eq!(numbers, [(0, true), (1, true), (0, false), (2, true)]);
/// ```
#[derive(Debug, Default)]
pub struct Queue {
    text: String,
    waiting: Vec<(Entry, u64, u32)>,
    /// Words of up to 16 bytes that were looked up of late, each where its hash says; empty until it is asked for.
    recent: Vec<Recent>,
    /// What was touched, kept so that touching is not left out as useless.
    touched: u64,
}

/// Words of a [`Queue`].
const WAITING: usize = 64;
/// Words that a [`Queue`] remembers: few enough to stay in the nearest caches. They are two of three tokens of a text.
const RECENT: usize = 2048;

/// A word with its number plus one; 0 is none.
#[derive(Debug, Clone, Copy)]
struct Recent {
    entry: Entry,
    number: u32,
}

/// What became of a word given to [`Queue::recall`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recall {
    /// It was looked up of late and has this number.
    Known(u32),
    /// It waits.
    Waits,
    /// It waits, and the queue is full and is to be emptied.
    Full,
}

impl Queue {
    /// Adds a word; true when the queue is full and is to be emptied.
    #[inline]
    pub fn push(&mut self, word: &str) -> bool {
        let (entry, hash) = Entry::of(word.as_bytes());
        self.wait(word, entry, hash)
    }

    #[inline]
    fn wait(&mut self, word: &str, entry: Entry, hash: u64) -> bool {
        self.text.push_str(word);
        self.waiting.push((entry, hash, self.text.len() as u32));
        self.waiting.len() >= WAITING
    }

    /// As [`Queue::push`], but frequent words get their numbers at once, before those that wait. The queue must have been
    /// emptied into one table alone.
    ///
    /// ```
    /// use gyeol_text::vocabulary::{Queue, Recall, Words};
    /// let (mut words, mut queue) = (Words::default(), Queue::default());
    /// assert_eq!(queue.recall("wind"), Recall::Waits);
    /// queue.empty(&mut words, |_| 0, |_, _| ());
    /// assert_eq!(queue.recall("wind"), Recall::Known(0));
    /// ```
    #[inline]
    pub fn recall(&mut self, word: &str) -> Recall {
        let (entry, hash) = Entry::of(word.as_bytes());
        match self.recent.get(hash as usize % RECENT) {
            Some(recent) if recent.number > 0 && recent.entry == entry => {
                return Recall::Known(recent.number - 1);
            }
            Some(_) => {}
            None => {
                let none = Recent { entry: Entry { a: 0, b: 0, len: 0 }, number: 0 };
                self.recent.resize(RECENT, none);
            }
        }
        if self.wait(word, entry, hash) { Recall::Full } else { Recall::Waits }
    }

    /// Looks all waiting words up, in order, and calls `each(number, new)`; `touch(number)` before that reads whatever
    /// `each` will need for a word that is known.
    pub fn empty(&mut self, words: &mut Words, touch: impl Fn(u32) -> u64, mut each: impl FnMut(u32, bool)) {
        let mut near = [0u32; WAITING];
        if !words.slots.is_empty() {
            let mask = words.slots.len() - 1;
            for (near, (_, hash, _)) in near.iter_mut().zip(&self.waiting) {
                *near = words.slots[*hash as usize & mask] as u32;
            }
            for near in near.iter().filter(|n| **n > 0) {
                self.touched ^= words.entries[*near as usize - 1].a ^ touch(*near - 1);
            }
        }
        let mut from = 0;
        for &(entry, hash, end) in &self.waiting {
            let (number, new) = words.put(&self.text[from..end as usize], entry, hash);
            each(number, new);
            from = end as usize;
            // Of longer words the entry does not say all.
            if entry.len as usize <= LONG
                && let Some(recent) = self.recent.get_mut(hash as usize % RECENT)
            {
                *recent = Recent { entry, number: number + 1 };
            }
        }
        self.waiting.clear();
        self.text.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_every_length_are_told_apart() {
        let (mut words, mut queued, mut queue) = (Words::default(), Words::default(), Queue::default());
        let mut all = std::collections::HashMap::new();
        let (mut expected_numbers, mut numbers) = (Vec::new(), Vec::new());
        let mut state = 1u64;
        for round in 0..60_000u64 {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            // Few letters, so that many words differ in one place alone; some letters of several bytes.
            let len = (state >> 33) as usize % 40;
            let mut bits = state;
            let word: String = (0..len)
                .map(|_| {
                    bits = bits.rotate_right(7).wrapping_mul(K[0]);
                    ['a', 'b', 'a', '한'][(bits >> 62) as usize & if round % 2 == 0 { 1 } else { 3 }]
                })
                .collect();
            let next = all.len() as u32;
            let expected = *all.entry(word.clone()).or_insert(next);
            assert_eq!(words.find(&word), (expected < next).then_some(expected));
            assert_eq!(words.insert(&word), (expected, expected == next));
            assert_eq!(words.word(expected), word);
            expected_numbers.push((expected, expected == next));
            if queue.push(&word) {
                queue.empty(&mut queued, |_| 0, |number, new| numbers.push((number, new)));
            }
        }
        queue.empty(&mut queued, |_| 0, |number, new| numbers.push((number, new)));
        assert_eq!(numbers, expected_numbers);
        assert_eq!(words.len(), all.len());
        assert!(words.len() > 5000, "{}", words.len());
        // Once more, by what is remembered: every word, twice in a row and after many others.
        let (mut recalled, mut queue, mut at_once) = (Words::default(), Queue::default(), 0);
        for word in (0..words.len() as u32).flat_map(|n| [n, n / 2, n % 50, n]).map(|n| words.word(n)) {
            let expected = words.find(word);
            if let Recall::Known(number) = queue.recall(word) {
                assert!(word.len() <= LONG && recalled.word(number) == word);
                at_once += 1;
            } else {
                let mut found = None;
                queue.empty(&mut recalled, |_| 0, |number, _| found = Some(number));
                assert_eq!(found.map(|n| recalled.word(n)), expected.map(|n| words.word(n)));
                // At once it is remembered.
                if let (true, Some(number)) = (word.len() <= LONG, found) {
                    assert_eq!(queue.recall(word), Recall::Known(number));
                }
            }
        }
        assert_eq!(recalled.len(), words.len());
        assert!(at_once > 1000, "{at_once}");
    }
}
