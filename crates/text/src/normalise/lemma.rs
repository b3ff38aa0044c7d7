//! Dictionary forms of English words, by a table of irregular ones and rules for the others.
//!
//! Without a dictionary and without the word's part in its sentence: `left` is taken for a form of `leave`, `saw` for
//! one of `see`, because that is what they mostly are. `bench/text/lemmas.py` measures how often that is right.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Irregular forms: the lemma, then its forms, a line each.
static IRREGULAR: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let mut forms = HashMap::new();
    for line in include_str!("irregular.txt").lines().filter(|l| !l.starts_with('#')) {
        let mut words = line.split_whitespace();
        let Some(lemma) = words.next() else { continue };
        forms.insert(lemma, lemma);
        for form in words {
            forms.entry(form).or_insert(lemma);
        }
    }
    forms
});

/// The dictionary form of an English word in lower case: `mice` is `mouse`, `running` is `run`, `studies` is `study`.
/// A word that no rule fits is its own.
///
/// ```
/// use gyeol_text::normalise::lemma;
/// assert_eq!(["went", "hoped", "hopping", "boxes", "this"].map(|w| lemma(w).into_owned()), ["go", "hope", "hop", "box", "this"]);
/// ```
pub fn lemma(word: &str) -> Cow<'_, str> {
    if let Some(lemma) = IRREGULAR.get(word) {
        return Cow::Borrowed(lemma);
    }
    if word.len() < 4 || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return word.into();
    }
    plural(word).or_else(|| inflected(word, "ing")).or_else(|| inflected(word, "ed")).unwrap_or(word.into())
}

fn is_vowel(b: u8) -> bool {
    matches!(b, b'a' | b'e' | b'i' | b'o' | b'u')
}

fn has_vowel(stem: &str) -> bool {
    stem.bytes().any(|b| is_vowel(b) || b == b'y')
}

/// `-s` of plurals and of the third person.
fn plural(word: &str) -> Option<Cow<'_, str>> {
    let stem = word.strip_suffix('s')?;
    if ["ss", "us", "is", "ous"].iter().any(|e| word.ends_with(e)) {
        return None;
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return Some(if stem.len() > 1 { format!("{stem}y").into() } else { word[..word.len() - 1].into() });
    }
    if let Some(stem) = word.strip_suffix("es") {
        // Boxes, churches, dishes, classes, heroes: the e belongs to the ending.
        let hissing = ["x", "ch", "sh", "ss", "zz", "o"].iter().any(|e| stem.ends_with(e));
        if hissing && !stem.ends_with("ach") || stem.ends_with("each") {
            return Some(stem.into());
        }
    }
    Some(stem.into())
}

/// `-ing` and `-ed`, with what they did to the word before them.
fn inflected<'a>(word: &'a str, ending: &str) -> Option<Cow<'a, str>> {
    let stem = word.strip_suffix(ending)?;
    // Unlimited, unchanged: adjectives of their own.
    if ending == "ed" && word.starts_with("un") && !word.starts_with("under") {
        return None;
    }
    if stem.len() < 2 || !has_vowel(stem) || (ending == "ed" && stem.ends_with('e')) {
        return None;
    }
    if ending == "ed" {
        if let Some(stem) = word.strip_suffix("ied") {
            return Some(if stem.len() > 1 { format!("{stem}y").into() } else { format!("{stem}ie").into() });
        }
    } else if NOUNS_IN_ING.binary_search(&word).is_ok() {
        return None;
    }
    let b = stem.as_bytes();
    let n = b.len();
    let (last, before) = (b[n - 1], b[n - 2]);
    // Stopped, running; but not called, missed, buzzed, and not agreed.
    if last == before && !is_vowel(last) {
        let own = matches!(last, b'l' | b's' | b'z' | b'f') && !(stem.ends_with("ell") && n > 5);
        return Some(if own || n < 4 { stem } else { &stem[..n - 1] }.into());
    }
    Some(if wants_e(stem) { format!("{stem}e").into() } else { stem.into() })
}

