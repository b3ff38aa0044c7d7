//! Every mistake in a recipe has its own error, which names the line; every right recipe comes back from its own text.

use gyeol_data::{CleanOp, ColumnData, Profile, Role, Roles, ScalerKind, SplitSpec, Step, Table};

use super::check::default_value;
use super::init::window;
use super::*;

fn ok(text: &str) -> Recipe {
    Recipe::parse(text, "r.toml").unwrap_or_else(|error| panic!("{text}\n{error}"))
}

fn fails(text: &str) -> RecipeError {
    Recipe::parse(text, "r.toml").expect_err(text)
}

/// The message, checked to hold each of the words.
fn says(text: &str, words: &[&str]) {
    let message = fails(text).to_string();
    for word in words {
        assert!(message.contains(word), "{message:?} lacks {word:?}");
    }
    assert!(!message.chars().any(char::is_control), "{message:?}");
}

#[test]
fn every_key_is_sound() {
    for (schema, key) in SCHEMAS.iter().flat_map(|schema| schema.keys.iter().map(move |key| (schema, key))) {
        assert!(schema.sections.iter().any(|section| section.name == key.section), "{}", key.path());
        assert!(key.doc.ends_with('.') && !key.doc.contains('|'), "{}: {}", key.path(), key.doc);
        if let Without::Value(text) = key.default {
            assert!(default_value(key, text).is_some(), "{}: the default {text} is refused", key.path());
        }
        let example = key.kind.example();
        assert!(default_value(key, &example).is_some(), "{}: the example {example} is refused", key.path());
        let twins =
            schema.keys.iter().filter(|other| other.path() == key.path() && other.of == key.of).count();
        assert_eq!(twins, 1, "{} stands twice", key.path());
    }
}

#[test]
fn every_value_that_the_keys_allow_is_read() {
    let values = |key: &Key| match key.kind {
        Kind::Choice(words) => words.iter().map(|word| format!("\"{word}\"")).collect(),
        _ => vec![key.kind.example()],
    };
    let head = |section: &Section, of: &str| match section.name {
        "" => String::new(),
        "rung" if of == MIXTURE => {
            let names = ["linear", "response", "linear+response"];
            names.map(|name| format!("[[rung]]\nname = \"{name}\"\n")).concat()
        }
        "rung" => format!("[[rung]]\nname = \"{of}\"\n"),
        "clean" => format!("[[clean]]\nop = \"{of}\"\n"),
        name => format!("[{name}]\n"),
    };
    let schema = &keys::forecast::SCHEMA;
    for section in schema.sections {
        let kinds: Vec<&str> = match section.name {
            "rung" => schema.rungs.to_vec(),
            "clean" => schema.operations.iter().map(|(word, _)| *word).collect(),
            _ => vec![""],
        };
        for of in kinds {
            let keys = || {
                schema
                    .keys
                    .iter()
                    .filter(|key| key.section == section.name && (key.of.is_empty() || key.of.contains(&of)))
            };
            for key in
                keys().filter(|key| !["op", "name", "by"].contains(&key.name) && key.section != "split")
            {
                for value in values(key) {
                    let value = match key.name {
                        "file" | "delimiter" | "task" => continue,
                        "zone" => "\"Asia/Seoul\"".to_owned(),
                        // Neither goes without the other.
                        "database" => "\"postgresql://h/grid\"\nquery = \"select 1\"".to_owned(),
                        "query" => "\"select 1\"\ndatabase = \"postgresql://h/grid\"".to_owned(),
                        _ => value,
                    };
                    let levels = "[forecast]\nquantiles = 0.5\n";
                    let mut text = if value == "\"pinball\"" { levels.to_owned() } else { String::new() };
                    text += &head(section, of);
                    if key.name == "limit" && section.name == "forecast" {
                        text += "quantiles = 0.5\n";
                    }
                    for other in
                        keys().filter(|other| other.default == Without::Needed && other.name != key.name)
                    {
                        if !["op", "name"].contains(&other.name) {
                            text += &format!("{} = {}\n", other.name, other.kind.example());
                        }
                    }
                    if key.name == "refit_rows" {
                        text += "refit = \"origin\"\n";
                    }
                    if key.name == "longitude" {
                        text += "latitude = 37.5\n";
                    }
                    text += &format!("{} = {value}\n", key.name);
                    let recipe = ok(&text);
                    assert_eq!(ok(&recipe.to_toml()), recipe, "{text}");
                }
            }
        }
    }
}

