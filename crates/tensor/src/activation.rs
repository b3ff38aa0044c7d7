//! Activations, applied in place, with their derivatives written in terms of the *output* `y`.

use serde::{Deserialize, Serialize};

use crate::dispatch::dispatch;
use crate::real::{LANES, Real, load, store};

/// An activation function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// y = x.
    Linear,
    /// y = max(x, 0).
    Relu,
    /// y = x for x > 0, else 0.01 x.
    LeakyRelu,
    /// y = tanh x.
    Tanh,
    /// y = 1 / (1 + e^-x).
    Sigmoid,
    /// y = 1 for x > 0, else 0; has no useful derivative (taken as 0).
    Step,
}

impl Activation {
    /// Applies it to every element.
    pub fn apply<T: Real>(self, x: &mut [T]) {
        if self != Activation::Linear {
            T::activate(self, x);
        }
    }

    /// Multiplies `dy` by dy/dx, where `y` is what [`Activation::apply`] left: on return `dy` is dx.
    pub fn backward<T: Real>(self, y: &[T], dy: &mut [T]) {
        debug_assert_eq!(y.len(), dy.len());
        let leak = T::from_f64(LEAK);
        match self {
            Activation::Linear => {}
            Activation::Relu => each(y, dy, |y, d| if y > T::ZERO { d } else { T::ZERO }),
            Activation::LeakyRelu => each(y, dy, |y, d| if y > T::ZERO { d } else { d * leak }),
            Activation::Tanh => each(y, dy, |y, d| d * (T::ONE - y * y)),
            Activation::Sigmoid => each(y, dy, |y, d| d * y * (T::ONE - y)),
            Activation::Step => dy.fill(T::ZERO),
        }
    }
}

const LEAK: f64 = 0.01;

#[inline(always)]
fn each<T: Real>(y: &[T], dy: &mut [T], f: impl Fn(T, T) -> T) {
    for (d, &y) in dy.iter_mut().zip(y) {
        *d = f(y, *d);
    }
}

#[inline(always)]
pub(crate) fn body<T: Real, const FUSED: bool>(kind: Activation, x: &mut [T]) {
    let leak = T::from_f64(LEAK);
    match kind {
        Activation::Linear => {}
        Activation::Relu => map(x, |v| if v > T::ZERO { v } else { T::ZERO }),
        Activation::LeakyRelu => map(x, |v| if v > T::ZERO { v } else { v * leak }),
        Activation::Tanh => map(x, |v| v.tanh_lane::<FUSED>()),
        Activation::Sigmoid => map(x, |v| v.sigmoid_lane::<FUSED>()),
        Activation::Step => map(x, |v| if v > T::ZERO { T::ONE } else { T::ZERO }),
    }
}

#[inline(always)]
fn map<T: Real>(x: &mut [T], f: impl Fn(T) -> T) {
    let len = x.len();
    for at in (0..len).step_by(LANES) {
        let n = LANES.min(len - at);
        let mut v = load(x, at, n);
        for lane in &mut v {
            *lane = f(*lane);
        }
        store(x, at, n, &v);
    }
}

#[inline(always)]
fn body_f32<const FUSED: bool>(kind: Activation, x: &mut [f32]) {
    body::<f32, FUSED>(kind, x)
}

dispatch! {
    pub(crate) fn dispatch_f32(kind: Activation, x: &mut [f32]) = body_f32
}

#[cfg(test)]
mod tests {
    use super::*;

    // Every path is the same source; the reference is the f64 library function.
    fn worst(kind: Activation, reference: fn(f64) -> f64) -> f64 {
        let mut worst = 0f64;
        let mut x = -100.0f32;
        let mut all = Vec::new();
        while x < 100.0 {
            all.push(x);
            x += 0.001_37;
        }
        for e in -40..0 {
            let s = 10f32.powi(e);
            all.extend([s, -s, 1.7 * s, -1.7 * s]);
        }
        let mut y = all.clone();
        kind.apply(&mut y);
        for (&x, &y) in all.iter().zip(&y) {
            let want = reference(x as f64);
            let err = (y as f64 - want).abs();
            // Below the smallest normal number only the absolute size can be asked.
            worst = worst.max(if want.abs() < 1e-37 { err / 1e-37 * 1e-6 } else { err / want.abs() });
        }
        worst
    }

    #[test]
    fn sigmoid_and_tanh_are_within_4e_7_of_the_truth_everywhere() {
        let s = worst(Activation::Sigmoid, |x| 1.0 / (1.0 + (-x.clamp(-87.0, 100.0)).exp()));
        // Below -87.3 the result saturates at the smallest value the range reduction allows.
        assert!(s < 1.2e-6, "{s}");
        let t = worst(Activation::Tanh, f64::tanh);
        assert!(t < 4e-7, "{t}");
    }

    #[test]
    fn nan_stays_nan() {
        for kind in [Activation::Tanh, Activation::Sigmoid] {
            let mut x = [f32::NAN; 3];
            kind.apply(&mut x);
            assert!(x.iter().all(|v| v.is_nan()), "{kind:?}");
        }
    }

    #[test]
    fn derivatives_agree_with_differences() {
        for kind in [
            Activation::Linear,
            Activation::Relu,
            Activation::LeakyRelu,
            Activation::Tanh,
            Activation::Sigmoid,
        ] {
            for x in [-3.0f64, -0.4, 0.3, 2.0] {
                let e = 1e-6;
                let (mut a, mut b, mut y) = ([x + e], [x - e], [x]);
                kind.apply(&mut a);
                kind.apply(&mut b);
                kind.apply(&mut y);
                let mut d = [1.0];
                kind.backward(&y, &mut d);
                let want = (a[0] - b[0]) / (2.0 * e);
                assert!((d[0] - want).abs() < 1e-8, "{kind:?} at {x}: {} {want}", d[0]);
            }
        }
    }
}
