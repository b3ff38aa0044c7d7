//! The pages as a reader meets them: whole, honest with odd data, and the same bytes every time.

#[path = "../../examples/sample/corpus.rs"]
mod corpus;
#[path = "../../examples/sample/ladder.rs"]
mod ladder;
#[path = "../../examples/sample/readings.rs"]
mod readings;
#[path = "../../examples/sample/texts.rs"]
mod texts;

use gyeol_report::model::*;
use gyeol_report::{Language, corpus_page, page, profile_page, terminal};

const BOTH: [Language; 2] = [Language::English, Language::Korean];

/// Tags open and close in order, nothing is not-a-number, nothing leaves the file, no key shows through.
fn check(page: &str, what: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start + 1..];
        let end = tag.find('>').unwrap_or_else(|| panic!("{what}: unclosed tag"));
        let inner = &tag[..end];
        rest = &tag[end + 1..];
        let name = inner.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or("");
        if inner.starts_with('!') || inner.ends_with('/') || ["meta", "br"].contains(&name) {
            continue;
        }
        if inner.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{what}: </{name}> closes another tag");
        } else if name == "style" || name == "script" {
            let close = rest.find(&format!("</{name}>")).unwrap_or_else(|| panic!("{what}: {name}"));
            rest = &rest[close + name.len() + 3..];
        } else {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{what}: still open: {open:?}");
    for bad in ["NaN", "Infinity", ">inf", "http://", "https://", "src=", "@import", "url("] {
        assert!(!page.contains(bad), "{what}: {bad} is in the page");
    }
    assert!(!page.contains("undefined"), "{what}: an undefined value");
    assert!(page.len() < 1_000_000, "{what}: {} bytes", page.len());
}

/// The page and the terminal's table in both languages, in any width; the English page.
fn check_all(report: &Report, what: &str) -> String {
    let fits = |table: String, width: usize| {
        for line in table.lines() {
            assert!(terminal::display_width(line) <= width, "{what} at {width}: {line}");
        }
    };
    for language in BOTH {
        check(&page(report, language).unwrap(), what);
        for width in [40, 80, 120] {
            fits(terminal::table(report, width, false, language), width);
        }
        for chapter in &report.chapters {
            let Chapter::Data(data) = chapter else { continue };
            check(&profile_page(&data.profile, &report.head.name, language).unwrap(), what);
            for width in [40, 80, 120] {
                fits(terminal::profile_table(&data.profile, width, false, language), width);
            }
        }
    }
    page(report, Language::English).unwrap()
}

fn facts(report: &mut Report) -> &mut ForecastFacts {
    match &mut report.facts {
        Facts::Forecast(facts) => facts,
        _ => panic!("no forecast"),
    }
}

fn table(report: &mut Report) -> &mut DataChapter {
    let found = report.chapters.iter_mut().find_map(|chapter| match chapter {
        Chapter::Data(data) => Some(data),
        _ => None,
    });
    found.expect("a table")
}

fn days(report: &mut Report) -> &mut Vec<DayExample> {
    let found = report.chapters.iter_mut().find_map(|chapter| match chapter {
        Chapter::Days(days) => Some(days),
        _ => None,
    });
    found.expect("days")
}

fn detail(rung: &mut RungReport) -> &mut ForecastDetail {
    match &mut rung.detail {
        Detail::Forecast(detail) => detail,
        _ => panic!("no forecast"),
    }
}

#[test]
fn the_sample_is_a_whole_page_in_both_languages() {
    let page = check_all(&ladder::report(), "sample");
    for id in ["ladder", "days", "errors", "learning", "certainty", "data", "inside", "protocol"] {
        assert!(page.contains(&format!("<h2 id=\"{id}\">")), "{id}");
    }
    assert!(page.contains("half the error of repeating yesterday"));
    assert!(page.contains("The same LSTM, asked two ways"));
    let korean = gyeol_report::page(&ladder::report(), Language::Korean).unwrap();
    assert!(korean.contains("<html lang=\"ko\">") && korean.contains("2014년 7월 4일(금)"));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let (a, b) = (ladder::report(), ladder::report());
    assert_eq!(page(&a, Language::Korean).unwrap(), page(&b, Language::Korean).unwrap());
}

