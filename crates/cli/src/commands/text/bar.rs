//! What is seen while a corpus goes through: bytes read, rate, time left; on a terminal only.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gyeol_text::corpus::Corpus;
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Common;
use crate::progress::stop_flag;

/// A bar over the bytes of a corpus, and the flag of Ctrl-C.
pub struct Bar<'a> {
    corpus: &'a Corpus,
    bar: Option<ProgressBar>,
    stop: Arc<AtomicBool>,
}

impl<'a> Bar<'a> {
    pub fn new(common: &Common, corpus: &'a Corpus) -> Self {
        let stop = stop_flag();
        let bar = (!common.quiet && std::io::stderr().is_terminal()).then(|| {
            let (bar, form) = match corpus.bytes() {
                Some(bytes) => (
                    ProgressBar::new(bytes),
                    "  {bar:30} {bytes} of {total_bytes} · {bytes_per_sec} · {eta} left",
                ),
                None => (ProgressBar::no_length(), "  {spinner} {bytes} · {bytes_per_sec}"),
            };
            let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
            bar.set_style(style.progress_chars("━╸─"));
            bar
        });
        Bar { corpus, bar, stop }
    }

    /// Moves on; false when the work is to stop.
    pub fn moved(&self) -> bool {
        if let Some(bar) = &self.bar {
            bar.set_position(self.corpus.bytes_read());
        }
        !self.stop.load(Ordering::SeqCst)
    }
}

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
