//! The element-wise part of recurrent cells, one time step of a block of rows, forward and backward side by
//! side. The matrix products around it are the caller's.
//!
//! | cell | columns of `gates` before → after the forward step | source |
//! |---|---|---|
//! | LSTM | i, f, g, o: pre-activations → activations | Hochreiter and Schmidhuber 1997; forget gate by Gers et al. 2000 |
//! | GRU | n_x, r, z, n_h → n, r, z, n_h | Cho et al. 2014, with the reset after the product (as cuDNN and PyTorch have it) |
//! | sLSTM | i, f, g, o: pre-activations → i', f', g, o, the first two divided by e^m | Beck et al. 2024, equations 8 to 17 |
//! | minGRU | z, n: pre-activation, candidate → z, n | Feng et al. 2024, section 3.1 |
//!
//! Backward steps turn the same columns into the gradients of the pre-activations.

use crate::dispatch::dispatch;
use crate::real::{LANES, Real, in_lanes, load, store};

/// One time step of a cell over `rows` rows of `hidden` units; matrices are row-major, `gates` with its own
/// row stride, the others with stride `hidden`.
pub enum CellOp<'a, T> {
    /// c = f * c_prev + i * g, h = o * tanh(c).
    LstmForward {
        /// Units.
        hidden: usize,
        /// (rows, 4 hidden).
        gates: &'a mut [T],
        /// Row stride of `gates`.
        stride: usize,
        /// Cell state before the step.
        c_prev: &'a [T],
        /// Cell state after it (output).
        c: &'a mut [T],
        /// tanh(c) (output, needed by the backward step).
        tanh_c: &'a mut [T],
        /// Hidden state (output).
        h: &'a mut [T],
    },
    /// The same where no backward step follows: c is written over, the gates are left as they are.
    LstmAnswer {
        /// Units.
        hidden: usize,
        /// (rows, 4 hidden).
        gates: &'a [T],
        /// Row stride of `gates`.
        stride: usize,
        /// Cell state before the step in, after it out.
        c: &'a mut [T],
        /// Hidden state (output).
        h: &'a mut [T],
    },
    /// From dh and the dc of the step after to the gates' gradients and the dc of the step before.
    LstmBackward {
        /// Units.
        hidden: usize,
        /// Activations in, gradients of pre-activations out.
        gates: &'a mut [T],
        /// Row stride of `gates`.
        stride: usize,
        /// Cell state before the step.
        c_prev: &'a [T],
        /// tanh(c) of the step.
        tanh_c: &'a [T],
        /// dL/dh of the step, everything included.
        dh: &'a [T],
        /// dL/dc from the step after, in; for the step before, out.
        dc: &'a mut [T],
    },
    /// n = tanh(n_x + r * n_h), h = (1 - z) * n + z * h_prev.
    GruForward {
        /// Units.
        hidden: usize,
        /// (rows, 4 hidden).
        gates: &'a mut [T],
        /// Row stride of `gates`.
        stride: usize,
        /// Hidden state before the step.
        h_prev: &'a [T],
        /// Hidden state after it (output).
        h: &'a mut [T],
    },
    /// From dh to the gates' gradients; `dh` becomes the direct part z * dh of the gradient of `h_prev`.
    GruBackward {
        /// Units.
        hidden: usize,
        /// Activations in, gradients of pre-activations out.
        gates: &'a mut [T],
        /// Row stride of `gates`.
        stride: usize,
        /// Hidden state before the step.
        h_prev: &'a [T],
        /// dL/dh of the step in, direct part of dL/dh_prev out.
        dh: &'a mut [T],
    },
    /// m = max(ln σ(f) + m_prev, i), i' = e^(i - m), f' = e^(ln σ(f) + m_prev - m), c = f' c_prev + i' tanh(g),
    /// n = f' n_prev + i', h = σ(o) c / n. Where n_prev is 0 nothing is remembered yet: m = i and f' = 0.
    SlstmForward {
        /// Units.
        hidden: usize,
        /// (rows, 4 hidden).
        gates: &'a mut [T],
        /// Row stride of `gates`.
        stride: usize,
        /// c, n and m before the step, side by side: (rows, 3 hidden).
        before: &'a [T],
        /// c, n and m after it (output).
        after: &'a mut [T],
        /// σ(-f), the slope of ln σ(f) (output, needed by the backward step).
        slope: &'a mut [T],
        /// Hidden state (output).
        h: &'a mut [T],
    },
    /// The same where no backward step follows: c, n and m are written over, the gates are left as they are.
    SlstmAnswer {
        /// Units.
        hidden: usize,
        /// (rows, 4 hidden).
        gates: &'a [T],
        /// Row stride of `gates`.
        stride: usize,
        /// c, n and m before the step in, after it out: (rows, 3 hidden).
        memory: &'a mut [T],
        /// Hidden state (output).
        h: &'a mut [T],
    },
    /// From dh and the dc and dn of the step after to the gates' gradients and the dc and dn of the step before, with m
    /// held fixed.
    SlstmBackward {
        /// Units.
        hidden: usize,
        /// i', f', g, o in, gradients of pre-activations out.
        gates: &'a mut [T],
        /// Row stride of `gates`.
        stride: usize,
        /// c, n and m before the step: (rows, 3 hidden).
        before: &'a [T],
        /// c, n and m after it.
        after: &'a [T],
        /// σ(-f).
        slope: &'a [T],
        /// dL/dh of the step, everything included.
        dh: &'a [T],
        /// dL/dc and dL/dn from the step after, in; for the step before, out: (rows, 3 hidden). The third block is
        /// neither read nor written.
        d_memory: &'a mut [T],
    },
    /// z = σ(z), h = (1 - z) h_prev + z n.
    MinGruForward {
        /// Units.
        hidden: usize,
        /// (rows, 2 hidden): z and n.
        gates: &'a mut [T],
        /// Row stride of `gates`.
        stride: usize,
        /// Hidden state before the step.
        h_prev: &'a [T],
        /// Hidden state after it (output).
        h: &'a mut [T],
    },
    /// From dh to the gates' gradients; `dh` becomes dL/dh_prev.
    MinGruBackward {
        /// Units.
        hidden: usize,
        /// z and n in, gradients of pre-activation and candidate out.
        gates: &'a mut [T],
        /// Row stride of `gates`.
        stride: usize,
        /// Hidden state before the step.
        h_prev: &'a [T],
        /// dL/dh of the step in, dL/dh_prev out.
        dh: &'a mut [T],
    },
}

