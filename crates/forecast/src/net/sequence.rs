//! A net that reads the look-back row by row (RNN, GRU, LSTM, sLSTM, minGRU) or flattened (MLP), and forecasts the horizon by
//! one dense layer ("plain") or by [`StepHead`].

use gyeol_neural::net::{LayerInside, inside};
use gyeol_neural::{
    Above, Activation, Cell, Dense, DensePacked, Initial, Layout, Loss, Slot, Stack, StackPacked,
    StackParams, StackTape, Steps,
};
use gyeol_tensor::elementwise::add;
use gyeol_tensor::{Buffer, Real, Rng, Write};

use super::gather::{Ahead, encoder, encoder_width, level};
use super::head::{StepHead, StepHeadPacked, StepHeadWorkspace};
use super::{ForecastNetParams, LayerShape, NetShape, WindowNet};
use crate::prepare::Prepared;
use crate::windows::Window;

/// The net.
#[derive(Debug, Clone)]
pub struct SequenceNet {
    pub(super) layout: Layout,
    shape: NetShape,
    params: ForecastNetParams,
    width: usize,
    body: Body,
    head: Head,
    ahead: Ahead,
    /// A vector a series, (series, N), which the head reads beside the summary.
    embedding: Option<Slot>,
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
    body: PackedBody<T>,
    head: PackedHead<T>,
}

#[derive(Debug, Clone)]
enum PackedBody<T: Real> {
    Mlp(DensePacked<T>),
    Recurrent(StackPacked<T>),
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one a net, never in a list")]
enum PackedHead<T: Real> {
    Plain(DensePacked<T>),
    Steps(StepHeadPacked<T>),
}

/// Room for a chunk.
pub struct SequenceWorkspace<T: Real> {
    x: Buffer<T>,
    body: BodyRoom<T>,
    summary: Buffer<T>,
    mask: Buffer<T>,
    dropped: bool,
    d_summary: Buffer<T>,
    head: HeadRoom<T>,
}

#[allow(clippy::large_enum_variant, reason = "one a workspace, never in a list")]
enum BodyRoom<T: Real> {
    Mlp {
        /// The look-back a window a row: (C, T·I).
        x: Buffer<T>,
    },
    Recurrent {
        tape: StackTape<T>,
        walk: Steps,
        /// Gradient of the last states: (layers, C, H).
        d_last: Buffer<T>,
    },
}

#[allow(clippy::large_enum_variant, reason = "one a workspace, never in a list")]
enum HeadRoom<T: Real> {
    Plain {
        /// (C, horizon).
        flat: Buffer<T>,
        d_flat: Buffer<T>,
        out: Buffer<T>,
    },
    Steps {
        context: Buffer<T>,
        d_context: Buffer<T>,
        channels: Vec<usize>,
        /// Of each window, the place of its series; `None` of one that was never fitted.
        places: Vec<Option<usize>>,
        steps: StepHeadWorkspace<T>,
    },
}

/// What was packed, or made room for, by a net of another shape cannot stand in for this one's.
fn of_another_net() -> ! {
    unreachable!("packed weights or a workspace of another net")
}

impl SequenceNet {
    /// Builds the net for checked parameters.
    pub(super) fn new(params: &ForecastNetParams, shape: &NetShape) -> Self {
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
                params.hidden + 1 + params.series_embedding,
                ahead.width(),
                shape.horizon,
                shape.channels,
                params.head,
                params.dropout,
            ))
        };
        // At 0 every series is the mean one.
        let embedding = (params.series_embedding > 0 && params.head > 0)
            .then(|| layout.add("series", &[shape.series.max(1), params.series_embedding], Initial::Zero));
        SequenceNet {
            layout,
            shape: shape.clone(),
            params: params.clone(),
            width,
            body,
            head,
            ahead,
            embedding,
        }
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
                        w: l.weights(),
                        b: format!("({})", l.b.len()),
                        y: format!("({t}, B, {h})"),
                        parameters: l.parameters(),
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
            Head::Steps(s) => {
                if let Some(slot) = &self.embedding {
                    let (n, d) = (self.shape.series, self.params.series_embedding);
                    rows.push(LayerShape {
                        name: "series".into(),
                        x: "(B)".into(),
                        w: format!("({n}, {d})"),
                        b: String::new(),
                        y: format!("(B, {d})"),
                        parameters: slot.len(),
                    });
                }
                rows.extend(s.layers());
            }
        }
        rows
    }
}

