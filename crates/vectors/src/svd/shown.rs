//! A small matrix taken apart so that it can be looked at: U, Σ, Vᵀ, what they are checked by, and what is left of the
//! matrix at each rank; and beside it the transpose, the inverse and what kind of matrix it is.

use gyeol_base::Fault;

use super::{Flip, Svd};
use crate::matrix::Dense;
use gyeol_base::{Error, Result};

/// Most rows and columns that are shown.
pub const MOST_SHOWN: usize = 64;

/// Documents of the example: two about weather, two about bread, one of both.
const EXAMPLE: [&str; 5] = [
    "wind and storm and wind",
    "storm and rain",
    "bread and butter",
    "butter on bread with honey",
    "rain on the bread",
];

/// A matrix with the names of its rows and columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// A name a row.
    pub rows: Vec<String>,
    /// A name a column.
    pub columns: Vec<String>,
    /// The numbers.
    pub matrix: Dense,
}

impl Labelled {
    /// A term-document matrix of five short sentences: a row a term, a column a document.
    pub fn example() -> Self {
        let terms = ["wind", "storm", "rain", "bread", "butter", "honey"];
        let count = |term: &str, text: &str| text.split(' ').filter(|w| *w == term).count() as f64;
        let data = terms.iter().flat_map(|t| EXAMPLE.iter().map(|text| count(t, text))).collect();
        Labelled {
            rows: terms.map(str::to_owned).to_vec(),
            columns: (1..=EXAMPLE.len()).map(|i| format!("d{i}")).collect(),
            matrix: Dense::trusted(terms.len(), EXAMPLE.len(), data),
        }
    }

    /// Reads CSV: numbers, with a header where the first line holds something else, and with names of rows where the first
    /// column does.
    ///
    /// # Errors
    /// A cell that is no number, rows of different lengths, no row, more than [`MOST_SHOWN`] rows or columns; the error
    /// names row and column.
    pub fn from_csv(name: &str, text: &str) -> Result<Self> {
        let fault = |code, found: String, row: usize| Fault::new(code, found).file(name).row(row);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let mut lines: Vec<Vec<String>> = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|e| {
                Error::input(fault("broken-record", e.to_string(), lines.len() + 1).next("mend the file"))
            })?;
            if record.len() > MOST_SHOWN + 1 || lines.len() > MOST_SHOWN {
                return Err(Error::limit(
                    fault("matrix-size", format!("more than {MOST_SHOWN} rows or columns"), lines.len() + 1)
                        .cause("only a small matrix can be looked at")
                        .next("cut a part out, or decompose the whole with gyeol topics --method lsa"),
                ));
            }
            lines.push(record.iter().map(str::to_owned).collect());
        }
        let is_number = |cell: &String| cell.parse::<f64>().is_ok();
        // A header: no cell past the first is a number.
        let header = lines
            .first()
            .is_some_and(|l| l.iter().skip(1).all(|c| !is_number(c)) && !l.iter().all(is_number));
        let names = header.then(|| lines.remove(0));
        let labels = lines.iter().any(|l| l.first().is_some_and(|c| !is_number(c)));
        let first = usize::from(labels);
        let cols = lines.first().map_or(0, Vec::len).saturating_sub(first);
        if cols == 0 {
            return Err(Error::input(
                Fault::new("empty-matrix", "no row of numbers")
                    .file(name)
                    .next("give numbers with commas between"),
            ));
        }
        let mut data = Vec::new();
        for (i, line) in lines.iter().enumerate() {
            let row = i + 1 + usize::from(header);
            if line.len() != cols + first {
                return Err(Error::input(
                    fault(
                        "ragged-row",
                        format!("{} cells where the first row has {}", line.len(), cols + first),
                        row,
                    )
                    .next("give each row as many numbers"),
                ));
            }
            for (j, cell) in line[first..].iter().enumerate() {
                let value = cell.parse::<f64>().ok().filter(|v| v.is_finite()).ok_or_else(|| {
                    let shown = gyeol_base::shorten(cell, 30);
                    Error::input(
                        fault("no-number", format!("'{shown}' is no finite number"), row)
                            .column((j + 1 + first).to_string())
                            .next("put a number there"),
                    )
                })?;
                data.push(value);
            }
        }
        let rows = if labels {
            lines.iter().map(|l| l[0].clone()).collect()
        } else {
            (1..=lines.len()).map(|i| format!("r{i}")).collect()
        };
        let columns = match names {
            Some(names) if names.len() >= cols => names[names.len() - cols..].to_vec(),
            _ => (1..=cols).map(|j| format!("c{j}")).collect(),
        };
        Ok(Labelled { rows, columns, matrix: Dense::new(data.len() / cols, cols, data)? })
    }
}

