//! Leaks planted in readings that become known late: none can reach a forecast, a fit, a share or an interval.
//!
//! The proof is the same each time: everything that is not known at the origin is altered, and the outcome stays bit for bit the
//! same; the last row that is known is altered, and it does not.

use std::collections::BTreeMap;

use gyeol_bundle::{Bundle, DataHash, Manifest, Packed};
use gyeol_data::{Availability, ColumnData, Readings, Split, Table};
use gyeol_forecast::forecaster::About;
use gyeol_forecast::rung::{Quiet, RungParams, RungPredictor};
use gyeol_forecast::score::Yardsticks;
use gyeol_forecast::{
    Delays, Every, Forecaster, Intervals, Mixture, Origins, Prepared, Refit, Refits, Spec, Window, Windows,
    stepped,
};
use gyeol_tensor::Pool;

use crate::honesty::{HOUR, packed, readings, rungs, spec, split};

const CUTS: [usize; 3] = [420, 620, 800];

fn rules(of: &[(&str, &str)]) -> BTreeMap<String, Availability> {
    of.iter().map(|(name, text)| ((*name).to_owned(), Availability::parse(text).unwrap())).collect()
}

/// Readings, prepared and cut, where values become known as the rules say.
struct Late {
    data: Prepared,
    windows: Windows,
    spec: Spec,
    split: Split,
}

fn late(r: &Readings, rules: &BTreeMap<String, Availability>, step: usize) -> Late {
    let whole = split(r, CUTS);
    let horizon = spec(r).horizon;
    let delays = Delays::of(rules, r, horizon, step, &whole).unwrap();
    let split = delays.cut(&whole, &r.series[0].clock).unwrap();
    let spec = spec(r).known(delays).unwrap();
    let data = Prepared::fit(r, &split, spec.clone()).unwrap();
    let windows = Windows::of(&data, &split).unwrap();
    Late { data, windows, spec, split }
}

impl Late {
    fn fit(&self, rung: &RungParams) -> RungPredictor {
        rung.fit(&self.data, &self.windows, &Pool::new(1), &mut Quiet).unwrap().predictor
    }

    /// Other readings, prepared as these were.
    fn again(&self, r: &Readings) -> Prepared {
        Prepared::apply(r, self.spec.clone(), self.data.scalers.clone()).unwrap()
    }
}

/// The rungs that can be made of it: segments fill the rows ahead, those that are not known among them.
fn rungs_of(late: &Late) -> Vec<RungParams> {
    let (mut all, before) = (rungs(), rungs().len());
    all.retain(|rung| match rung.check(&late.data) {
        Ok(()) => true,
        Err(e) => {
            assert!(e.to_string().contains("last known"), "{e}");
            false
        }
    });
    assert!(all.len() + 2 >= before);
    all
}

fn altered(r: &Readings, target_from: usize, past_from: usize) -> Readings {
    let mut other = r.clone();
    let s = &mut other.series[0];
    s.target[0][target_from..].iter_mut().for_each(|v| *v = *v * -3.0 + 1e4);
    s.past[0][past_from..].iter_mut().for_each(|v| *v = *v * -3.0 + 1e4);
    other
}

