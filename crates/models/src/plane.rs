//! The embedding table of a net on a plane: its commonest words along the first two principal components of their vectors.

use gyeol_base::{Fault, Result};
use gyeol_bundle::Bundle;
use gyeol_learn::Pca;
use gyeol_lm::Shape;
use gyeol_neural::net::Net;
use gyeol_neural::{Layout, Slot};
use gyeol_sequence::{END, TagWay, Tagger, Translator, Vocabulary};
use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;
use serde_json::{Value, json};

use crate::language::LmModel;

/// A word of a table, by its place in the order of frequency.
#[derive(Debug, Clone, PartialEq)]
pub struct WordPoint {
    /// The word.
    pub word: String,
    /// Its place by falling frequency in the training part, from 1.
    pub rank: usize,
    /// Along the first component.
    pub x: f64,
    /// Along the second.
    pub y: f64,
}

/// A table of embeddings on a plane.
#[derive(Debug, Clone, PartialEq)]
pub struct WordsOnPlane {
    /// Which table: `embedding`, or of a translator `source` and `target`.
    pub table: String,
    /// Numbers of a vector.
    pub width: usize,
    /// Words that the table has a vector for.
    pub known: usize,
    /// Shares of the variance of the words shown that lie along either component.
    pub share: [f64; 2],
    /// The words, commonest first.
    pub words: Vec<WordPoint>,
}

impl WordsOnPlane {
    /// As an object.
    pub fn to_json(&self) -> Value {
        let short = |v: f64| (v * 1e4).round() / 1e4;
        let words = self
            .words
            .iter()
            .map(|one| json!({ "word": one.word, "rank": one.rank, "x": short(one.x), "y": short(one.y) }));
        json!({
            "table": self.table, "width": self.width, "known": self.known,
            "share": self.share.map(short), "words": words.collect::<Value>(),
        })
    }
}

/// The table of a name in the parameters of a net.
fn table<'p>(layout: &Layout, name: &str, params: &'p [f32]) -> Result<(usize, &'p [f32])> {
    let full = format!("{name}.table");
    let named = |slot: &&Slot| slot.name == full && slot.shape.len() == 2;
    let slot = layout.slots().iter().find(named);
    let slot = slot.ok_or_else(|| gyeol_base::Error::defect(format!("no table is called {name}")))?;
    Ok((slot.shape[1], slot.of(params)))
}

/// Projects the commonest `most` words, given with the rows of their vectors.
fn projected(
    name: &str,
    (width, numbers): (usize, &[f32]),
    words: &[(String, u32)],
    most: usize,
    pool: &Pool,
) -> Result<WordsOnPlane> {
    let shown = &words[..words.len().min(most)];
    if shown.len() < 3 || width < 2 {
        let found = format!("{} words with vectors of {width} numbers", shown.len());
        return Err(Fault::new("too-few-words", found)
            .cause("a plane takes three words and two numbers at least")
            .next("ask a net with more words")
            .input());
    }
    let rows = shown.iter().flat_map(|(_, row)| {
        let from = *row as usize * width;
        numbers[from..from + width].iter().map(|v| f64::from(*v))
    });
    let rows = Dense::new(shown.len(), width, rows.collect())?;
    let pca = Pca::fit(&rows, 2, pool)?;
    let places = pca.transform(&rows, pool)?;
    let second = pca.components.rows() > 1;
    let point = |(at, (word, _)): (usize, &(String, u32))| WordPoint {
        word: word.clone(),
        rank: at + 1,
        x: places.at(at, 0),
        y: if second { places.at(at, 1) } else { 0.0 },
    };
    Ok(WordsOnPlane {
        table: name.to_owned(),
        width,
        known: words.len(),
        share: [pca.variance_ratio[0], pca.variance_ratio.get(1).copied().unwrap_or(0.0)],
        words: shown.iter().enumerate().map(point).collect(),
    })
}

/// Tokens of a vocabulary with their rows; what is unknown and what ends a text are none.
fn tokens(vocabulary: &Vocabulary) -> Vec<(String, u32)> {
    (END + 1..vocabulary.len() as u32).map(|id| (vocabulary.token(id).to_owned(), id)).collect()
}

/// The tables of a model file on planes, `most` words of each.
///
/// # Errors
/// A model without a table of embeddings by word (`no-embeddings`); too few words (`too-few-words`).
pub fn words_on_plane(bundle: Bundle, most: usize, pool: &Pool) -> Result<Vec<WordsOnPlane>> {
    let (kind, rung) = (bundle.summary().kind, bundle.summary().rung);
    if bundle.is::<LmModel>() {
        let model: LmModel = bundle.open_as()?;
        if let Some((_, net)) = model.model.net_within()
            && let Shape::Recurrent(shape) = net.shape()
        {
            let made = Net::new(&shape)?;
            // Rare words share one vector, and are left out; classes are numbered by falling frequency.
            let mut words: Vec<(String, u32)> = (3..net.words().len() as u32)
                .filter(|&word| net.classes().of(word) != net.classes().of(0))
                .map(|word| (net.words().word(word).to_owned(), net.classes().of(word)))
                .collect();
            words.sort_by_key(|(_, class)| *class);
            let table = table(made.layout(), "embedding", net.parameters())?;
            return Ok(vec![projected("embedding", table, &words, most, pool)?]);
        }
    } else if bundle.is::<Tagger>() {
        let model: Tagger = bundle.open_as()?;
        if let TagWay::Net(net) = &model.way {
            let table = table(net.net().layout(), "embedding", net.params())?;
            return Ok(vec![projected("embedding", table, &tokens(&model.vocabulary), most, pool)?]);
        }
    } else if bundle.is::<Translator>() {
        let model: Translator = bundle.open_as()?;
        if let Some(net) = model.net() {
            let params = net.predictor.params();
            let layout = net.predictor.net().layout();
            let mut all = Vec::new();
            // A source of a few classes has no plane; its target has.
            for (name, vocabulary) in [("source", &net.source), ("target", &net.target)] {
                let words = tokens(vocabulary);
                if words.len() >= 3 || name == "target" {
                    all.push(projected(name, table(layout, name, params)?, &words, most, pool)?);
                }
            }
            return Ok(all);
        }
    }
    Err(Fault::new("no-embeddings", format!("a {kind} model ({rung}) has no table of a vector a word"))
        .cause("counts, machines over features and nets over readings have none; bags of hashed words know no word by name")
        .next("ask a recurrent language model, a net that translates or one that tags")
        .input())
}