/// What is left of a matrix at a rank.
#[derive(Debug, Clone, PartialEq)]
pub struct AtRank {
    /// How many singular values are kept.
    pub rank: usize,
    /// U_k Σ_k V_kᵀ.
    pub matrix: Dense,
    /// ‖A - U_k Σ_k V_kᵀ‖ (Frobenius), found by subtracting.
    pub error: f64,
    /// √(σ²_{k+1} + …): what the error must be (Eckart and Young 1936).
    pub expected: f64,
    /// Share of the squares of all numbers that is kept.
    pub kept: f64,
}

/// A matrix taken apart, with the checks of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The decomposition; U and V have as many columns as there are singular values.
    pub svd: Svd,
    /// Singular values above the rounding.
    pub rank: usize,
    /// UᵀU, which is to be the identity.
    pub left_product: Dense,
    /// Largest distance of UᵀU and VᵀV from the identity.
    pub off_identity: f64,
    /// The matrix at each rank from 1.
    pub ranks: Vec<AtRank>,
    /// Aᵀ.
    pub transpose: Dense,
    /// A⁻¹ = V Σ⁻¹ Uᵀ, of a square matrix of full rank.
    pub inverse: Option<Dense>,
    /// Largest distance of A A⁻¹ from the identity.
    pub inverse_error: Option<f64>,
    /// Whether AᵀA is the identity (to 1e-9): a matrix that turns or mirrors and leaves lengths as they are.
    pub orthogonal: bool,
    /// Whether all numbers off the diagonal are zero.
    pub diagonal: bool,
}

