//! Tables of columns to features: numbers scaled, missing cells filled and marked, levels one-hot, ordinal or hashed, dates
//! taken apart. Everything is fitted on the training rows alone and travels as JSON beside the model.
//!
//! | step | | |
//! |---|---|---|
//! | ask | [`ColumnsParams`] → [`ColumnsParams::check`] | options for all columns, and for single ones |
//! | fit | [`Columns::fit`] | [`Encoder`]: how each column is read and why ([`Encoder::columns`]), names of features |
//! | apply | [`Encoder::transform`] | [`Encoded`]: a dense or sparse matrix, and what deserves a word |
//! | suspect | [`leakage()`], [`duplicates`] | columns that give the label away, rows that stand in two parts |
//!
//! The same table always gives the same features: nothing here is drawn at random, and levels stand in the order of their
//! names.

mod dates;
mod encode;
mod encoder;
mod leakage;
mod params;
mod read;
mod scale;
mod units;

pub use dates::DatePart;
pub use encoder::{Encoded, Encoder, FeatureName, FeatureOf, Matrix};
pub use gyeol_base::{Error, Result};
pub use leakage::{Duplicates, Leak, LeakKind, Target, duplicates, leakage};
pub use params::{ColumnParams, Columns, ColumnsParams, Fill, Levels};
pub use read::{ColumnReading, Kind};
pub use scale::Scaling;
pub use units::InUnits;
