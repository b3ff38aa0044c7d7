//! Real files: the tests of this file need the folder that GYEOL_DATA names.

use gyeol_data::{ReadOptions, Readings, Roles, Table, builtin, read};

use crate::real_files::real_file;

fn open(name: &str) -> Table {
    read(&real_file(name).display().to_string(), &ReadOptions::default()).unwrap()
}

#[test]
#[cfg_attr(not(gyeol_data), ignore = "needs GYEOL_DATA, the folder of real files")]
fn transformer_sets_are_regular() {
    for (name, rows, step) in [
        ("ett/ETTh1.csv.gz", 17_420, "1 h"),
        ("ett/ETTh2.csv.gz", 17_420, "1 h"),
        ("ett/ETTm1.csv.gz", 69_680, "15 min"),
    ] {
        let t = open(name);
        let roles = Roles::guess(&t);
        assert_eq!((t.rows(), roles.targets()), (rows, vec!["OT"]));
        assert_eq!(Readings::from_table(&t, &roles).unwrap().step.label(), step);
    }
}

#[test]
#[cfg_attr(not(gyeol_data), ignore = "needs GYEOL_DATA, the folder of real files")]
fn the_built_in_figures_are_those_of_the_source() {
    let t = open("gefcom2014/gefcom2014-e.csv.gz");
    let packed = builtin::power_load().unwrap();
    let from = t.rows() - packed.rows();
    for (theirs, ours) in [("load", "load"), ("T", "temperature")] {
        assert_eq!(t.numbers(theirs).unwrap()[from..], packed.numbers(ours).unwrap(), "{ours}");
    }
    assert_eq!(t.times("time").unwrap()[from..], packed.times("time").unwrap());
}

#[test]
#[cfg_attr(not(gyeol_data), ignore = "needs GYEOL_DATA, the folder of real files")]
fn classic_series_are_counted_rows() {
    for (name, rows) in [
        ("AirPassengers", 144),
        ("UKgas", 108),
        ("co2", 468),
        ("nottem", 240),
        ("taylor_halfhourly_mw", 4032),
    ] {
        let t = open(&format!("classic_series/{name}.csv"));
        let r = Readings::from_table(&t, &Roles::guess(&t)).unwrap();
        assert_eq!((r.series[0].history, r.step.label().as_str()), (rows, "1 row"), "{name}");
    }
}
