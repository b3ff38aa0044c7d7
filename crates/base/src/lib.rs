//! What every station stands on: one error type, files written whole or not at all, digests, quantiles, closed lists of
//! names.
//!
//! ```
//! use gyeol_base::{Error, Fault};
//!
//! let error: Error = Fault::new("ragged-row", "7 cells where the header has 6")
//!     .file("meter.csv")
//!     .row(12)
//!     .cause("a decimal comma in a file whose cells are parted by commas")
//!     .next("name the delimiter with --delimiter")
//!     .input();
//! assert_eq!(error.code(), "ragged-row");
//! assert_eq!(
//!     error.to_string(),
//!     "meter.csv, row 12: 7 cells where the header has 6. Likely cause: a decimal comma in a file whose cells are \
//!      parted by commas. Next: name the delimiter with --delimiter"
//! );
//! ```

mod contained;
pub mod digest;
#[cfg(feature = "encoding")]
pub mod encoding;
mod error;
mod folder_lock;
mod giving_up;
mod memory;
mod names;
mod partial;
mod plain;
mod quantile;
pub mod warning;
mod whole_file;

pub use contained::{contained, is_contained};
pub use error::{Error, Fault, Kind, Result, shorten};
pub use folder_lock::FolderLock;
pub use giving_up::{in_time, until};
pub use memory::{Budget, at_hand};
pub use partial::{Partial, remove_partial};
pub use plain::plain;
pub use quantile::quantile;
pub use warning::{Part, Severity, Warning};
pub use whole_file::{WholeFile, copy_whole, followed, remove_left_parts, write_bytes};
