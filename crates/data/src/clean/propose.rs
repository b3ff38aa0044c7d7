//! What cleaning a profile asks for.

use super::CleanOp;
use crate::profile::Profile;
use crate::roles::Roles;
use crate::table::Table;

/// The operations that mend what the profile found, in the order they should run.
pub fn propose(_table: &Table, _roles: &Roles, _profile: &Profile) -> Vec<CleanOp> {
    Vec::new()
}
