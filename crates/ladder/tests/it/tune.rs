//! Searches, remedies, costs and coefficients of ladders of examples: what is chosen, what it is chosen by, what is said of it.

use gyeol_bundle::{Bundle, Packed};
use gyeol_ladder::recipe::{AnyRecipe, ExamplesRecipe};
use gyeol_ladder::tasks::examples::evaluate;
use gyeol_ladder::{Climb, Step, Watch};
use gyeol_report::model::{
    Chapter, CoefficientsChapter, CoefficientsPart, CostsChapter, Remedy, RungReport, SizesChapter,
};
use gyeol_supervised::{Classifier, Examples, Regressor};
use gyeol_tensor::{Pool, Rng};
use gyeol_text::corpus::CorpusOptions;

use crate::examples::{TEXTS, run, table, texts, timeless};

fn sizes(chapters: &[Chapter]) -> Option<&SizesChapter> {
    chapters.iter().find_map(|c| if let Chapter::Sizes(found) = c { Some(&**found) } else { None })
}

fn regress(more: &str) -> String {
    format!(
        "task = \"regress\"\n[data]\nfile = \"x.csv\"\nkind = \"table\"\nlabel = \"price\"\n[columns]\nignored = [\"class\"]\n{more}"
    )
}

fn tried(rung: &RungReport, key: &str) -> Vec<String> {
    let of = |t: &gyeol_report::model::Tried| {
        t.setting.iter().find(|fact| fact.key == key).map(|fact| fact.value.clone())
    };
    rung.tried.iter().filter_map(of).collect()
}

fn setting(rung: &RungReport, key: &str) -> String {
    let of = rung.training.iter().find(|fact| fact.key == key);
    of.map_or_else(String::new, |fact| fact.value.clone())
}

#[test]
fn remedies_are_measured_and_the_test_part_is_not_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("train.csv"), texts(240, 1)).unwrap();
    std::fs::write(at.join("valid.csv"), texts(120, 2)).unwrap();
    let rungs = "[[rung]]\nname = \"logistic\"\nfeatures = [\"word:1-2\"]\nc = [10]\n";
    let recipe = format!(
        "task = \"classify\"\n[data]\ntrain = \"train.csv\"\nvalid = \"valid.csv\"\ntest = \"test.csv\"\n{rungs}"
    );
    let mut found = Vec::new();
    for (out, seed) in [("a", 3), ("b", 77)] {
        std::fs::write(at.join("test.csv"), texts(90, seed)).unwrap();
        let outcome = run(at, &recipe, out, 1 + (seed as usize) % 3).unwrap();
        found.push(sizes(&outcome.report.chapters).expect("sizes").clone());
    }
    assert_eq!(found[0], found[1]);
    let rows = &found[0].remedies;
    let kinds: Vec<Remedy> = rows.iter().map(|row| row.remedy).collect();
    assert_eq!(kinds, [Remedy::MoreData, Remedy::L2, Remedy::L1, Remedy::LessComplexity]);
    // What is before is the fit on all examples, but for more of them, where it is after.
    let (all, half) = (found[0].points[3], found[0].points[2]);
    assert_eq!((rows[0].before, rows[0].after), (half, all));
    assert!(rows[1..].iter().all(|row| row.before == all), "{rows:?}");
    assert_eq!((rows[1].from.value.as_str(), rows[1].to.value.as_str()), ("10", "1"));
    assert!(rows[3].after.train > all.train, "a quarter of the terms fits less well: {:?}", rows[3]);
}

