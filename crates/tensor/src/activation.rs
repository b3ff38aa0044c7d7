//! Activations, applied in place, with their derivatives written in terms of the *output* `y`.

use serde::{Deserialize, Serialize};

use crate::dispatch::dispatch;
use crate::real::{LANES, Real, in_lanes, load, store};

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
        debug_assert!(self == Activation::Linear || y.len() == dy.len());
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
    in_lanes!(len, |at, n| {
        let mut v = load(x, at, n);
        for lane in &mut v {
            *lane = f(*lane);
        }
        store(x, at, n, &v);
    });
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

    use crate::path::tests::on_every_path;

    /// Largest relative error of `f` over every 251st `f32` of from..=to.
    fn worst(from: f32, to: f32, f: impl Fn(&mut [f32]), reference: fn(f64) -> f64) -> f64 {
        let all: Vec<f32> = (0..=u32::MAX)
            .step_by(251)
            .map(f32::from_bits)
            .chain([from, to])
            .filter(|x| (from..=to).contains(x))
            .collect();
        let mut worst = 0f64;
        for x in all.chunks(4096) {
            let mut y = x.to_vec();
            f(&mut y);
            for (&x, &y) in x.iter().zip(&y) {
                let want = reference(x as f64);
                // Of numbers below the smallest normal one only the absolute size can be asked.
                let err = (y as f64 - want).abs() / want.abs().max(1.2e-38);
                // `max` would pass over it.
                assert!(!err.is_nan(), "{y} of {x}");
                worst = worst.max(if want == 0.0 && y == 0.0 { 0.0 } else { err });
            }
        }
        worst
    }

    fn sigmoid(x: f64) -> f64 {
        1.0 / (1.0 + (-x).exp())
    }

    // Every path is the same source; the reference is the f64 library function.
    #[test]
    fn sigmoid_and_tanh_are_within_4e_7_of_the_truth_everywhere() {
        for (path, (s, t)) in on_every_path(|| {
            let s = worst(-88.3, f32::INFINITY, |x| Activation::Sigmoid.apply(x), sigmoid);
            (s, worst(f32::NEG_INFINITY, f32::INFINITY, |x| Activation::Tanh.apply(x), f64::tanh))
        }) {
            assert!(s < 4e-7, "{path:?}: sigmoid {s}");
            assert!(t < 4e-7, "{path:?}: tanh {t}");
            let mut far = [-88.31, -90.0, -1e4, f32::MIN, f32::NEG_INFINITY];
            Activation::Sigmoid.apply(&mut far);
            assert!(far.iter().all(|&y| (0.0..=4.6e-39).contains(&y)), "{path:?}: {far:?}");
        }
    }

    #[test]
    fn the_exponential_is_within_2e_7_of_the_truth_and_flat_outside() {
        fn exp<const FUSED: bool>(x: &mut [f32]) {
            x.iter_mut().for_each(|v| *v = v.exp_lane::<FUSED>());
        }
        let (apart, fused) =
            (worst(-87.33, 88.3, exp::<false>, f64::exp), worst(-87.33, 88.3, exp::<true>, f64::exp));
        assert!(apart < 2e-7 && fused < 2e-7, "{apart} {fused}");
        let mut x = [-87.34, -100.0, -1e30, f32::NEG_INFINITY, 88.31, 1e30, f32::INFINITY, f32::NAN];
        exp::<false>(&mut x);
        assert_eq!(x[..4], [0.0; 4]);
        assert!(
            x[4..7].iter().all(|&y| (y as f64 / (88.3f32 as f64).exp() - 1.0).abs() < 1e-6) && x[7].is_nan()
        );
        let mut one = [0.0];
        exp::<true>(&mut one);
        assert_eq!(one, [1.0]);
    }

    #[test]
    fn the_logarithm_of_the_sigmoid_is_within_4e_7_of_the_truth_and_finite_everywhere() {
        fn log<const FUSED: bool>(x: &mut [f32]) {
            x.iter_mut().for_each(|v| *v = v.log_sigmoid_lane::<FUSED>().0);
        }
        fn slope<const FUSED: bool>(x: &mut [f32]) {
            x.iter_mut().for_each(|v| *v = v.log_sigmoid_lane::<FUSED>().1);
        }
        let (want, want_slope) = (|x: f64| x.min(0.0) - (-x.abs()).exp().ln_1p(), |x: f64| sigmoid(-x));
        for (f, g) in
            [(log::<false> as fn(&mut [f32]), slope::<false> as fn(&mut [f32])), (log::<true>, slope::<true>)]
        {
            let (off, off_slope) = (worst(f32::MIN, 87.3, f, want), worst(f32::MIN, 87.3, g, want_slope));
            assert!(off < 4e-7 && off_slope < 4e-7, "{off:e} {off_slope:e}");
            let mut far = [88.0, 1e30, f32::MAX, f32::INFINITY, f32::NAN];
            f(&mut far);
            assert!(far[..4] == [0.0; 4] && far[4].is_nan(), "{far:?}");
        }
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
