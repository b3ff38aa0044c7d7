//! Clocks that say more than one stamp does: zones in cells and names, flags of the doubled hour, ends of spans, weeks and
//! months, and rows at regular hours only.

use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, TimeZone, Timelike};
use gyeol_data::profile::profile;
use gyeol_data::{ReadOptions, Readings, Role, Roles, Step, Table, clean};

use crate::kinds::{get, hours, load, noted, options, plain};

const HOUR: i64 = 3_600_000;

fn berlin() -> ReadOptions {
    ReadOptions { zone: Some("Europe/Berlin".into()), ..options() }
}

/// Every hour of 2024 in Berlin: UTC in milliseconds, wall clock, and whether it is summer.
fn year() -> Vec<(i64, NaiveDateTime, bool)> {
    let zone = gyeol_data::clock::zone("Europe/Berlin").unwrap();
    let utc = |y, m, d, h| NaiveDate::from_ymd_opt(y, m, d).unwrap().and_hms_opt(h, 0, 0).unwrap().and_utc();
    let (first, change) = (utc(2023, 12, 31, 23), [utc(2024, 3, 31, 1), utc(2024, 10, 27, 1)]);
    (0..24 * 366)
        .map(|i| {
            let t: DateTime<_> = first + Duration::hours(i);
            (t.timestamp_millis(), t.with_timezone(&zone).naive_local(), t >= change[0] && t < change[1])
        })
        .collect()
}

/// The rows of the year as text, from wall clock, summer and load.
fn rows(head: &str, row: impl Fn(NaiveDateTime, bool, f64) -> String) -> String {
    let body = year().into_iter().enumerate().map(|(i, (_, wall, summer))| row(wall, summer, load(i)) + "\n");
    std::iter::once(format!("{head}\n")).chain(body).collect()
}

/// Every hour of the year has its moment and its load.
fn is_the_year(t: &Table, what: &str) {
    let roles = Roles::guess(t);
    let at = t.times(roles.time().unwrap()).unwrap();
    let loads = t.numbers(roles.targets()[0]).unwrap();
    assert_eq!(at.len(), 24 * 366, "{what}");
    for (i, (utc, wall, _)) in year().into_iter().enumerate() {
        assert_eq!((at[i], loads[i]), (Some(utc), load(i)), "{what}: {wall}");
    }
}

#[test]
fn both_marks_in_every_cell_name_the_zone() {
    let span = |t: NaiveDateTime, _, x| {
        let form = "%d.%m.%Y %H:%M";
        format!("{} - {} (CET/CEST),{x}", t.format(form), (t + Duration::hours(1)).format(form))
    };
    let t = plain(&rows("MTU,load", span));
    assert_eq!(t.source().zone.as_deref(), Some("CET"));
    assert!(noted(&t, "zone-marks"));
    is_the_year(&t, "span");
    is_the_year(
        &plain(&rows("time,load", |t, _, x| format!("{} (CET/CEST),{x}", t.format("%Y-%m-%d %H:%M")))),
        "stamp",
    );
}

#[test]
fn a_name_that_says_utc_is_believed_whatever_zone_is_named() {
    let text = hours("datetime_beginning_utc,mkt_region,mw", 72, |t, x| format!("{t},WEST,{x}"));
    for zone in [None, Some("America/New_York".to_string())] {
        let t = get(&text, &ReadOptions { zone: zone.clone(), ..options() });
        assert_eq!(t.times("datetime_beginning_utc").unwrap()[0], Some(1_704_067_200_000), "{zone:?}");
        assert_eq!(t.source().zone, zone.or(Some("UTC".into())));
    }
}

