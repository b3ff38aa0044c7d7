//! Models of fastText (Bojanowski, Grave, Joulin and Mikolov 2017; Joulin et al. 2017), as `fasttext.cc`, `dictionary.cc` and
//! `densematrix.cc` of its version 0.9.2 write them.
//!
//! ```text
//! magic, version            4 bytes each; 793712314, 11 or 12
//! arguments                 12 numbers of 4 bytes (dim, ws, epoch, minCount, neg, wordNgrams, loss, model, bucket, minn, maxn,
//!                           lrUpdateRate), t as a double
//! dictionary                size, words, labels of 4 bytes; tokens, pruned of 8; then of each entry its text, a zero byte, its
//!                           count of 8, its kind of 1 (0 a word, 1 a label)
//! quantised                 1 byte
//! input matrix              rows, columns of 8 bytes; rows × columns floats: a row a word, then a row a bucket
//! ```
//!
//! The vector of a word is the mean of its own row, where it is a word of the dictionary, and of the rows of its character
//! n-grams: of `<word>` all runs of minn to maxn characters, but single ones at its ends, each in the bucket
//! `hash(run) % bucket`. The hash is FNV-1a over bytes that are extended with their sign, as a `char` of C++ is. What ends a
//! line, `</s>`, has no n-grams.

use std::io::{BufReader, Read, Seek, SeekFrom};

use gyeol_base::{Error, Fault, Result};

use super::input::Input;
use super::rows::{floats, no_number, whole};
use super::{Kept, WIDEST, cut_off};

/// What its files begin with.
pub(super) const MAGIC: u32 = 793_712_314;
const VERSIONS: [i64; 2] = [11, 12];
/// Number of the supervised kind of model among its arguments.
const SUPERVISED: i64 = 3;
/// What ends a line.
const END: &str = "</s>";
/// Most bytes of a word of the dictionary.
const LONGEST: usize = 1 << 16;
/// Most numbers of rows that are kept at a time.
const ROOM: usize = 1 << 24;

/// Arguments that vectors are made by.
struct Arguments {
    dimension: usize,
    bucket: u32,
    shortest: usize,
    longest: usize,
}

fn bad(input: &Input, found: String) -> Error {
    let fault = Fault::new("not-vectors", found)
        .cause("a damaged file, or one of another version of fastText")
        .next("save the model anew with fastText 0.9, or write its vectors as text (.vec)");
    input.wrong(fault, input.at())
}

fn arguments(input: &mut Input) -> Result<Arguments> {
    if input.size().is_none() {
        let found = "a model of fastText packed by gzip, whose rows are read at many places";
        return Err(Fault::new("not-vectors", found)
            .file(input.path())
            .next("unpack it first: gzip -d FILE")
            .input());
    }
    let _magic = whole(input, 4, "its first number")?;
    let version = whole(input, 4, "its version")?;
    if !VERSIONS.contains(&version) {
        return Err(bad(input, format!("version {version} of fastText's models, where 11 and 12 are read")));
    }
    let mut all = [0i64; 12];
    for one in &mut all {
        *one = whole(input, 4, "the end of its arguments")?;
    }
    let _t = whole(input, 8, "the end of its arguments")?;
    let [dimension, .., model, bucket, shortest, longest, _] = all;
    // Supervised models of the older version read no n-grams of characters.
    let longest = if version == VERSIONS[0] && model == SUPERVISED { 0 } else { longest };
    let sound = (1..=WIDEST as i64).contains(&dimension) && bucket >= 0 && shortest >= 0 && longest >= 0;
    if !sound || (longest > 0 && bucket == 0) {
        let found = format!("dim {dimension}, bucket {bucket}, minn {shortest}, maxn {longest}");
        return Err(bad(input, found));
    }
    Ok(Arguments {
        dimension: dimension as usize,
        bucket: bucket as u32,
        shortest: shortest as usize,
        longest: longest as usize,
    })
}

/// Numbers of a vector.
pub(super) fn dimension(input: &mut Input) -> Result<usize> {
    Ok(arguments(input)?.dimension)
}

/// FNV-1a, each byte extended with its sign.
fn hash(run: &[u8]) -> u32 {
    run.iter().fold(2_166_136_261, |h, &byte| (h ^ byte as i8 as u32).wrapping_mul(16_777_619))
}

/// The buckets of a word's character n-grams, in fastText's order.
fn buckets(word: &str, a: &Arguments, out: &mut Vec<u64>) {
    if a.longest == 0 || word == END {
        return;
    }
    let within = format!("<{word}>");
    let starts: Vec<usize> = within.char_indices().map(|(at, _)| at).chain([within.len()]).collect();
    let last = starts.len() - 1;
    for first in 0..last {
        for n in a.shortest.max(1)..=a.longest.min(last - first) {
            let end = first + n;
            if n == 1 && (first == 0 || end == last) {
                continue;
            }
            out.push(u64::from(hash(&within.as_bytes()[starts[first]..starts[end]]) % a.bucket));
        }
    }
}

