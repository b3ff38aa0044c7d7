//! The keys of a recipe that turns texts into others.

use super::Kind::*;
use super::Without::{Found, Needed, Value};
use super::{
    BOOTSTRAP_DRAWS, Key, LANGUAGE, MANY, MARGIN, NAME, SEED, Schema, Section, TASKS, key, rung, section,
};

/// What a recipe of a translation may say.
pub const SCHEMA: Schema = Schema {
    task: TASKS[4],
    doc: "A text from another one of any length.",
    sections: SECTIONS,
    keys: KEYS,
    rungs: RUNGS,
    operations: &[],
};

const SECTIONS: &[Section] = &[
    section("", false, "What is asked."),
    section("data", false, "The pairs: one file with a column for each side, or two files line by line."),
    section(
        "split",
        false,
        "Which pairs train, which choose (validation), which judge (test). Pairs that share a text on either side, \
         directly or through others, stay together, so that no text is on both sides of a split; where sources are classes, \
         pairs that share a target.",
    ),
    section("text", false, "How texts are cut into tokens."),
    section("score", false, "How the rungs are judged."),
    section("rung", true, "The rungs to climb, plainest first; without any, the default ladder of the task."),
];

/// The rungs for translations.
const RUNGS: &[&str] =
    &["copy", "frequent", "nearest", "ngram", "gru", "lstm", "gru-attention", "lstm-attention"];
const NETS: &[&str] = &["gru", "lstm", "gru-attention", "lstm-attention"];
/// Rungs with a vocabulary.
const TOKENS: &[&str] = &["ngram", "gru", "lstm", "gru-attention", "lstm-attention"];
const ATTEND: &[&str] = &["gru-attention", "lstm-attention"];
const UNITS: &[&str] = &["word", "character", "jamo"];

