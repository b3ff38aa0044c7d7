//! How words go wrong: edits α → β counted in pairs of a wrong and a right word, and their probabilities.
//!
//! `P(β | α, place) = (c(α → β, place) + κ₁ P(β | α)) / (c(α, place) + κ₁)` and
//! `P(β | α) = (max(c(α → β) − δ, 0) + κ₂ P'(β | α)) / (c(α) + κ₂)`, where c(α) counts how often α stands in the right words
//! (Brill and Moore 2000, section 3) and P' is what the shorter edits give together: so an edit that was seen once says
//! little more than its parts, and a single unit falls back to [`FLAT`]. Constants were chosen on a held-out part of
//! Mitton's Birkbeck file.

use std::collections::HashMap;
use std::path::Path;

use gyeol_base::Fault;
use serde::{Deserialize, Serialize};

use super::channel::{ANYWHERE, Channel, Flat, MOST_WINDOW};
use super::distance;
use super::units::{Alphabet, MOST_UNITS, Unit};
use gyeol_base::{Error, Result};

/// Version of the file.
pub const ERROR_MODEL_VERSION: u32 = 1;
const FORMAT: &str = "gyeol error model";
/// The largest file that is read.
const MOST_BYTES: u64 = 512 << 20;

/// log10 of the plain edits, of a word that is wrong: one of eight units is wrong; two of five of those are another unit,
/// a quarter is missing, a quarter has a unit more beside it, a tenth is swapped with its neighbour; 30 units are
/// possible.
pub(crate) const FLAT: Flat =
    Flat { replaced: -2.778, inserted: -2.982, deleted: -1.505, swapped: -1.903, kept: -0.058 };

/// Weight of the place-free probability.
const PLACE: f64 = 4.0;
/// Weight of the shorter edits.
const SHORTER: f64 = 3.0;
/// Taken off each count.
const DISCOUNT: f64 = 0.5;

/// Counts by place: start, middle, end.
pub(crate) type Places = [u64; 3];

/// How words go wrong: P(wrong | right).
///
/// ```
/// use gyeol_ngram::correct::{ErrorModel, Learning, Pair};
/// let pairs = [("recieve", "receive"), ("beleive", "believe"), ("wierd", "weird")]
///     .map(|(wrong, right)| Pair { wrong: wrong.into(), right: right.into(), count: 1 });
/// let (model, _) = ErrorModel::learn(&pairs, &Learning::default(), &mut |_| true)?;
/// let plain = ErrorModel::flat();
/// // Having seen such errors, another one is likelier.
/// assert!(model.log10("acheive", "achieve").unwrap() > plain.log10("acheive", "achieve").unwrap());
/// // Words more than three edits apart have no probability.
/// assert_eq!(plain.log10("harbour", "achieve"), None);
/// # Ok::<(), gyeol_ngram::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ErrorModel {
    pub(crate) window: usize,
    pub(crate) pairs: u64,
    pub(crate) alphabet: Alphabet,
    pub(crate) edits: Vec<Edit>,
    pub(crate) occurrences: HashMap<Vec<Unit>, Places>,
    pub(crate) channel: Channel,
}

/// An edit with its counts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Edit {
    pub right: Vec<Unit>,
    pub wrong: Vec<Unit>,
    pub counts: Places,
}

/// The file: counts alone, from which the probabilities follow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    window: usize,
    pairs: u64,
    /// Right side, wrong side, counts at the start, in the middle, at the end.
    edits: Vec<(String, String, Places)>,
    /// How often each right side stands in the right words.
    occurrences: Vec<(String, Places)>,
}

impl ErrorModel {
    /// A model without learned edits: every replacement, insertion, deletion and swap of neighbours alike.
    ///
    /// log10 probabilities are −2.778 for a certain other letter, −2.982 for a certain letter more in a certain gap, −1.505
    /// for a missing letter, −1.903 for a swap, −0.058 for a letter left as it is.
    pub fn flat() -> Self {
        ErrorModel {
            window: 2,
            pairs: 0,
            alphabet: Alphabet::new(),
            edits: Vec::new(),
            occurrences: HashMap::new(),
            channel: Channel::new(2, FLAT, 1, 0),
        }
    }

