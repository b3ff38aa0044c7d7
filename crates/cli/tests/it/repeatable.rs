//! One seed gives one result: on any number of threads, after a kill, after Ctrl-C.

use std::process::Child;
use std::time::{Duration, Instant};

use crate::common::{self, Place, recipe, signal, timeless, with_load};

/// The tensors of a bundle as they stand in the file, without the manifest (which holds seconds).
fn tensors(bundle: &[u8]) -> (serde_json::Value, Vec<u8>) {
    let header = u64::from_le_bytes(bundle[..8].try_into().unwrap()) as usize;
    let mut names: serde_json::Value = serde_json::from_slice(&bundle[8..8 + header]).unwrap();
    names.as_object_mut().unwrap().remove("__metadata__");
    (names, bundle[8 + header..].to_vec())
}

const RUNGS: [&str; 4] = ["last-value", "seasonal-naive-week", "linear", "lstm"];

#[test]
fn same_scores_and_same_bits_on_any_thread_count_and_others_for_another_seed() {
    let place = with_load();
    for (out, threads, seed) in [("one", "1", "5"), ("three", "3", "5"), ("other", "3", "6")] {
        place.call(&["run", "r.toml", "--out", out, "--threads", threads, "--seed", seed, "-q"]).ok();
    }
    let scores = |out: &str| timeless(place.json(&format!("{out}/scores.json")));
    assert_eq!(scores("one"), scores("three"));
    for rung in RUNGS {
        let of = |out: &str| tensors(&place.read(&format!("{out}/rungs/{rung}.gyeol")));
        assert_eq!(of("one"), of("three"), "{rung}");
        assert_eq!(of("one") == of("other"), rung != "lstm", "{rung}");
    }
    assert_ne!(scores("one")["rungs"][3], scores("other")["rungs"][3]);
    assert_eq!(scores("one")["rungs"][2]["valid"], scores("other")["rungs"][2]["valid"]);
}

/// A recipe whose net takes seconds.
fn long() -> String {
    recipe().replace("hidden = 8", "hidden = 16").replace("epochs = 2", "epochs = 12")
}

fn state_written(place: &Place, child: &mut Child, stem: &str) {
    let begun = Instant::now();
    while !place.at(&format!("{stem}.0.state")).exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before a state was written");
        assert!(begun.elapsed() < Duration::from_secs(60), "no state after a minute");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_killed_run_goes_on_to_the_scores_of_the_uninterrupted_one() {
    let place = Place::new();
    place.write("load.csv", common::hourly(common::HOURS)).write("r.toml", long());
    place.call(&["run", "r.toml", "--out", "whole", "-q"]).ok();
    let mut child = place.spawn(&["run", "r.toml", "--out", "cut", "-q"]);
    state_written(&place, &mut child, "cut/rungs/lstm");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!place.at("cut/scores.json").exists() && !place.at("cut/rungs/lstm.gyeol").exists());

    // Another recipe, other data or another seed do not go on with it, and leave it as it is.
    let unlocked = || place.listing().into_iter().filter(|p| !p.ends_with(".gyeol-lock")).collect::<Vec<_>>();
    let before = unlocked();
    place.write("other.toml", long().replace("horizon = 12", "horizon = 6"));
    let words = ["cut", "another recipe", "--out", "without --resume"];
    place.call(&["run", "other.toml", "--out", "cut", "--resume"]).failed(&words);
    place.call(&["run", "r.toml", "--out", "cut", "--resume", "--quick"]).failed(&words);
    place.call(&["run", "r.toml", "--out", "cut", "--resume", "--seed", "9"]).failed(&words);
    std::fs::remove_file(place.at("other.toml")).unwrap();
    assert_eq!(unlocked(), before);

    let said = place.call(&["run", "r.toml", "--out", "cut", "--resume"]).ok();
    assert_eq!(timeless(place.json("cut/scores.json")), timeless(place.json("whole/scores.json")));
    for rung in RUNGS {
        let of = |out: &str| tensors(&place.read(&format!("{out}/rungs/{rung}.gyeol")));
        assert_eq!(of("cut"), of("whole"), "{rung}");
    }
    assert_eq!(said.err.lines().filter(|l| l.contains("kept")).count(), 3, "{}", said.err);
    assert!(place.listing().iter().all(|p| p.extension().is_none_or(|e| e != "state" && e != "part")));
}

#[test]
fn ctrl_c_is_exit_1_with_the_command_that_goes_on() {
    let place = Place::new();
    place.write("load.csv", common::hourly(common::HOURS)).write("r.toml", long());
    for name in ["INT", "TERM"] {
        let mut child = place.spawn(&["run", "r.toml", "--out", name]);
        state_written(&place, &mut child, &format!("{name}/rungs/lstm"));
        signal(&child, name);
        let ended = child.wait_with_output().unwrap();
        let err = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{err}");
        assert!(err.contains("stopped while fitting 'lstm'"), "{err}");
        assert!(err.contains(&format!("Next: gyeol run r.toml --out {name} --resume")), "{err}");
        assert!(ended.stdout.is_empty() && !place.at(name).join("scores.json").exists());
        assert!(place.at(name).join("rungs/lstm.0.state").exists());
    }
    place.call(&["run", "r.toml", "--out", "INT", "--resume", "-q"]).ok();
    assert!(place.at("INT/scores.json").is_file());
}

#[test]
fn a_stopped_training_goes_on_too() {
    let place = Place::new();
    place.write("load.csv", common::hourly(common::HOURS)).write("r.toml", long());
    place.call(&["train", "r.toml", "--rung", "lstm", "-o", "whole.gyeol", "-q"]).ok();
    let args = ["train", "r.toml", "--rung", "lstm", "-o", "cut.gyeol", "-q"];
    let mut child = place.spawn(&args);
    state_written(&place, &mut child, "cut.gyeol.run/rungs/lstm");
    signal(&child, "INT");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8(ended.stderr).unwrap().contains("--resume"));
    assert!(!place.at("cut.gyeol").exists());
    place.call(&[&args[..], &["--resume"]].concat()).ok();
    assert_eq!(tensors(&place.read("cut.gyeol")), tensors(&place.read("whole.gyeol")));
    assert!(!place.at("cut.gyeol.run").exists());
}

#[test]
fn a_run_into_the_folder_of_another_leaves_no_rung_of_it() {
    let place = with_load();
    place.write("few.toml", recipe().split("[[rung]]\nname = \"linear\"").next().unwrap());
    place.call(&["run", "r.toml", "--out", "out", "-q"]).ok();
    place.call(&["run", "few.toml", "--out", "out", "-q"]).ok();
    assert!(place.at("out/rungs/last-value.gyeol").exists() && !place.at("out/rungs/lstm.gyeol").exists());
    assert_eq!(place.json("out/scores.json")["rungs"].as_array().unwrap().len(), 2);
}
