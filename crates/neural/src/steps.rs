//! Sequences of different lengths that walk through time together, without a number spent on padding.
//!
//! Rows are ordered by falling length (ties by their place), so that the rows still walking at step t are the
//! first n_t. What belongs to a step lies behind what belongs to the step before: row i of step t is number
//! `first(t) + i` of N = Σ n_t in all. Padding is left out when rows are gathered ([`Steps::gather`]) and comes
//! back as zeros when they are spread ([`Steps::spread`]), so whatever stood in it cannot change a result.
//!
//! ```text
//! lengths 2, 4, 1      order 1, 0, 2      n = 3, 2, 1, 1      first = 0, 3, 5, 6      N = 7
//! ```
//!
//! With equal lengths this is the plain time-major layout (T, B, ·).

/// On which side of the values the padding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Padding {
    /// Values first.
    #[default]
    Right,
    /// Values last.
    Left,
}

/// Which rows walk at which step.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    active: Vec<usize>,
    /// T + 1 numbers: the last is N.
    first: Vec<usize>,
    /// Place of each walking row among the caller's rows.
    order: Vec<usize>,
    /// Lengths, falling.
    lengths: Vec<usize>,
}

impl Steps {
    /// Room for `rows` sequences of up to `steps` steps, none yet.
    pub fn with_capacity(steps: usize, rows: usize) -> Self {
        Steps {
            active: Vec::with_capacity(steps),
            first: Vec::with_capacity(steps + 1),
            order: Vec::with_capacity(rows),
            lengths: Vec::with_capacity(rows),
        }
    }

    /// `rows` sequences of `steps` steps each.
    pub fn equal(steps: usize, rows: usize) -> Self {
        let mut s = Steps::with_capacity(steps, rows);
        s.set_equal(steps, rows);
        s
    }

    /// One sequence for each length; lengths may be 0 and come in any order.
    pub fn ragged(lengths: &[usize]) -> Self {
        let mut s = Steps::with_capacity(lengths.iter().copied().max().unwrap_or(0), lengths.len());
        s.set_ragged(lengths.iter().copied());
        s
    }

    /// Becomes [`Steps::equal`] in the same room.
    pub fn set_equal(&mut self, steps: usize, rows: usize) {
        self.order.clear();
        self.order.extend(0..rows);
        self.lengths.clear();
        self.lengths.resize(rows, steps);
        self.count();
    }

    /// Becomes [`Steps::ragged`] in the same room.
    pub fn set_ragged(&mut self, lengths: impl IntoIterator<Item = usize>) {
        self.lengths.clear();
        self.lengths.extend(lengths);
        self.order.clear();
        self.order.extend(0..self.lengths.len());
        let lengths = &self.lengths;
        // The place breaks ties: an unstable sort (which needs no room) is as good as a stable one.
        self.order.sort_unstable_by_key(|&i| (std::cmp::Reverse(lengths[i]), i));
        self.lengths.sort_unstable_by_key(|&l| std::cmp::Reverse(l));
        self.count();
    }

    fn count(&mut self) {
        let steps = self.lengths.first().copied().unwrap_or(0);
        self.active.clear();
        self.first.clear();
        self.first.push(0);
        let (mut rows, mut total) = (self.lengths.len(), 0);
        for t in 0..steps {
            while rows > 0 && self.lengths[rows - 1] <= t {
                rows -= 1;
            }
            self.active.push(rows);
            total += rows;
            self.first.push(total);
        }
    }

    /// T: steps of the longest sequence.
    pub fn len(&self) -> usize {
        self.active.len()
    }

    /// True when no sequence has a step.
    pub fn is_empty(&self) -> bool {
        self.active.is_empty()
    }

    /// B: sequences.
    pub fn rows(&self) -> usize {
        self.order.len()
    }

    /// N: steps of all sequences.
    pub fn total(&self) -> usize {
        self.first.last().copied().unwrap_or(0)
    }

    /// n_t: rows that walk at step t.
    pub fn active(&self, t: usize) -> usize {
        self.active[t]
    }

    /// Number of the first row of step t.
    pub fn first(&self, t: usize) -> usize {
        self.first[t]
    }

    /// For each walking row, its place among the caller's rows.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Length of each walking row, falling.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }

    /// True when every sequence is as long as the longest.
    pub fn is_equal(&self) -> bool {
        self.lengths.last() == self.lengths.first()
    }