#[test]
fn a_delayed_meter_is_read_up_to_what_is_known_and_no_further() {
    let r = readings(800);
    // The load 36 hours late, the temperature 2: at 700 the load is known to 663, the temperature to 697.
    for (load, temperature, targets, past) in
        [("36 h", "2 h", 36, 2), ("3 rows", "30 h", 3, 30), ("5 h", "5 h", 5, 5)]
    {
        let late = late(&r, &rules(&[("load", load), ("temperature", temperature)]), 1);
        assert_eq!((late.spec.delays.gap, late.spec.delays.embargo), (targets, targets.max(past)));
        let origin = 700;
        let window = [Window { series: 0, channel: 0, origin: origin as u32 }];
        let pool = Pool::new(1);
        let unknown = late.again(&altered(&r, origin - targets, origin - past));
        let known = [
            late.again(&altered(&r, origin - targets - 1, 800)),
            late.again(&altered(&r, 800, origin - past - 1)),
        ];
        for rung in rungs_of(&late) {
            let fitted = late.fit(&rung);
            let said = fitted.predict(&late.data, &window, &pool);
            assert_eq!(said.len(), 12, "{rung:?}");
            assert_eq!(said, fitted.predict(&unknown, &window, &pool), "{rung:?}");
            if matches!(
                rung,
                RungParams::Linear { .. } | RungParams::Response { .. } | RungParams::Net { .. }
            ) {
                for known in &known {
                    assert_ne!(
                        said,
                        fitted.predict(known, &window, &pool),
                        "{rung:?} does not read all that is known"
                    );
                }
            }
            // And it comes back from its file.
            let (value, bundle) = packed(&fitted);
            let again = RungPredictor::unpack(&value, &bundle).unwrap();
            assert!(again.fits(&late.data), "{rung:?}");
            assert_eq!(said, again.predict(&late.data, &window, &pool));
        }
    }
}

#[test]
fn a_forecast_of_late_readings_is_of_the_rows_that_were_asked_for() {
    // A day repeated to the digit: the season before is right at every hour, so a slip of a single row would show.
    let mut r = readings(800);
    for row in 24..800 {
        r.series[0].target[0][row] = r.series[0].target[0][row - 24];
    }
    let late = late(&r, &rules(&[("load", "36 h")]), 1);
    for rung in [RungParams::SeasonalNaive { season: 24 }, RungParams::Linear { ridge: vec![1e-3] }] {
        let fitted = late.fit(&rung);
        let said = fitted.predict(&late.data, &late.windows.test, &Pool::new(1));
        for (w, said) in late.windows.test.iter().zip(said.chunks_exact(12)) {
            let truth = &r.series[0].target[0][w.origin as usize..][..12];
            let worst = said.iter().zip(truth).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(worst < 1e-3, "{rung:?} at {}: {worst}", w.origin);
        }
    }
    // Last value: that of 37 rows before the first that is forecast.
    let said = late.fit(&RungParams::LastValue).predict(&late.data, &late.windows.test[..1], &Pool::new(1));
    assert_eq!(said[0], r.series[0].target[0][620 - 37]);
}

#[test]
fn a_daily_publication_is_not_read_before_it_is_out() {
    let r = readings(800);
    let rules = rules(&[("load", "day at 09:00")]);
    // The clock begins at 16:00 UTC; every hour of the day is an origin: the worst is 08:00, when the day before is not out.
    assert_eq!(late(&r, &rules, 1).spec.delays.gap, 32);
    // A forecast a day, at the hour of the last of the test part: row 788 is 12:00, where the 12 rows of that day are not known.
    let daily = late(&r, &rules, 24);
    let hour = |w: &Window| (400_000 + w.origin as usize) % 24;
    assert_eq!((daily.spec.delays.gap, (400_000 + 788) % 24), (12, 12));
    // Origins at other hours that lack more are left out and counted: only from 09:00 to 12:00 is as much known.
    assert!(daily.windows.test.iter().all(|w| (9..=12).contains(&hour(w))), "{:?}", daily.windows.test);
    assert_eq!(daily.windows.late + daily.windows.test.len(), 169);
    let judged = stepped(daily.windows.test.clone(), 24, None);
    assert!(judged.iter().all(|w| hour(w) == 12) && judged.len() == 8, "{judged:?}");
    let fitted = daily.fit(&RungParams::Linear { ridge: vec![1e-2] });
    for w in &judged {
        let midnight = w.origin as usize - 12;
        let unknown = daily.again(&altered(&r, midnight, w.origin as usize));
        let said = |data: &Prepared| fitted.predict(data, &[*w], &Pool::new(1));
        assert_eq!(said(&daily.data), said(&unknown));
    }
}