#[test]
fn nets_and_trees_have_their_remedies_and_their_curves_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("x.csv"), table(300, 2)).unwrap();
    for (rung, wanted) in [
        ("name = \"mlp\"\nepochs = 20", vec![Remedy::L2, Remedy::LessComplexity, Remedy::Dropout]),
        ("name = \"trees\"\nrounds = 40\nleaves = [8]", vec![Remedy::L2, Remedy::LessComplexity]),
        ("name = \"knn\"\nneighbours = [3]", vec![Remedy::LessComplexity]),
        ("name = \"linear\"", vec![Remedy::L2, Remedy::L1]),
        ("name = \"lasso\"", vec![Remedy::L1]),
    ] {
        let outcome = run(at, &regress(&format!("[[rung]]\n{rung}\n")), rung.split('"').nth(1).unwrap(), 2);
        let report = outcome.unwrap().report;
        let rows = &sizes(&report.chapters).expect(rung).remedies;
        let kinds: Vec<Remedy> = rows.iter().map(|row| row.remedy).collect();
        assert_eq!(kinds, [vec![Remedy::MoreData], wanted].concat(), "{rung}");
        let curves = report.chapters.iter().any(|c| matches!(c, Chapter::Learning));
        assert_eq!(curves, !report.rungs[0].curve.is_empty(), "{rung}");
    }
}

/// Runs a recipe of one rung, and gives it.
fn one(at: &std::path::Path, rung: &str, out: &str, threads: usize) -> RungReport {
    let outcome =
        run(at, &regress(&format!("[split]\nfolds = 0\n[[rung]]\n{rung}\n")), out, threads).unwrap();
    outcome.report.rungs[0].clone()
}

#[test]
fn all_combinations_drawn_at_random_are_the_grid_and_halving_keeps_its_best() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("x.csv"), table(1500, 4)).unwrap();
    // The least penalty is right for a sum of columns with little noise, and each step of ten is far worse.
    let list = "name = \"ridge\"\npenalty = [1e7, 1e6, 1e5, 1e4, 1e3, 300, 100, 30, 0.1]";
    let grid = one(at, list, "grid", 1);
    let random = one(at, &format!("{list}\nsearch = \"random\"\ntrials = 50"), "random", 1);
    assert_eq!((&grid.tried, &grid.test), (&random.tried, &random.test));
    assert_eq!(setting(&grid, "penalty"), "0.1");
    let halving = one(at, &format!("{list}\nsearch = \"halving\"\nhalving_from = 100"), "halving", 1);
    assert_eq!((&halving.test, setting(&halving, "penalty")), (&grid.test, "0.1".into()));
    // Nine on 100 examples, three on 300, one on 900, and that one on all.
    let examples = tried(&halving, "examples");
    assert_eq!(examples, [vec!["100"; 9], vec!["300"; 3], vec!["900"], vec!["1050"]].concat());
    assert_eq!(halving.tried.last().unwrap().value, grid.tried.last().unwrap().value);
    // Fewer are drawn without one twice, the same ones on any number of threads and by the seed alone.
    let few = |out: &str, threads| one(at, &format!("{list}\nsearch = \"random\"\ntrials = 4"), out, threads);
    let (a, b) = (few("few1", 1), few("few3", 3));
    assert_eq!((&a.tried, &a.test), (&b.tried, &b.test));
    let mut drawn = tried(&a, "penalty");
    drawn.sort();
    drawn.dedup();
    assert_eq!(drawn.len(), 4);
    // Between the ends of a list.
    let between =
        "name = \"ridge\"\npenalty = [0.1, 1e5]\nsearch = \"random\"\ndraw_from = \"ranges\"\ntrials = 24";
    let between = one(at, between, "between", 2);
    let drawn: Vec<f64> = tried(&between, "penalty").iter().map(|v| v.parse().unwrap()).collect();
    assert!(drawn.len() == 24 && drawn.iter().all(|v| (0.1..=1e5).contains(v)), "{drawn:?}");
    assert!(drawn.iter().any(|v| *v < 100.0) && drawn.iter().any(|v| *v > 100.0), "{drawn:?}");
}