#[test]
fn a_flag_tells_the_doubled_hour_apart_whatever_the_order() {
    let head = "time,flag,load";
    let swapped = |text: String| -> String {
        let mut lines: Vec<&str> = text.lines().collect();
        let at = lines.windows(2).position(|w| w[0].get(..16) == w[1].get(..16)).unwrap();
        lines.swap(at, at + 1);
        lines.join("\n") + "\n"
    };
    type Flag = fn(NaiveDateTime, bool) -> &'static str;
    let kinds: [(&str, Flag); 4] = [
        ("summer is 1", |_, s| if s { "1" } else { "0" }),
        ("winter is true", |_, s| if s { "false" } else { "true" }),
        ("S and W", |_, s| if s { "S" } else { "W" }),
        ("the second is Y", |t, s| {
            let day = t.date() == NaiveDate::from_ymd_opt(2024, 10, 27).unwrap();
            if day && t.hour() == 2 && !s { "Y" } else { "N" }
        }),
    ];
    for (what, flag) in kinds {
        let text =
            swapped(rows(head, |t, s, x| format!("{},{},{x}", t.format("%Y-%m-%d %H:%M"), flag(t, s))));
        let t = get(&text, &berlin());
        let note = t.source().notes.iter().find(|n| n.code == "doubled-autumn-hour").unwrap();
        assert!(note.words.contains("'flag' decided"), "{what}: {}", note.words);
        let roles = Roles::guess(&t);
        let (t, _) = clean::apply(t, &roles, &[gyeol_data::CleanOp::Sort {}]).unwrap();
        is_the_year(&t, what);
    }
}

#[test]
fn offsets_beside_the_stamps_and_hours_with_letters() {
    let offset = |t: NaiveDateTime, s, x| {
        format!("{},{},{x}", t.format("%Y-%m-%d %H:%M"), if s { "+02:00" } else { "+01:00" })
    };
    let t = plain(&rows("local,offset,load", offset));
    assert!(noted(&t, "zone-marks"));
    is_the_year(&t, "offsets");
    let autumn = NaiveDate::from_ymd_opt(2024, 10, 27).unwrap();
    for letters in [["A", "B"], ["", "*"]] {
        let letter = |t: NaiveDateTime, summer: bool| {
            let doubled = t.date() == autumn && t.hour() == 2;
            if doubled { letters[usize::from(!summer)] } else { "" }
        };
        let row =
            |t: NaiveDateTime, s, x| format!("{};{:02}{};{x}", t.format("%d.%m.%Y"), t.hour(), letter(t, s));
        is_the_year(&get(&rows("Datum;Stunde;Last", row), &berlin()), letters[1]);
    }
}

#[test]
fn ends_of_spans_are_known_by_days_of_changing_clocks() {
    let t = get(
        &rows("time,load", |t, _, x| format!("{},{x}", (t + Duration::hours(1)).format("%Y-%m-%d %H:%M"))),
        &berlin(),
    );
    assert!(noted(&t, "ends-of-spans"));
    is_the_year(&t, "ends");
    // Beginnings stay what they are.
    let t = get(&rows("time,load", |t, _, x| format!("{},{x}", t.format("%Y-%m-%d %H:%M"))), &berlin());
    assert!(!noted(&t, "ends-of-spans"));
    is_the_year(&t, "beginnings");
}

#[test]
fn stamps_up_to_24_00_are_the_ends_of_spans() {
    for (form, head) in [("%Y-%m-%d", "일시,수요"), ("%m/%d/%Y", "HourEnding,load")] {
        let ending = |t: NaiveDateTime, x: f64| {
            let unit = if form == "%Y-%m-%d" { "시" } else { ":00" };
            format!("{} {:02}{unit},{x}", t.format(form), t.hour() + 1)
        };
        let t = plain(&hours(head, 24 * 20, ending));
        let at = t.times(head.split(',').next().unwrap()).unwrap();
        assert_eq!(
            (at[0], at[479]),
            (Some(1_704_067_200_000), Some(1_704_067_200_000 + 479 * HOUR)),
            "{head}"
        );
        assert!(noted(&t, "ends-of-spans"), "{head}");
    }
}

