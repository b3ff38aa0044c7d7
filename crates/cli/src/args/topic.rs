//! Verbs of documents as vectors.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as Group, Subcommand};
use gyeol_neural::net::Part;
use gyeol_vectors::similarity::Measure;
use gyeol_vectors::vectorize::{Documents, Idf, Norm, Tf};

use super::{Bytes, Prepare, Reading, Texts, size};

/// Verbs of documents as vectors.
#[derive(Debug, Subcommand)]
pub enum TopicVerb {
    /// Turn texts into the rows of a document-term matrix: counts or weights, as scikit-learn has them.
    Vectorize(Box<Vectorize>),
    /// Find the documents or words nearest to a text or a word.
    Similar(Box<Similar>),
    /// Find topics in texts: latent Dirichlet allocation or latent semantic analysis.
    Topics(Box<Topics>),
    /// Part rows or texts into clusters by k-means, and say how well they are parted.
    Cluster(Box<Cluster>),
    /// See a table along its principal components, and how much of its variance each explains.
    Reduce(Box<Reduce>),
    /// Say why a classifier or a regression answers as it does, show what a recurrent net does step by step, or how machines
    /// learn.
    Explain(Box<Explain>),
}

/// Arguments of `explain`: a lesson, or a model with what it is asked.
#[derive(Debug, Group)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Explain {
    #[command(subcommand)]
    pub lesson: Option<Explained>,
    #[command(flatten)]
    pub asked: Asked,
}

/// A model and what it is asked.
#[derive(Debug, Group)]
pub struct Asked {
    /// Model file of a classifier, a regression, a recurrent net of words or of readings, a tagger or a translator; write ./svd for
    /// a file called as a lesson.
    #[arg(required = true)]
    pub model: Option<PathBuf>,
    /// Texts or rows as `predict` takes them, of which one is explained, or the readings that a forecast looks back on; - for
    /// standard input; for a model of texts also the text itself.
    #[arg(required_unless_present = "plane")]
    pub input: Option<String>,
    /// In place of an input: the so many commonest words of a net by their embeddings, on a plane [default: 200].
    #[arg(
        long,
        value_name = "N",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "200",
        value_parser = clap::value_parser!(u16).range(3..=5000),
        conflicts_with_all = ["input", "terms", "units", "layer", "gate", "select", "reach", "at"]
    )]
    pub plane: Option<u16>,
    /// Which example of the input, from 1.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub row: u64,
    /// Terms shown, the largest first; --json has all [default: 20, of forecasts 6]. Of a net of readings, its forecast's terms
    /// instead of its gates.
    #[arg(long, value_name = "N")]
    pub terms: Option<usize>,
    /// Units of a net that are shown: so many that move most, or a list such as 3,17 (one alone as 17,) [default: 8, on a page
    /// 32].
    #[arg(long, value_name = "N|LIST", value_parser = units)]
    pub units: Option<Units>,
    /// Layer of a net, from 1 [default: the last].
    #[arg(long, value_name = "N")]
    pub layer: Option<usize>,
    /// Gate or state of a net that is shown [default: cell of an LSTM and an sLSTM, else hidden].
    #[arg(long, value_name = "GATE", value_parser = PossibleValuesParser::new(Part::NAMES).try_map(|name| name.parse::<Part>()))]
    pub gate: Option<Part>,
    /// Of a corpus, the texts in which this unit of a net of words is highest and lowest, with the words around.
    #[arg(long, value_name = "UNIT", conflicts_with_all = ["units", "html", "row", "at"])]
    pub select: Option<usize>,
    /// Of a corpus, how far back a net of words hears: the gradient of its predictions at the words before, by distance.
    #[arg(long, conflicts_with_all = ["units", "layer", "gate", "select", "html", "row", "at"])]
    pub reach: bool,
    /// How many of them.
    #[arg(long, value_name = "N", default_value_t = 10, requires = "select", value_parser = clap::value_parser!(u16).range(1..))]
    pub places: u16,
    /// First row that is forecast, such as 2016-03-01T00:00; what lies before it is explained [default: after the last reading].
    #[arg(long, value_name = "STAMP")]
    pub at: Option<String>,
    /// Also write a page with a map of units and steps of a net; - for standard output instead of the table.
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
    #[command(flatten)]
    pub reading: Reading,
}