#[test]
fn folds_and_texts_are_searched_too_and_halving_takes_the_validation_part() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("t.csv"), texts(360, 1)).unwrap();
    let rung = |search: &str| {
        format!(
            "{TEXTS}[[rung]]\nname = \"logistic\"\nfeatures = [\"word:1-1\", \"char:1-3\"]\nc = [0.01, 1, 100]\n{search}"
        )
    };
    let random = run(at, &rung("search = \"random\"\ntrials = 5\n"), "a", 1).unwrap();
    assert_eq!(random.report.rungs[0].tried.len(), 5);
    assert_eq!(random.report.examples().unwrap().folds, 5);
    let halving = run(at, &rung("search = \"halving\"\nhalving_from = 60\n"), "b", 1).unwrap();
    assert_eq!(halving.report.examples().unwrap().folds, 0);
    let examples = tried(&halving.report.rungs[0], "examples");
    assert_eq!(examples, [vec!["60"; 6], vec!["180"; 2], vec!["252"]].concat());
    assert_eq!(
        timeless(&halving),
        timeless(&run(at, &rung("search = \"halving\"\nhalving_from = 60\n"), "c", 3).unwrap())
    );
}

/// Says stop at the third setting that is tried.
struct Impatient(usize);

impl Watch for Impatient {
    fn step(&mut self, step: Step<'_>) -> bool {
        self.0 += usize::from(matches!(step, Step::Trying(_)));
        self.0 < 3
    }
}

#[test]
fn a_search_stops_when_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("x.csv"), table(600, 4)).unwrap();
    for search in ["random", "halving"] {
        let text = regress(&format!(
            "[split]\nfolds = 0\n[[rung]]\nname = \"ridge\"\npenalty = [1, 2, 3, 4, 5]\nsearch = \"{search}\"\n"
        ));
        let recipe = AnyRecipe::Examples(Box::new(ExamplesRecipe::parse(&text, "r.toml").unwrap()));
        let options = Climb { out: at.join(search), command: "gyeol run".into(), ..Climb::default() };
        let mut watch = Impatient(0);
        let error = gyeol_ladder::run(&recipe, Some(at), &options, &Pool::new(1), &mut watch).unwrap_err();
        assert_eq!((error.code(), watch.0), ("stopped", 3), "{search}: {error}");
    }
}

/// Spam and ham that share most of their words.
fn mails(count: usize, seed: u64) -> String {
    let mut rng = Rng::new(seed);
    let mut out = String::from("text,label\n");
    let words = ["meeting", "offer", "today", "free", "report", "click", "lunch", "prize", "notes", "win"];
    for _ in 0..count {
        let spam = rng.below(4) == 0;
        let said: Vec<&str> = (0..8)
            .map(|_| {
                let shift = usize::from(spam == (rng.below(5) < 3));
                words[2 * rng.below(5) as usize + shift]
            })
            .collect();
        out += &format!("\"{}\",{}\n", said.join(" "), if spam { "spam" } else { "ham" });
    }
    out
}

