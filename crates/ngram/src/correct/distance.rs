//! How many edits lie between two words: insertions, deletions, replacements and swaps of neighbours, no unit edited
//! twice (optimal string alignment, the restricted form of Damerau (1964) and Levenshtein (1966)).

use super::units::{MOST_UNITS, Unit};

/// The distance of two words if it is at most `limit` (at most 8). Words of more than [`MOST_UNITS`] units are apart.
pub(crate) fn within(a: &[Unit], b: &[Unit], limit: usize) -> Option<usize> {
    let (mut a, mut b) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if b.len() - a.len() > limit || b.len() > MOST_UNITS {
        return None;
    }
    let same = a.iter().zip(b).take_while(|(x, y)| x == y && **x != 0).count();
    (a, b) = (&a[same..], &b[same..]);
    let same = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y && **x != 0).count();
    (a, b) = (&a[..a.len() - same], &b[..b.len() - same]);
    if a.is_empty() {
        return Some(b.len());
    }
    if limit == 0 {
        return None;
    }
    const FAR: u8 = u8::MAX / 2;
    // Rows before the last, last and current; row i holds the distances of the first i units of `a`.
    let mut rows = [[FAR; MOST_UNITS + 2]; 3];
    for (j, cell) in rows[1].iter_mut().enumerate().take(limit.min(b.len()) + 1) {
        *cell = j as u8;
    }
    for i in 1..=a.len() {
        let [before, last, current] = &mut rows;
        let from = i.saturating_sub(limit).max(1);
        let to = (i + limit).min(b.len());
        current[from - 1] = if from == 1 { i as u8 } else { FAR };
        let mut least = current[from - 1];
        for j in from..=to {
            // A unit that nobody has seen equals no other.
            let same = a[i - 1] == b[j - 1] && a[i - 1] != 0;
            let mut best = last[j - 1] + u8::from(!same);
            best = best.min(last[j] + 1).min(current[j - 1] + 1);
            if i > 1
                && j > 1
                && a[i - 1] == b[j - 2]
                && a[i - 2] == b[j - 1]
                && a[i - 1] != 0
                && a[i - 2] != 0
            {
                best = best.min(before[j - 2] + 1);
            }
            current[j] = best.min(FAR);
            least = least.min(best);
        }
        if to < b.len() {
            current[to + 1] = FAR;
        }
        if usize::from(least) > limit {
            return None;
        }
        rows.rotate_left(1);
    }
    let found = usize::from(rows[1][b.len()]);
    (found <= limit).then_some(found)
}

/// A word that is compared with many: the rows of the table as bits (Hyyrö 2003, *A bit-vector algorithm for computing
/// Levenshtein and Damerau edit distances*).
pub(crate) struct Pattern {
    /// Where each unit below 256 stands.
    low: [u64; 256],
    high: Vec<(Unit, u64)>,
    len: usize,
}

impl Pattern {
    /// `None` for a word without units or with more than [`MOST_UNITS`].
    pub fn new(units: &[Unit]) -> Option<Self> {
        if units.is_empty() || units.len() > MOST_UNITS {
            return None;
        }
        let mut new = Pattern { low: [0; 256], high: Vec::new(), len: units.len() };
        for (at, &unit) in units.iter().enumerate() {
            // A unit that nobody has seen equals no other.
            if unit == 0 {
                continue;
            }
            match new.low.get_mut(usize::from(unit)) {
                Some(places) => *places |= 1 << at,
                None => match new.high.iter_mut().find(|h| h.0 == unit) {
                    Some(places) => places.1 |= 1 << at,
                    None => new.high.push((unit, 1 << at)),
                },
            }
        }
        Some(new)
    }

    /// The distance to another word.
    #[inline]
    pub fn distance(&self, other: &[Unit]) -> usize {
        let last = 1u64 << (self.len - 1);
        let mut apart = self.len;
        let (mut up, mut down, mut diagonal, mut before) = (u64::MAX, 0u64, 0u64, 0u64);
        for &unit in other {
            let places = match self.low.get(usize::from(unit)) {
                Some(&places) => places,
                None => self.high.iter().find(|h| h.0 == unit).map_or(0, |h| h.1),
            };
            let swapped = ((!diagonal & places) << 1) & before;
            diagonal = ((places & up).wrapping_add(up) ^ up) | places | down | swapped;
            let right = down | !(diagonal | up);
            let left = diagonal & up;
            apart += usize::from(right & last != 0);
            apart -= usize::from(left & last != 0);
            let (right, left) = (right << 1 | 1, left << 1);
            up = left | !(diagonal | right);
            down = right & diagonal;
            before = places;
        }
        apart
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use gyeol_tensor::rng::Rng;

    /// The whole table, by the recursion of the definition.
    pub(crate) fn plain(a: &[Unit], b: &[Unit]) -> usize {
        let mut d = vec![vec![0usize; b.len() + 1]; a.len() + 1];
        for i in 0..=a.len() {
            for j in 0..=b.len() {
                d[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let mut best = d[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    best = best.min(d[i - 1][j] + 1).min(d[i][j - 1] + 1);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        best = best.min(d[i - 2][j - 2] + 1);
                    }
                    best
                };
            }
        }
        d[a.len()][b.len()]
    }

    pub(crate) fn word(rng: &mut Rng, most: u64, letters: u64) -> Vec<Unit> {
        (0..rng.below(most + 1)).map(|_| 1 + rng.below(letters) as Unit).collect()
    }

    #[test]
    fn the_band_finds_what_the_whole_table_finds() {
        let mut rng = Rng::new(3);
        for _ in 0..40_000 {
            let (a, b) = (word(&mut rng, 9, 3), word(&mut rng, 9, 3));
            let apart = plain(&a, &b);
            for limit in 0..=4 {
                let expected = (apart <= limit).then_some(apart);
                assert_eq!(within(&a, &b, limit), expected, "{a:?} {b:?} {limit}");
            }
        }
    }

    #[test]
    fn bits_find_what_the_whole_table_finds() {
        let mut rng = Rng::new(5);
        for round in 0..20_000 {
            let (mut a, mut b) = (word(&mut rng, 9, 3), word(&mut rng, 9, 3));
            if round % 100 == 0 {
                // As long as it gets, and with units above 255.
                a = (0..MOST_UNITS).map(|_| 254 + rng.below(4) as Unit).collect();
                b.clone_from(&a);
                b.swap(3, 4);
                b.remove(40);
                b[9] += 1;
            }
            let Some(pattern) = Pattern::new(&a) else { continue };
            assert_eq!(pattern.distance(&b), plain(&a, &b), "{a:?} {b:?}");
        }
        assert!(Pattern::new(&[]).is_none() && Pattern::new(&[1; MOST_UNITS + 1]).is_none());
    }

    #[test]
    fn long_words_and_unseen_units_are_apart() {
        let long = vec![1; MOST_UNITS + 1];
        assert_eq!(within(&long, &long[1..], 3), None);
        assert_eq!(within(&long[1..], &long[2..], 3), Some(1));
        assert_eq!(within(&[0, 2], &[0, 2], 2), Some(1));
    }
}
