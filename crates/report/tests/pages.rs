//! The pages as a reader meets them: whole, honest with odd data, and the same bytes every time.

#[path = "../examples/sample/ladder.rs"]
mod ladder;
#[path = "../examples/sample/readings.rs"]
mod readings;

use gyeol_report::model::*;
use gyeol_report::{Error, Language, ladder_page, profile_page, terminal};

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

fn check_all(report: &LadderReport, what: &str) -> String {
    for language in BOTH {
        check(&ladder_page(report, language).unwrap(), what);
        check(&profile_page(&report.profile, &report.data.name, language).unwrap(), what);
        for width in [40, 80, 120] {
            let table = terminal::ladder_table(report, width, false, language);
            for line in
                table.lines().chain(terminal::profile_table(&report.profile, width, false, language).lines())
            {
                assert!(terminal::display_width(line) <= width, "{what} at {width}: {line}");
            }
        }
    }
    ladder_page(report, Language::English).unwrap()
}

#[test]
fn the_sample_is_a_whole_page_in_both_languages() {
    let page = check_all(&ladder::report(), "sample");
    for id in ["ladder", "days", "errors", "learning", "certainty", "data", "inside", "protocol"] {
        assert!(page.contains(&format!("<h2 id=\"{id}\">")), "{id}");
    }
    assert!(page.contains("half the error of repeating yesterday"));
    assert!(page.contains("The same LSTM, asked two ways"));
    let korean = ladder_page(&ladder::report(), Language::Korean).unwrap();
    assert!(korean.contains("<html lang=\"ko\">") && korean.contains("2014년 7월 4일(금)"));
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let (a, b) = (ladder::report(), ladder::report());
    assert_eq!(ladder_page(&a, Language::Korean).unwrap(), ladder_page(&b, Language::Korean).unwrap());
}

#[test]
fn every_picture_has_a_name_and_a_table_behind_it() {
    let page = ladder_page(&ladder::report(), Language::English).unwrap();
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
    report.data.name = evil.into();
    report.data.unit = "<b>".into();
    report.data.targets = vec![evil.into()];
    report.recipe = evil.into();
    report.command = evil.into();
    report.machine = evil.into();
    report.changes[0].detail = evil.into();
    report.protocol.columns[0].name = evil.into();
    report.protocol.calendar.push(evil.into());
    report.notes.push(evil.into());
    for column in &mut report.profile.columns {
        column.name = evil.into();
        column.unit = Some(evil.into());
    }
    report.profile.warnings[0].code = "unknown".into();
    report.profile.warnings[0].words = evil.into();
    report.profile.scatters[0].covariate = evil.into();
    for rung in &mut report.rungs {
        rung.name = format!("{}:{evil}", rung.name);
        rung.inputs.push(evil.into());
        rung.training.push((evil.into(), evil.into()));
        for layer in &mut rung.layers {
            layer.name = evil.into();
            layer.w = evil.into();
        }
        for day in &mut rung.worst_days {
            day.notes.push(DayNote::Holiday { name: evil.into() });
        }
    }
    for day in &mut report.days {
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
    report.protocol.scaled = true;
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
    report.data.step = "1 row".into();
    report.profile.clock = None;
    report.profile.parts.clear();
    for span in [&mut report.protocol.train, &mut report.protocol.valid, &mut report.protocol.test] {
        (span.from, span.to) = (0, 5_000);
    }
    for (i, day) in report.days.iter_mut().enumerate() {
        day.times = (0..24).map(|h| (26_304 + i * 24 + h) as i64).collect();
    }
    for rung in &mut report.rungs {
        rung.mae_by_weekday_hour.clear();
        rung.mae_by_weekday.clear();
        rung.peak = None;
        rung.worst_days.iter_mut().enumerate().for_each(|(i, d)| d.origin = 26_304 + i as i64);
    }
    let page = check_all(&report, "rows");
    assert!(page.contains("24 rows ahead") && !page.contains("1970"), "no date is made up");
}

#[test]
fn daily_data_speaks_of_days() {
    let mut report = ladder::report();
    report.data.step = "1 day".into();
    report.protocol.horizon = 7;
    for day in &mut report.days {
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
    for rung in &mut report.rungs {
        rung.mae_by_weekday_hour.clear();
        for steps in [
            &mut rung.mae_by_step,
            &mut rung.bias_by_step,
            &mut rung.coverage_by_step,
            &mut rung.width_by_step,
        ] {
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
    report.data.series = 3;
    report.data.targets = vec!["load".into(), "heat".into()];
    for (i, day) in report.days.iter_mut().enumerate() {
        day.series = Some(format!("plant {}", i % 3));
    }
    report.profile.series = (0..3)
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
        rung.mae_by_step[3] = f64::NAN;
        rung.bias_by_step = vec![f64::NAN; 24];
        rung.coverage_by_step.clear();
        rung.coverage = f64::NAN;
        rung.mae_by_weekday_hour[2][5] = f64::NAN;
        rung.worst_days[0].mae = f64::NAN;
        rung.curve.iter_mut().for_each(|p| p.valid_loss = f64::NAN);
    }
    for day in &mut report.days {
        day.truth[4] = None;
        day.naive = vec![f64::NAN; 24];
        day.forecasts.clear();
        day.history.clear();
    }
    for numbers in report.profile.columns.iter_mut().filter_map(|c| c.numbers.as_mut()) {
        (numbers.min, numbers.median, numbers.p01) = (None, None, None);
        numbers.sparkline.iter_mut().step_by(3).for_each(|v| *v = None);
        numbers.histogram.counts.clear();
        numbers.autocorrelation.clear();
    }
    report.profile.scatters[0].bins.clear();
    check_all(&report, "missing");
}

#[test]
fn an_empty_report_is_still_a_page() {
    let mut report = ladder::report();
    report.days.clear();
    report.changes.clear();
    report.notes.clear();
    report.profile.columns.clear();
    report.profile.scatters.clear();
    report.profile.warnings.clear();
    for rung in &mut report.rungs {
        *rung = RungReport {
            test: Default::default(),
            curve: vec![],
            mae_by_step: vec![],
            bias_by_step: vec![],
            coverage_by_step: vec![],
            width_by_step: vec![],
            mae_by_weekday_hour: vec![],
            mae_by_weekday: vec![],
            residual_edges: vec![],
            residual_counts: vec![],
            worst_days: vec![],
            layers: vec![],
            training: vec![],
            inputs: vec![],
            peak: None,
            ..rung.clone()
        };
    }
    check_all(&report, "empty");
}

#[test]
fn a_best_rung_that_is_not_there_is_an_error() {
    let mut report = ladder::report();
    report.best = 99;
    assert!(matches!(ladder_page(&report, Language::English), Err(Error::Best { best: 99, .. })));
    let _ = terminal::ladder_table(&report, 80, true, Language::English);
}

#[test]
fn many_days_are_thinned_to_keep_the_page_small() {
    let mut report = ladder::report();
    let day = report.days[5].clone();
    report.days.extend(std::iter::repeat_n(day, 400));
    check_all(&report, "many days");
}

#[test]
fn colour_only_marks() {
    let report = ladder::report();
    let plain = terminal::ladder_table(&report, 80, false, Language::English);
    let painted = terminal::ladder_table(&report, 80, true, Language::English);
    assert!(!plain.contains('\x1b') && plain.contains("▸ LSTM, well posed"));
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