#[test]
fn months_and_weeks_in_other_hands() {
    type Write = fn(NaiveDate) -> String;
    let month: [(&str, Write); 4] = [
        ("month,gwh", |d| d.format("%m/%Y").to_string()),
        ("month,gwh", |d| d.format("%Y.%m").to_string()),
        ("Monat,gwh", |d| d.format("%m.%Y").to_string()),
        ("period,gwh", |d| d.format("%m-%Y").to_string()),
    ];
    let months: Vec<NaiveDate> =
        (0..40).map(|i| NaiveDate::from_ymd_opt(2019 + i / 12, 1 + i as u32 % 12, 1).unwrap()).collect();
    let week: [(&str, Write); 3] = [
        ("week,load", |d| d.format("%G-W%V").to_string()),
        ("week,load", |d| d.format("%GW%V").to_string()),
        ("year,week,load", |d| d.format("%G,%V").to_string()),
    ];
    let first = NaiveDate::from_ymd_opt(2019, 12, 30).unwrap();
    let weeks: Vec<NaiveDate> = (0..60).map(|i| first + Duration::weeks(i)).collect();
    let tables = month.iter().map(|k| (k, &months, Step::Months(1)));
    for ((head, write), dates, step) in
        tables.chain(week.iter().map(|k| (k, &weeks, Step::Millis(168 * HOUR))))
    {
        let mut text = format!("{head}\n");
        dates.iter().enumerate().for_each(|(i, d)| text += &format!("{},{}\n", write(*d), load(i)));
        let t = plain(&text);
        let readings = Readings::from_table(&t, &Roles::guess(&t)).unwrap();
        assert_eq!(readings.step, step, "{text}");
        let midnight = dates[0].and_hms_opt(0, 0, 0).unwrap();
        assert_eq!(
            readings.series[0].clock.start,
            chrono::Utc.from_utc_datetime(&midnight).timestamp_millis()
        );
    }
    // Numbers that look like months are numbers.
    let t = plain(&hours("time,load", 60, |t, x| {
        format!("{},{:.2}", t.format("%Y-%m-%d %H:%M"), 2000.01 + x % 7.0)
    }));
    assert_eq!(Roles::guess(&t).targets(), ["load"]);
}

#[test]
fn rows_at_regular_hours_only_stay_as_they_are() {
    let workday = |t: NaiveDateTime| {
        use chrono::Datelike;
        t.weekday().num_days_from_monday() < 5 && (8..18).contains(&t.hour())
    };
    let some = |keep: &dyn Fn(NaiveDateTime) -> bool| {
        hours("time,load", 24 * 70, |t, x| {
            if keep(t) { format!("{},{x}", t.format("%Y-%m-%d %H:%M")) } else { String::new() }
        })
    };
    let days: String = some(&|t| t.hour() == 0 && workday(t + Duration::hours(9)));
    for (what, text, rows) in [
        ("business", some(&workday), 500),
        ("daylight", some(&|t| (6..20).contains(&t.hour())), 14 * 70),
        ("weekdays", days, 50),
    ] {
        let t = plain(&text);
        let roles = Roles::guess(&t);
        assert_eq!((roles.get("time"), roles.targets()), (Role::Ignored, vec!["load"]), "{what}");
        let p = profile(&t, &roles, None).unwrap();
        assert!(p.warnings.iter().any(|w| w.code == "closures"), "{what}");
        let steps = clean::propose(&t, &roles, &p);
        let (t, _) = clean::apply(t, &roles, &steps).unwrap();
        assert_eq!(t.rows(), rows, "{what}");
        assert_eq!(Readings::from_table(&t, &roles).unwrap().step, Step::Rows, "{what}");
    }
    // Holes without a rule are holes.
    let t = plain(&some(&|t| t.and_utc().timestamp() / 3600 * 7919 % 1009 % 5 > 0));
    assert_eq!(Roles::guess(&t).time(), Some("time"));
}

#[test]
fn the_clock_is_not_when_a_row_was_written() {
    let form = "%Y-%m-%dT%H:%M:%S";
    let text = hours("publishTime,startTime,end,initialDemand,price", 60, |t, x| {
        let (written, end) = (t + Duration::minutes(45 + i64::from(t.hour() % 3)), t + Duration::hours(1));
        format!("{}Z,{}Z,{}Z,{x},{}", written.format(form), t.format(form), end.format(form), x / 9.0)
    });
    let roles = Roles::guess(&plain(&text));
    assert_eq!((roles.time(), roles.targets()), (Some("startTime"), vec!["initialDemand"]));
}