impl Asked {
    /// Whether units were named, not counted.
    pub fn names_units(&self) -> bool {
        matches!(self.units, Some(Units::These(_)))
    }

    /// An option that was given and is about nets alone.
    pub fn of_nets(&self) -> Option<&'static str> {
        let given = [
            ("--units", self.units.is_some()),
            ("--layer", self.layer.is_some()),
            ("--gate", self.gate.is_some()),
            ("--select", self.select.is_some()),
            ("--reach", self.reach),
            ("--at", self.at.is_some()),
            ("--html", self.html.is_some()),
        ];
        given.iter().find(|(_, given)| *given).map(|(name, _)| *name)
    }
}

/// Which units are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Units {
    /// So many that move most.
    Most(usize),
    /// These, from 1.
    These(Vec<usize>),
}

/// A number of units such as 8, or a list of them such as 3,17.
fn units(text: &str) -> Result<Units, String> {
    let number = |text: &str| text.trim().parse::<usize>().ok().filter(|n| *n > 0);
    if !text.contains(',') {
        return number(text)
            .map(Units::Most)
            .ok_or_else(|| "a number such as 8, or a list such as 3,17".into());
    }
    let list: Option<Vec<usize>> = text.trim_end_matches(',').split(',').map(number).collect();
    list.map(Units::These).ok_or_else(|| "units are numbered from 1, such as 3,17".into())
}

/// What can be shown.
#[derive(Debug, Subcommand)]
pub enum Explained {
    /// Take a small matrix apart: U, Σ, Vᵀ, the checks of them, and what is left of the matrix at each rank.
    Svd {
        /// CSV of numbers, with or without names of rows and columns [default: five short sentences by their words].
        file: Option<String>,
        /// Digits after the point.
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u8).range(0..=15))]
        digits: u8,
    },
    /// Fit a line: its cost surface, and the way down at a learning rate too small, right and too large.
    Regression(Lesson),
    /// Fit probabilities of two classes: the sigmoid, cross-entropy against squared error, odds, the boundary.
    Logistic(Lesson),
    /// Learn AND, OR and NAND update by update, and see XOR never learnt.
    Perceptron(Lesson),
    /// Take a step of softmax regression apart: scores, shares, one-hot targets, the gradient.
    Softmax(Lesson),
    /// Derive the shapes of a net: which matrix is multiplied with which, forward and backward.
    Shapes(Shapes),
    /// Walk a tiny net forward and backward with every number, then compare eight optimizers step by step.
    Backprop {
        #[command(flatten)]
        lesson: Lesson,
        /// Hidden units, for a table of your own.
        #[arg(long, value_name = "N", default_value_t = 2, requires = "file")]
        hidden: usize,
    },
}

/// Arguments of a lesson.
#[derive(Debug, Group)]
pub struct Lesson {
    /// A small table: columns of numbers, and the answer last [default: a built-in one].
    pub file: Option<String>,
    /// Column of the answer [default: the last].
    #[arg(long, value_name = "NAME", requires = "file")]
    pub label: Option<String>,
    /// Columns that go in, with commas between [default: all other columns of numbers].
    #[arg(long, value_name = "NAMES", value_delimiter = ',', requires = "file")]
    pub inputs: Vec<String>,
    /// Steps of descent.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub steps: u16,
    #[command(flatten)]
    pub shown: Shown,
    #[command(flatten)]
    pub reading: Reading,
}

/// How a lesson is shown.
#[derive(Debug, Group)]
pub struct Shown {
    /// Also write a page with the pictures; - for standard output instead of the tables.
    #[arg(long, value_name = "OUT")]
    pub html: Option<PathBuf>,
    /// Digits after the point.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(0..=12))]
    pub digits: u8,
}

