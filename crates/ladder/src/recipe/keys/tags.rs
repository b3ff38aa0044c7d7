//! The keys of a recipe that labels every unit of a text.

use super::Kind::*;
use super::Without::{Found, Needed, Value};
use super::{
    BOOTSTRAP_DRAWS, Key, LANGUAGE, MANY, MARGIN, NAME, SEED, Schema, Section, TASKS, key, rung, section,
};

/// What a recipe of labels may say.
pub const SCHEMA: Schema = Schema {
    task: TASKS[5],
    doc: "A label for every character or token of a text.",
    sections: SECTIONS,
    keys: KEYS,
    rungs: RUNGS,
    operations: &[],
};

const SECTIONS: &[Section] = &[
    section("", false, "What is asked."),
    section("data", false, "The texts, and what is labelled in them."),
    section(
        "split",
        false,
        "Which texts train, which choose (validation), which judge (test); equal texts count once, the others are drawn.",
    ),
    section("score", false, "How the rungs are judged."),
    section("rung", true, "The rungs to climb, plainest first; without any, the default ladder of the task."),
];

/// The rungs for labels.
const RUNGS: &[&str] = &["majority", "unigram", "window", "rnn", "gru", "lstm", "bilstm"];
const NETS: &[&str] = &["rnn", "gru", "lstm", "bilstm"];

const KEYS: &[Key] = &[
    key("", "task", Choice(&TASKS), Value("\"tag\""), "What is learnt."),
    NAME,
    LANGUAGE,
    SEED,
    // data
    key(
        "data",
        "file",
        Text,
        Needed,
        "Texts (plain, CSV, TSV, JSON lines, HTML, Parquet, Arrow or a folder), or tagged tokens, relative to the recipe.",
    ),
    key(
        "data",
        "labels",
        Choice(&["spacing", "sentence-ends", "sentence-ends-by-word", "tokens"]),
        Value("\"spacing\""),
        "`spacing`: blanks are taken out of texts, and learnt to be put back. `sentence-ends`: final marks and line ends are taken \
         out, and learnt to be put back, character by character; `sentence-ends-by-word`: word by word; capitals count as small letters. \
         `tokens`: a line is a token, a tab and its tag (other \
         columns between are left out), an empty line ends a sequence.",
    ),
    key(
        "data",
        "column",
        Text,
        Found("found in the file"),
        "Column or key that holds the text; not for `tokens`.",
    ),
    key(
        "data",
        "format",
        Choice(&["text", "csv", "tsv", "jsonl", "html", "parquet", "arrow"]),
        Found("taken from the file's name"),
        "Kind of file; not for `tokens`.",
    ),
    key("data", "encoding", Text, Found("UTF-8"), "Encoding of the texts, such as `euc-kr`."),
    key("data", "most", Whole(3, MANY), Found("all"), "Reads so many sequences at most, the first ones."),
    key(
        "data",
        "passage",
        Whole(1, 1000),
        Value("4"),
        "Texts of the file, such as lines, that make one sequence of sentences, for sentence ends; 1 where a text holds several.",
    ),
    key(
        "data",
        "min_count",
        Whole(1, MANY),
        Value("1"),
        "Units that occur less often in the training part are unknown.",
    ),
    // split
    key("split", "train", Real(0.01, 0.98), Value("0.8"), "Share of the training part."),
    key("split", "valid", Real(0.001, 0.98), Value("0.1"), "Share of the validation part."),
    key("split", "test", Real(0.001, 0.98), Value("0.1"), "Share of the test part."),
    BOOTSTRAP_DRAWS,
    MARGIN,
    // rung
    Key {
        section: "rung",
        name: "name",
        kind: Text,
        default: Needed,
        of: &[],
        doc: "Which rung: `majority` (the commonest label), `unigram` (the commonest of each unit), `window` (an averaged \
              perceptron over five units), `rnn`, `gru`, `lstm`, or `bilstm` (read both ways), with a suffix after a colon where there \
              are two of a kind.",
    },
    rung("units", NETS, Whole(1, 8192), "Units of a layer and direction; left out, 48 or 96."),
    rung("layers", NETS, Whole(1, 16), "Layers, one on the other; left out, 1."),
    rung("embedding", NETS, Whole(1, 8192), "Numbers of a unit's embedding; left out, as many as units."),
    rung(
        "dropout",
        NETS,
        Real(0.0, 0.95),
        "Share of embeddings and outputs that is left out while it learns; left out, 0.1.",
    ),
    rung(
        "longest",
        NETS,
        Whole(1, 20_000),
        "Longer sequences are learnt from by their first units; left out, 1,000.",
    ),
    rung("batch", NETS, Whole(1, 4096), "Sequences of a step."),
    rung(
        "epochs",
        NETS,
        Whole(1, 100_000),
        "Walks over the training part; the rate rises and falls once over all of them. Left out, as many as five million units read \
         allow, 2 to 20.",
    ),
    rung(
        "learning_rate",
        NETS,
        Real(1e-7, 10.0),
        "Highest learning rate of AdamW; left out, 0.01, of an RNN 0.003.",
    ),
    rung(
        "weight_decay",
        NETS,
        Real(0.0, 10.0),
        "Share of the weights taken off a step, times the learning rate.",
    ),
    rung("clip", NETS, Real(1e-6, 1e6), "Largest norm of the gradient."),
];