#[test]
fn a_row_that_came_late_is_not_read_before_it_came() {
    let mut r = readings(800);
    let clock = r.series[0].clock;
    let mut moments: Vec<i64> = (0..800).map(|row| clock.at(row + 1) + 2 * HOUR).collect();
    // One row of the test part was corrected four days later.
    moments[650] = clock.at(746);
    r.series[0].published = vec![("load".into(), moments)];
    let rules = BTreeMap::from([("load".to_owned(), Availability::Column("published".into()))]);
    let late = late(&r, &rules, 1);
    assert_eq!(late.spec.delays.gap, 2, "nearly all rows are two hours late");
    // Origins whose look-back of 48 rows (and of a week: the longest season) holds it before it was there are left out.
    let origins: Vec<u32> = late.windows.test.iter().map(|w| w.origin).collect();
    assert!(!origins.iter().any(|o| (653..746).contains(o)), "{origins:?}");
    assert!(origins.contains(&652) && origins.contains(&746));
    assert_eq!(late.windows.late, 746 - 653);
}

#[test]
fn parts_end_before_what_was_not_known_when_the_next_began() {
    let r = readings(800);
    let rules = rules(&[("load", "10 h"), ("temperature", "30 h")]);
    let late_one = late(&r, &rules, 1);
    let clock = r.series[0].clock;
    assert_eq!((late_one.split.train.end, late_one.split.valid.end), (clock.at(390), clock.at(590)));
    let last = |windows: &[Window]| windows.iter().map(|w| w.origin as usize + 12).max().unwrap();
    assert_eq!((last(&late_one.windows.train), last(&late_one.windows.valid)), (390, 590));
    // All that came after is altered, the scalers too would show it: what is learnt stays the same.
    let other = altered(&r, 590, 590);
    let garbled = late(&other, &rules, 1);
    assert_eq!(late_one.data.scalers, garbled.data.scalers);
    for rung in rungs_of(&late_one) {
        assert_eq!(packed(&late_one.fit(&rung)), packed(&garbled.fit(&rung)), "{rung:?}");
    }
}

#[test]
fn a_fit_on_the_way_learns_from_what_was_known() {
    let r = readings(800);
    let late = late(&r, &rules(&[("load", "36 h"), ("temperature", "2 h")]), 1);
    let pool = Pool::new(1);
    for rung in [RungParams::Linear { ridge: vec![1e-2] }, RungParams::Response { scenarios: None }] {
        let fitted = late.fit(&rung);
        let windows: Vec<Window> = late.windows.test.iter().copied().filter(|w| w.origin <= 700).collect();
        for every in [Every::Origin, Every::Day] {
            let windows = stepped(windows.clone(), if every == Every::Origin { 24 } else { 6 }, None);
            let last = windows.last().unwrap().origin as usize;
            let of = |data: &Prepared| {
                let refit = Refit { every, window: None };
                let from = late.split.train.start;
                let mut refits = Refits::default();
                refit.predict(&fitted, data, &windows, from, &mut refits, &pool, &mut |_, _| true).unwrap()
            };
            let (clean, unknown) = (of(&late.data), of(&late.again(&altered(&r, last - 36, last - 2))));
            assert_eq!(clean, unknown, "{rung:?} {every:?}");
            assert_ne!(clean, fitted.predict(&late.data, &windows, &pool), "nothing was fitted again");
        }
    }
}

