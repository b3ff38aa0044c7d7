//! Kinds of files as people bring them: each is read with its right values, and every guess is said.

use gyeol_data::{ColumnKind, ReadOptions, Roles, Table, read_bytes};

pub fn options() -> ReadOptions {
    ReadOptions::default()
}

pub fn get(text: &str, options: &ReadOptions) -> Table {
    read_bytes("t.csv", text.as_bytes(), options).unwrap_or_else(|e| panic!("{e}"))
}

pub fn plain(text: &str) -> Table {
    get(text, &options())
}

fn fails(text: &str) -> (&'static str, String) {
    let e = read_bytes("t.csv", text.as_bytes(), &options()).unwrap_err();
    (e.code(), e.to_string())
}

/// Moments as ISO text; empty where missing.
fn stamps(t: &Table) -> Vec<String> {
    let roles = Roles::guess(t);
    let time = roles.time().unwrap_or_else(|| panic!("no clock: {:?}", t.columns()));
    assert_eq!(t.kind(time), Some(ColumnKind::Time));
    t.texts(time).unwrap().into_iter().map(Option::unwrap_or_default).collect()
}

fn names(t: &Table) -> Vec<&str> {
    t.columns().iter().map(|c| c.name.as_str()).collect()
}

pub fn noted(t: &Table, code: &str) -> bool {
    t.source().notes.iter().any(|n| n.code == code)
}

/// A load that rises by day and falls by night.
pub fn load(i: usize) -> f64 {
    let hour = i as f64 * std::f64::consts::TAU / 24.0;
    ((1000.0 - 200.0 * hour.cos() + (i * 7 % 11) as f64) * 10.0).round() / 10.0
}

/// Rows of so many hours from 1 January 2024, each made from date, hour and load.
pub fn hours(head: &str, n: usize, row: impl Fn(chrono::NaiveDateTime, f64) -> String) -> String {
    let start = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
    let rows = (0..n).map(|i| row(start + chrono::Duration::hours(i as i64), load(i)));
    std::iter::once(head.to_string()).chain(rows).map(|r| r + "\n").collect()
}

/// The table is hourly from 1 January 2024 and holds the load.
fn is_hourly(text: &str, n: usize, options: &ReadOptions) -> Table {
    let t = get(text, options);
    let head: String = text.lines().take(4).collect::<Vec<_>>().join(" / ");
    let at = stamps(&t);
    assert_eq!(at.len(), n, "{head}: {:?}", t.source().notes);
    assert_eq!((at[0].as_str(), at[1].as_str()), ("2024-01-01T00:00:00", "2024-01-01T01:00:00"), "{head}");
    assert_eq!(
        at[n - 1],
        hours("", n, |t, _| t.format("%Y-%m-%dT%H:%M:%S").to_string()).lines().last().unwrap(),
        "{head}"
    );
    let roles = Roles::guess(&t);
    let target = t.numbers(roles.targets()[0]).unwrap();
    assert!((target[n - 1] - load(n - 1)).abs() < 0.06, "{head}: {} {}", target[n - 1], load(n - 1));
    t
}

