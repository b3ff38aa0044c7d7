//! A column of texts, packed: one run of bytes, where each cell ends, and which cells are missing.
//!
//! A million names of six letters take ten megabytes here and fifty-six as a list of owned texts. A copy shares the bytes.

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, StringArray};

/// Texts of a column, some of which may be missing.
///
/// ```
/// let texts: gyeol_data::Texts = [Some("m1"), None, Some("m2")].into_iter().collect();
/// assert_eq!(texts.get(2), Some("m2"));
/// assert_eq!(texts.iter().flatten().count(), 2);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Texts(pub(crate) StringArray);

impl Texts {
    /// So many missing cells.
    pub fn missing(rows: usize) -> Texts {
        Texts(StringArray::new_null(rows))
    }

    /// The same text in so many rows.
    pub fn repeated(text: &str, rows: usize) -> Texts {
        std::iter::repeat_n(Some(text), rows).collect()
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The cell of a row, `None` where it is missing.
    ///
    /// # Panics
    /// If there is no such row.
    pub fn get(&self, row: usize) -> Option<&str> {
        self.0.is_valid(row).then(|| self.0.value(row))
    }

    /// All cells in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Option<&str>> + ExactSizeIterator + Clone {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Whether every cell is missing.
    pub fn is_missing(&self) -> bool {
        self.0.null_count() == self.len()
    }

    /// Bytes that the cells take.
    pub fn bytes(&self) -> usize {
        self.0.value_data().len() + 4 * self.len()
    }

    /// Adds cells behind these, which stay where they are while nobody else holds them: many files are put together in one go
    /// over their bytes.
    pub fn append(&mut self, more: &Texts) {
        let own = std::mem::replace(&mut self.0, StringArray::new_null(0));
        let mut grown = own.into_builder().unwrap_or_else(|shared| {
            let mut copied = StringBuilder::new();
            shared.iter().for_each(|cell| copied.append_option(cell));
            copied
        });
        more.iter().for_each(|cell| grown.append_option(cell));
        self.0 = grown.finish();
    }
}

impl<T: AsRef<str>> FromIterator<Option<T>> for Texts {
    fn from_iter<I: IntoIterator<Item = Option<T>>>(cells: I) -> Texts {
        let mut made = StringBuilder::new();
        cells.into_iter().for_each(|cell| made.append_option(cell));
        Texts(made.finish())
    }
}

impl From<Vec<Option<String>>> for Texts {
    fn from(cells: Vec<Option<String>>) -> Texts {
        cells.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{ColumnData, Table};

    #[test]
    fn cells_come_back_as_they_were_given() {
        let given = vec![Some("a".to_owned()), None, Some(String::new()), Some("결".into())];
        let texts = Texts::from(given.clone());
        let back: Vec<Option<String>> = texts.iter().map(|cell| cell.map(str::to_owned)).collect();
        assert_eq!(back, given);
        assert_eq!((texts.len(), texts.get(1), texts.get(2)), (4, None, Some("")));
        assert!(!texts.is_missing() && Texts::missing(3).is_missing());
        // Whether others hold the cells or not, more go behind them.
        let (mut more, mut alone) = (texts.clone(), Texts::from(given));
        for grown in [&mut more, &mut alone] {
            grown.append(&Texts::missing(1));
            grown.append(&texts);
            let cells: Vec<Option<&str>> = texts.iter().chain([None]).chain(texts.iter()).collect();
            assert_eq!(grown.iter().collect::<Vec<_>>(), cells);
        }
        assert_eq!(texts.len(), 4);
    }

    /// Counted by what is held and not by the clock: four bytes a cell beside its letters, and an eighth for what is missing.
    #[test]
    fn a_cell_takes_four_bytes_beside_its_letters() {
        let texts = Texts::repeated("m00123", 10_000);
        assert_eq!(texts.bytes(), 10_000 * 10);
        let held = texts.0.get_buffer_memory_size();
        assert!(held <= 2 * texts.bytes() + 1024, "{held}");
        // A copy shares them.
        let copy = texts.clone();
        assert_eq!(copy.0.value_data().as_ptr(), texts.0.value_data().as_ptr());
    }

    #[test]
    fn a_table_with_another_column_shares_its_texts() {
        let ids = ColumnData::Text(Texts::repeated("m1", 100));
        let table = Table::from_columns(vec![
            ("id".into(), ids),
            ("load".into(), ColumnData::Number(vec![1.0; 100])),
        ]);
        let table = table.unwrap();
        let other = table.with_column("load", ColumnData::Number(vec![2.0; 100])).unwrap();
        let at = |table: &Table| table.packed_texts("id").unwrap().0.value_data().as_ptr();
        assert_eq!(at(&table), at(&other));
        assert_eq!(other.numbers("load").unwrap(), [2.0; 100]);
        let wrong = table.with_column("load", ColumnData::Number(vec![2.0])).unwrap_err();
        assert_eq!(wrong.fault().code, "unequal-columns");
    }
}
