//! The embedding layer: row id of a table for each token (Bengio et al. 2003).
//!
//! Forward X[n] = E[id_n]; backward dE[id_n] += dX[n]. The gradient has as many rows as there are tokens, not as the
//! vocabulary, so it travels as a list of rows ([`TableGradient`]).

use gyeol_tensor::elementwise::add;
use gyeol_tensor::{Buffer, Real};

use crate::error::{Error, Result};
use crate::layout::{Initial, Layout, Slot};

/// A table of `rows` vectors of `width` numbers.
#[derive(Debug, Clone)]
pub struct Embedding {
    /// Tokens of the vocabulary.
    pub rows: usize,
    /// Numbers of a vector.
    pub width: usize,
    /// E.
    pub table: Slot,
}

/// Vectors, learnt elsewhere, that the tokens of a table begin with.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenVectors {
    width: usize,
    /// By token; none where it has no vector.
    rows: Vec<Option<u32>>,
    /// (vectors, width).
    numbers: Vec<f32>,
}

impl TokenVectors {
    /// One vector of `width` numbers, or none, for each token in turn.
    ///
    /// # Errors
    /// [`Error::Shape`] for a vector of another width.
    pub fn new<'a>(
        width: usize,
        vectors: impl IntoIterator<Item = Option<&'a [f32]>>,
    ) -> Result<TokenVectors> {
        let (mut rows, mut numbers) = (Vec::new(), Vec::new());
        for vector in vectors {
            if let Some(vector) = vector.filter(|vector| vector.len() != width) {
                let (found, expected) = (vector.len().to_string(), width.to_string());
                return Err(Error::Shape { what: "vectors", found, expected });
            }
            rows.push(vector.map(|_| (numbers.len() / width.max(1)) as u32));
            numbers.extend_from_slice(vector.unwrap_or_default());
        }
        Ok(TokenVectors { width, rows, numbers })
    }

    /// Numbers of a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Tokens.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True without tokens.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The vector of a token.
    pub fn vector(&self, token: usize) -> Option<&[f32]> {
        let row = (*self.rows.get(token)?)? as usize;
        self.numbers.get(row * self.width..(row + 1) * self.width)
    }
}

/// The rows of a table that samples touched, with what they add to the table's gradient.
#[derive(Debug, Clone)]
pub struct TableGradient<T: Real> {
    /// Row of the table, one for each row of `rows`; a row may come twice.
    pub ids: Vec<u32>,
    /// (ids, width).
    pub rows: Buffer<T>,
}

impl<T: Real> TableGradient<T> {
    /// Room for up to `most` rows.
    pub fn with_capacity(most: usize, width: usize) -> Self {
        TableGradient { ids: Vec::with_capacity(most), rows: Buffer::zeros(most * width) }
    }
}

impl Embedding {
    /// Adds the table to a net whose other parameters are all there: uniform in ±0.1.
    pub fn new(layout: &mut Layout, name: &str, rows: usize, width: usize) -> Self {
        let table = layout.add_table(format!("{name}.table"), rows, width, Initial::Uniform(0.1));
        Embedding { rows, width, table }
    }

    /// Puts vectors in the place of drawn rows. Tokens without one keep the row that was drawn for them, made as long as the
    /// vectors are in the mean, so that words that were found and words that were not are heard alike.
    ///
    /// # Errors
    /// [`Error::Shape`] for vectors of another width, or of another number of tokens.
    pub fn begin<T: Real>(&self, params: &mut [T], vectors: &TokenVectors) -> Result<()> {
        let (found, expected) = ((vectors.len(), vectors.width), (self.rows, self.width));
        if found != expected {
            let (found, expected) = (format!("{found:?}"), format!("{expected:?} (tokens, numbers)"));
            return Err(Error::Shape { what: "vectors", found, expected });
        }
        let table = self.table.of_mut(params);
        let length = |row: &[T]| row.iter().map(|v| v.to_f64() * v.to_f64()).sum::<f64>().sqrt();
        // Sum of lengths, and how many: of the vectors, of the other rows.
        let mut sums = [(0.0, 0usize); 2];
        for (token, row) in table.chunks_exact_mut(self.width).enumerate() {
            let vector = vectors.vector(token);
            if let Some(vector) = vector {
                row.iter_mut().zip(vector).for_each(|(to, &from)| *to = T::from_f64(f64::from(from)));
            }
            let (sum, count) = &mut sums[usize::from(vector.is_none())];
            (*sum, *count) = (*sum + length(row), *count + 1);
        }
        let mean = |(sum, count): (f64, usize)| sum / count.max(1) as f64;
        let (given, drawn) = (mean(sums[0]), mean(sums[1]));
        if given > 0.0 && drawn > 0.0 {
            let by = T::from_f64(given / drawn);
            let others = table.chunks_exact_mut(self.width).enumerate();
            others
                .filter(|(token, _)| vectors.vector(*token).is_none())
                .for_each(|(_, row)| row.iter_mut().for_each(|v| *v *= by));
        }
        Ok(())
    }

