//! The sweep with AVX-512 intrinsics: counts are read once, and up to 128 topics stay in registers.

use std::arch::x86_64::*;

use super::rows::{Row, added};
use super::{GIBBS_LANES, Sweep};

/// Sums of the first 1, 2, … 16 numbers, in four steps, as the safe body has them.
#[target_feature(enable = "avx512f")]
#[inline]
fn prefix(x: __m512) -> __m512 {
    let zero = _mm512_setzero_si512();
    let shifted = |x: __m512, by: i32| {
        let x = _mm512_castps_si512(x);
        _mm512_castsi512_ps(match by {
            1 => _mm512_alignr_epi32::<15>(x, zero),
            2 => _mm512_alignr_epi32::<14>(x, zero),
            4 => _mm512_alignr_epi32::<12>(x, zero),
            _ => _mm512_alignr_epi32::<8>(x, zero),
        })
    };
    let x = _mm512_add_ps(x, shifted(x, 1));
    let x = _mm512_add_ps(x, shifted(x, 2));
    let x = _mm512_add_ps(x, shifted(x, 4));
    _mm512_add_ps(x, shifted(x, 8))
}

/// The last of the sums, in every lane.
#[target_feature(enable = "avx512f")]
#[inline]
fn last(ends: __m512) -> __m512 {
    _mm512_permutexvar_ps(_mm512_set1_epi32(15), ends)
}

/// The lane in which a number lies, and what is left of the number in each lane.
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
#[inline]
fn lane_of(sum: __m512, ends: __m512, target: __m512) -> (usize, __m512) {
    let below = _mm512_cmp_ps_mask::<_CMP_LE_OQ>(ends, target);
    let lane = (below.count_ones() as usize).min(GIBBS_LANES - 1);
    (lane, _mm512_sub_ps(target, _mm512_sub_ps(ends, sum)))
}

/// # Safety
/// The processor has the instructions, and every row and topic of the sweep lies inside its slice.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma,popcnt,bmi1,bmi2")]
pub(super) unsafe fn sweep(s: &mut Sweep<'_>) {
    // SAFETY: what is asked of the callees is asked of the caller.
    unsafe {
        match s.stride / GIBBS_LANES {
            1 => in_registers::<1>(s),
            2 => in_registers::<2>(s),
            3 => in_registers::<3>(s),
            4 => in_registers::<4>(s),
            5 => in_registers::<5>(s),
            6 => in_registers::<6>(s),
            7 => in_registers::<7>(s),
            8 => in_registers::<8>(s),
            _ => in_memory(s),
        }
    }
}

/// 1 / (n_k + Vβ) and the weight of the token's topic, the token left out.
///
/// # Safety
/// `doc` points at a row, `old` is a topic.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn weight_without(s: &Sweep<'_>, doc: *const i32, old: usize) -> (f32, f32) {
    // SAFETY: asked of the caller; the other slices have a number for every topic.
    unsafe {
        let inverse = 1.0 / ((*s.topic_tokens.get_unchecked(old) - 1) as f32 + s.beta_sum);
        (inverse, ((*doc.add(old) - 1) as f32 + *s.alpha.get_unchecked(old)) * inverse)
    }
}

/// Moves a token from `old` to `new` in the counts of the document and the topics; gives the new weight of `new`.
///
/// # Safety
/// `doc` points at a row, `old` and `new` are topics.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn moved(s: &mut Sweep<'_>, doc: *mut i32, old: (usize, f32), new: usize) -> f32 {
    // SAFETY: asked of the caller; the other slices have a number for every topic.
    unsafe {
        let (old, inverse) = old;
        *doc.add(old) -= 1;
        *s.topic_tokens.get_unchecked_mut(old) -= 1;
        *s.inverse.get_unchecked_mut(old) = inverse;
        *doc.add(new) += 1;
        let n = s.topic_tokens.get_unchecked_mut(new);
        *n += 1;
        let inverse = 1.0 / (*n as f32 + s.beta_sum);
        *s.inverse.get_unchecked_mut(new) = inverse;
        (*doc.add(new) as f32 + *s.alpha.get_unchecked(new)) * inverse
    }
}

