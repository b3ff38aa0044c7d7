//! The table, in a report and on the inspect page: the columns, the week as it usually goes, relations, memory, gaps, cleaning, the split.

use gyeol_data::profile::{ColumnProfile, Profile, Severity};
use gyeol_data::roles::Role;
use serde::Serialize;

use super::{Figure, Finding, Readings, Table, Voice, finding};
use crate::Language;
use crate::model::DataChapter;
use crate::picture::{self, SplitBar, SplitPart, Words};
use crate::text::{self, Step};

#[derive(Serialize)]
pub(crate) struct Data {
    lead: String,
    columns: Vec<Column>,
    findings: Vec<Finding>,
    split: Option<Figure>,
    weeks: Vec<Figure>,
    halves: Vec<Figure>,
    drift: Option<Table>,
    gaps: Option<Table>,
    gaps_see: String,
    changes: Option<Table>,
    changes_see: String,
    series: Option<Table>,
    inspect: bool,
}

#[derive(Serialize)]
struct Column {
    name: String,
    role: String,
    kind: String,
    unit: String,
    nulls: String,
    nulls_share: String,
    histogram: String,
    sparkline: String,
    low: String,
    middle: String,
    high: String,
    target: bool,
}

/// The head of the inspect page.
#[derive(Serialize)]
struct Head {
    deck: String,
    sentence: String,
    format: String,
    sha256: String,
}

/// What the chapter draws from.
struct Scene<'a> {
    profile: &'a Profile,
    voice: Voice<'a>,
    step: Step,
    /// Windows of train, valid and test, where there is a ladder.
    windows: Vec<(String, usize)>,
    unit: &'a str,
}

impl Scene<'_> {
    fn t(&self, key: &str, args: &[(&str, String)]) -> String {
        self.voice.t(key, args)
    }

    fn unit_of(&self, column: &ColumnProfile) -> String {
        match &column.unit {
            Some(unit) => unit.clone(),
            None if column.role == Role::Target => self.unit.to_string(),
            None => String::new(),
        }
    }

    fn targets(&self) -> impl Iterator<Item = &ColumnProfile> {
        self.profile.columns.iter().filter(|c| c.role == Role::Target)
    }

    /// `4 Mar 2011` with a clock, a row number without.
    fn time(&self, ms: i64) -> String {
        if self.has_clock() {
            text::date(ms, self.voice.zone, self.voice.language)
        } else {
            self.voice.number(ms as f64, 0)
        }
    }

    fn has_clock(&self) -> bool {
        self.profile.clock.as_ref().is_some_and(|c| c.step_ms.is_some())
    }
}

pub(crate) fn of_report(view: &Readings, table: &DataChapter) -> Data {
    let p = view.protocol;
    let windows = [("train", &p.train), ("valid", &p.valid), ("test", &p.test)];
    let scene = Scene {
        profile: &table.profile,
        voice: view.voice,
        step: view.step,
        windows: windows.iter().map(|(n, s)| (n.to_string(), s.windows)).collect(),
        unit: &view.data.unit,
    };
    let mut data = draw(&scene);
    let mut rows = view.columns(&["col-operation", "col-column", "col-touched", "col-detail"]);
    for change in &table.changes {
        let column = if change.column.is_empty() { view.t("whole-rows", &[]) } else { change.column.clone() };
        let operation = text::spoken("operation", &change.operation, view.voice.language);
        rows.push(vec![operation, column, view.voice.count(change.touched), change.detail.clone()]);
    }
    let touched: usize = table.changes.iter().map(|c| c.touched).sum();
    data.changes_see = match touched {
        0 => view.t("changes-none", &[]),
        n => view.t("changes-see", &[("n", view.voice.count(n))]),
    };
    data.changes = (!rows.rows.is_empty()).then_some(rows);
    data.inspect = false;
    data
}

fn zone_of(profile: &Profile) -> &str {
    let clock = profile.clock.as_ref().and_then(|c| c.zone.as_deref());
    clock.or(profile.source.zone.as_deref()).unwrap_or("UTC")
}

fn step_of(profile: &Profile) -> Step {
    let words = profile.clock.as_ref().filter(|c| c.step_ms.is_some()).and_then(|c| c.step.as_deref());
    Step::parse(words.unwrap_or("1 row"))
}

