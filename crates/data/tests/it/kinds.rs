//! Kinds of files as people bring them: each is read with its right values, and every guess is said.

use gyeol_data::profile::{Profile, Severity};
use gyeol_data::{
    CleanOp, ColumnKind, ReadOptions, Readings, Role, Roles, Table, clean, profile, read_bytes,
};

fn options() -> ReadOptions {
    ReadOptions::default()
}

fn get(text: &str, options: &ReadOptions) -> Table {
    read_bytes("t.csv", text.as_bytes(), options).unwrap_or_else(|e| panic!("{e}"))
}

fn plain(text: &str) -> Table {
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

fn noted(t: &Table, code: &str) -> bool {
    t.source().notes.iter().any(|n| n.code == code)
}

/// A load that rises by day and falls by night.
fn load(i: usize) -> f64 {
    let hour = i as f64 * std::f64::consts::TAU / 24.0;
    ((1000.0 - 200.0 * hour.cos() + (i * 7 % 11) as f64) * 10.0).round() / 10.0
}

/// Rows of so many hours from 1 January 2024, each made from date, hour and load.
fn hours(head: &str, n: usize, row: impl Fn(chrono::NaiveDateTime, f64) -> String) -> String {
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

fn seen(t: &Table) -> (Roles, Profile) {
    let roles = Roles::guess(t);
    let p = profile::profile(t, &roles, None).unwrap();
    (roles, p)
}

fn warned(p: &Profile, code: &str) -> Option<Severity> {
    p.warnings.iter().find(|w| w.code == code).map(|w| w.severity)
}

/// What cleaning proposes, applied.
fn cleaned(t: &Table) -> (Table, Roles, Vec<CleanOp>) {
    let (roles, p) = seen(t);
    let steps = clean::propose(t, &roles, &p);
    let (out, _) = clean::apply(t.clone(), &roles, &steps).unwrap();
    (out, roles, steps)
}

/// Hours with a load changed by row.
fn changed(n: usize, of: impl Fn(usize, f64) -> String) -> Table {
    let row = std::cell::Cell::new(0);
    plain(&hours("time,load (kW)", n, |t, x| {
        let i = row.replace(row.get() + 1);
        format!("{},{}", t.format("%Y-%m-%d %H:%M"), of(i, x))
    }))
}

fn missing(t: &Table) -> usize {
    t.numbers("load (kW)").unwrap().iter().filter(|x| x.is_nan()).count()
}

#[test]
fn flags_and_row_counters_are_left_out_and_named() {
    use chrono::Timelike;
    let mut text = String::from("DeliveryDate,HourEnding,SystemTotal,DSTFlag\n");
    for day in 25..31 {
        for hour in 1..=24 {
            text += &format!("10/{day}/2024,{hour:02}:00,{},N\n", 40_000 + hour);
            if (day, hour) == (27, 2) {
                text += &format!("10/{day}/2024,{hour:02}:00,{},Y\n", 39_000);
            }
        }
    }
    let (roles, p) = seen(&plain(&text));
    assert_eq!(
        (roles.id(), roles.get("DSTFlag"), roles.targets()),
        (None, Role::Ignored, vec!["SystemTotal"])
    );
    assert_eq!(warned(&p, "flag"), Some(Severity::Note));
    for head in [",time,load", "Unnamed: 0,time,load", "index,time,load"] {
        let t = plain(&hours(head, 60, |t, x| {
            format!("{},{},{x}", (t.and_utc().timestamp() / 3600) - 473_352, t.format("%Y-%m-%d %H:00:00"))
        }));
        let (roles, p) = seen(&t);
        assert_eq!((roles.past(), roles.time()), (vec![], Some("time")), "{head}");
        assert_eq!(warned(&p, "row-counter"), Some(Severity::Note), "{head}");
    }
    // A covariate that rises but is named is none.
    let t = plain(&hours("time,trend,load", 60, |t, x| {
        format!("{},{},{x}", t.format("%Y-%m-%d %H:%M"), t.hour())
    }));
    assert_eq!(Roles::guess(&t).past(), ["trend"]);
}

#[test]
fn repeats_that_are_no_repeats_stop_cleaning() {
    // Two feeders without a column that names them as such.
    let t = plain(&hours("time,load (kW)", 100, |t, x| {
        let t = t.format("%Y-%m-%d %H:%M");
        format!("{t},{x}\n{t},{}", x * 2.0)
    }));
    let (roles, p) = seen(&t);
    assert_eq!(warned(&p, "many-repeats"), Some(Severity::Stop));
    let steps = clean::propose(&t, &roles, &p);
    assert!(!steps.iter().any(|s| s.word() == "deduplicate"), "{steps:?}");
    // Rows exported twice are only that.
    let t =
        plain(&hours("time,load (kW)", 100, |t, x| format!("{0},{x}\n{0},{x}", t.format("%Y-%m-%d %H:%M"))));
    assert_eq!((warned(&seen(&t).1, "many-repeats"), cleaned(&t).0.rows()), (None, 100));
}

#[test]
fn a_clock_that_would_be_invented_stops_cleaning() {
    let t = plain(&hours("time,load (kW)", 2000, |t, x| {
        use chrono::Timelike;
        if t.hour() % 12 < 3 { format!("{},{x}", t.format("%Y-%m-%d %H:%M")) } else { String::new() }
    }));
    let (roles, p) = seen(&t);
    assert_eq!(warned(&p, "many-gaps"), Some(Severity::Stop));
    assert!(!clean::propose(&t, &roles, &p).iter().any(|s| s.word() == "regular-clock"));
}

#[test]
fn values_that_recur_are_true_and_sudden_ones_are_not() {
    let sunday = |i: usize| i / 24 % 7 == 6;
    // Two hours of nothing each Sunday, one hour each Sunday, a net load that feeds in at noon, a plant out for a day.
    for (what, t) in [
        (
            "two hours",
            changed(
                4000,
                |i, x| if sunday(i) && matches!(i % 24, 6 | 7) { "0".into() } else { x.to_string() },
            ),
        ),
        ("one hour", changed(4000, |i, x| if sunday(i) && i % 24 == 6 { "0".into() } else { x.to_string() })),
        (
            "feed-in",
            changed(4000, |i, x| {
                format!("{:.1}", if i % 24 > 8 && i % 24 < 16 && i / 24 % 9 == 0 { -x / 9.0 } else { x })
            }),
        ),
        ("outage", changed(4000, |i, x| if (300..324).contains(&i) { "0".into() } else { x.to_string() })),
    ] {
        let (out, _, steps) = cleaned(&t);
        assert_eq!((missing(&out), steps.len()), (0, 0), "{what}: {steps:?}");
        assert_eq!(out.numbers("load (kW)").unwrap(), t.numbers("load (kW)").unwrap(), "{what}");
    }
    let t = changed(4000, |i, x| {
        if (9..16).contains(&(i % 24)) && i * 7 % 5 == 0 { format!("{:.1}", -x / 9.0) } else { x.to_string() }
    });
    assert_eq!((warned(&seen(&t).1, "feed-in"), cleaned(&t).2.len()), (Some(Severity::Note), 0));
    let t = changed(4000, |i, x| if i % 24 == 12 && i / 24 % 9 == 0 { "-40".into() } else { x.to_string() });
    assert_eq!(warned(&seen(&t).1, "feed-in"), Some(Severity::Note));
    let t = changed(4000, |i, x| match i {
        1000 => "1000000000".into(),
        2000 => "-1".into(),
        3000 => "0".into(),
        _ => x.to_string(),
    });
    let (roles, p) = seen(&t);
    let first = p.warnings.iter().find(|w| w.code == "impossible" && w.words.contains("1000000000")).unwrap();
    assert_eq!(first.severity, Severity::Warn);
    let (out, _) = clean::apply(t.clone(), &roles, &clean::propose(&t, &roles, &p)).unwrap();
    let (now, was) = (out.numbers("load (kW)").unwrap(), t.numbers("load (kW)").unwrap());
    let altered: Vec<usize> = (0..4000).filter(|&i| now[i] != was[i]).collect();
    assert_eq!(altered, [1000, 2000, 3000]);
}

#[test]
fn a_counter_is_called_one_and_differences_are_taken() {
    let mut sum = std::cell::Cell::new(5000.0);
    let t = changed(500, |i, x| {
        sum.set(if i == 300 { 0.0 } else { sum.get() + x });
        format!("{:.1}", sum.get())
    });
    let _ = sum.get_mut();
    let (roles, p) = seen(&t);
    assert_eq!(warned(&p, "counter"), Some(Severity::Warn));
    let step: CleanOp = serde_json::from_str(r#"{"op":"difference","columns":["load (kW)"]}"#).unwrap();
    let (out, changes) = clean::apply(t, &roles, &[step]).unwrap();
    let by = out.numbers("load (kW)").unwrap();
    assert!(by[0].is_nan() && by[300].is_nan() && (by[10] - load(10)).abs() < 0.11, "{}", by[10]);
    assert_eq!(changes[0].touched, 498);
    assert_eq!(warned(&seen(&changed(500, |_, x| x.to_string())).1, "counter"), None);
}

#[test]
fn a_step_that_changes_is_said_and_gathered() {
    let mut text = hours("time,load", 200, |t, x| format!("{},{x}", t.format("%Y-%m-%d %H:%M")));
    for i in 0..800 {
        let t = chrono::NaiveDate::from_ymd_opt(2024, 1, 9).unwrap().and_hms_opt(8, 0, 0).unwrap();
        text += &format!(
            "{},{}\n",
            (t + chrono::Duration::minutes(15 * i)).format("%Y-%m-%d %H:%M"),
            load(200 + i as usize / 4)
        );
    }
    let t = plain(&text);
    assert_eq!(warned(&seen(&t).1, "step-change"), Some(Severity::Warn));
    let (out, roles, _) = cleaned(&t);
    let r = Readings::from_table(&out, &roles).unwrap();
    assert_eq!((r.step.label().as_str(), r.series[0].rows), ("1 h", 400));
    assert!((r.series[0].target[0][399] - load(399)).abs() < 1e-9);
}

#[test]
fn both_readings_of_a_trembling_clock_are_kept() {
    let mut text = String::from("time,load\n");
    for i in 0..40i64 {
        let minute = 5 * i + if i == 21 { -4 } else { i64::from(i % 5 == 4) };
        text += &format!("2024-01-01 {:02}:{:02},{i}\n", minute / 60, minute % 60);
    }
    let t = plain(&text);
    let roles = Roles::guess(&t);
    let step = CleanOp::RegularClock { step: Some("5 min".into()), gather: clean::Gather::Mean };
    let (out, changes) = clean::apply(t, &roles, &[step]).unwrap();
    let load = out.numbers("load").unwrap();
    assert!(load[19] == 19.0 && load[20] == 20.5 && load[21].is_nan() && load[22] == 22.0, "{load:?}");
    assert!(changes[0].detail.contains("1 rows gathered by mean"), "{}", changes[0].detail);
}

#[test]
fn empty_rows_at_the_ends_do_not_forbid_a_forecast() {
    let t = changed(500, |i, x| if i < 3 { String::new() } else { x.to_string() });
    let (out, _, _) = cleaned(&t);
    assert_eq!((out.rows(), missing(&out)), (497, 0));
    // Hourly weather beside quarter-hours: the last cells keep the reading before.
    let mut text = String::from("time,load,temp\n");
    for i in 0..800 {
        let t = chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();
        let temp = if i % 4 == 0 { (i / 4 % 10).to_string() } else { String::new() };
        text += &format!(
            "{},{},{temp}\n",
            (t + chrono::Duration::minutes(15 * i)).format("%Y-%m-%d %H:%M"),
            load(i as usize / 4)
        );
    }
    let (out, _, _) = cleaned(&plain(&text));
    let temp = out.numbers("temp").unwrap();
    assert!(temp.iter().all(|x| x.is_finite()));
    assert_eq!((temp[2], temp[799]), (0.5, 9.0));
}

#[test]
fn what_could_not_be_read_is_quoted_with_its_row() {
    let t = plain(&hours("time,load", 60, |t, x| {
        format!("{},{x}{}", t.format("%Y-%m-%d %H:%M"), if x > 900.0 { " kW" } else { " Wh" })
    }));
    let (_, p) = seen(&t);
    let w = p.warnings.iter().find(|w| w.code == "unread-number").unwrap();
    assert!(w.words.contains("Wh' in row 2 of 'load'"), "{}", w.words);
    // A clock that cannot be read stops, and its table is no text.
    let t = plain(&hours("timestamp,load", 60, |t, x| format!("{},{x}", t.format("%Y~%m~%d at %H"))));
    let (roles, p) = seen(&t);
    assert_eq!((warned(&p, "unread-time"), roles.texts().len()), (Some(Severity::Stop), 0));
    assert!(p.warnings.iter().any(|w| w.words.contains("--date-format")));
    let wrong = ReadOptions { date_format: Some("%d.%m.%Y".into()), ..options() };
    assert!(noted(
        &get(&hours("t,x", 30, |t, x| format!("{},{x}", t.format("%Y-%m-%d %H:%M"))), &wrong),
        "date-format-unused"
    ));
}

#[test]
fn short_korean_headers_are_read() {
    let text = hours("시간,값", 30, |t, x| format!("{},{x}", t.format("%Y-%m-%d %H:%M")));
    let (bytes, _, unmappable) = encoding_rs::EUC_KR.encode(&text);
    assert!(!unmappable);
    let t = read_bytes("t.csv", &bytes, &options()).unwrap();
    assert_eq!(names(&t), ["시간", "값"]);
}
