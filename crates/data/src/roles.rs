//! The part each column plays, guessed from names and values, with the reason for each guess.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::table::{ColumnKind, Table};
use gyeol_base::{Fault, Part, Result};

/// The part a column plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// When a row was read.
    Time,
    /// What is forecast.
    Target,
    /// A covariate known only up to now, such as measured temperature.
    Past,
    /// A covariate known ahead, such as a holiday or a plan.
    Known,
    /// The class of a row.
    Label,
    /// Free text.
    Text,
    /// Which series a row belongs to.
    Id,
    /// Not used.
    Ignored,
}

impl Role {
    /// The word used in recipes: `time`, `target`, `past` …
    pub fn word(self) -> &'static str {
        match self {
            Role::Time => "time",
            Role::Target => "target",
            Role::Past => "past",
            Role::Known => "known",
            Role::Label => "label",
            Role::Text => "text",
            Role::Id => "id",
            Role::Ignored => "ignored",
        }
    }
}

/// Why a column got its role.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Reason {
    /// A stable code, such as `named-like-target`.
    pub code: String,
    /// Its parts by name.
    pub parts: BTreeMap<String, Part>,
    /// The same in English words.
    pub words: String,
}

impl Reason {
    pub(crate) fn new(code: &str, words: impl Into<String>) -> Reason {
        Reason { code: code.to_string(), parts: Default::default(), words: words.into() }
    }
}

/// One column's role and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assigned {
    /// Column name.
    pub column: String,
    /// Its role.
    pub role: Role,
    /// Why it got the role.
    pub reason: Reason,
}

/// Columns and their roles, in the table's order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Roles {
    entries: Vec<Assigned>,
}

impl Roles {
    /// No roles yet.
    pub fn new() -> Roles {
        Roles::default()
    }

    /// Roles given by hand; the reason is "given".
    pub fn from_pairs<N: Into<String>>(pairs: impl IntoIterator<Item = (N, Role)>) -> Roles {
        let mut roles = Roles::new();
        for (name, role) in pairs {
            roles.set(&name.into(), role);
        }
        roles
    }

    /// Gives a column a role by hand, over any guess.
    pub fn set(&mut self, column: &str, role: Role) {
        self.assign(column, role, Reason::new("given", "given by the user"));
    }

    /// Gives a column a role with a reason.
    pub fn assign(&mut self, column: &str, role: Role, reason: Reason) {
        match self.entries.iter_mut().find(|e| e.column == column) {
            Some(e) => (e.role, e.reason) = (role, reason),
            None => self.entries.push(Assigned { column: column.to_string(), role, reason }),
        }
    }

    /// The role of a column; `Ignored` when it has none.
    pub fn get(&self, column: &str) -> Role {
        self.entry(column).map_or(Role::Ignored, |e| e.role)
    }

    /// Role and reason of a column.
    pub fn entry(&self, column: &str) -> Option<&Assigned> {
        self.entries.iter().find(|e| e.column == column)
    }

    /// All columns with role and reason, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Assigned> {
        self.entries.iter()
    }

    /// Names of the columns in a role, in order.
    pub fn with_role(&self, role: Role) -> Vec<&str> {
        self.entries.iter().filter(|e| e.role == role).map(|e| e.column.as_str()).collect()
    }

    /// The time column.
    pub fn time(&self) -> Option<&str> {
        self.with_role(Role::Time).first().copied()
    }

    /// The column that names the series.
    pub fn id(&self) -> Option<&str> {
        self.with_role(Role::Id).first().copied()
    }

    /// What is forecast.
    pub fn targets(&self) -> Vec<&str> {
        self.with_role(Role::Target)
    }

    /// Covariates known only up to now.
    pub fn past(&self) -> Vec<&str> {
        self.with_role(Role::Past)
    }

    /// Covariates known ahead.
    pub fn known(&self) -> Vec<&str> {
        self.with_role(Role::Known)
    }

    /// Class columns.
    pub fn labels(&self) -> Vec<&str> {
        self.with_role(Role::Label)
    }

    /// Columns of free text.
    pub fn texts(&self) -> Vec<&str> {
        self.with_role(Role::Text)
    }

    /// Checks the roles against a table: every column is there, one time, one id, targets and covariates are numeric.
    pub fn check(&self, table: &Table) -> Result<()> {
        for e in &self.entries {
            let Some(kind) = table.kind(&e.column) else {
                if e.role == Role::Ignored {
                    continue;
                }
                table.data(&e.column)?;
                continue;
            };
            let fits = match e.role {
                Role::Target | Role::Past | Role::Known => kind.is_numeric(),
                Role::Time => matches!(kind, ColumnKind::Time | ColumnKind::Integer),
                _ => true,
            };
            if !fits {
                let wanted = if e.role == Role::Time { "times or row numbers" } else { "numbers" };
                return Err(Fault::new(
                    "wrong-kind",
                    format!(
                        "the role '{}' needs {wanted}, but this column holds {}",
                        e.role.word(),
                        crate::table::kind_words(kind)
                    ),
                )
                .file(&table.source().name)
                .column(&e.column)
                .cause("cells that could not be read as that kind, or a role given to the wrong column")
                .next("mend those cells, name the date format, or give the column another role")
                .input());
            }
        }
        for role in [Role::Time, Role::Id] {
            let names = self.with_role(role);
            if names.len() > 1 {
                return Err(Fault::new(
                    "two-columns-one-role",
                    format!("{} columns have the role '{}': {}", names.len(), role.word(), names.join(", ")),
                )
                .file(&table.source().name)
                .cause("a table has one clock and one column that names its series")
                .next(format!("keep one and set the others to 'ignored': {} = \"ignored\"", names[1]))
                .input());
            }
        }
        Ok(())
    }

    /// The roles of the columns that a table still has, after columns were dropped.
    pub fn present_in(&self, table: &Table) -> Roles {
        let entries = self.entries.iter().filter(|e| table.kind(&e.column).is_some()).cloned().collect();
        Roles { entries }
    }

    /// Guesses every column's role; see the reasons for what spoke for it.
    pub fn guess(table: &Table) -> Roles {
        crate::roles_guess::guess(table)
    }
}