#[test]
fn the_documentation_is_in_step() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/recipe.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs")).unwrap();
        std::fs::write(path, document()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == document(), "docs/recipe.md is old: UPDATE=1 cargo test -p gyeol-ladder recipe");
}

#[test]
fn an_empty_recipe_is_the_default_of_every_key() {
    let recipe = ok("");
    assert_eq!(recipe.data.file, BUILTIN_POWER);
    assert_eq!((recipe.forecast.look_back, recipe.forecast.horizon, recipe.forecast.stride), (168, 24, 1));
    assert_eq!(recipe.forecast.interval, 0.9);
    assert_eq!(recipe.scale.kind, ScalerKind::Standard);
    assert!(recipe.calendar.features && recipe.rungs.is_empty() && recipe.clean.is_empty());
    assert_eq!(recipe.split_spec(), SplitSpec::default());
}

#[test]
fn the_default_power_recipe_is_the_protocol() {
    let recipe = Recipe::default_power();
    let spec = SplitSpec::Dates {
        train_from: Some("2011-01-01".into()),
        valid_from: "2013-01-01".into(),
        test_from: "2014-01-01".into(),
        end: None,
    };
    assert_eq!(recipe.split_spec(), spec);
    assert_eq!((recipe.forecast.look_back, recipe.forecast.horizon), (168, 24));
    assert!(!recipe.forecast.known_ahead);
    assert_eq!(ok(&recipe.to_toml()), recipe);
}

#[test]
fn a_full_recipe_comes_back_from_its_own_text() {
    let text = r#"
task = "forecast"
name = "Werk \"Süd\""
language = "ko"
seed = 7
[data]
file = "a b.csv"
delimiter = "tab"
decimal_comma = true
encoding = "euc-kr"
date_format = "%d.%m.%Y %H:%M"
header = false
zone = "Asia/Seoul"
[columns]
time = "zeit"
targets = "load"
past = ["t1", "t2"]
known = ["plan"]
id = "meter"
ignored = ["note"]
unit = "kW"
[[clean]]
op = "sort"
[[clean]]
op = "deduplicate"
keep = "mean"
[[clean]]
op = "regular-clock"
step = "15 min"
gather = "sum"
[[clean]]
op = "drop-rows"
before = 2011-01-01
missing = ["load"]
[[clean]]
op = "missing"
columns = ["load"]
below = -0.5
equal = [-999, 9999]
stuck = 48
[[clean]]
op = "fill"
columns = ["load"]
method = "seasonal"
limit = 6
[[clean]]
op = "convert-unit"
columns = ["t1"]
from = "°F"
to = "°C"
[split]
by = "dates"
valid_from = "2013-01-01 06:00"
test_from = 2014-01-01T00:00:00
end = 2015-01-01
[forecast]
look_back = 96
horizon = 12
interval = 0.8
known_ahead = true
[calendar]
features = true
holidays = [2014-12-25, "2014-12-26"]
[scale]
kind = "min-max"
[score]
metric = "mse"
scaled = true
bootstrap_block = 672
[[rung]]
name = "seasonal-naive:day"
season = 96
[[rung]]
name = "linear"
ridge = [0, 0.1, 10]
[[rung]]
name = "lstm:segments"
hidden = 64
segment = 12
learning_rate = 1e-3
schedule = "cosine"
optimizer = "adamw"
loss = "huber"
centred = true
members = 3
"#;
    let recipe = ok(text);
    assert_eq!(recipe.split.valid_from.as_deref(), Some("2013-01-01 06:00:00"));
    assert_eq!(recipe.split.test_from.as_deref(), Some("2014-01-01 00:00:00"));
    assert_eq!(recipe.columns.targets.as_deref(), Some(&["load".to_owned()][..]));
    assert_eq!(recipe.clean.len(), 7);
    let CleanOp::Missing { equal, stuck, .. } = &recipe.clean[4] else { panic!("{:?}", recipe.clean[4]) };
    assert_eq!((equal.as_slice(), *stuck), (&[-999.0, 9999.0][..], Some(48)));
    assert_eq!(recipe.rungs[2].learning_rate, Some(1e-3));
    assert_eq!(recipe.rungs[2].optimizer, Some(Optimizer::AdamW));
    assert_eq!(recipe.rungs[2].kind(), "lstm");
    assert_eq!(recipe.read_options().delimiter, Some(b'\t'));

    let written = recipe.to_toml();
    assert_eq!(ok(&written), recipe, "{written}");
    assert_eq!(ok(&written).to_toml(), written, "the text is canonical");
    assert!(written.contains("valid_from = 2013-01-01 06:00:00"), "{written}");
    assert!(!written.contains("duplicates"), "defaults of an operation are left out:\n{written}");
}

