//! What a cleaning touched: counts and samples, mergeable in order.

use serde::{Deserialize, Serialize};

use super::{Edit, Rule};

/// Characters of context on either side of a sample.
const CONTEXT: usize = 20;
/// Characters that a sample shows of what was found.
const SHOWN: usize = 60;

/// What the rules of one [`Cleaner`](super::Cleaner) touched in some documents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CleaningReport {
    /// Documents looked at.
    pub documents: usize,
    /// One entry a rule, in the order in which they work.
    pub rules: Vec<RuleReport>,
    samples: usize,
}

/// What one rule touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleReport {
    /// The rule.
    pub rule: Rule,
    /// Documents in which it found something.
    pub documents: usize,
    /// Places it found.
    pub places: usize,
    /// The first ones, at most one a document.
    pub samples: Vec<Sample>,
}

/// A place before and after, with a little of what stands around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// As it was when the rule saw it.
    pub before: String,
    /// As the rule left it.
    pub after: String,
}

impl CleaningReport {
    pub(super) fn new(rules: &[Rule], samples: usize) -> Self {
        let empty = |&rule: &Rule| RuleReport { rule, documents: 0, places: 0, samples: Vec::new() };
        CleaningReport { documents: 0, rules: rules.iter().map(empty).collect(), samples }
    }

    /// Adds the report of the documents that came after these: the same as one report over all of them, so that
    /// blocks cleaned on several threads and merged in order tell what one thread would.
    ///
    /// A rule that this report does not know of is taken over as it is.
    pub fn merge(&mut self, later: CleaningReport) {
        self.documents += later.documents;
        for theirs in later.rules {
            match self.rules.iter_mut().find(|r| r.rule == theirs.rule) {
                Some(ours) => {
                    ours.documents += theirs.documents;
                    ours.places += theirs.places;
                    ours.samples.extend(theirs.samples);
                    ours.samples.truncate(self.samples);
                }
                None => self.rules.push(theirs),
            }
        }
    }

    pub(super) fn note(&mut self, rule: Rule, text: &str, edits: &[Edit]) {
        let (limit, Some(entry)) = (self.samples, self.rules.iter_mut().find(|r| r.rule == rule)) else {
            return;
        };
        entry.documents += 1;
        entry.places += edits.len();
        if let (true, Some(edit)) = (entry.samples.len() < limit, edits.first()) {
            let left = text[..edit.place.start]
                .char_indices()
                .rev()
                .take(CONTEXT)
                .last()
                .map_or(edit.place.start, |x| x.0);
            let (left, right) = (&text[left..edit.place.start], &text[edit.place.end..]);
            let right: String = right.chars().take(CONTEXT).collect();
            let cut = |s: &str| match s.char_indices().nth(SHOWN) {
                Some((i, _)) => format!("{}…", &s[..i]),
                None => s.to_owned(),
            };
            entry.samples.push(Sample {
                before: format!("{left}{}{right}", cut(&text[edit.place.clone()])),
                after: format!("{left}{}{right}", cut(&edit.with)),
            });
        }
    }
}
