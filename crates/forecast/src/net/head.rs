//! The head that forecasts each row from the window's summary and what is known of that row:
//!
//! ```text
//! u_j = relu(ctx A + f_j B + P_j + E_channel)        ctx (C, K), f_j (C, F), A (K, D), B (F, D), P (horizon, D)
//! v_j = relu(u_j W + b)                              W (D, D)
//! y_j = v_j d + e                                    d (D, 1)
//! ```
//!
//! The weights are shared by all rows of the horizon, so that each window teaches them `horizon` times.

use gyeol_neural::{Activation, Dense, DensePacked, Initial, Layout, Slot};
use gyeol_tensor::elementwise::{add, axpy};
use gyeol_tensor::{Buffer, Real, Rng, Write};

use super::LayerShape;

/// The head.
#[derive(Debug, Clone)]
pub(super) struct StepHead {
    pub horizon: usize,
    pub context: Dense,
    pub ahead: Option<Dense>,
    pub position: Slot,
    pub channel: Option<Slot>,
    pub middle: Dense,
    pub last: Dense,
    pub units: usize,
    pub dropout: f64,
}

#[derive(Debug, Clone)]
pub(super) struct StepHeadPacked<T: Real> {
    context: DensePacked<T>,
    ahead: Option<DensePacked<T>>,
    middle: DensePacked<T>,
    last: DensePacked<T>,
}

#[derive(Debug, Clone)]
pub(super) struct StepHeadWorkspace<T: Real> {
    pub f: Buffer<T>,
    a: Buffer<T>,
    u: Buffer<T>,
    mask: Buffer<T>,
    v: Buffer<T>,
    /// Forecast, then its gradient: (horizon, C).
    pub y: Buffer<T>,
    dv: Buffer<T>,
    du: Buffer<T>,
    da: Buffer<T>,
    dropped: bool,
}

impl StepHead {
    pub fn new(
        layout: &mut Layout,
        context: usize,
        ahead: usize,
        horizon: usize,
        channels: usize,
        units: usize,
        dropout: f64,
    ) -> Self {
        // A and B are two blocks of one weight matrix and begin as such.
        let fan_in = context + ahead;
        let initial = || Initial::He { fan_in };
        let context = Dense::without_bias(layout, "head.context", context, units, initial());
        let ahead = (ahead > 0).then(|| Dense::without_bias(layout, "head.ahead", ahead, units, initial()));
        let position = layout.add("head.position", &[horizon, units], Initial::Zero);
        let channel = (channels > 1).then(|| layout.add("head.channel", &[channels, units], Initial::Zero));
        let middle = Dense::new(layout, "head.middle", units, units, Activation::Relu);
        let last = Dense::new(layout, "head.last", units, 1, Activation::Linear);
        StepHead { horizon, context, ahead, position, channel, middle, last, units, dropout }
    }

    pub fn packed<T: Real>(&self) -> StepHeadPacked<T> {
        StepHeadPacked {
            context: self.context.packed(),
            ahead: self.ahead.as_ref().map(|d| d.packed()),
            middle: self.middle.packed(),
            last: self.last.packed(),
        }
    }

    pub fn pack<T: Real>(&self, params: &[T], packed: &mut StepHeadPacked<T>) {
        self.context.pack(params, &mut packed.context);
        if let (Some(d), Some(p)) = (&self.ahead, &mut packed.ahead) {
            d.pack(params, p);
        }
        self.middle.pack(params, &mut packed.middle);
        self.last.pack(params, &mut packed.last);
    }

    pub fn workspace<T: Real>(&self, rows: usize) -> StepHeadWorkspace<T> {
        let all = self.horizon * rows;
        let z = Buffer::zeros;
        StepHeadWorkspace {
            f: z(all * self.ahead.as_ref().map_or(0, |d| d.input)),
            a: z(rows * self.units),
            u: z(all * self.units),
            mask: z(if self.dropout > 0.0 { all * self.units } else { 0 }),
            v: z(all * self.units),
            y: z(all),
            dv: z(all * self.units),
            du: z(all * self.units),
            da: z(rows * self.units),
            dropped: false,
        }
    }

