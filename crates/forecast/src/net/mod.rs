//! The neural rungs: what they read, how they are built, and the nets themselves.

mod gather;
mod head;
mod segment;
mod sequence;

use gyeol_neural::net::LayerInside;
use gyeol_neural::{Cell, Chunk, Gradient, Layout, Loss, Trainable};
use gyeol_tensor::Real;
use serde::{Deserialize, Serialize};

use crate::prepare::Prepared;
use crate::windows::Window;

pub use segment::SegmentNet;
pub use sequence::SequenceNet;

/// What reads the look-back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoder {
    /// One dense layer with ReLU over the flattened look-back.
    Mlp,
    /// Simple recurrent layers.
    Rnn,
    /// Gated recurrent units.
    Gru,
    /// Long short-term memory.
    Lstm,
    /// LSTM with an exponential input gate.
    SLstm,
    /// GRU whose gate and candidate read the input alone.
    MinGru,
}

impl Encoder {
    /// The cell, unless it is the MLP.
    pub fn cell(self) -> Option<Cell> {
        match self {
            Encoder::Mlp => None,
            Encoder::Rnn => Some(Cell::Rnn),
            Encoder::Gru => Some(Cell::Gru),
            Encoder::Lstm => Some(Cell::Lstm),
            Encoder::SLstm => Some(Cell::SLstm),
            Encoder::MinGru => Some(Cell::MinGru),
        }
    }
}

/// Shape of a net and what it is given; travels in the bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForecastNetParams {
    /// What reads the look-back.
    pub encoder: Encoder,
    /// Units of the encoder.
    pub hidden: usize,
    /// Recurrent layers.
    pub layers: usize,
    /// Units of each of the head's two hidden layers; 0 for a head that is one dense layer from the last hidden
    /// state to the horizon.
    pub head: usize,
    /// Probability with which units are dropped in training.
    pub dropout: f64,
    /// Subtract the window's last value before, add it after.
    pub centred: bool,
    /// Give the head the calendar of each forecast row.
    pub calendar: bool,
    /// Give the head the values one season before each forecast row.
    pub season_values: bool,
    /// Give the encoder the calendar of each row looked back.
    pub row_calendar: bool,
    /// Start from the linear rung's forecast: the net learns what is left of it (as Zhang 2003 does with ARIMA),
    /// and reads it too. Training windows get the forecast of a fit that did not see their part of the clock.
    pub base: bool,
    /// Length of the segments that are fed instead of single rows; none feeds rows.
    pub segment: Option<usize>,
    /// What is minimised, in scaled units.
    pub loss: Loss,
    /// Numbers that the head is given of each series, learnt with the net; 0 for none.
    #[serde(default)]
    pub series_embedding: usize,
}

/// Numbers of a problem that a net's shape depends on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetShape {
    /// Rows looked back.
    pub look_back: usize,
    /// Rows forecast.
    pub horizon: usize,
    /// Covariates of a row looked back.
    pub covariates: usize,
    /// Of these, known ahead.
    pub known: usize,
    /// Calendar columns.
    pub calendar: usize,
    /// Seasons given to the head, in rows.
    pub seasons: Vec<usize>,
    /// Targets.
    pub channels: usize,
    /// Series that were fitted; not said by models of the first version.
    #[serde(default)]
    pub series: usize,
}

impl NetShape {
    /// The shape that prepared readings ask for.
    pub fn of(p: &Prepared) -> Self {
        NetShape {
            look_back: p.spec.look_back,
            horizon: p.spec.horizon,
            covariates: p.covariate_width(),
            known: p.spec.known.len(),
            calendar: p.calendar_width,
            seasons: p.spec.near_seasons().map(|s| s.rows).collect(),
            channels: p.spec.targets.len(),
            series: p.scalers.series.len(),
        }
    }

    /// Whether readings give what a net of this shape reads: which of the series are there does not matter.
    pub fn reads(&self, p: &Prepared) -> bool {
        *self == NetShape { series: self.series, ..NetShape::of(p) }
    }
}

impl NetShape {
    /// Refuses shapes that no spec makes, as a hostile file may hold.
    ///
    /// # Errors
    /// `bad-manifest`.
    pub fn check(&self) -> gyeol_base::Result<()> {
        let small = |n: usize| n <= 100_000;
        let ok = self.look_back > 0
            && self.horizon > 0
            && self.channels > 0
            && [self.look_back, self.horizon, self.covariates, self.calendar, self.channels, self.series]
                .into_iter()
                .all(small)
            && self.known <= self.covariates
            && self.seasons.len() <= 64
            && self.seasons.iter().all(|&s| s > 0 && s <= self.look_back);
        if ok { Ok(()) } else { Err(crate::error::parts(format!("the net's shape is impossible: {self:?}"))) }
    }
}