#[test]
fn unknown_keys_name_the_nearest_and_the_line() {
    says(
        "[forecast]\n\nlook_bak = 3\n",
        &["r.toml, line 3", "`look_bak` in [forecast]", "did you mean `look_back`"],
    );
    says("[forcast]\nhorizon = 3\n", &["line 1", "unknown section `forcast`", "did you mean `forecast`"]);
    says("horizon = 3\n", &["line 1", "`horizon`", "did you mean `forecast.horizon`"]);
    says("[[rung]]\nname = \"lstm\"\nlearning-rate = 0.1\n", &["line 3", "did you mean `learning_rate`"]);
    says("[[clean]]\nop = \"fill\"\ncolums = [\"a\"]\n", &["line 3", "did you mean `columns`"]);
    says("[forecast]\nzzzzqqqq = 1\n", &["`zzzzqqqq`", "docs/recipe.md"]);
    says("[[rungs]]\nname = \"lstm\"\n", &["unknown section `rungs`", "did you mean `rung`"]);
    says("\"a\\u001b[31m\\n\" = 1\n", &["unknown key"]);
    // The first mistake is the one that is named, whatever the letters.
    says("[split]\nzz = 1\naa = 1\n", &["line 2", "`zz`"]);
}

#[test]
fn values_of_the_wrong_kind_show_a_right_one() {
    says(
        "[forecast]\nhorizon = \"24\"\n",
        &["line 2", "`forecast.horizon` is the text \"24\"", "horizon = 1"],
    );
    says("[forecast]\nhorizon = 24.5\n", &["the number 24.5", "a whole number"]);
    says("[forecast]\nknown_ahead = 1\n", &["the whole number 1", "true or false"]);
    says("[columns]\ntargets = 3\n", &["`columns.targets`", "a list of texts", "[\"load\"]"]);
    says("[columns]\ntargets = [\"a\", 3]\n", &["the whole number 3"]);
    says("[columns]\ntime = \" \"\n", &["it is empty"]);
    says("[data]\nfile = 2011-01-01\n", &["the date 2011-01-01"]);
    says("data = 3\n", &["`data` is the whole number 3", "a section"]);
    says("rung = 3\n", &["a list of tables", "[[rung]]"]);
    says("rung = [3]\n", &["a list of tables"]);
    says("[rung]\nname = \"lstm\"\n", &["`rung` is a table", "[[rung]]"]);
    says("[[data]]\nfile = \"a\"\n", &["`data` is a list of 1"]);
    says("[calendar]\nlatitude = 91\n", &["`calendar.latitude`", "91", "-90"]);
    says("[calendar]\nlongitude = 127.0\n", &["line 2", "`calendar.longitude`", "`latitude`"]);
    says("[calendar]\nholidays = 3\n", &["a country code or a list of dates"]);
}