#[test]
fn every_picture_has_a_name_and_a_table_behind_it() {
    let page = page(&ladder::report(), Language::English).unwrap();
    for svg in page.split("<svg").skip(1) {
        let head = &svg[..svg.find('>').unwrap()];
        assert!(head.contains("role=\"img\"") && head.contains("aria-label=\""), "{head}");
        assert!(svg[head.len() + 1..].starts_with("<title>"), "{head}");
    }
    for figure in page.split("<figure").skip(1) {
        let figure = &figure[..figure.find("</figure>").unwrap()];
        assert!(figure.contains("<details class=\"behind\">"), "{}", &figure[..200.min(figure.len())]);
    }
}

#[test]
fn names_from_the_data_are_escaped() {
    let mut report = ladder::report();
    let evil = "<script>alert('x')</script>\"&";
    report.head.name = evil.into();
    report.unit = "<b>".into();
    facts(&mut report).data.unit = "<b>".into();
    facts(&mut report).data.targets = vec![evil.into()];
    report.head.recipe = evil.into();
    report.head.command = evil.into();
    report.head.machine = evil.into();
    table(&mut report).changes[0].detail = evil.into();
    facts(&mut report).protocol.columns[0].name = evil.into();
    facts(&mut report).protocol.calendar.push(evil.into());
    report.notes.extend([Note::Words(evil.into()), Note::Doubt(evil.into()), Note::PlainByName(evil.into())]);
    for column in &mut table(&mut report).profile.columns {
        column.name = evil.into();
        column.unit = Some(evil.into());
    }
    table(&mut report).profile.warnings[0].code = "unknown".into();
    table(&mut report).profile.warnings[0].words = evil.into();
    table(&mut report).profile.scatters[0].covariate = evil.into();
    for rung in &mut report.rungs {
        rung.name = format!("{}:{evil}", rung.name);
        rung.inputs.push(Input::Column(evil.into()));
        rung.training.push(Fact { key: evil.into(), value: evil.into() });
        rung.tried = vec![Tried { setting: rung.training.clone(), value: 1.0, train: Some(0.5) }; 2];
        for layer in &mut rung.layers {
            layer.name = evil.into();
            layer.w = evil.into();
        }
        for day in &mut detail(rung).worst_days {
            day.notes.push(DayNote::Holiday { name: evil.into() });
        }
    }
    for day in days(&mut report) {
        day.series = Some(evil.into());
        day.target = evil.into();
    }
    let page = check_all(&report, "escaping");
    assert_eq!(page.matches("<script>").count(), 1, "only the page's own script");
    assert!(!page.contains("alert('x')"));
}

#[test]
fn scaled_scores_have_no_unit() {
    let mut report = ladder::report();
    facts(&mut report).protocol.scaled = true;
    report.unit.clear();
    report.metric = "mse".into();
    for (i, rung) in report.rungs.iter_mut().enumerate() {
        let value = 0.36 + 0.03 * (9 - i) as f64;
        rung.test.clear();
        rung.test.insert("mse".into(), Interval { value, low: value - 0.01, high: value + 0.01 });
        rung.test.insert("mae".into(), Interval { value, low: value - 0.01, high: value + 0.01 });
    }
    report.pairs.clear();
    let page = check_all(&report, "scaled");
    assert!(page.contains("mean squared error of 0.390"), "three figures, no unit");
    assert!(!page.contains("0.390\u{a0}MW"));
}

#[test]
fn rows_without_a_clock_are_counted() {
    let mut report = ladder::report();
    facts(&mut report).data.step = "1 row".into();
    table(&mut report).profile.clock = None;
    table(&mut report).profile.parts.clear();
    let p = &mut facts(&mut report).protocol;
    for span in [&mut p.train, &mut p.valid, &mut p.test] {
        (span.from, span.to) = (0, 5_000);
    }
    for (i, day) in days(&mut report).iter_mut().enumerate() {
        day.times = (0..24).map(|h| (26_304 + i * 24 + h) as i64).collect();
    }
    for d in report.rungs.iter_mut().map(detail) {
        d.mae_by_weekday_hour.clear();
        d.mae_by_weekday.clear();
        d.peak = None;
        d.worst_days.iter_mut().enumerate().for_each(|(i, d)| d.origin = 26_304 + i as i64);
    }
    let page = check_all(&report, "rows");
    assert!(page.contains("24 rows ahead") && !page.contains("1970"), "no date is made up");
}

