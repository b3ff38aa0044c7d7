//! Which examples a machine has learnt from, or was chosen on: a fingerprint of what it reads of each, kept beside it.
//!
//! A fingerprint is 64 bits of SHA-256, chained: of the text with its blanks as one, then of the cell of each column that the
//! encoder reads. Labels are no part of it. Nothing can be read back from fingerprints, but whoever has an example can find
//! out whether it was learnt from.

use gyeol_base::Result;
use gyeol_base::digest::fingerprint;
use gyeol_data::Table;

use crate::machine::{Head, Inputs, Machine};

/// Most examples of which fingerprints are kept, eight bytes each.
pub const MOST_SEEN: usize = 2_000_000;

/// Fingerprints of examples, rising.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen(Vec<u64>);

impl Seen {
    /// Of these fingerprints.
    pub fn new(mut prints: Vec<u64>) -> Seen {
        prints.sort_unstable();
        prints.dedup();
        Seen(prints)
    }

    /// How many different ones.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this one is among them.
    pub fn has(&self, print: u64) -> bool {
        self.0.binary_search(&print).is_ok()
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|print| print.to_le_bytes()).collect()
    }

    /// None where the bytes are no fingerprints in order.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Seen> {
        let (prints, rest) = bytes.as_chunks::<8>();
        let prints: Vec<u64> = prints.iter().map(|print| u64::from_le_bytes(*print)).collect();
        let rising = prints.windows(2).all(|pair| pair[0] < pair[1]);
        (rest.is_empty() && rising && prints.len() <= 2 * MOST_SEEN).then_some(Seen(prints))
    }
}

/// A fingerprint with a cell more; a missing cell is no empty text.
fn chained(before: u64, cell: Option<&str>, room: &mut Vec<u8>) -> u64 {
    room.clear();
    room.extend_from_slice(&before.to_le_bytes());
    if let Some(cell) = cell {
        room.push(1);
        room.extend_from_slice(cell.as_bytes());
    }
    fingerprint(room)
}

impl Inputs {
    /// Fingerprints of examples, of what these features are made from; none where they are made from nothing.
    ///
    /// # Errors
    /// A column that is not there, a cell of another kind.
    pub fn fingerprints(&self, texts: Option<&[String]>, table: Option<&Table>) -> Result<Option<Vec<u64>>> {
        let (mut prints, mut room): (Vec<u64>, _) = (Vec::new(), Vec::new());
        if self.reads_texts() {
            let from_table: Vec<String>;
            let texts = match (texts, &self.text_column, table) {
                (Some(texts), ..) => texts,
                (None, Some(column), Some(table)) => {
                    from_table = table.texts(column)?.into_iter().map(Option::unwrap_or_default).collect();
                    &from_table
                }
                _ => return Ok(None),
            };
            let mut plain = String::new();
            for text in texts {
                plain.clear();
                for word in text.split_whitespace() {
                    plain.push_str(word);
                    plain.push(' ');
                }
                prints.push(chained(0, Some(&plain), &mut room));
            }
        }
        if let (Some(encoder), Some(table)) = (&self.columns, table) {
            prints.resize(table.rows(), 0);
            encoder.each_cell(table, &mut |row, cell| prints[row] = chained(prints[row], cell, &mut room))?;
        } else if !self.reads_texts() {
            return Ok(None);
        }
        Ok(Some(prints))
    }
}

impl Machine {
    /// Fingerprints of examples, of what it reads of them; of a mixture what the first of its members reads that reads most.
    /// None for a machine that reads nothing.
    ///
    /// # Errors
    /// As [`Inputs::fingerprints`].
    pub fn fingerprints(&self, texts: Option<&[String]>, table: Option<&Table>) -> Result<Option<Vec<u64>>> {
        let read = |inputs: &Inputs| u8::from(inputs.reads_texts()) + u8::from(inputs.columns.is_some());
        let inputs = match &self.head {
            Head::Mixture(members) => {
                let most = members.iter().map(|(_, member)| read(&member.inputs)).max().unwrap_or(0);
                members.iter().map(|(_, member)| &member.inputs).find(|inputs| read(inputs) == most)
            }
            _ => Some(&self.inputs),
        };
        inputs.map_or(Ok(None), |inputs| inputs.fingerprints(texts, table))
    }

    /// How many of these examples it has learnt from or was chosen on; none where it keeps no fingerprints.
    ///
    /// # Errors
    /// As [`Inputs::fingerprints`].
    pub fn seen_of(&self, texts: Option<&[String]>, table: Option<&Table>) -> Result<Option<usize>> {
        let Some(seen) = &self.seen else { return Ok(None) };
        let prints = self.fingerprints(texts, table)?;
        Ok(prints.map(|prints| prints.into_iter().filter(|print| seen.has(*print)).count()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_fingerprints_in_order_are_refused() {
        let seen = Seen::new(vec![7, 3, 7, u64::MAX]);
        assert_eq!((seen.len(), seen.has(3), seen.has(4)), (3, true, false));
        assert_eq!(Seen::from_bytes(&seen.to_bytes()), Some(seen.clone()));
        assert_eq!(Seen::from_bytes(&seen.to_bytes()[1..]), None);
        let turned: Vec<u8> = seen.to_bytes().chunks(8).rev().flatten().copied().collect();
        assert_eq!(Seen::from_bytes(&turned), None);
    }

    #[test]
    fn a_missing_cell_is_no_empty_text_and_cells_do_not_run_into_each_other() {
        let mut room = Vec::new();
        let mut of =
            |cells: &[Option<&str>]| cells.iter().fold(0, |sum, cell| chained(sum, *cell, &mut room));
        let all = [
            of(&[Some("ab"), Some("c")]),
            of(&[Some("a"), Some("bc")]),
            of(&[None, Some("")]),
            of(&[Some(""), None]),
        ];
        assert!((1..4).all(|i| !all[..i].contains(&all[i])), "{all:?}");
    }
}