#[test]
fn numbers_outside_their_range_are_refused() {
    says("[forecast]\nhorizon = 0\n", &["`forecast.horizon` is 0, outside 1 to 10000"]);
    says("[forecast]\nhorizon = -3\n", &["is -3"]);
    says("[forecast]\ninterval = 1.0\n", &["is 1, outside 0.5 to 0.999"]);
    for odd in ["nan", "inf", "-inf"] {
        assert!(matches!(fails(&format!("[forecast]\ninterval = {odd}\n")), RecipeError::OutOfRange { .. }));
        assert!(matches!(
            fails(&format!("[[clean]]\nop = \"clip\"\ncolumns = [\"a\"]\nlow = {odd}\n")),
            RecipeError::OutOfRange { .. }
        ));
    }
    says("seed = 99999999999\n", &["`seed` is 99999999999"]);
    says("[[rung]]\nname = \"lstm\"\ndropout = 1\n", &["`rung.dropout` is 1"]);
    says("seed = 99999999999999999999999\n", &["line 1"]);
}

#[test]
fn words_that_are_not_allowed_list_those_that_are() {
    says("task = \"forcast\"\n", &["line 1", "`task` is \"forcast\"", "did you mean `forecast`"]);
    says("language = \"de\"\n", &["not one of en, ko", "choose one of them"]);
    says("[scale]\nkind = \"minmax\"\n", &["did you mean `min-max`"]);
    says("[[rung]]\nname = \"lstn\"\n", &["line 2", "`rung.name` is \"lstn\"", "did you mean `lstm`"]);
    says("[[clean]]\nop = \"dedupe\"\n", &["`clean.op`", "deduplicate"]);
    says("[[rung]]\nname = \"rnn\"\noptimizer = \"adamm\"\n", &["did you mean `adam`"]);
}

#[test]
fn a_shuffled_split_is_refused_with_the_reason() {
    for word in ["random", "shuffled", "stratified"] {
        let text = format!("[split]\nby = \"{word}\"\n");
        assert!(matches!(fails(&text), RecipeError::ShuffledSplit { .. }));
        says(&text, &["line 2", "side by side in time", "by = \"dates\""]);
    }
}

#[test]
fn dates_must_be_dates_and_in_order() {
    let with = |valid: &str, test: &str| {
        format!("[split]\nby = \"dates\"\nvalid_from = {valid}\ntest_from = {test}\n")
    };
    says(&with("\"2013-02-30\"", "2014-01-01"), &["line 3", "\"2013-02-30\" is not a date", "2013-01-31"]);
    says(&with("\"01.02.2013\"", "2014-01-01"), &["is not a date"]);
    says(&with("2013-01-01T00:00:00Z", "2014-01-01"), &["without an offset"]);
    says(&with("2014-01-01", "2013-01-01"), &["line 4", "not after `valid_from`", "overlap"]);
    says(&with("2014-01-01", "2014-01-01"), &["not after"]);
    says(&with("2014-01-01", "\"2014-01-01 00:00\""), &["not after"]);
    says("[split]\nby = \"dates\"\nvalid_from = 2014-01-01\n", &["line 1", "`split.test_from` is missing"]);
    ok(&with("2014-01-01", "\"2014-01-01 06:00\""));
    says("[calendar]\nholidays = [\"Christmas\"]\n", &["\"Christmas\" is not a date"]);
}

