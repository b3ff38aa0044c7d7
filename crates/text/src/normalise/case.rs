//! Lower case and case folding.

/// Writes the lower-cased text into `out`, whose room is used again. The result is that of [`str::to_lowercase`],
/// which is also Python's `str.lower`: a capital sigma ends a word as ς, `İ` becomes two characters.
pub fn lower_into(text: &str, out: &mut String) {
    out.clear();
    if !text.is_ascii() {
        match other_capitals(text) {
            Capitals::None => {}
            // The form of sigma hangs on its neighbours, which the standard library looks after.
            Capitals::Sigma => {
                out.push_str(&text.to_lowercase());
                return;
            }
            Capitals::Some => {
                out.extend(text.chars().flat_map(char::to_lowercase));
                return;
            }
        }
    }
    out.push_str(text);
    out.make_ascii_lowercase();
}

/// The lower-cased text; see [`lower_into`].
pub fn lower(text: &str) -> String {
    let mut out = String::new();
    lower_into(text, &mut out);
    out
}

enum Capitals {
    None,
    Some,
    Sigma,
}

/// Whether a text has letters beyond ASCII that lower-casing changes.
fn other_capitals(text: &str) -> Capitals {
    let mut found = Capitals::None;
    for c in text.chars() {
        if c.is_ascii() || matches!(c, '\u{3000}'..='\u{9fff}' | '가'..='힣') {
            continue;
        }
        if c == 'Σ' {
            return Capitals::Sigma;
        }
        if c.to_lowercase().next() != Some(c) {
            found = Capitals::Some;
        }
    }
    found
}

/// The text without its case, for comparing: full case folding, as Python's `str.casefold` (ß is ss).
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { caseless::default_case_fold_str(text) }
}