/// Up to 128 topics.
///
/// # Safety
/// As [`sweep`]; `N` is the stride over sixteen.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma,popcnt,bmi1,bmi2")]
unsafe fn in_registers<const N: usize>(s: &mut Sweep<'_>) {
    // SAFETY: documents and words are rows of `stride` = 16 N numbers inside their slices (all words have full rows up to
    // 128 topics), topics are below the stride; all were checked before the sweep, and those drawn here are below `k` by
    // `inside`.
    unsafe {
        let iota = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        let one = _mm512_set1_epi32(1);
        let beta = _mm512_set1_ps(s.beta);
        let place: [__m512i; N] =
            std::array::from_fn(|j| _mm512_add_epi32(iota, _mm512_set1_epi32((GIBBS_LANES * j) as i32)));
        let rows = s.rows.full().as_mut_ptr();
        let mut at = 0;
        for slice in s.slices {
            let doc = s.doc_topics.as_mut_ptr().add(slice.doc as usize * s.stride);
            let mut weights: [__m512; N] = std::array::from_fn(|j| {
                let n = _mm512_cvtepi32_ps(_mm512_loadu_si512(doc.add(GIBBS_LANES * j).cast()));
                let alpha = _mm512_loadu_ps(s.alpha.as_ptr().add(GIBBS_LANES * j));
                let inverse = _mm512_loadu_ps(s.inverse.as_ptr().add(GIBBS_LANES * j));
                _mm512_mul_ps(_mm512_add_ps(n, alpha), inverse)
            });
            for token in at..at + slice.tokens as usize {
                let row = rows.add(*s.words.get_unchecked(token) as usize * s.stride);
                let old = usize::from(*s.topics.get_unchecked(token));
                let (inverse, without) = weight_without(s, doc, old);
                let (without, o) = (_mm512_set1_ps(without), _mm512_set1_epi32(old as i32));
                let mut sums = [_mm512_setzero_ps(); N];
                let mut left = weights;
                for j in 0..N {
                    let mine = _mm512_cmpeq_epi32_mask(place[j], o);
                    let n = _mm512_loadu_si512(row.add(GIBBS_LANES * j).cast());
                    let n = _mm512_cvtepi32_ps(_mm512_mask_sub_epi32(n, mine, n, one));
                    left[j] = _mm512_mask_mov_ps(weights[j], mine, without);
                    let p = _mm512_mul_ps(left[j], _mm512_add_ps(n, beta));
                    sums[j] = if j == 0 { p } else { _mm512_add_ps(sums[j - 1], p) };
                }
                let u = _mm512_set1_ps(s.uniform.next(s.rng));
                let ends = prefix(sums[N - 1]);
                let (lane, rest) = lane_of(sums[N - 1], ends, _mm512_mul_ps(u, last(ends)));
                // The topics of the lane whose running sum is not above the rest; the bits of all lanes are kept and the
                // one lane is looked at last, so that nothing waits for it.
                let mut bits = [0u64; 2];
                for j in 0..N {
                    bits[j / 4] |=
                        u64::from(_mm512_cmp_ps_mask::<_CMP_LE_OQ>(sums[j], rest)) << (16 * (j % 4));
                }
                const EVERY: u64 = 0x0001_0001_0001_0001;
                let mut j = ((bits[0] >> lane) & EVERY).count_ones();
                if N > 4 {
                    j += ((bits[1] >> lane) & EVERY).count_ones();
                }
                let new = super::inside(GIBBS_LANES * (j as usize).min(N - 1) + lane, s.k);
                if new != old {
                    *row.add(old) -= 1;
                    *row.add(new) += 1;
                    let weight = _mm512_set1_ps(moved(s, doc, (old, inverse), new));
                    let n = _mm512_set1_epi32(new as i32);
                    for j in 0..N {
                        let mine = _mm512_cmpeq_epi32_mask(place[j], n);
                        weights[j] = _mm512_mask_mov_ps(left[j], mine, weight);
                    }
                    *s.topics.get_unchecked_mut(token) = new as u16;
                }
            }
            at += slice.tokens as usize;
        }
    }
}

/// Place of the first running sum above what is left, in stored sums of `vectors` by sixteen.
///
/// # Safety
/// `sums` points at them, and there is at least one.
#[target_feature(enable = "avx512f,avx512bw,popcnt")]
#[inline]
unsafe fn place(sums: *const f32, vectors: usize, sum: __m512, ends: __m512, target: __m512) -> usize {
    let (lane, rest) = lane_of(sum, ends, target);
    let rest = _mm512_cvtss_f32(_mm512_permutexvar_ps(_mm512_set1_epi32(lane as i32), rest));
    // Sums of a lane never fall: halves find the first above the rest.
    let (mut j, mut length) = (0, vectors);
    while length > 0 {
        let half = length / 2;
        // SAFETY: j + half < vectors.
        let below = unsafe { *sums.add(GIBBS_LANES * (j + half) + lane) } <= rest;
        j = if below { j + half + 1 } else { j };
        length = if below { length - half - 1 } else { half };
    }
    GIBBS_LANES * j.min(vectors - 1) + lane
}