const KEYS: &[Key] = &[
    key("", "task", Choice(&TASKS), Value("\"translate\""), "What is learnt."),
    NAME,
    LANGUAGE,
    SEED,
    // data
    key(
        "data",
        "file",
        Text,
        Found("`sources` and `targets` are given"),
        "Pairs, a row each: CSV, TSV, JSON lines, Parquet or Arrow, relative to the recipe.",
    ),
    key(
        "data",
        "source",
        Text,
        Value("\"1\""),
        "Column of `file` that holds the source: its name, or its number where the first row names no columns.",
    ),
    key("data", "target", Text, Value("\"2\""), "Column of `file` that holds the target, alike."),
    key("data", "sources", Text, Found("`file` holds both"), "File of sources, a line each."),
    key("data", "targets", Text, Found("`file` holds both"), "File of targets, line by line as `sources`."),
    key(
        "data",
        "format",
        Choice(&["csv", "tsv", "jsonl", "parquet", "arrow"]),
        Found("taken from the file's name"),
        "Kind of `file`.",
    ),
    key(
        "data",
        "header",
        Flag,
        Found("false where the columns are numbers"),
        "Whether the first row of `file` names the columns.",
    ),
    key("data", "encoding", Text, Found("UTF-8"), "Encoding of the texts, such as `euc-kr`."),
    // split
    key(
        "split",
        "by",
        Choice(&["texts", "targets"]),
        Value("\"texts\""),
        "What holds pairs together: `texts`, a text on either side; `targets`, the target alone, for sources that are classes or \
         topics with many texts each.",
    ),
    key("split", "train", Real(0.01, 0.98), Value("0.8"), "Share of the training part."),
    key("split", "valid", Real(0.001, 0.98), Value("0.1"), "Share of the validation part."),
    key("split", "test", Real(0.001, 0.98), Value("0.1"), "Share of the test part."),
    // text
    key(
        "text",
        "source_units",
        Choice(UNITS),
        Value("\"word\""),
        "What a token of a source is: `word` (digits and marks apart), `character`, or `jamo` (Hangul by its letters).",
    ),
    key("text", "target_units", Choice(UNITS), Value("\"word\""), "What a token of a target is."),
    // score
    key(
        "score",
        "metric",
        Choice(&["chrf", "bleu", "exact", "perplexity"]),
        Value("\"chrf\""),
        "What orders the rungs: chrF2, BLEU (0 where no text has four tokens), or the share of exact matches; all three are shown. \
         `perplexity`: how well targets are expected, given their sources; nothing is translated, and the rungs are `ngram` and nets, \
         with one vocabulary.",
    ),
    key(
        "score",
        "beam",
        Whole(1, 100),
        Value("1"),
        "Beginnings that nets keep while they translate the validation and the test part; 1 is greedy.",
    ),
    key(
        "score",
        "alpha",
        Real(0.0, 5.0),
        Value("1.0"),
        "How a beam holds lengths against each other: ln P / ((5 + length) / 6)^alpha (Wu et al. 2016); 0 takes the sum.",
    ),
    key(
        "score",
        "samples",
        Whole(0, 100_000),
        Value("500"),
        "With `perplexity`, where sources are classes: texts drawn from each rung, which a naive Bayes of the training texts reads; \
         the share that it gives the class asked for is shown.",
    ),
    BOOTSTRAP_DRAWS,
    MARGIN,
    // rung
    Key {
        section: "rung",
        name: "name",
        kind: Text,
        default: Needed,
        of: &[],
        doc: "Which rung: `copy` (the source), `frequent` (the commonest target), `nearest` (the target of the most similar \
              training source), `ngram` (of the targets, whatever the source; with `perplexity`), `gru` or `lstm` (encoder and decoder), `gru-attention` or `lstm-attention` (with a look at \
              the whole source, which is read both ways), with a suffix after a colon where there are two of a kind.",
    },
    rung("order", &["ngram"], Whole(1, 9), "Longest n-gram; left out, 5."),
    rung(
        "blind",
        NETS,
        Flag,
        "Whether every source is read as an empty one, so that the next net shows what sources are worth; left out, false.",
    ),
    rung("units", NETS, Whole(1, 8192), "Units of a layer; left out, as many as the training part feeds."),
    rung("layers", NETS, Whole(1, 16), "Layers of encoder and decoder, one on the other; left out, 1."),
    rung(
        "embedding",
        NETS,
        Whole(1, 8192),
        "Numbers of a token's embedding; left out, half as many as units.",
    ),
    rung(
        "dropout",
        NETS,
        Real(0.0, 0.95),
        "Share of the outputs between layers that is left out while it learns.",
    ),
    rung(
        "attention",
        ATTEND,
        Choice(&["general", "dot"]),
        "How a step is held against the source's: by a learnt matrix, or as it is (Luong et al. 2015); left out, `general`.",
    ),
    rung(
        "bidirectional",
        NETS,
        Flag,
        "Whether sources are read from their end too, by half of the units; left out, with attention.",
    ),
    rung(
        "min_count",
        TOKENS,
        Whole(1, MANY),
        "Tokens that occur less often in the training part count as unknown; left out, 2 for words of many pairs, else 1.",
    ),
    rung("vocabulary", TOKENS, Whole(1, MANY), "Most tokens known of either side; left out, all."),
    rung(
        "longest",
        TOKENS,
        Whole(1, 2000),
        "Pairs of which a side has more tokens are not learnt from; left out, 60 words or 200 characters.",
    ),
    rung("batch", NETS, Whole(1, 4096), "Pairs of a step."),
    rung(
        "epochs",
        NETS,
        Whole(1, 100_000),
        "Walks over the training part; the rate rises and falls once over all of them. Left out, as many as 400,000 pairs \
         read allow, 3 to 30.",
    ),
    rung("learning_rate", NETS, Real(1e-7, 10.0), "Highest learning rate of AdamW; left out, 0.005."),
    rung(
        "weight_decay",
        NETS,
        Real(0.0, 10.0),
        "Share of the weights taken off a step, times the learning rate.",
    ),
    rung("clip", NETS, Real(1e-6, 1e6), "Largest norm of the gradient."),
];