#[test]
fn daily_data_speaks_of_days() {
    let mut report = ladder::report();
    facts(&mut report).data.step = "1 day".into();
    facts(&mut report).protocol.horizon = 7;
    for day in days(&mut report) {
        let first = day.times[0];
        day.times = (0..7).map(|d| first + d * 86_400_000).collect();
        day.truth.truncate(7);
        day.naive.truncate(7);
        for forecast in &mut day.forecasts {
            forecast.value.truncate(7);
            forecast.low.truncate(7);
            forecast.high.truncate(7);
        }
    }
    for d in report.rungs.iter_mut().map(detail) {
        d.mae_by_weekday_hour.clear();
        for steps in [&mut d.mae_by_step, &mut d.bias_by_step, &mut d.coverage_by_step, &mut d.width_by_step]
        {
            steps.truncate(7);
        }
    }
    let page = check_all(&report, "daily");
    assert!(page.contains("7\u{a0}days ahead") && page.contains("Error by weekday"));
    assert!(!page.contains("same hour yesterday") && page.contains("season before"));
}

#[test]
fn several_series_and_targets_are_named() {
    let mut report = ladder::report();
    facts(&mut report).data.series = 3;
    facts(&mut report).data.targets = vec!["load".into(), "heat".into()];
    for (i, day) in days(&mut report).iter_mut().enumerate() {
        day.series = Some(format!("plant {}", i % 3));
    }
    table(&mut report).profile.series = (0..3)
        .map(|i| gyeol_data::profile::SeriesProfile {
            id: format!("plant {i}"),
            rows: 100,
            from: None,
            to: Some(readings::START),
            nulls: 1,
            mean: None,
        })
        .collect();
    let page = check_all(&report, "several");
    assert!(page.contains("plant 1 · load") && page.contains("3 series") && page.contains("2 targets"));
}

#[test]
fn a_single_rung_stands_alone() {
    let mut report = ladder::report();
    report.rungs = vec![report.rungs[0].clone()];
    report.best = 0;
    report.pairs.clear();
    let page = check_all(&report, "single");
    assert!(page.contains("only rung fitted"));
}

#[test]
fn missing_and_infinite_figures_are_dashes() {
    let mut report = ladder::report();
    for rung in &mut report.rungs {
        for metric in rung.test.values_mut() {
            *metric = Interval { value: f64::NAN, low: f64::NEG_INFINITY, high: f64::INFINITY };
        }
        rung.fit_seconds = f64::NAN;
        rung.predict_us = f64::INFINITY;
        rung.curve.iter_mut().for_each(|p| p.valid_loss = f64::NAN);
        let d = detail(rung);
        d.mae_by_step[3] = f64::NAN;
        d.bias_by_step = vec![f64::NAN; 24];
        d.coverage_by_step.clear();
        d.coverage = f64::NAN;
        d.mae_by_weekday_hour[2][5] = f64::NAN;
        d.worst_days[0].mae = f64::NAN;
    }
    for day in days(&mut report) {
        day.truth[4] = None;
        day.naive = vec![f64::NAN; 24];
        day.forecasts.clear();
        day.history.clear();
    }
    for numbers in table(&mut report).profile.columns.iter_mut().filter_map(|c| c.numbers.as_mut()) {
        (numbers.min, numbers.median, numbers.p01) = (None, None, None);
        numbers.sparkline.iter_mut().step_by(3).for_each(|v| *v = None);
        numbers.histogram.counts.clear();
        numbers.autocorrelation.clear();
    }
    table(&mut report).profile.scatters[0].bins.clear();
    check_all(&report, "missing");
}

#[test]
fn an_empty_report_is_still_a_page() {
    let mut report = ladder::report();
    days(&mut report).clear();
    table(&mut report).changes.clear();
    report.notes.clear();
    table(&mut report).profile.columns.clear();
    table(&mut report).profile.scatters.clear();
    table(&mut report).profile.warnings.clear();
    for rung in &mut report.rungs {
        rung.test.clear();
        rung.curve.clear();
        rung.layers.clear();
        rung.training.clear();
        rung.inputs.clear();
        let d = detail(rung);
        d.mae_by_step.clear();
        d.bias_by_step.clear();
        d.coverage_by_step.clear();
        d.width_by_step.clear();
        d.mae_by_weekday_hour.clear();
        d.mae_by_weekday.clear();
        d.residual_edges.clear();
        d.residual_counts.clear();
        d.worst_days.clear();
        d.peak = None;
    }
    check_all(&report, "empty");
}

