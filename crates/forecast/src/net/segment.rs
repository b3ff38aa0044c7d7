//! A recurrent net over segments of rows (after SegRNN, Lin et al. 2023): few steps, each wide, and all
//! segments of the horizon decoded at once from the last state.
//!
//! ```text
//! e_i = relu(segment_i W_e + b_e)            i = 1 … look_back / s,    segment (C, s·I), W_e (s·I, H)
//! h, c = cell over e_1 …                     one recurrent layer, (C, H)
//! q_j = P_j + E_channel + f_j B              j = 1 … horizon / s,      f_j: what is known of the rows of segment j
//! h_j = cell step from (h, c) on q_j         the same cell
//! y_j = dropout(h_j) W_o + b_o               W_o (H, s)
//! ```

use gyeol_neural::net::LayerInside;
use gyeol_neural::{
    Above, Activation, Cell, Dense, DensePacked, Initial, Layout, Loss, Recurrent, RecurrentPacked,
    RecurrentTape, Slot, Steps,
};
use gyeol_tensor::elementwise::add;
use gyeol_tensor::{Buffer, Real, Rng, Write};

use super::gather::{Ahead, encoder, encoder_width};
use super::{ForecastNetParams, LayerShape, NetShape, WindowNet};
use crate::prepare::Prepared;
use crate::windows::Window;

/// The net.
#[derive(Debug, Clone)]
pub struct SegmentNet {
    pub(super) layout: Layout,
    shape: NetShape,
    params: ForecastNetParams,
    segment: usize,
    width: usize,
    embed: Dense,
    cell: Recurrent,
    position: Slot,
    channel: Option<Slot>,
    ahead: Ahead,
    known: Option<Dense>,
    out: Dense,
}

/// Packed weights.
#[derive(Debug, Clone)]
pub struct SegmentPacked<T: Real> {
    embed: DensePacked<T>,
    cell: RecurrentPacked<T>,
    known: Option<DensePacked<T>>,
    out: DensePacked<T>,
}

/// Room for a chunk.
pub struct SegmentWorkspace<T: Real> {
    x: Buffer<T>,
    segments: Buffer<T>,
    e: Buffer<T>,
    de: Buffer<T>,
    encode: RecurrentTape<T>,
    encode_walk: Steps,
    f: Buffer<T>,
    f_segments: Buffer<T>,
    q: Buffer<T>,
    dq: Buffer<T>,
    h0: Buffer<T>,
    c0: Buffer<T>,
    decode: RecurrentTape<T>,
    decode_walk: Steps,
    h: Buffer<T>,
    dh: Buffer<T>,
    mask: Buffer<T>,
    dropped: bool,
    dh0: Buffer<T>,
    dc0: Buffer<T>,
    d_last_h: Buffer<T>,
    d_last_c: Buffer<T>,
    flat: Buffer<T>,
    d_flat: Buffer<T>,
    y: Buffer<T>,
    channels: Vec<usize>,
}

impl SegmentNet {
    /// Builds the net for checked parameters.
    pub(super) fn new(params: &ForecastNetParams, shape: &NetShape) -> Self {
        let mut layout = Layout::new();
        let segment = params.segment.unwrap_or(1);
        let width = encoder_width(shape.covariates, shape.calendar, params.row_calendar);
        let h = params.hidden;
        let embed = Dense::new(&mut layout, "embed", segment * width, h, Activation::Relu);
        let cell = params.encoder.cell().unwrap_or(Cell::Lstm);
        let cell = Recurrent::new(&mut layout, "cell", cell, h, h);
        let position = layout.add("position", &[shape.horizon / segment, h], Initial::Uniform(1.0));
        let channel =
            (shape.channels > 1).then(|| layout.add("channel", &[shape.channels, h], Initial::Uniform(1.0)));
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
        let f = ahead.width() * segment;
        let known = (f > 0).then(|| {
            let initial = Initial::Glorot { fan_in: f, fan_out: h };
            Dense::without_bias(&mut layout, "known", f, h, initial)
        });
        let out = Dense::new(&mut layout, "out", h, segment, Activation::Linear);
        let (shape, params) = (shape.clone(), params.clone());
        SegmentNet {
            layout,
            shape,
            params,
            segment,
            width,
            embed,
            cell,
            position,
            channel,
            ahead,
            known,
            out,
        }
    }

