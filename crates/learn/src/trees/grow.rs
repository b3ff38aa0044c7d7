//! One tree: the leaf that gains most is split next, until there are enough leaves or none gains.
//!
//! Of the two halves of a leaf the smaller one is counted, the other is what the leaf had less that.

use std::ops::Range;

use gyeol_tensor::Pool;

use super::TreesParams;
use super::bins::{Binned, MISSING};

/// Rows times columns below which a leaf is counted on this thread.
const ALONE: usize = 16_384;
/// Rows whose slopes are kept near, and columns that one task counts.
const NEAR: usize = 1024;
const GROUP: usize = 4;
/// Rows that one task walks.
const ROWS: usize = 4096;

/// Sums of a bin.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    g: f64,
    h: f64,
    n: u32,
}

impl Sum {
    fn add(&mut self, o: &Sum) {
        self.g += o.g;
        self.h += o.h;
        self.n += o.n;
    }

    fn minus(&self, o: &Sum) -> Sum {
        Sum { g: self.g - o.g, h: (self.h - o.h).max(0.0), n: self.n - o.n }
    }
}

/// Where a leaf is split best.
#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    column: u32,
    bin: u8,
    missing_left: bool,
    left: Sum,
}

/// A node of a tree; a leaf where `column` is none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub column: Option<u32>,
    /// Rows up to this bin go left.
    pub bin: u8,
    pub missing_left: bool,
    pub left: u32,
    pub right: u32,
    pub gain: f64,
    /// Of a leaf.
    pub value: f64,
}

impl Node {
    fn leaf(value: f64) -> Node {
        Node { column: None, bin: 0, missing_left: false, left: 0, right: 0, gain: 0.0, value }
    }
}

/// A tree on bins, with the rows that its leaves were made of.
pub(super) struct Tree {
    pub nodes: Vec<Node>,
    rows: Vec<u32>,
    leaves: Vec<(u32, Range<usize>)>,
}

impl Tree {
    /// Values of leaves by their rows.
    pub fn leaves_by(&mut self, value: impl Fn(&[u32]) -> f64) {
        for (node, range) in &self.leaves {
            self.nodes[*node as usize].value = value(&self.rows[range.clone()]);
        }
    }

    pub fn shrink(&mut self, by: f64) {
        self.nodes.iter_mut().for_each(|node| node.value *= by);
    }

    /// Adds the tree to one output of all rows, of which it was `whole`, or not, made.
    pub fn add(&self, binned: &Binned, scores: &mut [f64], k: usize, class: usize, whole: bool, pool: &Pool) {
        if whole {
            for (node, range) in &self.leaves {
                let value = self.nodes[*node as usize].value;
                self.rows[range.clone()].iter().for_each(|&i| scores[i as usize * k + class] += value);
            }
            return;
        }
        pool.split_mut([scores], ROWS * k, |range, [scores]| {
            for (i, row) in scores.chunks_exact_mut(k).enumerate() {
                let mut node = &self.nodes[0];
                while let Some(column) = node.column {
                    let bin = binned.column(column)[range.start / k + i];
                    let left = if bin == MISSING { node.missing_left } else { bin <= node.bin };
                    node = &self.nodes[if left { node.left } else { node.right } as usize];
                }
                row[class] += node.value;
            }
        });
    }
}

struct Leaf {
    node: u32,
    rows: Range<usize>,
    sum: Sum,
    bins: Vec<Sum>,
    best: Option<Split>,
}

/// Grows trees on binned rows.
pub(super) struct Grower<'a> {
    params: &'a TreesParams,
    binned: &'a Binned,
    pool: &'a Pool,
    /// Slopes of the rows of a leaf, in their order.
    room: Vec<[f64; 2]>,
    /// Room for one half of a leaf's rows.
    half: Vec<u32>,
}

/// Bins of a column: those of its numbers, and that of the missing one.
fn width(bounds: &[f64]) -> usize {
    bounds.len() + 2
}

