//! R of the QR factorisation of many rows, in blocks whose triangles are joined in order (TSQR: Demmel et al. 2012), by
//! Householder's reflections (1958). Q is not kept; Qᵀ y comes along as one more column.

use gyeol_tensor::Pool;
use gyeol_vectors::matrix::Dense;

/// R (min(n, p), p) of the centred rows, row-major, and the same rows of Qᵀ y.
pub(super) fn triangle(x: &Dense, centre: &[f64], y: &[f64], pool: &Pool) -> (Vec<f64>, Vec<f64>) {
    let (n, p) = (x.rows(), x.cols());
    let d = p + 1;
    let rows = (4 * d).max(1024).max(n.div_ceil(64));
    let mut parts: Vec<Vec<f64>> = vec![Vec::new(); n.div_ceil(rows)];
    pool.each_mut(&mut parts, |_, block, part| {
        let range = block * rows..n.min((block + 1) * rows);
        let mut z = Vec::with_capacity(range.len() * d);
        for i in range {
            z.extend(x.row(i).iter().zip(centre).map(|(v, c)| v - c));
            z.push(y[i]);
        }
        *part = reduced(z, d);
    });
    let mut all = Vec::new();
    for part in parts {
        all.extend(part);
        if all.len() / d > 4 * d {
            all = reduced(all, d);
        }
    }
    let all = reduced(all, d);
    let kept = (all.len() / d).min(p);
    let split = |row: &[f64]| (row[..p].to_vec(), row[p]);
    let (r, q): (Vec<Vec<f64>>, Vec<f64>) = all.chunks_exact(d).take(kept).map(split).unzip();
    (r.concat(), q)
}

/// The triangle of rows of `d` numbers, at most `d` rows of it.
fn reduced(z: Vec<f64>, d: usize) -> Vec<f64> {
    let m = z.len() / d;
    // By columns, so that a reflection runs along unbroken numbers.
    let mut a: Vec<Vec<f64>> = (0..d).map(|j| z[j..].iter().step_by(d).copied().collect()).collect();
    let k = m.min(d);
    for j in 0..k {
        let (head, tail) = a.split_at_mut(j + 1);
        let v = &mut head[j][j..];
        let largest = v.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        if largest == 0.0 {
            continue;
        }
        let length = largest * v.iter().map(|x| (x / largest) * (x / largest)).sum::<f64>().sqrt();
        let diagonal = if v[0] > 0.0 { -length } else { length };
        v[0] -= diagonal;
        let square = crate::features::dot(v, v);
        if square > 0.0 {
            for column in tail {
                let column = &mut column[j..];
                let by = 2.0 * crate::features::dot(v, column) / square;
                column.iter_mut().zip(&*v).for_each(|(c, v)| *c -= by * v);
            }
        }
        v[0] = diagonal;
        v[1..].fill(0.0);
    }
    (0..k).flat_map(|i| a.iter().map(move |column| column[i])).collect()
}
