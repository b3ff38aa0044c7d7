//! A pool of threads that spin briefly and then park.
//!
//! Tasks are numbered by the problem, not by the threads: whoever is free takes the next number. A result that
//! is written per task (and combined in task order afterwards) is therefore the same bits for any number of
//! threads. Waking a parked thread costs about 5 µs, so work below about a millionth of a second a task, or
//! 1 MFLOP in all, belongs on one thread.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

type Task<'a> = dyn Fn(usize, usize) + Sync + 'a;

/// A raw pointer to the task closure of the run in progress.
struct TaskPointer(*const Task<'static>);
// SAFETY: the pointee is `Sync`, and `Pool::run` outlives every use of the pointer (see there).
unsafe impl Send for TaskPointer {}

struct Shared {
    /// Closure and number of tasks of the open run.
    job: Mutex<Option<(TaskPointer, usize)>>,
    /// Grows by one for each run; threads wait for it to move.
    generation: AtomicU64,
    next: AtomicUsize,
    /// Threads that are inside the open run (the caller not counted).
    inside: AtomicUsize,
    sleepers: Mutex<usize>,
    wake: Condvar,
    stop: AtomicBool,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    // A poisoned lock here only says that a task panicked; the payload is passed on by `run`.
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A fixed number of threads, the caller among them.
pub struct Pool {
    shared: Arc<Shared>,
    handles: Vec<JoinHandle<()>>,
    one_run_at_a_time: Mutex<()>,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads()).finish()
    }
}

impl Pool {
    /// A pool of `threads` threads (at least 1, the caller counted); 0 takes all that the machine has.
    pub fn new(threads: usize) -> Self {
        let threads = match threads {
            0 => std::thread::available_parallelism().map_or(1, |n| n.get()),
            n => n,
        };
        let shared = Arc::new(Shared {
            job: Mutex::new(None),
            generation: AtomicU64::new(0),
            next: AtomicUsize::new(0),
            inside: AtomicUsize::new(0),
            sleepers: Mutex::new(0),
            wake: Condvar::new(),
            stop: AtomicBool::new(false),
            panic: Mutex::new(None),
        });
        let handles = (1..threads)
            .filter_map(|index| {
                let shared = Arc::clone(&shared);
                // A thread that cannot be had is one fewer; the numbers are the same without it.
                std::thread::Builder::new()
                    .name(format!("gyeol-{index}"))
                    .spawn(move || work(&shared, index))
                    .ok()
            })
            .collect();
        Pool { shared, handles, one_run_at_a_time: Mutex::new(()) }
    }

    /// Threads, the caller counted.
    pub fn threads(&self) -> usize {
        self.handles.len() + 1
    }

