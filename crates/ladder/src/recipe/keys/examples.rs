//! The keys of recipes that learn from examples: `classify` and `regress`.

use super::Kind::{self, *};
use super::Without::{Found, Needed, Value};
use super::{
    BOOTSTRAP_DRAWS, Key, LANGUAGE, MANY, MARGIN, NAME, SEED, Schema, Section, TASKS, key, rung, section,
    text,
};

/// What a recipe of a classifier may say.
pub const CLASSIFY: Schema = Schema {
    task: TASKS[2],
    doc: "The class of a text, or of a row of a table.",
    sections: SECTIONS,
    keys: CLASSIFY_KEYS,
    rungs: CLASSIFY_RUNGS,
    operations: &[],
};

/// What a recipe of a regression may say.
pub const REGRESS: Schema = Schema {
    task: TASKS[3],
    doc: "A number for a text, or for a row of a table.",
    sections: SECTIONS,
    keys: REGRESS_KEYS,
    rungs: REGRESS_RUNGS,
    operations: &[],
};

const SECTIONS: &[Section] = &[
    section("", false, "What is asked."),
    section("data", false, "The examples: one file that is split, or a file for each part."),
    section("columns", false, "What the columns of a table are."),
    section(
        "split",
        false,
        "Which examples train, which choose (validation), which judge (test), where one file holds them all.",
    ),
    section(
        "text",
        false,
        "From text to tokens: learnt from the training part alone, and kept with every model.",
    ),
    section("score", false, "How the rungs are judged."),
    section("rung", true, "The rungs to climb, plainest first; without any, the default ladder of the task."),
];

/// The rungs for classes.
const CLASSIFY_RUNGS: &[&str] = &[
    "majority",
    "naive-bayes",
    "knn",
    "perceptron",
    "logistic",
    "svm",
    "nbsvm",
    "fasttext",
    "mlp",
    "trees",
    "rnn",
    "gru",
    "lstm",
    "slstm",
    "mingru",
    "bilstm",
    "mixture",
];
/// The rungs for numbers.
const REGRESS_RUNGS: &[&str] = &[
    "mean",
    "linear",
    "ridge",
    "lasso",
    "elastic-net",
    "knn",
    "mlp",
    "trees",
    "rnn",
    "gru",
    "lstm",
    "slstm",
    "mingru",
    "bilstm",
    "mixture",
];

const TERMS: &[&str] = &[
    "naive-bayes",
    "knn",
    "perceptron",
    "logistic",
    "svm",
    "nbsvm",
    "linear",
    "ridge",
    "lasso",
    "elastic-net",
    "fasttext",
    "mlp",
    "trees",
];

const MOST_TERMS: &[&str] = &[
    "naive-bayes",
    "knn",
    "perceptron",
    "logistic",
    "svm",
    "nbsvm",
    "linear",
    "ridge",
    "lasso",
    "elastic-net",
    "fasttext",
    "mlp",
    "trees",
    "rnn",
    "gru",
    "lstm",
    "slstm",
    "mingru",
    "bilstm",
];
const RATES: &[&str] = &["fasttext", "mlp", "trees", "rnn", "gru", "lstm", "slstm", "mingru", "bilstm"];

/// Rungs with settings that are searched.
const SEARCHED: &[&str] = &[
    "naive-bayes",
    "knn",
    "logistic",
    "svm",
    "nbsvm",
    "ridge",
    "lasso",
    "elastic-net",
    "fasttext",
    "mlp",
    "trees",
    "rnn",
    "gru",
    "lstm",
    "slstm",
    "mingru",
    "bilstm",
];
const EPOCHS: &[&str] = &["perceptron", "fasttext", "mlp", "rnn", "gru", "lstm", "slstm", "mingru", "bilstm"];
const NETS: &[&str] = &["fasttext", "mlp"];
/// Rungs that read texts unit by unit.
const SEQUENCES: &[&str] = &["rnn", "gru", "lstm", "slstm", "mingru", "bilstm"];
const FORWARD: &[&str] = &["rnn", "gru", "lstm", "slstm", "mingru"];
/// Rungs that learn in mini-batches.
const BATCHES: &[&str] = &["fasttext", "mlp", "rnn", "gru", "lstm", "slstm", "mingru", "bilstm"];

