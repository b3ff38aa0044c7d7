//! Products against plain loops in double precision, on every path this processor has.

use super::bf16::round;
use super::*;
use crate::Rng;
use crate::path::bf16_available;

const PATHS: [KernelPath; 4] = [KernelPath::Portable, KernelPath::Avx2, KernelPath::Avx512, KernelPath::Neon];

fn paths() -> impl Iterator<Item = KernelPath> {
    PATHS.into_iter().filter(|p| p.available())
}

fn reference<T: Real>(a: MatRef<'_, T>, b: MatRef<'_, T>) -> Vec<f64> {
    let mut c = vec![0.0; a.rows * b.cols];
    for i in 0..a.rows {
        for j in 0..b.cols {
            for k in 0..a.cols {
                c[i * b.cols + j] +=
                    a.data[i * a.row + k * a.col].to_f64() * b.data[k * b.row + j * b.col].to_f64();
            }
        }
    }
    c
}

fn random<T: Real>(n: usize, seed: u64) -> Vec<T> {
    let mut v = vec![T::ZERO; n];
    Rng::new(seed).fill_uniform(&mut v, 1.0);
    v
}

/// Error of a sum of k products of numbers in [-1, 1]: k roundings of sums no larger than about sqrt(k), taken as
/// a random walk with room to spare.
fn bound<T: Real>(k: usize) -> f64 {
    let unit = if size_of::<T>() == 4 { f32::EPSILON as f64 } else { f64::EPSILON };
    4.0 * unit * (1.0 + k as f64)
}

/// All operand orders, all ways of writing, packed in both directions and plain, against the loops and against
/// each other.
fn check_shape<T: Real>(path: KernelPath, m: usize, k: usize, n: usize) {
    let (a, b) = (random::<T>(m * k, 1), random::<T>(k * n, 2));
    let (ldc, bias) = (n + 3, random::<T>(n, 5));
    let want = reference(MatRef::new(&a, m, k), MatRef::new(&b, k, n));
    let turn = |x: &[T], rows: usize, cols: usize| -> Vec<T> {
        (0..rows * cols).map(|i| x[i % rows * cols + i / rows]).collect()
    };
    let (a_turned, b_turned) = (turn(&a, m, k), turn(&b, k, n));
    let mut first: [Option<Vec<T>>; 3] = [const { None }; 3];
    for av in [MatRef::new(&a, m, k), MatRef::new(&a_turned, k, m).t()] {
        for bv in [MatRef::new(&b, k, n), MatRef::new(&b_turned, n, k).t()] {
            let packed = Packed::pack(bv);
            for (mode, write) in [Write::Set, Write::Add, Write::Bias(&bias)].into_iter().enumerate() {
                // Exactly as long as needed: one step further is the end of the slice.
                let before = random::<T>(if m * n == 0 { 0 } else { (m - 1) * ldc + n }, 9);
                let mut results = [before.clone(), before.clone(), before.clone()];
                let [forward, backward, plain] = &mut results;
                packed_on(path, av, &packed, forward, ldc, write, Walk::Forward);
                packed_on(path, av, &packed, backward, ldc, write, Walk::Backward);
                plain_on(path, av, bv, plain, ldc, write);
                let same = first[mode].get_or_insert_with(|| results[0].clone());
                for (result, how) in results.iter().zip(["packed", "packed, backward", "plain"]) {
                    assert_eq!(result, same, "{} ({m}, {k}) x ({k}, {n}), {how}: other bits", path.name());
                }
                for (at, (&got, &old)) in results[0].iter().zip(&before).enumerate() {
                    let (i, j) = (at / ldc, at % ldc);
                    if j >= n {
                        assert_eq!(got, old, "nothing past the row is touched");
                        continue;
                    }
                    let want = want[i * n + j] + [0.0, old.to_f64(), bias[j].to_f64()][mode];
                    let error = (got.to_f64() - want).abs();
                    assert!(error < bound::<T>(k), "{} ({m}, {k}) x ({k}, {n}): {error}", path.name());
                }
            }
        }
    }
}

#[test]
fn odd_shapes_in_four_operand_orders_agree_with_plain_loops_on_every_path() {
    for path in paths() {
        for m in [1, 2, 3, 4, 5, 7, 13, 31, 33] {
            for n in [1, 2, 3, 7, 13, 17, 31, 33, 65, 129, 200] {
                for k in [0, 1, 2, 5, 33] {
                    check_shape::<f32>(path, m, k, n);
                    check_shape::<f64>(path, m, k, n);
                }
            }
        }
        for (m, k, n) in [(0, 3, 4), (1, 0, 0), (140, 3, 0), (2, 5, 0)] {
            check_shape::<f32>(path, m, k, n);
        }
        // Gathered rows of A, packed columns of B, k in blocks.
        for (m, k, n) in [(129, 31, 65), (161, 129, 129), (130, 1100, 33), (3, 2049, 70)] {
            check_shape::<f32>(path, m, k, n);
        }
    }
}