/// Reads what was asked for; gives how many words the dictionary has.
pub(super) fn read(
    input: &mut Input,
    kept: &mut Kept<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<u64> {
    let a = arguments(input)?;
    kept.dimension = a.dimension;
    let size = input.size().unwrap_or(0);
    let (words, own) = dictionary(input, kept, progress)?;
    if whole(input, 1, "the mark of what is quantised")? != 0 {
        return Err(Fault::new(
            "quantised",
            "a quantised model of fastText, whose vectors are rounded to codes",
        )
        .file(input.path())
        .next("give the model before it was quantised (.bin, not .ftz)")
        .input());
    }
    let (rows, columns) = (whole(input, 8, "its matrix")?, whole(input, 8, "its matrix")?);
    let wanted = words + u64::from(a.bucket);
    if rows as u64 != wanted || columns != a.dimension as i64 {
        let found = format!(
            "a matrix of {rows} × {columns} where {words} words and {} buckets of {} numbers are",
            a.bucket, a.dimension
        );
        return Err(bad(input, found));
    }
    let (from, row) = (input.at(), 4 * a.dimension as u64);
    if wanted.checked_mul(row).is_none_or(|bytes| bytes > size.saturating_sub(from)) {
        let found = format!("{wanted} rows of {} numbers, more than the file has bytes for", a.dimension);
        return Err(input.wrong(cut_off(found), from));
    }
    // Words in groups whose rows fit into the room.
    let mut file = BufReader::with_capacity(1 << 16, input.file()?);
    let most = (ROOM / a.dimension).max(1);
    let (mut group, mut next) = (Vec::new(), 0);
    let (mut places, mut taken) = (Vec::new(), 0);
    while next < own.len() || !group.is_empty() {
        if next < own.len() {
            let mut of = Vec::new();
            buckets(kept.asked.word(next as u32), &a, &mut of);
            let of: Vec<u64> = own[next].into_iter().chain(of.into_iter().map(|b| words + b)).collect();
            taken += of.len();
            group.push((next, of));
            next += 1;
        }
        if next < own.len() && taken < most {
            continue;
        }
        places.clear();
        places.extend(group.iter().flat_map(|(_, of)| of.iter().copied()));
        places.sort_unstable();
        places.dedup();
        let found = rows_at(input, &mut file, &places, from, a.dimension, progress)?;
        for (word, of) in group.drain(..).filter(|(_, of): &(usize, Vec<u64>)| !of.is_empty()) {
            let begins = kept.numbers.len();
            kept.numbers.resize(begins + a.dimension, 0.0);
            let sum = &mut kept.numbers[begins..];
            for place in &of {
                let at = places.partition_point(|p| p < place) * a.dimension;
                sum.iter_mut().zip(&found[at..at + a.dimension]).for_each(|(s, v)| *s += v);
            }
            let by = (1.0 / of.len() as f64) as f32;
            sum.iter_mut().for_each(|s| *s *= by);
            kept.composed += usize::from(own[word].is_none());
            kept.give(word);
        }
        taken = 0;
    }
    Ok(words)
}

/// How many words there are, and the row of each that was asked for.
fn dictionary(
    input: &mut Input,
    kept: &mut Kept<'_>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<(u64, Vec<Option<u64>>)> {
    let mut counts = [0i64; 3];
    for one in &mut counts {
        *one = whole(input, 4, "its dictionary")?;
    }
    let [size, words, labels] = counts;
    let (_tokens, pruned) = (whole(input, 8, "its dictionary")?, whole(input, 8, "its dictionary")?);
    let left = input.size().unwrap_or(0).saturating_sub(input.at());
    if words < 0 || labels < 0 || words + labels != size || size as u64 > left / 10 {
        let found =
            format!("a dictionary of {size} entries, {words} words and {labels} labels, in {left} bytes");
        return Err(bad(input, found));
    }
    if pruned >= 0 {
        let found = "a model whose dictionary was pruned, as quantising does";
        let next = "give the model before it was quantised (.bin, not .ftz)";
        return Err(Fault::new("quantised", found).file(input.path()).next(next).input());
    }
    let mut own = vec![None; kept.asked.len()];
    let mut word = Vec::new();
    for nth in 0..size {
        let begins = input.at();
        input.tell(progress)?;
        input.until(0, LONGEST, &mut word)?;
        if word.pop() != Some(0) {
            let found = format!("the file ends within entry {} of {size} of its dictionary", nth + 1);
            return Err(input.wrong(cut_off(found), begins));
        }
        let _count = whole(input, 8, "the end of its dictionary")?;
        let kind = whole(input, 1, "the end of its dictionary")?;
        if kind != i64::from(nth >= words) {
            return Err(bad(input, format!("entry {} of its dictionary is of kind {kind}", nth + 1)));
        }
        if nth < words
            && let Some(asked) = kept.find(&word)
        {
            kept.note(asked, begins + 1, "byte").map_err(|fault| input.wrong(*fault, begins))?;
            own[asked] = Some(nth as u64);
        }
    }
    Ok((words as u64, own))
}

/// Rows of the matrix that begins at byte `from`, at rising places.
fn rows_at(
    input: &mut Input,
    file: &mut BufReader<std::fs::File>,
    places: &[u64],
    from: u64,
    dimension: usize,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Vec<f32>> {
    let io = |input: &Input, e| Error::reading(input.path(), e);
    let mut out = Vec::with_capacity(places.len() * dimension);
    let mut bytes = vec![0; 4 * dimension];
    let mut at = file.seek(SeekFrom::Start(from)).map_err(|e| io(input, e))?;
    for (nth, place) in places.iter().enumerate() {
        let begins = from + place * bytes.len() as u64;
        file.seek_relative((begins - at) as i64).map_err(|e| io(input, e))?;
        file.read_exact(&mut bytes).map_err(|e| io(input, e))?;
        at = begins + bytes.len() as u64;
        floats(&bytes, &mut out).map_err(|shown| input.wrong(no_number(&shown), begins))?;
        if nth % 4096 == 4095 && !progress(at) {
            return Err(Error::stopped());
        }
    }
    Ok(out)
}