#[test]
fn shares_quantiles_and_intervals_never_see_the_test_part() {
    let r = readings(800);
    let rules = rules(&[("load", "36 h")]);
    let of = |r: &Readings| {
        let late = late(r, &rules, 1);
        let pool = Pool::new(1);
        let members: Vec<RungPredictor> =
            [RungParams::SeasonalNaive { season: 24 }, RungParams::Linear { ridge: vec![1e-2] }]
                .iter()
                .map(|rung| late.fit(rung))
                .collect();
        let valid = &late.windows.valid;
        let said: Vec<Vec<f64>> = members.iter().map(|m| m.predict(&late.data, valid, &pool)).collect();
        let named =
            members.into_iter().zip(&said).enumerate().map(|(i, (m, s))| (i.to_string(), m, s.as_slice()));
        let mixture = Mixture::of(named.collect(), &late.data, valid);
        let mixed = RungPredictor::Mixture(mixture.clone()).predict(&late.data, valid, &pool);
        let intervals = Intervals::fit(0.9, &[0.1, 0.5, 0.9], &late.data, valid, &mixed);
        let intervals = intervals.following(&late.data, valid, &mixed);
        (mixture.shares().to_vec(), intervals)
    };
    assert_eq!(of(&r), of(&altered(&r, CUTS[1] - 36, CUTS[1] - 36)));
}

#[test]
fn an_interval_that_follows_drift_sees_no_hour_before_it_came() {
    let r = readings(800);
    for (text, gap) in [("36 h", 36), ("0 rows", 0)] {
        let late = late(&r, &rules(&[("load", text)]), 1);
        let (fitted, pool) = (late.fit(&RungParams::SeasonalNaive { season: 24 }), Pool::new(1));
        let valid = fitted.predict(&late.data, &late.windows.valid, &pool);
        let intervals = Intervals::fit(0.9, &[], &late.data, &late.windows.valid, &valid);
        let intervals = intervals.following(&late.data, &late.windows.valid, &valid);
        let windows: Vec<Window> = late.windows.test.iter().copied().filter(|w| w.origin <= 720).collect();
        let said = fitted.predict(&late.data, &windows, &pool);
        let ends = |data: &Prepared| {
            let mut ends = Vec::new();
            intervals.each(data, &windows, &said, &mut |i, _, e| {
                if i + 1 == windows.len() {
                    ends.push((e.low, e.high));
                }
            });
            ends
        };
        let clean = ends(&late.data);
        assert_eq!(clean, ends(&late.again(&altered(&r, 720 - gap, 720))), "{gap}");
        assert_ne!(clean, ends(&late.again(&altered(&r, 720 - gap - 1, 720))), "{gap}: nothing is followed");
    }
}

#[test]
fn rules_that_cannot_be_kept_are_refused_by_name() {
    let mut r = readings(800);
    let whole = split(&r, CUTS);
    let code = |r: &Readings, rules: &BTreeMap<String, Availability>| {
        Delays::of(rules, r, 12, 1, &whole)
            .and_then(|d| d.cut(&whole, &r.series[0].clock))
            .unwrap_err()
            .code()
            .to_owned()
    };
    assert_eq!(code(&r, &rules(&[("lod", "1 h")])), "no-such-column");
    assert_eq!(code(&r, &rules(&[("load", "500 h")])), "too-late");
    r.known = vec!["plan".into()];
    assert_eq!(code(&r, &rules(&[("plan", "1 h")])), "known-has-no-delay");
    r.step = gyeol_data::Step::Rows;
    assert_eq!(code(&r, &rules(&[("load", "1 h")])), "no-such-delay");
}

const OPS: [&str; 3] = [
    r#"[{"op": "fill", "columns": ["load", "temperature"], "method": "linear"}]"#,
    r#"[{"op": "fill", "columns": ["load", "temperature"], "method": "seasonal", "season": 24}]"#,
    r#"[{"op": "fill", "columns": ["load"], "method": "seasonal", "season": 168}, {"op": "fill", "columns": ["temperature"], "method": "forward"}]"#,
];

