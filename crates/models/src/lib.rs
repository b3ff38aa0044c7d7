//! Every model behind one door: opened by its file, asked by its verbs.
//!
//! A [`Registry`] knows for each kind of bundle how to open it, and gives whatever the file holds as [`Answers`]: a list of
//! verbs with what goes in and comes out, and one way to ask. The command, the server (its routes and its OpenAPI) and other
//! languages use this door alone, so that a new kind of model is one line in [`Registry::standard`].

mod answers;
mod examples;
mod forecast;
mod inside;
mod language;
mod plane;
mod registry;
mod tag;
mod topics;
mod translate;
mod unlabelled;

pub use answers::{Answers, Ask, Description, Reply, VerbSpec};
pub use examples::{answers, by_class, explained};
pub use gyeol_base::{Error, Result};
pub use inside::{LineTold, bits, chosen, layers_json, no_gates};
pub use language::LmModel;
pub use plane::{WordPoint, WordsOnPlane, words_on_plane};
pub use registry::{Opened, Registry, open, open_as};
pub use tag::{labelled, tags_explained};
pub use topics::inferred;
pub use translate::{attends, attention, leaned, leans, translation};
pub use unlabelled::row_objects;
