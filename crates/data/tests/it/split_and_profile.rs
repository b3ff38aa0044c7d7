//! Splits keep the order of time; the built-in set's protocol; what inspection finds there.

use gyeol_data::profile::profile;
use gyeol_data::split::{refuse_shuffle, split_random, split_stratified};
use gyeol_data::{ColumnData, Profile, Readings, Role, Roles, Split, SplitSpec, Table, builtin};

fn dates(valid: &str, test: &str) -> SplitSpec {
    SplitSpec::Dates { train_from: None, valid_from: valid.into(), test_from: test.into(), end: None }
}

fn power() -> (Table, Roles) {
    let t = builtin::power_load().unwrap();
    let roles = Roles::guess(&t);
    (t, roles)
}

#[test]
fn the_built_in_protocol_has_8737_test_windows() {
    let (t, roles) = power();
    let r = Readings::from_table(&t, &roles).unwrap();
    let split = Split::of(&r, &dates("2013-01-01", "2014-01-01")).unwrap();
    let rows = split.rows(&r.series[0]);
    assert_eq!((rows.train, rows.valid), (0..17_544, 17_544..26_304));
    assert_eq!(rows.test, 26_304..35_064);
    // Origins whose 24 targets lie in 2014: 8760 − 24 + 1.
    assert_eq!(8760 - 24 + 1, 8737);
}

#[test]
fn the_built_in_naive_errors_are_those_measured_outside() {
    // Issue's figures, MW over 8,737 windows: last value 517.34, a day before 162.99, a week before 174.48.
    let (t, _) = power();
    let load = t.numbers("load").unwrap();
    let error = |forecast: &dyn Fn(usize, usize) -> usize| {
        let mut sum = 0.0;
        for origin in 26_304..=35_064 - 24 {
            for h in 0..24 {
                sum += (load[origin + h] - load[forecast(origin, h)]).abs();
            }
        }
        sum / (8737.0 * 24.0)
    };
    assert!((error(&|o, _| o - 1) - 517.34).abs() < 0.005);
    assert!((error(&|o, h| o + h - 24) - 162.99).abs() < 0.005);
    assert!((error(&|o, h| o + h - 168) - 174.48).abs() < 0.005);
}

#[test]
fn shares_and_rows() {
    let (t, roles) = power();
    let r = Readings::from_table(&t, &roles).unwrap();
    let s =
        Split::of(&r, &SplitSpec::Shares { train: 0.7, valid: 0.15, test: 0.15 }).unwrap().rows(&r.series[0]);
    assert_eq!((s.train.start, s.test.end), (0, 35_064));
    assert_eq!((s.train.end, s.valid.end), (s.valid.start, s.test.start));
    // The usual protocol of the transformer sets: what comes after is left out.
    let s =
        Split::of(&r, &SplitSpec::Rows { train: 8640, valid: 2880, test: 2880 }).unwrap().rows(&r.series[0]);
    assert_eq!((s.train, s.valid, s.test), (0..8640, 8640..11_520, 11_520..14_400));
}

#[test]
fn splits_that_would_leak_are_refused_with_the_reason() {
    let (t, roles) = power();
    let r = Readings::from_table(&t, &roles).unwrap();
    for (spec, code) in [
        (dates("2014-01-01", "2013-01-01"), "empty-part"),
        (dates("2013-01-01", "2019-01-01"), "empty-part"),
        (dates("2013-01-01", "someday"), "bad-date"),
        (SplitSpec::Shares { train: 0.9, valid: 0.2, test: 0.1 }, "bad-shares"),
        (SplitSpec::Shares { train: f64::NAN, valid: 0.2, test: 0.1 }, "bad-shares"),
        (SplitSpec::Rows { train: usize::MAX, valid: 2, test: 1 }, "split-too-long"),
        (SplitSpec::Rows { train: 0, valid: 2, test: 1 }, "empty-part"),
    ] {
        let e = Split::of(&r, &spec).unwrap_err();
        assert_eq!(e.code(), code, "{e}");
        assert!(e.to_string().contains("Next: "), "{e}");
    }
    let overlap = Split { train: 0..10, valid: 5..15, test: 15..20 };
    assert_eq!(overlap.check().unwrap_err().code(), "overlapping-split");
    let e = refuse_shuffle(&r).unwrap_err();
    assert!(e.to_string().contains("puts the answer"), "{e}");
}

