//! What a fit is asked for: one rule for all columns, and what differs for single ones.

use std::collections::BTreeMap;

use gyeol_base::{Fault, Result};
use serde::{Deserialize, Serialize};

use crate::{DatePart, Kind, Scaling};

/// What stands for a missing number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// The mean of the training rows.
    Mean,
    /// Their median.
    #[default]
    Median,
}

gyeol_base::named!(Fill, "a fill", "mean" => Fill::Mean, "median" => Fill::Median);

/// How levels become numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Levels {
    /// A column a level, 1 where it is that one.
    OneHot,
    /// The place in this order, from 0.
    Ordinal(Vec<String>),
    /// A column a bucket; levels of one hash share it.
    Hashed,
}

/// What differs for one column; what is not given is as for all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnParams {
    /// How it is read, whatever its cells look like.
    pub kind: Option<Kind>,
    /// How its levels become numbers.
    pub levels: Option<Levels>,
    /// How its numbers are scaled.
    pub scale: Option<Scaling>,
    /// What stands for a missing cell.
    pub fill: Option<Fill>,
}

/// How a table becomes features.
///
/// ```
/// let error = gyeol_columns::ColumnsParams { hash_buckets: 0, ..Default::default() }.check().unwrap_err();
/// assert_eq!(error.code(), "bad-buckets");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ColumnsParams {
    /// What differs for single columns, by name.
    pub columns: BTreeMap<String, ColumnParams>,
    /// Most levels that get a column each; a column with more is hashed.
    pub one_hot_max_levels: usize,
    /// Levels of fewer training rows are gathered in one column, "other".
    pub rare_min_count: usize,
    /// Buckets of a hashed column.
    pub hash_buckets: usize,
    /// How numbers, dates and ordinal levels are scaled.
    pub scale: Scaling,
    /// What stands for a missing number.
    pub fill: Fill,
    /// Whether a column that misses cells in training gets a feature that says where.
    pub missing_indicator: bool,
    /// Whether a level that training did not have goes to "other", where there is one; else it is all zeros.
    pub unseen_to_other: bool,
    /// Parts of dates; such that do not vary in training are left out.
    pub dates: Vec<DatePart>,
}

impl Default for ColumnsParams {
    /// One-hot up to 50 levels, single ones gathered, 64 buckets, standard scores, median with indicator, all parts of dates.
    fn default() -> Self {
        ColumnsParams {
            columns: BTreeMap::new(),
            one_hot_max_levels: 50,
            rare_min_count: 2,
            hash_buckets: 64,
            scale: Scaling::Standard,
            fill: Fill::Median,
            missing_indicator: true,
            unseen_to_other: true,
            dates: DatePart::ALL.to_vec(),
        }
    }
}

/// Most buckets and most one-hot levels.
pub(crate) const MOST_LEVELS: usize = 1 << 20;

/// Options that were found in order; they fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Columns(pub(crate) ColumnsParams);

impl ColumnsParams {
    /// Options that can be fitted with.
    ///
    /// # Errors
    /// No buckets or too many (`bad-buckets`), too many one-hot levels (`bad-levels`), an order that is empty or names a
    /// level twice (`bad-order`), an order for a column that is read as no level (`bad-order`).
    pub fn check(self) -> Result<Columns> {
        let bad = |code, found: String, next: &str| Err(Fault::new(code, found).next(next).option());
        if self.hash_buckets == 0 || self.hash_buckets > MOST_LEVELS {
            return bad("bad-buckets", format!("{} buckets", self.hash_buckets), "give 1 to 1,048,576");
        }
        if self.one_hot_max_levels > MOST_LEVELS {
            return bad(
                "bad-levels",
                format!("{} one-hot levels", self.one_hot_max_levels),
                "give 1,048,576 at most",
            );
        }
        for (name, column) in &self.columns {
            let Some(Levels::Ordinal(order)) = &column.levels else { continue };
            let mut sorted: Vec<&String> = order.iter().collect();
            sorted.sort_unstable();
            if order.is_empty() || sorted.windows(2).any(|pair| pair[0] == pair[1]) {
                return bad(
                    "bad-order",
                    format!("the order of '{name}' is empty or names a level twice"),
                    "name every level once",
                );
            }
            if column.kind.is_some_and(|kind| kind != Kind::Level) {
                return bad(
                    "bad-order",
                    format!("'{name}' has an order of levels, but is to be read as another kind"),
                    "read it as level",
                );
            }
        }
        Ok(Columns(self))
    }
}
