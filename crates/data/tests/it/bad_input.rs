//! Bad tables: each is refused with what was found, where and what to do, or read with a note that says what was done.

use gyeol_data::{ReadOptions, Readings, Role, Roles, Table, profile, read, read_bytes, write};

fn options() -> ReadOptions {
    ReadOptions::default()
}

fn table(text: &str) -> Table {
    read_bytes("t.csv", text.as_bytes(), &options()).unwrap()
}

/// The error's code, row and words.
fn refused(bytes: &[u8], options: &ReadOptions) -> (&'static str, Option<usize>, String) {
    let e = read_bytes("t.csv", bytes, options).unwrap_err();
    let row = e.fault().row;
    let words = e.to_string();
    assert!(words.contains("Likely cause: ") && words.contains("Next: "), "{words}");
    assert!(words.starts_with("t.csv"), "the file is not named: {words}");
    (e.code(), row, words)
}

fn code(bytes: &[u8]) -> &'static str {
    refused(bytes, &options()).0
}

fn hours(n: usize, value: impl Fn(usize) -> String) -> String {
    let mut text = String::from("time,load\n");
    for i in 0..n {
        text += &format!("2024-01-{:02} {:02}:00,{}\n", 1 + i / 24, i % 24, value(i));
    }
    text
}

#[test]
fn an_empty_file_is_refused() {
    for bytes in [&b""[..], b"\n\n", b"   \r\n", b"\xef\xbb\xbf", b"\xff\xfe"] {
        assert_eq!(code(bytes), "empty-file", "{bytes:?}");
    }
}

#[test]
fn a_header_alone_is_refused() {
    assert_eq!(code(b"time,load\n"), "header-only");
    assert_eq!(code(b"time,load"), "header-only");
}

#[test]
fn a_ragged_row_is_named() {
    let mut text = hours(30, |i| i.to_string());
    text += "2024-01-02 06:00,1,2\n";
    let (code, row, words) = refused(text.as_bytes(), &options());
    assert_eq!((code, row), ("ragged-row", Some(32)));
    assert!(words.contains("3 cells where the header has 2"), "{words}");
    let short = hours(30, |i| i.to_string()) + "2024-01-02 06:00\n";
    assert_eq!(refused(short.as_bytes(), &options()).1, Some(32));
}

#[test]
fn an_open_quotation_mark_is_suspected() {
    let text = hours(5, |i| if i == 2 { "\"3".into() } else { i.to_string() });
    let (code, row, _) = refused(text.as_bytes(), &options());
    assert_eq!((code, row), ("open-quote", Some(4)));
}

#[test]
fn nan_and_infinite_texts_are_missing_and_infinite() {
    let t = table(&hours(40, |i| match i {
        3 => "NaN".into(),
        4 => "inf".into(),
        5 => "-Infinity".into(),
        6 => "NA".into(),
        _ => "1.5".into(),
    }));
    let load = t.numbers("load").unwrap();
    assert!(load[3].is_nan() && load[6].is_nan());
    assert_eq!((load[4], load[5]), (f64::INFINITY, f64::NEG_INFINITY));
    let note = t.source().notes.iter().find(|n| n.code == "infinite").unwrap();
    assert_eq!((note.row, note.count), (Some(6), 2));
    let e = Readings::from_table(&t, &Roles::guess(&t)).unwrap_err();
    assert_eq!((e.code(), e.fault().row), ("infinite-reading", Some(6)));
}

#[test]
fn two_time_columns_are_one_clock_and_a_note() {
    let mut text = String::from("from,to,load\n");
    for i in 0..48 {
        text += &format!("2024-01-{:02} {:02}:00,2024-01-{:02},{i}\n", 1 + i / 24, i % 24, 1 + i / 24);
    }
    let t = table(&text);
    let roles = Roles::guess(&t);
    assert_eq!((roles.time(), roles.get("to")), (Some("from"), Role::Ignored));
    let p = profile::profile(&t, &roles, None).unwrap();
    assert!(p.warnings.iter().any(|w| w.code == "second-time" && w.column.as_deref() == Some("to")));
    let mut both = roles.clone();
    both.set("to", Role::Time);
    let e = Readings::from_table(&t, &both).unwrap_err();
    assert_eq!(e.code(), "two-columns-one-role");
    assert!(e.to_string().contains("from, to"), "{e}");
}