    /// Rows of a segment.
    pub(super) fn rows(&self) -> usize {
        self.segment
    }

    /// What its recurrent layer does over the segments that a window looks back on.
    pub(super) fn inside(
        &self,
        params: &[f32],
        packed: &SegmentPacked<f32>,
        data: &Prepared,
        window: Window,
    ) -> LayerInside<f32> {
        let (n, (h, s, width)) = (self.counts().0, (self.params.hidden, self.segment, self.width));
        let (mut x, mut segments) = (Buffer::zeros(n * s * width), Buffer::zeros(n * s * width));
        encoder(data, &[window], self.params.centred, self.params.row_calendar, &mut x);
        cut(&x, n, s, 1, width, &mut segments);
        let mut e = Buffer::zeros(n * h);
        self.embed.forward(params, &packed.embed, &segments, &mut e);
        let (walk, mut tape) = (Steps::equal(n, 1), self.cell.tape(n, 1));
        self.cell.forward(params, &packed.cell, &e, &walk, None, None, &mut tape);
        LayerInside::of(&self.cell, &tape, &walk)
    }

    fn counts(&self) -> (usize, usize) {
        (self.shape.look_back / self.segment, self.shape.horizon / self.segment)
    }

    pub(super) fn layers(&self) -> Vec<LayerShape> {
        let (n, m) = self.counts();
        let (h, s, w) = (self.params.hidden, self.segment, self.width);
        let mut rows = vec![
            LayerShape {
                name: "dense, ReLU".into(),
                x: format!("({n}, B, {})", s * w),
                w: format!("({}, {h})", s * w),
                b: format!("({h})"),
                y: format!("({n}, B, {h})"),
                parameters: self.embed.w.len() + h,
            },
            LayerShape {
                name: self.cell.cell.title().into(),
                x: format!("({n} + {m}, B, {h})"),
                w: self.cell.weights(),
                b: format!("({})", self.cell.b.len()),
                y: format!("({n} + {m}, B, {h})"),
                parameters: self.cell.parameters(),
            },
        ];
        if let Some(d) = &self.known {
            rows.push(LayerShape {
                name: "dense".into(),
                x: format!("({m}, B, {})", d.input),
                w: format!("({}, {h})", d.input),
                b: "–".into(),
                y: format!("({m}, B, {h})"),
                parameters: d.w.len(),
            });
        }
        rows.push(LayerShape {
            name: "embedding".into(),
            x: format!("({m}, B)"),
            w: format!("({m} + {}, {h})", self.channel.as_ref().map_or(0, |c| c.shape[0])),
            b: "–".into(),
            y: format!("({m}, B, {h})"),
            parameters: self.position.len() + self.channel.as_ref().map_or(0, |c| c.len()),
        });
        rows.push(LayerShape {
            name: "dense".into(),
            x: format!("({m}, B, {h})"),
            w: format!("({h}, {s})"),
            b: format!("({s})"),
            y: format!("({m}, B, {s})"),
            parameters: h * s + s,
        });
        rows
    }
}

/// (blocks · s, C, w) to (blocks, C, s · w): rows of a segment side by side.
fn cut<T: Real>(x: &[T], blocks: usize, s: usize, n: usize, w: usize, out: &mut [T]) {
    for b in 0..blocks {
        for i in 0..s {
            for c in 0..n {
                let from = ((b * s + i) * n + c) * w;
                let to = ((b * n + c) * s + i) * w;
                out[to..to + w].copy_from_slice(&x[from..from + w]);
            }
        }
    }
}

/// The inverse of [`cut`] for width 1.
fn join<T: Real>(x: &[T], blocks: usize, s: usize, n: usize, out: &mut [T]) {
    for b in 0..blocks {
        for i in 0..s {
            for c in 0..n {
                out[(b * s + i) * n + c] = x[(b * n + c) * s + i];
            }
        }
    }
}