#[test]
fn two_ways_of_splitting_contradict_each_other() {
    says(
        "[split]\nby = \"shares\"\ntest_from = 2014-01-01\n",
        &["line 3", "given by shares", "leave it out"],
    );
    says("[split]\ntrain_from = 2014-01-01\n", &["line 2", "given by shares"]);
    let dates = "[split]\nby = \"dates\"\nvalid_from = 2013-01-01\ntest_from = 2014-01-01\ntrain = 0.5\n";
    says(dates, &["line 5", "given by dates"]);
}

#[test]
fn shares_and_rows_must_make_sense() {
    says("[split]\ntrain = 0.9\n", &["0.9 + 0.15 + 0.15 make 1.200"]);
    says("[split]\ntrain = 8640\nvalid = 2880\ntest = 2880\n", &["by = \"rows\" is meant"]);
    says("[split]\ntest = 0\n", &["each share must be above 0"]);
    says("[split]\nby = \"rows\"\ntrain = 10\n", &["`split.valid` is missing"]);
    says(
        "[split]\nby = \"rows\"\ntrain = 0.5\nvalid = 3\ntest = 3\n",
        &["line 3", "0.5 is not a number of rows"],
    );
    let ett = ok("[split]\nby = \"rows\"\ntrain = 8640\nvalid = 2880\ntest = 2880\n");
    assert_eq!(ett.split_spec(), SplitSpec::Rows { train: 8640, valid: 2880, test: 2880 });
    assert!(ett.to_toml().contains("train = 8640\n"));
}

#[test]
fn parts_shorter_than_a_window_are_refused() {
    let rows = |train: u32, valid: u32, test: u32| {
        format!(
            "[split]\nby = \"rows\"\ntrain = {train}\nvalid = {valid}\ntest = {test}\n[forecast]\nlook_back = 96\nhorizon = 24\n"
        )
    };
    ok(&rows(120, 24, 24));
    says(&rows(119, 24, 24), &["line 3", "the train part has 119 rows", "needs 120"]);
    says(&rows(120, 23, 24), &["line 4", "the valid part has 23 rows"]);
    says(&rows(120, 24, 23), &["line 5", "the test part has 23 rows"]);
    let recipe = Recipe::default_power();
    assert!(recipe.check_lengths(192, 24, 24).is_ok());
    assert!(matches!(recipe.check_lengths(191, 24, 24), Err(RecipeError::Contradiction { .. })));
}

#[test]
fn columns_have_one_role() {
    says("[columns]\ntime = \"a\"\ntargets = [\"a\"]\n", &["line 3", "\"a\" is in `time` and in `targets`"]);
    says("[columns]\npast = [\"a\", \"a\"]\n", &["stands twice in `past`"]);
    says("[columns]\ntargets = []\n", &["the list is empty"]);
}

#[test]
fn the_data_section_is_checked() {
    says("[data]\ndelimiter = \";;\"\n", &["\";;\" is not one plain character"]);
    says("[data]\ndelimiter = \"·\"\n", &["not one plain character"]);
    says("[data]\nzone = \"Seoul\"\n", &["line 2", "not a time zone", "Asia/Seoul"]);
    says("[calendar]\nholidays = \"XX\"\n", &["line 2", "`calendar.holidays`", "XX"]);
    says("[data]\nfile = \"builtin:power\"\n", &["there is no \"builtin:power\"", "builtin:power-load"]);
}

#[test]
fn keys_of_another_rung_or_operation_are_refused() {
    says(
        "[[rung]]\nname = \"linear\"\nhidden = 3\n",
        &["line 3", "`linear` has no such thing", "mlp, rnn, gru, lstm, slstm, mingru"],
    );
    says("[[rung]]\nname = \"last-value\"\nseason = 3\n", &["belongs to seasonal-naive"]);
    says(
        "[[clean]]\nop = \"sort\"\nkeep = \"last\"\n",
        &["the operation `sort` has no such thing", "deduplicate"],
    );
    // `from` means a moment for one operation and a unit for another.
    says("[[clean]]\nop = \"drop-rows\"\nfrom = \"kW\"\n", &["\"kW\" is not a date"]);
    ok("[[clean]]\nop = \"drop-rows\"\nfrom = \"2014-01-01\"\n");
}

