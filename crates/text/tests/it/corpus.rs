//! Reading corpora: forms, encodings, blocks, and broken files.

use std::io::Write;

use gyeol_tensor::Pool;
use gyeol_text::corpus::{Corpus, CorpusOptions, Format, Invalid, Unit};

fn read(path: &str, options: CorpusOptions) -> gyeol_text::Result<Vec<(String, Option<String>, u64)>> {
    let corpus = Corpus::open(path, options)?;
    let mut documents = Vec::new();
    corpus.each(|d| {
        assert_eq!(d.number as usize, documents.len());
        documents.push((d.text.to_owned(), d.label.map(str::to_owned), d.line));
        Ok(())
    })?;
    // The parallel way gives the same, on any number of threads.
    for threads in [1, 2, 5] {
        let mut again = Vec::new();
        let totals = corpus.map(
            &Pool::new(threads),
            |_, block| {
                let own = |d: gyeol_text::corpus::Document<'_>| {
                    (d.text.to_owned(), d.label.map(str::to_owned), d.line)
                };
                block.documents().map(own).collect::<Vec<_>>()
            },
            |first, documents| {
                assert_eq!(first as usize, again.len());
                again.extend(documents);
                Ok(())
            },
        )?;
        assert_eq!(again, documents);
        assert_eq!(totals.documents as usize, documents.len());
    }
    Ok(documents)
}

fn texts(path: &str, options: CorpusOptions) -> Vec<String> {
    read(path, options).unwrap().into_iter().map(|d| d.0).collect()
}

fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path.display().to_string())
}

fn small() -> CorpusOptions {
    CorpusOptions { block_bytes: 16, ..CorpusOptions::default() }
}

#[test]
fn a_document_a_line_with_empty_ones_kept() {
    let (_f, path) =
        file("a.txt", "first line\n\nthird, longer than a block of sixteen bytes\r\n마지막 줄".as_bytes());
    let got = read(&path, small()).unwrap();
    let lines: Vec<(&str, u64)> = got.iter().map(|d| (d.0.as_str(), d.2)).collect();
    assert_eq!(
        lines,
        [("first line", 1), ("", 2), ("third, longer than a block of sixteen bytes", 3), ("마지막 줄", 4)]
    );
    let (_f, path) = file("b.txt", b"");
    assert!(texts(&path, small()).is_empty());
    let (_f, path) = file("c.txt", b"\n\n");
    assert_eq!(texts(&path, small()), ["", ""]);
}

#[test]
fn paragraphs_and_whole_files() {
    let (_f, path) = file("a.txt", b"one\ntwo\n\n \nthree\n\n\nfour, which goes on\nand on\n");
    let paragraphs = CorpusOptions { unit: Some(Unit::Paragraph), ..small() };
    let got = read(&path, paragraphs).unwrap();
    let lines: Vec<(&str, u64)> = got.iter().map(|d| (d.0.as_str(), d.2)).collect();
    assert_eq!(lines, [("one\ntwo", 1), ("three", 5), ("four, which goes on\nand on", 8)]);
    let whole = CorpusOptions { unit: Some(Unit::File), ..small() };
    assert_eq!(texts(&path, whole).len(), 1);
}

#[test]
fn csv_with_line_ends_in_quotes_cut_at_any_size() {
    let csv = "id,text,label\r\n1,\"a \"\"quoted\"\"\nline, two\",pos\r\n2,plain 5\" disk,neg\n3,\"\",neg\n4,\"x\n\n\ny\",pos\n";
    let (_f, path) = file("a.csv", csv.as_bytes());
    let whole = read(&path, CorpusOptions::default()).unwrap();
    let of: Vec<(&str, &str)> = whole.iter().map(|d| (d.0.as_str(), d.1.as_deref().unwrap())).collect();
    assert_eq!(
        of,
        [("a \"quoted\"\nline, two", "pos"), ("plain 5\" disk", "neg"), ("", "neg"), ("x\n\n\ny", "pos")]
    );
    assert_eq!(whole.iter().map(|d| d.2).collect::<Vec<_>>(), [2, 4, 5, 6]);
    for block_bytes in 1..csv.len() {
        let options = CorpusOptions { block_bytes, ..CorpusOptions::default() };
        assert_eq!(read(&path, options).unwrap(), whole, "blocks of {block_bytes}");
    }
}

#[test]
fn tsv_takes_quotes_as_characters() {
    let (_f, path) = file("a.tsv", "id\tdocument\tlabel\n1\t\"\"정말\"\" 좋다\t1\n2\t\t0\n".as_bytes());
    let got = read(&path, CorpusOptions::default()).unwrap();
    assert_eq!(got[0], ("\"\"정말\"\" 좋다".into(), Some("1".into()), 2));
    assert_eq!(got[1].0, "");
}

