//! What is seen while the ladder is climbed: one line a rung with bar, epoch, loss so far, rate and time left, on a
//! terminal; a line for each finished rung elsewhere; nothing with --quiet.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use gyeol_forecast::Progress;
use gyeol_ladder::recipe::AnyRecipe;
use gyeol_ladder::tasks::lm::TABLE;
use gyeol_ladder::{Step, Watch};
use gyeol_ngram::Stage;
use gyeol_report::model::RungReport;
use gyeol_report::{Language, text};
use indicatif::{ProgressBar, ProgressStyle};

/// Watches a climb of any task.
pub struct Watcher {
    stop: Arc<AtomicBool>,
    bar: Option<ProgressBar>,
    quiet: bool,
    terminal: bool,
    language: Language,
    metric: &'static str,
    unit: String,
    /// What is fitted now.
    now: String,
    since: Instant,
    drawn: Instant,
}

/// Whether work that does not look at the flag is ended soon after the signal; work that leaves a state to go on from is not.
static AT_ONCE: AtomicBool = AtomicBool::new(false);
/// How long work may take to see the flag: with the ends of files, less than a second.
const GRACE: Duration = Duration::from_millis(600);

/// From here on a signal ends the program within a second, whatever it is at; what is half written is taken away.
pub fn ends_at_once() {
    AT_ONCE.store(true, Ordering::SeqCst);
    stop_flag();
}

fn end() -> ! {
    gyeol_base::remove_partial();
    crate::names::forget();
    std::process::exit(130)
}

/// The flag that Ctrl-C sets, one for the whole process; a second Ctrl-C ends the program at once.
pub fn stop_flag() -> Arc<AtomicBool> {
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(|| {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        // Where no handler can be set, Ctrl-C ends the program as it would have without one.
        let _ = ctrlc::set_handler(move || {
            if flag.swap(true, Ordering::SeqCst) {
                end();
            }
            if AT_ONCE.load(Ordering::SeqCst) {
                std::thread::spawn(|| {
                    std::thread::sleep(GRACE);
                    crate::stopped();
                    end()
                });
            }
        });
        stop
    });
    Arc::clone(flag)
}

/// A watch over counting, scoring and other work on n-grams that shows nothing: it goes on until Ctrl-C.
pub fn until_stopped() -> impl FnMut(Stage) -> bool {
    let stop = stop_flag();
    move |_| !stop.load(Ordering::SeqCst)
}

/// A bar over windows with rate and time left, on a terminal alone.
pub struct Meter {
    bar: Option<ProgressBar>,
    quiet: bool,
}

impl Meter {
    /// Nothing seen yet.
    pub fn new(quiet: bool) -> Meter {
        Meter { bar: None, quiet: quiet || !std::io::stderr().is_terminal() }
    }

    /// So many of all are done; false where Ctrl-C asked to stop.
    pub fn at(&mut self, done: usize, of: usize) -> bool {
        if !self.quiet {
            let bar = self.bar.get_or_insert_with(|| {
                let bar = ProgressBar::new(of as u64);
                let form = "{bar:24} {pos} / {len} · {per_sec} · {eta}";
                if let Ok(style) = ProgressStyle::with_template(form) {
                    bar.set_style(style);
                }
                bar
            });
            bar.set_position(done as u64);
        }
        !stop_flag().load(Ordering::SeqCst)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.bar.iter().for_each(ProgressBar::finish_and_clear);
    }
}

impl Watcher {
    /// For a run of a recipe; Ctrl-C makes it stop at the next step.
    pub fn new(quiet: bool, language: Language, recipe: &AnyRecipe) -> Self {
        let now = Instant::now();
        let (metric, unit) = match recipe {
            AnyRecipe::Forecast(recipe) => (
                recipe.score.metric.name(),
                recipe.columns.unit.clone().filter(|_| !recipe.score.scaled).unwrap_or_default(),
            ),
            AnyRecipe::LanguageModel(_) => ("perplexity", String::new()),
            AnyRecipe::Examples(recipe) => (recipe.metric(), String::new()),
            AnyRecipe::Tag(_) => ("error", String::new()),
            AnyRecipe::Translate(recipe) => (recipe.score.metric.metric(), String::new()),
        };
        Watcher {
            stop: stop_flag(),
            bar: None,
            quiet,
            terminal: std::io::stderr().is_terminal(),
            language,
            metric,
            unit,
            now: String::new(),
            since: now,
            drawn: now,
        }
    }

