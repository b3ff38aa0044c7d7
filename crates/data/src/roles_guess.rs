//! The guess itself.
use crate::roles::Roles;
use crate::table::Table;

pub(crate) fn guess(_table: &Table) -> Roles {
    Roles::new()
}
