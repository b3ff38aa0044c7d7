//! One optimizer step: chunks of a batch on the pool, their gradients added in chunk order, clipping and the update.
//! Nothing is allocated once the room is there.

use std::sync::{Mutex, MutexGuard, PoisonError};

use gyeol_tensor::elementwise::{add, sum_of_squares, sum_of_squares_on, sum_parts};
use gyeol_tensor::{Buffer, Pool, Real};

use super::{Chunk, Gradient, State, TrainParams, Trainable};
use crate::embedding::TableGradient;
use crate::layout::Layout;
use crate::optimizer::Step;

/// Names the streams of what the chunks of a step draw alike.
const SHARED: u64 = 1 << 62;

/// Rows of a chunk, by the problem's size alone: about 8 (a register tile), an even number of chunks so that two
/// threads have the same to do, and fewer where so many gradients would outgrow the caches.
pub fn chunk_rows(batch: usize, parameters: usize) -> usize {
    let most = (2_000_000 / parameters.max(1)).clamp(4, 16);
    let rows = batch.div_ceil(most).max(8);
    let mut chunks = batch.div_ceil(rows);
    if chunks == 1 && batch > 3 {
        chunks = 2;
    }
    if chunks > 1 && !chunks.is_multiple_of(2) {
        chunks -= 1;
    }
    batch.div_ceil(chunks.max(1)).max(1)
}

pub(super) fn lock<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Real> Gradient<T> {
    /// Room for chunks of up to `rows` samples.
    fn room<M: Trainable<T>>(model: &M, rows: usize) -> Self {
        let table = |(most, width)| TableGradient::with_capacity(most, width);
        Gradient {
            dense: Buffer::zeros(model.layout().dense_len()),
            tables: model.table_rows(rows).into_iter().map(table).collect(),
        }
    }
}

/// What a chunk leaves.
struct Part<T: Real> {
    loss: f64,
    gradient: Gradient<T>,
    carry: Buffer<T>,
}

impl<T: Real> AsRef<[T]> for Part<T> {
    fn as_ref(&self) -> &[T] {
        &self.gradient.dense
    }
}

/// A table's gradient over a batch: zero but for the rows that were looked up.
struct TableSum<T: Real> {
    width: usize,
    sum: Buffer<T>,
    /// Rows looked up, each once.
    rows: Vec<u32>,
    touched: Vec<bool>,
}

impl<T: Real> TableSum<T> {
    /// Adds the gradients of all parts in their order, a run of the table's rows on each thread.
    fn add(&mut self, parts: &[Part<T>], table: usize, pool: &Pool) {
        const RUNS: usize = 8;
        for &id in parts.iter().flat_map(|p| &p.gradient.tables[table].ids) {
            if !self.touched[id as usize] {
                self.touched[id as usize] = true;
                self.rows.push(id);
            }
        }
        let width = self.width;
        let block = self.touched.len().div_ceil(RUNS).max(1) * width;
        pool.split_mut([&mut self.sum], block, |range, [sum]| {
            for part in parts {
                let TableGradient { ids, rows } = &part.gradient.tables[table];
                for (&id, row) in ids.iter().zip(rows.chunks_exact(width)) {
                    let at = id as usize * width;
                    if range.contains(&at) {
                        let at = at - range.start;
                        add(row, &mut sum[at..at + width]);
                    }
                }
            }
        });
    }

    fn row(&self, id: u32) -> &[T] {
        &self.sum[id as usize * self.width..(id as usize + 1) * self.width]
    }

    fn clear(&mut self) {
        for &id in &self.rows {
            let at = id as usize;
            self.touched[at] = false;
            self.sum[at * self.width..(at + 1) * self.width].fill(T::ZERO);
        }
        self.rows.clear();
    }
}

/// Everything that steps of one run need room for.
pub(super) struct Room<T: Real, M: Trainable<T>> {
    rows: usize,
    packed: M::Packed,
    workspaces: Vec<Mutex<M::Workspace>>,
    parts: Vec<Part<T>>,
    dense: Buffer<T>,
    /// A batch's gradient while several are accumulated.
    again: Buffer<T>,
    tables: Vec<TableSum<T>>,
}