#[test]
fn a_date_and_what_counts_through_the_day_become_one_clock() {
    use chrono::Timelike;
    type Row = fn(chrono::NaiveDateTime, f64) -> String;
    let kinds: [(&str, Row); 12] = [
        ("Date,Hr_End,RT_Demand", |t, x| format!("{},{:02},{x}", t.format("%Y-%m-%d"), t.hour() + 1)),
        ("Date,HE,load", |t, x| format!("{},HE{:02},{x}", t.format("%m/%d/%Y"), t.hour() + 1)),
        ("Date,anything,load", |t, x| format!("{},{},{x}", t.format("%Y-%m-%d"), t.hour())),
        ("DeliveryDate,HourEnding,load", |t, x| {
            format!("{},{:02}:00,{x}", t.format("%m/%d/%Y"), t.hour() + 1)
        }),
        ("일자,시간,수요", |t, x| format!("{},{}시,{x}", t.format("%Y년 %m월 %d일"), t.hour() + 1)),
        ("날짜,시간,수요", |t, x| format!("{},{},{x}", t.format("%Y-%m-%d"), t.hour() + 1)),
        ("Date,Time,load", |t, x| format!("{},{:02}00,{x}", t.format("%Y-%m-%d"), t.hour() + 1)),
        ("Date,Time,load", |t, x| format!("{},{},{x}", t.format("%Y-%m-%d 00:00:00"), t.hour())),
        ("Date;span;load", |t, x| {
            format!("{};{:02}:00-{:02}:00;{x}", t.format("%d.%m.%Y"), t.hour(), (t.hour() + 1) % 24)
        }),
        ("Year,Month,Day,Hour,Load", |t, x| format!("{},{},{x}", t.format("%Y,%m,%d"), t.hour())),
        ("year,doy,hour,load", |t, x| format!("{},{},{x}", t.format("%Y,%j"), t.hour())),
        ("date,hour,load", |t, x| format!("{},{}.0,{x}", t.format("%Y%m%d"), t.hour() + 1)),
    ];
    for (head, row) in kinds {
        let t = is_hourly(&hours(head, 24 * 40, row), 24 * 40, &options());
        assert!(noted(&t, "joined-time"), "{head}");
        assert_eq!(names(&t).len(), 2, "{head}: {:?}", names(&t));
    }
}

#[test]
fn a_daily_table_is_not_joined_with_what_looks_like_an_hour() {
    let mut text = String::from("Date,peak_hour,peak\n");
    for day in 0..90 {
        let date = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(day);
        text += &format!("{date},{},{}\n", 1 + day * 7 % 24, 900 + day);
    }
    assert_eq!(names(&plain(&text)), ["Date", "peak_hour", "peak"]);
}

/// Half-hourly periods of London from the days before the clock changes to those after.
fn periods(days: &[(&str, usize)]) -> String {
    let mut text = String::from("SETTLEMENT_DATE,SETTLEMENT_PERIOD,ND\n");
    for (date, n) in days {
        for p in 1..=*n {
            text += &format!("{date},{p},{}\n", 20_000 + p);
        }
    }
    text
}

#[test]
fn periods_count_on_from_local_midnight_through_days_of_changing_clocks() {
    let autumn = periods(&[("2024-10-26", 48), ("2024-10-27", 50), ("2024-10-28", 48)]);
    let spring = periods(&[("2024-03-30", 48), ("2024-03-31", 46), ("2024-04-01", 48)]);
    let london = ReadOptions { zone: Some("Europe/London".into()), ..options() };
    for (text, n, first, last) in [
        (&autumn, 146, "2024-10-25T23:00:00", "2024-10-28T23:30:00"),
        (&spring, 142, "2024-03-30T00:00:00", "2024-04-01T22:30:00"),
    ] {
        let t = get(text, &london);
        let at = t.times("time").unwrap();
        assert_eq!(at.len(), n);
        assert!(at.windows(2).all(|w| w[1].unwrap() - w[0].unwrap() == 1_800_000));
        assert_eq!((stamps(&t)[0].as_str(), stamps(&t)[n - 1].as_str()), (first, last));
        // Without a zone: wall clock times, one hour doubled or left out, and said.
        let t = plain(text);
        let note = t.source().notes.iter().find(|n| n.code == "joined-time").unwrap();
        assert!(note.words.contains("--zone"), "{}", note.words);
        assert_eq!(stamps(&t)[n - 1][11..], *"23:30:00");
        let at: Vec<i64> = t.times("time").unwrap().into_iter().flatten().collect();
        let odd = at.windows(2).filter(|w| w[1] - w[0] != 1_800_000).count();
        assert_eq!(odd, 1);
    }
}

