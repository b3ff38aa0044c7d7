//! From raw meter readings to something a model can be fitted on: acquire, inspect, clean, split, scale.
//!
//! | station | function | gives |
//! |---|---|---|
//! | acquire | [`read`], [`read_bytes`], [`write()`] | a [`Table`] of typed columns, with how it was understood in [`Source`] |
//! | roles | [`Roles::guess`] | which column is the clock, the target, a covariate, and why |
//! | inspect | [`profile::profile`] | a [`Profile`]: plain data for a terminal table or a page |
//! | clean | [`clean::propose`], [`clean::apply`] | a cleaned table and a list of [`Change`]s |
//! | lay out | [`Readings::from_table`] | series on regular clocks, `[column][row]` |
//! | add up | [`Hierarchy::add_up`] | the series of every upper level |
//! | split | [`Split::of`] | train, validation and test in time order |
//! | scale | [`Scaler::fit`] | z-scores fitted on train alone |
//! | calendar | [`calendar::features`], [`calendar::Holidays`] | what is known about a moment ahead |
//!
//! ```
//! use gyeol_data::{ReadOptions, Readings, Roles, Scaler, ScalerKind, Split, SplitSpec, clean, profile, read_bytes};
//!
//! // A small export with a hole and a sentinel.
//! let mut text = String::from("time,load\n");
//! for hour in (0..24 * 20).filter(|h| *h != 100) {
//!     let load = if hour == 50 { -999.0 } else { 900.0 + 10.0 * (hour % 24) as f64 };
//!     text += &format!("2024-03-{:02} {:02}:00,{load}\n", 1 + hour / 24, hour % 24);
//! }
//! let table = read_bytes("meter.csv", text.as_bytes(), &ReadOptions::default())?;
//! let roles = Roles::guess(&table);
//! let seen = profile::profile(&table, &roles, None)?;
//! assert!(seen.warnings.iter().any(|w| w.code == "gaps"));
//!
//! let steps = clean::propose(&table, &roles, &seen);
//! let (table, changes) = clean::apply(table, &roles, &steps)?;
//! for change in &changes {
//!     println!("{} {:?}: {}", change.operation, change.column, change.detail);
//! }
//!
//! let readings = Readings::from_table(&table, &roles)?;
//! let split = Split::of(&readings, &SplitSpec::default())?;
//! let series = &readings.series[0];
//! let train = split.rows(series).train;
//! let scaler = Scaler::fit(ScalerKind::Standard, series.target[0][train].iter().copied());
//! assert!((scaler.center - 1015.0).abs() < 5.0);
//! assert!(!series.observed[0][50] && !series.observed[0][100]);
//! # Ok::<(), gyeol_data::Error>(())
//! ```
//!
//! # Moments
//!
//! Inside, a moment is milliseconds since 1970-01-01 UTC. A table whose [`Source::zone`] is `None` has a clock of its
//! own: its moments are what the wall clock showed, as if that were UTC. With a zone, local times are placed in it
//! while reading, steps of whole days and months follow the local calendar, and shorter steps follow UTC.
//!
//! # Errors
//!
//! Every [`Error`] says what was found, where (file, row, column), the likely cause and the next step;
//! [`Error::fault`] gives the same taken apart. No input makes this crate panic, and limits on bytes, rows, columns
//! and cells ([`ReadOptions`]) hold before memory is taken. What reading decided where it was not certain is told in
//! [`Source::notes`].

pub mod acquire;
pub mod available;
pub mod builtin;
pub mod calendar;
pub mod clean;
pub mod clock;
pub mod database;
pub mod hierarchy;
mod places;
pub mod profile;
pub mod readings;
pub mod roles;
mod roles_guess;
pub mod scale;
pub mod split;
pub mod table;
mod texts;
pub mod units;
mod zones;

pub use acquire::{ReadOptions, is_columnar, read, read_bytes, write};
pub use available::Availability;
pub use clean::{Change, CleanOp};
pub use clock::{Clock, Step};
pub use gyeol_base::{Error, Fault, Part, Result, Warning};
pub use hierarchy::Hierarchy;
pub use profile::Profile;
pub use readings::{Readings, Series};
pub use roles::{Role, Roles};
pub use scale::{Scaler, ScalerKind};
pub use split::{RowSplit, Split, SplitSpec};
pub use table::{ColumnData, ColumnInfo, ColumnKind, Source, Table};
pub use texts::Texts;
pub use zones::Tz;
