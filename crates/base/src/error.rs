//! What can go wrong, said so that it can be put right: what was found, where, why, and what to do next.
//!
//! All stations share one error type, so that a failure keeps its code, its place and its next step on the way from a
//! kernel to the prompt, the server or a caller in another language.

use std::fmt;
use std::path::Path;

use serde::Serialize;

/// `Result` with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is: which exit code, which status of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// The operating system refused to read or write.
    Io,
    /// Text, table, matrix or model cannot be used as it is.
    Input,
    /// The input is larger than the limits allow.
    Limit,
    /// An option that is not known, out of range, or does not fit the others.
    Option,
    /// The work was given up from outside.
    Stopped,
    /// A defect of this program.
    Defect,
}

/// A failure of any station: its [`Kind`], its [`Fault`] and, where the system refused, what it said.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    fault: Fault,
    source: Option<std::io::Error>,
}

impl Error {
    /// A failure taken together.
    pub fn new(kind: Kind, fault: Fault) -> Self {
        Error(Box::new(Inner { kind, fault, source: None }))
    }

    /// The operating system refused to `action` ("read", "write", "rename") the file at `path`.
    pub fn io(action: &str, path: impl AsRef<Path>, next: impl Into<String>, source: std::io::Error) -> Self {
        let path = path.as_ref();
        let found = format!("cannot {action} {}: {source}", path.display());
        let fault = Fault::new("io", found).file(path).next(next);
        Error(Box::new(Inner { kind: Kind::Io, fault, source: Some(source) }))
    }

    /// A file that cannot be read.
    pub fn reading(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Error::io("read", path, "check the path and the permissions", source)
    }

    /// A file that cannot be written.
    pub fn writing(path: impl AsRef<Path>, source: std::io::Error) -> Self {
        Error::io("write", path, "check that the folder exists, may be written to and has room", source)
    }

    /// Input that cannot be used.
    pub fn input(fault: Fault) -> Self {
        Error::new(Kind::Input, fault)
    }

    /// Input beyond the limits.
    pub fn limit(fault: Fault) -> Self {
        Error::new(Kind::Limit, fault)
    }

    /// An option that cannot be meant.
    pub fn option(fault: Fault) -> Self {
        Error::new(Kind::Option, fault)
    }

    /// The work was given up from outside, by Ctrl-C for instance.
    pub fn stopped() -> Self {
        let fault = Fault::new("stopped", "stopped before the end").next("run it again; nothing was written");
        Error::new(Kind::Stopped, fault)
    }

    /// A defect of this program, with what should never have happened.
    pub fn defect(what: impl fmt::Display) -> Self {
        let fault = Fault::new("defect", what.to_string())
            .cause("a defect of this program")
            .next("please report it with the command and the input");
        Error::new(Kind::Defect, fault)
    }

    /// The kind of failure.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The failure taken apart.
    pub fn fault(&self) -> &Fault {
        &self.0.fault
    }

    /// The fault, to be changed on its way up.
    pub fn fault_mut(&mut self) -> &mut Fault {
        &mut self.0.fault
    }

    /// A stable word for the failure, such as `ragged-row` or `gap-in-clock`; `io` where the system refused.
    pub fn code(&self) -> &'static str {
        self.0.fault.code
    }

    /// What the system said, where it refused.
    pub fn system(&self) -> Option<&std::io::Error> {
        self.0.source.as_ref()
    }

    /// The same failure with its file and line, where it does not name any yet.
    #[must_use]
    pub fn at(mut self, file: &str, row: usize) -> Self {
        self.0.fault.row.get_or_insert(row);
        self.in_file(file)
    }

    /// The same failure with its file, where it does not name one yet.
    #[must_use]
    pub fn in_file(mut self, file: impl AsRef<Path>) -> Self {
        if self.0.fault.file.is_none() {
            self.0.fault = std::mem::take(&mut self.0.fault).file(file);
        }
        self
    }

    /// The same failure of another file: of the one meant, where a part beside it was worked on.
    #[must_use]
    pub fn of_file(mut self, file: impl AsRef<Path>) -> Self {
        let mut fault = std::mem::take(&mut self.0.fault);
        if let Some(other) = &fault.file {
            fault.found = fault.found.replace(other, &file.as_ref().display().to_string());
        }
        self.0.fault = fault.file(file);
        self
    }

    /// The same failure with what was being worked on said first: `rung 'lstm': …`.
    #[must_use]
    pub fn while_at(mut self, what: impl fmt::Display) -> Self {
        self.0.fault.found = format!("{what}: {}", self.0.fault.found);
        self
    }

    /// The same failure with another next step.
    #[must_use]
    pub fn with_next(mut self, next: impl Into<String>) -> Self {
        self.0.fault.next = next.into();
        self
    }
}