#[test]
fn json_lines_with_keys_found_or_named() {
    let json = "{\"id\":1,\"text\":\"caf\\u00e9 \\ud83d\\ude00\",\"label\":3}\n\n{\"label\":true,\"text\":\"x\",\"more\":{\"text\":[1]}}\n";
    let (_f, path) = file("a.jsonl", json.as_bytes());
    let got = read(&path, small()).unwrap();
    assert_eq!(got[0], ("café 😀".into(), Some("3".into()), 1));
    assert_eq!(got[1], ("x".into(), Some("true".into()), 3));
    let wrong = CorpusOptions { text: Some("body".into()), ..small() };
    let message = read(&path, wrong).unwrap_err().to_string();
    assert!(message.contains("no column 'body'") && message.contains("'text'"), "{message}");
}

#[test]
fn folders_are_classes() {
    let folder = tempfile::tempdir().unwrap();
    for (class, name, text) in [("b", "2.txt", "last"), ("a", "1.txt", "one\nfile"), ("a", "0.txt", "zero")] {
        std::fs::create_dir_all(folder.path().join(class)).unwrap();
        std::fs::write(folder.path().join(class).join(name), text).unwrap();
    }
    let path = folder.path().display().to_string();
    let got = read(&path, CorpusOptions::default()).unwrap();
    let of: Vec<(&str, &str)> = got.iter().map(|d| (d.0.as_str(), d.1.as_deref().unwrap())).collect();
    assert_eq!(of, [("zero", "a"), ("one\nfile", "a"), ("last", "b")]);
    std::fs::write(folder.path().join("README"), "loose").unwrap();
    assert_eq!(read(&path, CorpusOptions::default()).unwrap_err().code(), "mixed-folder");
}