impl<T: Real> WindowNet<T> for SegmentNet {
    type Packed = SegmentPacked<T>;
    type Workspace = SegmentWorkspace<T>;

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
    fn packed(&self) -> SegmentPacked<T> {
        SegmentPacked {
            embed: self.embed.packed(),
            cell: self.cell.packed(),
            known: self.known.as_ref().map(|d| d.packed()),
            out: self.out.packed(),
        }
    }
    fn pack(&self, params: &[T], packed: &mut SegmentPacked<T>) {
        self.embed.pack(params, &mut packed.embed);
        self.cell.pack(params, &mut packed.cell);
        if let (Some(d), Some(p)) = (&self.known, &mut packed.known) {
            d.pack(params, p);
        }
        self.out.pack(params, &mut packed.out);
    }

    fn workspace(&self, rows: usize) -> SegmentWorkspace<T> {
        let (n, m) = self.counts();
        let (h, s, w) = (self.params.hidden, self.segment, self.width);
        let z = Buffer::zeros;
        let f = self.ahead.width();
        let memories = self.cell.cell.memories();
        SegmentWorkspace {
            x: z(n * s * rows * w),
            segments: z(n * s * rows * w),
            e: z(n * rows * h),
            de: z(n * rows * h),
            encode: self.cell.tape(n, rows),
            encode_walk: Steps::with_capacity(n, rows),
            f: z(m * s * rows * f),
            f_segments: z(m * s * rows * f),
            q: z(m * rows * h),
            dq: z(m * rows * h),
            h0: z(m * rows * h),
            c0: z(m * rows * h * memories),
            decode: self.cell.tape(1, m * rows),
            decode_walk: Steps::with_capacity(1, m * rows),
            h: z(m * rows * h),
            dh: z(m * rows * h),
            mask: z(m * rows * h),
            dropped: false,
            dh0: z(m * rows * h),
            dc0: z(m * rows * h * memories),
            d_last_h: z(rows * h),
            d_last_c: z(rows * h * memories),
            flat: z(m * rows * s),
            d_flat: z(m * rows * s),
            y: z(m * rows * s),
            channels: Vec::with_capacity(rows),
        }
    }

