//! Files of a word and its vector, one after another: as text, or as bytes.

use gyeol_base::{Error, Fault, Result, shorten};

use super::input::Input;
use super::look::{number, separators, trimmed};
use super::{Kept, WIDEST, cut_off};

/// Most bytes of a word.
const LONGEST: usize = 1 << 16;
/// Most bytes of a number and what parts it from the next.
const NUMBER: usize = 64;

/// Lines of text, after a first one where `said` is what it says of the words; gives how many there are.
pub(super) fn text(
    input: &mut Input,
    said: Option<u64>,
    kept: &mut Kept<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<u64> {
    let (mut line, mut at, mut words) = (Vec::new(), 0u64, 0u64);
    let most = LONGEST + NUMBER * kept.dimension.min(WIDEST);
    let mut blank = None;
    while input.until(b'\n', most, &mut line)? {
        at += 1;
        input.tell(progress)?;
        if line.len() == most {
            let found = format!("a line of more than {most} bytes");
            return Err(
                input.wrong_line(Fault::new("not-vectors", found).next("give a file of a word a line"), at)
            );
        }
        if at == 1 && said.is_some() {
            continue;
        }
        let row = trimmed(&line);
        if row.is_empty() {
            blank.get_or_insert(at);
            continue;
        }
        // Blank lines end a file; within it they are a word that was lost.
        if let Some(blank) = blank {
            let fault = Fault::new("other-length", "an empty line among the words").next("take it out");
            return Err(input.wrong_line(fault, blank));
        }
        words += 1;
        if said.is_some_and(|said| words > said) {
            let found = format!("one word more than the {} of the first line", words - 1);
            let fault = Fault::new("other-length", found)
                .cause("two files were put together, or lines were added by hand")
                .next("correct the first line");
            return Err(input.wrong_line(fault, at));
        }
        self::row(row, at, kept).map_err(|fault| input.wrong_line(*fault, at))?;
    }
    if let Some(said) = said.filter(|&said| words < said) {
        let found = format!("{words} words, and the first line speaks of {said}");
        return Err(input.wrong_line(cut_off(found), at));
    }
    Ok(words)
}

/// A word, which may hold blanks, and as many numbers as all have.
fn row(row: &[u8], line: u64, kept: &mut Kept<'_>) -> Result<(), Box<Fault>> {
    let dimension = kept.dimension;
    let other = |found: String| {
        let fault = Fault::new("other-length", found)
            .cause("the file was cut off, or is of vectors of different lengths")
            .next("fetch it again, or take that line out");
        Box::new(fault)
    };
    let Some((end, first)) = separators(row).nth(dimension - 1) else {
        let found = separators(row).count();
        return Err(other(format!("{found} numbers where each word has {dimension}")));
    };
    let word = &row[..end];
    let mut fields = row[first..].split(|b| matches!(b, b' ' | b'\t')).filter(|field| !field.is_empty());
    if fields.clone().next().and_then(number).is_none() {
        let shown = shorten(&String::from_utf8_lossy(fields.next().unwrap_or_default()), 40);
        return Err(other(format!(
            "fewer than the {dimension} numbers that each word has: before the others stands '{shown}'"
        )));
    }
    // A last part of a word that is written as the numbers are is one too many; whole numbers stand in words such as 'route 66'.
    if let Some((_, last)) = separators(word).next() {
        let last = &word[last..];
        if number(last).is_some() && last.iter().any(|b| matches!(b, b'.' | b'e' | b'E')) {
            return Err(other(format!("more than the {dimension} numbers that each word has")));
        }
    }
    let Some(asked) = kept.find(word) else { return Ok(()) };
    kept.note(asked, line, "line")?;
    for field in fields {
        match number(field).filter(|number| number.is_finite()) {
            Some(number) => kept.numbers.push(number),
            None => return Err(Box::new(no_number(&shorten(&String::from_utf8_lossy(field), 40)))),
        }
    }
    kept.give(asked);
    Ok(())
}

pub(super) fn no_number(shown: &str) -> Fault {
    Fault::new("not-a-number", format!("'{shown}' is no finite number"))
        .cause("a training that broke down, or a damaged file")
        .next("fetch the file again, or take that word out")
}

/// A word, a blank and its numbers as bytes, `said` times after a first line; gives how many there are.
pub(super) fn binary(
    input: &mut Input,
    said: u64,
    kept: &mut Kept<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<u64> {
    let mut word = Vec::new();
    input.until(b'\n', LONGEST, &mut word)?;
    let mut bytes = vec![0; 4 * kept.dimension];
    for nth in 1..=said {
        let begins = input.at();
        input.tell(progress)?;
        input.until(b' ', LONGEST, &mut word)?;
        if word.pop() != Some(b' ') {
            return Err(if word.len() + 1 < LONGEST {
                input.wrong(cut_off(format!("the file ends at word {nth} of {said}")), begins)
            } else {
                let found = format!("word {nth} of {said} has more than {LONGEST} bytes");
                input.wrong(
                    Fault::new("not-vectors", found).next("name the form of the file (vectors_format)"),
                    begins,
                )
            });
        }
        if !input.fill(&mut bytes)? {
            return Err(input.wrong(
                cut_off(format!("the file ends within the numbers of word {nth} of {said}")),
                begins,
            ));
        }
        // Some write a line end after each vector, some do not.
        let start = word.iter().position(|&b| b != b'\n').unwrap_or(word.len());
        let Some(asked) = kept.find(&word[start..]) else { continue };
        kept.note(asked, begins + 1, "byte").map_err(|fault| input.wrong(*fault, begins))?;
        floats(&bytes, &mut kept.numbers).map_err(|shown| input.wrong(no_number(&shown), begins))?;
        kept.give(asked);
    }
    let begins = input.at();
    while input.until(b'\n', LONGEST, &mut word)? {
        if !trimmed(&word).is_empty() {
            let found = format!("more follows after the {said} words of the first line");
            let fault = Fault::new("other-length", found)
                .cause("two files were put together, or it is of another form")
                .next("correct the first line, or name the form of the file (vectors_format)");
            return Err(input.wrong(fault, begins));
        }
    }
    Ok(said)
}

/// Numbers of four bytes each; the first that is none finite as it is shown.
pub(super) fn floats(bytes: &[u8], out: &mut Vec<f32>) -> Result<(), String> {
    for four in bytes.as_chunks::<4>().0 {
        let number = f32::from_le_bytes(*four);
        if !number.is_finite() {
            return Err(number.to_string());
        }
        out.push(number);
    }
    Ok(())
}

/// So many bytes as a whole number.
pub(super) fn whole(input: &mut Input, bytes: usize, what: &str) -> Result<i64, Error> {
    let begins = input.at();
    let mut room = [0u8; 8];
    if !input.fill(&mut room[..bytes])? {
        return Err(input.wrong(cut_off(format!("the file ends before {what}")), begins));
    }
    Ok(match bytes {
        1 => i64::from(room[0] as i8),
        4 => i64::from(i32::from_le_bytes([room[0], room[1], room[2], room[3]])),
        _ => i64::from_le_bytes(room),
    })
}
