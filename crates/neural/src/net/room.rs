//! What a walk needs room for: packed weights, batches, tapes, rows of tables.

use gyeol_tensor::{Buffer, Pool, Real};

use super::head::Head;
use super::{Batch, Net, NetPacked, NetTape, Output, Reads};
use crate::dense::Dense;
use crate::steps::Steps;

impl Net {
    /// Room for packed weights.
    pub fn packed<T: Real>(&self) -> NetPacked<T> {
        NetPacked {
            stack: self.stack.packed(),
            projection: self.projection.as_ref().map(Dense::packed),
            head: self.head.packed(),
        }
    }

    /// Packs the weights anew.
    pub fn pack<T: Real>(&self, params: &[T], packed: &mut NetPacked<T>) {
        self.stack.pack(params, &mut packed.stack);
        if let (Some(d), Some(p)) = (&self.projection, &mut packed.projection) {
            d.pack(params, p);
        }
        self.head.pack(params, &mut packed.head, None);
    }

    /// Packs what a step of training walks with, on the pool where the weights are many: [`Net::pack`] but for a head that learns by
    /// samples, which takes its rows as they are.
    pub fn pack_on<T: Real>(&self, params: &[T], packed: &mut NetPacked<T>, pool: &Pool) {
        let pool = (self.layout.dense_len() >= 200_000).then_some(pool);
        match pool {
            Some(pool) => self.stack.pack_on(params, &mut packed.stack, pool),
            None => self.stack.pack(params, &mut packed.stack),
        }
        if let (Some(d), Some(p)) = (&self.projection, &mut packed.projection) {
            d.pack(params, p);
        }
        if !matches!(self.head, Head::Sampled(_)) {
            self.head.pack(params, &mut packed.head, pool);
        }
    }

    /// Room for batches of up to `rows` rows of `steps` steps.
    pub fn batch<T: Real>(&self, steps: usize, rows: usize) -> Batch<T> {
        let n = steps * rows;
        let outputs = if self.params.reads == Reads::Every { n } else { rows };
        let (classes, values) = match self.params.output {
            Output::Values { width, .. } => (0, outputs * width),
            _ => (outputs, 0),
        };
        Batch {
            steps: Steps::with_capacity(steps, rows),
            ids: Vec::with_capacity(if self.embedding.is_some() { n } else { 0 }),
            x: Buffer::zeros(n * self.params.stack.input),
            classes: Vec::with_capacity(classes),
            values: Buffer::zeros(values),
            beside: Buffer::zeros(rows * self.beside),
            h: Buffer::zeros(0),
            c: Buffer::zeros(0),
        }
    }

    /// Room for a walk over batches of up to `rows` rows of `steps` steps.
    pub fn tape<T: Real>(&self, steps: usize, rows: usize) -> NetTape<T> {
        self.room(steps, rows, true)
    }

    /// Room for walks that only answer.
    pub(super) fn answer_tape<T: Real>(&self, steps: usize, rows: usize) -> NetTape<T> {
        self.room(steps, rows, false)
    }

    fn room<T: Real>(&self, steps: usize, rows: usize, keeps: bool) -> NetTape<T> {
        let p = &self.params;
        let (n, width) = (steps * rows, self.read_width());
        let every = p.reads == Reads::Every;
        let outputs = if every { n } else { rows };
        let z = |yes: bool, size: usize| Buffer::zeros(if yes { size } else { 0 });
        let drops = keeps && p.dropout > 0.0;
        let of_mask = if p.stack.locked { rows } else { n };
        NetTape {
            stack: if keeps { self.stack.tape(steps, rows) } else { self.stack.answer_tape(steps, rows) },
            head: self.head.tape(if keeps { outputs } else { 0 }),
            input_mask: z(drops && self.embedding.is_some(), of_mask * p.stack.input),
            output_mask: z(drops, if every { of_mask } else { rows } * width),
            dropped: false,
            pooling: self.pooling.as_ref().map(|pooling| pooling.tape(steps, rows, keeps)),
            read: z(!every || drops, outputs * width),
            d_read: z(keeps, outputs * width),
            projected: z(p.projection.is_some(), outputs * self.head_below()),
            d_projected: z(keeps && p.projection.is_some(), outputs * self.head_below()),
            joined: z(self.beside > 0, outputs * self.head_input()),
            d_joined: z(keeps && self.beside > 0, outputs * self.head_input()),
            d_last: z(keeps && p.reads == Reads::Last, rows * p.stack.state()),
            dx: z(keeps && self.embedding.is_some(), n * p.stack.input),
        }
    }

    /// Rows of the gradient of each table, and their width, for `rows` rows of `steps` steps.
    pub fn table_rows(&self, steps: usize, rows: usize) -> Vec<(usize, usize)> {
        let n = steps * rows;
        let outputs = if self.params.reads == Reads::Every { n } else { rows };
        let looked_up = self.embedding.as_ref().map(|e| (n, e.width));
        match (&self.head, self.params.tied) {
            (Head::Sampled(s), true) => vec![(s.moved(outputs) + n, s.exact.input)],
            (Head::Sampled(s), false) => {
                std::iter::once((s.moved(outputs), s.exact.input)).chain(looked_up).collect()
            }
            (_, true) => Vec::new(),
            (_, false) => looked_up.into_iter().collect(),
        }
    }
}
