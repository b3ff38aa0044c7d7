//! Acquire, inspect, clean and split tables of readings.

pub mod acquire;
pub mod builtin;
pub mod calendar;
pub mod clean;
pub mod clock;
pub mod error;
pub mod profile;
pub mod readings;
pub mod roles;
mod roles_guess;
pub mod scale;
pub mod split;
pub mod table;
pub mod units;

pub use acquire::{ReadOptions, read, read_bytes, write, write_bytes};
pub use clean::{Change, CleanOp};
pub use clock::{Clock, Step};
pub use error::{Error, Fault, Result};
pub use profile::{Part, Profile, Warning};
pub use readings::{Readings, Series};
pub use roles::{Role, Roles};
pub use scale::{Scaler, ScalerKind};
pub use split::{RowSplit, Split, SplitSpec};
pub use table::{ColumnData, ColumnInfo, ColumnKind, Source, Table};
