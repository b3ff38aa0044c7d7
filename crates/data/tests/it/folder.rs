//! Folders of files as one table.

use std::fs;
use std::path::Path;

use gyeol_data::{ColumnData, ReadOptions, Table, read, write};

fn part(from: i64, rows: i64) -> Table {
    let hour = |i: i64| Some(1_700_000_000_000 / 3_600_000 * 3_600_000 + i * 3_600_000);
    Table::from_columns(vec![
        ("time".into(), ColumnData::Time((from..from + rows).map(hour).collect())),
        ("load".into(), ColumnData::Number((from..from + rows).map(|i| i as f64 + 0.5).collect())),
    ])
    .unwrap()
}

fn put(folder: &Path, name: &str, table: &Table) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    write(path.to_str().unwrap(), table).unwrap();
}

fn folder(path: &Path) -> gyeol_data::Result<Table> {
    read(path.to_str().unwrap(), &ReadOptions::default())
}

#[test]
fn files_of_a_folder_are_one_table_in_the_order_of_their_numbers() {
    let dir = tempfile::tempdir().unwrap();
    for (name, from) in [("part-10.parquet", 100), ("part-2.parquet", 50), ("part-1.parquet", 0)] {
        put(dir.path(), name, &part(from, 50));
    }
    fs::write(dir.path().join("_SUCCESS"), "").unwrap();
    fs::write(dir.path().join(".hidden.csv"), "a,b\n1,2\n").unwrap();
    fs::write(dir.path().join("readme.md"), "what this is").unwrap();
    let table = folder(dir.path()).unwrap();
    assert_eq!(table.numbers("load").unwrap(), (0..150).map(|i| f64::from(i) + 0.5).collect::<Vec<_>>());
    assert_eq!(table.times("time").unwrap(), part(0, 150).times("time").unwrap());
    assert!(table.source().format.starts_with("3 files"), "{}", table.source().format);
    assert!(table.source().notes.iter().any(|n| n.code == "files-passed-over" && n.count == 1));
    // The digest is that of what sha256sum prints of the files in this order.
    let line = |name: &str| {
        let bytes = fs::read(dir.path().join(name)).unwrap();
        format!("{}  {name}\n", gyeol_base::digest::sha256(&bytes))
    };
    let list = line("part-1.parquet") + &line("part-2.parquet") + &line("part-10.parquet");
    assert_eq!(table.source().sha256, gyeol_base::digest::sha256(list.as_bytes()));
    // One altered byte of one file is another digest.
    put(dir.path(), "part-2.parquet", &part(51, 50));
    assert_ne!(folder(dir.path()).unwrap().source().sha256, table.source().sha256);
}

#[test]
fn folders_with_an_equals_sign_are_columns() {
    let dir = tempfile::tempdir().unwrap();
    for (name, from) in [
        ("year=2023/meter=a%20b/x.csv", 0),
        ("year=2023/meter=c/x.csv", 10),
        ("year=2024/meter=a%20b/x.csv", 20),
    ] {
        put(dir.path(), name, &part(from, 10));
    }
    let table = folder(dir.path()).unwrap();
    let years: Vec<Option<i64>> = table.integers("year").unwrap();
    assert_eq!((table.rows(), years[0], years[29]), (30, Some(2023), Some(2024)));
    let meters = table.texts("meter").unwrap();
    assert_eq!((meters[0].as_deref(), meters[10].as_deref()), (Some("a b"), Some("c")));
    put(dir.path(), "load=3/x.csv", &part(0, 10));
    let error = folder(dir.path()).unwrap_err();
    assert_eq!((error.code(), error.fault().column.as_deref()), ("two-columns", Some("load")));
}

#[test]
fn what_does_not_go_together_is_named_with_its_file_and_column() {
    let refused = |name: &str, text: &str, column: &str, words: &str| {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.csv"), "time,load\n2024-01-01 00:00,1\n2024-01-01 01:00,2\n").unwrap();
        fs::write(dir.path().join(name), text).unwrap();
        let error = folder(dir.path()).unwrap_err();
        let fault = error.fault();
        assert_eq!((error.code(), fault.column.as_deref()), ("other-columns", Some(column)), "{error}");
        assert!(fault.file.as_deref().is_some_and(|f| f.ends_with(name)), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    };
    refused("b.csv", "time,power\n2024-01-01 02:00,1\n", "power", "has 'power'");
    refused("b.csv", "time\n2024-01-01 02:00\n2024-01-01 03:00\n", "load", "this file has not");
    refused("b.csv", "time,load\n2024-01-01 02:00,high\n2024-01-01 03:00,low\n", "load", "text");
    // Whole numbers beside others, and a column that is empty for a while, go together.
    let dir = tempfile::tempdir().unwrap();
    for (name, cells) in [("a.csv", ["1", "2"]), ("b.csv", ["", ""]), ("c.csv", ["2.5", "3"])] {
        let day = name.as_bytes()[0] - b'a' + 1;
        let text =
            format!("time,load\n2024-01-{day:02} 00:00,{}\n2024-01-{day:02} 01:00,{}\n", cells[0], cells[1]);
        fs::write(dir.path().join(name), text).unwrap();
    }
    let load = folder(dir.path()).unwrap().numbers("load").unwrap();
    assert_eq!((load[0], load[1], load[4], load[5]), (1.0, 2.0, 2.5, 3.0));
    assert!(load[2].is_nan() && load[3].is_nan());
}

#[test]
fn limits_count_for_the_folder_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    (0..4).for_each(|i| put(dir.path(), &format!("{i}.csv"), &part(i * 100, 100)));
    let path = dir.path().to_str().unwrap();
    let of = |options: ReadOptions| read(path, &options).unwrap_err().code().to_owned();
    let one = fs::metadata(dir.path().join("0.csv")).unwrap().len();
    assert_eq!(of(ReadOptions { max_bytes: 3 * one, ..Default::default() }), "too-many-bytes");
    assert_eq!(of(ReadOptions { max_rows: 350, ..Default::default() }), "too-many-rows");
    assert_eq!(of(ReadOptions { max_memory: 9_000, ..Default::default() }), "too-much-memory");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(folder(empty.path()).unwrap_err().code(), "empty-folder");
}
