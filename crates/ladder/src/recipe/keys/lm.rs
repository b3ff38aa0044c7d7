//! The keys of a recipe that learns what word comes next.

use super::Kind::*;
use super::Without::{Found, Needed, Value};
use super::{
    BOOTSTRAP_DRAWS, Key, LANGUAGE, MANY, MARGIN, NAME, SEED, Schema, Section, TASKS, key, rung, section,
    text,
};

/// What a recipe of a language model may say.
pub const SCHEMA: Schema = Schema {
    task: TASKS[1],
    doc: "The next word of a text, from the words before.",
    sections: SECTIONS,
    keys: KEYS,
    rungs: RUNGS,
    operations: &[],
};

const SECTIONS: &[Section] = &[
    section("", false, "What is asked."),
    section("data", false, "The texts: one file that is split, or a file for each part."),
    section(
        "split",
        false,
        "Which texts train, which choose (validation), which judge (test), where one file holds them all.",
    ),
    section(
        "text",
        false,
        "From text to tokens: learnt from the training part alone, and kept with every model.",
    ),
    section("vocabulary", false, "Which words are known; the others count as unknown, for every rung alike."),
    section("compare", false, "The table of orders and smoothings, on the validation part."),
    section("score", false, "How the rungs are judged."),
    section("rung", true, "The rungs to climb, plainest first; without any, the default ladder of the task."),
];

/// The rungs for language models.
const RUNGS: &[&str] = &[
    "unigram",
    "ngram",
    "cache",
    "nnlm",
    "rnn",
    "gru",
    "lstm",
    "slstm",
    "mingru",
    "neural-cache",
    "dynamic",
    "mixture",
];
const NGRAM: &[&str] = &["ngram"];
const NETS: &[&str] = &["nnlm", "rnn", "gru", "lstm", "slstm", "mingru"];
/// Those whose state goes on from word to word.
pub(crate) const RECURRENT: &[&str] = &["rnn", "gru", "lstm", "slstm", "mingru"];
/// Those that read with a net of another rung.
pub(crate) const READERS: &[&str] = &["neural-cache", "dynamic"];
const NEURAL_CACHE: &[&str] = &["neural-cache"];
const DYNAMIC: &[&str] = &["dynamic"];
const NNLM: &[&str] = &["nnlm"];
const CACHES: &[&str] = &["cache", "neural-cache"];