#[test]
fn stamps_in_many_hands() {
    type Row = fn(chrono::NaiveDateTime, f64) -> String;
    let serial = |t: chrono::NaiveDateTime| t.and_utc().timestamp() as f64 / 86_400.0 + 25_569.0;
    let _ = serial;
    let kinds: [(&str, Row); 11] = [
        ("time,load", |t, x| format!("{},{x}", t.and_utc().timestamp())),
        ("time,load", |t, x| format!("{},{x}", t.and_utc().timestamp_millis())),
        ("t0,load", |t, x| format!("{}000,{x}", t.and_utc().timestamp_millis())),
        ("time,load", |t, x| format!("{}000000,{x}", t.and_utc().timestamp_millis())),
        ("time,load", |t, x| format!("{}.0,{x}", t.and_utc().timestamp())),
        ("Date,load", |t, x| format!("{:.10},{x}", t.and_utc().timestamp() as f64 / 86_400.0 + 25_569.0)),
        ("Date,load", |t, x| format!("{:.4},{x}", t.and_utc().timestamp() as f64 / 86_400.0 + 25_569.0)),
        ("Zeit;load", |t, x| {
            let end = t + chrono::Duration::hours(1);
            format!("{}-{};{x}", t.format("%d.%m.%Y %H:%M"), end.format("%H:%M"))
        }),
        ("일시,부하", |t, x| format!("{},{x}", t.format("%y.%m.%d %H:%M"))),
        ("time,load", |t, x| format!("{},{x}", t.format("%Y-%m-%d %H:%M:%S UTC"))),
        ("date time load", |t, x| format!("{}   {x}", t.format("%Y-%m-%d %H:%M"))),
    ];
    for (head, row) in kinds {
        is_hourly(&hours(head, 24 * 40, row), 24 * 40, &options());
    }
}

#[test]
fn marks_of_zones_are_read() {
    let est = plain(&hours("time,load", 50, |t, x| format!("{} EST,{x}", t.format("%Y-%m-%d %H:%M:%S"))));
    assert_eq!(
        (est.source().zone.as_deref(), stamps(&est)[0].as_str()),
        (Some("Etc/GMT+5"), "2024-01-01T05:00:00")
    );
    let kst = plain(&hours("time,load", 50, |t, x| format!("{} KST,{x}", t.format("%Y-%m-%d %H:%M"))));
    assert_eq!(
        (kst.source().zone.as_deref(), stamps(&kst)[0].as_str()),
        (Some("Asia/Seoul"), "2023-12-31T15:00:00")
    );
    // Marks in a column of their own tell the doubled hour apart.
    let mut text = String::from("Time Stamp,Time Zone,Load\n");
    for (hour, mark) in [(0, "EDT"), (1, "EDT"), (1, "EST"), (2, "EST"), (3, "EST")] {
        text += &format!("11/03/2024 {hour:02}:00:00,{mark},{}\n", 100 + hour);
    }
    let t = plain(&text);
    assert_eq!(t.source().zone.as_deref(), Some("EST5EDT"));
    assert_eq!(stamps(&t), (4..9).map(|h| format!("2024-11-03T{h:02}:00:00")).collect::<Vec<_>>());
    // Marks in the doubled hour alone, as spans.
    let mut text = String::from("MTU (CET/CEST),Area,Load (MW)\n");
    let wall = ["01:00|02:00", "02:00 (CEST)|02:00 (CET)", "02:00 (CET)|03:00", "03:00|04:00"];
    for day in 25..29 {
        for span in if day == 27 { &wall[..] } else { &["01:00|02:00", "02:00|03:00", "03:00|04:00"][..] } {
            let (a, b) = span.split_once('|').unwrap();
            text += &format!("{day}/10/2024 {a} - {day}/10/2024 {b},BZN|XX,{}\n", 6000 + day);
        }
    }
    let t = plain(&text);
    assert_eq!(names(&t), ["MTU (CET/CEST)", "Area", "Load (MW)"]);
    assert_eq!(t.source().zone.as_deref(), Some("CET"));
    assert_eq!(
        stamps(&t)[6..10],
        ["2024-10-26T23:00:00", "2024-10-27T00:00:00", "2024-10-27T01:00:00", "2024-10-27T02:00:00"]
    );
    assert!(noted(&t, "zone-marks"));
}

