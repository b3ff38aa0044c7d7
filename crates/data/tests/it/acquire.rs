//! Files as meters and spreadsheets write them.

use gyeol_data::{ColumnKind, ReadOptions, Readings, Role, Roles, Table, read, read_bytes, write};

fn get(bytes: &[u8], options: ReadOptions) -> Table {
    read_bytes("t.csv", bytes, &options).unwrap()
}

fn plain(text: &str) -> Table {
    get(text.as_bytes(), ReadOptions::default())
}

fn stamps(t: &Table, name: &str) -> Vec<String> {
    t.texts(name).unwrap().into_iter().map(|x| x.unwrap_or_default()).collect()
}

fn noted(t: &Table, code: &str) -> bool {
    t.source().notes.iter().any(|n| n.code == code)
}

#[test]
fn a_german_meter_export() {
    let text = "Zählpunkt;DE00123\r\nExport vom;02.01.2024\r\n\r\nZeit;Leistung [kW];Temp °C\r\n\
                01.01.2024 23:30;1.204,5;-3,25\r\n01.01.2024 23:45;998,0;-3,5\r\n01.01.2024 24:00;12,75;-4\r\n";
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    let t = get(&latin, ReadOptions::default());
    assert_eq!(t.numbers("Leistung [kW]").unwrap(), [1204.5, 998.0, 12.75]);
    assert_eq!(t.numbers("Temp °C").unwrap(), [-3.25, -3.5, -4.0]);
    assert_eq!(stamps(&t, "Zeit")[2], "2024-01-02T00:00:00");
    assert!(noted(&t, "lines-before-table"));
    assert_eq!(t.source().format, "CSV, ';' between cells, decimal comma, windows-1252");
    let roles = Roles::guess(&t);
    assert_eq!((roles.time(), roles.targets()), (Some("Zeit"), vec!["Leistung [kW]"]));
    assert_eq!(t.row_number(0), 5);
}

#[test]
fn a_korean_export_in_euc_kr() {
    let text = "일시,전력량(kWh),기온(℃)\n2023년 1월 1일 0시,\"1,003\",3.3\n2023년 1월 1일 1시,\"1,120\",3.1\n\
                2023년 1월 1일 2시,987,2.9\n";
    let (bytes, _, unmappable) = encoding_rs::EUC_KR.encode(text);
    assert!(!unmappable);
    let t = get(&bytes, ReadOptions::default());
    assert!(t.source().format.contains("EUC-KR"), "{}", t.source().format);
    assert_eq!(t.numbers("전력량(kWh)").unwrap(), [1003.0, 1120.0, 987.0]);
    assert_eq!(stamps(&t, "일시")[2], "2023-01-01T02:00:00");
    let roles = Roles::guess(&t);
    assert_eq!(roles.get("전력량(kWh)"), Role::Target);
}

#[test]
fn utf_16_with_and_without_its_mark() {
    let text = "time,load\n2024-01-01 00:00,1.5\n2024-01-01 01:00,2.5\n";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut marked = vec![0xff, 0xfe];
    marked.extend(&wide);
    for bytes in [wide, marked] {
        assert_eq!(get(&bytes, ReadOptions::default()).numbers("load").unwrap(), [1.5, 2.5]);
    }
}

#[test]
fn delimiters_are_found() {
    for d in [',', ';', '\t', '|'] {
        let text = format!("time{d}a{d}b\n2024-01-01{d}1.5{d}\"x{d}y\"\n2024-01-02{d}2.5{d}z\n");
        let t = plain(&text);
        assert_eq!(t.numbers("a").unwrap(), [1.5, 2.5], "{d:?}");
        assert_eq!(t.texts("b").unwrap()[0].as_deref(), Some(format!("x{d}y").as_str()));
    }
    let t = plain("a b c\n1 2 3\n4 5 6\n");
    assert_eq!(t.numbers("b").unwrap(), [2.0, 5.0]);
    // The comma between decimals is not the delimiter.
    let t = plain("a;b\n1,5;2,5\n3,25;4,75\n");
    assert_eq!(t.numbers("b").unwrap(), [2.5, 4.75]);
}

