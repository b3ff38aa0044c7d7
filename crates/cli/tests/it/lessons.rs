//! Lessons, clusters and components as someone at a terminal meets them.

use serde_json::Value;

use crate::common::Place;

const LESSONS: [&str; 6] = ["regression", "logistic", "perceptron", "softmax", "shapes", "backprop"];

/// A page that opens and closes every tag in order, holds no figure that is none, and leaves its file for nothing.
#[track_caller]
fn whole(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start + 1..];
        let end = tag.find('>').expect("a closed tag");
        let (inner, after) = (&tag[..end], &tag[end + 1..]);
        rest = after;
        let name = inner.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or("");
        if inner.starts_with('!') || inner.ends_with('/') || name == "meta" {
            continue;
        }
        if inner.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes another tag");
        } else if name == "style" {
            let close = rest.find("</style>").expect("an end");
            rest = &rest[close + "</style>".len()..];
        } else {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "still open: {open:?}");
    for bad in [
        "NaN",
        ">inf",
        "http://",
        "https://",
        " src=",
        "@import",
        "url(",
        ">lesson-",
        ">clusters-",
        ">reduce-",
        ">optimizer-",
    ] {
        assert!(!page.contains(bad), "{bad} is in the page");
    }
}

#[test]
fn every_lesson_is_told_in_both_languages_as_json_and_as_a_page() {
    let place = Place::new();
    for lesson in LESSONS {
        let english = place.call(&["explain", lesson]).ok().out;
        let korean = place.call(&["explain", lesson, "--language", "ko"]).ok().out;
        let hangul = |text: &str| text.chars().any(|c| ('가'..='힣').contains(&c));
        assert!(!hangul(&english) && hangul(&korean), "{lesson}");
        for text in [&english, &korean] {
            assert!(
                !text.contains("NaN") && !text.contains("lesson-") && !text.contains("{"),
                "{lesson}: {text}"
            );
        }
        let json = place.call(&["explain", lesson, "--json", "--html", "page.html"]).ok().json();
        assert_eq!(json["lesson"], lesson);
        for language in ["en", "ko"] {
            place.call(&["explain", lesson, "--html", "page.html", "--language", language]).ok();
            let page = String::from_utf8(place.read("page.html")).unwrap();
            whole(&page);
            assert!(page.contains(&format!("<html lang=\"{language}\"")) && page.len() < 1 << 20, "{lesson}");
            assert!(lesson == "shapes" || page.contains("<svg"), "{lesson} has no picture");
        }
        let printed = place.call(&["explain", lesson, "--html", "-"]).ok().out;
        whole(&printed);
        place.call(&["explain", lesson, "--html", "-", "--json"]).misused(&["standard output"]);
    }
}

#[test]
fn lessons_say_what_they_show() {
    let place = Place::new();
    let told = |lesson: &str, words: &[&str]| {
        let text = place.call(&["explain", lesson]).ok().out;
        words.iter().for_each(|word| assert!(text.contains(word), "{lesson}: {word:?} is not said: {text}"));
    };
    told("regression", &["too small", "too large", "∂J/∂w", "2/λ"]);
    told("logistic", &["not convex", "p / (1 − p)", "cross-entropy"]);
    told("perceptron", &["AND", "NAND", "Not learnt: XOR", "θ"]);
    told("softmax", &["one-hot", "P − Y", "Xᵀ (2, 9)"]);
    told("shapes", &["W (4, 8)", "dW (4, 8)", "67"]);
    told("backprop", &["∂L/∂W", "Adam", "RMSprop", "Nesterov", "leaky-relu", "Dead"]);
    let shapes = place.call(&[
        "explain", "shapes", "--layers", "4,8,3", "--cell", "lstm", "--steps", "6", "--batch", "16",
        "--rows", "100", "--json",
    ]);
    let shapes = shapes.ok().json();
    assert_eq!((&shapes["parameters"], &shapes["epoch"]), (&443.into(), &serde_json::json!([7, 4])));
    let gates = place.call(&["explain", "perceptron", "--json"]).ok().json();
    let learnt: Vec<&Value> = gates["gates"].as_array().unwrap().iter().map(|gate| &gate["learnt"]).collect();
    assert_eq!(learnt, [true, true, true, false]);
    let same = |args: &[&str]| place.call(args).ok().out;
    assert_eq!(
        same(&["explain", "backprop", "--json", "--threads", "1"]),
        same(&["explain", "backprop", "--json", "--threads", "2"])
    );
}

