//! How to climb, and what a climb leaves.

use std::path::PathBuf;

use gyeol_report::model::Report;

/// How to climb.
#[derive(Debug, Clone, Default)]
pub struct Climb {
    /// Output folder; made once data, split and rungs are known to be sound.
    pub out: PathBuf,
    /// Whether the folder must be a new one: a number is added to its name where that is taken.
    pub fresh: bool,
    /// A first look: smaller models, less training.
    pub quick: bool,
    /// Go on with what the folder holds.
    pub resume: bool,
    /// Only this rung, by name.
    pub only: Option<String>,
    /// The command that repeats the run, for the report.
    pub command: String,
}

/// What a climb leaves.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Everything, as the page shows it.
    pub report: Report,
    /// `DIR/report.html`.
    pub page: PathBuf,
    /// `DIR/scores.json`.
    pub scores: PathBuf,
    /// `DIR/model.gyeol`.
    pub model: PathBuf,
}