#[test]
fn compressed_and_encoded() {
    let text = "버스를 탔다\n바람이 불었다\n전력 수요가 늘었다\n".repeat(40);
    let lines: Vec<&str> = text.lines().collect();
    let (euc, _, _) = encoding_rs::EUC_KR.encode(&text);
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let marked = ["\u{feff}".as_bytes(), text.as_bytes()].concat();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(text.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    let zst = zstd::encode_all(text.as_bytes(), 3).unwrap();
    for (name, bytes) in [
        ("euc.txt", &euc[..]),
        ("u16.txt", &utf16),
        ("bom.txt", &marked),
        ("a.txt.gz", &gz),
        ("a.txt.zst", &zst),
    ] {
        let (_f, path) = file(name, bytes);
        assert_eq!(texts(&path, small()), lines, "{name}");
    }
    let (_f, path) = file("euc.txt", &euc);
    let corpus = Corpus::open(&path, small()).unwrap();
    corpus.each(|_| Ok(())).unwrap();
    assert!(corpus.notes()[0].contains("EUC-KR"), "{:?}", corpus.notes());
    let (_f, path) = file("cut.txt.gz", &gz[..gz.len() / 2]);
    assert_eq!(read(&path, small()).unwrap_err().code(), "broken-archive");
}

#[test]
fn bytes_that_are_no_text_are_named() {
    let mut bytes = "한 줄\n두 줄, 조금 더 긴 것\n셋".repeat(9).into_bytes();
    let at = 70;
    bytes.insert(at, 0xff);
    let (_f, path) = file("a.txt", &bytes);
    let error = read(&path, small()).unwrap_err();
    let message = error.to_string();
    let line = 1 + bytes[..at].iter().filter(|&&b| b == b'\n').count();
    assert_eq!(error.code(), "undecodable-bytes");
    assert!(message.contains(&format!("byte {at}")) && message.contains(&format!("row {line}")), "{message}");
    let got = texts(&path, CorpusOptions { invalid: Invalid::Replace, ..small() });
    assert!(got.iter().any(|t| t.contains('\u{fffd}')));

    let (_f, path) = file("nul.txt", b"good\nb\0d\n");
    let error = read(&path, small()).unwrap_err();
    assert_eq!(error.code(), "nul-bytes");
    assert!(error.to_string().contains("row 2"), "{error}");
    assert_eq!(texts(&path, CorpusOptions { invalid: Invalid::Replace, ..small() })[1], "b d");

    // A lone half of a surrogate pair, as an escape and as bytes.
    let (_f, path) = file("lone.jsonl", b"{\"text\":\"fine\"}\n{\"text\":\"\\ud800 x\"}\n");
    let error = read(&path, small()).unwrap_err();
    assert!(error.to_string().contains("surrogate") && error.to_string().contains("row 2"), "{error}");
    let (_f, path) = file("lone.txt", b"some text\n\xed\xa0\x80 more text\n");
    let options = CorpusOptions { encoding: Some("utf-8".into()), ..small() };
    assert_eq!(read(&path, options).unwrap_err().code(), "undecodable-bytes");
}

#[test]
fn broken_tables_are_named_by_row() {
    for (name, bytes, code, place) in [
        ("a.csv", "id,text\n1,x\n2\n", "ragged-row", "row 3"),
        ("b.csv", "", "empty-file", "b.csv"),
        ("c.csv", "a,b\n1,2\n", "no-text-column", "'a', 'b'"),
        ("d.jsonl", "{\"text\":\"x\"}\n{\"text\":\n", "broken-json", "row 2"),
        ("e.jsonl", "{\"text\":\"x\"}\n{\"text\":[1]}\n", "not-text", "row 2"),
        ("f.jsonl", "{\"text\":\"x\"}\n{\"other\":\"y\"}\n", "missing-key", "row 2"),
        ("h.pdf", "%PDF-1.7 ....", "unknown-format", "pdftotext"),
        #[cfg(feature = "columnar")]
        ("i.parquet", "PAR1 not really", "broken-columnar", "i.parquet"),
    ] {
        let (_f, path) = file(name, bytes.as_bytes());
        let error = read(&path, CorpusOptions::default()).unwrap_err();
        assert_eq!(error.code(), code, "{name}: {error}");
        assert!(error.to_string().contains(place), "{name}: {error}");
    }
}

#[test]
fn a_line_beyond_the_limit_is_refused_not_loaded() {
    let (_f, path) = file("long.txt", &[&b"short\n"[..], &vec![b'x'; 3 << 20]].concat());
    let options = CorpusOptions { max_document_bytes: 1 << 20, ..CorpusOptions::default() };
    let error = read(&path, options).unwrap_err();
    assert_eq!(error.code(), "document-too-long");
    assert!(error.to_string().contains("row 2"), "{error}");
    assert_eq!(texts(&path, CorpusOptions::default()).len(), 2);
    let (_f, path) =
        file("open.csv", &[&b"id,text\n1,\"never closed\n"[..], &b"2,x\n".repeat(1 << 19)].concat());
    let options = CorpusOptions { max_document_bytes: 1 << 20, ..small() };
    assert!(read(&path, options).unwrap_err().to_string().contains("quote"));
}

#[cfg(not(feature = "columnar"))]
#[test]
fn a_build_without_parquet_says_so_when_a_file_is_opened() {
    let (folder, path) = file("a.parquet", b"PAR1");
    let refused = |path: &str, options| Corpus::open(path, options).unwrap_err();
    let arrow = CorpusOptions { format: Some(Format::Arrow), ..CorpusOptions::default() };
    let whole = folder.path().display().to_string();
    for error in [
        refused(&path, CorpusOptions::default()),
        refused(&whole, CorpusOptions::default()),
        refused("-", arrow),
    ] {
        assert_eq!(error.code(), "no-columnar");
        assert!(error.to_string().contains("Next: compile it with --features columnar"), "{error}");
    }
}

#[cfg(feature = "columnar")]
#[test]
fn parquet_and_arrow_give_what_csv_gives() {
    let csv = "n,document,label\n1,버스를 탔다,1\n2,\"two\nlines\",0\n3,,1\n";
    let (folder, path) = file("a.csv", csv.as_bytes());
    let expected = read(&path, CorpusOptions::default()).unwrap();
    let table = gyeol_data::read(&path, &gyeol_data::ReadOptions::default()).unwrap();
    for name in ["a.parquet", "a.arrow"] {
        let other = folder.path().join(name).display().to_string();
        gyeol_data::write(&other, &table).unwrap();
        let got = read(&other, CorpusOptions::default()).unwrap();
        let pairs = |d: &[(String, Option<String>, u64)]| -> Vec<(String, String)> {
            d.iter()
                .map(|(t, l, _)| (t.clone(), l.clone().unwrap().trim_end_matches(".0").to_owned()))
                .collect()
        };
        assert_eq!(pairs(&got), pairs(&expected), "{name}");
    }
}

#[test]
fn kinds_are_told_by_name() {
    use gyeol_text::corpus::format_of;
    for (name, format) in [
        ("a.csv.gz", Format::Csv),
        ("b.TSV", Format::Tsv),
        ("c.ndjson.zst", Format::JsonLines),
        ("d.htm", Format::Html),
        ("e", Format::Text),
        ("wiki.train.tokens.gz", Format::Text),
    ] {
        assert_eq!(format_of(name), format, "{name}");
    }
}

#[test]
fn pages_give_their_words() {
    let page = "<!doctype html><html><head><title>Load</title><style>p{color:red}</style><script>if (a<b) x();</script></head>\n<body><p>Caf&eacute; &amp; bar</p><!-- no --><p>둘째 문단</p></body></html>";
    let (_f, path) = file("a.html", page.as_bytes());
    let got = texts(&path, CorpusOptions::default());
    assert_eq!(got.len(), 1);
    let words: Vec<&str> = got[0].split_whitespace().collect();
    assert_eq!(words, ["Load", "Café", "&", "bar", "둘째", "문단"]);
}
