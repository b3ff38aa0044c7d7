//! Long work that can be stopped: it tells how far it is, and goes on as long as the answer is `true`.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use gyeol_base::{Error, Result};
use gyeol_tensor::Pool;

/// What is told while long work goes on. Whoever is told answers whether it shall go on: `false` ends it within a
/// second with [`Error::stopped`], and nothing of it stays. A read that waits for a pipe is not interrupted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stage {
    /// Words read so far; of an ARPA file, lines.
    Reading(u64),
    /// Share of the text that was sorted, 0 to 1.
    Counting(f64),
    /// Contexts, discounts and probabilities.
    Estimating,
    /// N-grams that can be left out are looked for.
    Pruning,
    /// Weights, or how words go wrong, are learned.
    Learning,
    /// The words of a model are laid out so that near ones are found.
    Indexing,
    /// A model is laid out, written, or compared with its checksums.
    Writing,
    /// Words scored so far.
    Scoring(u64),
}

/// Asked no sooner than this after the last time, where a loop comes by more often.
const PAUSE: Duration = Duration::from_millis(50);
/// Work between two questions takes about this long.
const PORTION: Duration = Duration::from_millis(100);
/// Steps of a tight loop between two looks at the clock.
pub(crate) const STEPS: usize = 1 << 14;
/// Items that are sorted in one go.
const RUN: usize = 1 << 16;

/// One who is told of a piece of work, and what it was told last.
pub(crate) struct Watch<'a> {
    progress: &'a mut dyn FnMut(Stage) -> bool,
    stage: Stage,
    asked: Instant,
}

impl<'a> Watch<'a> {
    /// Nothing is told yet.
    pub fn new(progress: &'a mut dyn FnMut(Stage) -> bool, stage: Stage) -> Self {
        Watch { progress, stage, asked: Instant::now() }
    }

    /// Tells a stage and asks whether to go on.
    pub fn tell(&mut self, stage: Stage) -> Result<()> {
        self.stage = stage;
        let goes_on = (self.progress)(stage);
        self.asked = Instant::now();
        if goes_on { Ok(()) } else { Err(Error::stopped()) }
    }

    /// Asks again, if the last time is a while ago.
    pub fn ask(&mut self) -> Result<()> {
        if self.asked.elapsed() < PAUSE {
            return Ok(());
        }
        self.tell(self.stage)
    }

    /// As [`Watch::ask`], for step `step` of a loop of many short ones.
    #[inline(always)]
    pub fn step(&mut self, step: usize) -> Result<()> {
        if step.is_multiple_of(STEPS) { self.ask() } else { Ok(()) }
    }

    /// Tells that more words were scored, and asks now and then.
    #[inline]
    pub fn scored(&mut self, words: usize) -> Result<()> {
        let before = if let Stage::Scoring(before) = self.stage { before } else { 0 };
        let now = before + words as u64;
        self.stage = Stage::Scoring(now);
        if before / STEPS as u64 == now / STEPS as u64 { Ok(()) } else { self.ask() }
    }