/// The token at hand: its topic, and the weight of the topic without it.
struct Token {
    old: usize,
    without: f32,
    u: f32,
}

/// Draws from a full row.
///
/// # Safety
/// `row`, `weights` and `sums` point at `16 * vectors` numbers.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,popcnt,bmi1,bmi2")]
#[inline]
unsafe fn from_full(
    token: &Token,
    row: *const i32,
    weights: *const f32,
    sums: *mut f32,
    vectors: usize,
    beta: f32,
) -> usize {
    let iota = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let (sixteen, one) = (_mm512_set1_epi32(16), _mm512_set1_epi32(1));
    let (spread, o) = (_mm512_set1_ps(token.without), _mm512_set1_epi32(token.old as i32));
    let beta = _mm512_set1_ps(beta);
    let mut place_of = iota;
    let mut sum = _mm512_setzero_ps();
    // SAFETY: asked of the caller.
    unsafe {
        for j in 0..vectors {
            let k = GIBBS_LANES * j;
            let mine = _mm512_cmpeq_epi32_mask(place_of, o);
            place_of = _mm512_add_epi32(place_of, sixteen);
            let n = _mm512_loadu_si512(row.add(k).cast());
            let n = _mm512_cvtepi32_ps(_mm512_mask_sub_epi32(n, mine, n, one));
            let weight = _mm512_mask_mov_ps(_mm512_loadu_ps(weights.add(k)), mine, spread);
            sum = _mm512_add_ps(sum, _mm512_mul_ps(weight, _mm512_add_ps(n, beta)));
            _mm512_storeu_ps(sums.add(k), sum);
        }
        let ends = prefix(sum);
        place(sums, vectors, sum, ends, _mm512_mul_ps(_mm512_set1_ps(token.u), last(ends)))
    }
}

/// Where a draw from a list fell.
enum Fell {
    /// Entry number.
    Entry(usize),
    /// Beyond the list: this much of the sum of all weights.
    Beyond(f32),
}

/// Draws from a list of topics; also gives the entry of the token's topic.
///
/// # Safety
/// `chunks` by sixteen topics and counts can be read, at least one; topics are places of `weights`; `sums` has room for the
/// chunks.
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,popcnt,bmi1,bmi2")]
#[inline]
unsafe fn from_list(
    token: &Token,
    topics: *const u16,
    counts: *const i32,
    chunks: usize,
    weights: *const f32,
    sums: *mut f32,
    (beta, total): (f32, f32),
) -> (usize, Fell) {
    let one = _mm512_set1_epi32(1);
    let (spread, o) = (_mm512_set1_ps(token.without), _mm512_set1_epi32(token.old as i32));
    let mut sum = _mm512_setzero_ps();
    let mut at = 0;
    // SAFETY: asked of the caller.
    unsafe {
        for j in 0..chunks {
            let i = GIBBS_LANES * j;
            let t = _mm512_cvtepu16_epi32(_mm256_loadu_si256(topics.add(i).cast()));
            let mine = _mm512_cmpeq_epi32_mask(t, o);
            let n = _mm512_loadu_si512(counts.add(i).cast());
            let n = _mm512_cvtepi32_ps(_mm512_mask_sub_epi32(n, mine, n, one));
            let weight = _mm512_mask_mov_ps(_mm512_i32gather_ps::<4>(t, weights), mine, spread);
            sum = _mm512_add_ps(sum, _mm512_mul_ps(weight, n));
            _mm512_storeu_ps(sums.add(i), sum);
            at = if mine != 0 { i + mine.trailing_zeros() as usize } else { at };
        }
        let ends = prefix(sum);
        let mine = _mm512_cvtss_f32(last(ends));
        let target = token.u * (mine + beta * total);
        if target < mine {
            (at, Fell::Entry(place(sums, chunks, sum, ends, _mm512_set1_ps(target))))
        } else {
            (at, Fell::Beyond((target - mine) / beta))
        }
    }
}