    fn forward<'w>(
        &self,
        params: &[T],
        packed: &SegmentPacked<T>,
        w: &'w mut SegmentWorkspace<T>,
        data: &Prepared,
        windows: &[Window],
        base: &[f32],
        stream: Option<(u64, u64)>,
    ) -> &'w mut [T] {
        let (n, m) = self.counts();
        let (h, s, c) = (self.params.hidden, self.segment, windows.len());
        let width = self.width;
        let x = &mut w.x[..n * s * c * width];
        encoder(data, windows, self.params.centred, self.params.row_calendar, x);
        let segments = &mut w.segments[..n * s * c * width];
        cut(x, n, s, c, width, segments);
        let e = &mut w.e[..n * c * h];
        self.embed.forward(params, &packed.embed, segments, e);
        w.encode_walk.set_equal(n, c);
        self.cell.forward(params, &packed.cell, e, &w.encode_walk, None, None, &mut w.encode);

        let q = &mut w.q[..m * c * h];
        match (&self.known, &packed.known) {
            (Some(d), Some(p)) => {
                let f = self.ahead.width();
                self.ahead.gather(data, windows, base, &mut w.f);
                let cutted = &mut w.f_segments[..m * s * c * f];
                cut(&w.f, m, s, c, f, cutted);
                d.forward(params, p, cutted, q);
            }
            _ => q.fill(T::ZERO),
        }
        w.channels.clear();
        w.channels.extend(windows.iter().map(|w| w.channel as usize));
        let (h_last, c_last) = w.encode.last(&w.encode_walk);
        for (j, block) in q.chunks_exact_mut(c * h).enumerate() {
            let position = &self.position.of(params)[j * h..(j + 1) * h];
            for (row, &channel) in block.chunks_exact_mut(h).zip(&w.channels) {
                add(position, row);
                if let Some(slot) = &self.channel {
                    add(&slot.of(params)[channel * h..(channel + 1) * h], row);
                }
            }
            w.h0[j * c * h..(j + 1) * c * h].copy_from_slice(h_last);
            w.c0[j * c_last.len()..(j + 1) * c_last.len()].copy_from_slice(c_last);
        }
        let all = m * c * h;
        let state = Some((&w.h0[..all], &w.c0[..all * self.cell.cell.memories()]));
        w.decode_walk.set_equal(1, m * c);
        self.cell.forward(params, &packed.cell, q, &w.decode_walk, state, None, &mut w.decode);
        let hidden = &mut w.h[..all];
        hidden.copy_from_slice(&w.decode.hidden()[..all]);
        w.dropped = false;
        if let Some((seed, number)) = stream
            && self.params.dropout > 0.0
        {
            let mask = &mut w.mask[..all];
            Rng::stream(seed, number).fill_dropout(mask, self.params.dropout);
            hidden.iter_mut().zip(mask.iter()).for_each(|(v, &m)| *v *= m);
            w.dropped = true;
        }
        let flat = &mut w.flat[..m * c * s];
        self.out.forward(params, &packed.out, hidden, flat);
        let y = &mut w.y[..m * c * s];
        join(flat, m, s, c, y);
        y
    }

    fn backward(&self, packed: &SegmentPacked<T>, w: &mut SegmentWorkspace<T>, c: usize, gradient: &mut [T]) {
        let (n, m) = self.counts();
        let (h, s) = (self.params.hidden, self.segment);
        let all = m * c * h;
        let d_flat = &mut w.d_flat[..m * c * s];
        cut(&w.y, m, s, c, 1, d_flat);
        let dh = &mut w.dh[..all];
        self.out.backward(
            &packed.out,
            &w.h[..all],
            &w.flat[..m * c * s],
            d_flat,
            Some(dh),
            gradient,
            Write::Add,
        );
        if w.dropped {
            dh.iter_mut().zip(w.mask.iter()).for_each(|(d, &m)| *d *= m);
        }
        let memories = self.cell.cell.memories();
        let (dh0, dc0) = (&mut w.dh0[..all], &mut w.dc0[..all * memories]);
        let dq = &mut w.dq[..all];
        self.cell.backward(
            &packed.cell,
            &w.q[..all],
            &w.decode_walk,
            &mut w.decode,
            Above::every(dh),
            Some(dq),
            Some((dh0, dc0)),
            gradient,
            Write::Add,
        );
        let (last_h, last_c) = (&mut w.d_last_h[..c * h], &mut w.d_last_c[..c * h * memories]);
        last_h.fill(T::ZERO);
        last_c.fill(T::ZERO);
        for j in 0..m {
            let block = j * c * h..(j + 1) * c * h;
            add(&dh0[block.clone()], last_h);
            add(&dc0[block.start * memories..block.end * memories], last_c);
            let rows = &dq[block];
            for (row, &channel) in rows.chunks_exact(h).zip(&w.channels) {
                add(row, &mut self.position.of_mut(gradient)[j * h..(j + 1) * h]);
                if let Some(slot) = &self.channel {
                    add(row, &mut slot.of_mut(gradient)[channel * h..(channel + 1) * h]);
                }
            }
        }
        if let (Some(d), Some(p)) = (&self.known, &packed.known) {
            let f = self.ahead.width() * s;
            // Linear without bias: its own output is not read, q has the right number of rows.
            d.backward(p, &w.f_segments[..m * c * f], &w.q[..all], dq, None, gradient, Write::Add);
        }
        let de = &mut w.de[..n * c * h];
        let e = &w.e[..n * c * h];
        self.cell.backward(
            &packed.cell,
            e,
            &w.encode_walk,
            &mut w.encode,
            Above::state((last_h, last_c)),
            Some(de),
            None,
            gradient,
            Write::Add,
        );
        let segments = &w.segments[..n * s * c * self.width];
        self.embed.backward(&packed.embed, segments, e, de, None, gradient, Write::Add);
    }
}