#[test]
fn a_threshold_by_cost_is_kept_with_the_model_and_probabilities_stay() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("t.csv"), mails(1200, 3)).unwrap();
    let rungs =
        "[[rung]]\nname = \"majority\"\n[[rung]]\nname = \"logistic\"\nfeatures = [\"word:1-1\"]\nc = [1]\n";
    let plain = run(at, &format!("{TEXTS}{rungs}"), "a", 2).unwrap();
    let costs = "[score]\nmetric = \"cost\"\ncosts = [\"spam -> ham: 8\"]\n";
    let dear = run(at, &format!("{TEXTS}{costs}{rungs}"), "b", 2).unwrap();
    assert_eq!(dear.report.metric, "cost");
    let told: &CostsChapter = (dear.report.chapters.iter())
        .find_map(|c| if let Chapter::Costs(found) = c { Some(&**found) } else { None })
        .expect("a chapter of costs");
    assert!(told.after.value < told.before.value && told.difference.high < 0.0, "{told:?}");
    assert!((told.difference.value - (told.after.value - told.before.value)).abs() < 1e-12);
    let logistic = &dear.report.rungs[1];
    assert_eq!(logistic.test["cost"].value, told.after.value);
    // More mistakes, but cheaper ones; probabilities are those of the run without costs.
    let before = &plain.report.rungs[1].test;
    assert!(logistic.test["error"].value > before["error"].value);
    assert_eq!(logistic.test["log_loss"], before["log_loss"]);
    assert!(!before.contains_key("cost"));
    // Always saying spam is what the plain guess comes to.
    assert!(dear.report.rungs[0].test["error"].value > 0.5);

    // The file says the same of raw texts: labels by the threshold, wherever p is.
    let machine = Classifier::open(&dear.model).unwrap().0;
    let rule = machine.decision.expect("a rule");
    let spam = machine.classes().iter().position(|class| class == "spam").unwrap();
    assert_eq!(rule.costs[spam], 8.0);
    let all = || {
        Examples::of_texts(at.join("t.csv").to_str().unwrap(), CorpusOptions::default(), |_| true).unwrap()
    };
    let scores = evaluate(&machine, all(), 0, &Pool::new(2)).unwrap();
    assert!(scores.metrics["cost"].value > 0.0 && scores.metrics["cost"].value < told.before.value);
    let (said, _) = machine.ask(all().texts.as_deref(), None, &Pool::new(1)).unwrap();
    let differ = machine.decide(&said).iter().zip(said.classes()).filter(|(a, b)| **a != *b).count();
    assert!(differ > 50, "{differ}");
    // A file without a rule is one of before there were any.
    let bundle = Bundle::open(&plain.model).unwrap();
    assert!(bundle.manifest.model.get("decision").is_none());
    assert!(Classifier::open(&plain.model).unwrap().0.decision.is_none());
    assert!(Bundle::open(&dear.model).unwrap().manifest.model["decision"]["threshold"].is_number());

    // Costs of other classes than two, or of no class, are refused.
    let fails =
        |costs: &str| run(at, &format!("{TEXTS}[score]\ncosts = [\"{costs}\"]\n"), "x", 1).unwrap_err();
    assert_eq!(fails("spam -> eggs: 2").code(), "no-such-class");
    assert_eq!(
        run(at, &format!("{TEXTS}[score]\ncosts = [\"spam -> ham: 0\", \"ham -> spam: 0\"]\n"), "x", 1)
            .unwrap_err()
            .code(),
        "no-cost"
    );
    std::fs::write(at.join("t.csv"), texts(200, 1)).unwrap();
    let error = fails("wind -> rain: 2");
    assert_eq!(error.code(), "costs-of-classes");
    assert!(!error.fault().next.is_empty());
}

#[test]
fn coefficients_are_those_of_the_saved_linear_rung_in_units_of_the_columns() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("x.csv"), table(300, 2)).unwrap();
    for (split, part, examples) in [
        ("[split]\nfolds = 0\n", CoefficientsPart::Both, 255),
        ("[split]\nfolds = 0\nrefit = false\n", CoefficientsPart::Train, 210),
        ("", CoefficientsPart::Both, 255),
    ] {
        let out = format!("c{}{examples}", split.len());
        let outcome = run(at, &regress(&format!("{split}[[rung]]\nname = \"linear\"\n")), &out, 2).unwrap();
        let found: &CoefficientsChapter = (outcome.report.chapters.iter())
            .find_map(|c| if let Chapter::Coefficients(found) = c { Some(&**found) } else { None })
            .unwrap();
        assert_eq!((found.part, found.examples), (part, examples));
        // price = 3 area - age + 40 of a house + noise.
        let of = |name: &str| found.rows.iter().find(|row| row.name == name).unwrap();
        for (name, truth) in [("area", 3.0), ("age", -1.0)] {
            let row = of(name);
            assert!((row.estimate - truth).abs() < 4.0 * row.standard_error && row.standard_error < 0.1);
            assert!(row.low < row.estimate && row.estimate < row.high);
            assert!((row.estimate / row.standard_error - row.t).abs() < 1e-9 * row.t.abs());
        }
        // The saved machine has them per standard deviation.
        let machine = Regressor::open(&outcome.model).unwrap().0;
        let gyeol_supervised::Head::Values(model) = &machine.head else { panic!("linear") };
        for (j, weight) in model.weights.iter().enumerate() {
            let told = found.rows[j + 1].standardised.unwrap();
            assert!((told - weight).abs() < 1e-9 * weight.abs().max(1.0), "{told} {weight}");
        }
        assert!(found.rows[0].standardised.is_none() && found.rows[0].name.is_empty());
    }
}