/// A layer as a learner meets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerShape {
    /// Name for people.
    pub name: String,
    /// X.
    pub x: String,
    /// W.
    pub w: String,
    /// b.
    pub b: String,
    /// Y.
    pub y: String,
    /// Trainable numbers.
    pub parameters: usize,
}

/// A net of either kind.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "one a rung, never in a list")]
pub enum ForecastNet {
    /// Rows one by one.
    Sequence(SequenceNet),
    /// Segments of rows.
    Segment(SegmentNet),
}

impl ForecastNet {
    /// Builds a net.
    ///
    /// # Errors
    /// `parameter` for values that make no net.
    pub fn new(params: &ForecastNetParams, shape: &NetShape) -> gyeol_base::Result<ForecastNet> {
        let bad = |name, value: String, allowed: &str| Err(crate::error::parameter(name, value, allowed));
        if params.hidden == 0 || params.hidden > 8192 {
            return bad("hidden", params.hidden.to_string(), "between 1 and 8192");
        }
        if params.layers == 0 || params.layers > 16 {
            return bad("layers", params.layers.to_string(), "between 1 and 16");
        }
        if params.head > 8192 {
            return bad("head", params.head.to_string(), "between 0 and 8192");
        }
        if !(0.0..1.0).contains(&params.dropout) {
            return bad("dropout", params.dropout.to_string(), "at least 0 and below 1");
        }
        if params.series_embedding > 0 && (params.head == 0 || params.segment.is_some()) {
            let value = params.series_embedding.to_string();
            return bad("series_embedding", value, "0 of a net of segments, or without a head of its own");
        }
        if params.series_embedding > 256 {
            return bad("series_embedding", params.series_embedding.to_string(), "between 0 and 256");
        }
        Ok(match params.segment {
            None => ForecastNet::Sequence(SequenceNet::new(params, shape)),
            Some(s) if s == 0 || !shape.look_back.is_multiple_of(s) || !shape.horizon.is_multiple_of(s) => {
                return bad(
                    "segment",
                    s.to_string(),
                    &format!(
                        "a divisor of both look_back ({}) and horizon ({})",
                        shape.look_back, shape.horizon
                    ),
                );
            }
            Some(_) if params.encoder == Encoder::Mlp => {
                return bad("segment", "set for an MLP".into(), "set for recurrent rungs only");
            }
            Some(_) => ForecastNet::Segment(SegmentNet::new(params, shape)),
        })
    }

    /// Parameters.
    pub fn layout(&self) -> &Layout {
        match self {
            ForecastNet::Sequence(n) => &n.layout,
            ForecastNet::Segment(n) => &n.layout,
        }
    }

    /// Layers for people.
    pub fn layers(&self) -> Vec<LayerShape> {
        match self {
            ForecastNet::Sequence(n) => n.layers(),
            ForecastNet::Segment(n) => n.layers(),
        }
    }

    /// Parameters that the net forecasts with from now on, packed for its products.
    pub fn member(&self, params: Vec<f32>) -> Member {
        let packed = match self {
            ForecastNet::Sequence(n) => PackedNet::Sequence(packed(n, &params)),
            ForecastNet::Segment(n) => PackedNet::Segment(packed(n, &params)),
        };
        Member { params, packed }
    }

    /// Rows a step, and what the layers that read the look-back of a window do; none of a net without recurrent layers.
    ///
    /// # Panics
    /// If the member is another net's.
    pub fn inside(
        &self,
        member: &Member,
        data: &Prepared,
        window: Window,
    ) -> Option<(usize, Vec<LayerInside<f32>>)> {
        match (self, &member.packed) {
            (ForecastNet::Sequence(n), PackedNet::Sequence(p)) => {
                Some((1, n.inside(&member.params, p, data, window)?))
            }
            (ForecastNet::Segment(n), PackedNet::Segment(p)) => {
                Some((n.rows(), vec![n.inside(&member.params, p, data, window)]))
            }
            _ => unreachable!("a member of another net"),
        }
    }