#[test]
fn a_table_of_ones_own_is_learnt_from() {
    let place = Place::new();
    let line: String = (0..12).map(|i| format!("{},{},{}\n", i, 12 - i, 3 * i + 2)).collect();
    place.write("line.csv", format!("a,b,y\n{line}"));
    let json = place.call(&["explain", "regression", "line.csv", "--json", "--steps", "50"]).ok().json();
    assert!(
        (json["line"]["w"].as_f64().unwrap() - 3.0).abs() < 1e-9
            && json["walks"][1]["places"].as_array().unwrap().len() == 51
    );
    let json = place.call(&["explain", "regression", "line.csv", "--inputs", "b", "--json"]).ok().json();
    assert!((json["line"]["w"].as_f64().unwrap() + 3.0).abs() < 1e-9);
    let kinds: String =
        (0..12).map(|i| format!("{},{},{}\n", ["x", "y", "z"][i % 3], i % 4, i / 4)).collect();
    place.write("kinds.csv", format!("kind,a,b\n{kinds}"));
    for lesson in ["softmax", "backprop"] {
        let json = place.call(&["explain", lesson, "kinds.csv", "--label", "kind", "--json"]).ok().json();
        assert_eq!(json["lesson"], lesson);
        place
            .call(&[
                "explain",
                lesson,
                "kinds.csv",
                "--label",
                "kind",
                "--html",
                "k.html",
                "--language",
                "ko",
            ])
            .ok();
        whole(&String::from_utf8(place.read("k.html")).unwrap());
    }
    place.write("two.csv", "a,b,said\n0,0,bad\n1,0,bad\n0,1,good\n1,1,good\n2,0,bad\n");
    for lesson in ["logistic", "perceptron", "backprop"] {
        place.call(&["explain", lesson, "two.csv", "--html", "t.html"]).ok();
        whole(&String::from_utf8(place.read("t.html")).unwrap());
    }
    assert!(place.call(&["explain", "perceptron", "two.csv"]).ok().out.contains("t = 1: good"));
    place.write("alike.csv", "a,said\n5,bad\n5,good\n5,bad\n5,good\n");
    assert!(place.call(&["explain", "logistic", "alike.csv"]).ok().out.contains("says nothing"));
    let narrow = place.call(&["explain", "backprop"]).ok().out;
    assert!(narrow.lines().all(|line| line.chars().count() <= 80), "{narrow}");
    let parted = place.call(&["explain", "logistic", "two.csv", "--json"]).ok().json();
    assert_eq!((&parted["separated"], &parted["right"]), (&true.into(), &5.into()));
}

