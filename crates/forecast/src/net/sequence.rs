//! A net that reads the look-back row by row (RNN, GRU, LSTM) or flattened (MLP), and forecasts the horizon by
//! one dense layer ("plain") or by [`StepHead`].

use gyeol_neural::{
    Above, Activation, Cell, Dense, DensePacked, Layout, Loss, Stack, StackPacked, StackParams, StackTape,
    Steps,
};
use gyeol_tensor::{Buffer, Real, Rng, Write};

use super::gather::{Ahead, encoder, encoder_width, level};
use super::head::{StepHead, StepHeadPacked, StepHeadWorkspace};
use super::{ForecastNet, LayerShape, NetParams, NetShape};
use crate::prepare::Prepared;
use crate::windows::Window;

/// The net.
#[derive(Debug, Clone)]
pub struct SequenceNet {
    pub(super) layout: Layout,
    shape: NetShape,
    params: NetParams,
    width: usize,
    body: Body,
    head: Head,
    ahead: Ahead,
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one a net, never in a list")]
enum Body {
    Mlp(Dense),
    Recurrent(Stack),
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one a net, never in a list")]
enum Head {
    Plain(Dense),
    Steps(StepHead),
}

/// Packed weights.
#[derive(Debug, Clone)]
pub struct SequencePacked<T: Real> {
    dense: Option<DensePacked<T>>,
    stack: Option<StackPacked<T>>,
    plain: Option<DensePacked<T>>,
    steps: Option<StepHeadPacked<T>>,
}

/// Room for a chunk.
pub struct SequenceWorkspace<T: Real> {
    x: Buffer<T>,
    /// The look-back a window a row: (C, T·I).
    x_flat: Buffer<T>,
    tape: Option<StackTape<T>>,
    walk: Steps,
    /// Gradient of the last states: (layers, C, H).
    d_last: Buffer<T>,
    summary: Buffer<T>,
    mask: Buffer<T>,
    dropped: bool,
    context: Buffer<T>,
    d_context: Buffer<T>,
    d_summary: Buffer<T>,
    /// Plain head: (C, horizon).
    flat: Buffer<T>,
    d_flat: Buffer<T>,
    out: Buffer<T>,
    channels: Vec<usize>,
    steps: Option<StepHeadWorkspace<T>>,
}

impl SequenceNet {
    /// Builds the net for checked parameters.
    pub(super) fn new(params: &NetParams, shape: &NetShape) -> Self {
        let mut layout = Layout::new();
        let width = encoder_width(shape.covariates, shape.calendar, params.row_calendar);
        let body = match params.encoder.cell() {
            None => Body::Mlp(Dense::new(
                &mut layout,
                "encoder",
                shape.look_back * width,
                params.hidden,
                Activation::Relu,
            )),
            Some(cell) => {
                let shape =
                    StackParams { layers: params.layers, ..StackParams::new(cell, width, params.hidden) };
                Body::Recurrent(Stack::new(&mut layout, "encoder", &shape))
            }
        };
        let ahead = Ahead {
            horizon: shape.horizon,
            calendar: params.calendar,
            calendar_width: shape.calendar,
            known: shape.known,
            covariates: shape.covariates,
            seasons: if params.season_values { shape.seasons.clone() } else { Vec::new() },
            centred: params.centred,
            base: params.base,
        };
        let head = if params.head == 0 {
            Head::Plain(Dense::new(&mut layout, "head", params.hidden, shape.horizon, Activation::Linear))
        } else {
            Head::Steps(StepHead::new(
                &mut layout,
                params.hidden + 1,
                ahead.width(),
                shape.horizon,
                shape.channels,
                params.head,
                params.dropout,
            ))
        };
        SequenceNet { layout, shape: shape.clone(), params: params.clone(), width, body, head, ahead }
    }

    pub(super) fn layers(&self) -> Vec<LayerShape> {
        let (h, t, w) = (self.params.hidden, self.shape.look_back, self.width);
        let mut rows = Vec::new();
        match &self.body {
            Body::Mlp(d) => rows.push(LayerShape {
                name: "dense, ReLU".into(),
                x: format!("(B, {})", t * w),
                w: format!("({}, {h})", t * w),
                b: format!("({h})"),
                y: format!("(B, {h})"),
                parameters: d.input * d.output + d.output,
            }),
            Body::Recurrent(stack) => {
                for l in &stack.cells {
                    rows.push(LayerShape {
                        name: l.cell.title().into(),
                        x: format!("({t}, B, {})", l.input),
                        w: format!("({}, {}) + ({h}, {})", l.input, l.w_x.shape[1], l.w_h.shape[1]),
                        b: format!("({})", l.b.len()),
                        y: format!("({t}, B, {h})"),
                        parameters: l.w_x.len() + l.w_h.len() + l.b.len(),
                    });
                }
            }
        }
        match &self.head {
            Head::Plain(d) => rows.push(LayerShape {
                name: "dense".into(),
                x: format!("(B, {h})"),
                w: format!("({h}, {})", d.output),
                b: format!("({})", d.output),
                y: format!("(B, {})", d.output),
                parameters: d.input * d.output + d.output,
            }),
            Head::Steps(s) => rows.extend(s.layers()),
        }
        rows
    }
}

impl<T: Real> ForecastNet<T> for SequenceNet {
    type Packed = SequencePacked<T>;
    type Workspace = SequenceWorkspace<T>;

