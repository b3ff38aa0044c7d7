//! Climbs the ladder of any task: fits every rung under one protocol, judges it once on the test part, chooses by validation,
//! and leaves the report, the scores and the bundles.

use std::path::{Path, PathBuf};

use gyeol_base::{Error, Result};
use gyeol_bundle::{Bundle, Manifest};
use gyeol_judge::least;
use gyeol_report::model::{self, Pair, Report, RungReport};
use gyeol_tensor::{Pool, kernel_path};
use serde_json::{Value, json};

use crate::error;
use crate::folder;
use crate::memory;
use crate::options::{Climb, Outcome};
use crate::task::{Answered, Fit, Judged, Part, Running, Task};
use crate::times::Times;
use crate::watch::Watch;

/// Climbs.
///
/// # Errors
/// As the stations say; nothing is left half written. A stop keeps what was done and says how to go on.
pub fn climb<T: Task>(task: &mut T, options: &Climb, pool: &Pool, watch: &mut dyn Watch) -> Result<Outcome> {
    let names: Vec<String> = task.rungs().iter().map(|rung| rung.name.clone()).collect();
    let chosen: Vec<usize> = match &options.only {
        None => (0..names.len()).collect(),
        Some(only) => (0..names.len()).filter(|&i| names[i] == *only).collect(),
    };
    if let (Some(only), true) = (&options.only, chosen.is_empty()) {
        return Err(error::no_rung(only, &names.join(", ")));
    }
    // Data, split and rungs are sound: only now is anything written.
    let (out, _lock) = folder::make(options)?;
    let options = &Climb { out, ..options.clone() };
    let mut times = Times::open(&options.out);
    let mut judged: Vec<Judged<T>> = Vec::new();
    for (index, &rung) in chosen.iter().enumerate() {
        watch.begin(&names[rung], index, chosen.len());
        let (one, kept) =
            one(task, rung, options, &mut times, watch).map_err(|e| in_run(e, &names[rung], options))?;
        watch.done(&one.report, kept);
        judged.push(one);
    }
    let metric = task.head().metric;
    let on_valid = judged.iter().map(|j| j.report.valid.get(metric).copied().unwrap_or(f64::INFINITY));
    let best = least(on_valid).unwrap_or(0);
    let pairs = pairs(task, &judged, best)?;
    let findings = task
        .findings(&judged, best, watch)
        .map_err(|e| if e.code() == "stopped" { in_run(e, &judged[best].report.name, options) } else { e })?;
    let head = task.head();
    let report = Report {
        head: model::Head {
            task: head.task.into(),
            name: head.title.clone(),
            sha256: head.data.sha256.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            machine: machine(),
            threads: pool.threads(),
            seed: head.seed,
            command: options.command.clone(),
            recipe: head.recipe.clone(),
            bootstrap_block: task.bootstrap().block(),
            bootstrap_draws: head.draws,
            stretches: task.bootstrap().stretches(),
            margin: head.margin,
        },
        facts: findings.facts,
        metrics: judged.first().map_or_else(Vec::new, |j| {
            j.test.outcomes.metrics().iter().map(|metric| metric.name().to_owned()).collect()
        }),
        metric: metric.into(),
        unit: head.unit.clone(),
        best,
        rungs: judged.iter().map(|j| j.report.clone()).collect(),
        pairs,
        chapters: findings.chapters,
        notes: findings.notes,
    };
    write(task, report, options)
}

/// A rung that was fitted and judged on the validation part alone.
pub struct Tried<T: Task> {
    /// The fit.
    pub fit: Fit<T::Model>,
    /// What it did on the validation part.
    pub valid: Answered<T::Sums, T::Answers>,
}