/// The inspect page.
#[derive(Serialize)]
pub(crate) struct Page {
    #[serde(flatten)]
    head: Head,
    it: Data,
}

pub(crate) fn of_profile(profile: &Profile, language: Language) -> Page {
    let voice = Voice { language, zone: zone_of(profile) };
    let scene = Scene { profile, voice, step: step_of(profile), windows: Vec::new(), unit: "" };
    Page { head: head(profile, language), it: draw(&scene) }
}

/// Rows, columns, step and span in one line.
pub(crate) fn deck(profile: &Profile, language: Language) -> String {
    let voice = Voice { language, zone: zone_of(profile) };
    let mut deck = vec![text::message("rows", &[("n", voice.count(profile.rows))], language)];
    deck.push(text::message("columns", &[("n", voice.count(profile.columns.len()))], language));
    if let Some(clock) = profile.clock.as_ref().filter(|c| c.step_ms.is_some()) {
        deck.push(voice.t("deck-step", &[("step", step_of(profile).length(1.0, language))]));
        if let (Some(from), Some(to)) = (clock.from, clock.to) {
            deck.push(format!(
                "{} – {}",
                text::date(from, voice.zone, language),
                text::date(to, voice.zone, language)
            ));
        }
    }
    deck.join(" · ")
}

fn head(profile: &Profile, language: Language) -> Head {
    let voice = Voice { language, zone: zone_of(profile) };
    let count = |s: Severity| profile.warnings.iter().filter(|w| w.severity == s).count();
    let (stop, warn) = (count(Severity::Stop), count(Severity::Warn));
    let args = [("stop", voice.count(stop)), ("warn", voice.count(warn))];
    let sentence = match (stop, warn) {
        (0, 0) => voice.t("inspect-clean", &[]),
        (0, _) => voice.t("inspect-warn", &args),
        _ => voice.t("inspect-stop", &args),
    };
    Head {
        deck: deck(profile, language),
        sentence,
        format: profile.source.format.clone(),
        sha256: profile.source.sha256.clone(),
    }
}

fn draw(scene: &Scene) -> Data {
    let profile = scene.profile;
    let voice = &scene.voice;
    let gaps = gaps(scene);
    let missing: usize = profile.clock.as_ref().map_or(0, |c| c.missing_rows);
    let gaps_see = match &profile.clock {
        Some(clock) if clock.gap_count > 0 => {
            scene.t("gaps-see", &[("gaps", voice.count(clock.gap_count)), ("rows", voice.count(missing))])
        }
        Some(_) => scene.t("gaps-none", &[]),
        None => scene.t("no-clock", &[]),
    };
    let mut halves: Vec<Figure> =
        profile.scatters.iter().take(4).filter_map(|s| relation(scene, s)).collect();
    halves.extend(scene.targets().take(2).filter_map(|c| memory(scene, c)));
    Data {
        lead: lead(scene),
        columns: profile.columns.iter().map(|c| column(scene, c)).collect(),
        findings: profile.warnings.iter().map(|w| warned(scene, w)).collect(),
        split: split(scene),
        weeks: scene.targets().take(2).filter_map(|c| week(scene, c)).collect(),
        halves,
        drift: drift(scene),
        gaps,
        gaps_see,
        changes: None,
        changes_see: String::new(),
        series: series(scene),
        inspect: true,
    }
}

/// One sentence on what kind of data this is.
fn lead(scene: &Scene) -> String {
    let Some(target) = scene.targets().next() else { return scene.t("data-lead-plain", &[]) };
    let Some(numbers) = &target.numbers else { return scene.t("data-lead-plain", &[]) };
    let (Some(low), Some(high), Some(median)) = (numbers.p01, numbers.p99, numbers.median) else {
        return scene.t("data-lead-plain", &[]);
    };
    let unit = scene.unit_of(target);
    let write = |v: f64| text::with_unit(&scene.voice.significant(v, 3), &unit);
    let args = [
        ("column", target.name.clone()),
        ("low", write(low)),
        ("high", write(high)),
        ("median", write(median)),
    ];
    scene.t("data-lead", &args)
}