#[test]
fn random_and_stratified_splits_are_repeatable_and_disjoint() {
    let a = split_random(100, (0.6, 0.2, 0.2), 7).unwrap();
    assert_eq!(a, split_random(100, (0.6, 0.2, 0.2), 7).unwrap());
    assert_ne!(a, split_random(100, (0.6, 0.2, 0.2), 8).unwrap());
    let mut all: Vec<usize> = [a.train, a.valid, a.test].concat();
    all.sort_unstable();
    assert_eq!(all, (0..100).collect::<Vec<_>>());
    let labels: Vec<&str> = (0..200).map(|i| if i % 10 == 0 { "rare" } else { "usual" }).collect();
    let s = split_stratified(&labels, (0.5, 0.25, 0.25), 1).unwrap();
    let rare = |v: &[usize]| v.iter().filter(|&&i| labels[i] == "rare").count();
    assert_eq!((rare(&s.train), rare(&s.valid), rare(&s.test)), (10, 5, 5));
}

#[test]
fn inspection_of_the_built_in_set() {
    let (t, roles) = power();
    let p = profile(&t, &roles, Some(&dates("2013-01-01", "2014-01-01"))).unwrap();
    let clock = p.clock.as_ref().unwrap();
    assert_eq!((clock.step.as_deref(), clock.gap_count, clock.duplicates), (Some("1 h"), 0, 0));
    let load = p.columns.iter().find(|c| c.name == "load").unwrap();
    let f = load.numbers.as_ref().unwrap();
    let labels: Vec<&str> = f.periods.iter().map(|p| p.label.as_str()).collect();
    assert!(labels.contains(&"1 day") && labels.contains(&"1 week"), "{labels:?}");
    assert_eq!(f.typical_week.as_ref().map(|w| w.median.len()), Some(168));
    assert_eq!(f.drift.len(), 2);
    assert_eq!(f.sparkline.len(), 60);
    assert!(p.columns[2].numbers.as_ref().unwrap().leakage.is_none());
    assert_eq!(p.parts.iter().map(|p| p.rows).collect::<Vec<_>>(), [17_544, 8760, 8760]);
    // Load against temperature is a valley: both ends above the middle.
    let bins = &p.scatters[0].bins;
    let lowest = bins.iter().map(|b| b.mean).fold(f64::INFINITY, f64::min);
    assert!(bins[0].mean > lowest * 1.1 && bins[bins.len() - 1].mean > lowest * 1.3);
    // All of it survives being written down.
    let json = serde_json::to_string(&p).unwrap();
    assert_eq!(serde_json::from_str::<Profile>(&json).unwrap(), p);
}

#[test]
fn a_leak_a_stuck_meter_and_a_spike_are_found() {
    let (t, _) = power();
    let t = t.slice(0, 5000).unwrap();
    let mut load = t.numbers("load").unwrap();
    load[1000..1030].fill(2500.0);
    load[2000] = 40_000.0;
    load[2001] = -5.0;
    let scaled: Vec<f64> = load.iter().map(|x| x / 1000.0 + 3.0).collect();
    let t = t
        .with_column("load", ColumnData::Number(load))
        .unwrap()
        .with_column("same", ColumnData::Number(scaled))
        .unwrap();
    let roles = Roles::from_pairs([
        ("time", Role::Time),
        ("load", Role::Target),
        ("temperature", Role::Past),
        ("same", Role::Known),
    ]);
    let p = profile(&t, &roles, None).unwrap();
    let has = |code: &str, column: &str| {
        p.warnings.iter().any(|w| w.code == code && w.column.as_deref() == Some(column))
    };
    assert!(has("leakage", "same") && has("stuck", "load") && has("outliers", "load"));
    assert!(has("impossible", "load") && !has("leakage", "temperature"));
    let f = p.columns[1].numbers.as_ref().unwrap();
    assert_eq!(f.stuck.as_ref().map(|s| (s.row, s.rows)), Some((1000, 30)));
    assert_eq!(f.outliers.as_ref().unwrap().examples[0].row, 2000);
}
