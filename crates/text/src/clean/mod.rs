//! Cleaning by named rules, each of which says what it touched.
//!
//! Rules always work in the order of [`RULES`], whatever order they were named in: what one uncovers, the next may
//! act on (an entity may hide a blank), and nothing that one wrote is taken for markup by another.
//!
//! | rule | finds | leaves |
//! |---|---|---|
//! | `encoding-repair` | UTF-8 that was read as Windows-1252 or Latin-1, where it is certain (`donâ€™t`) | the characters meant |
//! | `html` | tags, comments, scripts, styles | a line end for blocks, a blank for cells, else nothing |
//! | `entities` | `&eacute;` `&#233;` `&#xE9;` | the character |
//! | `controls` | control and invisible formatting characters, but tab and line ends | nothing |
//! | `urls` `emails` `mentions` `hashtags` `emoji` `numbers` | `http://x.y` `me@x.org` `@me` `#this` 🙂 `3.14` | nothing, or a placeholder |
//! | `repeats` | `soooo` `ㅋㅋㅋㅋ` `!!!!` | as many as [`Keep`] says |
//! | `whitespace` | blanks of any kind, runs of them, more than one empty line | one blank, one line end, one empty line |

mod addresses;
mod encoding;
mod entities;
mod html;
mod report;
mod surface;

use std::borrow::Cow;
use std::ops::Range;
use std::str::FromStr;

use gyeol_base::Fault;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

pub use report::{CleaningReport, RuleReport, Sample};

/// A named rule of cleaning; see the [table](self).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Rule {
    EncodingRepair,
    Html,
    Entities,
    Controls,
    Urls,
    Emails,
    Mentions,
    Hashtags,
    Emoji,
    Numbers,
    Repeats,
    Whitespace,
}

/// All rules with their names, in the order in which they work.
pub const RULES: &[(&str, Rule)] = &[
    ("encoding-repair", Rule::EncodingRepair),
    ("html", Rule::Html),
    ("entities", Rule::Entities),
    ("controls", Rule::Controls),
    ("urls", Rule::Urls),
    ("emails", Rule::Emails),
    ("mentions", Rule::Mentions),
    ("hashtags", Rule::Hashtags),
    ("emoji", Rule::Emoji),
    ("numbers", Rule::Numbers),
    ("repeats", Rule::Repeats),
    ("whitespace", Rule::Whitespace),
];

impl Rule {
    /// The rule's name.
    pub fn name(self) -> &'static str {
        RULES.iter().find(|(_, rule)| *rule == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for Rule {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        RULES.iter().find(|(n, _)| *n == name).map(|(_, rule)| *rule).ok_or_else(|| {
            let names: Vec<&str> = RULES.iter().map(|(n, _)| *n).collect();
            let shown = gyeol_base::shorten(name, 40);
            Error::option(
                Fault::new("unknown-rule", format!("no rule of cleaning is called '{shown}'"))
                    .cause("a slip of the pen, or a rule of another version")
                    .next(format!("use some of {}", names.join(", "))),
            )
        })
    }
}

/// How many of a run of one character the rule `repeats` keeps; shorter runs stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keep {
    /// Letters and syllables: `soooo` is `soo`.
    pub letters: usize,
    /// Single Hangul letters: `ㅋㅋㅋㅋ` is `ㅋㅋ`.
    pub jamo: usize,
    /// `!`, `?`, `~`, `^`, `,`, `;`, `*`, `♥` and the like: `!!!!` is `!`. Dots keep three at most.
    pub marks: usize,
}

impl Default for Keep {
    fn default() -> Self {
        Keep { letters: 2, jamo: 2, marks: 1 }
    }
}

/// Some rules, in their order, with what they leave.
///
/// ```
/// use gyeol_text::clean::Cleaner;
/// let cleaner = Cleaner::named(&["whitespace", "html", "entities", "repeats"])?;
/// assert_eq!(cleaner.clean("<p>soooo   good &amp; cheap!!!!</p> a < b ㅋㅋㅋㅋ"), "soo good & cheap!\na < b ㅋㅋ");
/// # Ok::<(), gyeol_text::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cleaner {
    rules: Vec<Rule>,
    keep: Keep,
    placeholders: bool,
}