/// Arguments of `explain shapes`.
#[derive(Debug, Group)]
pub struct Shapes {
    /// Inputs, units of each hidden layer, and outputs, with commas between.
    #[arg(long, value_name = "SIZES", value_delimiter = ',', default_value = "4,8,3")]
    pub layers: Vec<usize>,
    /// Rows of a mini-batch.
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub batch: usize,
    /// What the hidden layers are: dense, rnn, rnn-relu, gru, lstm, slstm or mingru.
    #[arg(long, value_name = "CELL", default_value = "dense", value_parser = ["dense", "rnn", "rnn-relu", "gru", "lstm", "slstm", "mingru"])]
    pub cell: String,
    /// Steps of a sequence, for a cell [default: 10].
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
    /// Rows of the training part, to count the iterations of an epoch.
    #[arg(long, value_name = "N")]
    pub rows: Option<usize>,
    #[command(flatten)]
    pub shown: Shown,
}

/// A number of clusters such as 5, or a range such as 2..10.
fn clusters(text: &str) -> Result<(usize, usize), String> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    match (least.parse(), most.trim_start_matches('=').parse()) {
        (Ok(least), Ok(most)) if 0 < least && least <= most => Ok((least, most)),
        _ => Err("k is a number such as 5, or a range such as 2..10".into()),
    }
}

/// Arguments of `cluster`.
#[derive(Debug, Group)]
pub struct Cluster {
    /// Table with columns of numbers, or texts; - for standard input.
    pub file: String,
    /// How many clusters; of a range such as 2..10 the number of the largest silhouette.
    #[arg(short, value_name = "K", value_parser = clusters)]
    pub k: (usize, usize),
    /// Where the rows go with their cluster: .csv, .parquet or .arrow; .gyeol keeps a model that `predict` and `serve` ask.
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<String>,
    /// Read it as texts, which .txt, .jsonl and .html files, folders, and tables of texts without a clock are anyway.
    #[arg(long)]
    pub text: bool,
    /// Columns that are not looked at, with commas between.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub without: Vec<String>,
    /// Leave columns in their own units; they are standardised otherwise.
    #[arg(long)]
    pub unscaled: bool,
    /// Starts of each k, of which the best counts.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub starts: u16,
    /// Rows shown of each cluster: those nearest to its centre.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub nearest: usize,
    #[command(flatten)]
    pub shown: Shown,
    #[command(flatten)]
    pub terms: Terms,
    #[command(flatten)]
    pub prepare: Prepare,
    #[command(flatten)]
    pub texts: Texts,
    #[command(flatten)]
    pub reading: Reading,
}

/// Arguments of `reduce`.
#[derive(Debug, Group)]
pub struct Reduce {
    /// Table with columns of numbers; - for standard input.
    pub file: String,
    /// How many components.
    #[arg(short, value_name = "K")]
    pub k: usize,
    /// Where the coordinates go, a row each: .csv, .parquet or .arrow; .gyeol keeps a model that `predict` and `serve` ask.
    #[arg(short, long, value_name = "OUT")]
    pub output: Option<String>,
    /// Columns that are not looked at, with commas between.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub without: Vec<String>,
    /// Leave columns in their own units; they are standardised otherwise.
    #[arg(long)]
    pub unscaled: bool,
    #[command(flatten)]
    pub shown: Shown,
    #[command(flatten)]
    pub reading: Reading,
}

/// Which terms become columns.
#[derive(Debug, Clone, Group)]
pub struct Terms {
    /// What stands in the matrix: count, binary, tfidf or bm25 [default: tfidf; count for lda].
    #[arg(long, value_name = "WEIGHT", value_parser = ["count", "binary", "tfidf", "bm25"])]
    pub weight: Option<String>,
    /// Occurrences within a document, for tfidf: raw, log, augmented or boolean [default: raw].
    #[arg(long, value_name = "FORM")]
    pub tf: Option<Tf>,
    /// Rarity over the documents, for tfidf: smooth, unsmoothed, plain, probabilistic or none [default: smooth].
    #[arg(long, value_name = "FORM")]
    pub idf: Option<Idf>,
    /// What a row is divided by, for tfidf: l2, l1 or none [default: l2].
    #[arg(long, value_name = "NORM")]
    pub norm: Option<Norm>,
    /// Terms of so many tokens, such as 1-2 for words and pairs of words.
    #[arg(long, value_name = "RANGE", default_value = "1", value_parser = range)]
    pub ngrams: (usize, usize),
    /// Least documents with the term: a number such as 5, or a share such as 0.01 [default: 1; for lda 5 from 1,000
    /// documents on].
    #[arg(long, value_name = "N")]
    pub min_df: Option<Documents>,
    /// Most documents with the term: a number, or a share such as 0.5.
    #[arg(long, value_name = "N", default_value = "1.0")]
    pub max_df: Documents,
    /// Most terms: those with the most occurrences.
    #[arg(long, value_name = "N")]
    pub max_terms: Option<usize>,
    /// Leave letters as they are; they are made small otherwise.
    #[arg(long)]
    pub keep_case: bool,
}

