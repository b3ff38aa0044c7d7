//! A translator: a net, or one of the baselines that a net is held against.

use gyeol_base::{Error, Fault, Result, shorten};
use gyeol_neural::net::{Drawn, LayerSummary, Length, Said, Search, SequencePredictor};
use gyeol_tensor::{Draw, Pool, Rng};

use crate::counts::Counts;
use crate::memory::Memory;
use crate::units::Units;
use crate::vocabulary::{END, UNKNOWN, Vocabulary};

/// Most tokens of a text that a net reads at once: work and memory of attention grow with the square.
pub const MOST_TOKENS: usize = 2000;
/// Most bytes of such a text: longer ones are refused before they are cut.
const MOST_BYTES: usize = 64 * MOST_TOKENS;
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
    /// N-grams of the targets, whatever the source.
    Counts(Box<Counts>),
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
    /// Whether every source is read as an empty one: what such a net says does not hang on it.
    pub blind: bool,
}

/// A translator with all that it needs.
#[derive(Debug)]
pub struct Translator {
    /// How texts are cut, on either side.
    pub units: (Units, Units),
    /// Columns in which source and target stood at the fit.
    pub columns: (String, String),
    /// The sources, where they are classes of which each has many targets; else none.
    pub classes: Vec<String>,
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
    /// How tokens are drawn, in place of a beam; none takes the likeliest.
    pub drawn: Option<Drawn>,
    /// Most tokens that are said; none takes a multiple of the source's.
    pub most: Option<usize>,
    /// Whether the weights of attention are wanted.
    pub weights: bool,
}

fn too_long(at: usize, text: &str, has: &str) -> Error {
    let found = format!(
        "text {} has {has} ('{}'); a net reads up to {MOST_TOKENS} tokens at once",
        at + 1,
        shorten(text, 40)
    );
    Fault::new("too-long", found)
        .row(at + 1)
        .cause("a whole document in one line")
        .next("give a sentence a line")
        .limit()
}

impl Default for Asked {
    /// Greedily, without weights.
    fn default() -> Self {
        Asked { beam: 1, length: Length::Gnmt(1.0), drawn: None, most: None, weights: false }
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
    /// A text of more than [`MOST_TOKENS`] tokens, where a net reads it (`too-long`); a beam or a way to draw that cannot be;
    /// where sources are classes, one that is none of them (`no-such-class`); tokens to be drawn of what has no probabilities
    /// (`not-drawn`).
    pub fn translate(
        &self,
        texts: &[impl AsRef<str>],
        asked: &Asked,
        pool: &Pool,
    ) -> Result<Vec<Translated>> {
        let plain = |text: &str| Translated { text: text.to_owned(), ended: true, ..Translated::default() };
        let blanks = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !self.classes.is_empty() {
            let known = |text: &str| self.classes.contains(&blanks(text));
            if let Some(at) = texts.iter().position(|text| !known(text.as_ref())) {
                let found = format!("'{}' is no class of this model", shorten(texts[at].as_ref(), 40));
                let (first, more) = self.classes.split_at(self.classes.len().min(20));
                let dots = if more.is_empty() { "" } else { ", …" };
                return Err(Fault::new("no-such-class", found)
                    .row(at + 1)
                    .cause("the training part has no text of it")
                    .next(format!("give one of {}{dots}", first.join(", ")))
                    .input());
            }
        }
        if asked.drawn.is_some() && !matches!(self.way, Way::Net(_) | Way::Counts(_)) {
            return Err(Fault::new(
                "not-drawn",
                "this rung knows one answer, and has no probabilities to draw by",
            )
            .next("draw from a net or an n-gram rung of the same run, or leave --sample out")
            .input());
        }
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
            Way::Counts(counts) => self.by_counts(counts, texts.len(), asked, pool),
            Way::Net(net) => self.by_net(net, texts, asked, pool)?,
        })
    }

    fn by_counts(&self, counts: &Counts, texts: usize, asked: &Asked, pool: &Pool) -> Vec<Translated> {
        // Without draws the likeliest token, one by one: every text is the same.
        let cold = Drawn { by: Draw { temperature: 0.0, ..Draw::default() }, seed: 0, first: 0 };
        let Drawn { by, seed, first } = asked.drawn.unwrap_or(cold);
        let longest = asked.most.unwrap_or(MOST_TOKENS);
        let mut said = vec![Translated::default(); texts];
        pool.each_mut(&mut said, |_, at, said| {
            let mut rng = Rng::stream(seed, first.wrapping_add(at as u64));
            let (ids, ended, ln) = counts.sample(&by, longest, &mut rng);
            let spoken: Vec<String> = ids.iter().map(|&id| counts.target.token(id).to_owned()).collect();
            *said = Translated {
                text: self.units.1.join(&spoken),
                log_probability: Some(ln),
                ended,
                tokens: (Vec::new(), spoken),
                ..Translated::default()
            };
        });
        said
    }

    fn by_net(
        &self,
        net: &Net,
        texts: &[impl AsRef<str>],
        asked: &Asked,
        pool: &Pool,
    ) -> Result<Vec<Translated>> {
        let read = |text: &str| if net.blind { Vec::new() } else { self.units.0.cut(text) };
        // Before its tokens are made: they take many times its bytes.
        let long = |text: &&str| text.len() > MOST_BYTES && !net.blind;
        if let Some((at, text)) = texts.iter().map(AsRef::as_ref).enumerate().find(|(_, text)| long(text)) {
            let has = format!("{} bytes", text.len());
            return Err(too_long(at, text, &has));
        }
        let cut: Vec<Vec<String>> = texts.iter().map(|text| read(text.as_ref())).collect();
        if let Some(at) = cut.iter().position(|tokens| tokens.len() > MOST_TOKENS) {
            let has = format!("{} tokens", cut[at].len());
            return Err(too_long(at, texts[at].as_ref(), &has));
        }
        let ids: Vec<Vec<u32>> =
            cut.iter().map(|tokens| net.source.ids(tokens).into_iter().chain([END]).collect()).collect();
        let attends = net.predictor.net().params().attention.is_some();
        let search = Search {
            width: asked.beam,
            length: asked.length,
            // With attention an unknown word is written as the source has it; without there is nothing to write.
            never: (!attends || asked.drawn.is_some()).then_some(UNKNOWN),
            longest: asked.most.map_or((MORE, net.ratio), |most| (most, 0.0)),
            weights: attends,
            drawn: asked.drawn,
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
