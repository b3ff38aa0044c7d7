//! Tokens as integers: padding, truncation, masks, one-hot rows.
//!
//! ```
//! use gyeol_text::encode::{Length, Padding, Side, one_hot};
//!
//! let padded = Padding { side: Side::Pre, length: Length::Fixed(3), ..Padding::default() }
//!     .apply(&[vec![5, 6], vec![7, 8, 9, 10]])?;
//! assert_eq!(padded.ids, [0, 5, 6, 8, 9, 10]); // the begin is cut, as in Keras
//! assert_eq!(padded.mask, [false, true, true, true, true, true]);
//! assert_eq!(one_hot(&[1, 0], 3)?, [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
//! # Ok::<(), gyeol_text::Error>(())
//! ```

mod corpus;

use gyeol_base::Fault;

pub use corpus::{Encoded, encode_corpus, fit_encode};

use crate::vocabulary::PADDING;
use gyeol_base::{Error, Result};

/// The begin or the end of a sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Side {
    /// The begin, which is what recurrent nets that read their last state want.
    #[default]
    Pre,
    /// The end.
    Post,
}

impl std::str::FromStr for Side {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self> {
        match name {
            "pre" => Ok(Side::Pre),
            "post" => Ok(Side::Post),
            other => Err(Error::option(
                Fault::new("unknown-option", format!("'{other}' is no side of a sequence"))
                    .next("use pre or post"),
            )),
        }
    }
}

/// How long padded sequences are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Length {
    /// As the longest one.
    #[default]
    Longest,
    /// This many.
    Fixed(usize),
}

/// How sequences of several lengths become a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Padding {
    /// Where padding goes.
    pub side: Side,
    /// Where a sequence that is too long is cut.
    pub truncate: Side,
    /// Length of all.
    pub length: Length,
    /// Most numbers of the matrix; 0 is 2 thousand million.
    pub most: usize,
}

/// Sequences as a matrix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Padded {
    /// (rows, length), row-major.
    pub ids: Vec<u32>,
    /// (rows, length): true where there is a token, false for padding.
    pub mask: Vec<bool>,
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub length: usize,
    /// Sequences that were cut.
    pub truncated: usize,
}

impl Padding {
    /// Pads and cuts.
    ///
    /// # Errors
    /// A matrix of more numbers than [`Padding::most`].
    pub fn apply<S: AsRef<[u32]>>(&self, sequences: &[S]) -> Result<Padded> {
        let longest = sequences.iter().map(|s| s.as_ref().len()).max().unwrap_or_default();
        let length = match self.length {
            Length::Longest => longest,
            Length::Fixed(n) => n,
        };
        let rows = sequences.len();
        let most = if self.most == 0 { 2_000_000_000 } else { self.most };
        let size = rows.checked_mul(length).filter(|&n| n <= most).ok_or_else(|| {
            Error::limit(
                Fault::new("matrix-too-large", format!("{rows} rows of {length} numbers, more than {most}"))
                    .cause("one long document makes all rows as long as itself")
                    .next("cut sequences with --max-len N"),
            )
        })?;
        let mut padded =
            Padded { ids: vec![PADDING; size], mask: vec![false; size], rows, length, truncated: 0 };
        for (row, sequence) in sequences.iter().enumerate() {
            let ids = sequence.as_ref();
            let kept = match self.truncate {
                _ if ids.len() <= length => ids,
                Side::Pre => &ids[ids.len() - length..],
                Side::Post => &ids[..length],
            };
            padded.truncated += usize::from(kept.len() < ids.len());
            let from = row * length
                + match self.side {
                    Side::Pre => length - kept.len(),
                    Side::Post => 0,
                };
            padded.ids[from..from + kept.len()].copy_from_slice(kept);
            padded.mask[from..from + kept.len()].fill(true);
        }
        Ok(padded)
    }
}

/// One row of `size` numbers an id, all 0 but a 1 at the id: (ids, size).
///
/// # Errors
/// An id of `size` or more, or more than 2 thousand million numbers.
pub fn one_hot(ids: &[u32], size: usize) -> Result<Vec<f32>> {
    let numbers = ids.len().checked_mul(size).filter(|&n| n <= 2_000_000_000).ok_or_else(|| {
        Error::limit(
            Fault::new("matrix-too-large", format!("{} one-hot rows of {size} numbers", ids.len()))
                .cause("one-hot rows are as long as the vocabulary")
                .next("take a smaller vocabulary, or an embedding, which needs no such rows"),
        )
    })?;
    let mut rows = vec![0.0; numbers];
    for (i, &id) in ids.iter().enumerate() {
        if id as usize >= size {
            return Err(Error::input(
                Fault::new("id-out-of-range", format!("id {id} where the vocabulary has {size}"))
                    .cause("ids of another vocabulary")
                    .next("encode with the vocabulary whose size this is"),
            ));
        }
        rows[i * size + id as usize] = 1.0;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_of_padding_and_cutting_are_apart() {
        let rows = [vec![1, 2, 3, 4], vec![], vec![9]];
        let of = |side, truncate| {
            Padding { side, truncate, length: Length::Fixed(3), most: 0 }.apply(&rows).unwrap()
        };
        assert_eq!(of(Side::Pre, Side::Pre).ids, [2, 3, 4, 0, 0, 0, 0, 0, 9]);
        assert_eq!(of(Side::Post, Side::Pre).ids, [2, 3, 4, 0, 0, 0, 9, 0, 0]);
        assert_eq!(of(Side::Pre, Side::Post).ids, [1, 2, 3, 0, 0, 0, 0, 0, 9]);
        let padded = of(Side::Post, Side::Post);
        assert_eq!(padded.ids, [1, 2, 3, 0, 0, 0, 9, 0, 0]);
        assert_eq!(padded.mask, [true, true, true, false, false, false, true, false, false]);
        assert_eq!((padded.rows, padded.length, padded.truncated), (3, 3, 1));
        let longest = Padding::default().apply(&rows).unwrap();
        assert_eq!((longest.length, longest.truncated), (4, 0));
        assert_eq!(Padding::default().apply::<Vec<u32>>(&[]).unwrap().length, 0);
    }

    #[test]
    fn sizes_are_checked_before_memory_is_taken() {
        let length = Length::Fixed(usize::MAX / 2);
        let refused = Padding { length, ..Padding::default() }.apply(&[vec![1], vec![2], vec![3]]);
        assert_eq!(refused.unwrap_err().code(), "matrix-too-large");
        assert_eq!(one_hot(&[0; 1000], 4_000_000).unwrap_err().code(), "matrix-too-large");
        let message = one_hot(&[0, 7], 7).unwrap_err().to_string();
        assert!(message.contains("id 7"), "{message}");
    }
}