    /// Runs `f(thread, task)` for every task in `0..tasks` and returns when all are done; `thread` is below
    /// [`Pool::threads`] and no two tasks run under one thread index at once.
    ///
    /// # Panics
    /// With the payload of the first task that panicked, after all threads have left the run.
    pub fn run(&self, tasks: usize, f: &Task<'_>) {
        if tasks <= 1 || self.handles.is_empty() {
            for task in 0..tasks {
                f(0, task);
            }
            return;
        }
        let _turn = lock(&self.one_run_at_a_time);
        let shared = &*self.shared;
        // SAFETY: only the lifetime is changed. Threads use the pointer between entering the run (under the
        // job lock, while the job is still there) and leaving it (`inside` falls); below, the job is taken
        // away and `inside` waited for before `f` goes out of scope, also when a task panics.
        let pointer = TaskPointer(unsafe { std::mem::transmute::<*const Task<'_>, *const Task<'static>>(f) });
        shared.next.store(0, Ordering::SeqCst);
        *lock(&shared.job) = Some((pointer, tasks));
        shared.generation.fetch_add(1, Ordering::SeqCst);
        if *lock(&shared.sleepers) > 0 {
            shared.wake.notify_all();
        }
        drain(shared, 0, f, tasks);
        *lock(&shared.job) = None;
        let mut spins = 0u32;
        while shared.inside.load(Ordering::SeqCst) > 0 {
            spins += 1;
            if spins < 20_000 { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        if let Some(payload) = lock(&shared.panic).take() {
            resume_unwind(payload);
        }
    }
}

/// Most blocks that [`block_of`] cuts a problem into, so that a number a block fits an array on the stack.
pub const MOST_BLOCKS: usize = 256;

/// Length of the blocks that an element-wise pass over `len` numbers is cut into, by `len` alone: one block
/// below 32,768 (waking a thread would cost more), then 16,384 or more, never over [`MOST_BLOCKS`] in all.
pub fn block_of(len: usize) -> usize {
    const ALONE: usize = 32_768;
    const LEAST: usize = 16_384;
    if len < ALONE { len.max(1) } else { len.div_ceil(MOST_BLOCKS).max(LEAST).next_multiple_of(16) }
}

/// Slices that the tasks of one run share, each cutting its own part out.
struct Shares<T, const N: usize>([(*mut T, usize); N]);
// SAFETY: the slices are exclusively borrowed for the whole run, and each task touches a range of its own
// (see the two users below), so sharing the pointers sends each `T` to one thread at a time.
unsafe impl<T: Send, const N: usize> Sync for Shares<T, N> {}

impl<T, const N: usize> Shares<T, N> {
    fn new(slices: [&mut [T]; N]) -> Self {
        Shares(slices.map(|s| (s.as_mut_ptr(), s.len())))
    }

    fn slice(&self, index: usize) -> (*mut T, usize) {
        self.0[index]
    }
}

impl Pool {
    /// Cuts slices of one length (or empty ones) into blocks of `block` numbers and runs
    /// `f(range, cut slices)` for each block on the pool; empty slices stay empty. Allocates nothing.
    ///
    /// # Panics
    /// If two slices that are not empty differ in length.
    pub fn split_mut<T: Send, const N: usize>(
        &self,
        slices: [&mut [T]; N],
        block: usize,
        f: impl Fn(Range<usize>, [&mut [T]; N]) + Sync,
    ) {
        let len = slices.iter().map(|s| s.len()).max().unwrap_or(0);
        assert!(slices.iter().all(|s| s.is_empty() || s.len() == len), "slices of different lengths");
        let block = block.max(1);
        let shares = Shares::new(slices);
        self.run(len.div_ceil(block), &|_, task| {
            let range = task * block..len.min((task + 1) * block);
            let cut = std::array::from_fn(|i| {
                let (start, len) = shares.slice(i);
                if len == 0 {
                    return &mut [][..];
                }
                // SAFETY: `range` lies in 0..len, the length of every slice that is not empty; ranges of
                // different tasks do not meet, `run` gives each task number out once, and the borrow of
                // `slices` lasts until `run` has returned.
                unsafe { std::slice::from_raw_parts_mut(start.add(range.start), range.len()) }
            });
            f(range, cut);
        });
    }

    /// Runs `f(thread, index, item)` for every item on the pool, as [`Pool::run`] does. Allocates nothing.
    pub fn each_mut<S: Send>(&self, items: &mut [S], f: impl Fn(usize, usize, &mut S) + Sync) {
        let tasks = items.len();
        let shares = Shares::new([items]);
        self.run(tasks, &|thread, task| {
            let (start, len) = shares.slice(0);
            debug_assert!(task < len);
            // SAFETY: `run` gives each of the numbers 0..len out once, so no two tasks hold the same item, and
            // the borrow of `items` lasts until `run` has returned.
            f(thread, task, unsafe { &mut *start.add(task) });
        });
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        drop(lock(&self.shared.sleepers));
        self.shared.wake.notify_all();
        for handle in self.handles.drain(..) {
            let _ = handle.join();
        }
    }
}

fn drain(shared: &Shared, thread: usize, f: &Task<'_>, tasks: usize) {
    loop {
        let task = shared.next.fetch_add(1, Ordering::SeqCst);
        if task >= tasks {
            return;
        }
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| f(thread, task))) {
            lock(&shared.panic).get_or_insert(payload);
            shared.next.store(tasks, Ordering::SeqCst);
        }
    }
}

/// How long a thread without work looks for more before it sleeps.
const SPIN: Duration = Duration::from_micros(60);