impl Shown {
    /// Takes a matrix apart.
    ///
    /// # Errors
    /// An empty matrix, or one of more than [`MOST_SHOWN`] rows or columns.
    pub fn of(matrix: &Dense) -> Result<Self> {
        let (n, m) = (matrix.rows(), matrix.cols());
        if n > MOST_SHOWN || m > MOST_SHOWN {
            return Err(Error::limit(
                Fault::new("matrix-size", format!("{n} rows and {m} columns"))
                    .next(format!("show at most {MOST_SHOWN} of each")),
            ));
        }
        let svd = Svd::dense(matrix, false, Flip::Right)?;
        let k = svd.sigma.len();
        let (left_product, right_product) = (svd.u.t_times(&svd.u), svd.v.t_times(&svd.v));
        let identity = Dense::identity(k)?;
        let off_identity = left_product.distance(&identity).max(right_product.distance(&identity));
        let squares: f64 = svd.sigma.iter().map(|s| s * s).sum();
        let ranks = (1..=k)
            .map(|rank| {
                let near = svd.reconstructed(rank);
                let apart = matrix.data().iter().zip(near.data()).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
                let rest: f64 = svd.sigma[rank..].iter().map(|s| s * s).sum();
                let kept = if squares > 0.0 { 1.0 - rest / squares } else { 1.0 };
                AtRank { rank, matrix: near, error: apart.sqrt(), expected: rest.sqrt(), kept }
            })
            .collect();
        let rank = svd.rank();
        let inverse = (n == m && rank == n).then(|| {
            let by: Vec<f64> = svd.sigma.iter().map(|s| 1.0 / s).collect();
            svd.v.clone().scaled(&by).times(&svd.u.t())
        });
        let inverse_error = match &inverse {
            Some(inverse) => Some(matrix.times(inverse).distance(&Dense::identity(n)?)),
            None => None,
        };
        let orthogonal = n == m && matrix.t_times(matrix).distance(&Dense::identity(m)?) < 1e-9;
        let diagonal = (0..n).all(|i| matrix.row(i).iter().enumerate().all(|(j, v)| i == j || *v == 0.0));
        Ok(Shown {
            rank,
            left_product,
            off_identity,
            ranks,
            transpose: matrix.t(),
            inverse,
            inverse_error,
            orthogonal,
            diagonal,
            svd,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_matrix_of_its_sentences() {
        let example = Labelled::example();
        assert_eq!(
            (example.matrix.row(0), example.matrix.row(3)),
            (&[2.0, 0.0, 0.0, 0.0, 0.0][..], &[0.0, 0.0, 1.0, 1.0, 1.0][..])
        );
        let shown = Shown::of(&example.matrix).unwrap();
        assert!(shown.off_identity < 1e-12);
        assert!(shown.ranks.iter().all(|r| (r.error - r.expected).abs() < 1e-12));
        assert!(shown.ranks.last().unwrap().error < 1e-12 && shown.inverse.is_none());
    }

    #[test]
    fn kinds_of_matrices_are_told() {
        // A turn by 36.87 degrees, exactly orthogonal in tenths.
        let turn = Shown::of(&Dense::new(2, 2, vec![0.8, -0.6, 0.6, 0.8]).unwrap()).unwrap();
        assert!(turn.orthogonal && !turn.diagonal && turn.svd.sigma.iter().all(|s| (s - 1.0).abs() < 1e-12));
        assert!(turn.inverse.unwrap().distance(&turn.transpose) < 1e-12);
        let scale = Shown::of(&Dense::diagonal(&[2.0, 0.5]).unwrap()).unwrap();
        assert!(scale.diagonal && !scale.orthogonal);
        assert!(scale.inverse.unwrap().distance(&Dense::diagonal(&[0.5, 2.0]).unwrap()) < 1e-12);
        let flat = Shown::of(&Dense::new(2, 2, vec![1.0, 2.0, 2.0, 4.0]).unwrap()).unwrap();
        assert_eq!((flat.rank, flat.inverse), (1, None));
    }

    #[test]
    fn csv_is_read_with_and_without_names() {
        let named = Labelled::from_csv("m.csv", "term,d1,d2\nwind,1,2\nrain,3,4\n").unwrap();
        assert_eq!(
            (named.rows, named.columns),
            (vec!["wind".into(), "rain".into()], vec!["d1".to_owned(), "d2".into()])
        );
        assert_eq!(named.matrix.data(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(Labelled::from_csv("m.csv", "1,2\n3,4\n").unwrap().matrix, named.matrix);
        assert_eq!(Labelled::from_csv("m.csv", "a,b\n1,2\n3,4\n").unwrap().columns, ["a", "b"]);
        for (text, code) in [
            ("", "empty-matrix"),
            ("a,b\n", "empty-matrix"),
            ("1,2\n3\n", "ragged-row"),
            ("1,2\n3,x\n", "no-number"),
            ("1,2\n3,inf\n", "no-number"),
            (&"1,".repeat(200), "matrix-size"),
            (&"1\n".repeat(200), "matrix-size"),
        ] {
            let error = Labelled::from_csv("m.csv", text).unwrap_err();
            assert_eq!(error.code(), code, "{text:?}: {error}");
        }
        let error = Labelled::from_csv("m.csv", "1,2\n3,x\n").unwrap_err().to_string();
        assert!(error.contains("m.csv, row 2, column '2'"), "{error}");
    }
}
