//! Every key of a recipe, once: its place, what it takes, its default, and what it means in one sentence.
//!
//! Each task has a [`Schema`]. The check of unknown keys, the defaults, the ranges, the comments that `init` writes and
//! `docs/recipe.md` all come from there; a key that is not in it does not exist.

pub(super) mod examples;
pub(super) mod forecast;
pub(super) mod lm;
pub(super) mod pairs;
pub(super) mod tags;
mod text;

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number from the first to the second, both included.
    Whole(u64, u64),
    /// A number from the first to the second, both included.
    Real(f64, f64),
    /// A date, or a date and a time.
    Moment,
    /// A list of texts, or a single one.
    Texts,
    /// A list of whole numbers in a range, or a single one.
    Wholes(u64, u64),
    /// A list of numbers in a range, or a single one.
    Reals(f64, f64),
    /// A list of dates, or the name of a country's calendar.
    Holidays,
    /// When the values of a column become known. Such a key stands for any name: that of the column.
    Available,
}

impl Kind {
    /// The kind in words, as the documentation and the errors say it.
    pub fn words(&self) -> String {
        match self {
            Kind::Text => "a text".to_owned(),
            Kind::Choice(words) => {
                let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
                format!("one of {}", quoted.join(", "))
            }
            Kind::Flag => "true or false".to_owned(),
            Kind::Whole(low, high) => format!("a whole number, {low} to {high}"),
            Kind::Real(low, high) if *low == f64::MIN && *high == f64::MAX => "a number".to_owned(),
            Kind::Real(low, high) => format!("a number, {low} to {high}"),
            Kind::Moment => "a date or a date and time".to_owned(),
            Kind::Texts => "a list of texts".to_owned(),
            Kind::Wholes(low, high) => format!("a list of whole numbers, {low} to {high}"),
            Kind::Reals(low, high) if *low == f64::MIN && *high == f64::MAX => "a list of numbers".to_owned(),
            Kind::Reals(low, high) => format!("a list of numbers, {low} to {high}"),
            Kind::Holidays => "a country code or a list of dates".to_owned(),
            Kind::Available => {
                "\"36 h\", \"3 rows\", \"day at 09:00\", \"day at 09:00 + 1 day\" or { column = \"published\" }".to_owned()
            }
        }
    }

    /// A value of this kind, for an error to show.
    pub fn example(&self) -> String {
        match self {
            Kind::Text => "\"text\"".to_owned(),
            Kind::Choice(words) => format!("\"{}\"", words.first().unwrap_or(&"")),
            Kind::Flag => "true".to_owned(),
            Kind::Whole(low, _) => (*low).max(1).to_string(),
            Kind::Real(low, high) => middle(*low, *high),
            Kind::Moment => "2013-01-01".to_owned(),
            Kind::Texts => "[\"load\"]".to_owned(),
            Kind::Wholes(low, _) => format!("[{}]", (*low).max(1)),
            Kind::Reals(low, high) => format!("[{}]", middle(*low, *high)),
            Kind::Holidays => "\"US\"".to_owned(),
            Kind::Available => "\"36 h\"".to_owned(),
        }
    }
}

fn middle(low: f64, high: f64) -> String {
    let low = low.max(0.0);
    format!("{:?}", (low + high.min(low + 1.0)) / 2.0)
}

/// What holds where a key is left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Without {
    /// This value, written as TOML.
    Value(&'static str),
    /// Something that is found out later, in these words.
    Found(&'static str),
    /// Nothing: the key must be given.
    Needed,
}

/// One key of a recipe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// The section it stands in; empty at the top.
    pub section: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds where it is left out.
    pub default: Without,
    /// What it means, in one sentence.
    pub doc: &'static str,
    /// The rungs (or cleaning operations) that read it; empty for all.
    pub of: &'static [&'static str],
}

impl Key {
    /// Section and name, joined as TOML joins them.
    pub fn path(&self) -> String {
        if self.section.is_empty() { self.name.to_owned() } else { format!("{}.{}", self.section, self.name) }
    }
}

/// One section of a recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Its name; empty for the top.
    pub name: &'static str,
    /// Whether it may stand several times, as `[[name]]`.
    pub many: bool,
    /// What it is about, in one sentence.
    pub doc: &'static str,
}

const fn section(name: &'static str, many: bool, doc: &'static str) -> Section {
    Section { name, many, doc }
}

const fn key(
    section: &'static str,
    name: &'static str,
    kind: Kind,
    default: Without,
    doc: &'static str,
) -> Key {
    Key { section, name, kind, default, doc, of: &[] }
}

const fn rung(name: &'static str, of: &'static [&'static str], kind: Kind, doc: &'static str) -> Key {
    Key { section: "rung", name, kind, default: Without::Found("chosen by the ladder"), doc, of }
}

/// What a recipe of one task may say.
#[derive(Debug)]
pub struct Schema {
    /// The word of `task`.
    pub task: &'static str,
    /// What the task is, in one sentence.
    pub doc: &'static str,
    /// The sections, in the order in which they are written.
    pub sections: &'static [Section],
    /// Every key, in the order in which they are written.
    pub keys: &'static [Key],
    /// The rungs.
    pub rungs: &'static [&'static str],
    /// The cleaning operations, each with what it does.
    pub operations: &'static [(&'static str, &'static str)],
}

/// The tasks, the one that a recipe means by default first.
pub const SCHEMAS: [&Schema; 6] =
    [&forecast::SCHEMA, &lm::SCHEMA, &examples::CLASSIFY, &examples::REGRESS, &pairs::SCHEMA, &tags::SCHEMA];

/// The words of `task`.
pub(super) const TASKS: [&str; 6] = ["forecast", "language-model", "classify", "regress", "translate", "tag"];

/// Rows or texts that any length is bounded by.
const MANY: u64 = 1_000_000_000;

// What every task asks alike.
const NAME: Key = key("", "name", Kind::Text, Without::Found("the file's name"), "What the report calls it.");
const LANGUAGE: Key =
    key("", "language", Kind::Choice(&["en", "ko"]), Without::Value("\"en\""), "Language of the report.");
const SEED: Key = key(
    "",
    "seed",
    Kind::Whole(0, u32::MAX as u64),
    Without::Value("0"),
    "Where the random numbers start; the same seed gives the same scores.",
);
const BOOTSTRAP_DRAWS: Key = key(
    "score",
    "bootstrap_draws",
    Kind::Whole(100, 100_000),
    Without::Value("1000"),
    "How often they are drawn.",
);

const MARGIN: Key = key(
    "score",
    "margin",
    Kind::Real(0.0, 1.0),
    Without::Value("0.02"),
    "A plainer rung is enough where the whole interval of its difference lies within this share of the best one's error.",
);

impl Schema {
    /// The key of this name in this section, for this rung or operation where the section has several kinds.
    pub fn find(&self, section: &str, name: &str, of: Option<&str>) -> Option<&'static Key> {
        self.keys.iter().find(|key| {
            key.section == section
                && (key.name == name || key.kind == Kind::Available)
                && of.is_none_or(|of| key.of.is_empty() || key.of.contains(&of))
        })
    }

    /// The section of this name.
    pub fn find_section(&self, name: &str) -> Option<&'static Section> {
        self.sections.iter().find(|section| section.name == name && !name.is_empty())
    }

    /// The names of the keys of a section, in order.
    pub fn names(&self, section: &str, of: Option<&str>) -> impl Iterator<Item = &'static str> {
        self.keys
            .iter()
            .filter(move |key| {
                key.section == section && of.is_none_or(|of| key.of.is_empty() || key.of.contains(&of))
            })
            .map(|key| key.name)
    }
}