#[test]
fn unsorted_repeated_and_missing_stamps_name_row_and_remedy() {
    for (swap, code, remedy) in [
        ("2024-01-01 01:00", "repeated-stamp", "deduplicate"),
        ("2023-12-31 22:00", "unsorted-stamps", "sort"),
        ("2024-01-01 03:00", "gap-in-clock", "regular-clock"),
        ("2024-01-01 02:10", "irregular-stamp", "regular-clock"),
    ] {
        let text = hours(30, |i| i.to_string()).replace("2024-01-01 02:00", swap);
        let t = table(&text);
        let e = Readings::from_table(&t, &Roles::guess(&t)).unwrap_err();
        assert_eq!((e.code(), e.fault().row), (code, Some(4)), "{e}");
        assert!(e.to_string().contains(remedy), "{e}");
    }
}

#[test]
fn a_constant_target_is_warned_of() {
    let t = table(&hours(60, |_| "7".into()));
    let mut roles = Roles::guess(&t);
    roles.set("load", Role::Target);
    let p = profile::profile(&t, &roles, None).unwrap();
    assert!(p.warnings.iter().any(|w| w.code == "constant-target"));
}

#[test]
fn bytes_that_do_not_decode_are_placed() {
    let mut bytes = "time,load,마을\n2024-01-01 00:00,1,서울\n2024-01-01 01:00,2,부산\n2024-01-01 02:00,3,대"
        .as_bytes()
        .to_vec();
    bytes.pop();
    let (code, row, words) = refused(&bytes, &options());
    assert_eq!((code, row), ("undecodable-bytes", Some(4)), "{words}");
    let wrong = ReadOptions { encoding: Some("utf-8".into()), ..options() };
    let latin = b"zeit,last\n2024-01-01 00:00,\xfc\n";
    assert_eq!((refused(latin, &wrong).0, refused(latin, &wrong).1), ("undecodable-bytes", Some(2)));
    let unknown = ReadOptions { encoding: Some("klingon".into()), ..options() };
    assert_eq!(refused(b"a,b\n1,2\n", &unknown).0, "unknown-encoding");
}

#[test]
fn nul_bytes_and_binary_are_refused() {
    let (code, row, _) = refused(b"time,load\n2024-01-01,1\n2024-01-02,\0\n", &options());
    assert_eq!((code, row), ("nul-bytes", Some(3)));
    let binary: Vec<u8> = (0..4000u32).map(|i| (i * 7919 % 251) as u8).collect();
    assert!(read_bytes("t.csv", &binary, &options()).is_err());
    assert_eq!(self::code(b"PK\x03\x04 and more"), "unknown-format");
}

#[test]
fn limits_hold_before_memory_is_taken() {
    let cell = format!("time,load\n2024-01-01,{}\n", "9".repeat(2 << 20));
    let (code, row, words) = refused(cell.as_bytes(), &options());
    assert_eq!((code, row), ("huge-cell", Some(2)), "{words}");
    let wide = format!("{}\n", ["a"; 5000].join(","));
    assert_eq!(self::code(wide.as_bytes()), "too-many-columns");
    let few = ReadOptions { max_rows: 10, ..options() };
    assert_eq!(refused(hours(30, |i| i.to_string()).as_bytes(), &few).0, "too-many-rows");
    let small = ReadOptions { max_bytes: 100, ..options() };
    assert_eq!(refused(hours(30, |i| i.to_string()).as_bytes(), &small).0, "too-many-bytes");
}

#[test]
fn a_small_archive_that_unpacks_to_an_enormous_file_is_stopped() {
    use std::io::Write;
    let zeros = vec![b'1'; 8 << 20];
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gz.write_all(&zeros).unwrap();
    let limit = ReadOptions { max_bytes: 1 << 20, ..options() };
    assert_eq!(refused(&gz.finish().unwrap(), &limit).0, "too-many-bytes");
    assert_eq!(refused(&zstd::bulk::compress(&zeros, 3).unwrap(), &limit).0, "too-many-bytes");
}

