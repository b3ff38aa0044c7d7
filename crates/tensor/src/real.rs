//! The two number types of training: `f32` (fast) and `f64` (for checking gradients).

use std::cell::Cell;
use std::fmt::{Debug, Display};
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};
use std::thread::LocalKey;

use crate::path::KernelPath;
use crate::{Buffer, activation, cells, elementwise, gemm, softmax, update};

/// Lanes of the widest vector used: all element-wise kernels walk arrays of this length.
pub const LANES: usize = 16;

/// A floating-point number that nets can be trained in.
///
/// The methods past the arithmetic are the kernels; they are reached through the functions of
/// [`activation`], [`cells`], [`elementwise`], [`gemm`], [`softmax`] and [`update`], which check their arguments first.
pub trait Real:
    Copy
    + Default
    + Debug
    + Display
    + PartialOrd
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Sum
{
    /// A right operand rounded to bf16; `f64` has none and is always multiplied in full.
    #[doc(hidden)]
    type Bf16: gemm::Rounded<Self>;

    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// 1/2.
    const HALF: Self;

    /// Nearest value of this type.
    fn from_f64(x: f64) -> Self;
    /// The value in double precision.
    fn to_f64(self) -> f64;
    /// Absolute value.
    fn abs(self) -> Self;
    /// Square root.
    fn sqrt(self) -> Self;
    /// False for NaN and infinities.
    fn is_finite(self) -> bool;
    /// `self * b + c`, in one rounding where `FUSED`.
    fn fma<const FUSED: bool>(self, b: Self, c: Self) -> Self;
    /// e^self. In `f32`: relative error under 2e-7 from -87.33 to 88.3; 0 below, where the result would no
    /// longer be a normal number; e^88.3 above.
    fn exp_lane<const FUSED: bool>(self) -> Self;
    /// tanh(self); relative error under 4e-7 in `f32`.
    fn tanh_lane<const FUSED: bool>(self) -> Self;
    /// 1 / (1 + e^-self). In `f32`: relative error under 4e-7 from -88.3 up; below, the result stays at
    /// 4.5e-39, and so does the largest absolute error.
    #[inline(always)]
    fn sigmoid_lane<const FUSED: bool>(self) -> Self {
        Self::ONE / (Self::ONE + (-self).exp_lane::<FUSED>())
    }

    /// ln(1 + self) for 0 to 1; relative error under 2e-7 in `f32`.
    fn ln_1p_lane<const FUSED: bool>(self) -> Self;
    /// ln of the sigmoid, ln(1 / (1 + e^-self)), never above 0 and without overflow at either end, and the sigmoid of
    /// -self, which is its slope: min(x, 0) - ln(1 + e^-|x|), and one of 1 / (1 + e^-|x|) and 1 less that.
    #[inline(always)]
    fn log_sigmoid_lane<const FUSED: bool>(self) -> (Self, Self) {
        let e = (-self.abs()).exp_lane::<FUSED>();
        let (below, far) = if self < Self::ZERO { (self, Self::ONE) } else { (Self::ZERO, e) };
        // NaN is not below 0, and e is NaN with it.
        (below - e.ln_1p_lane::<FUSED>(), far / (Self::ONE + e))
    }

    #[doc(hidden)]
    fn activate(kind: activation::Activation, x: &mut [Self]);
    #[doc(hidden)]
    fn product(path: KernelPath, p: gemm::Product<'_, Self>);
    #[doc(hidden)]
    fn scratch() -> &'static LocalKey<Cell<Buffer<Self>>>;
    #[doc(hidden)]
    fn cell(op: cells::CellOp<'_, Self>);
    #[doc(hidden)]
    fn elementwise(op: elementwise::Op<'_, Self>);
    #[doc(hidden)]
    fn softmax(op: softmax::Op<'_, Self>);
    #[doc(hidden)]
    fn update(op: update::Op<'_, Self>);
}

/// 1.5 * 2^23: added to a number below 2^22, it leaves the nearest integer in the low mantissa bits.
const ROUNDING: f32 = 12_582_912.0;

/// 2^n for the n in the low bits of n + [`ROUNDING`].
#[inline(always)]
fn power_of_two(t: f32) -> f32 {
    f32::from_bits(t.to_bits().wrapping_add(127) << 23)
}

impl Real for f32 {
    type Bf16 = gemm::PackedBf16;

    const ZERO: f32 = 0.0;
    const ONE: f32 = 1.0;
    const HALF: f32 = 0.5;

    #[inline(always)]
    fn from_f64(x: f64) -> f32 {
        x as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self as f64
    }
    #[inline(always)]
    fn abs(self) -> f32 {
        f32::from_bits(self.to_bits() & 0x7fff_ffff)
    }
    #[inline(always)]
    fn sqrt(self) -> f32 {
        f32::sqrt(self)
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        f32::is_finite(self)
    }
    #[inline(always)]
    fn fma<const FUSED: bool>(self, b: f32, c: f32) -> f32 {
        if FUSED { self.mul_add(b, c) } else { self * b + c }
    }

    // x = n ln 2 + r with |r| <= ln 2 / 2 (two-step reduction, Cody and Waite), e^r by a polynomial of degree 6
    // (minimax, relative error under 4e-9), times 2^n put into the exponent bits. The rounding of n comes from
    // adding 1.5 * 2^23, which leaves n in the low mantissa bits. Results below the smallest normal number are
    // 0: a weight of 1e-38 is worth nothing, and arithmetic on subnormal numbers is slow.
    #[inline(always)]
    fn exp_lane<const FUSED: bool>(self) -> f32 {
        const LN2_HIGH: f32 = 0.693_359_4;
        const LN2_LOW: f32 = -2.121_944_4e-4;
        const LEAST: f32 = -87.33;
        let x = if self > 88.3 { 88.3 } else { self };
        let t = x.fma::<FUSED>(std::f32::consts::LOG2_E, ROUNDING);
        let n = t - ROUNDING;
        let r = n.fma::<FUSED>(-LN2_HIGH, x);
        let r = n.fma::<FUSED>(-LN2_LOW, r);
        let p = r.fma::<FUSED>(0.001_381_454, 0.008_368_745);
        let p = p.fma::<FUSED>(r, 0.041_668_39);
        let p = p.fma::<FUSED>(r, 0.166_665_21);
        let p = p.fma::<FUSED>(r, 0.499_999_94);
        let p = p.fma::<FUSED>(r, 1.0);
        let p = p.fma::<FUSED>(r, 1.0);
        let e = p * power_of_two(t);
        if self < LEAST { 0.0 } else { e }
    }

    // tanh |x| = m / (m + 2) with m = e^2|x| - 1 = 2^n (e^r - 1) + (2^n - 1): near 0, n is 0 and m is the
    // polynomial for e^r - 1 alone (minimax of its relative error, under 2e-8), so nothing cancels. Through the
    // sigmoid the relative error near 0 would be 1e-4. At 2|x| = 18.1 the result is 1; one step of reduction is
    // enough up to there.
    #[inline(always)]
    fn tanh_lane<const FUSED: bool>(self) -> f32 {
        let y = self.abs() + self.abs();
        let y = if y > 18.1 { 18.1 } else { y };
        let t = y.fma::<FUSED>(std::f32::consts::LOG2_E, ROUNDING);
        let n = t - ROUNDING;
        let r = n.fma::<FUSED>(-std::f32::consts::LN_2, y);
        let q = r.fma::<FUSED>(0.001_388_251_7, 0.008_366_548);
        let q = q.fma::<FUSED>(r, 0.041_667_2);
        let q = q.fma::<FUSED>(r, 0.166_665_43);
        let q = q.fma::<FUSED>(r, 0.499_999_97);
        let p = (r * r).fma::<FUSED>(q, r);
        let scale = power_of_two(t);
        let m = scale.fma::<FUSED>(p, scale - 1.0);
        f32::from_bits((m / (m + 2.0)).to_bits() | (self.to_bits() & 0x8000_0000))
    }

    // ln(1 + x) = 2 atanh(s) with s = x / (2 + x), at most 1/3, and atanh(s) / s a polynomial of s^2 whose first
    // coefficient is 1 and whose others interpolate at Chebyshev points (relative error under 2e-8): nothing cancels
    // near 0.
    #[inline(always)]
    fn ln_1p_lane<const FUSED: bool>(self) -> f32 {
        let s = self / (self + 2.0);
        let q = s * s;
        let p = q.fma::<FUSED>(0.134_257_5, 0.141_183_1);
        let p = p.fma::<FUSED>(q, 0.200_037_8);
        let p = p.fma::<FUSED>(q, 0.333_333_2);
        let p = p.fma::<FUSED>(q, 1.0);
        (s + s) * p
    }

    fn activate(kind: activation::Activation, x: &mut [f32]) {
        activation::dispatch_f32(kind, x)
    }
    fn product(path: KernelPath, p: gemm::Product<'_, f32>) {
        gemm::dispatch_f32(path, p)
    }
    fn scratch() -> &'static LocalKey<Cell<Buffer<f32>>> {
        thread_local!(static SCRATCH: Cell<Buffer<f32>> = const { Cell::new(Buffer::EMPTY) });
        &SCRATCH
    }
    fn cell(op: cells::CellOp<'_, f32>) {
        cells::dispatch_f32(op)
    }
    fn elementwise(op: elementwise::Op<'_, f32>) {
        elementwise::dispatch_f32(op)
    }
    fn softmax(op: softmax::Op<'_, f32>) {
        softmax::dispatch_f32(op)
    }
    fn update(op: update::Op<'_, f32>) {
        update::dispatch_f32(op)
    }
}

impl Real for f64 {
    type Bf16 = std::convert::Infallible;

    const ZERO: f64 = 0.0;
    const ONE: f64 = 1.0;
    const HALF: f64 = 0.5;

    #[inline(always)]
    fn from_f64(x: f64) -> f64 {
        x
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }
    #[inline(always)]
    fn abs(self) -> f64 {
        f64::abs(self)
    }
    #[inline(always)]
    fn sqrt(self) -> f64 {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn is_finite(self) -> bool {
        f64::is_finite(self)
    }
    #[inline(always)]
    fn fma<const FUSED: bool>(self, b: f64, c: f64) -> f64 {
        if FUSED { self.mul_add(b, c) } else { self * b + c }
    }
    #[inline(always)]
    fn exp_lane<const FUSED: bool>(self) -> f64 {
        self.exp()
    }
    #[inline(always)]
    fn tanh_lane<const FUSED: bool>(self) -> f64 {
        self.tanh()
    }
    #[inline(always)]
    fn ln_1p_lane<const FUSED: bool>(self) -> f64 {
        self.ln_1p()
    }

    fn activate(kind: activation::Activation, x: &mut [f64]) {
        activation::body::<f64, false>(kind, x)
    }
    fn product(path: KernelPath, p: gemm::Product<'_, f64>) {
        gemm::dispatch_f64(path, p)
    }
    fn scratch() -> &'static LocalKey<Cell<Buffer<f64>>> {
        thread_local!(static SCRATCH: Cell<Buffer<f64>> = const { Cell::new(Buffer::EMPTY) });
        &SCRATCH
    }
    fn cell(op: cells::CellOp<'_, f64>) {
        cells::body::<f64, false>(op)
    }
    fn elementwise(op: elementwise::Op<'_, f64>) {
        elementwise::body::<f64, false>(op)
    }
    fn softmax(op: softmax::Op<'_, f64>) {
        softmax::body::<f64, false>(op)
    }
    fn update(op: update::Op<'_, f64>) {
        update::body::<f64, false>(op)
    }
}

/// Copies `n <= LANES` numbers from `at` into an array whose other lanes are zero.
#[inline(always)]
pub(crate) fn load<T: Real>(x: &[T], at: usize, n: usize) -> [T; LANES] {
    let mut lanes = [T::ZERO; LANES];
    if n == LANES {
        lanes.copy_from_slice(&x[at..at + LANES]);
    } else {
        lanes[..n].copy_from_slice(&x[at..at + n]);
    }
    lanes
}

/// Copies the first `n <= LANES` lanes to `at`.
#[inline(always)]
pub(crate) fn store<T: Real>(x: &mut [T], at: usize, n: usize, lanes: &[T; LANES]) {
    if n == LANES {
        x[at..at + LANES].copy_from_slice(lanes);
    } else {
        x[at..at + n].copy_from_slice(&lanes[..n]);
    }
}

/// Walks `0..len` in steps of [`LANES`]: the body runs with `(at, n)`, where `n` is [`LANES`] and known while
/// compiling for all steps but a last, shorter one.
///
/// One body for both would have a copy of unknown length in the loop, which forces the lanes out of the
/// registers at every step and costs three times the time.
macro_rules! in_lanes {
    ($len:expr, |$at:ident, $n:ident| $body:block) => {{
        let len: usize = $len;
        let whole = len - len % LANES;
        let mut start = 0;
        while start < whole {
            let $at = start;
            let $n = LANES;
            $body
            start += LANES;
        }
        if whole < len {
            let $at = whole;
            let $n = len - whole;
            $body
        }
    }};
}

pub(crate) use in_lanes;
