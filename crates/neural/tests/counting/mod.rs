//! An allocator that counts, for test files of one test each: the harness's other threads are then at rest.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use gyeol_tensor::{MatRef, Pool, Precision, Real, Write, matmul_in};

struct Counting;

static CALLS: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system allocator as it came; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::SeqCst);
        let live = LIVE.fetch_add(layout.size(), Ordering::SeqCst) + layout.size();
        PEAK.fetch_max(live, Ordering::SeqCst);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::SeqCst);
        // SAFETY: `pointer` came from `alloc` above, hence from the system allocator, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations by all threads so far.
#[allow(dead_code)]
pub fn calls() -> usize {
    CALLS.load(Ordering::SeqCst)
}

/// Bytes in use; the peak begins anew from here.
#[allow(dead_code)]
pub fn from_here() -> usize {
    let live = LIVE.load(Ordering::SeqCst);
    PEAK.store(live, Ordering::SeqCst);
    live
}

/// Most bytes in use since [`from_here`].
#[allow(dead_code)]
pub fn peak() -> usize {
    PEAK.load(Ordering::SeqCst)
}

/// A pool whose threads are all up (a thread allocates as it starts, which may be late) and have the scratch that
/// products keep: every thread waits in a task until all have one.
pub fn warm_pool(threads: usize) -> Pool {
    fn product<T: Real>(precision: Precision) {
        let (a, b, mut c) = (vec![T::ONE; 256 * 1024], vec![T::ONE; 256 * 256], vec![T::ZERO; 1024 * 256]);
        let (a, b) = (MatRef::new(&a, 256, 1024).t(), MatRef::new(&b, 256, 256));
        matmul_in(precision, a, b, &mut c, 256, Write::Set);
    }
    let (pool, started) = (Pool::new(threads), Barrier::new(threads));
    pool.run(threads, &|_, _| {
        started.wait();
        for precision in [Precision::F32, Precision::Bf16] {
            if precision.check().is_ok() {
                product::<f32>(precision);
            }
        }
        product::<f64>(Precision::F32);
    });
    pool
}