/// Lengths such as 2 or 1-3.
fn range(text: &str) -> Result<(usize, usize), String> {
    let (least, most) = text.split_once('-').unwrap_or((text, text));
    match (least.parse(), most.parse()) {
        (Ok(least), Ok(most)) if 0 < least && least <= most && most <= 64 => Ok((least, most)),
        _ => Err("a range is a length such as 2, or two of them such as 1-3, up to 64".into()),
    }
}

/// Arguments of `vectorize`.
#[derive(Debug, Group)]
pub struct Vectorize {
    /// Texts: a file, a folder, or - for standard input.
    pub file: String,
    /// Where the matrix goes: .npz (scipy.sparse.load_npz) or .mtx (Matrix Market).
    #[arg(short, long, value_name = "OUT")]
    pub output: PathBuf,
    /// Where terms and weights go, for documents that come later [default: OUT with .vectorizer.json].
    #[arg(long, value_name = "JSON", conflicts_with_all = ["fitted", "hash"])]
    pub model: Option<PathBuf>,
    /// Use the terms and weights of an earlier fit.
    #[arg(long, value_name = "JSON", conflicts_with_all = ["hash", "memory", "vocabulary"])]
    pub fitted: Option<PathBuf>,
    /// Take these terms as columns, in their order: a file with a term a line.
    #[arg(long, value_name = "FILE", conflicts_with = "hash")]
    pub vocabulary: Option<PathBuf>,
    /// Columns by a hash of the term instead of a vocabulary, so many.
    #[arg(long, value_name = "COLUMNS", conflicts_with = "memory")]
    pub hash: Option<usize>,
    /// Memory for counting words, such as 512M; rows go through files then. It goes with --vocabulary too.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub memory: Option<usize>,
    #[command(flatten)]
    pub terms: Terms,
    #[command(flatten)]
    pub prepare: Prepare,
    #[command(flatten)]
    pub texts: Texts,
    #[command(flatten)]
    pub bytes: Bytes,
}

/// Arguments of `similar`.
#[derive(Debug, Group)]
pub struct Similar {
    /// Texts, or a model of `gyeol topics`.
    pub file: String,
    /// A text, or with --words a word.
    pub query: String,
    /// cosine, dot, euclidean, manhattan, jaccard or weighted-jaccard.
    #[arg(long, value_name = "NAME", default_value = "cosine")]
    pub measure: Measure,
    /// How many.
    #[arg(short, value_name = "N", default_value_t = 10)]
    pub k: usize,
    /// Nearest words instead of documents.
    #[arg(long)]
    pub words: bool,
    /// A pair of words: what is to QUERY as the second is to the first?
    #[arg(long, value_names = ["A", "B"], num_args = 2, requires = "words")]
    pub analogy: Vec<String>,
    /// Words to each side that are company, for the words of texts.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub window: usize,
    /// Dimensions, for the words of texts [default: 100, or what the words give].
    #[arg(long, value_name = "N")]
    pub dimensions: Option<usize>,
    /// Texts that the model was made from, to show those that are found [default: the file of that name beside the model].
    #[arg(long, value_name = "FILE")]
    pub documents: Option<String>,
    #[command(flatten)]
    pub terms: Terms,
    #[command(flatten)]
    pub prepare: Prepare,
    #[command(flatten)]
    pub texts: Texts,
    #[command(flatten)]
    pub bytes: Bytes,
}