#[test]
fn a_best_rung_that_is_not_there_is_an_error() {
    let mut report = ladder::report();
    report.best = 99;
    assert_eq!(page(&report, Language::English).unwrap_err().code(), "no-best-rung");
    let _ = terminal::table(&report, 80, true, Language::English);
}

#[test]
fn many_days_are_thinned_to_keep_the_page_small() {
    let mut report = ladder::report();
    let day = days(&mut report)[5].clone();
    days(&mut report).extend(std::iter::repeat_n(day, 400));
    check_all(&report, "many days");
}

#[test]
fn colour_only_marks() {
    let report = ladder::report();
    let plain = terminal::table(&report, 80, false, Language::English);
    let painted = terminal::table(&report, 80, true, Language::English);
    assert!(!plain.contains('\x1b') && plain.contains("▸ LSTM with calendar  "));
    let mut stripped = String::new();
    let mut rest = painted.as_str();
    while let Some(start) = rest.find('\x1b') {
        stripped.push_str(&rest[..start]);
        rest = &rest[start + rest[start..].find('m').unwrap() + 1..];
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain);
}

#[test]
fn better_on_test_than_the_chosen_is_said() {
    let mut report = ladder::report();
    let gru = report.pairs.iter_mut().find(|p| p.b == "gru").unwrap();
    (gru.difference, gru.low, gru.high) = (2.0, 1.0, 3.0);
    let page = check_all(&report, "other better");
    assert!(page.contains("on the test part the GRU is better by 2.0\u{a0}MW"));
}

#[test]
fn a_column_is_called_by_its_own_name_whatever_that_is() {
    let mut report = ladder::report();
    let columns = ["Mean", "Linear", "target"].map(|name| Input::Column(name.into()));
    report.rungs[4].inputs.extend(columns);
    report.rungs[8].inputs.extend([Input::Mean, Input::Linear]);
    for (language, mean) in
        [(Language::English, "mean of several nets"), (Language::Korean, "여러 모델의 평균")]
    {
        let page = page(&report, language).unwrap();
        let protocol = &page[page.find("<h2 id=\"protocol\">").unwrap()..];
        for name in ["Mean", "Linear", "target", mean] {
            assert!(protocol.contains(&format!("<th scope=\"col\">{name}</th>")), "{name}");
        }
    }
}

#[test]
fn a_rung_is_plain_and_naive_by_what_it_says_not_by_its_name() {
    let mut report = ladder::report();
    let at = report.rungs.iter().position(|rung| rung.plain).unwrap();
    report.rungs[at].name = "lstm:textbook".into();
    let page = check_all(&report, "renamed");
    assert!(
        page.contains("The same LSTM, asked two ways") && page.contains("The LSTM with calendar and lags")
    );
    // The plain one may have the bare name.
    let posed = report.rungs.iter().position(|rung| rung.name == "lstm").unwrap();
    report.rungs[at].name = "lstm".into();
    report.rungs[posed].name = "lstm:calendar".into();
    assert!(check_all(&report, "bare").contains("errs 29\u{202f}% less than the plain LSTM"));
    report.rungs[at].plain = false;
    assert!(!check_all(&report, "not plain").contains("The same LSTM, asked two ways"));
    report.rungs.iter_mut().for_each(|rung| rung.role = Role::Learned);
    assert!(!check_all(&report, "nothing naive").contains("half the error"));
}

#[test]
fn a_page_of_language_models_is_whole() {
    let page = check_all(&texts::report(), "texts");
    let chapters: Vec<&str> = page.split("<h2 id=\"").skip(1).map(|h| &h[..h.find('"').unwrap()]).collect();
    assert_eq!(chapters, ["ladder", "grid", "classes", "lines", "texts", "inside", "protocol"]);
    for (n, id) in chapters.iter().enumerate() {
        let number = format!("<h2 id=\"{id}\"><span class=\"no\" aria-hidden=\"true\">{}</span>", n + 1);
        assert!(page.contains(&number) && page.contains(&format!("<a href=\"#{id}\">")), "{id}");
    }
    // The least of the grid, what the best was chosen from, its n-grams by length.
    assert!(page.contains("<td>● 243.0</td>") && page.contains("was chosen from"));
    assert!(page.contains("1\u{202f}325\u{202f}005") && page.contains("the ferry of the tide ."));
}

