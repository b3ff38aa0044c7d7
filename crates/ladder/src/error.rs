//! What can go wrong on the ladder beside what its stations say.

use std::path::Path;

use gyeol_base::{Error, Fault};

/// The output folder holds a run of something else (`other-run`).
pub(crate) fn other_run(out: &Path) -> Error {
    Fault::new("other-run", "a run of another recipe or other data is there, so it cannot be gone on with")
        .file(out)
        .cause("the recipe or the data changed since")
        .next("choose another --out, or run without --resume")
        .input()
}

/// A rung that the recipe does not have (`no-rung`).
pub(crate) fn no_rung(name: &str, known: &str) -> Error {
    Fault::new("no-rung", format!("the recipe has no rung '{name}'"))
        .next(format!("use one of: {known}"))
        .option()
}

/// The user asked to stop while a rung was fitted; what was done is kept in `out`.
pub(crate) fn stopped(rung: &str, out: &Path) -> Error {
    let mut error = Error::stopped().with_next("go on with --resume");
    error.fault_mut().found =
        format!("stopped while fitting '{rung}'; what was done is kept in {}", out.display());
    error
}

/// What to do about a file of an earlier run that is damaged.
pub(crate) fn anew(path: &Path) -> String {
    format!("remove {}, so that this rung is fitted anew, or go on without --resume", path.display())
}