fn work(shared: &Shared, index: usize) {
    let mut seen = 0;
    loop {
        let mut since = Instant::now();
        let mut rounds = 0u32;
        loop {
            if shared.stop.load(Ordering::Relaxed) {
                return;
            }
            let now = shared.generation.load(Ordering::SeqCst);
            if now != seen {
                seen = now;
                break;
            }
            std::hint::spin_loop();
            rounds += 1;
            if rounds.is_multiple_of(256) && since.elapsed() > SPIN {
                let mut sleepers = lock(&shared.sleepers);
                *sleepers += 1;
                while shared.generation.load(Ordering::SeqCst) == seen && !shared.stop.load(Ordering::SeqCst)
                {
                    sleepers = shared.wake.wait(sleepers).unwrap_or_else(PoisonError::into_inner);
                }
                *sleepers -= 1;
                since = Instant::now();
            }
        }
        let entered = {
            let job = lock(&shared.job);
            job.as_ref().map(|(pointer, tasks)| {
                shared.inside.fetch_add(1, Ordering::SeqCst);
                (pointer.0, *tasks)
            })
        };
        if let Some((pointer, tasks)) = entered {
            // SAFETY: the run was entered while its job was there, so `Pool::run` waits for `inside`.
            drain(shared, index, unsafe { &*pointer }, tasks);
            shared.inside.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once_on_any_thread_count() {
        for threads in [1, 2, 3, 7] {
            let pool = Pool::new(threads);
            for round in 0..200 {
                let tasks = round % 17;
                let counts: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
                pool.run(tasks, &|thread, task| {
                    assert!(thread < threads);
                    counts[task].fetch_add(1, Ordering::SeqCst);
                });
                assert!(counts.iter().all(|c| c.load(Ordering::SeqCst) == 1));
            }
        }
    }

    #[test]
    fn blocks_cover_each_slice_once() {
        for threads in [1, 2, 3, 7] {
            let pool = Pool::new(threads);
            for (len, block) in [(0, 4), (1, 4), (10, 3), (1000, 1), (64, 64)] {
                let (mut a, mut b) = (vec![0usize; len], vec![0usize; len]);
                pool.split_mut([&mut a, &mut [], &mut b], block, |range, [a, none, b]| {
                    assert!(none.is_empty() && range.len() <= block);
                    for (at, (a, b)) in range.zip(a.iter_mut().zip(b)) {
                        *a += at + 1;
                        *b += 2 * at;
                    }
                });
                assert!(a.iter().zip(&b).enumerate().all(|(i, (&a, &b))| (a, b) == (i + 1, 2 * i)));
            }
            let mut items: Vec<String> = (0..9).map(|i| i.to_string()).collect();
            pool.each_mut(&mut items, |_, index, item| item.push_str(&index.to_string()));
            assert!(items.iter().enumerate().all(|(i, s)| *s == format!("{i}{i}")));
        }
    }

    #[test]
    #[should_panic(expected = "slices of different lengths")]
    fn slices_of_different_lengths_are_refused() {
        Pool::new(2).split_mut([&mut [0; 3][..], &mut [0; 4][..]], 2, |_, _| {});
    }

    #[test]
    fn blocks_depend_on_the_problem_alone() {
        assert_eq!((block_of(0), block_of(32_767), block_of(32_768)), (1, 32_767, 16_384));
        for len in [40_000usize, 4_194_304, 4_194_305, 50_000_000] {
            let blocks = len.div_ceil(block_of(len));
            assert!((2..=MOST_BLOCKS).contains(&blocks) && block_of(len).is_multiple_of(16));
        }
    }

    #[test]
    fn sleeping_threads_wake() {
        let pool = Pool::new(2);
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(2));
            let total = AtomicUsize::new(0);
            pool.run(64, &|_, task| {
                total.fetch_add(task, Ordering::SeqCst);
            });
            assert_eq!(total.load(Ordering::SeqCst), 2016);
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_lives_on() {
        let pool = Pool::new(3);
        let caught = catch_unwind(AssertUnwindSafe(|| {
            pool.run(8, &|_, task| assert!(task != 5, "task five"));
        }));
        assert!(caught.is_err());
        let total = AtomicUsize::new(0);
        pool.run(8, &|_, _| {
            total.fetch_add(1, Ordering::SeqCst);
        });
        assert_eq!(total.load(Ordering::SeqCst), 8);
    }
}