impl Cleaner {
    /// The rules given, in the order of [`RULES`]; one named twice works once.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let mut rules: Vec<Rule> = rules.into_iter().collect();
        rules.sort_unstable();
        rules.dedup();
        Cleaner { rules, keep: Keep::default(), placeholders: false }
    }

    /// The rules of these names.
    ///
    /// # Errors
    /// A name is not among [`RULES`].
    pub fn named<S: AsRef<str>>(names: &[S]) -> Result<Self> {
        Ok(Cleaner::new(names.iter().map(|n| n.as_ref().parse()).collect::<Result<Vec<Rule>>>()?))
    }

    /// Sets how much of a run stays.
    ///
    /// # Errors
    /// A count of 0, which would delete letters that stand alone.
    pub fn keep(mut self, keep: Keep) -> Result<Self> {
        if keep.letters == 0 || keep.jamo == 0 || keep.marks == 0 {
            return Err(Error::option(
                Fault::new("keep-none", "a run is to keep 0 characters")
                    .cause("a count of 0 would delete characters that do not repeat")
                    .next("keep 1 or more"),
            ));
        }
        self.keep = keep;
        Ok(self)
    }

    /// Leaves `<url>`, `<email>`, `<user>`, `<hashtag>`, `<emoji>` and `<number>` where those were.
    pub fn placeholders(mut self, on: bool) -> Self {
        self.placeholders = on;
        self
    }

    /// The rules in their order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// An empty report that keeps up to `samples` samples of each rule.
    pub fn report(&self, samples: usize) -> CleaningReport {
        CleaningReport::new(&self.rules, samples)
    }

    /// The cleaned text; the text itself where no rule found anything.
    pub fn clean<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.work(text, None)
    }

    /// [`Cleaner::clean`], counted in `report`, which [`Cleaner::report`] made.
    pub fn clean_counted<'a>(&self, text: &'a str, report: &mut CleaningReport) -> Cow<'a, str> {
        report.documents += 1;
        self.work(text, Some(report))
    }

    fn work<'a>(&self, text: &'a str, mut report: Option<&mut CleaningReport>) -> Cow<'a, str> {
        let mut current = Cow::Borrowed(text);
        let mut edits = Vec::new();
        for &rule in &self.rules {
            edits.clear();
            self.find(rule, &current, &mut edits);
            if edits.is_empty() {
                continue;
            }
            if let Some(report) = report.as_deref_mut() {
                report.note(rule, &current, &edits);
            }
            current = Cow::Owned(apply(&current, &edits));
        }
        current
    }

    fn find(&self, rule: Rule, text: &str, edits: &mut Vec<Edit>) {
        let placeholder = |name: &'static str| if self.placeholders { name } else { "" };
        match rule {
            Rule::EncodingRepair => encoding::find(text, edits),
            Rule::Html => html::find(text, edits),
            Rule::Entities => entities::find(text, edits),
            Rule::Controls => surface::controls(text, edits),
            Rule::Urls => addresses::urls(text, placeholder("<url>"), edits),
            Rule::Emails => addresses::emails(text, placeholder("<email>"), edits),
            Rule::Mentions => addresses::names(text, '@', placeholder("<user>"), edits),
            Rule::Hashtags => addresses::names(text, '#', placeholder("<hashtag>"), edits),
            Rule::Emoji => surface::emoji(text, placeholder("<emoji>"), edits),
            Rule::Numbers => surface::numbers(text, placeholder("<number>"), edits),
            Rule::Repeats => surface::repeats(text, self.keep, edits),
            Rule::Whitespace => surface::whitespace(text, edits),
        }
    }
}

/// A place that a rule found, and what it leaves there. Places of one rule lie in order and do not overlap.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    place: Range<usize>,
    with: Cow<'static, str>,
}

impl Edit {
    fn new(place: Range<usize>, with: impl Into<Cow<'static, str>>) -> Self {
        Edit { place, with: with.into() }
    }
}

fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(&text[at..edit.place.start]);
        out.push_str(&edit.with);
        at = edit.place.end;
    }
    out.push_str(&text[at..]);
    out
}

#[cfg(test)]
mod tests;