    /// How many edits were learned.
    pub fn len(&self) -> usize {
        self.edits.len()
    }

    /// Whether none was learned.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// From how many pairs it was learned.
    pub fn pairs(&self) -> u64 {
        self.pairs
    }

    /// log10 P(`wrong` | `right`), given that the word goes wrong; `None` for equal words (case aside), for words that are
    /// more than three edits apart and for words of more than 64 letters.
    pub fn log10(&self, wrong: &str, right: &str) -> Option<f32> {
        let mut alphabet = self.alphabet.clone();
        let (wrong, right) = (alphabet.learn(wrong), alphabet.learn(right));
        match distance::within(&right, &wrong, super::MOST_DISTANCE)? {
            0 => None,
            apart => self.channel.log10(&right, &self.channel.wrong(&wrong), apart, f32::NEG_INFINITY),
        }
    }

    /// Sets the probabilities from the counts.
    pub(crate) fn compile(&mut self) {
        let sum = |places: &Places| places.iter().sum::<u64>() as f64;
        let mut channel = Channel::new(self.window, FLAT, self.alphabet.len(), self.edits.len());
        // What a unit loses to edits it does not keep.
        let mut lost = vec![0f64; self.alphabet.len()];
        for edit in &self.edits {
            if let ([right], [] | [_]) = (&edit.right[..], &edit.wrong[..]) {
                lost[usize::from(*right)] += sum(&edit.counts);
            }
        }
        for (unit, lost) in lost.iter().enumerate().skip(1) {
            let there = self.occurrences.get(&[unit as Unit][..]).map_or(0.0, sum);
            let plain = 10f64.powf(f64::from(FLAT.kept));
            let kept = ((there - lost).max(0.0) + 8.0 * plain) / (there + 8.0);
            channel.keep(unit as Unit, kept.log10() as f32);
        }
        // Shorter edits first: longer ones lean on them. They are sorted so.
        for edit in &self.edits {
            let there = self.occurrences.get(&edit.right).copied().unwrap_or_default();
            let single = edit.right.len() + edit.wrong.len() <= 2;
            let shorter = match (single, channel.edit(&edit.right, &edit.wrong)) {
                (true, Some(plain)) => plain,
                _ => channel.anywhere(&edit.right, &edit.wrong),
            };
            let shorter = 10f64.powf(f64::from(shorter));
            let anywhere =
                ((sum(&edit.counts) - DISCOUNT).max(0.0) + SHORTER * shorter) / (sum(&there) + SHORTER);
            let anywhere = anywhere.min(1.0);
            let mut log10 = [0f32; 4];
            for place in 0..3 {
                let counted = edit.counts[place] as f64;
                let p = (counted + PLACE * anywhere) / (there[place] as f64 + PLACE);
                log10[place] = p.min(1.0).log10() as f32;
            }
            log10[ANYWHERE] = anywhere.log10() as f32;
            channel.add(&edit.right, &edit.wrong, log10);
        }
        self.channel = channel;
    }

    /// The model as JSON: counts by place, from which the probabilities follow.
    pub fn to_json(&self) -> String {
        let mut occurrences: Vec<(String, Places)> =
            self.occurrences.iter().map(|(units, &counts)| (self.alphabet.text(units), counts)).collect();
        occurrences.sort();
        let text = |units: &[Unit]| self.alphabet.text(units);
        // By their text: numbers of units depend on what was seen first.
        let mut edits: Vec<(String, String, Places)> =
            self.edits.iter().map(|e| (text(&e.right), text(&e.wrong), e.counts)).collect();
        edits.sort();
        let file = File {
            format: FORMAT.into(),
            version: ERROR_MODEL_VERSION,
            window: self.window,
            pairs: self.pairs,
            edits,
            occurrences,
        };
        // Strings and numbers always have a JSON form.
        serde_json::to_string(&file).unwrap_or_default()
    }

    /// Writes [`ErrorModel::to_json`] to a file, whole or not at all.
    ///
    /// # Errors
    /// What the system says.
    pub fn save(&self, path: &Path) -> Result<()> {
        gyeol_base::write_bytes(path, self.to_json().as_bytes())
            .map_err(|e| Error::io("write", path, "check that the folder exists and has room", e))
    }

