//! What a linear machine does, number by number, on a small table: every figure of a lesson is one that the machine itself
//! works with, kept so that it can be looked at.
//!
//! | lesson | shows |
//! |---|---|
//! | [`RegressionLesson`] | y = x w + b, the surface of its cost, the way down it at three rates |
//! | [`LogisticLesson`] | σ(x w + b), cross-entropy against squared error, odds, the boundary |
//! | [`PerceptronLesson`] | each update on AND, OR and NAND, and the circle on XOR |
//! | [`SoftmaxLesson`] | scores to shares, the gradient Xᵀ(P - Y) / n, one step |

mod logistic;
mod perceptron;
mod regression;
mod small;
mod softmax;

pub use logistic::{CostCurve, FarStart, LogisticLesson, LogisticPlace, Odds};
pub use perceptron::{Circle, Gate, PerceptronLesson, Update};
pub use regression::{CostSurface, Place, RegressionLesson, Straight, Walk};
pub use small::{MOST_CLASSES, MOST_INPUTS, MOST_ROWS, Scaled, Small};
pub use softmax::{Forward, SoftmaxLesson};
