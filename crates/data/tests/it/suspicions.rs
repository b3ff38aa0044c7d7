//! Tables that are something else than they seem, and cleaning that applies only what cannot be.

use gyeol_data::profile::{Profile, Severity};
use gyeol_data::{CleanOp, ReadOptions, Readings, Role, Roles, Table, clean, profile};

use crate::kinds::{get, hours, load, noted, options, plain};

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
        // Three hours at a time, with no rule to when.
        let block = t.and_utc().timestamp() / 10_800;
        if block * 7919 % 1009 % 4 == 0 {
            format!("{},{x}", t.format("%Y-%m-%d %H:%M"))
        } else {
            String::new()
        }
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