#[test]
fn months_in_many_hands() {
    let months = |form: &str| -> String {
        let dates =
            (0..40u32).map(|i| chrono::NaiveDate::from_ymd_opt(2000 + i as i32 / 12, 1 + i % 12, 1).unwrap());
        std::iter::once("date,load\n".to_string())
            .chain(dates.enumerate().map(|(i, d)| format!("{},{}\n", d.format(form), 500 + i)))
            .collect()
    };
    for form in
        ["%b-%y", "%b %Y", "%B %Y", "%Y-%m", "%Y%m", "%Y/%m", "%d/%m/%Y", "%m/%d/%Y", "%Y년 %m월", "%YM%m"]
    {
        let t = plain(&months(form));
        let at = stamps(&t);
        assert_eq!(
            (at[0].as_str(), at[1].as_str(), at[39].as_str()),
            ("2000-01-01T00:00:00", "2000-02-01T00:00:00", "2003-04-01T00:00:00"),
            "{form}"
        );
    }
    // Both orders are possible for the first of a month: said.
    assert!(noted(&plain(&months("%d/%m/%Y")), "ambiguous-dates"));
    for form in ["%b-%y", "%y %b", "%Y%m", "%m.%Y"] {
        let given = ReadOptions { date_format: Some(form.into()), ..options() };
        assert_eq!(stamps(&get(&months(form), &given))[1], "2000-02-01T00:00:00", "{form}");
    }
    let mut quarters = String::from("quarter,load\n");
    (0..12).for_each(|i| quarters += &format!("{}Q{},{i}\n", 2000 + i / 4, 1 + i % 4));
    assert_eq!(stamps(&plain(&quarters))[5], "2001-04-01T00:00:00");
}

#[test]
fn hours_side_by_side_become_rows() {
    type Name = fn(usize) -> String;
    let kinds: [(&str, usize, usize, Name); 8] = [
        ("날짜", 24, 1, |i| format!("{i}시")),
        ("Date", 24, 1, |i| format!("HE{i}")),
        ("Date", 24, 1, |i| format!("Hour {i}")),
        ("Date", 24, 0, |i| format!("hh_{i}")),
        ("Date", 24, 1, |i| format!("h{i:02}")),
        ("일자", 24, 1, |i| i.to_string()),
        ("Date", 24, 0, |i| format!("{i:02}:00")),
        ("Date", 24, 1, |i| format!("{i:02}00")),
    ];
    for (date, n, low, name) in kinds {
        let mut text =
            format!("{date},Type,{},Total\n", (low..low + n).map(name).collect::<Vec<_>>().join(","));
        for day in 0..40 {
            let on = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(day as u64);
            let cells: Vec<f64> = (0..n).map(|h| load(day * n + h)).collect();
            let listed: Vec<String> = cells.iter().map(f64::to_string).collect();
            text += &format!("{on},LOAD,{},{:.1}\n", listed.join(","), cells.iter().sum::<f64>());
        }
        let t = is_hourly(&text, 40 * 24, &options());
        assert_eq!(names(&t), ["time", "Type", "value"], "{}", name(1));
        let note = t.source().notes.iter().find(|n| n.code == "wide-table").unwrap();
        assert!(note.words.contains("'Total'") && note.words.contains("--reshape no"), "{}", note.words);
        let left = ReadOptions { reshape: Some(false), ..options() };
        assert_eq!(get(&text, &left).rows(), 40);
    }
}

#[test]
fn quarters_of_an_hour_and_a_25th_hour_side_by_side() {
    let mut text = String::from("Date");
    (0..96).for_each(|i| text += &format!(",{:02}:{:02}", i / 4, i % 4 * 15));
    text += "\n2024-01-01";
    (0..96).for_each(|i| text += &format!(",{}", 100 + i));
    text += "\n2024-01-02";
    (0..96).for_each(|i| text += &format!(",{}", 200 + i));
    let t = plain(&(text + "\n"));
    assert_eq!((t.rows(), stamps(&t)[97].as_str()), (192, "2024-01-02T00:15:00"));
    let mut text = String::from("Date");
    (1..=25).for_each(|i| text += &format!(",HE{i}"));
    for (day, n) in [(2, 24), (3, 25), (4, 24)] {
        text += &format!("\n2024-11-{day:02}");
        (1..=25).for_each(|i| text += &if i <= n { format!(",{i}") } else { ",".into() });
    }
    text += "\n";
    let zone = ReadOptions { zone: Some("America/New_York".into()), ..options() };
    let t = get(&text, &zone);
    let at: Vec<i64> = t.times("time").unwrap().into_iter().flatten().collect();
    assert_eq!(at.len(), 73);
    assert!(at.windows(2).all(|w| w[1] - w[0] == 3_600_000));
}

