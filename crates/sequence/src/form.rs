//! What units and labels of a text are, and the text that labels give back.
//!
//! | form | a unit | its label |
//! |---|---|---|
//! | `spacing` | a character of a text whose blanks were taken out | whether a blank follows |
//! | `sentence-ends` | a character, blanks too, of a text whose final marks were taken out | whether a sentence ends |
//! | `sentence-ends-by-word` | a word of such a text | the same |
//! | `tokens` | a token | its tag |

use std::borrow::Cow;

use gyeol_text::sentences::english;
use serde::{Deserialize, Serialize};

/// What units and labels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Characters, and where blanks are.
    Spacing,
    /// Characters, and where sentences end.
    SentenceEnds,
    /// Words, and where sentences end.
    SentenceEndsByWord,
    /// Tokens and their tags.
    Tokens,
}

gyeol_base::named!(
    Form, "labels",
    "spacing" => Form::Spacing, "sentence-ends" => Form::SentenceEnds,
    "sentence-ends-by-word" => Form::SentenceEndsByWord, "tokens" => Form::Tokens,
);

/// The labels of spacing: no blank follows, a blank follows.
pub const SPACING: [&str; 2] = ["joined", "blank"];
/// The labels of sentence ends: the sentence goes on, it ends here.
pub const ENDS: [&str; 2] = ["on", "end"];

/// A sequence with a label for each unit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tagged {
    /// Units.
    pub units: Vec<String>,
    /// Their labels.
    pub labels: Vec<String>,
}

/// Marks at the end of a sentence, with the quotes and brackets that close there, are taken from its end.
fn without_marks(sentence: &str) -> &str {
    let closes = |c: char| matches!(c, '"' | '\'' | '”' | '’' | ')' | ']' | '」' | '』' | '*' | '_');
    let marks = |c: char| matches!(c, '.' | '!' | '?' | '…' | '‼' | '⁇' | '⁈' | '⁉' | '。' | '！' | '？');
    let end = sentence.trim_end_matches(closes);
    let bare = end.trim_end_matches(|c: char| marks(c) || c.is_whitespace());
    // Quotes and brackets stay where no mark stood before them.
    if bare.len() == end.len() { sentence } else { bare }
}

impl Form {
    /// Whether sentence ends are what is labelled.
    pub fn ends(self) -> bool {
        matches!(self, Form::SentenceEnds | Form::SentenceEndsByWord)
    }

    /// The label of which F1 is of interest.
    pub fn sought(self) -> Option<&'static str> {
        match self {
            Form::Spacing => Some(SPACING[1]),
            Form::SentenceEnds | Form::SentenceEndsByWord => Some(ENDS[1]),
            Form::Tokens => None,
        }
    }

    /// What a unit is known as: capitals would give the beginnings of sentences away.
    pub fn known_as(self, unit: &str) -> Cow<'_, str> {
        match self.ends() && unit.chars().any(char::is_uppercase) {
            true => Cow::Owned(unit.to_lowercase()),
            false => Cow::Borrowed(unit),
        }
    }

    /// A text as units with labels: what is labelled is taken out of the text; tokens have no labels in a plain text. Sentences
    /// end by the marks and line ends of the text alone (`gyeol_text::sentences::english`, abbreviations and numbers aside); that
    /// the text's last unit ends it is not asked.
    ///
    /// ```
    /// use gyeol_sequence::Form;
    /// let one = Form::Spacing.of_text("비가 온다");
    /// assert_eq!(one.units.concat(), "비가온다");
    /// assert_eq!(one.labels, ["joined", "blank", "joined", "joined"]);
    /// let one = Form::SentenceEndsByWord.of_text("It rained. Dr. Kim stayed.");
    /// assert_eq!(one.units, ["It", "rained", "Dr.", "Kim", "stayed"]);
    /// assert_eq!(one.labels, ["on", "end", "on", "on", "on"]);
    /// assert_eq!(Form::SentenceEndsByWord.sentences(&one), ["It rained", "Dr. Kim stayed"]);
    /// ```
    pub fn of_text(self, text: &str) -> Tagged {
        let mut one = Tagged::default();
        match self {
            Form::Spacing => {
                let mut words = text.split_whitespace().peekable();
                while let Some(word) = words.next() {
                    one.units.extend(word.chars().map(String::from));
                    one.labels.resize(one.units.len(), SPACING[0].to_owned());
                    if let (Some(last), Some(_)) = (one.labels.last_mut(), words.peek()) {
                        SPACING[1].clone_into(last);
                    }
                }
            }
            Form::SentenceEnds | Form::SentenceEndsByWord => {
                for line in text.lines() {
                    english::spans(line, &mut |span| self.add(without_marks(&line[span]), &mut one));
                }
                if let Some(last) = one.labels.last_mut() {
                    ENDS[0].clone_into(last);
                }
            }
            Form::Tokens => one.units = text.split_whitespace().map(str::to_owned).collect(),
        }
        one
    }

    /// Adds a sentence.
    fn add(self, sentence: &str, one: &mut Tagged) {
        let mut words = sentence.split_whitespace().peekable();
        if words.peek().is_none() {
            return;
        }
        for word in words {
            match self {
                Form::SentenceEnds => {
                    one.units.extend((!one.units.is_empty()).then(|| " ".to_owned()));
                    one.units.extend(word.chars().map(String::from));
                }
                _ => one.units.push(word.to_owned()),
            }
        }
        one.labels.resize(one.units.len(), ENDS[0].to_owned());
        if let Some(last) = one.labels.last_mut() {
            ENDS[1].clone_into(last);
        }
    }

    /// The sentences of a sequence, by its labels; none where these are no ends.
    pub fn sentences(self, one: &Tagged) -> Vec<String> {
        if !self.ends() {
            return Vec::new();
        }
        let between = if self == Form::SentenceEnds { "" } else { " " };
        let mut all = Vec::new();
        let mut from = 0;
        for at in 1..=one.units.len() {
            if at == one.units.len() || one.labels[at - 1] == ENDS[1] {
                let sentence = one.units[from..at].join(between).trim().to_owned();
                all.extend((!sentence.is_empty()).then_some(sentence));
                from = at;
            }
        }
        all
    }

    /// The text that labels give back: with its blanks, or with a full stop behind each sentence; none of tokens.
    pub fn text(self, one: &Tagged) -> Option<String> {
        match self {
            Form::Spacing => Some(one.spaced()),
            Form::SentenceEnds | Form::SentenceEndsByWord => {
                let ended: Vec<String> =
                    self.sentences(one).into_iter().map(|sentence| sentence + ".").collect();
                Some(ended.join(" "))
            }
            Form::Tokens => None,
        }
    }

    /// A sequence without its labels, as a text.
    pub fn bare(self, one: &Tagged) -> String {
        match self {
            Form::Spacing | Form::SentenceEnds => one.units.concat(),
            Form::SentenceEndsByWord | Form::Tokens => one.units.join(" "),
        }
    }
}