/// What a fit left, as a model with its cleaning.
fn model(late: &Late, rung: &RungParams, clean: &str) -> Forecaster {
    let predictor = late.fit(rung);
    let said = predictor.predict(&late.data, &late.windows.valid, &Pool::new(1));
    Forecaster {
        rung: "mine".into(),
        about: About {
            hierarchy: None,
            reconciliation: None,
            spec: late.spec.clone(),
            scalers: late.data.scalers.clone(),
            intervals: Intervals::fit(0.9, &[], &late.data, &late.windows.valid, &said),
            yardsticks: Yardsticks::fit(&late.data, &late.split),
            scaled: Some(false),
            time: Some("time".into()),
            id: None,
            clean: serde_json::from_str(clean).unwrap(),
            unit: String::new(),
            left_out: Vec::new(),
            refit: None,
            updated: false,
            learnt: None,
        },
        predictor,
    }
}

/// A table of readings, each row `parts` times within its hour.
fn table(r: &Readings, rows: usize, parts: i64, past: usize) -> Table {
    let s = &r.series[0];
    let stamps = (0..rows).flat_map(|row| (0..parts).map(move |part| (row, part)));
    let stamps = stamps.map(|(row, part)| Some(s.clock.at(row) + part * HOUR / parts));
    let cells = |v: &[f64], known: usize| {
        let of = |row: usize| if row < known { v[row] } else { f64::NAN };
        ColumnData::Number((0..rows).flat_map(|row| (0..parts).map(move |_| of(row))).collect())
    };
    Table::from_columns(vec![
        ("time".into(), ColumnData::Time(stamps.collect())),
        ("load".into(), cells(&s.target[0], rows)),
        ("temperature".into(), cells(&s.past[0], past)),
    ])
    .unwrap()
}

/// Forecasts of a table by origin, up to a row.
fn said(model: &Forecaster, table: Table, until: u32) -> Vec<(u32, Vec<f64>)> {
    let test = model.backtest(table, &Origins::default(), &Pool::new(1), &mut |_, _| true).unwrap();
    let all = test.windows.iter().zip(test.forecasts.chunks_exact(12));
    all.filter(|(w, _)| w.origin <= until).map(|(w, said)| (w.origin, said.to_vec())).collect()
}

#[test]
fn what_cleaning_fills_comes_from_before_the_origin() {
    let mut r = readings(800);
    for row in (100..104).chain(500..503).chain(560..563).chain(636..640) {
        r.series[0].target[0][row] = f64::NAN;
        r.series[0].past[0][row] = f64::NAN;
    }
    // From row 640 on everything is another: readings, and whether there are any.
    let mut other = altered(&r, 640, 640);
    for row in (640..646).chain(668..671).chain(728..731) {
        other.series[0].target[0][row] = f64::NAN;
    }
    let whole = readings(800);
    for rules in [rules(&[]), rules(&[("load", "3 rows"), ("temperature", "1 h")])] {
        let late = late(&whole, &rules, 1);
        for clean in OPS {
            let model = model(&late, &RungParams::Linear { ridge: vec![1e-2] }, clean);
            let (a, b) =
                (said(&model, table(&r, 800, 1, 800), 640), said(&model, table(&other, 800, 1, 800), 640));
            assert!(a.len() > 500, "{}", a.len());
            assert_eq!(a, b, "{clean}");
            // At the hole itself no forecast begins: what fills it comes from after it.
            let gap = late.spec.delays.gap as u32;
            assert!(!a.iter().any(|(o, _)| (637 + gap..=640).contains(o)), "{clean}");
        }
    }
}

#[test]
fn rows_gathered_on_a_coarser_clock_take_nothing_from_behind_the_border() {
    let r = readings(800);
    let late = late(&r, &rules(&[]), 1);
    let clean = r#"[{"op": "regular-clock", "step": "1 h"}]"#;
    let model = model(&late, &RungParams::Linear { ridge: vec![1e-2] }, clean);
    let (a, b) = (table(&r, 800, 4, 800), table(&altered(&r, 640, 640), 800, 4, 800));
    assert_eq!(said(&model, a, 640), said(&model, b, 640));
}