/// Whether the verb of a bare stem ends in a silent e.
fn wants_e(stem: &str) -> bool {
    let b = stem.as_bytes();
    let n = b.len();
    let (last, before) = (b[n - 1], b[n - 2]);
    let third = if n > 2 { b[n - 3] } else { b'.' };
    match last {
        // Changed, danced, moved, sized, argued, created.
        b'c' | b'v' | b'u' => true,
        b'z' => before != b'z',
        b'g' => matches!(before, b'a' | b'd' | b'l' | b'r') || stem.ends_with("ang") || stem.ends_with("leg"),
        b's' => is_vowel(before) && !stem.ends_with("ocus") || matches!(before, b'n' | b'p' | b'r'),
        b't' => {
            (before == b'a' && !matches!(third, b'e' | b'o' | b'.'))
                || (before == b'o' && !matches!(third, b'o') && n > 2 && third != b'v')
                || stem.ends_with("ut")
                    && matches!(third, b'p' | b'b' | b'l' | b'c')
                    && !stem.ends_with("out")
                    && n > 4
                || stem.ends_with("ite")
                || ["quit", "unit", "cit", "writ", "vit"].iter().any(|e| stem.ends_with(e)) && n > 3
                || ["let", "plet"].iter().any(|e| stem.ends_with(e)) && n > 4
        }
        b'l' => {
            !is_vowel(before) && before != b'r' && before != b'w' && before != b'l'
                || (before == b'i' && matches!(third, b'm' | b'f' | b'p'))
                || stem.ends_with("ul") && n < 5
                || stem.ends_with("ol") && n > 4 && third == b's'
        }
        b'r' => {
            matches!(before, b'i' | b'u') && third != b'o' && third != b'a'
                || (before == b'a' && !matches!(third, b'e' | b'o' | b't'))
                || stem.ends_with("or")
                    && n > 3
                    && matches!(third, b'n' | b'l' | b't')
                    && !stem.ends_with("tor")
        }
        b'k' | b'd' | b'm' | b'n' | b'p' | b'b' => {
            // A single vowel before a single consonant, in a short stem: liked, hoped, named, used.
            let single = is_vowel(before) && !is_vowel(third);
            let short = n < 4 || b[..n - 2].iter().all(|&b| !is_vowel(b));
            let late = [
                "lud", "vid", "cid", "sid", "rad", "nod", "vok", "tak", "min", "bin", "fin", "sum", "cum",
                "rup", "scrib", "scap", "shap", "com",
            ];
            single
                && before != b'e'
                && (short || late.iter().any(|e| stem.ends_with(e)) && n > 4 && !stem.ends_with("rmin"))
        }
        b'h' => {
            stem.ends_with("ath") && third == b'e'
                || ["bath", "cloth", "ooth", "writh"].iter().any(|e| stem.ends_with(e))
        }
        _ => false,
    }
}

/// Nouns and other words that end so without being a form of a verb.
const NOUNS_IN_ING: &[&str] = &[
    "amazing",
    "anything",
    "beijing",
    "bring",
    "ceiling",
    "clothing",
    "during",
    "evening",
    "everything",
    "housing",
    "king",
    "lightning",
    "meaning",
    "meeting",
    "morning",
    "nothing",
    "offspring",
    "painting",
    "pudding",
    "ring",
    "sibling",
    "sing",
    "something",
    "spring",
    "sting",
    "string",
    "swing",
    "thing",
    "upcoming",
    "wedding",
    "willing",
    "wing",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_find_the_dictionary_form() {
        let cases = "cats cat|boxes box|churches church|studies study|dies die|heroes hero|classes class|bus bus|this this\
            |running run|hoping hope|hopping hop|making make|calling call|missed miss|agreed agree|tried try|died die\
            |created create|moved move|used use|changed change|argued argue|named name|wanted want|visited visit\
            |opened open|happened happen|told tell|mice mouse|children child|better good|was be|has have|went go\
            |travelled travel|stopped stop|added add|morning morning|something something|news news|united unite";
        for case in cases.split('|') {
            let (form, want) = case.trim().split_once(' ').unwrap();
            assert_eq!(lemma(form), want, "{form}");
        }
    }

    #[test]
    fn lists_are_in_order_and_every_lemma_is_its_own() {
        assert!(NOUNS_IN_ING.is_sorted());
        for lemma_of in IRREGULAR.values() {
            assert_eq!(lemma(lemma_of), *lemma_of);
        }
        assert!(IRREGULAR.len() > 500, "{}", IRREGULAR.len());
    }
}
