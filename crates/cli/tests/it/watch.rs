//! `gyeol watch`: the newest forecasts of a model, as a table, as JSON, beside a challenger.

use crate::common::Place;

/// Hours of a load that goes round in a day, with noise that nothing tells.
fn load(hours: usize) -> String {
    let mut state = 7u64;
    let row = |i: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let noise = (state >> 40) as f64 / (1u64 << 24) as f64;
        let turn = (i % 24) as f64 / 24.0 * std::f64::consts::TAU;
        format!("2024-01-{:02} {:02}:00,{:.2}\n", 1 + i / 24, i % 24, 100.0 + 20.0 * turn.sin() + 4.0 * noise)
    };
    "time,load\n".to_owned() + &(0..hours).map(row).collect::<String>()
}

#[test]
fn the_newest_forecasts_are_scored_and_a_challenger_is_compared() {
    let place = Place::new();
    // One month of whole days on a clock without gaps.
    place.write("load.csv", load(28 * 24));
    let recipe = "[data]\nfile = \"load.csv\"\n[columns]\ntime = \"time\"\ntargets = [\"load\"]\n[split]\nby = \"rows\"\ntrain = 312\nvalid = 120\ntest = 240\n\
                  [forecast]\nlook_back = 24\nhorizon = 24\n[[rung]]\nname = \"last-value\"\n[[rung]]\nname = \"linear\"\n";
    place.write("r.toml", recipe);
    place.call(&["run", "r.toml", "--out", "out", "-q"]).ok();
    let asked = [
        "watch",
        "out/rungs/last-value.gyeol",
        "load.csv",
        "--last",
        "5",
        "--against",
        "out/rungs/linear.gyeol",
    ];
    let found = place.call(&[&asked[..], &["--json"]].concat()).ok().json();
    let forecasts = found["forecasts"].as_array().unwrap();
    assert_eq!(forecasts.len(), 5);
    assert_eq!(forecasts[4]["origin"], "2024-01-28T00:00:00");
    assert_eq!(forecasts[4]["values"], 24);
    assert_eq!(found["challenger"]["forecasts"], 5);
    assert!(found["challenger"]["difference"].as_f64().unwrap() > 5.0, "{found}");
    let all = ["watch", "out/rungs/last-value.gyeol", "load.csv", "--against", "out/rungs/linear.gyeol"];
    // Ten days lie behind what was learnt: enough to tell the challenger from chance.
    let called = place.call(&[&all[..], &["--strict"]].concat());
    assert_eq!(called.code, Some(1), "{called:#?}");
    assert!(
        called.out.contains("the challenger errs less") && called.err.contains("challenger"),
        "{called:#?}"
    );
    let calm = place.call(&["watch", "out/rungs/linear.gyeol", "load.csv", "--strict"]).ok();
    assert!(calm.out.contains("Nothing speaks against the model"), "{}", calm.out);
    let korean = place.call(&["watch", "out/rungs/linear.gyeol", "load.csv", "--language", "ko"]).ok();
    assert!(korean.out.contains("모델에 이상이 보이지 않습니다"), "{}", korean.out);
    place.write("short.csv", load(18 * 24));
    place
        .call(&["watch", "out/rungs/linear.gyeol", "short.csv"])
        .failed(&["lies behind what the model learnt from"]);
}