impl<T: Real, M: Trainable<T>> Room<T, M> {
    pub fn new(model: &M, batch: usize, p: &TrainParams, pool: &Pool) -> Self {
        let layout = model.layout();
        let rows = chunk_rows(batch, layout.dense_len());
        let carry = model.streams().map_or(0, |s| s.carry);
        let dense = layout.dense_len();
        Room {
            rows,
            packed: model.packed(),
            workspaces: (0..pool.threads()).map(|_| Mutex::new(model.workspace(rows))).collect(),
            parts: (0..batch.div_ceil(rows))
                .map(|_| Part {
                    loss: 0.0,
                    gradient: Gradient::room(model, rows),
                    carry: Buffer::zeros(carry * rows),
                })
                .collect(),
            dense: Buffer::zeros(dense),
            again: Buffer::zeros(if p.accumulate > 1 { dense } else { 0 }),
            tables: layout
                .tables()
                .iter()
                .map(|slot| TableSum {
                    width: slot.shape[1],
                    sum: Buffer::zeros(slot.len()),
                    rows: Vec::with_capacity(slot.shape[0]),
                    touched: vec![false; slot.shape[0]],
                })
                .collect(),
        }
    }

    /// Streams begin anew: no state.
    pub fn begin_epoch(&mut self) {
        self.parts.iter_mut().for_each(|p| p.carry.fill(T::ZERO));
    }

    /// Sum of losses and gradient of the samples of one step, `batch` at a time.
    pub fn gradient(
        &mut self,
        model: &M,
        params: &[T],
        samples: &[u32],
        batch: usize,
        seed: u64,
        iteration: usize,
        pool: &Pool,
    ) -> f64 {
        model.pack_on(params, &mut self.packed, pool);
        let scale = 1.0 / model.weight(samples).max(f64::MIN_POSITIVE);
        let carry = model.streams().map_or(0, |s| s.carry);
        let mut loss = 0.0;
        let most = self.parts.len();
        for (round, samples) in samples.chunks(batch).enumerate() {
            let (rows, packed, workspaces) = (self.rows, &self.packed, &self.workspaces);
            let chunks = samples.len().div_ceil(rows);
            pool.each_mut(&mut self.parts[..chunks], |thread, task, part| {
                let samples = &samples[task * rows..samples.len().min((task + 1) * rows)];
                let number = ((iteration as u64) << 16 | (round * most + task) as u64) ^ (1 << 63);
                let carry = &mut part.carry[..samples.len() * carry];
                let (stream, shared) = (Some((seed, number)), Some((seed, iteration as u64 ^ SHARED)));
                let chunk = Chunk { samples, scale, stream, shared, carry };
                let mut workspace = lock(&workspaces[thread]);
                part.loss = model.learn(params, packed, &mut workspace, chunk, &mut part.gradient);
            });
            let into = if round == 0 { &mut self.dense } else { &mut self.again };
            sum_parts(pool, &self.parts[..chunks], into);
            if round > 0 {
                add(&self.again, &mut self.dense);
            }
            for (table, sum) in self.tables.iter_mut().enumerate() {
                sum.add(&self.parts[..chunks], table, pool);
            }
            loss += self.parts[..chunks].iter().map(|p| p.loss).sum::<f64>();
        }
        loss
    }

    /// Norm of the gradient.
    pub fn norm(&self, pool: &Pool) -> f64 {
        let tables = self.tables.iter().flat_map(|t| t.rows.iter().map(|&id| sum_of_squares(t.row(id))));
        (sum_of_squares_on(pool, &self.dense) + tables.sum::<f64>()).sqrt()
    }