    /// The line of what goes on without a known end.
    fn say(&mut self, words: String) {
        if self.quiet || !self.terminal {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        bar.set_message(words);
    }

    fn trained(&mut self, p: Progress) {
        if let Some(bar) = &self.bar
            && self.drawn.elapsed() > Duration::from_millis(100)
        {
            self.drawn = Instant::now();
            let per_member = p.epochs * p.of;
            let total = (p.members * per_member) as u64;
            let at = ((p.member - 1) * per_member + (p.epoch - 1) * p.of + p.done) as u64;
            bar.set_length(total);
            bar.set_position(at);
            let took = self.since.elapsed().as_secs_f64();
            let rate = at as f64 / took.max(1e-9);
            let left = (total.saturating_sub(at)) as f64 / rate.max(1e-9);
            let say = |key: &str, args: &[(&str, String)]| text::message(key, args, self.language);
            let number = |v: f64| text::significant(v, 4, self.language);
            let mut line = say(
                "progress-epoch",
                &[("epoch", p.epoch.to_string()), ("epochs", p.epochs.to_string()), ("loss", number(p.loss))],
            );
            if p.members > 1 {
                let net = [("member", p.member.to_string()), ("members", p.members.to_string())];
                line = format!("{} · {line}", say("progress-member", &net));
            }
            if let Some(valid) = p.valid_loss {
                line += &format!(" · {}", say("progress-valid", &[("loss", number(valid))]));
            }
            let pace = [
                ("rate", text::number(rate, 0, self.language)),
                ("left", text::duration(left, self.language)),
            ];
            line += &format!(" · {}", say("progress-pace", &pace));
            bar.set_message(line);
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Watch for Watcher {
    fn begin(&mut self, rung: &str, index: usize, of: usize) {
        self.clear();
        self.since = Instant::now();
        let title = match rung {
            TABLE => text::message("chapter-settings", &[], self.language),
            rung => text::rung_title(rung, self.language),
        };
        self.now = format!("{title} ({}/{of})", index + 1);
        if self.quiet || !self.terminal {
            return;
        }
        let bar = ProgressBar::new(1);
        let style = ProgressStyle::with_template("  {prefix:28} {bar:20} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━╸─");
        bar.set_style(style);
        bar.set_prefix(self.now.clone());
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = Some(bar);
    }

    fn step(&mut self, step: Step<'_>) -> bool {
        match step {
            Step::Cleaned(changes) if !self.quiet => {
                for change in changes.iter().filter(|c| c.touched > 0) {
                    let column = change.column.as_deref().map(|c| format!(" {c}")).unwrap_or_default();
                    say!("  {}{column}: {} ({})", change.operation, change.touched, change.detail);
                }
            }
            Step::Said(words) if !self.quiet => say!("  {words}"),
            Step::Cleaned(_) | Step::Said(_) => {}
            Step::Reading { part, bytes, of } => {
                let size = |bytes: u64| text::bytes(bytes, self.language);
                let done = match of {
                    Some(of) => format!("{} / {}", size(bytes), size(of)),
                    None => size(bytes),
                };
                self.say(format!("{} · {done}", text::spoken("part", part, self.language)));
            }
            Step::Counting(stage) => {
                let doing = match stage {
                    Stage::Reading(words) | Stage::Scoring(words) => {
                        text::count(words as usize, self.language)
                    }
                    Stage::Counting(share) => text::percent(share, 0, self.language),
                    _ => String::new(),
                };
                self.say(doing);
            }
            Step::Trying(setting) => self.say(setting.join(" · ")),
            Step::Training(progress) => self.trained(progress),
            Step::Refitted { done, of } => self.say(format!("{done} / {of}")),
            Step::Sweep(at) => self.say(format!("{} / {}", at.done, at.of)),
        }
        !self.stop.load(Ordering::SeqCst)
    }

    fn done(&mut self, rung: &RungReport, kept: bool) {
        self.clear();
        if self.quiet {
            return;
        }
        let value = rung.test.get(self.metric).map_or("–".to_string(), |v| {
            text::with_unit(&text::significant(v.value, 5, self.language), &self.unit)
        });
        let time = if kept {
            text::message("progress-kept", &[], self.language)
        } else {
            text::duration(rung.fit_seconds, self.language)
        };
        let (title, metric) =
            (text::rung_title(&rung.name, self.language), text::metric_name(self.metric, self.language));
        say!("  {title:28} {metric} {value} · {time}");
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.clear();
    }
}
