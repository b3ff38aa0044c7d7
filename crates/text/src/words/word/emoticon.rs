//! Faces made of marks: Western ones lie on their side (`:-)`), Eastern ones stand (`^_^`).

use super::Piece;
use crate::words::classes::is_word_regex;

/// Faces that no pattern below covers.
const FIXED: &[&str] = &["¯\\_(ツ)_/¯", "\\o/", "</3", "<3", "XD", "xD", "XDD", "xDD"];

/// The end of the emoticon that begins at `at` with `c`, if one does.
pub(super) fn end(piece: Piece<'_>, at: usize, c: char) -> Option<usize> {
    let may_begin = match c {
        'o' | 'x' | 'O' | 'X' | 'T' | 'Q' | '0' | '8' | '¯' | 'ㅜ' | 'ㅠ' | 'ㅡ' | 'ㅇ' => true,
        _ => c.is_ascii_punctuation(),
    };
    if !may_begin {
        return None;
    }
    fixed(piece, at)
        .or_else(|| standing(piece, at, c))
        .or_else(|| lying(piece, at))
        .or_else(|| mirrored(piece, at))
}

/// Whether a word ends before `at`: where a face with letters in it may not begin.
fn inside_word(piece: Piece<'_>, at: usize) -> bool {
    piece.before(at).is_some_and(is_word_regex)
}

fn fixed(piece: Piece<'_>, at: usize) -> Option<usize> {
    let face = FIXED.iter().filter(|f| piece.rest(at).starts_with(**f)).max_by_key(|f| f.len())?;
    let end = at + face.len();
    let letters = face.starts_with(|c: char| c.is_alphanumeric());
    ((!letters || !inside_word(piece, at)) && piece.ends_word(end)).then_some(end)
}

/// `:-)`, `;)`, `=D`, `:'(`, `:P`: eyes, perhaps a nose, a mouth.
fn lying(piece: Piece<'_>, at: usize) -> Option<usize> {
    let bytes = piece.rest(at).as_bytes();
    let mut i = usize::from(bytes.first() == Some(&b'>'));
    let eyes = *bytes.get(i)?;
    if !matches!(eyes, b':' | b';' | b'=' | b'8') {
        return None;
    }
    i += 1;
    let noses = bytes[i..].iter().take(2).take_while(|b| matches!(b, b'-' | b'\'' | b'~' | b'^')).count();
    i += noses;
    let mouth = *bytes.get(i)?;
    i += 1;
    let letter = mouth.is_ascii_alphanumeric();
    let possible = match mouth {
        b')' | b'(' | b'D' => true,
        b']' | b'[' | b'/' | b'\\' | b'|' | b'*' | b'P' | b'p' | b'O' | b'o' => !inside_word(piece, at),
        b'd' | b'b' | b'S' | b's' | b'3' | b'c' | b'X' => eyes == b':' && !inside_word(piece, at),
        _ => false,
    };
    // An eight is an eye only with a nose, an equals sign none where a formula may stand.
    if !possible || (eyes == b'8' && (noses == 0 || inside_word(piece, at))) {
        return None;
    }
    if eyes == b'=' && noses == 0 && inside_word(piece, at) {
        return None;
    }
    while matches!(mouth, b')' | b'(' | b'D') && bytes.get(i) == Some(&mouth) {
        i += 1;
    }
    let end = at + i;
    let opens = matches!(mouth, b'(' | b'[' | b'/' | b'\\' | b'|' | b'*');
    ((!letter && !opens) || piece.ends_word(end)).then_some(end)
}

/// `(:`, `(-:`, `(;`: a whole piece, since a bracket is mostly a bracket.
fn mirrored(piece: Piece<'_>, at: usize) -> Option<usize> {
    if inside_word(piece, at) {
        return None;
    }
    ["(:", "(-:", "(;", "(=", "):", ")-:"].iter().any(|f| piece.rest(at) == *f).then_some(piece.end)
}

/// `^^`, `^_^`, `T_T`, `ㅠ_ㅠ`, `-_-;`, `>_<`: an eye, a mouth, the other eye, perhaps drops of sweat.
fn standing(piece: Piece<'_>, at: usize, eye: char) -> Option<usize> {
    let other = match eye {
        '>' => '<',
        '^' | '-' | ';' | 'T' | 'Q' | '@' | '*' | '=' | '+' | 'ㅜ' | 'ㅠ' | 'ㅡ' | 'ㅇ' | 'O' | 'o' | '0'
        | '~' => eye,
        _ => return None,
    };
    let mut chars = piece.rest(at).char_indices().skip(1).peekable();
    let mut mouth = 0;
    let lips = |c: char| c != eye && matches!(c, '_' | '.' | 'o' | '-' | 'ㅅ' | 'ㅁ' | '∇' | 'ω');
    while let Some((_, c)) = chars.next_if(|&(_, c)| lips(c)) {
        // A dot or dash between two like marks is more often plain punctuation.
        if c != '_' && !matches!(eye, '^' | '>' | 'T' | 'ㅜ' | 'ㅠ') {
            return None;
        }
        mouth += 1;
    }
    let (mut last, found) = chars.next()?;
    let same = found == other || (eye == 'o' && found == 'O') || (eye == 'O' && found == 'o');
    // Without a mouth only ^^ is a face; ㅠㅠ and ㅡㅡ are runs of letters.
    if !same || mouth > 3 || (mouth == 0 && eye != '^') {
        return None;
    }
    last += found.len_utf8();
    while mouth == 0 && chars.next_if(|&(_, c)| c == '^').is_some() {
        last += 1;
    }
    while chars.next_if(|&(_, c)| c == ';').is_some() {
        last += 1;
    }
    let end = at + last;
    let letters = eye.is_ascii_alphanumeric();
    (!letters || (!inside_word(piece, at) && piece.ends_word(end))).then_some(end)
}
