//! Against files that gensim and fastText wrote, bit for bit (`tests/fixtures/pretrained/make.py`), and against damage.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pretrained").join(name)
}

fn read(path: &Path, form: Option<Form>, words: &[&str]) -> Result<Pretrained> {
    Pretrained::read(path, form, words.iter().copied(), &mut |_| true)
}

/// Words with the bits of their numbers.
fn bits(text: &str) -> Vec<(String, Vec<u32>)> {
    let number = |field: &str| u32::from_str_radix(field, 16).unwrap();
    text.lines()
        .map(|line| {
            let mut fields = line.split(' ');
            (fields.next().unwrap().to_owned(), fields.map(number).collect())
        })
        .collect()
}

fn values(name: &str) -> Vec<(String, Vec<u32>)> {
    bits(&std::fs::read_to_string(fixture(name)).unwrap())
}

fn bits_of(vector: Option<&[f32]>) -> Option<Vec<u32>> {
    vector.map(|vector| vector.iter().map(|v| v.to_bits()).collect())
}

#[test]
fn files_of_gensim_give_its_numbers_bit_for_bit_and_keep_what_is_asked_for() {
    let said = values("values.txt");
    let folder = tempfile::tempdir().unwrap();
    let packed = folder.path().join("packed");
    let mut gz = flate2::write::GzEncoder::new(std::fs::File::create(&packed).unwrap(), Default::default());
    gz.write_all(&std::fs::read(fixture("gensim.txt")).unwrap()).unwrap();
    gz.finish().unwrap();
    for (path, form, evidence) in [
        (fixture("gensim.txt"), Form::Word2vec, "'6 5'"),
        (packed, Form::Word2vec, "a line of text each"),
        (fixture("gensim.bin"), Form::Word2vecBinary, "bytes"),
        (fixture("glove.txt"), Form::Glove, "5 numbers each"),
    ] {
        let found = read(&path, None, &["naïve", "missing", "전력", "the", "The"]).unwrap();
        assert_eq!((found.form(), found.words(), found.dimension()), (form, 6, 5), "{path:?}");
        assert!(found.because().contains(evidence), "{}", found.because());
        assert_eq!((found.asked(), found.found(), found.composed()), (5, 3, 0));
        for (place, word) in [(0, "naïve"), (2, "전력"), (3, "the")] {
            let own = said.iter().find(|(name, _)| name == word).map(|(_, bits)| bits.clone());
            assert_eq!(bits_of(found.vector(place)), own, "{path:?} {word}");
        }
        assert_eq!([1, 4, 9].map(|at| found.vector(at)), [None; 3]);
        assert_eq!(Pretrained::dimension_of(&path, None).unwrap(), 5);
        assert_eq!(read(&path, Some(form), &["the"]).unwrap().found(), 1);
    }
}

#[test]
fn models_of_fasttext_give_known_and_unknown_words_its_own_vectors() {
    let all = std::fs::read_to_string(fixture("fasttext.txt")).unwrap();
    for (file, dimension, composed) in [("subword.bin", 6, 6), ("supervised.bin", 4, 0)] {
        let own: String = all
            .lines()
            .filter_map(|line| line.strip_prefix(file))
            .map(|l| l[1..].to_owned() + "\n")
            .collect();
        let own = bits(&own);
        let words: Vec<&str> = own.iter().map(|(word, _)| word.as_str()).chain(["q"]).collect();
        let found = read(&fixture(file), None, &words).unwrap();
        assert_eq!((found.form(), found.dimension(), found.words()), (Form::FastText, dimension, 20));
        for (place, (word, bits)) in own.iter().enumerate() {
            assert_eq!(bits_of(found.vector(place)).as_ref(), Some(bits), "{file} {word}");
        }
        // Of one letter `<q>` is all that there is of n-grams; without n-grams there is nothing.
        assert_eq!(found.vector(own.len()).is_some(), file == "subword.bin");
        assert_eq!(found.composed(), composed, "{file}");
        assert_eq!(Pretrained::dimension_of(&fixture(file), None).unwrap(), dimension);
    }
}

#[test]
fn words_may_hold_blanks_and_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v");
    std::fs::write(
        &path,
        ", 1 2 3\n. . . 0.5 -1e-3 7\nroute 66 1.5 2.5 3.5\n4 4 4 5\nat a@b.c\t9 8 7 \r\n\n",
    )
    .unwrap();
    let words = [". . .", "route 66", "4", "at a@b.c", ","];
    let found = read(&path, None, &words).unwrap();
    assert_eq!((found.form(), found.dimension(), found.words(), found.found()), (Form::Glove, 3, 5, 5));
    assert_eq!(found.vector(0), Some(&[0.5, -1e-3, 7.0][..]));
    assert_eq!(found.vector(1), Some(&[1.5, 2.5, 3.5][..]));
    assert_eq!(found.vector(3), Some(&[9.0, 8.0, 7.0][..]));
}

