//! A line as tokens, and a token as runs of letters and of what stands between them.

/// How the letters of a word are cased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    /// As the dictionary has it: no capital, a single letter, or some mixture.
    Plain,
    /// The first letter is a capital.
    Initial,
    /// All of two or more letters are capitals.
    Upper,
}

impl Case {
    pub fn of(word: &str) -> Self {
        let mut chars = word.chars();
        if !chars.next().is_some_and(char::is_uppercase) {
            return Case::Plain;
        }
        let rest = chars.as_str();
        if !rest.chars().any(char::is_uppercase) {
            Case::Initial
        } else if rest.chars().any(char::is_lowercase) {
            Case::Plain
        } else {
            Case::Upper
        }
    }

    /// A word in this case; words that are plain stay as they are.
    pub fn apply(self, word: &str) -> String {
        match self {
            Case::Plain => word.to_owned(),
            Case::Upper => word.to_uppercase(),
            Case::Initial => {
                let mut chars = word.chars();
                chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
            }
        }
    }
}

/// A run of a token: where it lies in the line, in bytes, and whether it is a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub begin: usize,
    pub end: usize,
    pub word: bool,
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() || unicode_mark(c)
}

/// Combining marks that belong to the letter before: those of Latin, Cyrillic and Devanagari text in decomposed form.
fn unicode_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0487}' | '\u{093A}'..='\u{094F}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{20D0}'..='\u{20F0}' | '\u{3099}'..='\u{309A}')
}

/// Whether a token is left alone whatever it looks like: numbers, addresses, paths, tags, names with digits.
pub(crate) fn is_left_alone(token: &str) -> bool {
    let tagged = token.starts_with('#') || (token.starts_with('<') && token.ends_with('>'));
    let address = token.contains("://") || token.contains('@') || token.starts_with("www.");
    // A dot inside, as in example.com or e.g.; dots of a full stop stand at the end.
    let dotted = token.char_indices().any(|(i, c)| {
        c == '.'
            && token[..i].ends_with(|c: char| c.is_ascii_alphanumeric())
            && token[i + 1..].starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
    });
    tagged || address || dotted || token.chars().any(|c| c.is_numeric() || matches!(c, '_' | '\\' | '='))
}

/// The runs of `line[begin..end]`. An apostrophe between letters belongs to the word.
pub(crate) fn runs(line: &str, begin: usize, end: usize, out: &mut Vec<Run>) {
    out.clear();
    let mut chars = line[begin..end].char_indices().peekable();
    let mut before = false;
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, c)| c);
        let word = is_letter(c) || (before && matches!(c, '\'' | '\u{2019}') && next.is_some_and(is_letter));
        let stop = begin + at + c.len_utf8();
        match out.last_mut() {
            Some(run) if run.word == word => run.end = stop,
            _ => out.push(Run { begin: begin + at, end: stop, word }),
        }
        before = word;
    }
}

/// The one word of a token without what stands before and behind it; `None` if there is none, more than one, or a digit.
pub(crate) fn core(token: &str) -> Option<(usize, usize)> {
    if is_left_alone(token) {
        return None;
    }
    let mut all = Vec::new();
    runs(token, 0, token.len(), &mut all);
    let mut words = all.iter().filter(|r| r.word);
    let only = words.next()?;
    words.next().is_none().then_some((only.begin, only.end))
}

/// Where the tokens of a line begin and end.
pub(crate) fn tokens(line: &str) -> impl Iterator<Item = (usize, usize)> {
    line.split_whitespace().map(move |token| {
        let begin = token.as_ptr() as usize - line.as_ptr() as usize;
        (begin, begin + token.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_beside_punctuation() {
        let found = |token: &str| core(token).map(|(a, b)| token[a..b].to_owned());
        assert_eq!(found("(harbour),").as_deref(), Some("harbour"));
        assert_eq!(found("don't!").as_deref(), Some("don't"));
        assert_eq!(found("'boats'").as_deref(), Some("boats"));
        assert_eq!(found("재밌다...").as_deref(), Some("재밌다"));
        for none in
            ["well-known", "3rd", "a@b.example", "http://x.example/a", "x.example", "...", "#tag", "<unk>"]
        {
            assert_eq!(found(none), None, "{none}");
        }
    }

    #[test]
    fn case_is_read_and_put_on() {
        assert_eq!(["teh", "Teh", "TEH", "I", "iPhone", "École"].map(Case::of), {
            use Case::*;
            [Plain, Initial, Upper, Initial, Plain, Initial]
        });
        assert_eq!(
            (Case::Initial.apply("the"), Case::Upper.apply("the"), Case::Plain.apply("Paris")),
            ("The".into(), "THE".into(), "Paris".into())
        );
        assert_eq!(Case::Initial.apply("élan"), "Élan");
    }
}