#[test]
fn paths_differ_by_no_more_than_roundings() {
    for (m, k, n) in [(1, 7, 13), (2, 65, 129), (3, 33, 31), (7, 129, 65), (13, 31, 33), (31, 65, 7)] {
        let (a, b) = (random::<f32>(m * k, 1), random::<f32>(k * n, 2));
        let (a, b) = (MatRef::new(&a, m, k), MatRef::new(&b, k, n));
        let packed = Packed::pack(b);
        let all: Vec<(KernelPath, Vec<f32>)> = paths()
            .map(|path| {
                let mut c = vec![0.0; m * n];
                packed_on(path, a, &packed, &mut c, n, Write::Set, Walk::Forward);
                (path, c)
            })
            .collect();
        for (path, c) in &all {
            for (x, y) in c.iter().zip(&all[0].1) {
                let difference = (x - y).abs() as f64;
                assert!(difference < bound::<f32>(k), "{} ({m}, {k}) x ({k}, {n})", path.name());
            }
            // Fused paths do the same operations in the same order: the same bits.
            if *path != KernelPath::Portable {
                let (_, fused) = all.iter().find(|(p, _)| *p != KernelPath::Portable).unwrap();
                assert_eq!(c, fused, "{} ({m}, {k}) x ({k}, {n})", path.name());
            }
        }
    }
}

#[test]
fn a_row_does_not_depend_on_the_rows_beside_it() {
    for path in paths() {
        for (m, k, n) in [(37, 50, 70), (140, 1030, 200)] {
            let (a, b) = (random::<f32>(m * k, 3), random::<f32>(k * n, 4));
            let b = MatRef::new(&b, k, n);
            let packed = Packed::pack(b);
            let mut all = vec![0.0; m * n];
            plain_on(path, MatRef::new(&a, m, k), b, &mut all, n, Write::Set);
            for rows in [1, 2, 3, 4, 6, 7, 13] {
                for first in (0..m - rows).step_by(11) {
                    let mut some = vec![0.0; rows * n];
                    let a = MatRef::new(&a[first * k..], rows, k);
                    packed_on(path, a, &packed, &mut some, n, Write::Set, Walk::Forward);
                    assert_eq!(
                        &all[first * n..(first + rows) * n],
                        &some[..],
                        "rows {first}, {rows} at once"
                    );
                }
            }
        }
    }
}

/// Operands whose last element is the last of their slice, NaN all around within wider storage: what is read past
/// an operand or a row poisons sums, what is written past one kills a canary.
#[test]
fn nothing_around_the_operands_is_used() {
    const CANARY: f32 = 12345.0;
    for path in paths() {
        for (m, k, n) in
            [(1, 3, 7), (2, 5, 33), (3, 9, 41), (7, 13, 31), (13, 7, 50), (33, 3, 65), (130, 5, 9)]
        {
            let (sa, sb, sc) = (k + 2, n + 5, n + 1);
            let place = |x: &[f32], rows: usize, cols: usize, stride: usize| {
                let mut wide = vec![f32::NAN; (rows - 1) * stride + cols];
                for i in 0..rows {
                    wide[i * stride..i * stride + cols].copy_from_slice(&x[i * cols..(i + 1) * cols]);
                }
                wide
            };
            let (a, b) = (random::<f32>(m * k, 1), random::<f32>(k * n, 2));
            let want = reference(MatRef::new(&a, m, k), MatRef::new(&b, k, n));
            let (a, b) = (place(&a, m, k, sa), place(&b, k, n, sb));
            let mut c = vec![CANARY; (m - 1) * sc + n + 70];
            let end = c.len() - 70;
            plain_on(
                path,
                MatRef::strided(&a, m, k, sa),
                MatRef::strided(&b, k, n, sb),
                &mut c,
                sc,
                Write::Set,
            );
            for (at, &x) in c.iter().enumerate() {
                if at < end && at % sc < n {
                    let error = (x as f64 - want[at / sc * n + at % sc]).abs();
                    assert!(error < bound::<f32>(k), "{} ({m}, {k}) x ({k}, {n}): {x}", path.name());
                } else {
                    assert_eq!(x, CANARY, "{} ({m}, {k}) x ({k}, {n})", path.name());
                }
            }
        }
    }
}

#[test]
fn chunks_pack_what_the_whole_packs() {
    for (k, n) in [(0, 5), (1, 1), (17, 33), (40, 200), (16, 64), (5, 0)] {
        let x = random::<f32>(k * n, 7);
        for b in [MatRef::new(&x, k, n), MatRef::new(&x, n, k).t()] {
            let whole = Packed::pack(b);
            for i in 0..k {
                for j in 0..n {
                    let at = (j / PANEL * k + i) * PANEL + j % PANEL;
                    assert_eq!(whole.panels()[at], b.data[i * b.row + j * b.col], "({i}, {j}) of ({k}, {n})");
                }
            }
            for panels in [0, 1, 2, 5] {
                let mut parts = Packed::zeros(k, n);
                let mut chunks: Vec<_> = parts.chunks_mut(panels).collect();
                chunks.iter_mut().rev().for_each(|chunk| chunk.repack(b));
                assert_eq!(parts.panels(), whole.panels());
            }
        }
    }
}

