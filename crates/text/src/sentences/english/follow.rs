//! What follows a mark that may end a sentence.

/// Words that begin sentences far more often than they follow an abbreviation.
const STARTERS: &[&str] = &[
    "a",
    "about",
    "after",
    "again",
    "all",
    "also",
    "although",
    "always",
    "among",
    "an",
    "and",
    "another",
    "any",
    "anyway",
    "are",
    "as",
    "at",
    "based",
    "because",
    "before",
    "besides",
    "both",
    "but",
    "by",
    "can",
    "consequently",
    "could",
    "despite",
    "did",
    "do",
    "does",
    "don't",
    "during",
    "each",
    "earlier",
    "either",
    "even",
    "every",
    "everyone",
    "everything",
    "few",
    "finally",
    "first",
    "for",
    "from",
    "further",
    "furthermore",
    "given",
    "had",
    "has",
    "have",
    "he",
    "he's",
    "hence",
    "her",
    "here",
    "his",
    "how",
    "however",
    "i",
    "i'll",
    "i'm",
    "i've",
    "if",
    "in",
    "indeed",
    "instead",
    "is",
    "it",
    "it's",
    "its",
    "just",
    "last",
    "later",
    "let",
    "like",
    "many",
    "maybe",
    "meanwhile",
    "more",
    "moreover",
    "most",
    "much",
    "my",
    "neither",
    "never",
    "nevertheless",
    "next",
    "no",
    "none",
    "nor",
    "not",
    "nothing",
    "now",
    "of",
    "often",
    "on",
    "once",
    "one",
    "only",
    "or",
    "other",
    "others",
    "our",
    "over",
    "perhaps",
    "please",
    "regardless",
    "several",
    "she",
    "she's",
    "should",
    "similarly",
    "since",
    "so",
    "some",
    "someone",
    "sometimes",
    "soon",
    "still",
    "such",
    "thank",
    "thanks",
    "that",
    "that's",
    "the",
    "their",
    "then",
    "there",
    "there's",
    "therefore",
    "these",
    "they",
    "they're",
    "this",
    "those",
    "though",
    "through",
    "thus",
    "to",
    "today",
    "together",
    "too",
    "try",
    "two",
    "under",
    "unfortunately",
    "unless",
    "until",
    "upon",
    "was",
    "we",
    "we're",
    "we've",
    "well",
    "were",
    "what",
    "what's",
    "whatever",
    "when",
    "whenever",
    "where",
    "whether",
    "which",
    "while",
    "who",
    "why",
    "will",
    "with",
    "within",
    "without",
    "would",
    "yes",
    "yet",
    "you",
    "you're",
    "your",
];

/// Abbreviations that are common words as well.
const WORDS: &[&str] = &[
    "al", "co", "col", "del", "ed", "est", "ill", "ind", "ill", "la", "mass", "max", "min", "miss", "mo",
    "org", "ore", "pa", "pop", "ps", "temp", "vet", "wash", "trans", "ret", "syn", "div", "orig",
];

/// The start of what follows, told by its first word.
pub(super) struct Follow<'a> {
    rest: &'a str,
    /// A small letter comes first.
    pub lower: bool,
    /// A digit comes first.
    pub digit: bool,
    /// An opening quote comes first.
    pub quote: bool,
    /// A mark that goes on with a sentence: `,`, `;`, `:`, a dash, a closing bracket.
    pub mark: bool,
    /// The first word begins sentences, and is written with a capital.
    pub starter: bool,
}

impl<'a> Follow<'a> {
    pub(super) fn of(rest: &'a str) -> Self {
        let word = rest.trim_start_matches(is_opener);
        let first = word.chars().next();
        let word =
            &word[..word.find(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').unwrap_or(word.len())];
        let small = word.to_lowercase().replace('’', "'");
        Follow {
            rest,
            lower: first.is_some_and(char::is_lowercase),
            digit: first.is_some_and(|c| c.is_numeric()),
            quote: rest.starts_with(['"', '“', '‘', '«']),
            mark: rest.starts_with([',', ';', ':', ')', ']', '}', '%', '=', '/'])
                && face_length(rest).is_none(),
            starter: first.is_some_and(char::is_uppercase) && STARTERS.binary_search(&small.as_str()).is_ok(),
        }
    }

    /// Bytes of the emoticon that comes first.
    pub(super) fn face(&self) -> Option<usize> {
        face_length(self.rest)
    }
}

/// Bytes of `:)`, `;-)`, `:(`, `:D`, `^^` at the start of `rest`.
fn face_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    if rest.starts_with("^^") {
        return Some(2);
    }
    if !matches!(bytes.first()?, b':' | b';' | b'=') {
        return None;
    }
    let nose = usize::from(matches!(bytes.get(1), Some(b'-' | b'\'')));
    let mouth = *bytes.get(1 + nose)?;
    let same = bytes[1 + nose..].iter().take_while(|&&b| b == mouth).count();
    matches!(mouth, b')' | b'(' | b'D' | b'P' | b'p' | b'/' | b'|' | b'O').then_some(1 + nose + same)
}

/// Brackets and quotes that may stand before the first word of a sentence.
pub(super) fn is_opener(c: char) -> bool {
    matches!(c, '(' | '[' | '{' | '"' | '\'' | '`' | '“' | '‘' | '«' | '‹' | '¿' | '¡' | '*' | '_' | '<')
}

/// Brackets and quotes that may stand behind the marks that end a sentence.
pub(super) fn is_closer(c: char) -> bool {
    matches!(c, ')' | ']' | '}' | '"' | '\'' | '”' | '’' | '»' | '›' | '」' | '』' | '）')
}

/// Bytes of a list number at the start of `text` without its dot: `1`, `12`, `a`, `B`, `iv`, `2.1`; its dot or bracket
/// counts if it is there.
pub(super) fn list_number(text: &str) -> Option<usize> {
    let body = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'.').count();
    let number = text[..body].trim_end_matches('.');
    let numeric = number.len() <= 5
        && number.split('.').all(|p| (1..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()));
    let roman =
        number.len() <= 5 && !number.is_empty() && number.bytes().all(|b| matches!(b, b'i' | b'v' | b'x'));
    let letter = number.len() == 1 && number.bytes().all(|b| b.is_ascii_alphabetic()) && number != "I";
    if !(numeric || roman || letter) {
        return None;
    }
    let mark = usize::from(text[number.len()..].starts_with(['.', ')']));
    (mark == 1 || number.len() == text.len()).then_some(number.len() + mark)
}

/// Letters with dots between them, each part of one or two: `U.S`, `p.m`, `Ph.D`.
pub(super) fn dotted(word: &str) -> bool {
    word.contains('.')
        && word.split('.').all(|p| matches!(p.len(), 1 | 2) && p.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Whether an abbreviation, as it is written, is more often the word.
pub(super) fn is_word(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_lowercase()) && WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    #[test]
    fn starters_lie_in_order() {
        let mut sorted = super::STARTERS.to_vec();
        sorted.sort_unstable();
        assert_eq!(sorted, super::STARTERS);
    }
}
