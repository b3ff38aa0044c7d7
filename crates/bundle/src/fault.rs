//! What can be wrong with a bundle, each with its likely cause and the next step; the codes are the file's contract.

use gyeol_base::{Error, Fault, shorten};

/// The bytes are something else (`not-a-bundle`).
pub(crate) fn not_a_bundle(why: impl Into<String>) -> Error {
    Fault::new("not-a-bundle", format!("this is not a gyeol bundle: {}", why.into()))
        .next("give the model.gyeol that `gyeol run` or `gyeol train` wrote")
        .input()
}

/// The file ends before its header says it should (`cut-short`).
pub(crate) fn cut_short(expected: u64, found: u64) -> Error {
    Fault::new(
        "cut-short",
        format!("the bundle is cut short: {found} bytes where its header promises {expected}"),
    )
    .cause("a copy or download that stopped half way")
    .next("fetch the file again")
    .input()
}

/// The file goes on after its last tensor (`trailing-bytes`).
pub(crate) fn trailing(expected: u64, extra: u64) -> Error {
    let found = format!("{extra} bytes follow the end of the bundle, which should end at byte {expected}");
    Fault::new("trailing-bytes", found)
        .cause("something was appended to it")
        .next("fetch the file again")
        .input()
}

/// Beyond what [`Limits`](crate::Limits) allow (`too-large`).
pub(crate) fn limit(what: &str, found: u64, limit: u64) -> Result<(), Error> {
    if found <= limit {
        return Ok(());
    }
    Err(Fault::new("too-large", format!("the bundle has {found} {what}, more than the limit of {limit}"))
        .cause("no model of this program's size, or a header that lies")
        .next("if you trust it, open it with wider limits")
        .limit())
}

/// Written by a version of the program with another layout (`other-version`).
pub(crate) fn version(found: u64, known: u32, writer: &str) -> Error {
    let writer = shorten(writer, 40);
    let found = format!(
        "the bundle is of format {found} (written by gyeol {writer}); this program reads up to {known}"
    );
    Fault::new("other-version", found)
        .next("open it with that version, or train the model again from the recipe inside it")
        .input()
}

/// Two tensors, or two manifests, of one name (`twice-named`).
pub(crate) fn twice(name: &str) -> Error {
    let found = format!("the header names `{}` twice, so it is unclear which one counts", shorten(name, 40));
    Fault::new("twice-named", found)
        .cause("the file is damaged or forged")
        .next("fetch the file again")
        .input()
}

/// A tensor of a number type that bundles do not hold (`number-type`).
pub(crate) fn number_type(name: &str, dtype: &str) -> Error {
    let (name, dtype) = (shorten(name, 40), shorten(dtype, 40));
    Fault::new(
        "number-type",
        format!("tensor `{name}` has numbers of type {dtype}; a bundle holds F32, F64 and U8"),
    )
    .cause("another program wrote this file")
    .next("give a model that gyeol wrote")
    .input()
}

/// Shape, offsets and file contradict each other (`bad-layout`).
pub(crate) fn layout(name: &str, why: impl std::fmt::Display) -> Error {
    Fault::new("bad-layout", format!("tensor `{}`: {why}", shorten(name, 40)))
        .cause("the header is damaged or forged")
        .next("fetch the file again")
        .input()
}

/// The manifest, or the model in it, is not what this format says (`bad-manifest`).
pub fn manifest(why: impl std::fmt::Display) -> Error {
    Fault::new("bad-manifest", format!("the manifest cannot be read: {why}"))
        .cause("the file is damaged, or another program wrote it")
        .next("fetch the file again, or train the model again")
        .input()
}

/// The digest does not fit (`altered`).
pub(crate) fn altered(what: &str, expected: &str, found: &str) -> Error {
    let (expected, found) = (shorten(expected, 64), shorten(found, 64));
    let found = format!(
        "the bundle was altered after it was written: {what} (digest {found} where the manifest says {expected})"
    );
    Fault::new("altered", found).next("fetch the file again, or train the model again").input()
}

/// A tensor that cannot be saved (`bad-tensor`).
pub(crate) fn tensor(name: &str, why: impl std::fmt::Display) -> Error {
    Fault::new("bad-tensor", format!("tensor `{}` cannot be saved: {why}", shorten(name, 40)))
        .cause("a defect of the program that made it")
        .next("please report it")
        .input()
}