#[test]
fn what_is_needed_is_asked_for() {
    says("[[rung]]\nhidden = 3\n", &["line 2", "`rung.name` is missing", "lstm"]);
    says("[[clean]]\ncolumns = [\"a\"]\n", &["`clean.op` is missing"]);
    says(
        "[[clean]]\nop = \"fill\"\ncolumns = [\"a\"]\n",
        &["line 2", "`clean.method` is missing", "`fill` cannot do without it"],
    );
    says("[[clean]]\nop = \"drop\"\n", &["`clean.columns` is missing"]);
    says("[[rung]]\nname = 3\n", &["`rung.name` is the whole number 3"]);
}

#[test]
fn rungs_are_checked_against_the_forecast() {
    says(
        "[[rung]]\nname = \"lstm\"\n[[rung]]\nname = \"lstm\"\n",
        &["line 4", "stands twice", "lstm:second"],
    );
    says("[[rung]]\nname = \"lstm:\"\n", &["has no plain suffix", "lstm:plain"]);
    says("[[rung]]\nname = \"lstm:../x\"\n", &["has no plain suffix"]);
    says("[[rung]]\nname = \"linear\"\nseason_values = true\n", &["line 3", "season_values"]);
    says(
        "[[rung]]\nname = \"gru\"\nsegment = 50\n",
        &["segments of 50 rows", "look_back of 168", "divisor of 168"],
    );
    says("[[rung]]\nname = \"linear\"\nridge = []\n", &["the list is empty"]);
    ok("[[rung]]\nname = \"gru\"\nsegment = 24\nseason_values = false\n");
}

#[test]
fn broken_toml_names_its_line() {
    says("[forecast]\nhorizon = \n", &["r.toml, line 2", "key = value"]);
    says("a = 1\na = 2\n", &["line 2", "duplicate key"]);
    says("[forecast\n", &["line 1"]);
    let deep = format!("x = {}", "[".repeat(100_000));
    assert!(matches!(fails(&deep), RecipeError::Syntax { .. }));
    assert!(matches!(fails(&"# \n".repeat(1 << 20)), RecipeError::NotARecipe { .. }));
}