impl<T: Real> WindowNet<T> for SequenceNet {
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
        SequencePacked {
            body: match &self.body {
                Body::Mlp(d) => PackedBody::Mlp(d.packed()),
                Body::Recurrent(stack) => PackedBody::Recurrent(stack.packed()),
            },
            head: match &self.head {
                Head::Plain(d) => PackedHead::Plain(d.packed()),
                Head::Steps(s) => PackedHead::Steps(s.packed()),
            },
        }
    }

    fn pack(&self, params: &[T], packed: &mut SequencePacked<T>) {
        match (&self.body, &mut packed.body) {
            (Body::Mlp(d), PackedBody::Mlp(p)) => d.pack(params, p),
            (Body::Recurrent(stack), PackedBody::Recurrent(p)) => stack.pack(params, p),
            (Body::Mlp(_) | Body::Recurrent(_), _) => of_another_net(),
        }
        match (&self.head, &mut packed.head) {
            (Head::Plain(d), PackedHead::Plain(p)) => d.pack(params, p),
            (Head::Steps(s), PackedHead::Steps(p)) => s.pack(params, p),
            (Head::Plain(_) | Head::Steps(_), _) => of_another_net(),
        }
    }

    fn workspace(&self, rows: usize) -> SequenceWorkspace<T> {
        let (t, h, horizon) = (self.shape.look_back, self.params.hidden, self.shape.horizon);
        let z = Buffer::zeros;
        SequenceWorkspace {
            x: z(t * rows * self.width),
            body: match &self.body {
                Body::Mlp(_) => BodyRoom::Mlp { x: z(t * rows * self.width) },
                Body::Recurrent(stack) => BodyRoom::Recurrent {
                    tape: stack.tape(t, rows),
                    walk: Steps::with_capacity(t, rows),
                    d_last: z(rows * stack.params.state()),
                },
            },
            summary: z(rows * h),
            mask: z(rows * h),
            dropped: false,
            d_summary: z(rows * h),
            head: match &self.head {
                Head::Plain(_) => {
                    let room = || z(rows * horizon);
                    HeadRoom::Plain { flat: room(), d_flat: room(), out: room() }
                }
                Head::Steps(s) => HeadRoom::Steps {
                    context: z(rows * (h + 1 + self.params.series_embedding)),
                    d_context: z(rows * (h + 1 + self.params.series_embedding)),
                    channels: Vec::with_capacity(rows),
                    places: Vec::with_capacity(rows),
                    steps: s.workspace(rows),
                },
            },
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
        let summary = &mut w.summary[..n * h];
        match (&self.body, &packed.body, &mut w.body) {
            (Body::Mlp(dense), PackedBody::Mlp(p), BodyRoom::Mlp { x: flat }) => {
                let flat = &mut flat[..t * n * self.width];
                flatten(x, t, n, self.width, flat);
                dense.forward(params, p, flat, summary);
            }
            (Body::Recurrent(stack), PackedBody::Recurrent(p), BodyRoom::Recurrent { tape, walk, .. }) => {
                walk.set_equal(t, n);
                stack.forward(params, p, x, walk, None, None, tape);
                stack.last_into(walk, tape, summary);
            }
            (Body::Mlp(_) | Body::Recurrent(_), ..) => of_another_net(),
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
        match (&self.head, &packed.head, &mut w.head) {
            (
                Head::Steps(head),
                PackedHead::Steps(p),
                HeadRoom::Steps { context, channels, places, steps, .. },
            ) => {
                let k = h + 1 + self.params.series_embedding;
                let context = &mut context[..n * k];
                places.clear();
                places.extend(windows.iter().map(|w| data.series[w.series as usize].place));
                for (((row, s), window), place) in
                    context.chunks_exact_mut(k).zip(summary.chunks_exact(h)).zip(windows).zip(&*places)
                {
                    row[..h].copy_from_slice(s);
                    row[h] = level(data, window);
                    if let Some(slot) = &self.embedding {
                        embedded(slot.of(params), *place, &mut row[h + 1..]);
                    }
                }
                self.ahead.gather(data, windows, base, &mut steps.f);
                channels.clear();
                channels.extend(windows.iter().map(|w| w.channel as usize));
                head.forward(params, p, steps, context, channels.iter().copied(), rng.as_mut());
                &mut steps.y[..horizon * n]
            }
            (Head::Plain(dense), PackedHead::Plain(p), HeadRoom::Plain { flat, out, .. }) => {
                let flat = &mut flat[..n * horizon];
                dense.forward(params, p, summary, flat);
                let out = &mut out[..n * horizon];
                out.fill(T::ZERO);
                add_transposed(flat, n, horizon, out);
                out
            }
            (Head::Plain(_) | Head::Steps(_), ..) => of_another_net(),
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
        match (&self.head, &packed.head, &mut w.head) {
            (
                Head::Steps(head),
                PackedHead::Steps(p),
                HeadRoom::Steps { context, d_context, channels, places, steps },
            ) => {
                let k = h + 1 + self.params.series_embedding;
                let d_context = &mut d_context[..n * k];
                let channels = channels.iter().copied();
                head.backward(p, steps, &context[..n * k], channels, d_context, gradient);
                for (d, row) in d_summary.chunks_exact_mut(h).zip(d_context.chunks_exact(k)) {
                    d.copy_from_slice(&row[..h]);
                }
                if let Some(slot) = &self.embedding {
                    let width = self.params.series_embedding;
                    let own = slot.of_mut(gradient);
                    for (row, place) in d_context.chunks_exact(k).zip(&*places) {
                        if let Some(at) = place {
                            add(&row[h + 1..], &mut own[at * width..(at + 1) * width]);
                        }
                    }
                }
            }
            (Head::Plain(dense), PackedHead::Plain(p), HeadRoom::Plain { flat, d_flat, out }) => {
                let d_flat = &mut d_flat[..n * horizon];
                d_flat.fill(T::ZERO);
                add_transposed(&out[..n * horizon], horizon, n, d_flat);
                let (summary, flat) = (&w.summary[..n * h], &flat[..n * horizon]);
                dense.backward(p, summary, flat, d_flat, Some(d_summary), gradient, Write::Add);
            }
            (Head::Plain(_) | Head::Steps(_), ..) => of_another_net(),
        }
        if w.dropped {
            d_summary.iter_mut().zip(w.mask.iter()).for_each(|(d, &m)| *d *= m);
        }
        match (&self.body, &packed.body, &mut w.body) {
            (Body::Mlp(dense), PackedBody::Mlp(p), BodyRoom::Mlp { x }) => {
                // ReLU's slope needs only the sign of its output, which dropout does not turn; a dropped
                // unit has no gradient anyway.
                let (x, summary) = (&x[..t * n * self.width], &w.summary[..n * h]);
                dense.backward(p, x, summary, d_summary, None, gradient, Write::Add);
            }
            (
                Body::Recurrent(stack),
                PackedBody::Recurrent(p),
                BodyRoom::Recurrent { tape, walk, d_last },
            ) => {
                let d_last = &mut d_last[..n * stack.params.state()];
                stack.last_gradient(d_summary, n, d_last);
                let x = &w.x[..t * n * self.width];
                stack.backward(p, x, walk, tape, Above::last(d_last), None, None, gradient, Write::Add);
            }
            (Body::Mlp(_) | Body::Recurrent(_), ..) => of_another_net(),
        }
    }
}

impl SequenceNet {
    /// What its recurrent layers do over the look-back of a window; none of an MLP.
    pub(super) fn inside(
        &self,
        params: &[f32],
        packed: &SequencePacked<f32>,
        data: &Prepared,
        window: Window,
    ) -> Option<Vec<LayerInside<f32>>> {
        let (Body::Recurrent(stack), PackedBody::Recurrent(p)) = (&self.body, &packed.body) else {
            return None;
        };
        let mut x = Buffer::zeros(self.shape.look_back * self.width);
        encoder(data, &[window], self.params.centred, self.params.row_calendar, &mut x);
        Some(inside(stack, params, p, &x, self.shape.look_back))
    }

    /// Kind of cell, unless the net is an MLP.
    pub fn cell(&self) -> Option<Cell> {
        self.params.encoder.cell()
    }
}

/// The vector of a series; the mean of all of one that was never fitted.
fn embedded<T: Real>(all: &[T], place: Option<usize>, out: &mut [T]) {
    let width = out.len();
    match place.and_then(|at| all.get(at * width..(at + 1) * width)) {
        Some(own) => out.copy_from_slice(own),
        None => {
            out.fill(T::ZERO);
            all.chunks_exact(width).for_each(|one| add(one, out));
            let share = T::from_f64(width as f64 / all.len() as f64);
            out.iter_mut().for_each(|v| *v *= share);
        }
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