#[test]
fn a_truncated_archive_or_parquet_is_refused() {
    use std::io::Write;
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(hours(200, |i| i.to_string()).as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    assert_eq!(code(&gz[..gz.len() / 2]), "broken-archive");
    assert_eq!(code(b"PAR1 and nothing else PAR1"), "broken-columnar");
    assert_eq!(code(b"ARROW1\0\0 and nothing else"), "broken-columnar");
}

#[test]
fn a_missing_file_and_a_folder_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    assert_eq!(read(&path("none.csv"), &options()).unwrap_err().code(), "io");
    assert_eq!(read(&path(""), &options()).unwrap_err().code(), "empty-folder");
}

#[test]
fn nothing_is_left_behind_where_writing_fails() {
    let folder = tempfile::tempdir().unwrap();
    let t = table(&hours(30, |i| i.to_string()));
    let inside = folder.path().join("no such folder/out.csv").display().to_string();
    assert_eq!(write(&inside, &t).unwrap_err().code(), "io");
    assert_eq!(write(&folder.path().display().to_string(), &t).unwrap_err().code(), "a-folder");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn few_bad_cells_are_missing_and_many_make_a_text() {
    let t = table(&hours(100, |i| if i == 7 { "defekt".into() } else { i.to_string() }));
    assert!(t.numbers("load").unwrap()[7].is_nan());
    let note = t.source().notes.iter().find(|n| n.code == "not-numbers").unwrap();
    assert_eq!((note.row, note.count), (Some(9), 1));
    let t = table(&hours(100, |i| if i % 4 == 0 { "defekt".into() } else { i.to_string() }));
    let e = t.numbers("load").unwrap_err();
    assert_eq!(e.code(), "wrong-kind");
    assert!(e.to_string().contains("defekt"), "{e}");
}

#[test]
fn a_column_that_is_not_there_names_the_nearest() {
    let e = table(&hours(30, |i| i.to_string())).numbers("laod").unwrap_err().to_string();
    assert!(e.contains("'load'"), "{e}");
}

#[test]
fn broken_bytes_never_panic() {
    // Every prefix and a thousand changed bytes of one file of each kind.
    let folder = tempfile::tempdir().unwrap();
    let t = table(&hours(60, |i| format!("{}.5", i * 37 % 11)));
    let mut seeds: Vec<Vec<u8>> = vec![
        hours(20, |i| format!("{i}.25")).into_bytes(),
        "Zeit;Last\r\n\"01.02.2024 00:00\";1.234,5\r\n02.02.2024 24:00;-7\r\n".as_bytes().to_vec(),
    ];
    for ending in ["parquet", "arrow", "csv.gz", "csv.zst"] {
        let path = folder.path().join(format!("t.{ending}"));
        write(&path.display().to_string(), &t).unwrap();
        seeds.push(std::fs::read(path).unwrap());
    }
    let small = ReadOptions { max_bytes: 4 << 20, max_rows: 100_000, ..options() };
    let try_all = |bytes: &[u8]| {
        if let Ok(t) = read_bytes("x", bytes, &small) {
            let roles = Roles::guess(&t);
            let _ = Readings::from_table(&t, &roles);
            if let Ok(p) = profile::profile(&t, &roles, None) {
                serde_json::to_string(&p).unwrap();
            }
        }
    };
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    // The columnar readers may panic inside; that is caught, but its message need not be seen.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        for seed in &seeds {
            for end in (0..seed.len()).step_by(seed.len() / 150 + 1) {
                try_all(&seed[..end]);
            }
            for _ in 0..300 {
                let mut bytes = seed.clone();
                for _ in 0..1 + random() % 4 {
                    let at = random() % bytes.len();
                    bytes[at] = random() as u8;
                }
                try_all(&bytes);
            }
        }
    }));
    std::panic::set_hook(hook);
    assert!(outcome.is_ok());
}
