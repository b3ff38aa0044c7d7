//! Products in a precision that is chosen by name.

use std::convert::Infallible;
use std::fmt::Debug;

use serde::{Deserialize, Serialize};

use super::bf16::{Bf16Unavailable, PackedBf16, matmul_bf16, matmul_packed_bf16, room};
use super::{MatRef, PANEL, Packed, Walk, Write, matmul, matmul_packed_walk};
use crate::path::{bf16_available, bf16_is_quicker};
use crate::real::Real;

/// What the operands of products are rounded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// Nothing: products of numbers as they are.
    #[default]
    F32,
    /// bf16, summed in `f32`: products of `f32` numbers take half the time, and are off by up to 2^-8 of themselves.
    /// Numbers in `f64` are not rounded.
    Bf16,
}

impl Precision {
    /// Name as files take it.
    pub fn name(self) -> &'static str {
        match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
        }
    }

    /// The one whose products take the least time here.
    pub fn quickest() -> Precision {
        if bf16_is_quicker() { Precision::Bf16 } else { Precision::F32 }
    }

    /// Refuses what this process has no kernels for.
    ///
    /// # Errors
    /// [`Bf16Unavailable`] for bf16 where [`bf16_available`] is false.
    pub fn check(self) -> Result<(), Bf16Unavailable> {
        if self == Precision::Bf16 && !bf16_available() { Err(Bf16Unavailable) } else { Ok(()) }
    }
}

/// A right operand packed in a precision.
#[derive(Debug, Clone)]
pub struct Operand<T: Real>(Form<T>);

#[derive(Debug, Clone)]
enum Form<T: Real> {
    Full(Packed<T>),
    Bf16(T::Bf16),
}

/// What bf16 is to a type of numbers.
#[doc(hidden)]
pub trait Rounded<T>: Clone + Debug + Send + Sync + Sized + 'static {
    /// None where numbers of the type are never rounded.
    fn zeros(k: usize, n: usize) -> Option<Self>;
    /// Numbers of `T` whose room `zeros` takes.
    fn room(k: usize, n: usize) -> Option<usize>;
    fn repack(&mut self, b: MatRef<'_, T>);
    fn reshape(&mut self, b: MatRef<'_, T>);
    fn product(&self, a: MatRef<'_, T>, c: &mut [T], ldc: usize, write: Write<'_, T>, walk: Walk);
    fn once(a: MatRef<'_, T>, b: MatRef<'_, T>, c: &mut [T], ldc: usize, write: Write<'_, T>);
}

impl Rounded<f32> for PackedBf16 {
    fn zeros(k: usize, n: usize) -> Option<Self> {
        Some(PackedBf16::zeros(k, n))
    }
    fn room(k: usize, n: usize) -> Option<usize> {
        Some(room(k, n))
    }
    fn repack(&mut self, b: MatRef<'_, f32>) {
        self.repack(b)
    }
    fn reshape(&mut self, b: MatRef<'_, f32>) {
        self.reshape(b)
    }
    fn product(&self, a: MatRef<'_, f32>, c: &mut [f32], ldc: usize, write: Write<'_, f32>, walk: Walk) {
        done(matmul_packed_bf16(a, self, c, ldc, write, walk))
    }
    fn once(a: MatRef<'_, f32>, b: MatRef<'_, f32>, c: &mut [f32], ldc: usize, write: Write<'_, f32>) {
        done(matmul_bf16(a, b, c, ldc, write))
    }
}

/// What is not available was to be refused by [`Precision::check`] before.
fn done(result: Result<(), Bf16Unavailable>) {
    if let Err(problem) = result {
        panic!("{problem}");
    }
}

impl Rounded<f64> for Infallible {
    fn zeros(_: usize, _: usize) -> Option<Self> {
        None
    }
    fn room(_: usize, _: usize) -> Option<usize> {
        None
    }
    fn repack(&mut self, _: MatRef<'_, f64>) {
        match *self {}
    }
    fn reshape(&mut self, _: MatRef<'_, f64>) {
        match *self {}
    }
    fn product(&self, _: MatRef<'_, f64>, _: &mut [f64], _: usize, _: Write<'_, f64>, _: Walk) {
        match *self {}
    }
    fn once(a: MatRef<'_, f64>, b: MatRef<'_, f64>, c: &mut [f64], ldc: usize, write: Write<'_, f64>) {
        matmul(a, b, c, ldc, write)
    }
}

impl<T: Real> Operand<T> {
    /// Room for a (k, n) operand.
    pub fn zeros(k: usize, n: usize, precision: Precision) -> Self {
        let rounded = if precision == Precision::Bf16 { T::Bf16::zeros(k, n) } else { None };
        Operand(match rounded {
            Some(b) => Form::Bf16(b),
            None => Form::Full(Packed::zeros(k, n)),
        })
    }

    /// Numbers of `T` that take the memory of a (k, n) operand.
    pub fn room(k: usize, n: usize, precision: Precision) -> usize {
        let rounded = if precision == Precision::Bf16 { T::Bf16::room(k, n) } else { None };
        rounded.unwrap_or(n.next_multiple_of(PANEL) * k)
    }

    /// Packs a matrix (or, through [`MatRef::t`], its transpose) of the same shape into the same room.
    ///
    /// # Panics
    /// If the shape differs or the matrix is shorter than its shape.
    pub fn repack(&mut self, b: MatRef<'_, T>) {
        match &mut self.0 {
            Form::Full(p) => p.repack(b),
            Form::Bf16(p) => p.repack(b),
        }
    }

    /// Packs a matrix of any shape into the same room, which grows if it must.
    ///
    /// # Panics
    /// If the matrix is shorter than its shape.
    pub fn reshape(&mut self, b: MatRef<'_, T>) {
        match &mut self.0 {
            Form::Full(p) => p.reshape(b),
            Form::Bf16(p) => p.reshape(b),
        }
    }
}

/// C (m, n) by rows of stride `ldc`: `write` of A (m, k) times the packed B (k, n), in the precision of B.
///
/// # Panics
/// If shapes or lengths disagree, or B is in bf16 where [`Precision::check`] refuses it.
pub fn product<T: Real>(
    a: MatRef<'_, T>,
    b: &Operand<T>,
    c: &mut [T],
    ldc: usize,
    write: Write<'_, T>,
    walk: Walk,
) {
    match &b.0 {
        Form::Full(b) => matmul_packed_walk(a, b, c, ldc, write, walk),
        Form::Bf16(b) => b.product(a, c, ldc, write, walk),
    }
}

/// [`matmul`] in a precision: both operands by any strides.
///
/// # Panics
/// If shapes or lengths disagree, or where [`Precision::check`] refuses the precision of `f32` numbers.
pub fn matmul_in<T: Real>(
    precision: Precision,
    a: MatRef<'_, T>,
    b: MatRef<'_, T>,
    c: &mut [T],
    ldc: usize,
    write: Write<'_, T>,
) {
    match precision {
        Precision::F32 => matmul(a, b, c, ldc, write),
        Precision::Bf16 => T::Bf16::once(a, b, c, ldc, write),
    }
}