const KEYS: &[Key] = &[
    key("", "task", Choice(&TASKS), Value("\"language-model\""), "What is learnt."),
    NAME,
    LANGUAGE,
    SEED,
    // data
    key(
        "data",
        "file",
        Text,
        Found("`train`, `valid` and `test` are given"),
        "Texts that are split: plain, CSV, TSV, JSON lines, HTML, Parquet, Arrow or a folder, relative to the recipe.",
    ),
    key("data", "train", Text, Found("`file` is split"), "The texts to learn from."),
    key("data", "valid", Text, Found("`file` is split"), "The texts that choose."),
    key("data", "test", Text, Found("`file` is split"), "The texts that judge, once."),
    key(
        "data",
        "format",
        Choice(&["text", "csv", "tsv", "jsonl", "html", "parquet", "arrow"]),
        Found("taken from the file's name"),
        "Kind of file.",
    ),
    key("data", "column", Text, Found("found in the file"), "Column or key that holds the text."),
    key(
        "data",
        "document",
        Choice(&["line", "paragraph", "file"]),
        Found("a line; in a folder a file"),
        "What one text is in plain text; each is scored from its first word on.",
    ),
    key("data", "encoding", Text, Found("UTF-8"), "Encoding of the texts, such as `euc-kr`."),
    key(
        "data",
        "delimiter",
        Text,
        Found("taken from the file's name"),
        "What stands between two cells: one character, or `tab`.",
    ),
    // split
    key(
        "split",
        "by",
        Choice(&["order", "random"]),
        Value("\"order\""),
        "`order`: first texts train, last ones judge. `random`: drawn by the text itself, so that equal texts stay together.",
    ),
    key("split", "train", Real(0.01, 0.98), Value("0.8"), "Share of the training part."),
    key("split", "valid", Real(0.01, 0.98), Value("0.1"), "Share of the validation part."),
    key("split", "test", Real(0.01, 0.98), Value("0.1"), "Share of the test part."),
    // text
    text::LANGUAGE,
    key(
        "text",
        "sentences",
        Flag,
        Value("false"),
        "Whether texts are cut into sentences first, each then scored from its first word on.",
    ),
    text::CLEAN,
    text::SCHEME,
    text::DICTIONARY,
    key("text", "normalise", Texts, Value("[]"), "Steps of normalisation, such as `nfc` or `lower`."),
    text::VARIANTS,
    text::STEM,
    text::STOP_WORDS,
    text::STOP_ABOVE,
    // vocabulary
    key(
        "vocabulary",
        "size",
        Whole(1, MANY),
        Found("all words"),
        "Keeps so many of the most frequent words.",
    ),
    key("vocabulary", "min_count", Whole(1, MANY), Value("1"), "Keeps words that occur at least so often."),
    key(
        "vocabulary",
        "unknown",
        Choice(&["word", "unknown"]),
        Value("\"word\""),
        "What `<unk>` in the texts is: a word like others, as papers on WikiText count it, or an unknown one.",
    ),
    // compare
    key(
        "compare",
        "orders",
        Wholes(1, 9),
        Value("[1, 2, 3, 4, 5]"),
        "Orders of the table; an empty list leaves it out.",
    ),
    key(
        "compare",
        "smoothings",
        Texts,
        Value(
            "[\"modified-kneser-ney\", \"kneser-ney\", \"absolute-discounting\", \"witten-bell\", \"katz\", \
             \"jelinek-mercer\", \"add-k\", \"laplace\"]",
        ),
        "Smoothings of the table.",
    ),
    // score
    key(
        "score",
        "protocol",
        Choice(&["sentence", "stream"]),
        Value("\"sentence\""),
        "How lines are read, by training and by scores. `sentence`: each alone. `stream`: one after the other, for texts whose lines belong together: nets go on with what they remember, counts begin each line anew.",
    ),
    key(
        "score",
        "bootstrap_block",
        Whole(1, 1_000_000),
        Value("10"),
        "Neighbouring texts of a block when the intervals of the scores are drawn.",
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
        doc: "Which rung: `unigram`, `ngram`, `cache` (words that came before come again, a member of mixtures), `nnlm`, `rnn`, `gru`, `lstm`, `slstm` (Beck et al. 2024) or `mingru` (Feng et al. 2024), `neural-cache` or `dynamic` (a net before it that remembers states, or goes on learning, while it reads), with a suffix after a colon where there are two of a kind (`ngram:trigram`); or rungs before it joined by `+` (`ngram+lstm`), mixed by shares that the validation part tells.",
    },
    rung("order", NGRAM, Wholes(1, 9), "Longest n-gram; of several the validation part chooses."),
    rung("smoothing", NGRAM, Texts, "Smoothing; of several the validation part chooses."),
    rung(
        "prune",
        NGRAM,
        Wholes(0, MANY),
        "N-grams that occur at most so often are left out, by order from 1; the last one holds for higher orders.",
    ),
    rung(
        "entropy_prune",
        NGRAM,
        Real(1e-15, 1.0),
        "Leaves out n-grams that change the entropy of their context by less than this (Stolcke 1998).",
    ),
    rung(
        "size",
        CACHES,
        Wholes(1, 1_000_000),
        "Words before that are remembered; of several the validation part chooses. Left out, of 200, 1,000 and 5,000 for `cache`, of 100, 500 and 2,000 for `neural-cache`, which holds 65,536 at most.",
    ),
    rung(
        "net",
        READERS,
        Text,
        "The rung whose net it reads with; left out, the last recurrent one before it.",
    ),
    rung(
        "theta",
        NEURAL_CACHE,
        Reals(0.0, 100.0),
        "How much likelier words are that came in a like state (θ of Grave et al. 2017); of several the validation part chooses.",
    ),
    rung(
        "rate",
        DYNAMIC,
        Reals(0.0, 1000.0),
        "Learning rate while it reads; of several the beginning of the validation part chooses.",
    ),
    rung(
        "pull",
        DYNAMIC,
        Reals(0.0, 0.99),
        "Share of the way back to the trained weights that each step goes; of several the beginning of the validation part chooses.",
    ),
    rung(
        "window",
        DYNAMIC,
        Whole(1, 4096),
        "Words that are scored before it learns from them; 20 where it is left out.",
    ),
    rung(
        "context",
        NNLM,
        Whole(1, 64),
        "Words before that tell the next; 4 where it is left out, as a 5-gram has.",
    ),
    rung("units", NETS, Whole(1, 8192), "Units of a layer; left out, as many as the training part feeds."),
    rung("layers", NETS, Whole(1, 16), "Recurrent or hidden layers, one on the other."),
    rung("embedding", NETS, Whole(1, 8192), "Numbers of a word's embedding; left out, as many as units."),
    rung(
        "vectors",
        NETS,
        Text,
        "A file of vectors that embeddings begin with, of word2vec, GloVe (either packed by gzip too) or fastText, relative to the recipe; they are learnt on with the rest. `embedding` is then their length.",
    ),
    rung(
        "vectors_format",
        NETS,
        Choice(&["word2vec", "word2vec-binary", "glove", "fasttext"]),
        "How that file is written, where it is not told right from its contents: `word2vec` (text, fastText's `.vec` too), `word2vec-binary`, `glove`, or `fasttext` (`.bin`, which gives unknown words a vector by their character n-grams).",
    ),
    rung(
        "dropout",
        NETS,
        Real(0.0, 0.95),
        "Share of embeddings and of the layers' outputs that is left out while it learns.",
    ),
    rung(
        "locked",
        RECURRENT,
        Flag,
        "Whether what `dropout` leaves out is drawn once a window (Gal and Ghahramani 2016), which it is where this is left out, or at each word.",
    ),
    rung(
        "recurrent_dropout",
        RECURRENT,
        Real(0.0, 0.95),
        "Share of the hidden state that the recurrent product does not see while it learns, drawn once a window; none where it is left out.",
    ),
    rung(
        "word_dropout",
        RECURRENT,
        Real(0.0, 0.95),
        "Share of the words read that are read as `<unk>` while it learns; none where it is left out.",
    ),
    rung(
        "softmax",
        NETS,
        Choice(&["full", "adaptive", "sampled"]),
        "Over all words; first over the frequent ones and clusters of the others (Grave et al. 2017), which is quicker; or by words that are drawn while it learns (Bengio and Senécal 2008), of nets that carry a state, and over all words when it is asked. Left out, adaptive above 20,000 words, else full.",
    ),
    rung(
        "samples",
        RECURRENT,
        Whole(1, 1_000_000),
        "Words that are drawn for a step of a sampled softmax; 2,000 where it is left out.",
    ),
    rung(
        "tied",
        NETS,
        Flag,
        "Whether embeddings are the weights of the softmax too (Press and Wolf 2017); left out, they are where the softmax is full.",
    ),
    rung(
        "batch",
        NETS,
        Whole(1, 4096),
        "Lines that are read side by side; where they are one stream, rows that the training text is cut into; words, of `nnlm`. Left out, some 700 words a step.",
    ),
    rung(
        "steps",
        RECURRENT,
        Whole(1, 4096),
        "Words of a stream through which the gradient goes back; the state goes on beyond them. Left out, 35, of characters 100.",
    ),
    rung(
        "epochs",
        NETS,
        Whole(1, 100_000),
        "Most walks over the training part. Left out, as many as four million words of training allow, or twelve million characters, and one over as many words of more.",
    ),
    rung(
        "optimizer",
        NETS,
        Choice(&["adamw", "sgd"]),
        "How parameters move: AdamW, or plain gradient descent, which begins at a rate of 20, a quarter whenever the validation loss has not fallen, with gradients cut at 0.25.",
    ),
    rung(
        "schedule",
        NETS,
        Choice(&["one-cycle", "cosine", "constant", "plateau"]),
        "How the learning rate moves: up and down once over all epochs, down, not, or to a quarter whenever the validation loss has not fallen. Left out, one-cycle with AdamW, plateau with SGD.",
    ),
    rung(
        "average_after",
        NETS,
        Whole(1, 1000),
        "Epochs that may be worse than older ones before the average of all later steps is judged and kept (NT-ASGD, Merity et al. 2018), best with a constant rate; left out, nothing is averaged.",
    ),
    rung(
        "precision",
        NETS,
        Choice(&["auto", "f32", "bf16"]),
        "What products are rounded to while it learns; `auto`, where it is left out, takes bf16 on processors that multiply it faster. Models answer in f32.",
    ),
    rung(
        "learning_rate",
        NETS,
        Real(1e-7, 10.0),
        "Highest learning rate; left out, of AdamW 0.01 for an LSTM and an sLSTM, 0.006 for a GRU and a minGRU, 0.003 for an RNN and an NNLM of up to 128 units, less for wider ones.",
    ),
    rung(
        "weight_decay",
        NETS,
        Real(0.0, 10.0),
        "Share of the weights taken off a step, times the learning rate.",
    ),
    rung("clip", NETS, Real(1e-6, 1e6), "Largest norm of the gradient."),
];