/// What is said of a file with these bytes.
fn refused(bytes: &[u8], form: Option<Form>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v");
    std::fs::write(&path, bytes).unwrap();
    let error = read(&path, form, &["a", "b"]).expect_err("read");
    format!("{} {}", error.code(), error)
}

#[test]
fn damage_is_said_with_its_place() {
    let says = |text: &str, words: &[&str]| {
        let found = refused(text.as_bytes(), None);
        assert!(words.iter().all(|word| found.contains(word)), "{text:?}: {found}");
    };
    says("", &["not-vectors"]);
    says("hello world\nagain\n", &["not-vectors", "hello world"]);
    says("a 1 2 3\nb 1 2\n", &["other-length", "line 2", "2 numbers where each word has 3"]);
    says("a 1 2 3\nb x 1 2\n", &["other-length", "line 2", "fewer than the 3", "'x'"]);
    says("a 1 2 3\nb 0.5 1 2 3\n", &["other-length", "line 2", "more than the 3"]);
    says("a 1 2 3\nb 1 nan 3\n", &["not-a-number", "line 2", "'nan'"]);
    says("a 1 2 3\nb 1 1e99 3\n", &["not-a-number", "line 2"]);
    says("a 1 2 3\nc 1 2 3\na 1 2 3\n", &["repeated-word", "line 3", "'a'", "line 1"]);
    says("a 1 2 3\n\nb 1 2 3\n", &["other-length", "line 2", "empty line"]);
    says("3 2\na 1 2\nb 3 4\n    \n", &["cut-off", "2 words", "speaks of 3"]);
    says("1 2\na 1 2\nb 3 4\n", &["other-length", "line 3", "first line"]);
    says("0 4\n", &["not-vectors", "0 4"]);
    says("2 99999999\na 1\n", &["not-vectors", "99999999"]);
    says("99999999999 4\na 1 2 3 4\n", &["cut-off", "more than the file has bytes for"]);
    says("PK\u{3}\u{4}", &["not-vectors", "ZIP"]);
    assert!(refused(b"a 1 2 3\n", Some(Form::Word2vec)).contains("two whole numbers"));
    assert!(refused(b"a 1 2 3\n", Some(Form::FastText)).contains("fastText"));
}

#[test]
fn files_that_are_cut_off_or_altered_are_refused_and_none_panics() {
    for name in ["gensim.bin", "subword.bin", "supervised.bin", "gensim.txt"] {
        let whole = std::fs::read(fixture(name)).unwrap();
        // What fastText's output matrix begins with is not read, so that the end of its files may be missing.
        let needed = match name {
            "subword.bin" => whole.len() - (17 + 4 * 6 * 20),
            "supervised.bin" => whole.len() - (17 + 4 * 4 * 2),
            "gensim.bin" => whole.len(),
            _ => whole.len() - 16,
        };
        for at in (0..needed).step_by(7) {
            let found = refused(&whole[..at], None);
            assert!(!found.starts_with("defect"), "{name} up to {at}: {found}");
        }
        // Any byte changed: an error or numbers, nothing worse.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v");
        for at in 0..whole.len().min(400) {
            let mut changed = whole.clone();
            changed[at] ^= 0x91;
            std::fs::write(&path, &changed).unwrap();
            if let Ok(found) = read(&path, None, &["the", "meters"]) {
                assert!((0..2).all(|i| found.vector(i).is_none_or(|v| v.iter().all(|v| v.is_finite()))));
            }
        }
    }
    // The mark of a quantised model stands before the matrix.
    let mut whole = std::fs::read(fixture("supervised.bin")).unwrap();
    let at = whole.len() - (17 + 4 * 4 * 2) - (16 + 4 * 4 * 20) - 1;
    assert_eq!(whole[at], 0);
    whole[at] = 1;
    assert!(refused(&whole, None).starts_with("quantised"));
}

#[test]
fn a_file_that_is_packed_and_cut_off_is_said_and_a_stop_is_heard() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), Default::default());
    gz.write_all(&std::fs::read(fixture("gensim.txt")).unwrap()).unwrap();
    let packed = gz.finish().unwrap();
    let found = refused(&packed[..packed.len() - 30], None);
    assert!(found.starts_with("cut-off") && found.contains("gzip -t"), "{found}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v");
    let line = format!("w {}\n", "0.125 ".repeat(50));
    std::fs::write(&path, line.repeat((18 << 20) / line.len())).unwrap();
    let stopped = Pretrained::read(&path, None, ["a"], &mut |_| false).unwrap_err();
    assert_eq!(stopped.code(), "stopped");
}
