//! A training step may not allocate: the passes over all parameters and the products are counted here.
//!
//! It stands in a binary of its own, for it counts the calls of every thread of the process, those of the pool too.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use gyeol_tensor::elementwise::{sum_of_squares_on, sum_parts};
use gyeol_tensor::softmax::softmax_cross_entropy;
use gyeol_tensor::{
    MatRef, Operand, Pool, Precision, Rule, Update, Walk, Write, bf16_available, matmul_in, product,
};

struct Counting;

static CALLS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system allocator as it came; counting touches no memory of it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc` above, hence from the system allocator, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn passes_over_all_parameters_and_products_allocate_nothing() {
    let len = 200_003;
    let pool = Pool::new(3);
    let parts = [vec![0.1f32; len], vec![0.2; len], vec![0.3; len]];
    let (mut sum, mut p, mut m, mut s) = (vec![0.0; len], vec![0.0; len], vec![0.0; len], vec![0.0; len]);
    let rule =
        Rule::Adam { beta1: 0.9, rest1: 0.1, beta2: 0.999, rest2: 0.001, correction: 1.0, epsilon: 1e-8 };
    let mut logits = vec![0.5f32; 4 * 1003];
    let precisions =
        if bf16_available() { &[Precision::F32, Precision::Bf16][..] } else { &[Precision::F32] };
    let (rows, k, n) = (37, 90, 70);
    let (a, b, mut c) = (vec![0.5f32; rows * k], vec![0.5; k * n], vec![0.0; rows * n]);
    let mut operands: Vec<_> = precisions.iter().map(|&p| Operand::zeros(k, n, p)).collect();
    let mut step = || {
        let (a, b) = (MatRef::new(&a, rows, k), MatRef::new(&b, k, n));
        for (operand, &precision) in operands.iter_mut().zip(precisions) {
            operand.reshape(MatRef::new(b.data, k / 2, n));
            operand.reshape(b);
            product(a, operand, &mut c, n, Write::Set, Walk::Forward);
            matmul_in(precision, a, b, &mut c, n, Write::Add);
        }
        sum_parts(&pool, &parts, &mut sum);
        let norm = sum_of_squares_on(&pool, &sum).sqrt();
        let update = Update { factor: (1.0 / norm) as f32, ..Update::new(rule, 1e-3) };
        update.apply_on(&pool, Some(&sum), &mut p, &mut m, &mut s);
        update.apply_on(&pool, None, &mut p, &mut m, &mut s);
        softmax_cross_entropy(&mut logits, 4, 1003, 1003, &[0, 1, 2, 3], 1.0);
    };
    step();
    // The test harness has threads of its own, so the quietest of some rounds is asked.
    let fewest = (0..8).map(|_| {
        let before = CALLS.load(Ordering::SeqCst);
        step();
        CALLS.load(Ordering::SeqCst) - before
    });
    assert_eq!(fewest.min(), Some(0));
}