impl<'a> Grower<'a> {
    pub fn new(params: &'a TreesParams, binned: &'a Binned, pool: &'a Pool) -> Grower<'a> {
        Grower { params, binned, pool, room: Vec::new(), half: Vec::new() }
    }

    /// Grows a tree on these rows.
    pub fn grow(&mut self, mut rows: Vec<u32>, slopes: &[[f64; 2]], columns: &[u32]) -> Tree {
        let mut root = Sum { n: rows.len() as u32, ..Sum::default() };
        rows.iter().for_each(|&i| {
            root.g += slopes[i as usize][0];
            root.h += slopes[i as usize][1];
        });
        let size = columns.iter().map(|&j| width(&self.binned.bounds[j as usize])).sum();
        let mut nodes = vec![Node::leaf(self.value(&root))];
        let mut first =
            Leaf { node: 0, rows: 0..rows.len(), sum: root, bins: vec![Sum::default(); size], best: None };
        if !rows.is_empty() {
            self.count(&rows, slopes, columns, &mut first.bins);
            first.best = self.best(&first, columns);
        }
        let mut leaves = vec![first];
        while leaves.len() < self.params.leaves {
            let gain = |leaf: &Leaf| leaf.best.map_or(0.0, |best| best.gain);
            let most = (0..leaves.len())
                .fold(0, |most, i| if gain(&leaves[i]) > gain(&leaves[most]) { i } else { most });
            let Some(split) = leaves[most].best else { break };
            let last = leaves.len() + 1 == self.params.leaves;
            let leaf = &mut leaves[most];
            let (range, parent) = (leaf.rows.clone(), leaf.node as usize);
            let middle = range.start + self.part(&mut rows[range.clone()], &split);
            let (left, right) = (split.left, leaf.sum.minus(&split.left));
            let at = nodes.len() as u32;
            nodes[parent] = Node {
                column: Some(split.column),
                bin: split.bin,
                missing_left: split.missing_left,
                left: at,
                right: at + 1,
                gain: split.gain,
                value: 0.0,
            };
            nodes.extend([Node::leaf(self.value(&left)), Node::leaf(self.value(&right))]);
            let mut large = std::mem::take(&mut leaf.bins);
            let mut small = Vec::new();
            let left_is_small = left.n <= right.n;
            if !last {
                small = vec![Sum::default(); size];
                let of = if left_is_small { range.start..middle } else { middle..range.end };
                self.count(&rows[of], slopes, columns, &mut small);
                large.iter_mut().zip(&small).for_each(|(large, small)| *large = large.minus(small));
            }
            let (of_left, of_right) = if left_is_small { (small, large) } else { (large, small) };
            let half = |node, rows, sum, bins| {
                let mut half = Leaf { node, rows, sum, bins, best: None };
                if !last {
                    half.best = self.best(&half, columns);
                }
                half
            };
            leaves[most] = half(at, range.start..middle, left, of_left);
            leaves.push(half(at + 1, middle..range.end, right, of_right));
        }
        let leaves = leaves.into_iter().map(|leaf| (leaf.node, leaf.rows)).collect();
        Tree { nodes, rows, leaves }
    }

    fn value(&self, sum: &Sum) -> f64 {
        let weight = sum.h + self.params.l2;
        if weight > 1e-300 { -sum.g / weight } else { 0.0 }
    }

    /// Rows that go left, then those that go right, each in their order; how many go left.
    fn part(&mut self, rows: &mut [u32], split: &Split) -> usize {
        let column = self.binned.column(split.column);
        self.half.clear();
        let mut at = 0;
        for i in 0..rows.len() {
            let (row, bin) = (rows[i], column[rows[i] as usize]);
            if if bin == MISSING { split.missing_left } else { bin <= split.bin } {
                rows[at] = row;
                at += 1;
            } else {
                self.half.push(row);
            }
        }
        rows[at..].copy_from_slice(&self.half);
        at
    }

    /// Sums of each column's bins over rows.
    fn count(&mut self, rows: &[u32], slopes: &[[f64; 2]], columns: &[u32], out: &mut [Sum]) {
        self.room.clear();
        self.room.extend(rows.iter().map(|&i| slopes[i as usize]));
        let (room, binned) = (&self.room, self.binned);
        // Slopes stay near while some columns are walked; each column still meets the rows in their order.
        let of = |group: &mut [(u32, &mut [Sum])]| {
            for (rows, room) in rows.chunks(NEAR).zip(room.chunks(NEAR)) {
                for (j, bins) in group.iter_mut() {
                    let (column, missing) = (binned.column(*j), bins.len() - 1);
                    for (&i, &[g, h]) in rows.iter().zip(room) {
                        let sum = &mut bins[usize::from(column[i as usize]).min(missing)];
                        sum.g += g;
                        sum.h += h;
                        sum.n += 1;
                    }
                }
            }
        };
        let mut parts = self.cut(columns, out);
        if rows.len() * columns.len() < ALONE {
            return of(&mut parts);
        }
        let mut groups: Vec<_> = parts.chunks_mut(GROUP).collect();
        self.pool.each_mut(&mut groups, |_, _, group| of(group));
    }

    /// The bins of each column.
    fn cut<'b>(&self, columns: &[u32], mut bins: &'b mut [Sum]) -> Vec<(u32, &'b mut [Sum])> {
        let mut parts = Vec::with_capacity(columns.len());
        for &j in columns {
            let (part, rest) = bins.split_at_mut(width(&self.binned.bounds[j as usize]));
            parts.push((j, part));
            bins = rest;
        }
        parts
    }

    /// The split that gains most, the first of equal ones.
    fn best(&self, leaf: &Leaf, columns: &[u32]) -> Option<Split> {
        if (leaf.sum.n as usize) < 2 * self.params.min_rows.max(1) {
            return None;
        }
        let mut best: Option<Split> = None;
        let mut at = 0;
        for &j in columns {
            let size = width(&self.binned.bounds[j as usize]);
            if let Some(found) = self.split(j, &leaf.bins[at..at + size], &leaf.sum)
                && best.is_none_or(|best| found.gain > best.gain)
            {
                best = Some(found);
            }
            at += size;
        }
        best
    }

    fn split(&self, column: u32, bins: &[Sum], all: &Sum) -> Option<Split> {
        let p = self.params;
        let (missing, numbers) = bins.split_last()?;
        let score = |s: &Sum| s.g * s.g / (s.h + p.l2).max(1e-300);
        let enough = |s: &Sum| s.n as usize >= p.min_rows.max(1) && s.h >= p.min_weight;
        let whole = score(all);
        let mut best: Option<Split> = None;
        let ways: &[bool] = if missing.n > 0 { &[false, true] } else { &[false] };
        for &missing_left in ways {
            let mut left = if missing_left { *missing } else { Sum::default() };
            // All numbers to the left, the missing ones to the right, is a split too.
            let last = numbers.len() - usize::from(missing_left || missing.n == 0);
            for (bin, sum) in numbers[..last].iter().enumerate() {
                left.add(sum);
                if sum.n == 0 {
                    continue;
                }
                let right = all.minus(&left);
                if !enough(&left) || !enough(&right) {
                    continue;
                }
                let halves = score(&left) + score(&right);
                let gain = halves - whole;
                if gain > 1e-12 * halves && best.is_none_or(|best| gain > best.gain) {
                    let missing_left = if missing.n > 0 { missing_left } else { left.n > right.n };
                    best = Some(Split { gain, column, bin: bin as u8, missing_left, left });
                }
            }
        }
        best
    }
}
