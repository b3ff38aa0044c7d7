//! Cleaning: every operation does what it says, says what it did, and keeps series apart.

use gyeol_data::clean::{FillMethod, Gather, Keep, apply, propose};
use gyeol_data::{CleanOp, ColumnData, ReadOptions, Readings, Role, Roles, Table, profile, read_bytes};

fn table(text: &str) -> Table {
    read_bytes("t.csv", text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn roles() -> Roles {
    Roles::from_pairs([("time", Role::Time), ("load", Role::Target)])
}

fn ops(json: &str) -> Vec<CleanOp> {
    serde_json::from_str(json).unwrap()
}

/// Hours of January with the load given as text.
fn hours(cells: &[&str]) -> Table {
    let mut text = String::from("time,load\n");
    for (i, c) in cells.iter().enumerate() {
        text += &format!("2024-01-{:02} {:02}:00,{c}\n", 1 + i / 24, i % 24);
    }
    table(&text)
}

#[test]
fn sorting_and_repeats_stay_within_a_series() {
    let t = table(
        "time,id,load\n2024-01-01 02:00,a,3\n2024-01-01 00:00,b,10\n2024-01-01 01:00,a,2\n2024-01-01 01:00,b,20\n\
         2024-01-01 01:00,a,4\n2024-01-01 02:00,b,30\n",
    );
    let roles = Roles::from_pairs([("time", Role::Time), ("id", Role::Id), ("load", Role::Target)]);
    let (out, changes) =
        apply(t, &roles, &ops(r#"[{"op":"sort"},{"op":"deduplicate","keep":"mean"}]"#)).unwrap();
    assert_eq!(changes[0].touched, 3);
    assert_eq!(changes[1].touched, 1);
    let r = Readings::from_table(&out, &roles).unwrap();
    assert_eq!(r.series[0].target[0], [3.0, 3.0]);
    assert_eq!(r.series[1].target[0], [10.0, 20.0, 30.0]);
}

#[test]
fn keep_first_and_last() {
    let t = table("time,load\n2024-01-01,1\n2024-01-01,2\n2024-01-02,3\n2024-01-03,4\n");
    for (keep, value) in [(Keep::First, 1.0), (Keep::Last, 2.0), (Keep::Mean, 1.5)] {
        let (out, changes) = apply(t.clone(), &roles(), &[CleanOp::Deduplicate { keep }]).unwrap();
        assert_eq!(out.numbers("load").unwrap(), [value, 3.0, 4.0]);
        assert!(changes[0].detail.contains("1 of them differed"));
    }
}

#[test]
fn a_regular_clock_makes_rows_and_moves_stamps() {
    let t = table(
        "time,load\n2024-01-01 00:00,1\n2024-01-01 01:02,2\n2024-01-01 02:00,3\n2024-01-01 05:00,6\n2024-01-01 06:00,7\n",
    );
    let (out, changes) = apply(t, &roles(), &ops(r#"[{"op":"regular-clock"}]"#)).unwrap();
    let r = Readings::from_table(&out, &roles()).unwrap();
    assert_eq!(r.series[0].rows, 7);
    let load = &r.series[0].target[0];
    assert_eq!((load[1], load[5]), (2.0, 6.0));
    assert!(load[3].is_nan() && load[4].is_nan());
    assert!(changes[0].detail.contains("2 empty rows made, 1 stamps moved"), "{}", changes[0].detail);
}

#[test]
fn a_coarser_clock_gathers() {
    let cells: Vec<String> = (0..48).map(|i| i.to_string()).collect();
    let t = hours(&cells.iter().map(String::as_str).collect::<Vec<_>>());
    for (gather, first) in
        [(Gather::Mean, 11.5), (Gather::Sum, 276.0), (Gather::Last, 23.0), (Gather::Max, 23.0)]
    {
        let op = CleanOp::RegularClock { step: Some("1 day".into()), gather };
        let (out, _) = apply(t.clone(), &roles(), &[op]).unwrap();
        assert_eq!((out.rows(), out.numbers("load").unwrap()[0]), (2, first));
    }
}

#[test]
fn a_stamp_a_century_off_is_refused_not_filled() {
    let mut cells: Vec<String> = (0..30).map(|i| i.to_string()).collect();
    cells.push("1".into());
    let text = hours(&cells.iter().map(String::as_str).collect::<Vec<_>>());
    let mut times = text.times("time").unwrap();
    times[30] = Some(7_000_000_000_000);
    let t = text.with_column("time", ColumnData::Time(times)).unwrap();
    let e = apply(t, &roles(), &ops(r#"[{"op":"regular-clock"}]"#)).unwrap_err();
    assert_eq!(e.code(), "sparse-clock");
    assert!(e.to_string().contains("wrong year"), "{e}");
}

#[test]
fn holes_are_filled_between_readings_only() {
    let t = hours(&["", "1", "", "", "4", "", "", "", "", "9", "", "3", ""]);
    let line = ops(r#"[{"op":"fill","columns":["load"],"method":"linear","limit":2}]"#);
    let (out, changes) = apply(t.clone(), &roles(), &line).unwrap();
    let load = out.numbers("load").unwrap();
    assert_eq!((load[2], load[3], load[10]), (2.0, 3.0, 6.0));
    assert!(load[0].is_nan() && load[5].is_nan() && load[12].is_nan());
    assert_eq!(changes[0].touched, 3);
    assert!(changes[0].detail.contains("4 cells in holes longer than the limit stay missing"));
    let r = Readings::from_table(&out, &roles()).unwrap();
    assert_eq!(r.series[0].history, 12);
    assert_eq!(r.series[0].observed[0][1..5], [true, false, false, true]);
    // The marks survive in a Parquet file, so that a later run does not score invented cells.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet").display().to_string();
    gyeol_data::write(&path, &out).unwrap();
    let back = gyeol_data::read(&path, &ReadOptions::default()).unwrap();
    assert_eq!(back.filled("load"), out.filled("load"));
    let forward = ops(r#"[{"op":"fill","columns":["load"],"method":"forward"}]"#);
    assert_eq!(apply(t, &roles(), &forward).unwrap().0.numbers("load").unwrap()[5..9], [4.0; 4]);
}

#[test]
fn a_seasonal_fill_restores_a_seasonal_series() {
    // A pure daily wave on a slope: the hole is restored exactly, which no line can do.
    let wave = |i: usize| 100.0 + i as f64 + 10.0 * (i as f64 * std::f64::consts::TAU / 24.0).sin();
    let values: Vec<f64> =
        (0..24 * 5).map(|i| if (50..58).contains(&i) { f64::NAN } else { wave(i) }).collect();
    let cells: Vec<String> = (0..values.len()).map(|i| i.to_string()).collect();
    let t = hours(&cells.iter().map(String::as_str).collect::<Vec<_>>())
        .with_column("load", ColumnData::Number(values))
        .unwrap();
    let op = CleanOp::Fill {
        columns: vec!["load".into()],
        method: FillMethod::Seasonal,
        season: Some(24),
        limit: None,
    };
    let (out, changes) = apply(t, &roles(), &[op]).unwrap();
    let load = out.numbers("load").unwrap();
    for i in 50..58 {
        assert!((load[i] - wave(i)).abs() < 1e-9, "{i}: {} {}", load[i], wave(i));
    }
    assert_eq!(changes[0].touched, 8);
}

#[test]
fn impossible_readings_units_and_bounds() {
    let t = hours(&["32", "-999", "212", "212", "212", "50"]);
    let (out, changes) = apply(
        t,
        &roles(),
        &ops(r#"[{"op":"missing","columns":["load"],"equal":[-999],"stuck":3},
                {"op":"convert-unit","columns":["load"],"from":"°F","to":"°C"},
                {"op":"clip","columns":["load"],"high":50}]"#),
    )
    .unwrap();
    let load = out.numbers("load").unwrap();
    assert_eq!((load[0], load[2], load[5]), (0.0, 50.0, 10.0));
    assert!(load[1].is_nan() && load[3].is_nan() && load[4].is_nan());
    assert_eq!(changes.iter().map(|c| c.touched).collect::<Vec<_>>(), [3, 3, 1]);
    let energy = ops(r#"[{"op":"convert-unit","columns":["load"],"from":"kWh","to":"MW"}]"#);
    assert_eq!(
        apply(hours(&["2000", "1000"]), &roles(), &energy).unwrap().0.numbers("load").unwrap(),
        [2.0, 1.0]
    );
}

#[test]
fn steps_that_cannot_be_are_errors() {
    let t = hours(&["1", "2", "3"]);
    for (json, code) in [
        (r#"[{"op":"missing","columns":["load"]}]"#, "no-condition"),
        (r#"[{"op":"clip","columns":["load"],"low":5,"high":1}]"#, "bad-bounds"),
        (r#"[{"op":"drop","columns":["laod"]}]"#, "no-such-column"),
        (r#"[{"op":"drop-rows","before":"someday"}]"#, "bad-date"),
        (r#"[{"op":"drop-rows","before":"2030-01-01"}]"#, "no-rows"),
        (r#"[{"op":"convert-unit","columns":["load"],"from":"kW","to":"°C"}]"#, "units-differ"),
        (r#"[{"op":"regular-clock","step":"soon"}]"#, "bad-step"),
        (r#"[{"op":"fill","columns":["load"],"method":"seasonal","season":1}]"#, "bad-season"),
    ] {
        let e = apply(t.clone(), &roles(), &ops(json)).unwrap_err();
        assert_eq!(e.code(), code, "{e}");
        assert!(e.to_string().contains("cleaning step '"), "{e}");
    }
    assert!(serde_json::from_str::<CleanOp>(r#"{"op":"clip","columns":[],"hihg":1}"#).is_err());
    assert!(serde_json::from_str::<CleanOp>(r#"{"op":"sort","by":"load"}"#).is_err());
}

#[test]
fn what_is_proposed_mends_the_table() {
    let mut text = String::from("time,load,temp_c\n");
    for i in 0..24 * 28 {
        if (100..104).contains(&i) || i == 300 {
            continue;
        }
        let value = match i {
            50 => "-999".to_string(),
            60 => "inf".to_string(),
            70..76 => String::new(),
            _ => format!(
                "{:.3}",
                100.0 + 20.0 * (i as f64 * std::f64::consts::TAU / 24.0).sin() + (i * 7 % 5) as f64
            ),
        };
        let row = format!("2024-01-{:02} {:02}:00,{value},{}\n", 1 + i / 24, i % 24, i % 17);
        text += &row;
        if i == 200 {
            text += &row;
        }
    }
    let t = table(&text);
    let roles = Roles::guess(&t);
    assert!(Readings::from_table(&t, &roles).is_err());
    let seen = profile::profile(&t, &roles, None).unwrap();
    let steps = propose(&t, &roles, &seen);
    // What is proposed survives being written into a recipe.
    let json = serde_json::to_string(&steps).unwrap();
    assert_eq!(serde_json::from_str::<Vec<CleanOp>>(&json).unwrap(), steps);
    let (clean, changes) = apply(t, &roles, &steps).unwrap();
    let r = Readings::from_table(&clean, &roles).unwrap();
    assert_eq!(r.series[0].rows, 24 * 28);
    assert!(r.series[0].target[0].iter().all(|x| x.is_finite()), "{changes:?}");
    assert_eq!(r.series[0].observed[0].iter().filter(|o| !**o).count(), 4 + 1 + 1 + 1 + 6);
    assert!(r.series[0].past[0].iter().all(|x| x.is_finite()));
}

#[test]
fn a_trembling_clock_is_put_on_round_times() {
    let mut text = String::from("time,load\n");
    for i in 0..200u32 {
        let (minute, second) = (i * 15, (i * 7919) % 11);
        text += &format!(
            "2024-01-{:02} {:02}:{:02}:{second:02},{i}\n",
            1 + minute / 1440,
            minute / 60 % 24,
            minute % 60
        );
    }
    let (out, _) = apply(table(&text), &roles(), &ops(r#"[{"op":"regular-clock"}]"#)).unwrap();
    let r = Readings::from_table(&out, &roles()).unwrap();
    assert_eq!((r.step.label().as_str(), r.series[0].rows), ("15 min", 200));
    assert_eq!(r.series[0].clock.local(1).format("%H:%M:%S").to_string(), "00:15:00");
    assert_eq!(r.series[0].target[0][199], 199.0);
}