impl Tagged {
    /// The text with blanks where they were said to follow.
    fn spaced(&self) -> String {
        let mut text = String::new();
        for (i, (unit, label)) in self.units.iter().zip(&self.labels).enumerate() {
            text.push_str(unit);
            if label == SPACING[1] && i + 1 < self.units.len() {
                text.push(' ');
            }
        }
        text
    }

    /// Adds another sequence, whose text came after this one: where sentence ends are labelled, this one's end is one, and of
    /// characters a blank comes between.
    pub fn append(&mut self, form: Form, next: Tagged) {
        if form.ends() && !self.units.is_empty() && !next.units.is_empty() {
            if let Some(last) = self.labels.last_mut() {
                ENDS[1].clone_into(last);
            }
            if form == Form::SentenceEnds {
                self.units.push(" ".to_owned());
                self.labels.push(ENDS[0].to_owned());
            }
        }
        self.units.extend(next.units);
        self.labels.extend(next.labels);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_are_taken_out_and_come_back() {
        for text in ["", " ", "가", "비가  온다 .", "a b c"] {
            let one = Form::Spacing.of_text(text);
            assert_eq!(one.units.len(), one.labels.len());
            assert_eq!(
                Form::Spacing.text(&one).unwrap(),
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            );
        }
        assert_eq!(Form::Tokens.of_text("the load fell").units, ["the", "load", "fell"]);
    }

    #[test]
    fn sentence_ends_are_taken_out_and_come_back() {
        let text = "비가 왔다. 3.5도였다! 정말?\n그쳤다 (오후에)";
        let ended = "비가 왔다. 3.5도였다. 정말. 그쳤다 (오후에).";
        for form in [Form::SentenceEnds, Form::SentenceEndsByWord] {
            let one = form.of_text(text);
            assert_eq!(form.bare(&one), "비가 왔다 3.5도였다 정말 그쳤다 (오후에)");
            assert_eq!((one.units.len(), form.text(&one).unwrap()), (one.labels.len(), ended.to_owned()));
            assert_eq!(form.of_text(ended), one);
            let ends = one.labels.iter().filter(|label| *label == ENDS[1]).count();
            assert_eq!((ends, form.sentences(&one).len()), (3, 4));
            // Two texts one after the other are one text of two lines.
            let mut two = form.of_text("비가 왔다. 3.5도였다");
            two.append(form, form.of_text("정말?\n그쳤다 (오후에)"));
            assert_eq!(two, one);
            for odd in ["", " ", "...", "?! \n.", "\""] {
                assert!(form.of_text(odd).units.len() <= 1, "{odd}");
            }
            assert_eq!(form.known_as("Été"), "été");
        }
        assert!(matches!(Form::Spacing.known_as("A"), Cow::Borrowed("A")));
        let said = "\"Go!\" he said. (It rained.)";
        assert_eq!(Form::SentenceEnds.bare(&Form::SentenceEnds.of_text(said)), "\"Go!\" he said (It rained");
    }
}