/// Arguments of `topics`.
#[derive(Debug, Group)]
pub struct Topics {
    /// Texts: a file, a folder, or - for standard input. With --generate or --infer a model.
    pub file: String,
    /// Where the model goes; with --infer the table of shares.
    #[arg(short, long, value_name = "MODEL", required_unless_present_any = ["generate", "infer"])]
    pub output: Option<PathBuf>,
    /// How: lda (latent Dirichlet allocation) or lsa (latent semantic analysis).
    #[arg(long, value_name = "NAME", default_value = "lda", value_parser = ["lda", "lsa"])]
    pub method: String,
    /// How many topics; several with commas between are tried on documents held out, and one is chosen [default: 20; 100
    /// for lsa].
    #[arg(short, value_name = "N", value_delimiter = ',')]
    pub k: Vec<usize>,
    /// Words shown of each.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub words: usize,
    /// How singular values are found, for lsa: randomized, or lanczos, to nearly all digits [default: randomized].
    #[arg(long, value_name = "NAME", value_parser = ["randomized", "lanczos"])]
    pub svd: Option<String>,
    #[command(flatten)]
    pub lda: Lda,
    /// Draw a document from a model: shares of topics, then a topic and a word at a time.
    #[arg(long, conflicts_with = "infer")]
    pub generate: bool,
    /// Words of the document drawn [default: the mean length of the model's documents].
    #[arg(long, value_name = "N", requires = "generate")]
    pub length: Option<usize>,
    /// Topics of the documents in this file, by a model.
    #[arg(long, value_name = "TEXTS")]
    pub infer: Option<String>,
    #[command(flatten)]
    pub terms: Terms,
    #[command(flatten)]
    pub prepare: Prepare,
    #[command(flatten)]
    pub texts: Texts,
    #[command(flatten)]
    pub bytes: Bytes,
}

/// Options of latent Dirichlet allocation.
#[derive(Debug, Clone, Group)]
pub struct Lda {
    /// How topics are found: gibbs (collapsed Gibbs sampling), batch or online (variational Bayes, as scikit-learn has it)
    /// [default: gibbs].
    #[arg(long, value_name = "NAME", value_parser = ["gibbs", "batch", "online"])]
    pub inference: Option<String>,
    /// Sweeps over all words [default: 1000; 10 passes for variational Bayes].
    #[arg(long, value_name = "N")]
    pub iterations: Option<usize>,
    /// Prior of each topic in a document [default: 0.1, or 50 / N where that is less; 1 / N for variational Bayes].
    #[arg(long, value_name = "A", allow_negative_numbers = true)]
    pub alpha: Option<f64>,
    /// Prior of each word in a topic [default: 0.01; 1 / N for variational Bayes].
    #[arg(long, value_name = "B", allow_negative_numbers = true)]
    pub beta: Option<f64>,
    /// Leave the priors as they are; alpha is learned otherwise.
    #[arg(long)]
    pub fixed_priors: bool,
    /// Learn beta too.
    #[arg(long, conflicts_with = "fixed_priors")]
    pub learn_beta: bool,
    /// States at the end, five sweeps apart, whose average is the model [default: 10].
    #[arg(long, value_name = "N")]
    pub samples: Option<usize>,
    /// Short fits from different random topics, a tenth of the sweeps each; the one that best predicts words of documents held
    /// out goes on [default: 4].
    #[arg(long, value_name = "N")]
    pub starts: Option<usize>,
    /// Share of the documents held out to see how well their words are foretold [default: 0.1 where several numbers of
    /// topics are tried, else none]. The model is fitted on all of them in the end.
    #[arg(long, value_name = "SHARE", allow_negative_numbers = true)]
    pub holdout: Option<f64>,
    /// Where the map of the topics goes, a page [default: MODEL with .html].
    #[arg(long, value_name = "PAGE")]
    pub map: Option<PathBuf>,
    /// Write no map.
    #[arg(long, conflicts_with = "map")]
    pub no_map: bool,
    /// Go on with a fit that was stopped.
    #[arg(long)]
    pub resume: bool,
}