#[test]
fn targets_are_known_by_words_within_names_and_not_where_they_hold_one_value() {
    for (head, target) in [
        ("SETTLEMENTDATE,TOTALDEMAND,RRP", "TOTALDEMAND"),
        ("time,LOAD_TYPE,MW", "MW"),
        ("일시,공급능력(MW),현재수요(MW)", "현재수요(MW)"),
        ("Date,Consommation,Prévision J-1", "Consommation"),
        ("time,Gesamtverbrauch,Preis", "Gesamtverbrauch"),
    ] {
        let t = plain(&hours(head, 60, |t, x| {
            let second = if head.contains("TYPE") { 0.0 } else { x };
            format!("{},{second},{}", t.format("%Y-%m-%d %H:%M"), x * 1.5)
        }));
        assert_eq!(Roles::guess(&t).targets(), [target]);
    }
}

#[test]
fn points_between_thousands_are_known_by_dates_with_points() {
    let rows = |form: &str| {
        hours("Zeit;Last (kW)", 60, |t, x| {
            let n = (x * 3.0).round() as i64;
            format!("{};{}.{:03}", t.format(form), n / 1000, n % 1000)
        })
    };
    let first = (load(0) * 3.0).round();
    for (form, want) in [("%d.%m.%Y %H:%M", first), ("%Y-%m-%d %H:%M", first / 1000.0)] {
        let t = plain(&rows(form));
        assert_eq!(t.numbers("Last (kW)").unwrap()[0], want, "{form}");
        assert!(noted(&t, "ambiguous-decimal"), "{form}");
    }
}

#[test]
fn quantities_below_one_another_may_have_columns_that_say_nothing_more() {
    let text = hours(",result,table,_start,_time,_value,_field", 60, |t, x| {
        let t = t.format("%Y-%m-%dT%H:%M:%SZ");
        format!(
            ",,0,2024-01-01T00:00:00Z,{t},{x},power\n,,1,2024-01-01T00:00:00Z,{t},{},temperature",
            x / 50.0
        )
    });
    let t = plain(&text);
    assert!(noted(&t, "quantities-below"));
    let roles = Roles::guess(&t);
    assert_eq!((t.rows(), roles.targets(), roles.past()), (60, vec!["power"], vec!["temperature"]));
}

#[test]
fn spans_side_by_side_without_names_and_months_side_by_side() {
    let mut text = String::from("100,NEM12\n");
    for day in 0..30 {
        let date = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + Duration::days(day);
        let cells: Vec<String> = (0..48).map(|i| (load(i / 2) + day as f64).to_string()).collect();
        text += &format!("300,{},{},A,20240301120000\n", date.format("%Y%m%d"), cells.join(","));
    }
    let t = plain(&(text + "900\n"));
    assert!(noted(&t, "wide-table") && t.rows() == 30 * 48, "{:?}", t.source().notes);
    let mut text = String::from("Year,Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec,Total\n");
    for year in 2010..2020 {
        let cells: Vec<String> = (1..=13).map(|m| (year * 100 + m).to_string()).collect();
        text += &format!("{year},{}\n", cells.join(","));
    }
    let t = plain(&text);
    let readings = Readings::from_table(&t, &Roles::guess(&t)).unwrap();
    assert_eq!((readings.step, readings.series[0].target[0][119]), (Step::Months(1), 201_912.0));
    assert!(t.source().notes.iter().any(|n| n.words.contains("'Total' left out")));
}

#[test]
fn a_few_lone_readings_far_off_cannot_be() {
    let spike = |text: String, at: &[usize]| -> String {
        let mut i = 0;
        let mut row = |line: &str| {
            i += 1;
            if at.contains(&i) { format!("{},88888\n", &line[..16]) } else { format!("{line}\n") }
        };
        text.lines().map(&mut row).collect()
    };
    let text = hours("time,load", 1440, |t, x| format!("{},{x}", t.format("%Y-%m-%d %H:%M")));
    for (at, found) in [(&[101usize, 307, 402, 809, 1203][..], 5), (&[101, 102, 103, 104, 105], 0)] {
        let t = plain(&spike(text.clone(), at));
        let p = profile(&t, &Roles::guess(&t), None).unwrap();
        let impossible = &p.columns[1].numbers.as_ref().unwrap().impossible;
        assert_eq!(impossible.iter().map(|i| i.count).sum::<usize>(), found);
        let far = p.warnings.iter().find(|w| w.code == "outliers").unwrap();
        assert_eq!(far.severity, gyeol_data::profile::Severity::Warn);
    }
}

