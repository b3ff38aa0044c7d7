//! Sentences of English and Korean text.

pub(crate) mod abbreviations;
pub mod english;
pub mod korean;

/// Whose rules end a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rules {
    /// Those of Korean where a fifth or more of a text's letters are Hangul, else those of English.
    #[default]
    ByText,
    /// Those of [`english`].
    English,
    /// Those of [`korean`].
    Korean,
}

/// Calls `sentence` for each sentence of `text`, trimmed, in order.
///
/// ```
/// use gyeol_text::sentences::{Rules, each};
/// let mut found = Vec::new();
/// each("Dr. Kim left. 비가 왔다 바람도 불었다", Rules::ByText, &mut |s| found.push(s.to_owned()));
/// assert_eq!(found, ["Dr. Kim left.", "비가 왔다", "바람도 불었다"]);
/// ```
pub fn each(text: &str, rules: Rules, sentence: &mut dyn FnMut(&str)) {
    let is_korean = match rules {
        Rules::English => false,
        Rules::Korean => true,
        Rules::ByText => {
            let mut scripts = crate::profile::Scripts::default();
            scripts.add(text);
            scripts.hangul * 5 >= scripts.letters().max(1)
        }
    };
    if is_korean {
        korean::KoreanSentences::default().each(text, sentence);
    } else {
        english::each(text, sentence);
    }
}
