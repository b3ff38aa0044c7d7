//! The words of an HTML page.

use crate::clean::{Cleaner, Rule};

/// Appends the text of a page: no tags, comments, scripts or styles, entities decoded, blanks joined.
pub(super) fn text_of(html: &str, out: &mut String) {
    out.push_str(Cleaner::new([Rule::Html, Rule::Entities, Rule::Whitespace]).clean(html).trim());
}
