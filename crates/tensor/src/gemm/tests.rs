//! Products against plain loops in double precision.

use super::*;
use crate::Rng;

fn reference(a: MatRef<'_, f32>, b: MatRef<'_, f32>) -> Vec<f64> {
    let mut c = vec![0.0; a.rows * b.cols];
    for i in 0..a.rows {
        for j in 0..b.cols {
            for k in 0..a.cols {
                c[i * b.cols + j] +=
                    a.data[i * a.row + k * a.col] as f64 * b.data[k * b.row + j * b.col] as f64;
            }
        }
    }
    c
}

fn random(n: usize, seed: u64) -> Vec<f32> {
    let mut v = vec![0.0; n];
    Rng::new(seed).fill_uniform(&mut v, 1.0);
    v
}

#[test]
fn odd_shapes_in_four_operand_orders_agree_with_plain_loops_in_double() {
    let sizes = [1usize, 2, 7, 13, 31, 33, 65];
    for &m in &sizes {
        for &n in &sizes {
            for &k in &[0usize, 1, 5, 33, 129] {
                let a = random(m * k, 1);
                let b = random(k * n, 2);
                for transpose_a in [false, true] {
                    for transpose_b in [false, true] {
                        let av = if transpose_a { MatRef::new(&a, k, m).t() } else { MatRef::new(&a, m, k) };
                        let bv = if transpose_b { MatRef::new(&b, n, k).t() } else { MatRef::new(&b, k, n) };
                        let want = reference(av, bv);
                        let packed = Packed::pack(bv);
                        let ldc = n + 3;
                        let bias = random(n, 5);
                        for mode in 0..3 {
                            let mut c = random(m * ldc, 9);
                            let before = c.clone();
                            let write = match mode {
                                0 => Write::Set,
                                1 => Write::Add,
                                _ => Write::Bias(&bias),
                            };
                            matmul_packed(av, &packed, &mut c, ldc, write);
                            {
                                let mut d = before.clone();
                                matmul(av, bv, &mut d, ldc, write);
                                assert_eq!(c, d, "packed and plain give the same bits");
                            }
                            for i in 0..m {
                                for j in 0..ldc {
                                    let got = c[i * ldc + j] as f64;
                                    let old = before[i * ldc + j];
                                    if j >= n {
                                        assert_eq!(got as f32, old, "nothing past the row is touched");
                                        continue;
                                    }
                                    let w = want[i * n + j] + [0.0, old as f64, bias[j] as f64][mode];
                                    assert!((got - w).abs() < 1e-5 * (1.0 + k as f64).sqrt(), "{m} {n} {k}");
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_row_does_not_depend_on_the_rows_beside_it() {
    let (m, k, n) = (37, 50, 70);
    let a = random(m * k, 3);
    let b = Packed::pack(MatRef::new(&random(k * n, 4), k, n));
    let mut all = vec![0.0; m * n];
    matmul_packed(MatRef::new(&a, m, k), &b, &mut all, n, Write::Set);
    for i in 0..m {
        let mut one = vec![0.0; n];
        matmul_packed(MatRef::new(&a[i * k..], 1, k), &b, &mut one, n, Write::Set);
        assert_eq!(&all[i * n..(i + 1) * n], &one[..]);
    }
}