    /// x (N, width) = the rows of `ids`.
    ///
    /// # Panics
    /// If an id is not below the number of rows; callers check ids where they come in.
    pub fn forward<T: Real>(&self, params: &[T], ids: &[u32], x: &mut [T]) {
        let table = self.table.of(params);
        for (row, &id) in x.chunks_exact_mut(self.width).zip(ids) {
            let at = id as usize * self.width;
            row.copy_from_slice(&table[at..at + self.width]);
        }
    }

    /// The gradient's rows: dX itself, beside the ids it belongs to.
    pub fn backward<T: Real>(&self, ids: &[u32], dx: &[T], gradient: &mut TableGradient<T>) {
        gradient.ids.clear();
        gradient.ids.extend_from_slice(ids);
        gradient.rows[..ids.len() * self.width].copy_from_slice(&dx[..ids.len() * self.width]);
    }

    /// The same behind what another layer put there of the same table.
    pub fn backward_behind<T: Real>(&self, ids: &[u32], dx: &[T], gradient: &mut TableGradient<T>) {
        let (at, more) = (gradient.ids.len() * self.width, ids.len() * self.width);
        if gradient.rows.len() < at + more {
            let mut grown = Buffer::zeros(at + more);
            grown[..at].copy_from_slice(&gradient.rows[..at]);
            gradient.rows = grown;
        }
        gradient.ids.extend_from_slice(ids);
        gradient.rows[at..at + more].copy_from_slice(&dx[..more]);
    }

    /// The same added to the gradient of all parameters, where the table is another layer's too.
    pub fn backward_into<T: Real>(&self, ids: &[u32], dx: &[T], gradient: &mut [T]) {
        let table = self.table.of_mut(gradient);
        for (&id, row) in ids.iter().zip(dx.chunks_exact(self.width)) {
            let at = id as usize * self.width;
            add(row, &mut table[at..at + self.width]);
        }
    }
}

#[cfg(test)]
mod tests {
    use gyeol_tensor::Rng;

    use super::*;

    #[test]
    fn vectors_stand_where_they_were_given_and_other_rows_are_as_long_as_they() {
        let mut layout = Layout::new();
        let table = Embedding::new(&mut layout, "e", 4, 2);
        let drawn: Vec<f32> = layout.initial(&mut Rng::new(3));
        let mut params = drawn.clone();
        // Lengths of 5 and 1, 3 in the mean.
        let given = [None, Some(&[3.0f32, 4.0][..]), None, Some(&[0.0, 1.0][..])];
        table.begin(&mut params, &TokenVectors::new(2, given).unwrap()).unwrap();
        assert_eq!((&params[2..4], &params[6..]), (&[3.0, 4.0][..], &[0.0, 1.0][..]));
        let length = |row: &[f32]| row[0].hypot(row[1]);
        let (first, third) = (&params[..2], &params[4..6]);
        assert!((length(first) + length(third) - 6.0).abs() < 1e-5);
        assert!((first[0] / first[1] - drawn[0] / drawn[1]).abs() < 1e-4);
        assert!((length(first) / length(third) - length(&drawn[..2]) / length(&drawn[4..6])).abs() < 1e-4);
        // Where no word was found nothing changes.
        let mut params = drawn.clone();
        table.begin(&mut params, &TokenVectors::new(2, [None; 4]).unwrap()).unwrap();
        assert_eq!(params, drawn);
        assert!(table.begin(&mut params, &TokenVectors::new(2, [None; 3]).unwrap()).is_err());
        assert!(table.begin(&mut params, &TokenVectors::new(3, [None; 4]).unwrap()).is_err());
        assert!(TokenVectors::new(3, [Some(&[1.0f32][..])]).is_err());
    }
}