    /// Forecasts windows in scaled units: `out` is (windows, horizon), `base` the linear forecast of the same shape
    /// or empty. Chunks of windows run on the pool.
    ///
    /// # Panics
    /// If the member is another net's.
    pub fn predict(
        &self,
        member: &Member,
        data: &Prepared,
        windows: &[Window],
        base: &[f32],
        pool: &gyeol_tensor::Pool,
    ) -> Vec<f32> {
        match self {
            ForecastNet::Sequence(n) => match &member.packed {
                PackedNet::Sequence(p) => predict(n, &member.params, p, data, windows, base, pool),
                PackedNet::Segment(_) => unreachable!("a member of a net of segments"),
            },
            ForecastNet::Segment(n) => match &member.packed {
                PackedNet::Segment(p) => predict(n, &member.params, p, data, windows, base, pool),
                PackedNet::Sequence(_) => unreachable!("a member of a net of rows"),
            },
        }
    }
}

/// Parameters of a fitted net with their packed form.
#[derive(Debug, Clone)]
pub struct Member {
    params: Vec<f32>,
    packed: PackedNet,
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "a few a rung")]
enum PackedNet {
    Sequence(sequence::SequencePacked<f32>),
    Segment(segment::SegmentPacked<f32>),
}

impl Member {
    /// The flat vector.
    pub fn params(&self) -> &[f32] {
        &self.params
    }
}

fn packed<N: WindowNet<f32>>(net: &N, params: &[f32]) -> N::Packed {
    let mut packed = net.packed();
    net.pack(params, &mut packed);
    packed
}

/// What both kinds of net can do with a chunk of windows.
pub trait WindowNet<T: Real>: Sync {
    /// Packed weights.
    type Packed: Send + Sync;
    /// Room for a chunk.
    type Workspace: Send;
    /// Parameters.
    fn layout(&self) -> &Layout;
    /// Rows forecast.
    fn horizon(&self) -> usize;
    /// Loss.
    fn loss(&self) -> Loss;
    /// Room for packed weights.
    fn packed(&self) -> Self::Packed;
    /// Packs weights.
    fn pack(&self, params: &[T], packed: &mut Self::Packed);
    /// Room for `rows` windows.
    fn workspace(&self, rows: usize) -> Self::Workspace;
    /// Forecast of a chunk, (horizon, windows) in scaled units, window's last value and the linear forecast not yet
    /// added; `base` is that forecast, (windows, horizon), or empty; masks are drawn where `stream` is given.
    fn forward<'w>(
        &self,
        params: &[T],
        packed: &Self::Packed,
        workspace: &'w mut Self::Workspace,
        data: &Prepared,
        windows: &[Window],
        base: &[f32],
        stream: Option<(u64, u64)>,
    ) -> &'w mut [T];
    /// After `forward`: from dL/d(forecast), left in the slice it gave, to the gradient.
    fn backward(
        &self,
        packed: &Self::Packed,
        workspace: &mut Self::Workspace,
        windows: usize,
        gradient: &mut [T],
    );
    /// True when forecasts are relative to the window's last value.
    fn centred(&self) -> bool;
}

/// A net with the windows it learns from.
pub struct WindowLearner<'a, N> {
    /// Net.
    pub net: &'a N,
    /// Data.
    pub data: &'a Prepared,
    /// Windows that sample indices name.
    pub windows: &'a [Window],
    /// Linear forecast of each window, (windows, horizon); empty without.
    pub base: &'a [f32],
}

/// Room for a chunk and what goes in beside the net's own.
pub struct WindowWorkspace<T: Real, W> {
    net: W,
    windows: Vec<Window>,
    base: Vec<f32>,
    truth: Vec<T>,
}

impl<N> WindowLearner<'_, N> {
    /// Gathers a chunk: its windows, their linear forecasts, and what the net should say: (horizon, windows), NaN
    /// where nothing was observed.
    fn gather<T: Real, W>(
        &self,
        samples: &[u32],
        horizon: usize,
        centred: bool,
        w: &mut WindowWorkspace<T, W>,
    ) {
        w.windows.clear();
        w.windows.extend(samples.iter().map(|&i| self.windows[i as usize]));
        w.base.clear();
        if !self.base.is_empty() {
            for &i in samples {
                let at = i as usize * horizon;
                w.base.extend_from_slice(&self.base[at..at + horizon]);
            }
        }
        let n = w.windows.len();
        w.truth.clear();
        w.truth.resize(horizon * n, T::ZERO);
        for (c, window) in w.windows.iter().enumerate() {
            let s = &self.data.series[window.series as usize];
            let (y, seen) = (&s.scaled[window.channel as usize], &s.truth[window.channel as usize]);
            let origin = window.origin as usize;
            let last = if centred { y[origin - 1] } else { 0.0 };
            for j in 0..horizon {
                let base = w.base.get(c * horizon + j).copied().unwrap_or(0.0);
                let v =
                    if seen[origin + j].is_nan() { f64::NAN } else { (y[origin + j] - last - base) as f64 };
                w.truth[j * n + c] = T::from_f64(v);
            }
        }
    }
}