#[test]
fn rows_are_parted_and_reduced() {
    let place = Place::new();
    let rows: String = (0..60)
        .map(|i| {
            let (at, wave) = (if i % 2 == 0 { 0.0 } else { 10.0 }, f64::from(i * 7 % 11) / 10.0);
            format!(
                "{},{:.2},{:.2},{}\n",
                i,
                at + wave,
                2.0 * at - wave,
                if i % 2 == 0 { "low" } else { "high" }
            )
        })
        .collect();
    place.write("rows.csv", format!("n,a,b,cluster\n{rows}"));
    let call = [
        "cluster",
        "rows.csv",
        "-k",
        "2..5",
        "--without",
        "n",
        "-o",
        "out.csv",
        "--json",
        "--html",
        "c.html",
    ];
    let found = place.call(&call).ok().json();
    assert_eq!((&found["sizes"], &found["k"]), (&serde_json::json!([30, 30]), &2.into()));
    assert!(found["silhouette"].as_f64().unwrap() > 0.9 && found["tried"].as_array().unwrap().len() == 4);
    whole(&String::from_utf8(place.read("c.html")).unwrap());
    let out = String::from_utf8(place.read("out.csv")).unwrap();
    assert!(out.starts_with("n,a,b,cluster,cluster_2\n") && out.lines().count() == 61, "{out}");
    let labels: Vec<&str> = out.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert!((0..60).all(|i| labels[i] == labels[i % 2]) && labels[0] != labels[1]);
    assert!(place.call(&["cluster", "rows.csv", "-k", "3", "--language", "ko"]).ok().out.contains("실루엣"));
    let found = place
        .call(&["reduce", "rows.csv", "-k", "2", "-o", "z.csv", "--json", "--html", "r.html"])
        .ok()
        .json();
    let explained: Vec<f64> =
        found["explained"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert!(
        explained.len() == 2 && explained[0] > explained[1] && explained.iter().sum::<f64>() <= 1.0 + 1e-12
    );
    whole(&String::from_utf8(place.read("r.html")).unwrap());
    assert!(String::from_utf8(place.read("z.csv")).unwrap().starts_with("pc1,pc2\n"));
    place.write("t.txt", "wind and storm\nstorm and wind and rain\nrain and storm\nbread and butter\nbutter and bread with honey\nhoney with bread\n");
    let found = place.call(&["cluster", "t.txt", "-k", "2", "--json", "-o", "t.csv"]).ok().json();
    assert_eq!(found["sizes"], serde_json::json!([3, 3]));
    assert!(String::from_utf8(place.read("t.csv")).unwrap().starts_with("text,cluster\n"));
    let told = place.call(&["cluster", "t.txt", "-k", "2"]).ok().out;
    assert!(told.contains("bread") && told.contains("storm"), "{told}");
}

#[test]
fn what_cannot_be_shown_is_said_with_the_next_step() {
    let place = Place::new();
    place
        .write("empty.csv", "")
        .write("words.csv", "a,b\nx,y\nz,w\n")
        .write("hole.csv", "a,y\n1,2\n,3\n4,5\n")
        .write("one.csv", "a,y\n1,p\n2,p\n")
        .write("three.csv", "a,y\n1,p\n2,q\n3,r\n")
        .write("long.csv", format!("a,y\n{}", "1,2\n".repeat(1200)))
        .write("some.csv", "a,y\n1,2\n2,3\n4,1\n");
    place.fails(&["explain", "regression", "empty.csv"], &["empty.csv", "Next: "]);
    place.fails(&["explain", "regression", "no-such.csv"], &["no-such.csv", "Next: "]);
    place.fails(&["explain", "regression", "words.csv"], &["words.csv", "Next: "]);
    place.fails(&["explain", "regression", "hole.csv"], &["hole.csv, row 3, column 'a'", "Next: "]);
    place.fails(
        &["explain", "regression", "some.csv", "--label", "z"],
        &["no column is called 'z'", "Next: "],
    );
    place.fails(&["explain", "regression", "some.csv", "--inputs", "z"], &["z", "Next: "]);
    place.fails(&["explain", "regression", "long.csv"], &["1200 rows", "Next: "]);
    place.fails(&["explain", "regression", "one.csv"], &["'p' is not a number", "--label"]);
    place.fails(&["explain", "logistic", "one.csv"], &["one.csv: 1 classes", "Next: "]);
    place.fails(&["explain", "perceptron", "three.csv"], &["3 classes", "explain softmax"]);
    place.fails(&["explain", "backprop", "three.csv", "--hidden", "40"], &["hidden units is 40", "Next: "]);
    place.fails(&["explain", "shapes", "--layers", "4"], &["layers", "Next: "]);
    place.fails(&["explain", "shapes", "--layers", "4,0"], &["a size is 0", "Next: "]);
    place.call(&["explain", "shapes", "--steps", "3"]).misused(&["--cell"]);
    place.call(&["explain", "regression", "--label", "y"]).misused(&["FILE"]);
    place.call(&["explain", "regression", "--steps", "0"]).misused(&["1..=1000"]);
    place.fails(&["cluster", "some.csv", "-k", "9"], &["9 clusters of 3 rows", "Next: "]);
    place.fails(&["cluster", "some.csv", "-k", "2", "--without", "z"], &["z", "Next: "]);
    place.call(&["cluster", "some.csv", "-k", "5..2"]).misused(&["range"]);
    place.call(&["cluster", "some.csv", "-k", "2", "-o", "-", "--json"]).misused(&["standard output"]);
    place.call(&["cluster", "some.csv", "-k", "2", "-o", "some.csv"]).misused(&["some.csv"]);
    place.fails(&["reduce", "some.csv", "-k", "7"], &["7 components", "Next: "]);
    place.fails(&["reduce", "words.csv", "-k", "1"], &["no column of numbers", "Next: "]);
    let error = place.call(&["explain", "logistic", "one.csv", "--json"]);
    let last: Value = serde_json::from_str(error.err.lines().last().unwrap()).unwrap();
    assert!(last["error"]["code"].is_string() && last["error"]["next"].is_string(), "{last}");
}
