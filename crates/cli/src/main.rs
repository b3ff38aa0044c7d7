//! The gyeol command.
fn main() {}