    fn layout(&self) -> &Layout {
        &self.layout
    }
    fn horizon(&self) -> usize {
        self.shape.horizon
    }
    fn loss(&self) -> Loss {
        self.params.loss
    }
    fn centred(&self) -> bool {
        self.params.centred
    }

    fn packed(&self) -> SequencePacked<T> {
        let (dense, stack) = match &self.body {
            Body::Mlp(d) => (Some(d.packed()), None),
            Body::Recurrent(stack) => (None, Some(stack.packed())),
        };
        let (plain, steps) = match &self.head {
            Head::Plain(d) => (Some(d.packed()), None),
            Head::Steps(s) => (None, Some(s.packed())),
        };
        SequencePacked { dense, stack, plain, steps }
    }

    fn pack(&self, params: &[T], packed: &mut SequencePacked<T>) {
        match (&self.body, &mut packed.dense, &mut packed.stack) {
            (Body::Mlp(d), Some(p), _) => d.pack(params, p),
            (Body::Recurrent(stack), _, Some(p)) => stack.pack(params, p),
            _ => {}
        }
        match (&self.head, &mut packed.plain, &mut packed.steps) {
            (Head::Plain(d), Some(p), _) => d.pack(params, p),
            (Head::Steps(s), _, Some(p)) => s.pack(params, p),
            _ => {}
        }
    }

    fn workspace(&self, rows: usize) -> SequenceWorkspace<T> {
        let (t, h) = (self.shape.look_back, self.params.hidden);
        let z = Buffer::zeros;
        let (tape, states) = match &self.body {
            Body::Mlp(_) => (None, 0),
            Body::Recurrent(stack) => (Some(stack.tape(t, rows)), rows * stack.params.state()),
        };
        let steps = match &self.head {
            Head::Plain(_) => None,
            Head::Steps(s) => Some(s.workspace(rows)),
        };
        let plain = if steps.is_none() { rows * self.shape.horizon } else { 0 };
        SequenceWorkspace {
            x: z(t * rows * self.width),
            x_flat: z(if self.flat() { t * rows * self.width } else { 0 }),
            tape,
            walk: Steps::with_capacity(t, rows),
            d_last: z(states),
            summary: z(rows * h),
            mask: z(rows * h),
            dropped: false,
            context: z(rows * (h + 1)),
            d_context: z(rows * (h + 1)),
            d_summary: z(rows * h),
            flat: z(plain),
            d_flat: z(plain),
            out: z(plain),
            channels: Vec::with_capacity(rows),
            steps,
        }
    }

    fn forward<'w>(
        &self,
        params: &[T],
        packed: &SequencePacked<T>,
        w: &'w mut SequenceWorkspace<T>,
        data: &Prepared,
        windows: &[Window],
        base: &[f32],
        stream: Option<(u64, u64)>,
    ) -> &'w mut [T] {
        let (n, t, h) = (windows.len(), self.shape.look_back, self.params.hidden);
        let mut rng = stream.map(|(seed, number)| Rng::stream(seed, number));
        let x = &mut w.x[..t * n * self.width];
        encoder(data, windows, self.params.centred, self.params.row_calendar, x);
        let x_flat = &mut w.x_flat[..if self.flat() { t * n * self.width } else { 0 }];
        if self.flat() {
            flatten(x, t, n, self.width, x_flat);
        }
        let summary = &mut w.summary[..n * h];
        match &self.body {
            Body::Mlp(dense) => {
                if let Some(p) = &packed.dense {
                    dense.forward(params, p, x_flat, summary);
                }
            }
            Body::Recurrent(stack) => {
                w.walk.set_equal(t, n);
                if let (Some(p), Some(tape)) = (&packed.stack, &mut w.tape) {
                    stack.forward(params, p, x, &w.walk, None, None, tape);
                    stack.last_into(&w.walk, tape, summary);
                }
            }
        }
        w.dropped = false;
        if let Some(rng) = &mut rng
            && self.params.dropout > 0.0
        {
            rng.fill_dropout(&mut w.mask[..n * h], self.params.dropout);
            summary.iter_mut().zip(w.mask.iter()).for_each(|(s, &m)| *s *= m);
            w.dropped = true;
        }
        let horizon = self.shape.horizon;
        match (&self.head, &mut w.steps) {
            (Head::Steps(head), Some(steps)) => {
                let context = &mut w.context[..n * (h + 1)];
                for ((row, s), window) in
                    context.chunks_exact_mut(h + 1).zip(summary.chunks_exact(h)).zip(windows)
                {
                    row[..h].copy_from_slice(s);
                    row[h] = level(data, window);
                }
                self.ahead.gather(data, windows, base, &mut steps.f);
                w.channels.clear();
                w.channels.extend(windows.iter().map(|w| w.channel as usize));
                if let Some(p) = &packed.steps {
                    head.forward(params, p, steps, context, w.channels.iter().copied(), rng.as_mut());
                }
                &mut steps.y[..horizon * n]
            }
            (Head::Plain(dense), _) => {
                let flat = &mut w.flat[..n * horizon];
                if let Some(p) = &packed.plain {
                    dense.forward(params, p, summary, flat);
                }
                let out = &mut w.out[..n * horizon];
                out.fill(T::ZERO);
                add_transposed(flat, n, horizon, out);
                out
            }
            (Head::Steps(_), None) => &mut [],
        }
    }

