//! ARPA text of a model, as `lmplz` writes it.

use std::io::Write;
use std::ops::Range;

use gyeol_data::Fault;
use gyeol_tensor::Pool;

use crate::arpa::number;
use crate::error::{Error, Result};
use crate::tables::{Scheme, Tables};

/// log10 of nothing, by SRILM's convention.
pub(crate) const LOG_ZERO: f32 = -99.0;
/// N-grams of one task.
const PIECE: usize = 1 << 14;

/// Writes a model.
///
/// # Errors
/// A model that is no back-off model (additive smoothing, stupid back-off), or what the system says.
pub fn write_arpa(tables: &Tables, out: &mut dyn Write, pool: &Pool) -> Result<()> {
    let what = match tables.scheme {
        Scheme::BackOff => None,
        Scheme::Stupid(_) => Some("stupid back-off"),
        Scheme::Additive(_) => Some("additive smoothing"),
    };
    if let Some(what) = what {
        return Err(Error::option(
            Fault::new("not-a-back-off-model", format!("a model of {what} cannot be written as ARPA"))
                .cause("the format holds back-off models, whose weights these models do not have")
                .next("write the binary form instead"),
        ));
    }
    write(tables, out, pool).map_err(|e| {
        Error::io("write", "the ARPA file", "check that the folder exists, may be written to and has room", e)
    })
}

fn write(tables: &Tables, out: &mut dyn Write, pool: &Pool) -> std::io::Result<()> {
    writeln!(out, "\\data\\")?;
    for (n, level) in tables.levels.iter().enumerate() {
        writeln!(out, "ngram {}={}", n + 1, level.len())?;
    }
    for (n, level) in tables.levels.iter().enumerate() {
        writeln!(out, "\n\\{}-grams:", n + 1)?;
        let mut pieces: Vec<Vec<u8>> = vec![Vec::new(); 16 * pool.threads().min(64)];
        let mut begin = 0;
        while begin < level.len() {
            let of = |index: usize| -> Range<usize> {
                let start = (begin + index * PIECE).min(level.len());
                start..(start + PIECE).min(level.len())
            };
            pool.each_mut(&mut pieces, |_, index, text| {
                text.clear();
                lines(tables, n, of(index), text);
            });
            for text in &pieces {
                out.write_all(text)?;
            }
            begin += pieces.len() * PIECE;
        }
    }
    writeln!(out, "\n\\end\\")?;
    out.flush()
}

fn lines(tables: &Tables, n: usize, range: Range<usize>, text: &mut Vec<u8>) {
    let level = &tables.levels[n];
    let finite = |value: f32| if value.is_finite() { value } else { LOG_ZERO };
    // Memory takes all that is written.
    let _ = tables.walk_range(n, range, &mut |words, index| {
        number::put(text, finite(level.probability[index]));
        let mut before = b'\t';
        for &word in words {
            text.push(before);
            text.extend_from_slice(tables.vocabulary.bytes_of(word));
            before = b' ';
        }
        if let Some(&back_off) = level.back_off.get(index) {
            text.push(b'\t');
            number::put(text, finite(back_off));
        }
        text.push(b'\n');
        Ok(())
    });
}
