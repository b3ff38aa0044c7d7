//! Verbs between raw text and integers.

use std::path::PathBuf;

use clap::{Args as Group, Subcommand};

/// Which documents are in a file, where that is not to be found out.
#[derive(Debug, Clone, Group)]
pub struct Texts {
    /// Column or key that holds the text.
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,
    /// Column or key that holds the label.
    #[arg(long, value_name = "NAME")]
    pub label: Option<String>,
    /// Kind of file: text, csv, tsv, jsonl, html, parquet or arrow [default: by the name].
    #[arg(long, value_name = "KIND")]
    pub format: Option<String>,
    /// What a document of plain text is: line, paragraph or file [default: line, in a folder file].
    #[arg(long, value_name = "UNIT")]
    pub document: Option<String>,
    /// Whether quotes wrap cells: on or off [default: on in CSV, off in TSV].
    #[arg(long, value_name = "ON", value_parser = ["on", "off"])]
    pub quotes: Option<String>,
    /// Bytes that are no text: refuse them, or replace them by U+FFFD.
    #[arg(long, value_name = "HOW", default_value = "refuse", hide_default_value = true)]
    pub invalid: String,
    /// Leave out and count rows that cannot be used (no text, no label where one is needed, broken rows).
    #[arg(long)]
    pub skip_bad: bool,
    /// Largest document, such as 64M.
    #[arg(long, value_name = "SIZE", default_value = "256M", value_parser = super::size)]
    pub max_document: usize,
}

impl Default for Texts {
    fn default() -> Self {
        Texts {
            column: None,
            label: None,
            format: None,
            document: None,
            quotes: None,
            invalid: "refuse".into(),
            skip_bad: false,
            max_document: 256 << 20,
        }
    }
}

/// How bytes are read.
#[derive(Debug, Clone, Default, Group)]
pub struct Bytes {
    /// Character between cells; "tab" for a tabulator.
    #[arg(long, value_name = "C")]
    pub delimiter: Option<String>,
    /// Encoding of the text, such as utf-8 or euc-kr.
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,
    /// The first row of a table is a row like the others, and names no columns [default: by its cells].
    #[arg(long)]
    pub no_header: bool,
    /// The first row of a table names the columns.
    #[arg(long, conflicts_with = "no_header")]
    pub header: bool,
}

impl Bytes {
    /// Whether the first row names the columns, where that was said.
    pub fn named(&self) -> Option<bool> {
        (self.header || self.no_header).then_some(self.header)
    }
}

/// How texts become tokens.
#[derive(Debug, Clone, Default, Group)]
pub struct Prepare {
    /// Language: en, ko, or auto, which looks at the text.
    #[arg(long, value_name = "LANG", default_value = "auto", hide_default_value = true, value_parser = ["auto", "en", "ko"])]
    pub lang: String,
    /// Scheme of words; `gyeol tokenize --schemes` lists them [default: by the language].
    #[arg(long, value_name = "NAME")]
    pub scheme: Option<String>,
    /// Rules of cleaning, with commas between; `gyeol clean --list-rules` lists them.
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub clean: Vec<String>,
    /// Folder of a MeCab dictionary, for the schemes morphemes and morphemes-content.
    #[arg(long, value_name = "DIR")]
    pub dictionary: Option<String>,
    /// Steps of normalisation, with commas between: nfc, nfkc, narrow, accents, contractions, american, lower …
    #[arg(long, value_name = "STEPS", value_delimiter = ',')]
    pub normalise: Vec<String>,
    /// Make letters small: short for --normalise lower.
    #[arg(long)]
    pub lower: bool,
    /// Table of spellings of your own: what is found, a tab, what is written for it.
    #[arg(long, value_name = "FILE")]
    pub variants: Option<PathBuf>,
    /// Words to leave out: english, korean, korean-stems, a file with a word a line, or above:SHARE of the texts; with commas between.
    #[arg(long, value_name = "LISTS", value_delimiter = ',')]
    pub stop_words: Vec<String>,
    /// Take the stem of each word (english, porter, german …), or its English dictionary form (lemma).
    #[arg(long, value_name = "NAME")]
    pub stem: Option<String>,
    /// Prepare as the texts of this vocabulary were, with all that was learned from them.
    #[arg(long, value_name = "VOCAB", conflicts_with_all = ["scheme", "lower", "clean", "dictionary", "normalise", "variants", "stem", "stop_words"])]
    pub like: Option<PathBuf>,
}

