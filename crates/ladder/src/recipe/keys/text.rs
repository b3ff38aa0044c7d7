//! The keys of `[text]` that every task on texts has alike.

use super::Kind::*;
use super::Without::{Found, Value};
use super::{Key, key};

pub(super) const LANGUAGE: Key = key(
    "text",
    "language",
    Choice(&["auto", "en", "ko"]),
    Value("\"auto\""),
    "Language of the texts; `auto` looks at the first of them.",
);
pub(super) const CLEAN: Key =
    key("text", "clean", Texts, Value("[]"), "Rules of cleaning; `gyeol clean --list-rules` names them.");
pub(super) const SCHEME: Key = key(
    "text",
    "scheme",
    Text,
    Value("\"auto\""),
    "What cuts into tokens; `gyeol tokenize --schemes` names them. `whitespace` leaves texts that are cut already.",
);
pub(super) const DICTIONARY: Key =
    key("text", "dictionary", Text, Found("none"), "Folder of the dictionary that `morphemes` reads.");
pub(super) const VARIANTS: Key =
    key("text", "variants", Text, Found("none"), "Your own spellings, a line each: one, a tab, the other.");
pub(super) const STEM: Key =
    key("text", "stem", Text, Value("\"none\""), "`lemma`, or a Snowball stemmer such as `english`.");
pub(super) const STOP_WORDS: Key = key("text", "stop_words", Texts, Value("[]"), "Words that are left out.");
pub(super) const STOP_ABOVE: Key = key(
    "text",
    "stop_above",
    Real(0.000001, 0.999999),
    Found("none"),
    "Leaves out words that stand in more than this share of the training texts.",
);