impl<T: Real, N: WindowNet<T>> Trainable<T> for WindowLearner<'_, N> {
    type Packed = N::Packed;
    type Workspace = WindowWorkspace<T, N::Workspace>;

    fn layout(&self) -> &Layout {
        self.net.layout()
    }
    fn packed(&self) -> N::Packed {
        self.net.packed()
    }
    fn pack(&self, params: &[T], packed: &mut N::Packed) {
        self.net.pack(params, packed)
    }
    fn workspace(&self, rows: usize) -> Self::Workspace {
        let numbers = rows * self.net.horizon();
        WindowWorkspace {
            net: self.net.workspace(rows),
            windows: Vec::with_capacity(rows),
            base: Vec::with_capacity(numbers),
            truth: Vec::with_capacity(numbers),
        }
    }
    fn learn(
        &self,
        params: &[T],
        packed: &N::Packed,
        w: &mut Self::Workspace,
        chunk: Chunk<'_, T>,
        gradient: &mut Gradient<T>,
    ) -> f64 {
        let horizon = self.net.horizon();
        self.gather(chunk.samples, horizon, self.net.centred(), w);
        let out = self.net.forward(params, packed, &mut w.net, self.data, &w.windows, &w.base, chunk.stream);
        let scale = chunk.scale / horizon as f64;
        let loss = self.net.loss().sum_in_place(out, &w.truth, scale);
        // Heads use their weights many times over, so every layer adds.
        gradient.dense.fill(T::ZERO);
        self.net.backward(packed, &mut w.net, w.windows.len(), &mut gradient.dense);
        loss / horizon as f64
    }
    fn loss(&self, params: &[T], packed: &N::Packed, w: &mut Self::Workspace, chunk: Chunk<'_, T>) -> f64 {
        let horizon = self.net.horizon();
        self.gather(chunk.samples, horizon, self.net.centred(), w);
        let out = self.net.forward(params, packed, &mut w.net, self.data, &w.windows, &w.base, None);
        self.net.loss().sum(out, &w.truth) / horizon as f64
    }
}

fn predict<N: WindowNet<f32>>(
    net: &N,
    params: &[f32],
    packed: &N::Packed,
    data: &Prepared,
    windows: &[Window],
    base: &[f32],
    pool: &gyeol_tensor::Pool,
) -> Vec<f32> {
    use std::sync::{Mutex, PoisonError};
    const ROWS: usize = 16;
    let horizon = net.horizon();
    let rows = ROWS.min(windows.len().max(1));
    // Any thread of the pool may take any part, so each needs a workspace, however few the parts are.
    let threads = if windows.len() <= ROWS { 1 } else { pool.threads() };
    let workspaces: Vec<Mutex<N::Workspace>> =
        (0..threads).map(|_| Mutex::new(net.workspace(rows))).collect();
    let mut out = vec![0f32; windows.len() * horizon];
    let parts: Vec<Mutex<(&[Window], &mut [f32])>> =
        windows.chunks(ROWS).zip(out.chunks_mut(ROWS * horizon)).map(Mutex::new).collect();
    let run = |thread: usize, task: usize| {
        let mut part = parts[task].lock().unwrap_or_else(PoisonError::into_inner);
        let mut workspace = workspaces[thread].lock().unwrap_or_else(PoisonError::into_inner);
        let (windows, out) = &mut *part;
        let n = windows.len();
        let first = task * ROWS * horizon;
        let base = if base.is_empty() { base } else { &base[first..first + n * horizon] };
        let forecast = net.forward(params, packed, &mut workspace, data, windows, base, None);
        for (c, w) in windows.iter().enumerate() {
            let y = &data.series[w.series as usize].scaled[w.channel as usize];
            let last = if net.centred() { y[w.origin as usize - 1] } else { 0.0 };
            for j in 0..horizon {
                let base = base.get(c * horizon + j).copied().unwrap_or(0.0);
                out[c * horizon + j] = forecast[j * n + c] + last + base;
            }
        }
    };
    if parts.len() == 1 {
        run(0, 0)
    } else {
        pool.run(parts.len(), &run)
    }
    drop(parts);
    out
}

#[cfg(test)]
mod tests;