    fn backward(
        &self,
        packed: &SequencePacked<T>,
        w: &mut SequenceWorkspace<T>,
        n: usize,
        gradient: &mut [T],
    ) {
        let (t, h, horizon) = (self.shape.look_back, self.params.hidden, self.shape.horizon);
        let d_summary = &mut w.d_summary[..n * h];
        match (&self.head, &mut w.steps) {
            (Head::Steps(head), Some(steps)) => {
                let context = &w.context[..n * (h + 1)];
                let d_context = &mut w.d_context[..n * (h + 1)];
                if let Some(p) = &packed.steps {
                    head.backward(p, steps, context, w.channels.iter().copied(), d_context, gradient);
                }
                for (d, row) in d_summary.chunks_exact_mut(h).zip(d_context.chunks_exact(h + 1)) {
                    d.copy_from_slice(&row[..h]);
                }
            }
            (Head::Plain(dense), _) => {
                w.d_flat[..n * horizon].fill(T::ZERO);
                add_transposed(&w.out[..n * horizon], horizon, n, &mut w.d_flat[..n * horizon]);
                if let Some(p) = &packed.plain {
                    let (flat, d_flat) = (&w.flat[..n * horizon], &mut w.d_flat[..n * horizon]);
                    dense.backward(
                        p,
                        &w.summary[..n * h],
                        flat,
                        d_flat,
                        Some(d_summary),
                        gradient,
                        Write::Add,
                    );
                }
            }
            (Head::Steps(_), None) => {}
        }
        if w.dropped {
            d_summary.iter_mut().zip(w.mask.iter()).for_each(|(d, &m)| *d *= m);
        }
        match &self.body {
            Body::Mlp(dense) => {
                let x = &w.x_flat[..t * n * self.width];
                if let Some(p) = &packed.dense {
                    // ReLU's slope needs only the sign of its output, which dropout does not turn; a dropped
                    // unit has no gradient anyway.
                    dense.backward(p, x, &w.summary[..n * h], d_summary, None, gradient, Write::Add);
                }
            }
            Body::Recurrent(stack) => {
                let d_last = &mut w.d_last[..n * stack.params.state()];
                stack.last_gradient(d_summary, n, d_last);
                if let (Some(p), Some(tape)) = (&packed.stack, &mut w.tape) {
                    let x = &w.x[..t * n * self.width];
                    let above = Above::last(d_last);
                    stack.backward(p, x, &w.walk, tape, above, None, None, gradient, Write::Add);
                }
            }
        }
    }
}

impl SequenceNet {
    /// True when something reads the look-back as one row.
    fn flat(&self) -> bool {
        matches!(self.body, Body::Mlp(_))
    }

    /// Kind of cell, unless the net is an MLP.
    pub fn cell(&self) -> Option<Cell> {
        self.params.encoder.cell()
    }
}

/// (T, C, I) to (C, T·I).
fn flatten<T: Real>(x: &[T], steps: usize, n: usize, width: usize, out: &mut [T]) {
    for t in 0..steps {
        for c in 0..n {
            let from = (t * n + c) * width;
            let to = (c * steps + t) * width;
            out[to..to + width].copy_from_slice(&x[from..from + width]);
        }
    }
}

/// Adds (rows, cols) to (cols, rows).
fn add_transposed<T: Real>(x: &[T], rows: usize, cols: usize, out: &mut [T]) {
    for i in 0..rows {
        for j in 0..cols {
            out[j * rows + i] += x[i * cols + j];
        }
    }
}