/// Readings every `minutes` on the wall clock of a zone, the skipped hour left out and the doubled one twice.
fn wall(zone: &str, from: NaiveDate, days: i64, minutes: i64) -> String {
    let zone = gyeol_data::clock::zone(zone).unwrap();
    let start = from.and_hms_opt(12, 0, 0).unwrap().and_utc();
    let row = |i: i64| {
        let local = (start + Duration::minutes(i * minutes)).with_timezone(&zone).naive_local();
        format!("{},{}\n", local.format("%Y-%m-%d %H:%M"), load(i as usize))
    };
    std::iter::once("time,load\n".to_string()).chain((0..days * 1440 / minutes).map(row)).collect()
}

/// The zones that inspection reads off a text, the first first.
fn zones(text: &str) -> Vec<String> {
    let t = plain(text);
    let seen = profile(&t, &Roles::guess(&t), None).unwrap();
    let zones: Vec<String> = seen.clock.unwrap().zones.into_iter().map(|guess| guess.zone).collect();
    assert_eq!(!zones.is_empty(), seen.warnings.iter().any(|w| w.code == "zone-by-summer-time"));
    zones
}

#[test]
fn the_zone_is_read_off_skipped_and_doubled_hours() {
    let from = NaiveDate::from_ymd_opt(2013, 1, 1).unwrap();
    let berlin = zones(&wall("Europe/Berlin", from, 800, 60));
    assert_eq!(berlin[..2], ["Europe/Berlin", "Europe/Paris"]);
    assert!(
        berlin
            .iter()
            .all(|zone| !["Europe/London", "Europe/Athens", "America/New_York"].contains(&zone.as_str()))
    );
    // The hour tells the zones of one rule apart, the Sunday the rules.
    assert_eq!(zones(&wall("Europe/London", from, 400, 30))[0], "Europe/London");
    assert_eq!(zones(&wall("Europe/Kyiv", from, 400, 15))[..2], ["Europe/Istanbul", "Europe/Kyiv"]);
    // Turkey kept to summer time in 2016.
    let later = NaiveDate::from_ymd_opt(2018, 1, 1).unwrap();
    assert_eq!(zones(&wall("Europe/Kyiv", later, 400, 15))[0], "Europe/Kyiv");
    assert_eq!(
        zones(&wall("America/Denver", from, 400, 60))[..4],
        ["America/New_York", "America/Chicago", "America/Los_Angeles", "America/Denver"]
    );
    assert_eq!(zones(&wall("Australia/Melbourne", from, 400, 60))[0], "Australia/Sydney");
    assert_eq!(zones(&wall("Pacific/Auckland", from, 400, 60)), ["Pacific/Auckland"]);
    // No change of clocks, no zone.
    assert!(zones(&wall("Asia/Seoul", from, 400, 60)).is_empty());
}

#[test]
fn an_hour_missing_on_another_sunday_names_no_zone() {
    let text = wall("Asia/Seoul", NaiveDate::from_ymd_opt(2013, 1, 1).unwrap(), 400, 60);
    let without = |stamp: &str| {
        text.lines().filter(|l| !l.starts_with(stamp)).map(|l| format!("{l}\n")).collect::<String>()
    };
    // 17 March 2013 was a Sunday on which no zone changed at two.
    assert!(zones(&without("2013-03-17 02:00")).is_empty());
    // 10 March 2013 was one on which American clocks did.
    assert_eq!(zones(&without("2013-03-10 02:00"))[0], "America/New_York");
}

#[test]
fn a_zone_that_is_named_is_not_guessed() {
    let text = wall("Europe/Berlin", NaiveDate::from_ymd_opt(2013, 1, 1).unwrap(), 400, 60);
    let t = gyeol_data::read_bytes("x.csv", text.as_bytes(), &berlin()).unwrap();
    let seen = profile(&t, &Roles::guess(&t), None).unwrap();
    let clock = seen.clock.unwrap();
    assert!(clock.zones.is_empty() && clock.dst_jumps.is_empty());
}
