//! The largest of some distances, for the tests of layers and nets and for those against PyTorch.

/// NaN where one of them is NaN: `f64::max` passes over NaN, and a test that takes it lets NaN through.
pub(crate) fn farthest(distances: impl IntoIterator<Item = f64>) -> f64 {
    distances.into_iter().fold(0.0, |most, d| if d > most || d.is_nan() { d } else { most })
}

#[test]
fn nan_is_never_the_smaller_distance() {
    for distances in [[f64::NAN, 0.0, 2.0], [0.0, f64::NAN, 2.0], [0.0, 2.0, f64::NAN], [f64::NAN; 3]] {
        assert!(farthest(distances).is_nan(), "{distances:?}");
    }
    assert_eq!(farthest([0.5, 2.0, 1.0]), 2.0);
    assert_eq!(farthest([0.5, f64::INFINITY, 1.0]), f64::INFINITY);
}