fn warned(scene: &Scene, warning: &gyeol_data::profile::Warning) -> Finding {
    Finding::new(&scene.voice, warning.severity, finding(&scene.voice, warning))
}

fn column(scene: &Scene, c: &ColumnProfile) -> Column {
    let voice = &scene.voice;
    let write = |v: Option<f64>| v.map_or(text::MISSING.to_string(), |v| text::reading(v, voice.language));
    let (mut low, mut middle, mut high) = (String::new(), String::new(), String::new());
    let (mut histogram, mut sparkline) = (String::new(), String::new());
    if let Some(n) = &c.numbers {
        (low, middle, high) = (write(n.min), write(n.median), write(n.max));
        let args = [
            ("column", c.name.clone()),
            ("low", low.clone()),
            ("middle", middle.clone()),
            ("high", high.clone()),
        ];
        let words = voice.words(
            &scene.t("histogram-title", &[("column", c.name.clone())]),
            &scene.t("histogram-see", &args),
        );
        histogram = picture::small_histogram(&words, &n.histogram);
        let words = voice.words(
            &scene.t("sparkline-title", &[("column", c.name.clone())]),
            &scene.t("histogram-see", &args),
        );
        sparkline = picture::sparkline(&words, &n.sparkline);
    } else if let (Role::Time, Some(clock)) = (c.role, &scene.profile.clock) {
        low = clock.from.map_or(String::new(), |ms| scene.time(ms));
        high = clock.to.map_or(String::new(), |ms| scene.time(ms));
    } else if !c.classes.is_empty() {
        let most: Vec<String> =
            c.classes.iter().take(3).map(|k| format!("{} {}", k.value, voice.count(k.count))).collect();
        middle = most.join(", ");
    } else {
        middle = c.examples.iter().take(2).cloned().collect::<Vec<_>>().join(", ");
    }
    let share = if c.rows > 0 { c.nulls as f64 / c.rows as f64 } else { 0.0 };
    let kind = match c.kind {
        gyeol_data::ColumnKind::Number => "kind-number",
        gyeol_data::ColumnKind::Integer => "kind-integer",
        gyeol_data::ColumnKind::Boolean => "kind-boolean",
        gyeol_data::ColumnKind::Text => "kind-text",
        gyeol_data::ColumnKind::Time => "kind-time",
    };
    Column {
        name: c.name.clone(),
        role: text::spoken("role", c.role.word(), voice.language),
        kind: scene.t(kind, &[]),
        unit: scene.unit_of(c),
        nulls: voice.count(c.nulls),
        nulls_share: if c.nulls > 0 { voice.percent(share, 1) } else { String::new() },
        histogram,
        sparkline,
        low,
        middle,
        high,
        target: c.role == Role::Target,
    }
}

fn week(scene: &Scene, c: &ColumnProfile) -> Option<Figure> {
    let week = c.numbers.as_ref()?.typical_week.as_ref()?;
    let highest = week
        .median
        .iter()
        .enumerate()
        .filter_map(|(i, v)| v.map(|v| (i, v)))
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    let per_day = week.slots_per_day.max(1);
    let unit = scene.unit_of(c);
    let weekday = scene.t(super::answer::WEEKDAYS_LONG[(highest.0 / per_day).min(6)], &[]);
    let hour = text::clock_hour((highest.0 % per_day) * 24 / per_day, scene.voice.language);
    let value = text::with_unit(&scene.voice.significant(highest.1, 3), &unit);
    let args = [("column", c.name.clone()), ("weekday", weekday), ("hour", hour), ("value", value)];
    let key = if per_day > 1 { "week-see" } else { "week-see-days" };
    let (title, see) = (scene.t("week-title", &args[..1]), scene.t(key, &args));
    let mut table =
        Table::new(["col-slot", "col-q1", "col-median", "col-q3"].map(|k| scene.t(k, &[])).to_vec());
    for (i, median) in week.median.iter().enumerate() {
        let write = |v: Option<f64>| scene.voice.significant(v.unwrap_or(f64::NAN), 4);
        let day = scene.t(text::WEEKDAYS[(i / per_day).min(6)], &[]);
        let at = |list: &[Option<f64>]| write(list.get(i).copied().flatten());
        let slot = text::clock_hour((i % per_day) * 24 / per_day, scene.voice.language);
        table.push(vec![format!("{day} {slot}"), at(&week.q1), write(*median), at(&week.q3)]);
    }
    Some(Figure::draw("full", title, see, Some(table), &|words: &Words, width| {
        picture::typical_week(words, week, &unit, width, scene.voice.language)
    }))
}