#[test]
fn of_language_models_the_plainest_within_the_margin_is_enough() {
    let mut report = texts::report();
    let pair = report.pairs.iter_mut().find(|pair| pair.b == "ngram:trigram").unwrap();
    (pair.low, pair.high) = (-9.0, 1.0);
    assert!(check_all(&report, "untold").contains("There is not enough test data to tell"));
    let pair = report.pairs.iter_mut().find(|pair| pair.b == "ngram:trigram").unwrap();
    (pair.low, pair.high) = (-2.0, 1.0);
    assert!(check_all(&report, "enough").contains("Trigram is enough: on the test part it is at most 2"));
}

#[test]
fn the_verdict_rests_on_differences_alone() {
    let said = |change: &dyn Fn(&mut Report)| {
        let mut report = ladder::report();
        change(&mut report);
        check_all(&report, "verdict")
    };
    let gru = |report: &mut Report, low: f64, high: f64| {
        let pair = report.pairs.iter_mut().find(|p| p.b == "gru").unwrap();
        (pair.low, pair.high) = (low, high);
    };
    // The margin is 2 % of some 75 MW. Seconds decide nothing.
    let page = said(&|report| gru(report, -4.0, -2.0));
    assert!(page.contains("No plainer rung is enough"));
    for seconds in [0.1, 1e5] {
        let page = said(&|report| {
            gru(report, -1.0, 0.5);
            report.rungs.iter_mut().for_each(|rung| rung.fit_seconds *= seconds);
        });
        assert!(page.contains("GRU is enough") && page.contains("Its model is rungs"));
    }
    assert!(said(&|report| gru(report, -4.0, 0.5)).contains("There is not enough test data to tell"));
    let few = said(&|report| {
        report.head.stretches = 3;
        report.pairs.iter_mut().for_each(|p| (p.low, p.high) = (f64::NAN, f64::NAN));
        report.rungs.iter_mut().for_each(|rung| {
            rung.test.values_mut().for_each(|m| (m.low, m.high) = (f64::NAN, f64::NAN));
        });
    });
    assert!(few.contains("holds 3 stretches that do not overlap") && !few.contains("NaN"));
    assert!(said(&|report| (report.best, report.pairs) = (0, vec![])).contains("plainest rung of all"));
}

/// A task of its own: not a line of this crate knows it.
fn toy() -> Report {
    let fact = |key: &str, value: &str| Fact { key: key.into(), value: value.into() };
    let rung = |name: &str, role, error: f64, curve: Vec<EpochPoint>| RungReport {
        name: name.into(),
        file: "rungs/model.gyeol".into(),
        role,
        plain: name.ends_with(":plain"),
        inputs: vec![Input::Column("petal".into())],
        valid: [("error_rate".to_string(), error)].into(),
        test: [("error_rate", error), ("log_loss", 3.0 * error)]
            .map(|(name, value)| (name.into(), Interval { value, low: 0.9 * value, high: 1.1 * value }))
            .into(),
        parameters: 12,
        fit_seconds: 1.5,
        predict_us: 2.0,
        peak_memory: 0,
        verdict: Verdict {
            kind: if curve.is_empty() { VerdictKind::NoCurve } else { VerdictKind::WellFitted },
            ..Verdict::no_curve()
        },
        curve,
        tried: (1..3)
            .map(|n| Tried { setting: vec![fact("ridge", &n.to_string())], value: error, train: None })
            .collect(),
        layers: vec![],
        training: vec![fact("ridge", "1"), fact("made up", "yes")],
        detail: Detail::None,
    };
    let point = |epoch| EpochPoint {
        epoch,
        train_loss: 1.0 / epoch as f64,
        valid_loss: 1.1 / epoch as f64,
        learning_rate: 0.1,
        seconds: 0.2,
    };
    let curve = || (1..6).map(point).collect();
    Report {
        head: ladder::head("toy", "Flowers", "gyeol run toy.toml"),
        facts: Facts::Plain {
            deck: "150 flowers · 3 kinds".into(),
            facts: vec![fact("rows", "150"), fact("kinds", "3")],
            judged: 50,
        },
        metrics: vec!["error_rate".into(), "log_loss".into()],
        metric: "error_rate".into(),
        unit: String::new(),
        rungs: vec![
            rung("most-frequent", Role::Naive, 0.66, vec![]),
            rung("net:plain", Role::Learned, 0.09, curve()),
            rung("net", Role::Learned, 0.04, curve()),
        ],
        best: 2,
        pairs: vec![Pair {
            a: "net".into(),
            b: "net:plain".into(),
            difference: -0.05,
            low: -0.07,
            high: -0.03,
        }],
        chapters: vec![
            Chapter::Answer,
            Chapter::Ladder,
            Chapter::Learning,
            Chapter::Inside,
            Chapter::Protocol,
        ],
        notes: vec![],
    }
}