#[test]
fn daily_sensors_are_not_hours() {
    let mut text = String::from("date");
    (1..=24).for_each(|i| text += &format!(",s{i}"));
    for day in 0..60 {
        text += &format!("\n2024-{:02}-{:02}", 1 + day / 28, 1 + day % 28);
        (1..=24).for_each(|i| text += &format!(",{}", (i * i * 31 % 97) * 10 + day * i % 13));
    }
    assert_eq!(plain(&(text + "\n")).columns().len(), 25);
}

#[test]
fn numbers_in_many_hands() {
    let column = |form: &dyn Fn(f64) -> String, delimiter: char| {
        hours(&format!("time{delimiter}load"), 60, |t, x| {
            format!("{}{delimiter}{}", t.format("%Y-%m-%d %H:%M"), form(x))
        })
    };
    let grouped = |x: f64, mark: &str| {
        let whole = x.trunc() as i64;
        if whole < 1000 { whole.to_string() } else { format!("{}{mark}{:03}", whole / 1000, whole % 1000) }
    };
    let near = |text: &str, want: &dyn Fn(f64) -> f64| {
        let t = plain(text);
        let roles = Roles::guess(&t);
        let got = t.numbers(roles.targets()[0]).unwrap();
        for (i, x) in got.iter().enumerate() {
            assert!((x - want(load(i))).abs() < 1e-9, "{}: {x}", text.lines().nth(i + 1).unwrap());
        }
        t
    };
    for mark in [".", "\u{a0}", "\u{202f}", "'", " "] {
        near(&column(&|x| grouped(x, mark), ';'), &f64::trunc);
        let with_comma = |x: f64| format!("{},{}", grouped(x, mark), (x * 10.0).round() as i64 % 10);
        near(&column(&with_comma, ';'), &|x| (x * 10.0).round() / 10.0);
    }
    near(&column(&|x| format!("\"{}\"", grouped(x, ",")), ','), &f64::trunc);
    let t = near(&column(&|x| format!("{x} kW"), ','), &|x| x);
    assert!(noted(&t, "unit-in-cells"));
    near(&column(&|x| format!("{x}%"), ','), &|x| x);
    near(&column(&|x| format!("({x})"), ','), &|x| -x);
    near(&column(&|x| format!("{x}-"), ','), &|x| -x);
    // Three decimals are decimals.
    near(&column(&|x| format!("{:.3}", x / 500.0), ','), &|x| (x * 2.0).round() / 1000.0);
}

