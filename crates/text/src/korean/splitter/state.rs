//! What a fitted splitter is saved as.

use serde::{Deserialize, Serialize};

use super::super::particles::particles;
use super::super::runs::{KeyMap, LONGEST_KEY, key_of, syllable_at};
use super::{Splitter, SplitterParams};
use gyeol_base::Fault;
use gyeol_base::{Error, Result};

/// The version that this code writes and reads.
pub(super) const VERSION: u32 = 1;

/// A fitted splitter as plain data, for JSON or any other format of serde.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitterState {
    /// Version of this layout.
    pub version: u32,
    /// How it was fitted.
    pub params: SplitterParams,
    /// ln P of a stem of one syllable that was never seen.
    pub unseen: f32,
    /// ln P of no particle or ending.
    pub bare: f32,
    /// Particles and endings with ln P(R).
    pub forms: Vec<(String, f32)>,
    /// Stems with ln P(L), the most probable first.
    pub stems: Vec<(String, f32)>,
    /// The most frequent eojeol, whose cut is kept ready.
    pub frequent: Vec<String>,
}

impl Splitter {
    /// The splitter that a saved state describes.
    ///
    /// # Errors
    /// [`Input`](gyeol_base::Kind::Input) when the state is of another version, names a stem that is no run of one to nine syllables,
    /// or holds a number that is not finite.
    pub fn from_state(state: SplitterState) -> Result<Self> {
        let fault = |code, found: String, cause: &str| {
            Err(Error::input(
                Fault::new(code, found).cause(cause).next("fit the splitter anew and save it again"),
            ))
        };
        if state.version != VERSION {
            return fault(
                "splitter-version",
                format!("a Korean splitter of version {}, where {VERSION} is read", state.version),
                "another release of gyeol wrote it",
            );
        }
        let all = particles();
        let mut stems = KeyMap::with_capacity_and_hasher(state.stems.len(), Default::default());
        for (word, score) in &state.stems {
            match key_of(word) {
                Some(key) if score.is_finite() && stems.insert(key, *score).is_none() => {}
                _ => {
                    return fault(
                        "splitter-stem",
                        format!("stem {word:?} with score {score}"),
                        "the file was changed: stems are one to nine Hangul syllables, each once, with finite scores",
                    );
                }
            }
        }
        // A form that the file lacks was unknown to the release that wrote it; it gets what an unseen one would.
        let rarest = state.forms.iter().map(|form| form.1).fold(f32::INFINITY, f32::min);
        let mut forms = vec![rarest.min(state.bare); all.words.len() + 1];
        for (word, score) in &state.forms {
            if !score.is_finite() {
                return fault(
                    "splitter-form",
                    format!("form {word:?} with score {score}"),
                    "the file was changed",
                );
            }
            if let Some(form) = key_of(word).and_then(|key| all.get(key)) {
                forms[usize::from(form.id)] = *score;
            }
        }
        if !state.bare.is_finite() || !state.unseen.is_finite() {
            return fault(
                "splitter-score",
                format!("scores {} and {}", state.bare, state.unseen),
                "the file was changed",
            );
        }
        *forms.last_mut().unwrap_or(&mut 0.0) = state.bare;
        let mut splitter = Splitter { state, stems, forms, known: KeyMap::default() };
        let mut known = KeyMap::with_capacity_and_hasher(splitter.state.frequent.len(), Default::default());
        for word in &splitter.state.frequent {
            let Some(key) = key_of(word) else { continue };
            let mut syllables = [0u16; LONGEST_KEY];
            let n = word.len() / 3;
            for (i, syllable) in syllables[..n].iter_mut().enumerate() {
                *syllable = syllable_at(word.as_bytes(), 3 * i);
            }
            let mut units = 0;
            let mut cut = 0;
            splitter.cut(&syllables[..n], &mut |_, stem, _| {
                units += 1;
                cut = stem;
            });
            if units == 1 {
                known.insert(key, cut as u8);
            }
        }
        known.extend(all.whole.iter().map(|&key| (key, super::super::runs::syllables_of(key) as u8)));
        splitter.known = known;
        Ok(splitter)
    }
}