#[test]
fn files_that_are_no_recipes_are_named() {
    let folder = std::env::temp_dir().join(format!("gyeol-recipe-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("r.toml");
    std::fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    let message = Recipe::load(&path).unwrap_err().to_string();
    assert!(message.contains("byte 0 is not UTF-8") && message.contains("r.toml"), "{message}");
    std::fs::write(&path, "\u{feff}[data]\nfile = \"load.csv\"\n").unwrap();
    assert_eq!(Recipe::load(&path).unwrap().data.file, "load.csv", "kept as written");
    std::fs::write(&path, "[data]\nfile = \"-\"\n").unwrap();
    assert_eq!(Recipe::load(&path).unwrap().data.file, "-");
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(matches!(Recipe::load(&path), Err(RecipeError::Read { .. })));
}

fn table() -> Table {
    let numbers = || ColumnData::Number(vec![1.0; 4]);
    Table::from_columns(vec![
        ("time".into(), ColumnData::Time((0..4).map(|i| Some(i * 3_600_000)).collect())),
        ("load".into(), numbers()),
        ("temperature".into(), numbers()),
        ("price".into(), numbers()),
    ])
    .unwrap()
}

#[test]
fn columns_named_nowhere_are_ignored_once_targets_are_named() {
    let recipe = ok("[columns]\ntime = \"time\"\ntargets = [\"load\"]\npast = [\"temperature\"]\n");
    let roles = recipe.roles(&table());
    assert_eq!(
        (roles.time(), roles.targets(), roles.past()),
        (Some("time"), vec!["load"], vec!["temperature"])
    );
    assert_eq!(roles.get("price"), Role::Ignored);
    let empty = ok("[columns]\nignored = [\"price\"]\n").roles(&table());
    assert_eq!(empty.get("price"), Role::Ignored);
}

#[test]
fn windows_fit_the_clock_and_the_length() {
    let hour = gyeol_data::clock::HOUR_MS;
    let many = 1_000_000;
    for (step, expected) in [
        (Step::Millis(hour), (168, 24)),
        (Step::Millis(hour / 4), (672, 96)),
        (Step::Millis(hour / 2), (336, 48)),
        (Step::Millis(hour / 6), (1008, 144)),
        (Step::Millis(hour / 60), (720, 60)),
        (Step::Millis(24 * hour), (56, 7)),
        (Step::Millis(7 * 24 * hour), (104, 4)),
        (Step::Months(1), (24, 12)),
        (Step::Months(3), (8, 4)),
        (Step::Months(12), (10, 1)),
        (Step::Rows, (96, 24)),
    ] {
        assert_eq!(window(step, many), expected, "{step:?}");
    }
    // However short the series, 70 % hold a window and 15 % its rows ahead.
    for rows in 7..3000 {
        let (look_back, horizon) = window(Step::Millis(hour), rows);
        assert!(
            look_back + horizon <= rows * 7 / 10 && horizon <= rows * 15 / 100,
            "{rows}: {look_back}, {horizon}"
        );
    }
}

fn profile_of(table: &Table, from: i64, to: i64) -> Profile {
    let roles = Roles::guess(table);
    let mut profile = gyeol_data::profile::profile(table, &roles, None).unwrap();
    let json = serde_json::json!({
        "column": "time", "step": "1 h", "step_ms": 3_600_000, "per_day": 24, "zone": null, "from": from, "to": to,
        "missing": 0, "gaps": [], "gap_count": 0, "missing_rows": 0, "irregular": 0, "first_irregular": null,
        "duplicates": 0, "first_duplicate": null, "unsorted": 0, "first_unsorted": null, "dst_jumps": []
    });
    profile.clock = Some(serde_json::from_value(json).unwrap());
    profile
}

#[test]
fn init_writes_a_recipe_that_is_read_back() {
    let table = table();
    let roles = Roles::from_pairs([
        ("time", Role::Time),
        ("load", Role::Target),
        ("temperature", Role::Past),
        ("price", Role::Ignored),
    ]);
    // 2011-01-01 00:00 to 2014-12-31 23:00.
    let profile = profile_of(&table, 1_293_840_000_000, 1_420_066_800_000);
    let text = Recipe::init(&table, &roles, &profile, "load \"x\".csv");
    let recipe = ok(&text);
    assert_eq!(recipe.data.file, "load \"x\".csv");
    assert_eq!(recipe.columns.targets.as_deref(), Some(&["load".to_owned()][..]));
    assert_eq!(recipe.columns.ignored, ["price"]);
    assert_eq!(recipe.split.by, SplitBy::Dates);
    let borders =
        (recipe.split.valid_from.as_deref(), recipe.split.test_from.as_deref(), recipe.split.end.as_deref());
    assert_eq!(borders, (Some("2013-01-01"), Some("2014-01-01"), None), "to the last row");
    // The same to 2014-10-15 07:00: the last twelve months judge, wherever the readings end.
    let october =
        Recipe::fitting(&table, &roles, &profile_of(&table, 1_293_840_000_000, 1_413_356_400_000), "x.csv");
    let borders = (october.split.valid_from.as_deref(), october.split.test_from.as_deref());
    assert_eq!(borders, (Some("2012-10-15"), Some("2013-10-15")));
    assert_eq!(recipe, Recipe::fitting(&table, &roles, &profile, "load \"x\".csv"));
    assert_eq!((recipe.forecast.look_back, recipe.forecast.horizon), (1, 1), "bounded by four rows");
    assert!(
        text.contains("# Rows that are forecast. (a whole number, 1 to 10000; default 24)\nhorizon = 1\n"),
        "{text}"
    );
    assert!(text.lines().all(|line| line.chars().count() < 260), "{text}");

    // A clock of Berlin without a zone, and one with.
    let mut guessed = profile.clone();
    let clock = guessed.clock.as_mut().unwrap();
    for (zone, country) in [("Europe/Berlin", "DE"), ("Europe/Paris", "FR"), ("Europe/Budapest", "HU")] {
        let json = serde_json::json!({
            "zone": zone, "country": country, "told": 8, "traces": 8, "springs_told": 4, "springs": 4
        });
        clock.zones.push(serde_json::from_value(json).unwrap());
    }
    let text = Recipe::init(&table, &roles, &guessed, "x.csv");
    for line in [
        "#   8 of 8 skipped or doubled hours are changes of these clocks: Europe/Berlin, Europe/Paris, Europe/Budapest.",
        "# zone = \"Europe/Berlin\"",
        "#   By the zones that the clock may be of: DE, FR.",
        "# holidays = \"DE\"",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    assert!(ok(&text).data.zone.is_none() && ok(&text).calendar.holidays.is_none());
    guessed.clock.as_mut().unwrap().zone = Some("Asia/Seoul".into());
    let text = Recipe::init(&table, &roles, &guessed, "x.csv");
    assert!(text.contains("#   Asia/Seoul lies in KR.\n# holidays = \"KR\"\n"), "{text}");
    assert!(text.contains("\nzone = \"Asia/Seoul\"\n") && !text.contains("skipped or doubled"), "{text}");

    // Two years are too few for calendar borders.
    let short = profile_of(&table, 1_293_840_000_000, 1_293_840_000_000 + 730 * 86_400_000);
    assert_eq!(ok(&Recipe::init(&table, &roles, &short, "x.csv")).split.by, SplitBy::Shares);
}

#[test]
fn init_finds_the_protocol_of_the_built_in_load() {
    let table = gyeol_data::builtin::power_load().unwrap();
    let roles = Roles::guess(&table);
    let profile = gyeol_data::profile::profile(&table, &roles, None).unwrap();
    let recipe = ok(&Recipe::init(&table, &roles, &profile, BUILTIN_POWER));
    let protocol = Recipe::default_power();
    assert_eq!(recipe.columns.time, protocol.columns.time);
    assert_eq!(recipe.columns.targets, protocol.columns.targets);
    assert_eq!((recipe.forecast.look_back, recipe.forecast.horizon), (168, 24));
    assert_eq!(
        (&recipe.split.valid_from, &recipe.split.test_from),
        (&protocol.split.valid_from, &protocol.split.test_from)
    );
    // The protocol's own recipe names columns that are there.
    protocol.roles(&table).check(&table).unwrap();
    assert_eq!(protocol.roles(&table).past(), ["temperature"]);
    assert!(protocol.calendar_spec().holidays().unwrap().is_some());
}

#[test]
fn sums_need_parents_that_have_no_other_role() {
    let with = |columns: &str, forecast: &str| {
        Recipe::parse(&format!("[columns]\nid = 'm'\n{columns}\n[forecast]\n{forecast}\n"), "r.toml")
    };
    let recipe = with("parents = ['feeder', 'region']", "reconcile = 'mint'").unwrap();
    assert_eq!(recipe.columns.parents.unwrap(), ["feeder", "region"]);
    assert_eq!(recipe.forecast.reconcile.as_deref(), Some("mint"));
    for (columns, forecast, said) in [
        ("parents = []", "", "the list is empty"),
        ("parents = ['feeder', 'feeder']", "", "stands twice"),
        ("parents = ['m']", "", "is in `id` and in `parents`"),
        ("parents = ['feeder']", "reconcile = 'best'", "auto"),
    ] {
        let error = with(columns, forecast).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