#[test]
fn day_and_month_are_decided_over_the_whole_column() {
    let first = |text: &str| stamps(&plain(text), "d")[0].clone();
    assert_eq!(first("d,x\n1/2/2014,1\n1/13/2014,2\n"), "2014-01-02T00:00:00");
    assert_eq!(first("d,x\n1/2/2014,1\n13/2/2014,2\n"), "2014-02-01T00:00:00");
    // Neither is above 12, but only month first makes a daily clock.
    assert_eq!(first("d,x\n1/2/2014,1\n1/3/2014,2\n1/4/2014,2\n1/5/2014,5\n"), "2014-01-02T00:00:00");
    let t = plain("d,x\n1/1/2014,1\n2/2/2014,2\n3/3/2014,3\n");
    assert!(noted(&t, "ambiguous-dates"));
    let options = ReadOptions { date_format: Some("%d/%m/%Y".into()), ..Default::default() };
    let t = get(b"d,x\n1/2/2014,1\n2/3/2014,2\n", options);
    assert_eq!(stamps(&t, "d")[0], "2014-02-01T00:00:00");
}

#[test]
fn a_date_and_an_hour_become_one_time() {
    let mut text = String::from("Date,Hour,load\n");
    for i in 0..48 {
        text += &format!("2024-01-{:02},{},{}\n", 1 + i / 24, i % 24 + 1, 100 + i);
    }
    let t = plain(&text);
    let names: Vec<&str> = t.columns().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["time", "load"]);
    // Hour 1 ends at 01:00 and is stamped by its beginning; hour 24 stays on its date.
    assert_eq!(stamps(&t, "time")[0], "2024-01-01T00:00:00");
    assert_eq!(stamps(&t, "time")[23], "2024-01-01T23:00:00");
    assert!(noted(&t, "joined-time"));
    let t = plain("day,clock,x\n2024-01-01,00:00,1\n2024-01-01,00:15,2\n2024-01-01,24:00,3\n");
    assert_eq!(stamps(&t, "time")[2], "2024-01-02T00:00:00");
}

#[test]
fn offsets_and_zones() {
    let t = plain("time,load\n2024-03-31T00:00:00Z,1\n2024-03-31T01:00:00Z,2\n");
    assert_eq!(t.source().zone.as_deref(), Some("UTC"));
    let t = plain("time,load\n2024-01-01T09:00:00+09:00,1\n2024-01-01T10:00:00+09:00,2\n");
    assert_eq!(t.source().zone.as_deref(), Some("Etc/GMT-9"));
    assert_eq!(stamps(&t, "time")[0], "2024-01-01T00:00:00");
    let berlin = ReadOptions { zone: Some("Europe/Berlin".into()), ..Default::default() };
    let mut text = String::from("time;load\n");
    for h in ["00:00", "01:00", "03:00", "04:00"] {
        text += &format!("31.03.2024 {h};1,5\n");
    }
    let t = get(text.as_bytes(), berlin.clone());
    let readings = Readings::from_table(&t, &Roles::guess(&t)).unwrap();
    assert_eq!(readings.series[0].clock.local(2).format("%H:%M").to_string(), "03:00");
    let t = get(text.replace("03:00", "02:00").as_bytes(), berlin);
    let note = t.source().notes.iter().find(|n| n.code == "missing-spring-hour").unwrap();
    assert_eq!((note.row, note.count), (Some(4), 1));
    assert_eq!(t.times("time").unwrap()[2], None);
    let nowhere = ReadOptions { zone: Some("Europe/Berln".into()), ..Default::default() };
    let e = read_bytes("t", b"a\n1\n", &nowhere).unwrap_err().to_string();
    assert!(e.contains("Europe/Berlin"), "{e}");
}

#[test]
fn unix_times_and_compact_dates() {
    let t = plain("timestamp,x\n1700000000,1\n1700000900,2\n");
    assert_eq!(stamps(&t, "timestamp")[0], "2023-11-14T22:13:20");
    let t = plain("timestamp,x\n1700000000000,1\n1700000900000,2\n");
    assert_eq!(stamps(&t, "timestamp")[1], "2023-11-14T22:28:20");
    let t = plain("date,x\n2014013100,1\n2014013101,2\n2014013102,2\n");
    assert_eq!(stamps(&t, "date")[1], "2014-01-31T01:00:00");
    let t = plain("t,x\n0,1\n1,2\n2,3\n");
    assert_eq!(t.kind("t"), Some(ColumnKind::Integer));
}

#[test]
fn headers_are_recognised() {
    let t = plain("1,2.5\n2,3.5\n");
    assert_eq!((t.rows(), t.columns()[1].name.as_str()), (2, "column_2"));
    let t = plain("a,a,\n1,2,3\n4,5,6\n");
    let names: Vec<&str> = t.columns().iter().map(|c| c.name.as_str()).collect();
    assert_eq!(names, ["a", "a_2", "column_3"]);
    let t = plain("a;b;\n1;2;\n3;4;\n");
    assert_eq!(t.columns().len(), 2);
}

