//! The real binary on small generated tables.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// What a call left.
#[derive(Debug)]
pub struct Called {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Called {
    /// Panics with everything said unless the call ended well.
    pub fn ok(self) -> Called {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// The one JSON value on standard output; anything beside it is an error.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }

    /// Failed with exit code 1, said all of `words` in one message, printed no result, did not panic.
    pub fn failed(self, words: &[&str]) -> Called {
        self.refused(1, words)
    }

    /// Wrong usage: exit code 2.
    pub fn misused(self, words: &[&str]) -> Called {
        self.refused(2, words)
    }

    fn refused(self, code: i32, words: &[&str]) -> Called {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert_eq!(self.out, "", "a result in spite of the failure");
        assert!(!self.err.contains("panicked"), "{self:#?}");
        for word in words {
            assert!(self.err.contains(word), "{word:?} is not said: {self:#?}");
        }
        self
    }
}

/// A folder that the command works in, gone at the end.
pub struct Place(tempfile::TempDir);

impl Default for Place {
    fn default() -> Self {
        // Every file that the command leaves is flushed to disk, the state of a net after each epoch too: on a busy disk a
        // run of one second takes twenty. Where there is a folder in memory, the tests do not wait for the disk.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
        Place(folder.expect("a temporary folder"))
    }
}

impl Place {
    pub fn new() -> Place {
        Place::default()
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Place {
        std::fs::write(self.at(name), bytes).expect("a written file");
        self
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.at(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.read(name)).expect("JSON")
    }

    /// Every file and folder below, by relative path.
    pub fn listing(&self) -> BTreeSet<PathBuf> {
        fn walk(folder: &Path, root: &Path, into: &mut BTreeSet<PathBuf>) {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                into.insert(path.strip_prefix(root).expect("below").to_path_buf());
                if path.is_dir() {
                    walk(&path, root, into);
                }
            }
        }
        let mut all = BTreeSet::new();
        walk(self.path(), self.path(), &mut all);
        all
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gyeol"));
        command.args(args).current_dir(self.path());
        command.env_remove("NO_COLOR").env_remove("COLUMNS");
        command
    }

    pub fn call(&self, args: &[&str]) -> Called {
        self.fed(args, b"")
    }

    /// Calls with bytes on standard input.
    pub fn fed(&self, args: &[&str], input: &[u8]) -> Called {
        let mut child = self.spawn(args);
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = input.to_vec();
        // A command that fails before it reads closes the pipe: that is its right.
        let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().expect("an end");
        feeder.join().expect("a fed pipe");
        Called {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            err: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }

    pub fn spawn(&self, args: &[&str]) -> Child {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the binary")
    }

    /// The call must fail with exit code 1 and leave nothing behind that was not there.
    pub fn fails(&self, args: &[&str], words: &[&str]) {
        let before = self.listing();
        self.call(args).failed(words);
        assert_eq!(self.listing(), before, "{args:?} left something behind");
    }
}

/// Readings: a daily and a weekly shape with a little noise, the same on every machine.
pub fn reading(hour: f64, seed: u64) -> f64 {
    let turn = |period: f64| (std::f64::consts::TAU * hour / period).sin();
    let mut x = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ hour.to_bits();
    for _ in 0..3 {
        x ^= x >> 31;
        x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    let noise = (x >> 11) as f64 / (1u64 << 53) as f64 - 0.5;
    100.0 + 20.0 * turn(24.0) + 8.0 * turn(168.0) + 4.0 * noise
}

/// The moment `minutes` after the first of January 2023, as text.
pub fn stamp(minutes: i64) -> String {
    let start = chrono::NaiveDate::from_ymd_opt(2023, 1, 1).and_then(|d| d.and_hms_opt(0, 0, 0));
    let at = start.expect("a date") + chrono::Duration::minutes(minutes);
    at.format("%Y-%m-%d %H:%M").to_string()
}

/// `time,load,temperature` for so many hours.
pub fn hourly(rows: usize) -> String {
    let mut text = "time,load,temperature\n".to_string();
    for i in 0..rows {
        let h = i as f64;
        text +=
            &format!("{},{:.3},{:.2}\n", stamp(i as i64 * 60), reading(h, 1), 10.0 + reading(h, 2) / 20.0);
    }
    text
}

/// Hours of [`load`].
pub const HOURS: usize = 40 * 24;

/// What every test climbs: two days back, half a day ahead.
pub const FORECAST: &str = "[forecast]\nlook_back = 48\nhorizon = 12\n";

/// Four cheap rungs.
pub const RUNGS: &str = "[[rung]]\nname = \"last-value\"\n[[rung]]\nname = \"seasonal-naive:week\"\nseason = 168\n\
    [[rung]]\nname = \"linear\"\n[[rung]]\nname = \"lstm\"\nhidden = 8\nhead = 8\nepochs = 2\nmembers = 2\n";

/// The recipe of `load.csv`.
pub fn recipe() -> String {
    format!("[data]\nfile = \"load.csv\"\n[columns]\nunit = \"MW\"\n{FORECAST}{RUNGS}")
}

/// A place with `load.csv` and `r.toml`.
pub fn with_load() -> Place {
    let place = Place::new();
    place.write("load.csv", hourly(HOURS)).write("r.toml", recipe());
    place
}

/// The same, climbed into `out`.
pub fn climbed() -> Place {
    let place = with_load();
    place.call(&["run", "r.toml", "--out", "out", "-q"]).ok();
    place
}

/// `scores.json` without what a clock or the machine measured.
pub fn timeless(mut scores: Value) -> Value {
    for rung in scores["rungs"].as_array_mut().expect("rungs") {
        for key in ["fit_seconds", "predict_us", "peak_memory"] {
            assert!(rung.as_object_mut().expect("a rung").remove(key).is_some(), "{key}");
        }
    }
    scores
}

/// The keys of an object.
pub fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().cloned().collect()
}

/// Whether an object has at least these keys.
pub fn has(value: &Value, wanted: &[&str]) {
    let found = keys(value);
    for key in wanted {
        assert!(found.contains(*key), "no {key} in {found:?}");
    }
}

/// Sends a signal by name.
pub fn signal(child: &Child, name: &str) {
    let done = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(done.expect("kill").success());
}