/// Verbs of text.
#[derive(Debug, Subcommand)]
pub enum TextVerb {
    /// Cut texts into words, sentences, characters or sub-words: a line a text, tokens between spaces.
    Tokenize {
        /// Texts: a file, a folder, or - for standard input.
        #[arg(required_unless_present = "schemes")]
        file: Option<String>,
        /// What is cut out: word, sentence, char or subword.
        #[arg(long, value_name = "UNIT", default_value = "word", value_parser = ["word", "sentence", "char", "subword"])]
        unit: String,
        /// List the schemes of words.
        #[arg(long)]
        schemes: bool,
        #[command(flatten)]
        prepare: Prepare,
        #[command(flatten)]
        texts: Texts,
        #[command(flatten)]
        bytes: Bytes,
    },
    /// Number the words of texts by falling frequency; 0 is padding, 1 the unknown word.
    Vocab {
        /// Texts: a file, a folder, or - for standard input.
        file: String,
        /// Where the vocabulary goes, as JSON; - for standard output.
        #[arg(short, long, value_name = "VOCAB")]
        output: String,
        /// Most words.
        #[arg(long, value_name = "N")]
        size: Option<usize>,
        /// Least occurrences.
        #[arg(long, value_name = "N", default_value_t = 1)]
        min_count: u64,
        /// Memory for counting, such as 2G; what is more goes through files.
        #[arg(long, value_name = "SIZE", value_parser = super::size)]
        memory: Option<usize>,
        /// Write the JSON of a Keras Tokenizer instead.
        #[arg(long)]
        keras: bool,
        /// Learn sub-words (bpe, unigram or wordpiece) and write a tokenizer.json instead; --size is 16000 then.
        #[arg(long, value_name = "KIND", value_parser = ["bpe", "unigram", "wordpiece"], conflicts_with_all = ["keras", "memory"])]
        subword: Option<String>,
        #[command(flatten)]
        prepare: Prepare,
        #[command(flatten)]
        texts: Texts,
        #[command(flatten)]
        bytes: Bytes,
    },
    /// Turn texts into the ids of a vocabulary, prepared as the vocabulary was.
    Encode {
        /// Texts: a file, a folder, or - for standard input.
        file: String,
        /// Vocabulary: of `gyeol vocab`, or the JSON of a Keras Tokenizer.
        #[arg(long, value_name = "VOCAB")]
        vocab: PathBuf,
        /// Fill rows up to one length, at their begin (pre) or end (post); JSON lines then hold a mask.
        #[arg(long, value_name = "SIDE", value_parser = ["pre", "post"])]
        pad: Option<String>,
        /// Cut longer rows at their begin (pre) or end (post).
        #[arg(long, value_name = "SIDE", default_value = "pre", value_parser = ["pre", "post"])]
        truncate: String,
        /// Length of padded rows, and most ids of others [default: the longest row].
        #[arg(long, value_name = "N")]
        max_len: Option<usize>,
        /// Rows of zeros with a one in place of ids.
        #[arg(long)]
        one_hot: bool,
        /// Lines of ids (or of {"ids":[…]}) back to tokens.
        #[arg(long, conflicts_with_all = ["pad", "max_len", "one_hot"])]
        decode: bool,
        #[command(flatten)]
        texts: Texts,
        #[command(flatten)]
        bytes: Bytes,
    },
    /// Part labelled texts into train, valid and test, repeats kept together, classes in their shares.
    Split {
        /// Texts: a file or a folder.
        file: String,
        /// Folder for train.jsonl, valid.jsonl and test.jsonl.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Share of the validation part.
        #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
        valid: f64,
        /// Share of the test part.
        #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
        test: f64,
        /// Let classes fall as they may.
        #[arg(long)]
        no_stratify: bool,
        #[command(flatten)]
        texts: Texts,
        #[command(flatten)]
        bytes: Bytes,
    },
}