/// Runs one step.
///
/// # Panics
/// If a slice is shorter than its shape.
pub fn step<T: Real>(op: CellOp<'_, T>) {
    T::cell(op)
}

/// Some units of one row after an LSTM step.
struct Lstm<T> {
    i: [T; LANES],
    f: [T; LANES],
    g: [T; LANES],
    o: [T; LANES],
    c: [T; LANES],
    tanh_c: [T; LANES],
    h: [T; LANES],
}

impl<T: Real> Lstm<T> {
    /// `n` units from `at` on, out of the pre-activations of their gates and the cell state before.
    #[inline(always)]
    fn of<const FUSED: bool>(gates: &[T], hidden: usize, at: usize, n: usize, c_prev: [T; LANES]) -> Self {
        let mut i = load(gates, at, n);
        let mut f = load(gates, hidden + at, n);
        let mut g = load(gates, 2 * hidden + at, n);
        let mut o = load(gates, 3 * hidden + at, n);
        let (mut c, mut tanh_c, mut h) = ([T::ZERO; LANES], [T::ZERO; LANES], [T::ZERO; LANES]);
        for l in 0..LANES {
            i[l] = i[l].sigmoid_lane::<FUSED>();
        }
        for l in 0..LANES {
            f[l] = f[l].sigmoid_lane::<FUSED>();
        }
        for l in 0..LANES {
            g[l] = g[l].tanh_lane::<FUSED>();
        }
        for l in 0..LANES {
            o[l] = o[l].sigmoid_lane::<FUSED>();
        }
        for l in 0..LANES {
            c[l] = f[l].fma::<FUSED>(c_prev[l], i[l] * g[l]);
        }
        for l in 0..LANES {
            tanh_c[l] = c[l].tanh_lane::<FUSED>();
        }
        for l in 0..LANES {
            h[l] = o[l] * tanh_c[l];
        }
        Lstm { i, f, g, o, c, tanh_c, h }
    }
}

