//! Bundles that are almost right: read, or refused with words; never a panic.

use gyeol_bundle::{Bundle, Limits};

use crate::common::sample;
use crate::mutate::fuzz;

#[test]
fn altered_bundles_are_read_or_refused() {
    fuzz(2000, &[sample().to_bytes().unwrap()], |bytes| {
        let bundle = Bundle::from_bytes(bytes, &Limits::default()).map_err(|e| e.to_string())?;
        bundle.to_bytes().map(drop).map_err(|e| e.to_string())
    });
}
