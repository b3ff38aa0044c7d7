//! Which words stand near each other, counted in windows.
//!
//! Documents are cut into pieces by their tokens alone; each piece gives a sorted list of pairs, and lists are added in a
//! tree whose shape the pieces decide, so that sums of weights are the same bits on any number of threads.

use gyeol_base::Fault;
use gyeol_tensor::Pool;
use gyeol_text::encode::Encoded;

use crate::matrix::Csr;
use gyeol_base::{Error, Result};

/// What a neighbour d words away counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Distance {
    /// 1.
    #[default]
    Even,
    /// window - d + 1: HAL.
    Falling,
    /// 1 / d: GloVe.
    Harmonic,
}

/// Options of the windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowParams {
    /// Words to each side.
    pub window: usize,
    /// What distance counts.
    pub distance: Distance,
    /// Whether only words before count: row w, column c holds c before w, as in HAL. Both sides otherwise.
    pub before_only: bool,
}

impl Default for WindowParams {
    fn default() -> Self {
        WindowParams { window: 5, distance: Distance::Even, before_only: false }
    }
}

/// Counts of neighbours: a row a word, a column a neighbour.
#[derive(Debug, Clone, PartialEq)]
pub struct Cooccurrence {
    /// (words, words).
    pub counts: Csr,
}

/// Tokens of a piece.
const PIECE: usize = 1 << 17;

type Pairs = Vec<(u64, f64)>;

impl Cooccurrence {
    /// Counts the neighbours of `words` words, whose ids begin at `first`; ids below that (padding, the unknown word)
    /// keep their place in the text but are no neighbours. Windows end with the document.
    ///
    /// # Errors
    /// A window of 0 or above 1,000, no words, ids past the last word.
    pub fn count(
        encoded: &Encoded,
        first: u32,
        words: usize,
        params: WindowParams,
        pool: &Pool,
    ) -> Result<Self> {
        if params.window == 0 || params.window > 1000 {
            return Err(Error::option(
                Fault::new("bad-window", format!("a window of {} words", params.window))
                    .next("choose 1 to 1000, such as 5"),
            ));
        }
        if let Some(id) = encoded.ids().iter().find(|&&id| id >= first && (id - first) as usize >= words) {
            return Err(Error::input(
                Fault::new("id-out-of-range", format!("id {id} of {words} words"))
                    .next("encode with the vocabulary whose words are counted"),
            ));
        }
        let mut pieces: Vec<(Vec<&[u32]>, Pairs)> = vec![(Vec::new(), Vec::new())];
        let mut tokens = 0;
        for document in encoded.documents() {
            if tokens > 0 && tokens + document.len() > PIECE {
                pieces.push((Vec::new(), Vec::new()));
                tokens = 0;
            }
            tokens += document.len();
            if let Some((documents, _)) = pieces.last_mut() {
                documents.push(document);
            }
        }
        // Sums of 1, 2, 4 … pieces that wait for their neighbour, as the digits of a binary number.
        let mut sums: Vec<Option<Pairs>> = Vec::new();
        for wave in pieces.chunks_mut(16) {
            pool.each_mut(wave, |_, _, (documents, pairs)| *pairs = windows(documents, first, params));
            for (_, pairs) in wave {
                let mut carried = std::mem::take(pairs);
                let mut level = 0;
                while let Some(waiting) = sums.get_mut(level).and_then(Option::take) {
                    carried = added(waiting, carried);
                    level += 1;
                }
                if level == sums.len() {
                    sums.push(None);
                }
                sums[level] = Some(carried);
            }
        }
        let all =
            sums.into_iter().flatten().reduce(|later, earlier| added(earlier, later)).unwrap_or_default();
        let triplets = all.into_iter().map(|(key, v)| ((key >> 32) as u32, key as u32, v));
        Ok(Cooccurrence { counts: Csr::from_triplets(words, words, triplets)? })
    }
}

/// The pairs of some documents, sorted, each once.
fn windows(documents: &[&[u32]], first: u32, params: WindowParams) -> Pairs {
    let weight = |d: usize| match params.distance {
        Distance::Even => 1.0,
        Distance::Falling => (params.window - d + 1) as f64,
        Distance::Harmonic => 1.0 / d as f64,
    };
    let mut pairs: Pairs = Vec::new();
    for document in documents {
        for (at, &word) in document.iter().enumerate().filter(|(_, id)| **id >= first) {
            for d in 1..=params.window.min(at) {
                let before = document[at - d];
                if before >= first {
                    let (w, c) = (u64::from(word - first), u64::from(before - first));
                    pairs.push((w << 32 | c, weight(d)));
                    if !params.before_only {
                        pairs.push((c << 32 | w, weight(d)));
                    }
                }
            }
        }
    }
    // Stable, so that weights of one pair are added in the order of the text.
    pairs.sort_by_key(|&(key, _)| key);
    pairs.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            kept.1 += later.1;
        }
        same
    });
    pairs
}

/// Two sorted lists as one; of a pair in both, the sum.
fn added(a: Pairs, b: Pairs) -> Pairs {
    let mut out = Vec::with_capacity(a.len().max(b.len()));
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    while let (Some(&(x, v)), Some(&(y, w))) = (a.peek(), b.peek()) {
        if x <= y {
            a.next();
        }
        if y <= x {
            b.next();
        }
        out.push(match x.cmp(&y) {
            std::cmp::Ordering::Less => (x, v),
            std::cmp::Ordering::Greater => (y, w),
            std::cmp::Ordering::Equal => (x, v + w),
        });
    }
    out.extend(a);
    out.extend(b);
    out
}

/// Positive pointwise mutual information of counts: max(0, ln(P(w, c) / (P(w) P_α(c))) - ln `shift`), where P_α is the
/// share of the column sum to the power `smoothing` (1 is none). Zeros are left out.
///
/// # Errors
/// Counts below zero; a shift below 1 or that is no number, a smoothing outside of 0 to 1.
pub fn ppmi(counts: &Csr, shift: f64, smoothing: f64) -> Result<Csr> {
    counts.not_negative("mutual information")?;
    if !(shift >= 1.0 && shift.is_finite() && (0.0..=1.0).contains(&smoothing)) {
        return Err(Error::option(
            Fault::new("ppmi", format!("a shift of {shift} and a smoothing of {smoothing}"))
                .cause("the shift is 1 or more, the smoothing lies between 0 and 1")
                .next("use a shift of 1 and a smoothing of 0.75"),
        ));
    }
    let mut columns = vec![0.0; counts.cols()];
    counts.indices().iter().zip(counts.data()).for_each(|(&c, v)| columns[c as usize] += v);
    let smoothed: Vec<f64> =
        columns.iter().map(|v: &f64| if *v > 0.0 { v.powf(smoothing) } else { 0.0 }).collect();
    let all: f64 = smoothed.iter().sum();
    let (mut pointers, mut indices, mut data) = (vec![0], Vec::new(), Vec::new());
    for row in 0..counts.rows() {
        let total: f64 = counts.parts(row).1.iter().sum();
        for (column, value) in counts.row(row) {
            // P(w, c) / P(w) is the count over the row's sum.
            let information = (value / total / (smoothed[column as usize] / all)).ln() - shift.ln();
            if information > 0.0 {
                indices.push(column);
                data.push(information);
            }
        }
        pointers.push(indices.len());
    }
    Csr::new(counts.cols(), pointers, indices, data)
}