/// A key of how a rung is searched, with what holds without it.
const fn searched(name: &'static str, kind: Kind, without: &'static str, doc: &'static str) -> Key {
    Key { section: "rung", name, kind, default: Found(without), doc, of: SEARCHED }
}

macro_rules! keys {
    ($task:literal, $metrics:expr, $metric:literal, $($own:expr),* $(,)?) => {
        &[
            key("", "task", Choice(&TASKS), Value(concat!("\"", $task, "\"")), "What is learnt."),
            NAME,
            LANGUAGE,
            SEED,
            // data
            key(
                "data",
                "file",
                Text,
                Found("`train`, `valid` and `test` are given"),
                "Examples that are split: a table, or texts (CSV, TSV, JSON lines, Parquet, a folder by class), relative to the recipe.",
            ),
            key("data", "train", Text, Found("`file` is split"), "The examples to learn from."),
            key("data", "valid", Text, Found("a share of `file`, or of `train`, is taken"), "The examples that choose."),
            key("data", "test", Text, Found("`file` is split"), "The examples that judge, once."),
            key(
                "data",
                "kind",
                Choice(&["texts", "table"]),
                Found("found in the file"),
                "`texts`: one text an example. `table`: columns, with a column of texts among them where `column` names one.",
            ),
            key("data", "column", Text, Found("found in the file"), "Column or key that holds the text."),
            key("data", "label", Text, Found("found in the file"), "Column or key of what should come out."),
            key(
                "data",
                "format",
                Choice(&["text", "csv", "tsv", "jsonl", "html", "parquet", "arrow"]),
                Found("taken from the file's name"),
                "Kind of file, of texts.",
            ),
            key("data", "encoding", Text, Found("found in the file"), "Encoding, such as `euc-kr`."),
            key("data", "delimiter", Text, Found("found in the file"), "What stands between two cells: one character, or `tab`."),
            key("data", "header", Flag, Found("found in the file"), "Whether the first row names the columns."),
            key("data", "skip", Whole(0, MANY), Found("found in the file"), "Lines above the table that are no part of it."),
            key("data", "decimal_comma", Flag, Found("found in the file"), "Whether numbers have a decimal comma."),
            key("data", "date_format", Text, Found("found in the file"), "Form of dates, such as `%d.%m.%Y`."),
            // columns
            key("columns", "ignored", Texts, Value("[]"), "Columns that no rung is told: what is not known when it is asked, names, numbers of rows."),
            key("columns", "numbers", Texts, Value("[]"), "Columns read as numbers where they were taken for levels."),
            key("columns", "levels", Texts, Value("[]"), "Columns read as levels where they were taken for numbers."),
            key("columns", "most_levels", Whole(2, 10_000), Value("50"), "Levels of a column up to which each gets a column of its own; of more the most frequent do, the others share one."),
            key("columns", "rare", Whole(1, MANY), Value("2"), "Levels that the training part has fewer times share one column."),
            // split
            key(
                "split",
                "by",
                Choice(&["random", "order", "group"]),
                Value("\"random\""),
                "`random`: drawn, each class alike, texts that are nearly the same kept together. `order`: of each class the first examples train and the last judge, as time goes. `group`: drawn by `group`.",
            ),
            key("split", "group", Text, Found("needed where `by = \"group\"`"), "Column or key whose equal values stay in one part: a person, a thread, a machine."),
            key("split", "train", Real(0.01, 0.98), Value("0.7"), "Share of the training part."),
            key("split", "valid", Real(0.01, 0.98), Value("0.15"), "Share of the validation part."),
            key("split", "test", Real(0.01, 0.98), Value("0.15"), "Share of the test part."),
            key("split", "folds", Whole(0, 100), Found("5 where training and validation have fewer than 2000 examples and none come in an order"), "Folds of training and validation part together by which choices are made; 0 takes the validation part."),
            key("split", "refit", Flag, Value("true"), "Whether each rung, once its settings are chosen, is fitted once more on the training and the validation part together."),
            // text
            text::LANGUAGE,
            text::CLEAN,
            text::SCHEME,
            text::DICTIONARY,
            key("text", "normalise", Texts, Value("[\"lower\"]"), "Steps of normalisation, such as `nfc` or `lower`."),
            text::VARIANTS,
            text::STEM,
            text::STOP_WORDS,
            text::STOP_ABOVE,
            // score
            key("score", "metric", Choice($metrics), Value(concat!("\"", $metric, "\"")), "What orders the rungs; less is better."),
            key("score", "bootstrap_block", Whole(1, 1_000_000), Value("1"), "Neighbouring examples of a block when the intervals of the scores are drawn."),
            BOOTSTRAP_DRAWS,
            MARGIN,
            // rung
            $($own,)*
            rung("features", TERMS, Texts, "Terms of the texts: `word:1-2`, `char:1-5`, `char-wb:3-5`, or several with `+` between; of several the validation part chooses."),
            rung("weighing", TERMS, Choice(&["presence", "count", "tf-idf"]), "What stands for a term of a text."),
            rung("min_documents", TERMS, Whole(1, MANY), "Training texts that have a term at least."),
            rung("max_terms", MOST_TERMS, Whole(1, MANY), "Most terms, or units, the most frequent ones."),
            rung("hidden", &["mlp"], Wholes(1, 65_536), "Units of each hidden layer."),
            rung("dimension", NETS, Whole(1, 4096), "Numbers of an embedding, of texts."),
            rung("unit", SEQUENCES, Texts, "What a text is read in, one after another: `word` (tokens of the chain), `char`, or `jamo` (Hangul taken apart); of several the validation part chooses. Left out, `char` of Korean, else `word`."),
            rung("min_count", SEQUENCES, Whole(1, MANY), "Least occurrences of a unit; rarer ones are one unknown unit."),
            rung("longest", SEQUENCES, Whole(1, 4096), "Units of a text that are read, its first ones."),
            rung("embedding", SEQUENCES, Whole(1, 8192), "Numbers of a unit's embedding."),
            rung("vectors", SEQUENCES, Text, "A file of vectors that embeddings begin with, of word2vec, GloVe (either packed by gzip too) or fastText, relative to the recipe; they are learnt on with the rest. `embedding` is then their length."),
            rung("vectors_format", SEQUENCES, Choice(&["word2vec", "word2vec-binary", "glove", "fasttext"]), "How that file is written, where it is not told right from its contents: `word2vec` (text, fastText's `.vec` too), `word2vec-binary`, `glove`, or `fasttext` (`.bin`, which gives unknown words a vector by their character n-grams)."),
            rung("units", SEQUENCES, Whole(1, 8192), "Units of a recurrent layer, in each direction."),
            rung("layers", SEQUENCES, Whole(1, 16), "Recurrent layers, one on the other."),
            rung("pooling", SEQUENCES, Choice(&["last", "mean", "max", "mean-max", "attention"]), "What is read of the steps: the last one, or all of them as their mean, their largest numbers, both, or a mean with weights that are learnt."),
            rung("pretrain", FORWARD, Whole(0, 1000), "Epochs over the training texts as a language model, whose embeddings and recurrent layers it then begins with; none where it is left out."),
            rung("word_dropout", SEQUENCES, Real(0.0, 0.95), "Share of the units that are taken for the unknown one while it learns."),
            rung("learning_rate", RATES, Reals(1e-7, 100.0), "Learning rate at the beginning, of rnn, gru, lstm, slstm, mingru and bilstm the highest one; of several the validation part chooses."),
            rung("dropout", BATCHES, Real(0.0, 0.95), "Share of the hidden units, and of the terms of a text or the numbers of embeddings, that are left out while it learns."),
            rung("batch", BATCHES, Whole(1, 1_000_000), "Examples of a mini-batch."),
            rung("epochs", EPOCHS, Whole(1, 100_000), "Walks over the training part; of nets the most, the validation part chooses which is kept."),
            rung("rounds", &["trees"], Whole(1, 100_000), "Most rounds of boosting; the validation part chooses which is the last."),
            rung("leaves", &["trees"], Wholes(2, 65_536), "Most leaves of a tree; of several numbers the validation part chooses."),
            rung("min_rows", &["trees"], Whole(1, MANY), "Least training rows of a leaf."),
            rung("neighbours", &["knn"], Wholes(1, 10_000), "Neighbours that are asked; of several numbers the validation part chooses."),
            searched("search", Choice(&["grid", "random", "halving"]), "`grid`", "How the lists above are searched by the validation part. `grid`: the terms first, then the settings. `random`: `trials` of all combinations. `halving`: all combinations, or `trials` of them, on few examples; the better third goes on with three times as many, until all are used or one is left."),
            searched("trials", Whole(1, 100_000), "20 at random, all by halving", "Combinations that are drawn."),
            searched("draw_from", Choice(&["lists", "ranges"]), "`lists`", "`ranges`: numbers are drawn between the least and the largest of their list, their logarithm uniform, such as any C of `c = [0.01, 100]`."),
            searched("halving_from", Whole(30, MANY), "200, or ten a class where that is more", "Training examples of the first round of halving."),
        ]
    };
}