#[test]
fn a_task_that_this_crate_does_not_know_has_its_page_and_its_table() {
    let page = check_all(&toy(), "toy");
    for part in [
        "The extended net reaches 0.0400 (error rate) on Flowers: 94\u{202f}% less than most-frequent.",
        "150 flowers · 3 kinds",
        "50 test cases",
        "What net, plain was chosen from",
        "<dt>made up</dt><dd>yes</dd>",
        "<dt>kinds</dt><dd>3</dd>",
        "The same net, asked two ways",
        "<th scope=\"col\">petal</th>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let table = terminal::table(&toy(), 100, false, Language::English);
    assert!(table.contains("log loss") && table.contains("▸ net, extended"), "{table}");
}

#[test]
fn a_chapter_of_another_task_is_an_error() {
    for (mut report, chapter) in
        [(toy(), Chapter::Errors), (toy(), Chapter::Texts), (texts::report(), Chapter::Certainty)]
    {
        report.chapters.push(chapter);
        assert_eq!(page(&report, Language::English).unwrap_err().code(), "foreign-chapter");
    }
}

#[test]
fn two_chapters_of_a_kind_have_anchors_of_their_own() {
    let mut report = texts::report();
    let grid = report.chapters[2].clone();
    report.chapters.push(grid);
    let page = check_all(&report, "two grids");
    assert!(page.contains("<h2 id=\"grid-2\">") && page.contains("href=\"#grid-2\""));
}

#[test]
fn a_page_of_texts_looked_at_is_whole() {
    let profile = corpus::profile();
    for language in BOTH {
        check(&corpus_page(&profile, "Letters", language).unwrap(), "corpus");
        for line in terminal::corpus_table(&profile, 80, false, language).lines() {
            assert!(terminal::display_width(line) <= 80, "{line}");
        }
    }
    assert!(corpus_page(&profile, "Letters", Language::English).unwrap().contains("23 documents are like"));
}

#[test]
fn levels_that_add_up_have_a_chapter_and_others_none() {
    let mut report = ladder::report();
    report.chapters.push(Chapter::Levels);
    assert!(!check_all(&report, "nothing adds up").contains("What adds up"));
    let row = |level: &str, series, base: f64, reconciled, coverage| LevelRow {
        level: level.into(),
        series,
        base,
        reconciled,
        base_mase: base / 50.0,
        reconciled_mase: reconciled / 50.0,
        coverage,
    };
    let found = Levels {
        way: "mint".into(),
        chosen: true,
        shrinkage: vec![0.125],
        tried: ["bottom-up", "top-down", "ols", "wls", "mint"]
            .iter()
            .zip([0.97, 2.4, 0.99, 0.94, 0.93])
            .map(|(way, error)| TriedWay { way: (*way).into(), error })
            .collect(),
        rows: vec![
            row("meter", 1000, 2.0, 1.9, 0.9),
            row("<b>feeder", 50, 20.0, 20.5, 0.91),
            row("total", 1, 0.0, 0.0, 0.89),
        ],
    };
    let best = report.best;
    detail(&mut report.rungs[best]).levels = Some(found.clone());
    let page = check_all(&report, "levels");
    for words in ["What adds up", "1000", "−5.0", "+2.5", "&lt;b&gt;feeder", "by 12", "240.0"] {
        assert!(page.contains(words), "{words}");
    }
    // Without a way the levels are shown, and that they do not add up is said.
    detail(&mut report.rungs[best]).levels =
        Some(Levels { way: "none".into(), chosen: false, shrinkage: vec![], tried: vec![], ..found });
    assert!(check_all(&report, "apart").contains("do not add up"));
}
