//! Nets looked at while they work: which matrix is multiplied with which, one walk forward and backward with every number, what
//! each optimizer makes of the same gradients, and what becomes of a gradient in a deep net.
//!
//! | lesson | shows |
//! |---|---|
//! | [`ShapesLesson`] | shapes of X, W, b and Y, forward and backward, from the sizes of the layers and the mini-batch |
//! | [`BackpropLesson`] | a tiny net of sigmoids, number by number; then eight ways down, step by step |
//! | [`Depth`] | gradients layer by layer through ten layers |
//! | [`Unit`] | a ReLU that dies, and a leaky one that comes back |
//!
//! Gradients are those of this module's layers, steps those of [`crate::Optimizer`].

mod backprop;
mod depth;
mod shapes;

pub use backprop::{BackpropLesson, Descended, LayerWalk, MOST_WIDTH, Method, Weights};
pub use depth::{Depth, DepthLayer, Unit, UnitStep, depths, dying};
pub use shapes::{LayerShapes, Product, Shaped, ShapesLesson, ShapesParams};