    /// context (C, K) and `w.f` (horizon, C, F) to `w.y` (horizon, C).
    pub fn forward<T: Real>(
        &self,
        params: &[T],
        packed: &StepHeadPacked<T>,
        w: &mut StepHeadWorkspace<T>,
        context: &[T],
        channels: impl Iterator<Item = usize>,
        rng: Option<&mut Rng>,
    ) {
        let d = self.units;
        let rows = context.len() / self.context.input;
        let all = self.horizon * rows;
        let a = &mut w.a[..rows * d];
        self.context.forward(params, &packed.context, context, a);
        if let Some(slot) = &self.channel {
            for (row, channel) in a.chunks_exact_mut(d).zip(channels) {
                add(&slot.of(params)[channel * d..(channel + 1) * d], row);
            }
        }
        let u = &mut w.u[..all * d];
        match (&self.ahead, &packed.ahead) {
            (Some(dense), Some(p)) => dense.forward(params, p, &w.f[..all * dense.input], u),
            _ => u.fill(T::ZERO),
        }
        for (j, block) in u.chunks_exact_mut(rows * d).enumerate() {
            let position = &self.position.of(params)[j * d..(j + 1) * d];
            for (row, a) in block.chunks_exact_mut(d).zip(a.chunks_exact(d)) {
                for ((v, &a), &p) in row.iter_mut().zip(a).zip(position) {
                    *v += a + p;
                }
            }
        }
        Activation::Relu.apply(u);
        w.dropped = false;
        if let Some(rng) = rng
            && self.dropout > 0.0
        {
            let mask = &mut w.mask[..all * d];
            rng.fill_dropout(mask, self.dropout);
            u.iter_mut().zip(mask.iter()).for_each(|(u, &m)| *u *= m);
            w.dropped = true;
        }
        let v = &mut w.v[..all * d];
        self.middle.forward(params, &packed.middle, u, v);
        self.last.forward(params, &packed.last, v, &mut w.y[..all]);
    }

    /// From dL/dy, left in `w.y`, to the gradient and dL/dcontext.
    pub fn backward<T: Real>(
        &self,
        packed: &StepHeadPacked<T>,
        w: &mut StepHeadWorkspace<T>,
        context: &[T],
        channels: impl Iterator<Item = usize>,
        d_context: &mut [T],
        gradient: &mut [T],
    ) {
        let d = self.units;
        let rows = context.len() / self.context.input;
        let all = self.horizon * rows;
        let (u, v) = (&w.u[..all * d], &w.v[..all * d]);
        let (du, dv) = (&mut w.du[..all * d], &mut w.dv[..all * d]);
        // The last layer is linear and one column wide: its own output is not read, any `all` numbers stand for it.
        let dy = &mut w.y[..all];
        self.last.backward(&packed.last, v, &v[..all], dy, Some(dv), gradient, Write::Add);
        self.middle.backward(&packed.middle, u, v, dv, Some(du), gradient, Write::Add);
        if w.dropped {
            du.iter_mut().zip(w.mask.iter()).for_each(|(d, &m)| *d *= m);
        }
        Activation::Relu.backward(u, du);
        let da = &mut w.da[..rows * d];
        da.fill(T::ZERO);
        for (j, block) in du.chunks_exact(rows * d).enumerate() {
            add(block, da);
            let position = &mut self.position.of_mut(gradient)[j * d..(j + 1) * d];
            for row in block.chunks_exact(d) {
                add(row, position);
            }
        }
        if let Some(slot) = &self.channel {
            for (row, channel) in da.chunks_exact(d).zip(channels) {
                axpy(T::ONE, row, &mut slot.of_mut(gradient)[channel * d..(channel + 1) * d]);
            }
        }
        if let (Some(dense), Some(p)) = (&self.ahead, &packed.ahead) {
            let f = &w.f[..all * dense.input];
            // Linear without bias: u serves as its output, which is not read.
            dense.backward(p, f, u, du, None, gradient, Write::Add);
        }
        let a = &w.a[..rows * d];
        self.context.backward(&packed.context, context, a, da, Some(d_context), gradient, Write::Add);
    }

    pub fn layers(&self) -> Vec<LayerShape> {
        let (k, d, h) = (self.context.input, self.units, self.horizon);
        let f = self.ahead.as_ref().map_or(0, |a| a.input);
        let count = |n: usize| n;
        vec![
            LayerShape {
                name: "dense, ReLU".into(),
                x: format!("({h}, B, {k} + {f})"),
                w: format!("({}, {d})", k + f),
                b: format!("({h}, {d})"),
                y: format!("({h}, B, {d})"),
                parameters: count((k + f) * d + h * d + self.channel.as_ref().map_or(0, |c| c.len())),
            },
            LayerShape {
                name: "dense, ReLU".into(),
                x: format!("({h}, B, {d})"),
                w: format!("({d}, {d})"),
                b: format!("({d})"),
                y: format!("({h}, B, {d})"),
                parameters: d * d + d,
            },
            LayerShape {
                name: "dense".into(),
                x: format!("({h}, B, {d})"),
                w: format!("({d}, 1)"),
                b: "(1)".into(),
                y: format!("({h}, B, 1)"),
                parameters: d + 1,
            },
        ]
    }
}