fn relation(scene: &Scene, scatter: &gyeol_data::profile::Scatter) -> Option<Figure> {
    if scatter.bins.iter().filter(|b| b.count > 0).count() < 2 {
        return None;
    }
    let find = |name: &str| scene.profile.columns.iter().find(|c| c.name == name);
    let unit = find(&scatter.target).map_or(String::new(), |c| scene.unit_of(c));
    let covariate_unit = find(&scatter.covariate).map_or(String::new(), |c| scene.unit_of(c));
    let covariate_title = text::with_unit(&scatter.covariate, &covariate_unit);
    let least = scatter.bins.iter().filter(|b| b.count > 0).min_by(|a, b| a.median.total_cmp(&b.median))?;
    let args = [
        ("target", scatter.target.clone()),
        ("covariate", scatter.covariate.clone()),
        ("x", text::with_unit(&scene.voice.significant(least.x, 3), &covariate_unit)),
        ("value", text::with_unit(&scene.voice.significant(least.median, 3), &unit)),
    ];
    let mut table = Table::new(vec![
        covariate_title.clone(),
        scene.t("col-count", &[]),
        scene.t("col-q10", &[]),
        scene.t("col-median", &[]),
        scene.t("col-q90", &[]),
    ]);
    for bin in &scatter.bins {
        let write = |v: f64| scene.voice.significant(v, 4);
        table.push(vec![
            write(bin.x),
            scene.voice.count(bin.count),
            write(bin.q10),
            write(bin.median),
            write(bin.q90),
        ]);
    }
    let (title, see) = (scene.t("relation-title", &args[..2]), scene.t("relation-see", &args));
    Some(Figure::draw("half", title, see, Some(table), &|words: &Words, width| {
        let relation = picture::Relation {
            words: words.clone(),
            scatter,
            unit: &unit,
            covariate_title: covariate_title.clone(),
        };
        picture::relation(&relation, width, scene.voice.language)
    }))
}

fn memory(scene: &Scene, c: &ColumnProfile) -> Option<Figure> {
    let numbers = c.numbers.as_ref()?;
    if numbers.autocorrelation.len() < 3 {
        return None;
    }
    let language = scene.voice.language;
    let length = |lag: usize| {
        let per_day = scene.step.rows_per_day();
        match per_day {
            Some(day) if lag > 0 && lag.is_multiple_of(day) => {
                text::message("days", &[("n", scene.voice.count(lag / day))], language)
            }
            _ if lag == 0 => scene.voice.count(0),
            _ => scene.step.length(lag as f64, language),
        }
    };
    let args = [("column", c.name.clone())];
    let see = match numbers.periods.first() {
        Some(p) => {
            scene.t("memory-see", &[("period", length(p.rows)), ("r", scene.voice.number(p.strength, 2))])
        }
        None => scene.t("memory-see-none", &[]),
    };
    let mut table = Table::new(vec![scene.t("lag-axis", &[]), scene.t("col-correlation", &[])]);
    let every = numbers.autocorrelation.len().div_ceil(100).max(1);
    for lag in numbers.autocorrelation.iter().step_by(every) {
        table.push(vec![length(lag.lag), scene.voice.number(lag.r, 2)]);
    }
    let title = scene.t("memory-title", &args);
    Some(Figure::draw("half", title, see, Some(table), &|words: &Words, width| {
        picture::autocorrelation(words, &numbers.autocorrelation, &numbers.periods, &length, width, language)
    }))
}

