//! A translator: a net, or one of the baselines that a net is held against.

use gyeol_base::{Fault, Result, shorten};
use gyeol_neural::net::{LayerSummary, Length, Said, Search, SequencePredictor};
use gyeol_tensor::Pool;

use crate::memory::Memory;
use crate::units::Units;
use crate::vocabulary::{END, UNKNOWN, Vocabulary};

/// Most tokens of a text that a net reads at once: work and memory of attention grow with the square.
pub const MOST_TOKENS: usize = 2000;
/// Tokens that may be said beside those that the length of the source allows.
const MORE: usize = 10;

/// How a translator comes to its answer.
#[derive(Debug)]
pub enum Way {
    /// The source itself.
    Copy,
    /// The commonest target of the training part, whatever the source.
    Frequent(String),
    /// The target of the nearest training source.
    Nearest(Memory),
    /// An encoder-decoder.
    Net(Box<Net>),
}

/// A net with its tokens.
#[derive(Debug)]
pub struct Net {
    /// Tokens of the sources.
    pub source: Vocabulary,
    /// Tokens of the targets.
    pub target: Vocabulary,
    /// The net.
    pub predictor: SequencePredictor<f32>,
    /// Most tokens said a token read.
    pub ratio: f64,
}

/// A translator with all that it needs.
#[derive(Debug)]
pub struct Translator {
    /// How texts are cut, on either side.
    pub units: (Units, Units),
    /// Columns in which source and target stood at the fit.
    pub columns: (String, String),
    /// How it comes to its answer.
    pub way: Way,
}

/// How a translator is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// Beginnings that are kept; 1 is greedy.
    pub beam: usize,
    /// How they are held against each other.
    pub length: Length,
    /// Whether the weights of attention are wanted.
    pub weights: bool,
}

impl Default for Asked {
    /// Greedily, without weights.
    fn default() -> Self {
        Asked { beam: 1, length: Length::Gnmt(1.0), weights: false }
    }
}

/// What was made of a text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Translated {
    /// The translation.
    pub text: String,
    /// ln P of it and its end, of a net.
    pub log_probability: Option<f64>,
    /// False where it was cut off before it ended.
    pub ended: bool,
    /// The training source whose target it is, with the cosine; of a memory.
    pub nearest: Option<(String, f64)>,
    /// Tokens read, and said; of a net.
    pub tokens: (Vec<String>, Vec<String>),
    /// A row a token said, a weight a token read; empty without attention.
    pub weights: Vec<Vec<f32>>,
}

impl Translator {
    /// The net, where it is one.
    pub fn net(&self) -> Option<&Net> {
        match &self.way {
            Way::Net(net) => Some(net),
            _ => None,
        }
    }

    /// Layers of the net with their shapes; none of a baseline.
    pub fn layers(&self) -> Vec<LayerSummary> {
        self.net().map_or_else(Vec::new, |net| net.predictor.net().layers())
    }

    /// Translates texts, each apart from the others.
    ///
    /// # Errors
    /// A text of more than [`MOST_TOKENS`] tokens, where a net reads it (`too-long`); a beam that cannot be.
    pub fn translate(
        &self,
        texts: &[impl AsRef<str>],
        asked: &Asked,
        pool: &Pool,
    ) -> Result<Vec<Translated>> {
        let plain = |text: &str| Translated { text: text.to_owned(), ended: true, ..Translated::default() };
        let blanks = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(match &self.way {
            Way::Copy => texts.iter().map(|text| plain(&blanks(text.as_ref()))).collect(),
            Way::Frequent(said) => texts.iter().map(|_| plain(said)).collect(),
            Way::Nearest(memory) => {
                let near = memory.nearest(texts, pool)?;
                let said = near.into_iter().map(|(at, cosine)| Translated {
                    nearest: Some((memory.sources()[at].clone(), cosine)),
                    ..plain(&memory.targets()[at])
                });
                said.collect()
            }
            Way::Net(net) => self.by_net(net, texts, asked, pool)?,
        })
    }

    fn by_net(
        &self,
        net: &Net,
        texts: &[impl AsRef<str>],
        asked: &Asked,
        pool: &Pool,
    ) -> Result<Vec<Translated>> {
        let cut: Vec<Vec<String>> = texts.iter().map(|text| self.units.0.cut(text.as_ref())).collect();
        if let Some(at) = cut.iter().position(|tokens| tokens.len() > MOST_TOKENS) {
            let found = format!(
                "text {} has {} tokens ('{}'); a net reads up to {MOST_TOKENS} at once",
                at + 1,
                cut[at].len(),
                shorten(texts[at].as_ref(), 40),
            );
            return Err(Fault::new("too-long", found)
                .row(at + 1)
                .cause("a whole document in one line")
                .next("give a sentence a line")
                .limit());
        }
        let ids: Vec<Vec<u32>> =
            cut.iter().map(|tokens| net.source.ids(tokens).into_iter().chain([END]).collect()).collect();
        let attends = net.predictor.net().params().attention.is_some();
        let search = Search {
            width: asked.beam,
            length: asked.length,
            // With attention an unknown word is written as the source has it; without there is nothing to write.
            never: (!attends).then_some(UNKNOWN),
            longest: (MORE, net.ratio),
            weights: attends,
        };
        let sources: Vec<&[u32]> = ids.iter().map(Vec::as_slice).collect();
        let said = net.predictor.say(&sources, &search, pool)?;
        let of = |(tokens, said): (&Vec<String>, Vec<Said<f32>>)| match said.into_iter().next() {
            Some(best) => self.told(net, tokens, best, asked.weights),
            None => Translated::default(),
        };
        Ok(cut.iter().zip(said).map(of).collect())
    }

    fn told(&self, net: &Net, tokens: &[String], said: Said<f32>, weights: bool) -> Translated {
        let rows: Vec<&[f32]> = said.weights.chunks(tokens.len() + 1).collect();
        let word = |(t, &id): (usize, &u32)| match rows.get(t) {
            // The source's token that is looked at most, its end aside (Luong et al. 2015, "unknown word replacement").
            Some(row) if id == UNKNOWN => {
                let most = (0..tokens.len()).max_by(|&a, &b| row[a].total_cmp(&row[b]).then(b.cmp(&a)));
                most.map_or_else(String::new, |at| tokens[at].clone())
            }
            _ => net.target.token(id).to_owned(),
        };
        let words: Vec<String> = said.tokens.iter().enumerate().map(word).collect();
        let text = self.units.1.join(&words);
        let end = net.source.token(END).to_owned();
        let read = tokens.iter().cloned().chain([end.clone()]).collect();
        let spoken = words.into_iter().chain(said.ended.then_some(end)).collect();
        Translated {
            text,
            log_probability: Some(said.log_probability),
            ended: said.ended,
            nearest: None,
            tokens: (read, spoken),
            weights: if weights { rows.iter().map(|row| row.to_vec()).collect() } else { Vec::new() },
        }
    }
}