/// Running sums of all weights, stored; the last sixteen, and the sums over them.
///
/// # Safety
/// `weights` and `sums` point at `16 * vectors` numbers.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn summed(weights: *const f32, sums: *mut f32, vectors: usize) -> (__m512, __m512) {
    let mut sum = _mm512_setzero_ps();
    for k in (0..GIBBS_LANES * vectors).step_by(GIBBS_LANES) {
        // SAFETY: asked of the caller.
        unsafe {
            sum = _mm512_add_ps(sum, _mm512_loadu_ps(weights.add(k)));
            _mm512_storeu_ps(sums.add(k), sum);
        }
    }
    (sum, prefix(sum))
}

/// More topics: weights and running sums stay in the first cache.
///
/// # Safety
/// As [`sweep`].
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,fma,popcnt,bmi1,bmi2")]
unsafe fn in_memory(s: &mut Sweep<'_>) {
    let vectors = s.stride / GIBBS_LANES;
    let lists = s.rows.has_lists();
    let free = s.stride as u16;
    // SAFETY: as in `in_registers`. Sums have `stride` numbers, weights sixteen more, all of which are 0; topics of lists are
    // at most `stride`, lists have a multiple of sixteen places and at most `stride`.
    unsafe {
        let weights = s.weights.as_mut_ptr();
        let sums = s.sums.as_mut_ptr().cast::<f32>();
        let mut at = 0;
        for slice in s.slices {
            let doc = s.doc_topics.as_mut_ptr().add(slice.doc as usize * s.stride);
            for k in (0..s.stride).step_by(GIBBS_LANES) {
                let n = _mm512_cvtepi32_ps(_mm512_loadu_si512(doc.add(k).cast()));
                let alpha = _mm512_loadu_ps(s.alpha.as_ptr().add(k));
                let inverse = _mm512_loadu_ps(s.inverse.as_ptr().add(k));
                _mm512_storeu_ps(weights.add(k), _mm512_mul_ps(_mm512_add_ps(n, alpha), inverse));
            }
            let mut total =
                if lists { _mm512_cvtss_f32(last(summed(weights, sums, vectors).1)) } else { 0.0 };
            for i in at..at + slice.tokens as usize {
                let old = usize::from(*s.topics.get_unchecked(i));
                let (inverse, without) = weight_without(s, doc, old);
                let left = total - *weights.add(old) + without;
                let token = Token { old, without, u: s.uniform.next(s.rng) };
                let new = match s.rows.row(*s.words.get_unchecked(i) as usize) {
                    Row::Full(row) => {
                        let new = from_full(&token, row.as_ptr(), weights, sums, vectors, s.beta);
                        let new = super::inside(new, s.k);
                        if new != old {
                            row[old] -= 1;
                            row[new] += 1;
                        }
                        new
                    }
                    Row::List { topics, counts, length } => {
                        let chunks = (*length as usize).div_ceil(GIBBS_LANES).max(1);
                        let (topic, count) = (topics.as_ptr(), counts.as_ptr());
                        let (mine, fell) =
                            from_list(&token, topic, count, chunks, weights, sums, (s.beta, left));
                        // A list without the token's topic would be counts of other tokens.
                        assert!(usize::from(topics[mine]) == old && counts[mine] > 0, "the token's topic");
                        match fell {
                            Fell::Entry(entry) => {
                                let there = counts[entry] - i32::from(entry == mine);
                                let new = if there > 0 { usize::from(topics[entry]) } else { old };
                                if new != old {
                                    counts[mine] -= 1;
                                    counts[entry] += 1;
                                }
                                new
                            }
                            Fell::Beyond(target) => {
                                let kept = *weights.add(old);
                                *weights.add(old) = without;
                                let (sum, ends) = summed(weights, sums, vectors);
                                *weights.add(old) = kept;
                                let new = place(sums, vectors, sum, ends, _mm512_set1_ps(target));
                                let new = super::inside(new, s.k);
                                if new != old {
                                    counts[mine] -= 1;
                                    added(topics, counts, length, new as u16, free);
                                }
                                new
                            }
                        }
                    }
                };
                if new != old {
                    let weight = moved(s, doc, (old, inverse), new);
                    total = left - *weights.add(new) + weight;
                    *weights.add(old) = without;
                    *weights.add(new) = weight;
                    *s.topics.get_unchecked_mut(i) = new as u16;
                }
            }
            at += slice.tokens as usize;
        }
    }
}
