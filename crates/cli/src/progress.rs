//! What is seen while the ladder is climbed: one line a rung with bar, epoch, loss so far, rate and time left, on a
//! terminal; a line for each finished rung elsewhere; nothing with --quiet.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use gyeol_forecast::Progress;
use gyeol_ladder::Watch;
use gyeol_ladder::language::{LanguageWatch, TABLE};
use gyeol_ngram::Stage;
use gyeol_report::language::LanguageRungReport;
use gyeol_report::model::RungReport;
use gyeol_report::{Language, text};
use indicatif::{ProgressBar, ProgressStyle};

/// Watches a climb.
pub struct Watcher {
    stop: Arc<AtomicBool>,
    bar: Option<ProgressBar>,
    quiet: bool,
    terminal: bool,
    language: Language,
    metric: String,
    unit: String,
    since: Instant,
    drawn: Instant,
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
                std::process::exit(130);
            }
        });
        stop
    });
    Arc::clone(flag)
}

impl Watcher {
    /// For a run whose scores are shown in `unit`; Ctrl-C makes it stop at the next iteration.
    pub fn new(quiet: bool, language: Language, metric: &str, unit: &str) -> Self {
        let now = Instant::now();
        Watcher {
            stop: stop_flag(),
            bar: None,
            quiet,
            terminal: std::io::stderr().is_terminal(),
            language,
            metric: metric.into(),
            unit: unit.into(),
            since: now,
            drawn: now,
        }
    }
}

impl Watch for Watcher {
    fn begin(&mut self, rung: &str, index: usize, of: usize) {
        self.since = Instant::now();
        if self.quiet || !self.terminal {
            return;
        }
        let bar = ProgressBar::new(1);
        let style = ProgressStyle::with_template("  {prefix:28} {bar:20} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━╸─");
        bar.set_style(style);
        bar.set_prefix(format!("{} ({}/{of})", text::rung_title(rung, self.language), index + 1));
        bar.enable_steady_tick(Duration::from_millis(200));
        self.bar = Some(bar);
    }

    fn progress(&mut self, _rung: &str, p: Progress) -> bool {
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
        !self.stop.load(Ordering::SeqCst)
    }

    fn done(&mut self, rung: &RungReport, kept: bool) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if self.quiet {
            return;
        }
        let error = rung.test.get(&self.metric).map_or("–".to_string(), |v| {
            text::with_unit(&text::significant(v.value, 5, self.language), &self.unit)
        });
        let time = if kept {
            text::message("progress-kept", &[], self.language)
        } else {
            text::duration(rung.fit_seconds, self.language)
        };
        eprintln!(
            "  {:28} {} {error} · {time}",
            text::rung_title(&rung.name, self.language),
            self.metric.to_uppercase()
        );
    }
}

/// Watches a climb of language models.
pub struct TextWatcher {
    stop: Arc<AtomicBool>,
    bar: Option<ProgressBar>,
    quiet: bool,
    language: Language,
    /// What is fitted now.
    now: String,
}

impl TextWatcher {
    /// Ctrl-C makes it stop at the next block of texts or the next model.
    pub fn new(quiet: bool, language: Language) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        TextWatcher { stop: stop_flag(), bar, quiet, language, now: String::new() }
    }

    fn say(&self, words: String) -> bool {
        if let Some(bar) = &self.bar {
            bar.set_message(words);
        }
        !self.stop.load(Ordering::SeqCst)
    }
}

impl LanguageWatch for TextWatcher {
    fn reading(&mut self, part: &str, bytes: u64, of: Option<u64>) -> bool {
        let size = |bytes: u64| text::bytes(bytes, self.language);
        let done = match of {
            Some(of) => format!("{} / {}", size(bytes), size(of)),
            None => size(bytes),
        };
        self.say(format!("{} · {done}", text::spoken("part", part, self.language)))
    }

    fn counting(&mut self, stage: Stage) {
        let doing = match stage {
            Stage::Reading(words) => text::count(words as usize, self.language),
            Stage::Counting(share) => text::percent(share, 0, self.language),
            Stage::Estimating => String::new(),
        };
        self.say(format!("{} · {doing}", self.now));
    }

    fn fitting(&mut self, rung: &str, order: usize, smoothing: &str) -> bool {
        let title = if rung == TABLE {
            text::message("chapter-settings", &[], self.language)
        } else {
            text::rung_title(rung, self.language)
        };
        let order = text::message("col-order", &[("order", order.to_string())], self.language);
        self.now = format!("{title} · {order} · {smoothing}");
        self.say(self.now.clone())
    }

    fn done(&mut self, rung: &LanguageRungReport, kept: bool) {
        if self.quiet {
            return;
        }
        let value = rung
            .test
            .get("perplexity")
            .map_or("–".to_string(), |v| text::number(v.value, text::decimals(v.value, 4), self.language));
        let time = if kept {
            text::message("progress-kept", &[], self.language)
        } else {
            text::duration(rung.fit_seconds, self.language)
        };
        let line = format!(
            "  {:28} {} {value} · {time}",
            text::rung_title(&rung.name, self.language),
            text::metric_name("perplexity", self.language)
        );
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }
}

impl Drop for TextWatcher {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