#[test]
fn predict_says_up_to_when_readings_count_and_begins_where_it_was_asked_to() {
    let r = readings(800);
    let late = late(&r, &rules(&[("load", "36 h"), ("temperature", "2 h")]), 1);
    let clock = r.series[0].clock;
    let pool = Pool::new(1);
    for rung in [RungParams::Linear { ridge: vec![1e-2] }, RungParams::Response { scenarios: None }] {
        let model = model(&late, &rung, "[]");
        // Load up to row 662 and temperature up to 696, as they are known when row 699 begins.
        let mut now = table(&r, 697, 1, 697);
        let mut load = now.numbers("load").unwrap();
        load[663..].fill(f64::NAN);
        now = now.with_column("load", ColumnData::Number(load)).unwrap();
        let forecast = model.forecast(now.clone(), &pool).unwrap();
        assert_eq!(
            (forecast.rows.len(), forecast.rows[0].time),
            (12, clock.at(699)),
            "{:?}",
            forecast.warnings
        );
        let warning = forecast.warnings.iter().find(|w| w.code == "known-until").unwrap();
        assert!(warning.words.contains(&gyeol_data::clock::show(clock.at(662), None)), "{}", warning.words);
        // The same as from that origin of the whole table.
        let whole = said(&model, table(&r, 800, 1, 800), 699);
        let (origin, values) = whole.last().unwrap();
        let got: Vec<f64> = forecast.rows.iter().map(|row| row.value).collect();
        assert_eq!((*origin, values), (699, &got), "{rung:?}");
        // And its terms add up to it.
        let told = model.terms(now, None, 0, &pool).unwrap();
        assert_eq!((told.times[0], told.values.clone()), (clock.at(699), got));
        for (sum, value) in told.terms.sums().iter().zip(&told.values) {
            assert!((sum - value).abs() < 1e-6 * value.abs(), "{rung:?}: {sum} {value}");
        }
        // A table whose columns end together: only so many rows of the load count as its temperature allows.
        let forecast = model.forecast(table(&r, 697, 1, 697), &pool).unwrap();
        assert_eq!(forecast.rows[0].time, clock.at(699));
        assert!(forecast.warnings[0].words.contains("34 later rows do not count"), "{:?}", forecast.warnings);
        // It is kept in a file, delays and all.
        let mut bundle = Bundle::new(Manifest::new("forecast", "", DataHash::default()));
        model.pack(&mut bundle).unwrap();
        let again = Forecaster::unpack(bundle).unwrap();
        assert_eq!(again.about.spec.delays, model.about.spec.delays);
    }
}

#[test]
fn a_model_of_one_hour_forecasts_at_that_hour_alone() {
    let r = readings(800);
    let late = late(&r, &rules(&[("load", "day at 09:00")]), 24);
    let model = model(&late, &RungParams::Linear { ridge: vec![1e-2] }, "[]");
    let hours: Vec<u32> =
        said(&model, table(&r, 800, 1, 800), 800).iter().map(|(o, _)| (400_000 + o) % 24).collect();
    assert!(hours.iter().all(|h| (9..=12).contains(h)) && hours.len() > 100);
    // Asked with readings up to 05:00, it counts those of the day before: the rest is published the next morning.
    let rows = (0..800).rev().find(|row| (400_000 + row) % 24 == 5).unwrap();
    // Its temperature is known up to noon, when the forecast is made.
    let mut now = table(&r, rows + 7, 1, rows + 7);
    let mut load = now.numbers("load").unwrap();
    load[rows..].fill(f64::NAN);
    now = now.with_column("load", ColumnData::Number(load)).unwrap();
    let forecast = model.forecast(now, &Pool::new(1)).unwrap();
    assert_eq!(forecast.rows[0].time, r.series[0].clock.at(rows - 5 + 12));
    assert!(forecast.warnings[0].words.contains("5 later rows do not count"), "{:?}", forecast.warnings);
}