/// Fits every rung and lets the validation part choose, without a folder and without a test part: for a choice that is
/// followed by a fit of its own. Gives the rungs, and the place of the one chosen.
///
/// # Errors
/// As the stations say.
pub fn try_out<T: Task>(task: &mut T, watch: &mut dyn Watch) -> Result<(Vec<Tried<T>>, usize)> {
    let mut tried = Vec::new();
    let names: Vec<String> = task.rungs().iter().map(|rung| rung.name.clone()).collect();
    for (rung, name) in names.iter().enumerate() {
        watch.begin(name, rung, names.len());
        let mut running = Running { stem: Path::new(""), resume: false, watch: &mut *watch };
        let fit = task.fit(rung, &mut running)?;
        let valid = task.answer(&fit.model, Part::Valid, watch)?;
        tried.push(Tried { fit, valid });
    }
    let outcomes: Vec<_> = tried.iter().map(|one| one.valid.outcomes.clone()).collect();
    let chosen = task.choose(&outcomes);
    Ok((tried, chosen))
}

/// Fits (or takes over from an earlier run), judges and saves one rung; true where it was taken over.
fn one<T: Task>(
    task: &mut T,
    rung: usize,
    options: &Climb,
    times: &mut Times,
    watch: &mut dyn Watch,
) -> Result<(Judged<T>, bool)> {
    let name = task.rungs()[rung].name.clone();
    let (stem, path) = (stem(&options.out, &name), bundle_path(&options.out, &name));
    if options.resume
        && let Some(judged) = kept(task, &name, &path, &options.out, times, watch)?
    {
        // Killed between the model and here, a run left its states.
        task.saved(rung, &stem);
        return Ok((judged, true));
    }
    memory::reset();
    let fit = task.fit(rung, &mut Running { stem: &stem, resume: options.resume, watch: &mut *watch })?;
    let peak = memory::peak();
    let valid = task.answer(&fit.model, Part::Valid, watch)?;
    let test = task.answer(&fit.model, Part::Test, watch)?;
    let report = report(task, rung, &fit, &valid, &test, peak);
    let head = task.head();
    let mut manifest = Manifest::new(head.task, &name, head.data.clone());
    manifest.recipe.clone_from(&head.canonical);
    // The measures first: whoever finds the model finds them too.
    manifest.scores = serde_json::to_value(times.keep(&report)?).map_err(Error::defect)?;
    Bundle::of(&fit.model, manifest)?.save(&path)?;
    task.saved(rung, &stem);
    Ok((Judged { report, model: fit.model, test }, false))
}

/// A rung of an earlier run in the same folder.
fn kept<T: Task>(
    task: &T,
    name: &str,
    path: &Path,
    out: &Path,
    times: &Times,
    watch: &mut dyn Watch,
) -> Result<Option<Judged<T>>> {
    if !path.exists() {
        return Ok(None);
    }
    let bundle = Bundle::open(path).map_err(|e| e.with_next(error::anew(path)))?;
    let (m, head) = (&bundle.manifest, task.head());
    if m.recipe != head.canonical || m.data != head.data {
        return Err(error::other_run(out));
    }
    if m.rung != name || m.gyeol_version != env!("CARGO_PKG_VERSION") {
        return Ok(None);
    }
    let Ok(mut report) = serde_json::from_value::<RungReport>(m.scores.clone()) else { return Ok(None) };
    times.put_back(&mut report);
    let model: T::Model = bundle.open_as()?;
    let test = task.answer(&model, Part::Test, watch)?;
    Ok(Some(Judged { report, model, test }))
}

fn report<T: Task>(
    task: &T,
    rung: usize,
    fit: &Fit<T::Model>,
    valid: &Answered<T::Sums, T::Answers>,
    test: &Answered<T::Sums, T::Answers>,
    peak_memory: u64,
) -> RungReport {
    use gyeol_bundle::Packed as _;
    let known = &task.rungs()[rung];
    RungReport {
        name: known.name.clone(),
        role: known.role,
        file: file_name(&known.name),
        plain: known.plain,
        inputs: fit.inputs.clone(),
        // A figure that is not finite has no place in a JSON file, and none on a page.
        valid: valid.outcomes.values(),
        test: task
            .bootstrap()
            .intervals(&test.outcomes)
            .into_iter()
            .chain(task.more(&fit.model, test))
            .map(|(name, i)| (name, model::Interval { value: i.value, low: i.low, high: i.high }))
            .collect(),
        parameters: fit.model.parameters() as usize,
        fit_seconds: fit.seconds,
        predict_us: task.microseconds(&fit.model, test),
        peak_memory,
        verdict: fit.verdict.clone(),
        curve: fit.curve.clone(),
        tried: fit.tried.clone(),
        layers: fit.layers.clone(),
        training: fit.training.clone(),
        detail: task.detail(&fit.model, test),
    }
}

