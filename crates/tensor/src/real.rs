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

impl Real for f32 {
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

    // x = n ln 2 + r with |r| <= ln 2 / 2 (two-step reduction, Cody and Waite), e^r by its Taylor series to
    // degree 7 (remainder under 6e-9), times 2^n put into the exponent bits. The rounding of n comes from
    // adding 1.5 * 2^23, which leaves n in the low mantissa bits. Results below the smallest normal number are
    // 0: a weight of 1e-38 is worth nothing, and arithmetic on subnormal numbers is slow.
    #[inline(always)]
    fn exp_lane<const FUSED: bool>(self) -> f32 {
        const MAGIC: f32 = 12_582_912.0;
        const LN2_HIGH: f32 = 0.693_359_4;
        const LN2_LOW: f32 = -2.121_944_4e-4;
        const LEAST: f32 = -87.33;
        let x = if self > 88.3 { 88.3 } else { self };
        let t = x.fma::<FUSED>(std::f32::consts::LOG2_E, MAGIC);
        let n = t - MAGIC;
        let r = n.fma::<FUSED>(-LN2_HIGH, x);
        let r = n.fma::<FUSED>(-LN2_LOW, r);
        let p = r.fma::<FUSED>(1.0 / 5040.0, 1.0 / 720.0);
        let p = p.fma::<FUSED>(r, 1.0 / 120.0);
        let p = p.fma::<FUSED>(r, 1.0 / 24.0);
        let p = p.fma::<FUSED>(r, 1.0 / 6.0);
        let p = p.fma::<FUSED>(r, 0.5);
        let p = p.fma::<FUSED>(r, 1.0);
        let p = p.fma::<FUSED>(r, 1.0);
        let e = p * f32::from_bits(t.to_bits().wrapping_add(127) << 23);
        if self < LEAST { 0.0 } else { e }
    }

    // |x| < 0.625: odd polynomial (the coefficients of Cephes' tanhf); else 1 - 2 / (e^2|x| + 1) with the
    // sign of x. Through the sigmoid alone the relative error near 0 would be 1e-4.
    #[inline(always)]
    fn tanh_lane<const FUSED: bool>(self) -> f32 {
        let a = self.abs();
        let z = self * self;
        let p = z.fma::<FUSED>(-5.704_988_7e-3, 2.063_909e-2);
        let p = p.fma::<FUSED>(z, -5.373_971_6e-2);
        let p = p.fma::<FUSED>(z, 1.333_144_2e-1);
        let p = p.fma::<FUSED>(z, -3.333_328e-1);
        let small = (p * z).fma::<FUSED>(self, self);
        let big = 1.0 - 2.0 / ((a + a).exp_lane::<FUSED>() + 1.0);
        let big = f32::from_bits(big.to_bits() | (self.to_bits() & 0x8000_0000));
        if a < 0.625 { small } else { big }
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
