//! ARPA text of a model, as `lmplz` writes it.

use std::io::Write;
use std::ops::Range;

use gyeol_base::Fault;
use gyeol_tensor::Pool;

use crate::arpa::number;
use crate::tables::{Scheme, Tables};
use crate::watch::{Stage, Watch};
use gyeol_base::{Error, Result};

/// log10 of nothing, by SRILM's convention.
pub(crate) const LOG_ZERO: f32 = -99.0;
/// N-grams of one task.
const PIECE: usize = 1 << 14;

/// Writes a model. `progress` answers whether to go on.
///
/// # Errors
/// A model that is no back-off model (additive smoothing, stupid back-off), or what the system says; stopped.
pub fn write_arpa(
    tables: &Tables,
    out: &mut dyn Write,
    pool: &Pool,
    progress: &mut dyn FnMut(Stage) -> bool,
) -> Result<()> {
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
    let failed = |e| {
        Error::io("write", "the ARPA file", "check that the folder exists, may be written to and has room", e)
    };
    let mut watch = Watch::new(progress, Stage::Writing);
    watch.tell(Stage::Writing)?;
    writeln!(out, "\\data\\").map_err(failed)?;
    for (n, level) in tables.levels.iter().enumerate() {
        writeln!(out, "ngram {}={}", n + 1, level.len()).map_err(failed)?;
    }
    for (n, level) in tables.levels.iter().enumerate() {
        writeln!(out, "\n\\{}-grams:", n + 1).map_err(failed)?;
        let mut pieces: Vec<Vec<u8>> = vec![Vec::new(); 16 * pool.threads().min(64)];
        let mut begin = 0;
        while begin < level.len() {
            let of = |index: usize| -> Range<usize> {
                let start = (begin + index * PIECE).min(level.len());
                start..(start + PIECE).min(level.len())
            };
            watch.each_mut(pool, &mut pieces, |_, index, text| {
                text.clear();
                lines(tables, n, of(index), text);
            })?;
            for text in &pieces {
                watch.ask()?;
                out.write_all(text).map_err(failed)?;
            }
            begin += pieces.len() * PIECE;
        }
    }
    writeln!(out, "\n\\end\\").and_then(|()| out.flush()).map_err(failed)
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
        Ok::<(), std::convert::Infallible>(())
    });
}
