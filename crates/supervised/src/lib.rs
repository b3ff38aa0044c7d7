//! From labelled texts, or a table, to a machine that classifies or gives a number: read, split, made to features, fitted,
//! saved and asked.
//!
//! ```text
//! folder by class, JSON lines, CSV ──▶ Examples ──▶ parts ──▶ train, valid, test
//!                                                      │
//!                     TextFeatures, Encoder ◀── fitted on train alone
//!                                                      │
//!                              Machine { inputs, head, calibration } ──▶ bundle, answers
//! ```
//!
//! Rows without labels, clusters and components, are in [`unlabelled`].

mod asked;
mod decision;
mod examples;
mod log_odds;
mod machine;
mod near;
mod nearest;
mod net;
mod occlusion;
mod packed;
mod placed;
mod seen;
mod sequence;
mod terms;
mod units;
pub mod unlabelled;
mod words;

pub use decision::Decision;
pub use examples::{Examples, MOST_CLASSES, Target, has_column};
pub use gyeol_base::{Error, Result};
pub use log_odds::{LogOdds, LogOddsParams};
pub use machine::{Answer, Head, Inputs, Machine, Rows, Said, dense, most, together};
pub use near::near_groups;
pub use nearest::{Kept, Nearest};
pub use net::{BagNet, BagParts, Learnt, NetParams, NetParts, TableNet};
pub use packed::{Classifier, Regressor, Wrapped};
pub use placed::{Answered, ClusterModel, ComponentModel, Placed};
pub use seen::{MOST_SEEN, Seen};
pub use sequence::{SequenceNet, SequenceParams, SequenceParts};
pub use terms::{Explained, Neighbour, Reasons, Term};
pub use units::{MOST_UNITS, Sequences, UnitVectors, Units, UnitsParams};
pub use words::{Terms, TextFeatures, TextParams, Unit, Weighing};