impl Serialize for Error {
    /// As the command and the server write a failure: the [`Fault`] with all of it in one `message`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Said<'a> {
            #[serde(flatten)]
            fault: &'a Fault,
            message: String,
        }
        Said { fault: self.fault(), message: self.to_string() }.serialize(serializer)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.0.kind).field("fault", &self.0.fault).finish()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fault.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|e| e as _)
    }
}

/// A failure taken apart, so that a page can point at the row and the column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// A stable word for this kind of failure.
    pub code: &'static str,
    /// What was found.
    pub found: String,
    /// The file, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line of the file or row of the table, from 1; a CSV header is row 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// Whether `row` is the line of a text that is no table.
    #[serde(skip)]
    pub of_text: bool,
    /// The column's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The likely cause.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cause: String,
    /// The next step.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub next: String,
}

impl Fault {
    /// A fault with its stable word and what was found.
    pub fn new(code: &'static str, found: impl Into<String>) -> Self {
        Fault { code, found: found.into(), ..Fault::default() }
    }
    /// A fault from one text, `found. Likely cause: … . Next: …`, whose last two parts may be absent.
    ///
    /// ```
    /// let fault = gyeol_base::Fault::said("no-rows", "there are no rows. Next: send some");
    /// assert_eq!((fault.found.as_str(), fault.next.as_str()), ("there are no rows", "send some"));
    /// ```
    pub fn said(code: &'static str, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let (found, next) = text.split_once(". Next: ").unwrap_or((text, ""));
        let (found, cause) = found.split_once(". Likely cause: ").unwrap_or((found, ""));
        Fault::new(code, found).cause(cause).next(next)
    }

    /// Names the file.
    #[must_use]
    pub fn file(mut self, file: impl AsRef<Path>) -> Self {
        let name = file.as_ref().display().to_string();
        if !name.is_empty() {
            self.file = Some(name);
        }
        self
    }
    /// Names the line or row, from 1.
    #[must_use]
    pub fn row(mut self, row: usize) -> Self {
        self.row = Some(row);
        self
    }
    /// Names the line of a text that is no table, from 1.
    #[must_use]
    pub fn line(mut self, line: usize) -> Self {
        (self.row, self.of_text) = (Some(line), true);
        self
    }
    /// Names the column.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
    /// Adds the likely cause.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = cause.into();
        self
    }
    /// Adds the next step.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = next.into();
        self
    }
    /// As the failure of an input.
    pub fn input(self) -> Error {
        Error::input(self)
    }
    /// As the failure of an input beyond the limits.
    pub fn limit(self) -> Error {
        Error::limit(self)
    }
    /// As the failure of an option.
    pub fn option(self) -> Error {
        Error::option(self)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut place = Vec::new();
        // What was found may name the file itself.
        if let Some(file) =
            self.file.as_ref().filter(|file| self.row.is_some() || !self.found.contains(*file))
        {
            place.push(file.clone());
        }
        if let Some(row) = self.row {
            place.push(format!("{} {row}", if self.of_text { "line" } else { "row" }));
        }
        if let Some(column) = &self.column {
            place.push(format!("column '{}'", shorten(column, 60)));
        }
        if !place.is_empty() {
            write!(f, "{}: ", place.join(", "))?;
        }
        write!(f, "{}", self.found)?;
        if !self.cause.is_empty() {
            write!(f, ". Likely cause: {}", self.cause)?;
        }
        if !self.next.is_empty() {
            write!(f, ". Next: {}", self.next)?;
        }
        Ok(())
    }
}

/// The first `limit` characters of a text, control characters shown as escapes, with … where it was cut.
pub fn shorten(text: &str, limit: usize) -> String {
    let mut out = String::new();
    for (i, c) in text.chars().enumerate() {
        if i == limit {
            out.push('…');
            break;
        }
        if c.is_control() { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_of_the_system_names_the_file_and_keeps_what_was_said() {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        let error = Error::reading("load.csv", source);
        assert_eq!((error.kind(), error.code()), (Kind::Io, "io"));
        assert_eq!(error.system().unwrap().kind(), std::io::ErrorKind::NotFound);
        let text = error.to_string();
        assert!(text.starts_with("cannot read load.csv: ") && text.contains(". Next: check"), "{text}");
    }

    #[test]
    fn a_place_that_is_known_is_not_overwritten_on_the_way_up() {
        let error = Fault::new("c", "found").file("inner").row(3).input().at("outer", 9);
        assert_eq!(error.to_string(), "inner, row 3: found");
        let error = Fault::new("c", "found").input().at("outer", 9).while_at("rung 'x'").with_next("do y");
        assert_eq!(error.to_string(), "outer, row 9: rung 'x': found. Next: do y");
    }

    #[test]
    fn as_json_keys_that_do_not_apply_are_left_out() {
        let fault = Fault::new("c", "found").row(2).next("do y");
        let json = serde_json::to_string(&fault).unwrap();
        assert_eq!(json, r#"{"code":"c","found":"found","row":2,"next":"do y"}"#);
    }

    #[test]
    fn an_error_is_as_small_as_a_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