/// The best against each other rung, and all others against each other.
fn pairs<T: Task>(task: &T, judged: &[Judged<T>], best: usize) -> Result<Vec<Pair>> {
    let name = task.head().metric;
    let mut pairs = Vec::new();
    for a in 0..judged.len() {
        for b in (0..judged.len()).filter(|&b| b != best && (a == best || b > a)) {
            let (a, b) = (&judged[a], &judged[b]);
            let metric = a.test.outcomes.metric(name);
            let metric = metric.ok_or_else(|| Error::defect(format!("no metric is called {name}")))?;
            let d = task.bootstrap().difference(&a.test.outcomes, &b.test.outcomes, metric);
            let (a, b) = (a.report.name.clone(), b.report.name.clone());
            pairs.push(Pair { a, b, difference: d.value, low: d.low, high: d.high });
        }
    }
    Ok(pairs)
}

/// A stop knows what it stopped, and the folder in which the rest is kept.
fn in_run(error: Error, rung: &str, options: &Climb) -> Error {
    match error.code() {
        "stopped" => error::stopped(rung, &options.out),
        "other-run" | "io" => error,
        _ => error.while_at(format_args!("rung '{rung}'")),
    }
}

/// The page, the scores and the best model, each whole.
fn write<T: Task>(task: &T, report: Report, options: &Climb) -> Result<Outcome> {
    let html = gyeol_report::page(&report, task.head().language)?;
    let scores = serde_json::to_vec_pretty(&scores(task, &report)).map_err(Error::defect)?;
    let out = |name: &str| options.out.join(name);
    let put =
        |path: &Path, bytes: &[u8]| gyeol_base::write_bytes(path, bytes).map_err(|e| Error::writing(path, e));
    put(&out("report.html"), html.as_bytes())?;
    put(&out("scores.json"), &scores)?;
    let from = bundle_path(&options.out, &report.best_rung().name);
    gyeol_base::copy_whole(&from, &out("model.gyeol")).map_err(|e| Error::writing(out("model.gyeol"), e))?;
    Ok(Outcome { page: out("report.html"), scores: out("scores.json"), model: out("model.gyeol"), report })
}

/// The scores of a report as the command contract names them.
fn scores<T: Task>(task: &T, r: &Report) -> Value {
    let with = |mut base: Value, more: serde_json::Map<String, Value>| {
        if let Value::Object(keys) = &mut base {
            keys.extend(more);
        }
        base
    };
    let rung = |rung: &RungReport| {
        let base = json!({
            "name": rung.name,
            "valid": rung.valid,
            "test": rung.test,
            "parameters": rung.parameters,
            "fit_seconds": rung.fit_seconds,
            "predict_us": rung.predict_us,
        });
        with(base, task.rung_scores(rung))
    };
    let base = json!({
        "task": r.head.task,
        "seed": r.head.seed,
        "version": r.head.version,
        "metrics": r.metrics,
        "metric": r.metric,
        "rungs": r.rungs.iter().map(rung).collect::<Vec<_>>(),
        "best": r.rungs.get(r.best).map(|b| b.name.as_str()),
        "pairs": r.pairs,
    });
    with(base, task.scores(r))
}

/// `DIR/rungs/NAME` with the colon of a suffix made safe for every file system.
fn stem(out: &Path, rung: &str) -> PathBuf {
    out.join("rungs").join(rung.replace(':', "-").replace('+', "-and-"))
}

fn bundle_path(out: &Path, rung: &str) -> PathBuf {
    out.join(file_name(rung))
}

/// The file of a rung's model within the folder of a run.
pub(crate) fn file_name(rung: &str) -> String {
    format!("{}.gyeol", stem(Path::new(""), rung).display())
}

fn machine() -> String {
    let name = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_string())
    });
    format!("{}, {}", name.unwrap_or_else(|| std::env::consts::ARCH.to_string()), kernel_path().name())
}
