//! A tagger: a label for every unit of a text, by a net or by one of the baselines that a net is held against.

use gyeol_base::{Fault, Result, shorten};
use gyeol_neural::net::{LayerSummary, TagPredictor};
use gyeol_tensor::Pool;

use crate::form::{Form, Tagged};
use crate::vocabulary::Vocabulary;
use crate::window::Window;

/// Most units of a text that are read at once.
pub const MOST_UNITS: usize = 20_000;

/// How a tagger comes to its labels.
#[derive(Debug)]
pub enum TagWay {
    /// The commonest label.
    Majority(u32),
    /// The commonest label of each unit; of an unknown one the commonest of all.
    Unigram(Vec<u32>),
    /// A perceptron over a window of units.
    Window(Window),
    /// A recurrent net.
    Net(Box<TagPredictor<f32>>),
}

/// A tagger with all that it needs.
#[derive(Debug)]
pub struct Tagger {
    /// What units and labels are.
    pub form: Form,
    /// Labels by number.
    pub labels: Vec<String>,
    /// Units by number.
    pub vocabulary: Vocabulary,
    /// How it comes to its labels.
    pub way: TagWay,
}

impl Tagger {
    /// Layers of the net with their shapes; none of a baseline.
    pub fn layers(&self) -> Vec<LayerSummary> {
        match &self.way {
            TagWay::Net(net) => net.net().summary().layers,
            _ => Vec::new(),
        }
    }

    /// The label of which F1 is of interest: a blank, or the end of a sentence.
    pub fn sought(&self) -> Option<u32> {
        let sought = self.form.sought()?;
        self.labels.iter().position(|label| label == sought).map(|at| at as u32)
    }

    /// The number of a label; one past the last where it is not known.
    pub fn label(&self, name: &str) -> u32 {
        self.labels.iter().position(|label| label == name).unwrap_or(self.labels.len()) as u32
    }

    /// Units by number.
    pub(crate) fn ids(&self, units: &[String]) -> Vec<u32> {
        units.iter().map(|unit| self.vocabulary.id(&self.form.known_as(unit))).collect()
    }

    /// Labels of sequences of units, by number, each apart from the others.
    ///
    /// # Errors
    /// A sequence of more than [`MOST_UNITS`] units (`too-long`).
    pub fn tags(&self, sequences: &[&[String]], pool: &Pool) -> Result<Vec<Vec<u32>>> {
        if let Some(at) = sequences.iter().position(|units| units.len() > MOST_UNITS) {
            let begin = sequences[at][..20].concat();
            let found = format!(
                "text {} has {} units ('{}'); up to {MOST_UNITS} are read at once",
                at + 1,
                sequences[at].len(),
                shorten(&begin, 20),
            );
            return Err(Fault::new("too-long", found)
                .row(at + 1)
                .cause("a whole document in one line")
                .next("give a sentence or a paragraph a line")
                .limit());
        }
        let ids = |units: &&[String]| self.ids(units);
        Ok(match &self.way {
            TagWay::Majority(label) => sequences.iter().map(|units| vec![*label; units.len()]).collect(),
            TagWay::Unigram(of) => {
                let label = |id: u32| of.get(id as usize).copied().unwrap_or(0);
                sequences.iter().map(|units| ids(units).into_iter().map(label).collect()).collect()
            }
            TagWay::Window(window) => {
                let mut found: Vec<Vec<u32>> = vec![Vec::new(); sequences.len()];
                pool.each_mut(&mut found, |_, at, found| *found = window.tags(&ids(&sequences[at])));
                found
            }
            TagWay::Net(net) => {
                let ids: Vec<Vec<u32>> = sequences.iter().map(ids).collect();
                let all: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
                let said = net.tags(&all, pool)?;
                said.into_iter().map(|row| row.into_iter().map(|(label, _)| label).collect()).collect()
            }
        })
    }

    /// Units and labels of texts.
    ///
    /// # Errors
    /// As [`Tagger::tags`].
    pub fn tag(&self, texts: &[impl AsRef<str>], pool: &Pool) -> Result<Vec<Tagged>> {
        let units: Vec<Vec<String>> =
            texts.iter().map(|text| self.form.of_text(text.as_ref()).units).collect();
        let all: Vec<&[String]> = units.iter().map(Vec::as_slice).collect();
        let said = self.tags(&all, pool)?;
        let named =
            |row: Vec<u32>| row.into_iter().map(|label| self.labels[label as usize].clone()).collect();
        Ok(units.into_iter().zip(said).map(|(units, row)| Tagged { units, labels: named(row) }).collect())
    }
}