    /// Reads a model from JSON; `name` is for messages.
    ///
    /// # Errors
    /// No error model, another version, or counts that cannot be.
    pub fn from_json(json: &str, name: &str) -> Result<Self> {
        let broken = |found: String| {
            Error::input(
                Fault::new("bad-error-model", found)
                    .file(name)
                    .cause("another kind of file, or one that was altered")
                    .next("learn the error model again from its list of errors"),
            )
        };
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let head: Head =
            serde_json::from_str(json).map_err(|e| broken(format!("this is no error model: {e}")))?;
        if head.format != FORMAT {
            return Err(broken(format!("this is no error model but '{}'", head.format)));
        }
        if head.version != ERROR_MODEL_VERSION {
            return Err(Error::input(
                Fault::new(
                    "other-version",
                    format!("an error model of version {}, not {ERROR_MODEL_VERSION}", head.version),
                )
                .file(name)
                .cause("it was written by another version of the program")
                .next("learn the error model again from its list of errors"),
            ));
        }
        let file: File = serde_json::from_str(json).map_err(|e| broken(format!("it cannot be read: {e}")))?;
        if !(1..=MOST_WINDOW).contains(&file.window) {
            return Err(broken(format!("its window is {}, not 1 to {MOST_WINDOW}", file.window)));
        }
        let mut alphabet = Alphabet::new();
        let mut edits = Vec::with_capacity(file.edits.len());
        for (right, wrong, counts) in &file.edits {
            let (a, b) = (alphabet.learn(right), alphabet.learn(wrong));
            if a == b || a.len().max(b.len()) > file.window || counts.iter().any(|&c| c > 1 << 48) {
                return Err(broken(format!("the edit '{right}' to '{wrong}' cannot be")));
            }
            edits.push(Edit { right: a, wrong: b, counts: *counts });
        }
        let mut occurrences = HashMap::new();
        for (units, counts) in &file.occurrences {
            if counts.iter().any(|&c| c > 1 << 48) {
                return Err(broken(format!("'{units}' cannot stand {counts:?} times")));
            }
            occurrences.insert(alphabet.learn(units), *counts);
        }
        sort(&mut edits);
        if let Some(twice) = edits.windows(2).find(|w| w[0].right == w[1].right && w[0].wrong == w[1].wrong) {
            return Err(broken(format!(
                "the edit of '{}' stands there twice",
                alphabet.text(&twice[0].right)
            )));
        }
        let mut model = ErrorModel {
            window: file.window,
            pairs: file.pairs,
            alphabet,
            edits,
            occurrences,
            channel: Channel::new(file.window, FLAT, 1, 0),
        };
        model.compile();
        Ok(model)
    }

    /// Reads a saved model.
    ///
    /// # Errors
    /// As [`ErrorModel::from_json`], and what the system says; files of more than 512 MiB are refused.
    pub fn open(path: &Path) -> Result<Self> {
        let failed = |e| Error::io("read", path, "check the path and the permissions", e);
        let bytes = std::fs::metadata(path).map_err(failed)?.len();
        if bytes > MOST_BYTES {
            return Err(Error::limit(
                Fault::new("file-too-large", format!("{bytes} bytes, more than {MOST_BYTES}"))
                    .file(path)
                    .cause("another kind of file")
                    .next("name an error model that this program saved"),
            ));
        }
        let json = std::fs::read_to_string(path).map_err(failed)?;
        Self::from_json(&json, &path.display().to_string())
    }
}

/// Shorter edits first, then by their units: an order that depends on nothing else.
pub(crate) fn sort(edits: &mut [Edit]) {
    edits.sort_by(|a, b| {
        let len = |e: &Edit| e.right.len() + e.wrong.len();
        len(a).cmp(&len(b)).then_with(|| a.right.cmp(&b.right)).then_with(|| a.wrong.cmp(&b.wrong))
    });
}

/// Whether a word can be learned from or looked up.
pub(crate) fn fits(units: &[Unit]) -> bool {
    (1..=MOST_UNITS).contains(&units.len())
}