    /// The first parameter whose gradient is not finite.
    pub fn not_finite<'l>(&self, layout: &'l Layout) -> &'l str {
        let table = |i: usize| {
            self.tables[i].rows.iter().any(|&id| self.tables[i].row(id).iter().any(|g| !g.is_finite()))
        };
        let dense = layout.dense().iter().find(|s| s.of(&self.dense).iter().any(|g| !g.is_finite()));
        let found =
            dense.or_else(|| layout.tables().iter().enumerate().find(|(i, _)| table(*i)).map(|(_, s)| s));
        found.map_or("", |s| &s.name)
    }

    /// Moves the parameters; the gradient is used up.
    pub fn update(
        &mut self,
        layout: &Layout,
        p: &TrainParams,
        learning_rate: f64,
        factor: f64,
        s: &mut State<T>,
        pool: &Pool,
    ) {
        let base = Step { learning_rate, factor, clip_value: p.clip_value, l1: p.l1, l2: p.l2, decays: true };
        p.optimizer.begin(&mut s.optimizer);
        // Neighbours that are treated alike are one run.
        let slots = layout.dense();
        let mut at = 0;
        while at < slots.len() {
            let alike = slots[at..].iter().take_while(|s| s.decays == slots[at].decays).count();
            let range = slots[at].offset..slots[at + alike - 1].range().end;
            let step = Step { decays: slots[at].decays, ..base };
            let (gradient, params) = (&self.dense[range.clone()], &mut s.params[range.clone()]);
            p.optimizer.update_on(pool, &mut s.optimizer, &step, range, Some(gradient), params);
            at += alike;
        }
        for (slot, table) in layout.tables().iter().zip(&mut self.tables) {
            let params = &mut s.params[slot.range()];
            let (touched, sum) = (&table.touched, &table.sum);
            p.optimizer.update_rows_on(
                pool,
                &mut s.optimizer,
                &base,
                slot.range(),
                table.width,
                sum,
                touched,
                params,
            );
            table.clear();
        }
    }
}

/// Mean loss over `samples`; the sum runs in chunk order.
pub fn evaluate<T: Real, M: Trainable<T>>(model: &M, params: &[T], samples: &[u32], pool: &Pool) -> f64 {
    const ROWS: usize = 16;
    let streams = model.streams();
    // A stream's rows walk all their batches before the next chunk of rows does.
    let batch = streams.map_or(samples.len(), |s| s.rows.min(samples.len())).max(1);
    let rows = if streams.is_some() { chunk_rows(batch, model.layout().dense_len()) } else { ROWS };
    let rows = rows.min(batch);
    let carry = streams.map_or(0, |s| s.carry) * rows;
    let mut packed = model.packed();
    model.pack(params, &mut packed);
    let workspaces: Vec<Mutex<M::Workspace>> =
        (0..pool.threads()).map(|_| Mutex::new(model.workspace(rows))).collect();
    let mut sums = vec![0f64; batch.div_ceil(rows)];
    pool.each_mut(&mut sums, |thread, task, sum| {
        let mut carry = vec![T::ZERO; carry];
        for samples in samples.chunks(batch) {
            let samples = &samples[task * rows..samples.len().min((task + 1) * rows)];
            let chunk = Chunk { samples, scale: 0.0, stream: None, shared: None, carry: &mut carry };
            *sum += model.loss(params, &packed, &mut lock(&workspaces[thread]), chunk);
        }
    });
    sums.iter().sum::<f64>() / model.weight(samples).max(f64::MIN_POSITIVE)
}

/// Sum of losses and its gradient over one batch, as a training step takes them (for checks): the tables' gradients
/// are spread to their whole width, so that the vector is as long as the parameters. Masks are drawn where `stream` is
/// given.
pub fn gradient<T: Real, M: Trainable<T>>(
    model: &M,
    params: &[T],
    samples: &[u32],
    stream: Option<(u64, u64)>,
) -> (f64, Vec<T>) {
    let layout = model.layout();
    let mut packed = model.packed();
    model.pack(params, &mut packed);
    let mut workspace = model.workspace(samples.len());
    let mut carry = vec![T::ZERO; model.streams().map_or(0, |s| s.carry) * samples.len()];
    let mut part = Gradient::room(model, samples.len());
    let shared = stream.map(|(seed, number)| (seed, number ^ SHARED));
    let chunk = Chunk { samples, scale: 1.0, stream, shared, carry: &mut carry };
    let loss = model.learn(params, &packed, &mut workspace, chunk, &mut part);
    let mut whole = part.dense.to_vec();
    whole.resize(layout.len(), T::ZERO);
    for (slot, table) in layout.tables().iter().zip(&part.tables) {
        let (width, flat) = (slot.shape[1], slot.of_mut(&mut whole));
        for (&id, row) in table.ids.iter().zip(table.rows.chunks_exact(width)) {
            add(row, &mut flat[id as usize * width..(id as usize + 1) * width]);
        }
    }
    (loss, whole)
}
