//! Sums against sums by hand, and what is no hierarchy.

use super::*;
use crate::roles::{Role, Roles};
use crate::{ReadOptions, read_bytes};

fn roles() -> Roles {
    Roles::from_pairs([
        ("time", Role::Time),
        ("meter", Role::Id),
        ("load", Role::Target),
        ("temp", Role::Past),
    ])
}

fn table(rows: &[(usize, &str, &str, &str, &str)]) -> Table {
    let mut text = String::from("time,meter,feeder,region,load,temp\n");
    for (hour, meter, feeder, region, load) in rows {
        text += &format!("2024-01-01 {hour:02}:00,{meter},{feeder},{region},{load},{hour}\n");
    }
    read_bytes("meters.csv", text.as_bytes(), &ReadOptions::default()).unwrap()
}

/// Three meters on two feeders in one region, three hours each; `c` begins an hour later.
fn three() -> Table {
    table(&[
        (0, "a", "F1", "N", "1"),
        (1, "a", "F1", "N", "2"),
        (2, "a", "F1", "N", "3"),
        (3, "a", "F1", "N", "4"),
        (0, "b", "F1", "N", "10"),
        (1, "b", "F1", "N", ""),
        (2, "b", "F1", "N", "30"),
        (3, "b", "F1", "N", "40"),
        (1, "c", "F2", "N", "200"),
        (2, "c", "F2", "N", "300"),
        (3, "c", "F2", "N", "400"),
    ])
}

fn parents() -> Vec<String> {
    vec!["feeder".into(), "region".into()]
}

fn code(table: &Table) -> String {
    Hierarchy::of(table, "meter", &parents(), None).unwrap_err().code().to_owned()
}

#[test]
fn every_upper_series_is_the_sum_and_missing_where_one_of_its_meters_is() {
    let table = three();
    let h = Hierarchy::of(&table, "meter", &parents(), None).unwrap();
    assert_eq!(h.levels, ["meter", "feeder", "region", "total"]);
    let ids: Vec<&str> = h.nodes.iter().map(|n| n.id.as_str()).collect();
    assert_eq!(ids, ["feeder=F1", "feeder=F2", "region=N", "total"]);
    let mut readings = Readings::from_table(&table, &roles()).unwrap();
    let made = h.add_up(&mut readings).unwrap();
    let of = |id: &str| readings.series.iter().find(|s| s.id.as_deref() == Some(id)).unwrap();
    let f1 = of("feeder=F1");
    assert_eq!((f1.target[0][0], f1.target[0][2], f1.target[0][3]), (11.0, 33.0, 44.0));
    assert!(f1.target[0][1].is_nan() && !f1.observed[0][1] && !f1.complete[1] && f1.complete[2]);
    // `c` has no reading at midnight: nor has anything above it.
    let total = of("total");
    assert!(total.target[0][0].is_nan() && total.target[0][1].is_nan());
    assert_eq!((total.target[0][2], total.target[0][3], total.rows, total.history), (333.0, 444.0, 4, 4));
    assert_eq!(of("feeder=F2").clock.start, of("c").clock.start);
    // Covariates are means, of those that are there.
    assert_eq!(total.past[0], [0.0, 1.0, 2.0, 3.0]);
    let counts: Vec<(&str, usize, usize, usize)> =
        made.iter().map(|m| (m.level.as_str(), m.series, m.cells, m.missing)).collect();
    assert_eq!(counts, [("feeder", 2, 7, 1), ("region", 1, 2, 0), ("total", 1, 2, 0)]);
}

#[test]
fn a_meter_with_two_parents_or_none_is_refused() {
    let mut rows = vec![
        (0, "a", "F1", "N", "1"),
        (1, "a", "F1", "N", "2"),
        (0, "b", "F2", "N", "1"),
        (1, "b", "F3", "N", "1"),
    ];
    let error = Hierarchy::of(&table(&rows), "meter", &parents(), None).unwrap_err();
    assert_eq!((error.code(), error.fault().row), ("two-parents", Some(5)));
    assert!(error.to_string().contains("series 'b' belongs to 'F2' and to 'F3'"), "{error}");
    rows[3].2 = "";
    let error = Hierarchy::of(&table(&rows), "meter", &parents(), None).unwrap_err();
    assert_eq!(
        (error.code(), error.fault().row, error.fault().column.as_deref()),
        ("no-parent", Some(5), Some("feeder"))
    );
    // A feeder in two regions is not nested, though every meter has one parent a level.
    let crossed = [
        (0, "a", "F1", "N", "1"),
        (1, "a", "F1", "N", "2"),
        (0, "b", "F1", "S", "1"),
        (1, "b", "F1", "S", "1"),
    ];
    let error = Hierarchy::of(&table(&crossed), "meter", &parents(), None).unwrap_err();
    assert!(error.code() == "two-parents" && error.to_string().contains("feeder 'F1'"), "{error}");
    let named = [(0, "total", "F1", "N", "1"), (1, "total", "F1", "N", "2")];
    assert_eq!(code(&table(&named)), "taken-id");
}