#[test]
fn headers_and_lines_around_a_table() {
    let rows =
        |end: &str| hours("", 60, |t, x| format!("{},{x},{}{end}", t.format("%Y-%m-%d %H:%M"), x / 2.0));
    for (head, want) in [
        ("time,load,half".to_string(), ["time", "load", "half"]),
        (",A,B\ntime,P (kW),Q (kvar)".into(), ["time", "A P (kW)", "B Q (kvar)"]),
        ("time,load,half\n,MW,MW".into(), ["time", "load (MW)", "half (MW)"]),
        ("Report of load\nmade on,2024-05-01\n\ntime,load,half".into(), ["time", "load", "half"]),
        ("C,X,Y,2024/01/21,a,b\nid,name,a,b,c,d,e,f\ntime,load,half".into(), ["time", "load", "half"]),
    ] {
        for end in ["", ","] {
            let t = is_hourly(&(head.clone() + &rows(end)), 60, &options());
            assert_eq!(names(&t), want, "{end}");
        }
    }
    // Lines below, lines to pass over, no header.
    let whole = hours("time,load", 60, |t, x| format!("{},{x}", t.format("%Y-%m-%d %H:%M")));
    let t = is_hourly(&(whole.clone() + "END OF REPORT\n"), 60, &options());
    assert!(noted(&t, "lines-passed-over"));
    let skip = ReadOptions { skip: Some(2), ..options() };
    is_hourly(&format!("2024-01-01,1\n2024-01-02,3\n{whole}"), 60, &skip);
    let bare = ReadOptions { header: Some(false), ..options() };
    is_hourly(whole.split_once('\n').unwrap().1, 60, &bare);
    // Excel's line of the delimiter, and R's row names.
    let t = is_hourly(&format!("sep=;\n{}", whole.replace(',', ";")), 60, &options());
    assert_eq!(names(&t), ["time", "load"]);
    let numbered: String = whole
        .lines()
        .enumerate()
        .map(|(i, l)| if i == 0 { format!("{l}\n") } else { format!("{i},{l}\n") })
        .collect();
    assert_eq!(names(&is_hourly(&numbered, 60, &options())), ["column_1", "time", "load"]);
    // Names that do not fit the rows are a fault, not lines before the table.
    let (code, words) = fails(&hours("time,load", 60, |t, x| {
        format!("{},{}", t.format("%Y-%m-%d %H:%M"), format!("{x:.1}").replace('.', ","))
    }));
    assert_eq!(code, "names-misfit", "{words}");
}

#[test]
fn a_delimiter_stands_in_the_names_too() {
    let t = is_hourly(
        &hours("time,area,load", 60, |t, x| format!("{},BZN|XX,{x}", t.format("%Y-%m-%d %H:%M"))),
        60,
        &options(),
    );
    assert_eq!(names(&t), ["time", "area", "load"]);
}

#[test]
fn what_is_no_table_of_rows_is_named() {
    for text in
        [r#"[{"time":"2024-01-01","load":1}]"#, r#"{"time":{"0":"2024-01-01"}}"#, "[\n  {\"a\": 1}\n]"]
    {
        let (code, words) = fails(text);
        assert_eq!(code, "json");
        assert!(words.contains("jq"), "{words}");
    }
    let stamps = hours("", 48, |t, _| t.format(",%Y-%m-%dT%H:%M:%S.000Z").to_string()).replace('\n', "");
    let cells = ",1.5".repeat(48);
    let (code, words) = fails(&format!("id,type{stamps}\na,state{cells}\nb,state{cells}\n"));
    assert_eq!(code, "on-its-side", "{words}");
}

#[test]
fn quantities_below_one_another_become_columns_and_meters_do_not() {
    let long = |a: &str, b: &str| {
        hours("timestamp,variable,value", 60, |t, x| {
            let t = t.format("%Y-%m-%d %H:%M");
            format!("{t},{a},{x}\n{t},{b},{}", x / 100.0)
        })
    };
    let t = is_hourly(&long("load_mw", "temp_c"), 60, &options());
    assert_eq!(names(&t), ["timestamp", "load_mw", "temp_c"]);
    assert!(noted(&t, "quantities-below"));
    let t = plain(&long("north", "south"));
    assert_eq!(Roles::guess(&t).id(), Some("variable"));
}

#[test]
fn short_korean_headers_are_read() {
    let text = hours("시간,값", 30, |t, x| format!("{},{x}", t.format("%Y-%m-%d %H:%M")));
    let (bytes, _, unmappable) = encoding_rs::EUC_KR.encode(&text);
    assert!(!unmappable);
    let t = read_bytes("t.csv", &bytes, &options()).unwrap();
    assert_eq!(names(&t), ["시간", "값"]);
}

#[test]
fn a_delimiter_at_the_end_of_the_first_of_two_rows_of_names_makes_no_column() {
    let rows = hours("time,load,temperature,\n,(MW),(°C)", 48, |t, x| {
        format!("{},{x},7", t.format("%Y-%m-%d %H:%M"))
    });
    assert_eq!(names(&plain(&rows)), ["time", "load (MW)", "temperature (°C)"]);
}
