//! Tokens by number.

use std::collections::HashMap;

use gyeol_base::{Fault, Result};

/// The number of what is not known.
pub const UNKNOWN: u32 = 0;
/// The number of what ends a source.
pub const END: u32 = 1;
/// What the first two are called.
const RESERVED: [&str; 2] = ["<unk>", "</s>"];

/// Tokens by number: 0 is unknown, 1 ends, then the others by falling frequency, ties by first appearance.
#[derive(Debug, Clone, PartialEq)]
pub struct Vocabulary {
    tokens: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Vocabulary {
    /// The tokens of texts that occur at least `min_count` times, at most `size` of them.
    pub fn fit(texts: &[Vec<String>], min_count: u64, size: Option<usize>) -> Vocabulary {
        let mut counts: HashMap<&str, (u64, usize)> = HashMap::new();
        for token in texts.iter().flatten() {
            let next = counts.len();
            counts.entry(token).or_insert((0, next)).0 += 1;
        }
        let mut order: Vec<(&str, (u64, usize))> =
            counts.into_iter().filter(|(_, (count, _))| *count >= min_count).collect();
        order.sort_unstable_by(|(_, a), (_, b)| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        order.truncate(size.unwrap_or(usize::MAX));
        let tokens = RESERVED.into_iter().chain(order.into_iter().map(|(token, _)| token));
        Vocabulary::numbered(tokens.map(str::to_owned).collect())
    }

    /// The reserved ones come by their places alone: a text that holds `</s>` has a token of that name.
    fn numbered(tokens: Vec<String>) -> Vocabulary {
        let named = tokens.iter().enumerate().skip(RESERVED.len());
        let numbers = named.map(|(id, token)| (token.clone(), id as u32)).collect();
        Vocabulary { tokens, numbers }
    }

    /// Reads [`Vocabulary::to_text`].
    ///
    /// # Errors
    /// Fewer than the reserved tokens, or a token twice.
    pub fn from_text(text: &str) -> Result<Vocabulary> {
        let made = Vocabulary::numbered(text.split('\n').map(str::to_owned).collect());
        if made.tokens.len() < RESERVED.len() || made.numbers.len() + RESERVED.len() != made.tokens.len() {
            let found = format!("{} tokens, some of them twice", made.tokens.len());
            return Err(Fault::new("broken-vocabulary", found)
                .cause("the file was cut off or altered")
                .next("fit the model again")
                .input());
        }
        Ok(made)
    }

    /// A token a line; tokens hold no line ends.
    pub fn to_text(&self) -> String {
        self.tokens.join("\n")
    }

    /// Tokens, the reserved ones with them.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether no token is known.
    pub fn is_empty(&self) -> bool {
        self.tokens.len() <= RESERVED.len()
    }

    /// The number of a token.
    pub fn id(&self, token: &str) -> u32 {
        self.numbers.get(token).copied().unwrap_or(UNKNOWN)
    }

    /// The numbers of tokens.
    pub fn ids(&self, tokens: &[String]) -> Vec<u32> {
        tokens.iter().map(|token| self.id(token)).collect()
    }

    /// The token of a number.
    pub fn token(&self, id: u32) -> &str {
        self.tokens.get(id as usize).map_or(RESERVED[0], String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_numbered_by_frequency_and_rare_ones_unknown() {
        let texts = ["b a b", "c a b d"].map(|t| t.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let v = Vocabulary::fit(&texts, 2, None);
        assert_eq!((v.len(), v.id("b"), v.id("a"), v.id("c"), v.id("</s>")), (4, 2, 3, UNKNOWN, UNKNOWN));
        assert_eq!(v.token(2), "b");
        assert_eq!(Vocabulary::from_text(&v.to_text()).unwrap(), v);
        assert_eq!(Vocabulary::fit(&texts, 1, Some(1)).len(), 3);
        assert!(Vocabulary::fit(&texts, 9, None).is_empty());
        for bad in ["<unk>", "<unk>\n</s>\na\na"] {
            assert_eq!(Vocabulary::from_text(bad).unwrap_err().code(), "broken-vocabulary");
        }
    }

    #[test]
    fn a_text_may_hold_the_names_of_the_reserved() {
        let v = Vocabulary::fit(&[vec!["</s>".to_owned(), "<unk>".to_owned()]], 1, None);
        assert_eq!((v.id("</s>"), v.id("<unk>"), v.len()), (2, 3, 4));
        assert_eq!(Vocabulary::from_text(&v.to_text()).unwrap(), v);
    }
}
