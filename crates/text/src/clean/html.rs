//! Tags, comments, scripts and styles of HTML in a text that may hold none of them.
//!
//! A text is no document: `a < b`, `<me@x.org>` and `<unk>` are left alone, since only the element names of HTML, SVG
//! and MathML (and names with a hyphen, as custom elements have) make a tag.

use super::Edit;

/// Elements that begin a new line.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "noframes",
    "ol",
    "optgroup",
    "option",
    "p",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "title",
    "tr",
    "ul",
];

/// Elements that stand side by side.
const CELLS: &[&str] = &["td", "th"];

/// Elements inside a line, or without text.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "applet", "area", "audio", "b", "base", "basefont", "bdi", "bdo", "big", "blink",
    "button", "canvas", "cite", "code", "col", "colgroup", "data", "datalist", "del", "dfn", "em", "embed",
    "font", "frame", "i", "iframe", "image", "img", "input", "ins", "kbd", "keygen", "label", "link", "map",
    "mark", "marquee", "math", "meta", "meter", "nobr", "noscript", "object", "output", "param", "path",
    "picture", "progress", "q", "rp", "rt", "ruby", "s", "samp", "script", "select", "slot", "small",
    "source", "span", "strike", "strong", "style", "sub", "sup", "svg", "template", "textarea", "time",
    "track", "tt", "u", "var", "video", "wbr", "xmp",
];

pub(super) fn find(text: &str, edits: &mut Vec<Edit>) {
    let mut at = 0;
    while let Some(open) = text[at..].find('<').map(|i| at + i) {
        match markup(text, open) {
            Some(edit) => {
                at = edit.place.end;
                edits.push(edit);
            }
            None => at = open + 1,
        }
    }
}

fn markup(text: &str, open: usize) -> Option<Edit> {
    let rest = &text[open..];
    let until = |mark: &str, from: usize| rest[from..].find(mark).map(|i| open + from + i + mark.len());
    if rest.starts_with("<!--") {
        return Some(Edit::new(open..until("-->", 4)?, ""));
    }
    if rest.starts_with("<![CDATA[") {
        return Some(Edit::new(open..open + 9, ""));
    }
    if rest.len() > 9 && rest.as_bytes()[..9].eq_ignore_ascii_case(b"<!doctype") {
        return Some(Edit::new(open..until(">", 9)?, ""));
    }
    if rest.starts_with("<?xml") {
        return Some(Edit::new(open..until("?>", 5)?, ""));
    }
    let closing = rest.starts_with("</");
    let name_at = open + 1 + usize::from(closing);
    let name_length = text.as_bytes()[name_at..]
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric() || **b == b'-')
        .count()
        .min(40);
    let name = text[name_at..name_at + name_length].to_ascii_lowercase();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let with = if BLOCKS.contains(&name.as_str()) {
        "\n"
    } else if CELLS.contains(&name.as_str()) {
        " "
    } else if INLINE.contains(&name.as_str()) || name.contains('-') {
        ""
    } else {
        return None;
    };
    let end = tag_end(text, name_at + name_length)?;
    if !closing && matches!(name.as_str(), "script" | "style") {
        // What they hold is no text. One that is never closed loses its tag alone.
        return Some(Edit::new(open..element_end(text, end, &name).unwrap_or(end), " "));
    }
    Some(Edit::new(open..end, with))
}

/// The end of a tag whose name ends at `at`: behind the next `>` that is not quoted.
fn tag_end(text: &str, mut at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    if !matches!(bytes.get(at)?, b'>' | b'/' | b' ' | b'\t' | b'\n' | b'\r' | 0x0c) {
        return None;
    }
    let mut value = false;
    loop {
        match *bytes.get(at)? {
            b'>' => return Some(at + 1),
            b'<' => return None,
            b'=' => value = true,
            quote @ (b'"' | b'\'') if value => {
                at += 1 + bytes[at + 1..].iter().position(|&b| b == quote)?;
                value = false;
            }
            b if b.is_ascii_whitespace() => {}
            _ => value = false,
        }
        at += 1;
    }
}

/// Behind the closing tag of an element whose content begins at `from`.
fn element_end(text: &str, from: usize, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let open = at + text.get(at..)?.find("</")?;
        let name_end = open + 2 + name.len();
        if bytes.get(open + 2..name_end)?.eq_ignore_ascii_case(name.as_bytes())
            && let Some(end) = tag_end(text, name_end)
        {
            return Some(end);
        }
        at = open + 2;
    }
}
