//! An allocator that counts what the threads of one test do; other tests run beside it, uncounted.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};

use gyeol_tensor::{MatRef, Pool, Precision, Real, Write, matmul_in};

struct Counting;

thread_local! {
    /// True for the threads of a [`warm_pool`] of the test that counts.
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}
static CALLS: AtomicUsize = AtomicUsize::new(0);
/// May fall below zero: a counted thread may give back what it took before it was counted.
static LIVE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

// SAFETY: every call goes to the system allocator as it came; counting touches no memory of it. The flag has neither a
// destructor nor a lazy start, so that reading it allocates nothing and is allowed to the end of a thread.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTED.get() {
            CALLS.fetch_add(1, Ordering::SeqCst);
            let size = layout.size() as isize;
            PEAK.fetch_max(LIVE.fetch_add(size, Ordering::SeqCst) + size, Ordering::SeqCst);
        }
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if COUNTED.get() {
            LIVE.fetch_sub(layout.size() as isize, Ordering::SeqCst);
        }
        // SAFETY: `pointer` came from `alloc` above, hence from the system allocator, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The right to count, which one test has at a time; a test that counts holds it to its end.
pub struct Alone(#[allow(dead_code, reason = "held, not read")] MutexGuard<'static, ()>);

/// Waits until no other test counts.
pub fn alone() -> Alone {
    static ONE: Mutex<()> = Mutex::new(());
    Alone(ONE.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Drop for Alone {
    /// What this thread does after its test is not the next one's.
    fn drop(&mut self) {
        COUNTED.set(false);
    }
}

/// Allocations by counted threads so far.
pub fn calls() -> usize {
    CALLS.load(Ordering::SeqCst)
}

/// Bytes in use by counted threads; the peak begins anew from here.
pub fn from_here() -> isize {
    let live = LIVE.load(Ordering::SeqCst);
    PEAK.store(live, Ordering::SeqCst);
    live
}

/// Most bytes in use since [`from_here`].
pub fn peak() -> isize {
    PEAK.load(Ordering::SeqCst)
}

/// A pool whose threads, the caller's with them, are counted, all up (a thread allocates as it starts, which may be
/// late) and have the scratch that products keep: every thread waits in a task until all have one.
pub fn warm_pool(threads: usize) -> Pool {
    fn product<T: Real>(precision: Precision) {
        let (a, b, mut c) = (vec![T::ONE; 256 * 1024], vec![T::ONE; 256 * 256], vec![T::ZERO; 1024 * 256]);
        let (a, b) = (MatRef::new(&a, 256, 1024).t(), MatRef::new(&b, 256, 256));
        matmul_in(precision, a, b, &mut c, 256, Write::Set);
    }
    let (pool, started) = (Pool::new(threads), Barrier::new(threads));
    pool.run(threads, &|_, _| {
        started.wait();
        COUNTED.set(true);
        for precision in [Precision::F32, Precision::Bf16] {
            if precision.check().is_ok() {
                product::<f32>(precision);
            }
        }
        product::<f64>(Precision::F32);
    });
    pool
}

#[test]
fn the_threads_of_a_pool_are_counted_and_no_others() {
    let allocate = || drop(std::hint::black_box(vec![0u8; 64]));
    let _alone = alone();
    let (pool, all) = (warm_pool(3), Barrier::new(3));
    let before = calls();
    pool.run(3, &|_, _| {
        all.wait();
        allocate();
    });
    assert_eq!(calls() - before, 3);
    let turn = Barrier::new(2);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            turn.wait();
            allocate();
            turn.wait();
        });
        let before = calls();
        turn.wait();
        turn.wait();
        assert_eq!(calls(), before);
    });
}