    /// Does work on another thread, and asks on this one meanwhile. The work looks at the flag now and then and leaves
    /// off where it is set; what it gives is then let go.
    pub fn beside<T: Send>(&mut self, work: impl FnOnce(&AtomicBool) -> T + Send) -> Result<T> {
        let stop = AtomicBool::new(false);
        let (give, take) = channel();
        std::thread::scope(|scope| {
            let worker = scope.spawn(|| {
                // Nobody is away who could not take it.
                let _ = give.send(work(&stop));
            });
            let mut asked = Ok(());
            loop {
                match take.recv_timeout(PAUSE) {
                    Ok(done) => return asked.map(|()| done),
                    Err(RecvTimeoutError::Timeout) if asked.is_ok() => {
                        asked = self.ask();
                        stop.store(asked.is_err(), Relaxed);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            match worker.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => Err(Error::defect("work ended without a result")),
            }
        })
    }

    /// [`Pool::run`] in portions, with a question between them.
    pub fn run(&mut self, pool: &Pool, tasks: usize, f: &(dyn Fn(usize, usize) + Sync)) -> Result<()> {
        self.in_portions(pool, tasks, |part| {
            pool.run(part.len(), &|thread, task| f(thread, part.start + task));
        })
    }

    /// [`Pool::each_mut`] in portions, with a question between them.
    pub fn each_mut<S: Send>(
        &mut self,
        pool: &Pool,
        items: &mut [S],
        f: impl Fn(usize, usize, &mut S) + Sync,
    ) -> Result<()> {
        self.in_portions(pool, items.len(), |part| {
            pool.each_mut(&mut items[part.clone()], |thread, task, item| f(thread, part.start + task, item));
        })
    }

    /// Tasks in portions of about [`PORTION`], with a question after each.
    fn in_portions(&mut self, pool: &Pool, tasks: usize, mut work: impl FnMut(Range<usize>)) -> Result<()> {
        let (mut begin, mut portion) = (0, pool.threads());
        while begin < tasks {
            let end = tasks.min(begin + portion);
            let began = Instant::now();
            work(begin..end);
            if began.elapsed() < PORTION / 2 {
                portion *= 2;
            } else if began.elapsed() > PORTION * 2 {
                portion = (portion / 2).max(pool.threads());
            }
            begin = end;
            self.ask()?;
        }
        Ok(())
    }
}

/// Sorts, equal ones in their order, with a question every [`RUN`] items; the sorts of the standard library cannot be
/// left before their end.
pub(crate) fn sort_by<T: Copy>(
    items: &mut Vec<T>,
    order: impl Fn(&T, &T) -> Ordering,
    ask: &mut dyn FnMut() -> Result<()>,
) -> Result<()> {
    for run in items.chunks_mut(RUN) {
        ask()?;
        run.sort_by(&order);
    }
    let mut to: Vec<T> = Vec::with_capacity(if items.len() > RUN { items.len() } else { 0 });
    let mut width = RUN;
    while width < items.len() {
        to.clear();
        for pair in items.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let ([a, ..], [b, ..]) = (left, right) {
                if order(a, b).is_le() {
                    to.push(*a);
                    left = &left[1..];
                } else {
                    to.push(*b);
                    right = &right[1..];
                }
                if to.len().is_multiple_of(RUN) {
                    ask()?;
                }
            }
            to.extend_from_slice(left);
            to.extend_from_slice(right);
        }
        std::mem::swap(items, &mut to);
        width *= 2;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn a_sort_with_questions_is_a_stable_sort() {
        let mut rng = gyeol_tensor::Rng::new(3);
        for len in [0, 1, RUN, RUN + 1, 2 * RUN, 5 * RUN + 17] {
            let mut items: Vec<(u64, usize)> = (0..len).map(|i| (rng.below(1000), i)).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|i| i.0);
            sort_by(&mut items, |a, b| a.0.cmp(&b.0), &mut || Ok(())).unwrap();
            assert!(items == expected, "{len}");
        }
        let mut left = 3;
        let mut twice = || {
            left -= 1;
            if left > 0 { Ok(()) } else { Err(Error::stopped()) }
        };
        let mut items = vec![0u8; 5 * RUN];
        assert_eq!(sort_by(&mut items, u8::cmp, &mut twice).unwrap_err().code(), "stopped");
    }

    #[test]
    fn work_beside_gives_its_result_or_leaves_off() {
        let mut on = |_| true;
        assert_eq!(Watch::new(&mut on, Stage::Writing).beside(|_| 7).unwrap(), 7);
        let mut never = |_| false;
        let began = Instant::now();
        let endless = |stop: &AtomicBool| {
            while !stop.load(Relaxed) {
                std::thread::sleep(PAUSE / 10);
            }
        };
        let error = Watch::new(&mut never, Stage::Writing).beside(endless).unwrap_err();
        assert_eq!(error.code(), "stopped");
        assert!(began.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn tasks_in_portions_are_all_done_once_unless_stopped() {
        let pool = Pool::new(2);
        let mut items = vec![0usize; 1000];
        let mut all = |_| true;
        Watch::new(&mut all, Stage::Estimating)
            .each_mut(&pool, &mut items, |_, task, item| *item += task + 1)
            .unwrap();
        assert!(items.iter().enumerate().all(|(i, &v)| v == i + 1));
        let sum = AtomicUsize::new(0);
        let mut watch = Watch::new(&mut all, Stage::Estimating);
        watch
            .run(&pool, 1000, &|_, task| {
                sum.fetch_add(task, Relaxed);
            })
            .unwrap();
        assert_eq!(sum.into_inner(), 499_500);

        let (mut asked, done) = (0, AtomicUsize::new(0));
        let mut never = |stage| {
            assert_eq!(stage, Stage::Pruning);
            asked += 1;
            false
        };
        let mut watch = Watch::new(&mut never, Stage::Pruning);
        let slow = |_: usize, _: usize| {
            done.fetch_add(1, Relaxed);
            std::thread::sleep(PAUSE);
        };
        assert_eq!(watch.run(&pool, 1000, &slow).unwrap_err().code(), "stopped");
        assert_eq!((asked, done.into_inner()), (1, 2));
    }
}