const C: &[&str] = &["logistic", "svm", "nbsvm"];

const CLASSIFY_KEYS: &[Key] = keys!(
    "classify",
    &["error", "balanced-error", "log-loss", "cost"],
    "error",
    Key {
        section: "score",
        name: "costs",
        kind: Texts,
        default: Found("every mistake costs the same"),
        of: &[],
        doc: "What mistakes cost, of two classes: `\"spam -> ham: 5\"` where an example of spam that is called ham costs 5; one that is not named costs 1. The label is then the one of least cost by a threshold that the validation part chooses; `metric = \"cost\"` orders the rungs by the mean cost.",
    },
    Key {
        section: "rung",
        name: "name",
        kind: Text,
        default: Needed,
        of: &[],
        doc: "Which rung: `majority`, `naive-bayes`, `knn`, `perceptron`, `logistic`, `svm`, `nbsvm`, `fasttext`, `mlp`, `trees`, or, of texts, `rnn`, `gru`, `lstm`, `slstm`, `mingru` or `bilstm`, with a suffix after a colon where there are two of a kind (`logistic:words`); or rungs before it joined by `+` (`nbsvm+fasttext`), whose answers are mixed by shares that the validation part tells.",
    },
    rung(
        "c",
        C,
        Reals(1e-9, 1e9),
        "Inverse of the penalty, as in scikit-learn; of several the validation part chooses."
    ),
    rung("l1_ratio", &["logistic"], Real(0.0, 1.0), "Share of the L1 penalty: 0 is L2, 1 is L1."),
    rung(
        "class_weight",
        C,
        Choice(&["none", "balanced"]),
        "`balanced`: each class counts alike, whatever its size."
    ),
    rung(
        "alpha",
        &["naive-bayes", "nbsvm"],
        Reals(1e-10, 1e6),
        "What is added to every count; of several the validation part chooses."
    ),
    rung(
        "log_odds",
        SEQUENCES,
        Flag,
        "Whether scores of n-grams, those of NBSVM, stand beside what is read of the units at the last layer, both learnt together; those of training texts are cross-fitted."
    ),
    rung(
        "kind",
        &["naive-bayes"],
        Texts,
        "`multinomial`, `complement`, `bernoulli` or, for a table, `gaussian`; of several the validation part chooses."
    ),
);

const REGRESS_KEYS: &[Key] = keys!(
    "regress",
    &["rmse", "mae"],
    "rmse",
    Key {
        section: "rung",
        name: "name",
        kind: Text,
        default: Needed,
        of: &[],
        doc: "Which rung: `mean`, `linear`, `ridge`, `lasso`, `elastic-net`, `knn`, `mlp`, `trees`, or, of texts, `rnn`, `gru`, `lstm`, `slstm`, `mingru` or `bilstm`, with a suffix after a colon where there are two of a kind (`ridge:strong`); or rungs before it joined by `+` (`ridge+trees`), whose answers are mixed by shares that the validation part tells.",
    },
    rung(
        "penalty",
        &["ridge", "lasso", "elastic-net"],
        Reals(0.0, 1e12),
        "Weight of the penalty, as alpha in scikit-learn; of several the validation part chooses."
    ),
    rung("l1_ratio", &["elastic-net"], Real(0.0, 1.0), "Share of the L1 penalty."),
);