#[test]
fn what_is_written_is_read_back() {
    let seoul = ReadOptions { zone: Some("Asia/Seoul".into()), ..Default::default() };
    let mut text = String::from("time,meter,load,count,flag\n");
    for i in 0..30 {
        let load = if i == 3 { String::new() } else { format!("{}", 0.1 + i as f64 / 3.0) };
        text += &format!(
            "2024-01-{:02} {:02}:00,\"a,{}\",{load},{i},{}\n",
            1 + i / 24,
            i % 24,
            i % 2,
            i % 3 == 0
        );
    }
    let t = get(text.as_bytes(), seoul.clone());
    let folder = tempfile::tempdir().unwrap();
    for ending in ["csv", "csv.gz", "csv.zst", "parquet", "arrow"] {
        let path = folder.path().join(format!("t.{ending}")).display().to_string();
        write(&path, &t).unwrap();
        let back = read(&path, &seoul).unwrap();
        assert_eq!(back.columns(), t.columns(), "{ending}");
        assert_eq!(back.source().zone.as_deref(), Some("Asia/Seoul"), "{ending}");
        for (a, b) in back.to_columns().into_iter().zip(t.to_columns()) {
            assert_eq!(format!("{a:?}"), format!("{b:?}"), "{ending}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "only the file itself");
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_hash_and_a_size_name_the_source() {
    // Of the three bytes "a\n1": printf 'a\n1' | sha256sum
    let t = plain("a\n1");
    assert_eq!(t.source().bytes, 3);
    assert_eq!(t.source().sha256.len(), 64);
    assert_eq!(t.source().sha256, plain("a\n1").source().sha256);
    assert_ne!(t.source().sha256, plain("a\n2").source().sha256);
}

#[test]
fn parquet_and_feather_as_another_program_writes_them() {
    // Made by tests/fixtures/columnar.py with pyarrow 26.0.1; the feather file is packed with LZ4.
    for bytes in
        [&include_bytes!("../fixtures/meter.parquet")[..], &include_bytes!("../fixtures/meter.feather")[..]]
    {
        let t = get(bytes, ReadOptions::default());
        assert_eq!(t.source().zone.as_deref(), Some("Asia/Seoul"));
        assert_eq!(stamps(&t, "when")[0], "2023-12-31T15:00:00");
        let small = t.numbers("small").unwrap();
        assert_eq!((small[0], small[47]), (0.5, 24.0));
        assert!(t.numbers("load").unwrap()[3].is_nan());
        assert_eq!(t.kind("count"), Some(ColumnKind::Integer));
        assert_eq!(t.texts("site").unwrap()[1].as_deref(), Some("b"));
        assert_eq!(t.kind("flag"), Some(ColumnKind::Boolean));
        assert_eq!(t.kind("nested"), None);
        assert!(noted(&t, "column-passed-over"));
        let roles = Roles::guess(&t);
        assert_eq!((roles.time(), roles.targets()), (Some("when"), vec!["load"]));
        assert_eq!(Readings::from_table(&t, &roles).unwrap().step.label(), "1 h");
    }
}

#[test]
fn options_are_written_as_people_write_them() {
    let o: ReadOptions = serde_json::from_str(r#"{"delimiter": ";", "zone": "Asia/Seoul"}"#).unwrap();
    assert_eq!((o.delimiter, o.max_columns), (Some(b';'), ReadOptions::default().max_columns));
    let tab: ReadOptions = serde_json::from_str(r#"{"delimiter": "tab"}"#).unwrap();
    assert_eq!(serde_json::from_str::<ReadOptions>(&serde_json::to_string(&tab).unwrap()).unwrap(), tab);
    assert!(serde_json::from_str::<ReadOptions>(r#"{"delimiter": ";;"}"#).is_err());
    assert!(serde_json::from_str::<ReadOptions>(r#"{"delimiterr": ";"}"#).is_err());
}

#[test]
fn intervals_and_numbered_columns() {
    let mut text = String::from("\"Time (CET/CEST)\",\"Forecast [MW]\",\"Actual Total Load [MW]\"\n");
    for h in 0..23 {
        text += &format!("\"01.01.2020 {h:02}:00 - 01.01.2020 {:02}:00\",\"1{h}\",\"2{h}\"\n", h + 1);
    }
    let t = plain(&text);
    let roles = Roles::guess(&t);
    assert_eq!((roles.targets(), roles.known()), (vec!["Actual Total Load [MW]"], vec!["Forecast [MW]"]));
    assert_eq!(Readings::from_table(&t, &roles).unwrap().step.label(), "1 h");
    let t = plain("일자,1,2,3\n2024-01-01,5,6,7\n2024-01-02,5,6,7\n");
    assert_eq!((t.rows(), t.columns()[3].name.as_str()), (2, "3"));
}
