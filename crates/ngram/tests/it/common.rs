//! Texts and models that the tests share.

use std::io::Read;
use std::path::PathBuf;

use gyeol_ngram::{
    CorpusOptions, Estimate, Layout, Markers, NgramModel, Options, Smoothing, Source, Tables, estimate,
    read_arpa, write_arpa,
};
use gyeol_tensor::Pool;

pub const SMALL: &str = include_str!("../fixtures/small.txt");

pub fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
    if !name.ends_with(".gz") {
        return bytes;
    }
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut out).expect("gzip");
    out
}

/// As `lmplz` takes a text.
pub fn like_lmplz(order: usize) -> Options {
    Options {
        order,
        corpus: CorpusOptions { markers: Markers::Skip, keep_blank_lines: true, ..CorpusOptions::default() },
        ..Options::default()
    }
}

pub fn made(text: &str, options: &Options) -> Estimate {
    estimate(&mut Source::from_text(text), options, &Pool::new(2), &mut |_| true).expect("an estimate")
}

pub fn smoothed(text: &str, order: usize, smoothing: Smoothing) -> Estimate {
    made(text, &Options { order, smoothing, ..Options::default() })
}

pub fn model(tables: &Tables) -> NgramModel {
    NgramModel::from_tables(tables, Layout::Probing, "{}", &Pool::new(1), &mut |_| true).expect("a model")
}

pub fn arpa_text(tables: &Tables) -> Vec<u8> {
    let mut out = Vec::new();
    write_arpa(tables, &mut out, &Pool::new(2), &mut |_| true).expect("ARPA text");
    out
}

pub fn arpa_tables(text: impl Into<Vec<u8>>) -> Tables {
    read_arpa(&mut Source::from_text(text), &mut |_| true).expect("an ARPA file").0
}

pub fn unpacked(path: &std::path::Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut out = String::new();
    flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_string(&mut out).expect("gzip");
    out
}