    /// Number of the last step of walking row i, if it has one.
    pub fn last(&self, i: usize) -> Option<usize> {
        self.lengths[i].checked_sub(1).map(|t| self.first[t] + i)
    }

    /// Takes the values out of a padded (T, B, width) block: `out` is (N, width).
    ///
    /// # Panics
    /// If a slice is shorter than its shape.
    pub fn gather<T: Copy>(&self, padded: &[T], longest: usize, width: usize, side: Padding, out: &mut [T]) {
        self.each(longest, side, |from, to| {
            out[to * width..(to + 1) * width].copy_from_slice(&padded[from * width..(from + 1) * width]);
        });
    }

    /// The inverse of [`Steps::gather`]; padding becomes zero.
    ///
    /// # Panics
    /// If a slice is shorter than its shape.
    pub fn spread<T: Copy + Default>(
        &self,
        values: &[T],
        longest: usize,
        width: usize,
        side: Padding,
        padded: &mut [T],
    ) {
        padded[..longest * self.rows() * width].fill(T::default());
        self.each(longest, side, |to, from| {
            padded[to * width..(to + 1) * width].copy_from_slice(&values[from * width..(from + 1) * width]);
        });
    }

    /// Calls with (place in the padded block, number in the walk).
    fn each(&self, longest: usize, side: Padding, mut f: impl FnMut(usize, usize)) {
        assert!(longest >= self.len(), "a block of {longest} steps cannot hold {} steps", self.len());
        let rows = self.rows();
        for t in 0..self.len() {
            for i in 0..self.active[t] {
                let skip = if side == Padding::Left { longest - self.lengths[i] } else { 0 };
                f((t + skip) * rows + self.order[i], self.first[t] + i);
            }
        }
    }

    /// Turns every sequence round: `out` at step t of a row is `x` at its step L - 1 - t. Its own inverse.
    ///
    /// # Panics
    /// If a slice is shorter than (N, width).
    pub fn reverse<T: Copy>(&self, x: &[T], width: usize, out: &mut [T]) {
        self.each_reversed(|from, to| {
            out[to * width..(to + 1) * width].copy_from_slice(&x[from * width..(from + 1) * width]);
        });
    }

    /// Calls with (number in the walk of the turned sequences, number in the walk), for every step of every row.
    pub(crate) fn each_reversed(&self, mut f: impl FnMut(usize, usize)) {
        for t in 0..self.len() {
            for i in 0..self.active[t] {
                f(self.first[self.lengths[i] - 1 - t] + i, self.first[t] + i);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_of_the_head_of_this_file() {
        let s = Steps::ragged(&[2, 4, 1]);
        assert_eq!((s.order(), s.lengths()), (&[1, 0, 2][..], &[4, 2, 1][..]));
        assert_eq!((0..4).map(|t| s.active(t)).collect::<Vec<_>>(), [3, 2, 1, 1]);
        assert_eq!((0..4).map(|t| s.first(t)).collect::<Vec<_>>(), [0, 3, 5, 6]);
        assert_eq!((s.total(), s.len(), s.rows(), s.last(0), s.last(2)), (7, 4, 3, Some(6), Some(2)));
    }

    #[test]
    fn values_come_back_where_they_were_and_padding_as_zero() {
        let lengths = [2, 0, 3];
        let s = Steps::ragged(&lengths);
        for side in [Padding::Right, Padding::Left] {
            let padded: Vec<i32> = (1..=4 * 3).collect();
            let mut values = vec![0; s.total()];
            s.gather(&padded, 4, 1, side, &mut values);
            let mut back = vec![-1; 12];
            s.spread(&values, 4, 1, side, &mut back);
            for t in 0..4 {
                for (b, &l) in lengths.iter().enumerate() {
                    let inside = if side == Padding::Left { t >= 4 - l } else { t < l };
                    assert_eq!(back[t * 3 + b], if inside { padded[t * 3 + b] } else { 0 });
                }
            }
            let (mut once, mut twice) = (values.clone(), values.clone());
            s.reverse(&values, 1, &mut once);
            s.reverse(&once, 1, &mut twice);
            assert_eq!(twice, values);
        }
    }

    #[test]
    fn nothing_walks_where_nothing_is() {
        for s in [Steps::ragged(&[]), Steps::ragged(&[0, 0]), Steps::equal(0, 2)] {
            assert!(s.is_empty() && s.total() == 0);
        }
    }
}
