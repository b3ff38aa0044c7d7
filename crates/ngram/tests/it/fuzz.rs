//! Models that are almost right: read and usable, or refused with words; never a panic.

use crate::common::*;
use crate::files::SRILM;
use crate::hash;
use crate::mutate::fuzz;
use gyeol_ngram::rescore::{AcousticScore, Lists, References};
use gyeol_ngram::{Layout, NgramModel, Options, Source, read_arpa, score_words, to_bytes};
use gyeol_tensor::Pool;

const WORDS: [&str; 6] = ["the", "boat", "a", "b", "no-such-word", "left"];

#[test]
fn altered_arpa_files_are_read_or_refused() {
    let samples = [fixture("small.4.pruned.arpa"), SRILM.into(), fixture("small.1.arpa")];
    fuzz(500, &samples, |bytes| match read_arpa(&mut Source::from_text(bytes), &mut |_| true) {
        Ok((tables, _)) => {
            // What is read can be asked and written.
            score_words(&model(&tables), &WORDS);
            arpa_text(&tables);
            Ok(())
        }
        Err(error) => {
            assert!(error.to_string().contains("Next: "), "{error}");
            Err(error.to_string())
        }
    });
}

#[test]
fn altered_lists_of_hypotheses_are_read_or_refused() {
    let lists = "u1\tthe boat left\t-12.5\nu1\tthe boats left\t-13\nu2\t\t-1e2\nu2\ta b\t-3\n";
    let samples = [lists, "u1\tthe boat left\nu2\t\n"].map(|text| text.as_bytes().to_vec());
    fuzz(3000, &samples, |bytes| {
        // Hypotheses and references have one form but for the score; what is no list may be references.
        let references = References::read(Source::from_text(bytes)).map(drop);
        let mut lists = Lists::new(Source::from_text(bytes), AcousticScore::default());
        let read = loop {
            match lists.next_list() {
                Ok(Some(_)) => {}
                Ok(None) => break Ok(()),
                Err(error) => break Err(error.to_string()),
            }
        };
        if references.is_ok() { Ok(()) } else { read }
    });
}

fn samples() -> Vec<Vec<u8>> {
    let tables = made(&SMALL[..400], &Options { order: 3, ..Options::default() }).tables;
    [Layout::Probing, Layout::Compact { bits: 8 }]
        .map(|layout| to_bytes(&tables, layout, "{\"a\":1}", &Pool::new(1), &mut |_| true).unwrap())
        .to_vec()
}

fn read(bytes: &[u8]) -> Result<(), String> {
    let model = NgramModel::from_bytes(bytes.to_vec(), "m").map_err(|e| e.to_string())?;
    score_words(&model, &WORDS);
    Ok(())
}

#[test]
fn altered_binary_models_are_read_or_refused() {
    fuzz(2000, &samples(), read);
}

/// Checksums are made to fit, as they do for who alters a file with intent: what is then read must still be safe to ask,
/// whatever it answers.
#[test]
fn altered_binary_models_whose_checksums_fit_are_read_or_refused() {
    fuzz(2000, &samples(), |bytes| read(&with_checksums(bytes)));
}

/// The layout is that of `src/binary/header.rs`: 64 bytes, 24 for each section, a checksum at the end of a line of 64.
fn with_checksums(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let number = |out: &[u8], at: usize| {
        out.get(at..at + 8).map(|b| u64::from_le_bytes(b.try_into().expect("eight bytes")) as usize)
    };
    let Some(sections) = number(&out, 20).map(|n| n as u32 as usize).filter(|n| *n < 256) else { return out };
    let end = (64 + 24 * sections + 8).next_multiple_of(64);
    if end > out.len() {
        return out;
    }
    let length = out.len() as u64;
    out[40..48].copy_from_slice(&length.to_le_bytes());
    for i in 0..sections {
        let at = 64 + 24 * i;
        let (Some(from), Some(len)) = (number(&out, at), number(&out, at + 8)) else { continue };
        let to = from.saturating_add(len).checked_next_multiple_of(64).unwrap_or(usize::MAX);
        if let Some(section) = out.get(from..to) {
            let hashes: Vec<u8> =
                section.chunks(1 << 20).flat_map(|piece| hash::word(piece).to_le_bytes()).collect();
            let sum = hash::word(&hashes).to_le_bytes();
            out[at + 16..at + 24].copy_from_slice(&sum);
        }
    }
    let sum = hash::word(&out[..end - 8]).to_le_bytes();
    out[end - 8..end].copy_from_slice(&sum);
    out
}