fn message(f: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(f).expect_err("a panic was due");
    payload.downcast_ref::<String>().expect("a formatted message").clone()
}

#[test]
fn panics_tell_the_shapes() {
    let x = [0f32; 11];
    let a = MatRef::new(&x, 2, 3);
    for (b, c_len, told) in [
        (MatRef::new(&x, 4, 2), 4, ["(2, 3)", "(4, 2)"]),
        (MatRef::new(&x, 3, 2), 3, ["C of shape (2, 2)", "3 numbers"]),
        (MatRef { data: &x, rows: 3, cols: 4, row: 4, col: 1 }, 8, ["B of shape (3, 4)", "11 numbers"]),
        (
            MatRef { data: &x, rows: 3, cols: 2, row: usize::MAX, col: 1 },
            4,
            ["B of shape (3, 2)", "11 numbers"],
        ),
    ] {
        let text = message(move || matmul(a, b, &mut vec![0.0; c_len], b.cols, Write::Set));
        assert!(told.iter().all(|part| text.contains(part)), "{text}");
    }
    let text = message(move || matmul(a, a.t(), &mut [0.0; 4], 2, Write::Bias(&[0.0])));
    assert!(text.contains("bias has 1 numbers, C is (2, 2)"), "{text}");
}

#[test]
fn bf16_rounds_to_nearest_even() {
    // 1 + 2^-8 lies between 1 (even) and 1 + 2^-7; 1 + 3 2^-8 between 1 + 2^-7 and 1 + 2^-6 (even).
    for (x, bits) in [
        (1.0, 0x3f80),
        (1.0 + 0.003_906_25, 0x3f80),
        (1.0 + 3.0 * 0.003_906_25, 0x3f82),
        (1.004, 0x3f81),
        (-2.0, 0xc000),
        (f32::MAX, 0x7f80),
        (f32::INFINITY, 0x7f80),
    ] {
        assert_eq!(round(x), bits, "{x}");
    }
    assert!(f32::from_bits(round(f32::NAN) << 16).is_nan());
    assert!(f32::from_bits(round(f32::from_bits(0x7f80_0001)) << 16).is_nan());
}

#[test]
fn bf16_products_agree_with_rounded_operands_and_stay_near_the_unrounded() {
    for m in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 31] {
        for (k, n) in
            [(0, 5), (1, 1), (2, 33), (7, 31), (33, 129), (65, 65), (129, 13), (512, 40), (2100, 300)]
        {
            let (a, b) = (random::<f32>(m * k, 1), random::<f32>(k * n, 2));
            let rounded =
                |x: &[f32]| -> Vec<f32> { x.iter().map(|&x| f32::from_bits(round(x) << 16)).collect() };
            let (ra, rb) = (rounded(&a), rounded(&b));
            let (ldc, bias) = (n + 2, random::<f32>(n, 5));
            for turned in [false, true] {
                let view = |x| if turned { MatRef::new(x, k, m).t() } else { MatRef::new(x, m, k) };
                let of = |x| if turned { MatRef::new(x, n, k).t() } else { MatRef::new(x, k, n) };
                let (want, exact) = (reference(view(&ra), of(&rb)), reference(view(&a), of(&b)));
                let packed = PackedBf16::pack(of(&b));
                for (mode, write) in [Write::Set, Write::Add, Write::Bias(&bias)].into_iter().enumerate() {
                    let before = random::<f32>((m - 1) * ldc + n, 9);
                    let [mut c, mut backward, mut plain] = [before.clone(), before.clone(), before.clone()];
                    let done = matmul_packed_bf16(view(&a), &packed, &mut c, ldc, write, Walk::Forward);
                    assert_eq!(done.is_ok(), bf16_available());
                    let walked =
                        matmul_packed_bf16(view(&a), &packed, &mut backward, ldc, write, Walk::Backward);
                    assert_eq!((walked, matmul_bf16(view(&a), of(&b), &mut plain, ldc, write)), (done, done));
                    assert_eq!((&backward, &plain), (&c, &c), "the same bits");
                    if done.is_err() {
                        assert_eq!(c, before, "nothing is written");
                        continue;
                    }
                    for (at, (&got, &old)) in c.iter().zip(&before).enumerate() {
                        let (i, j) = (at / ldc, at % ldc);
                        if j >= n {
                            assert_eq!(got, old);
                            continue;
                        }
                        let plus = [0.0, old as f64, bias[j] as f64][mode];
                        let error = (got as f64 - want[i * n + j] - plus).abs();
                        assert!(error < bound::<f32>(k), "({m}, {k}) x ({k}, {n}), rounded: {error}");
                        // Numbers in [-1, 1]: a product's error has deviation under 2^-9; five of the sum's.
                        let error = (got as f64 - exact[i * n + j] - plus).abs();
                        let near = 5.0 * (1.0 + k as f64).sqrt() / 512.0;
                        assert!(error < near, "({m}, {k}) x ({k}, {n}), unrounded: {error}");
                    }
                }
            }
        }
    }
}