/// Some units of one row after an sLSTM step.
struct Slstm<T> {
    /// i', f', g, o.
    gates: [[T; LANES]; 4],
    slope: [T; LANES],
    /// c, n, m.
    memory: [[T; LANES]; 3],
    h: [T; LANES],
}

impl<T: Real> Slstm<T> {
    /// `n` units from `at` on, out of the pre-activations of their gates and what a row remembered before.
    #[inline(always)]
    fn of<const FUSED: bool>(
        gates: &[T],
        hidden: usize,
        at: usize,
        n: usize,
        before: [[T; LANES]; 3],
    ) -> Self {
        let mut i = load(gates, at, n);
        let mut f = load(gates, hidden + at, n);
        let mut g = load(gates, 2 * hidden + at, n);
        let mut o = load(gates, 3 * hidden + at, n);
        let [cp, np, mp] = before;
        let zero = [T::ZERO; LANES];
        let (mut slope, mut c, mut weight, mut m, mut h) = (zero, zero, zero, zero, zero);
        for l in 0..LANES {
            let (log, far) = f[l].log_sigmoid_lane::<FUSED>();
            (f[l], slope[l]) = (log + mp[l], far);
        }
        for l in 0..LANES {
            // Written so that NaN of either goes on.
            let kept = if f[l] < i[l] { i[l] } else { f[l] };
            m[l] = if np[l] == T::ZERO { i[l] } else { kept };
        }
        for l in 0..LANES {
            i[l] = (i[l] - m[l]).exp_lane::<FUSED>();
        }
        for l in 0..LANES {
            let kept = (f[l] - m[l]).exp_lane::<FUSED>();
            f[l] = if np[l] == T::ZERO { T::ZERO } else { kept };
        }
        for l in 0..LANES {
            g[l] = g[l].tanh_lane::<FUSED>();
        }
        for l in 0..LANES {
            o[l] = o[l].sigmoid_lane::<FUSED>();
        }
        for l in 0..LANES {
            c[l] = f[l].fma::<FUSED>(cp[l], i[l] * g[l]);
            weight[l] = f[l].fma::<FUSED>(np[l], i[l]);
        }
        for l in 0..LANES {
            h[l] = o[l] * (c[l] / weight[l]);
        }
        Slstm { gates: [i, f, g, o], slope, memory: [c, weight, m], h }
    }
}

/// `n` lanes of each of three blocks of `hidden`, from `at` on.
#[inline(always)]
fn load_3<T: Real>(x: &[T], hidden: usize, at: usize, n: usize) -> [[T; LANES]; 3] {
    [load(x, at, n), load(x, hidden + at, n), load(x, 2 * hidden + at, n)]
}