fn split(scene: &Scene) -> Option<Figure> {
    let parts = &scene.profile.parts;
    if parts.is_empty() {
        return None;
    }
    let name = |part: &str| text::spoken("part", part, scene.voice.language);
    let mut table = Table::new(
        ["col-part", "col-from", "col-to", "col-rows", "col-windows"].map(|k| scene.t(k, &[])).to_vec(),
    );
    let bars: Vec<SplitPart> = parts
        .iter()
        .map(|p| {
            let windows =
                scene.windows.iter().find(|(n, _)| *n == p.name).map(|(_, w)| scene.voice.count(*w));
            let count = text::message("rows", &[("n", scene.voice.count(p.rows))], scene.voice.language);
            let detail = match &windows {
                Some(w) => scene.t("split-windows", &[("windows", w.clone())]),
                None => count,
            };
            table.push(vec![
                name(&p.name),
                scene.time(p.from),
                scene.time(p.to),
                scene.voice.count(p.rows),
                windows.unwrap_or(text::MISSING.to_string()),
            ]);
            let class = match p.name.as_str() {
                "train" => "part-train",
                "test" => "part-test",
                _ => "part-valid",
            };
            SplitPart { name: name(&p.name), detail, from: p.from, to: p.to, class }
        })
        .collect();
    let gaps =
        scene.profile.clock.iter().flat_map(|c| c.gaps.iter().map(|g| (g.from, g.to))).collect::<Vec<_>>();
    let empty = Vec::new();
    let readings = scene.targets().next().and_then(|c| c.numbers.as_ref()).map_or(&empty, |n| &n.sparkline);
    Some(Figure::draw(
        "full",
        scene.t("split-title", &[]),
        scene.t("split-see", &[]),
        Some(table),
        &|words, width| {
            let bar = SplitBar {
                words: words.clone(),
                parts: bars.clone(),
                gaps: gaps.clone(),
                readings,
                write: &|ms| scene.time(ms),
            };
            picture::split_bar(&bar, width)
        },
    ))
}

fn drift(scene: &Scene) -> Option<Table> {
    let keys = ["col-column", "col-part", "col-shift", "col-ratio", "col-psi", "col-ks"];
    let mut table = Table::new(keys.map(|k| scene.t(k, &[])).to_vec());
    for c in &scene.profile.columns {
        for d in c.numbers.iter().flat_map(|n| &n.drift) {
            table.push(vec![
                c.name.clone(),
                text::spoken("part", &d.part, scene.voice.language),
                text::signed(d.mean_shift, 2, scene.voice.language),
                format!("× {}", scene.voice.number(d.deviation_ratio, 2)),
                scene.voice.number(d.stability_index, 2),
                scene.voice.number(d.ks, 2),
            ]);
        }
    }
    (!table.rows.is_empty()).then_some(table)
}

fn gaps(scene: &Scene) -> Option<Table> {
    let clock = scene.profile.clock.as_ref().filter(|c| !c.gaps.is_empty())?;
    let several = clock.gaps.iter().any(|g| g.series.is_some());
    let mut head: Vec<String> = ["col-from", "col-to", "col-rows"].iter().map(|k| scene.t(k, &[])).collect();
    if several {
        head.push(scene.t("col-series", &[]));
    }
    let mut table = Table::new(head);
    let write = |ms: i64| {
        if scene.step.has_hours() {
            text::date_time(ms, scene.voice.zone, scene.voice.language)
        } else {
            scene.time(ms)
        }
    };
    for gap in clock.gaps.iter().take(30) {
        let mut row = vec![write(gap.from), write(gap.to), scene.voice.count(gap.rows)];
        if several {
            row.push(gap.series.clone().unwrap_or_default());
        }
        table.push(row);
    }
    Some(table)
}

fn series(scene: &Scene) -> Option<Table> {
    if scene.profile.series.len() < 2 {
        return None;
    }
    let keys = ["col-series", "col-rows", "col-from", "col-to", "col-nulls", "col-mean"];
    let mut table = Table::new(keys.map(|k| scene.t(k, &[])).to_vec());
    for s in scene.profile.series.iter().take(100) {
        let time = |ms: Option<i64>| ms.map_or(text::MISSING.to_string(), |ms| scene.time(ms));
        table.push(vec![
            s.id.clone(),
            scene.voice.count(s.rows),
            time(s.from),
            time(s.to),
            scene.voice.count(s.nulls),
            s.mean.map_or(text::MISSING.to_string(), |m| scene.voice.significant(m, 4)),
        ]);
    }
    Some(table)
}