#[test]
fn the_tables_own_total_is_held_against_the_sum() {
    let with = |last: &str| {
        let rows = [
            (0, "a", "F1", "N", "1"),
            (1, "a", "F1", "N", "2"),
            (0, "b", "F1", "N", "10"),
            (1, "b", "F1", "N", "20"),
            (0, "ALL", "", "", "11"),
            (1, "ALL", "", "", last),
        ];
        table(&rows)
    };
    let held = |table: &Table| {
        let h = Hierarchy::of(table, "meter", &parents(), Some("ALL")).unwrap();
        let mut readings = Readings::from_table(table, &roles()).unwrap();
        h.without_total(&mut readings, true).map(|()| readings.series.len())
    };
    assert_eq!(held(&with("22")).unwrap(), 2);
    let error = held(&with("25")).unwrap_err();
    assert_eq!(error.code(), "does-not-sum");
    assert!(
        error.to_string().contains("says 25 at 2024-01-01 01:00")
            && error.to_string().contains("1 of 2 rows"),
        "{error}"
    );
    // Not read at all is not wrong.
    assert_eq!(held(&with("")).unwrap(), 2);
    let error = Hierarchy::of(&with("22"), "meter", &parents(), Some("SUM")).unwrap_err();
    assert_eq!(error.code(), "no-total-series");
}

#[test]
fn parents_are_proposed_where_they_are_constant_and_nested() {
    let mut text = String::from("time,meter,region,feeder,twin,note,one,load\n");
    for meter in 0..6 {
        for hour in 0..3 {
            let (feeder, region) = (meter / 2, meter / 4);
            text += &format!(
                "2024-01-01 {hour:02}:00,m{meter},r{region},f{feeder},t{feeder},n{hour},same,{hour}\n"
            );
        }
    }
    let table = read_bytes("m.csv", text.as_bytes(), &ReadOptions::default()).unwrap();
    let all = ["region", "feeder", "twin", "note", "one"];
    assert_eq!(Hierarchy::proposed(&table, "meter", &all).unwrap(), ["feeder", "region"]);
    // What cuts across the level below is no level above it.
    let crossed = text.replace("m1,r0", "m1,r1");
    let table = read_bytes("m.csv", crossed.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(Hierarchy::proposed(&table, "meter", &all).unwrap(), ["feeder"]);
}

#[test]
fn a_series_left_out_leaves_the_sums_and_one_that_is_gone_stops_them() {
    let table = three();
    let mut h = Hierarchy::of(&table, "meter", &parents(), None).unwrap();
    let mut readings = Readings::from_table(&table, &roles()).unwrap();
    readings.series.remove(2);
    assert_eq!(h.add_up(&mut readings.clone()).unwrap_err().code(), "not-all-series");
    h.keep(&|id| id != "c");
    assert!(h.sound() && h.nodes.len() == 3, "{:?}", h.nodes);
    h.add_up(&mut readings).unwrap();
    assert_eq!(readings.series.last().unwrap().target[0][3], 44.0);
}

#[test]
fn meters_never_read_at_one_time_have_no_sum() {
    let rows = [
        (0, "a", "F1", "N", "1"),
        (1, "a", "F1", "N", "2"),
        (2, "b", "F1", "N", "1"),
        (3, "b", "F1", "N", "2"),
    ];
    let h = Hierarchy::of(&table(&rows), "meter", &parents(), None).unwrap();
    let mut readings = Readings::from_table(&table(&rows), &roles()).unwrap();
    assert_eq!(h.add_up(&mut readings).unwrap_err().code(), "no-common-row");
}