#[inline(always)]
pub(crate) fn body<T: Real, const FUSED: bool>(op: CellOp<'_, T>) {
    match op {
        CellOp::LstmForward { hidden, gates, stride, c_prev, c, tanh_c, h } => {
            for row in 0..h.len() / hidden.max(1) {
                let gates = &mut gates[row * stride..row * stride + 4 * hidden];
                in_lanes!(hidden, |at, n| {
                    let s = row * hidden + at;
                    let Lstm { i, f, g, o, c: cn, tanh_c: tc, h: hn } =
                        Lstm::of::<FUSED>(gates, hidden, at, n, load(c_prev, s, n));
                    store(gates, at, n, &i);
                    store(gates, hidden + at, n, &f);
                    store(gates, 2 * hidden + at, n, &g);
                    store(gates, 3 * hidden + at, n, &o);
                    store(c, s, n, &cn);
                    store(tanh_c, s, n, &tc);
                    store(h, s, n, &hn);
                });
            }
        }
        CellOp::LstmAnswer { hidden, gates, stride, c, h } => {
            for row in 0..h.len() / hidden.max(1) {
                let gates = &gates[row * stride..row * stride + 4 * hidden];
                in_lanes!(hidden, |at, n| {
                    let s = row * hidden + at;
                    let lanes = Lstm::of::<FUSED>(gates, hidden, at, n, load(c, s, n));
                    store(c, s, n, &lanes.c);
                    store(h, s, n, &lanes.h);
                });
            }
        }
        // do = dh tanh(c); dc += dh o (1 - tanh(c)^2); di = dc g; df = dc c_prev; dg = dc i; dc_prev = dc f;
        // then through sigma' = s (1 - s) and tanh' = 1 - g^2.
        CellOp::LstmBackward { hidden, gates, stride, c_prev, tanh_c, dh, dc } => {
            for row in 0..dh.len() / hidden.max(1) {
                let gates = &mut gates[row * stride..row * stride + 4 * hidden];
                in_lanes!(hidden, |at, n| {
                    let s = row * hidden + at;
                    let mut i = load(gates, at, n);
                    let mut f = load(gates, hidden + at, n);
                    let mut g = load(gates, 2 * hidden + at, n);
                    let mut o = load(gates, 3 * hidden + at, n);
                    let (cp, tc) = (load(c_prev, s, n), load(tanh_c, s, n));
                    let (dh, mut d) = (load(dh, s, n), load(dc, s, n));
                    for l in 0..LANES {
                        let dcl = (dh[l] * o[l]).fma::<FUSED>((-tc[l]).fma::<FUSED>(tc[l], T::ONE), d[l]);
                        let (il, fl, gl, ol) = (i[l], f[l], g[l], o[l]);
                        o[l] = dh[l] * tc[l] * ol * (T::ONE - ol);
                        i[l] = dcl * gl * il * (T::ONE - il);
                        f[l] = dcl * cp[l] * fl * (T::ONE - fl);
                        g[l] = dcl * il * (-gl).fma::<FUSED>(gl, T::ONE);
                        d[l] = dcl * fl;
                    }
                    store(gates, at, n, &i);
                    store(gates, hidden + at, n, &f);
                    store(gates, 2 * hidden + at, n, &g);
                    store(gates, 3 * hidden + at, n, &o);
                    store(dc, s, n, &d);
                });
            }
        }
        CellOp::GruForward { hidden, gates, stride, h_prev, h } => {
            for row in 0..h.len() / hidden.max(1) {
                let gates = &mut gates[row * stride..row * stride + 4 * hidden];
                in_lanes!(hidden, |at, n| {
                    let s = row * hidden + at;
                    let mut c = load(gates, at, n);
                    let mut r = load(gates, hidden + at, n);
                    let mut z = load(gates, 2 * hidden + at, n);
                    let nh = load(gates, 3 * hidden + at, n);
                    let hp = load(h_prev, s, n);
                    let mut hn = [T::ZERO; LANES];
                    for l in 0..LANES {
                        r[l] = r[l].sigmoid_lane::<FUSED>();
                    }
                    for l in 0..LANES {
                        z[l] = z[l].sigmoid_lane::<FUSED>();
                    }
                    for l in 0..LANES {
                        c[l] = r[l].fma::<FUSED>(nh[l], c[l]).tanh_lane::<FUSED>();
                    }
                    for l in 0..LANES {
                        hn[l] = z[l].fma::<FUSED>(hp[l] - c[l], c[l]);
                    }
                    store(gates, at, n, &c);
                    store(gates, hidden + at, n, &r);
                    store(gates, 2 * hidden + at, n, &z);
                    store(h, s, n, &hn);
                });
            }
        }
        // dn = dh (1 - z) (1 - n^2); dz = dh (h_prev - n) z (1 - z); dr = dn n_h r (1 - r); dn_h = dn r.
        CellOp::GruBackward { hidden, gates, stride, h_prev, dh } => {
            for row in 0..dh.len() / hidden.max(1) {
                let gates = &mut gates[row * stride..row * stride + 4 * hidden];
                in_lanes!(hidden, |at, n| {
                    let s = row * hidden + at;
                    let mut c = load(gates, at, n);
                    let mut r = load(gates, hidden + at, n);
                    let mut z = load(gates, 2 * hidden + at, n);
                    let mut nh = load(gates, 3 * hidden + at, n);
                    let hp = load(h_prev, s, n);
                    let mut d = load(dh, s, n);
                    for l in 0..LANES {
                        let (cl, rl, zl) = (c[l], r[l], z[l]);
                        let dn = d[l] * (T::ONE - zl) * (-cl).fma::<FUSED>(cl, T::ONE);
                        z[l] = d[l] * (hp[l] - cl) * zl * (T::ONE - zl);
                        r[l] = dn * nh[l] * rl * (T::ONE - rl);
                        nh[l] = dn * rl;
                        c[l] = dn;
                        d[l] *= zl;
                    }
                    store(gates, at, n, &c);
                    store(gates, hidden + at, n, &r);
                    store(gates, 2 * hidden + at, n, &z);
                    store(gates, 3 * hidden + at, n, &nh);
                    store(dh, s, n, &d);
                });
            }
        }
        CellOp::SlstmForward { hidden, gates, stride, before, after, slope, h } => {
            for row in 0..h.len() / hidden.max(1) {
                let gates = &mut gates[row * stride..row * stride + 4 * hidden];
                let all = 3 * row * hidden..3 * (row + 1) * hidden;
                let (before, after) = (&before[all.clone()], &mut after[all]);
                in_lanes!(hidden, |at, n| {
                    let lanes = Slstm::of::<FUSED>(gates, hidden, at, n, load_3(before, hidden, at, n));
                    for (block, v) in lanes.gates.iter().enumerate() {
                        store(gates, block * hidden + at, n, v);
                    }
                    for (block, v) in lanes.memory.iter().enumerate() {
                        store(after, block * hidden + at, n, v);
                    }
                    store(slope, row * hidden + at, n, &lanes.slope);
                    store(h, row * hidden + at, n, &lanes.h);
                });
            }
        }
        CellOp::SlstmAnswer { hidden, gates, stride, memory, h } => {
            for row in 0..h.len() / hidden.max(1) {
                let gates = &gates[row * stride..row * stride + 4 * hidden];
                let memory = &mut memory[3 * row * hidden..3 * (row + 1) * hidden];
                in_lanes!(hidden, |at, n| {
                    let lanes = Slstm::of::<FUSED>(gates, hidden, at, n, load_3(memory, hidden, at, n));
                    for (block, v) in lanes.memory.iter().enumerate() {
                        store(memory, block * hidden + at, n, v);
                    }
                    store(h, row * hidden + at, n, &lanes.h);
                });
            }
        }
        // do = dh c/n; dc += dh o/n; dn -= dh o c/n^2; di' = dc g + dn; df' = dc c_prev + dn n_prev; dg = dc i';
        // dc_prev = dc f'; dn_prev = dn f'; then through i' and f', each its own slope, ln σ, tanh and σ.
        CellOp::SlstmBackward { hidden, gates, stride, before, after, slope, dh, d_memory } => {
            for row in 0..dh.len() / hidden.max(1) {
                let gates = &mut gates[row * stride..row * stride + 4 * hidden];
                let all = 3 * row * hidden..3 * (row + 1) * hidden;
                let (before, after) = (&before[all.clone()], &after[all.clone()]);
                let d_memory = &mut d_memory[all];
                in_lanes!(hidden, |at, n| {
                    let s = row * hidden + at;
                    let mut i = load(gates, at, n);
                    let mut f = load(gates, hidden + at, n);
                    let mut g = load(gates, 2 * hidden + at, n);
                    let mut o = load(gates, 3 * hidden + at, n);
                    let (cp, np) = (load(before, at, n), load(before, hidden + at, n));
                    let c = load(after, at, n);
                    // Lanes past the last unit divide by 1.
                    let mut weight = [T::ONE; LANES];
                    weight[..n].copy_from_slice(&after[hidden + at..hidden + at + n]);
                    let (slope, dh) = (load(slope, s, n), load(dh, s, n));
                    let (mut dc, mut dn) = (load(d_memory, at, n), load(d_memory, hidden + at, n));
                    for l in 0..LANES {
                        let share = T::ONE / weight[l];
                        let seen = c[l] * share;
                        let (il, fl, gl, ol) = (i[l], f[l], g[l], o[l]);
                        let through = dh[l] * ol * share;
                        let dcl = dc[l] + through;
                        let dnl = (-through).fma::<FUSED>(seen, dn[l]);
                        o[l] = dh[l] * seen * ol * (T::ONE - ol);
                        i[l] = dcl.fma::<FUSED>(gl, dnl) * il;
                        f[l] = dcl.fma::<FUSED>(cp[l], dnl * np[l]) * fl * slope[l];
                        g[l] = dcl * il * (-gl).fma::<FUSED>(gl, T::ONE);
                        dc[l] = dcl * fl;
                        dn[l] = dnl * fl;
                    }
                    store(gates, at, n, &i);
                    store(gates, hidden + at, n, &f);
                    store(gates, 2 * hidden + at, n, &g);
                    store(gates, 3 * hidden + at, n, &o);
                    store(d_memory, at, n, &dc);
                    store(d_memory, hidden + at, n, &dn);
                });
            }
        }
        CellOp::MinGruForward { hidden, gates, stride, h_prev, h } => {
            for row in 0..h.len() / hidden.max(1) {
                let gates = &mut gates[row * stride..row * stride + 2 * hidden];
                in_lanes!(hidden, |at, n| {
                    let s = row * hidden + at;
                    let mut z = load(gates, at, n);
                    let (c, hp) = (load(gates, hidden + at, n), load(h_prev, s, n));
                    let mut hn = [T::ZERO; LANES];
                    for l in 0..LANES {
                        z[l] = z[l].sigmoid_lane::<FUSED>();
                    }
                    for l in 0..LANES {
                        hn[l] = z[l].fma::<FUSED>(c[l] - hp[l], hp[l]);
                    }
                    store(gates, at, n, &z);
                    store(h, s, n, &hn);
                });
            }
        }
        // dz = dh (n - h_prev) z (1 - z); dn = dh z; dh_prev = dh (1 - z).
        CellOp::MinGruBackward { hidden, gates, stride, h_prev, dh } => {
            for row in 0..dh.len() / hidden.max(1) {
                let gates = &mut gates[row * stride..row * stride + 2 * hidden];
                in_lanes!(hidden, |at, n| {
                    let s = row * hidden + at;
                    let mut z = load(gates, at, n);
                    let mut c = load(gates, hidden + at, n);
                    let (hp, mut d) = (load(h_prev, s, n), load(dh, s, n));
                    for l in 0..LANES {
                        let (zl, dn) = (z[l], d[l] * z[l]);
                        let kept = T::ONE - zl;
                        z[l] = dn * (c[l] - hp[l]) * kept;
                        c[l] = dn;
                        d[l] *= kept;
                    }
                    store(gates, at, n, &z);
                    store(gates, hidden + at, n, &c);
                    store(dh, s, n, &d);
                });
            }
        }
    }
}

#[inline(always)]
fn body_f32<const FUSED: bool>(op: CellOp<'_, f32>) {
    body::<f32, FUSED>(op)
}

dispatch! {
    pub(crate) fn dispatch_f32(op: CellOp<'_, f32>) = body_f32
}
