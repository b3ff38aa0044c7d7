//! Learning machines on numbers: no tables, no texts, no metrics.
//!
//! | module | what |
//! |---|---|
//! | [`LinearClassifier`] | scores = x W + b, what most classifiers here become |
//! | [`logistic`] | logistic and softmax regression: L1, L2, elastic net |
//! | [`bayes`] | naive Bayes: multinomial, complement, Bernoulli, Gaussian |
//! | [`svm`] | linear support vector machines |
//! | [`nbsvm`] | log-count ratios times a linear machine |
//! | [`regression`] | least squares with inference, ridge, lasso, elastic net, gradient descent |
//! | [`PerceptronParams`] | Rosenblatt's perceptron, and the averaged one |
//! | [`sgd`] | averaged stochastic gradients, for data of any size |
//! | [`neighbours`] | k nearest neighbours |
//! | [`trees`] | boosted trees, by histograms |
//! | [`KMeansParams`], [`silhouette`] | clusters, and how well they are parted |
//! | [`Pca`] | principal components |
//! | [`lessons`] | the same on small tables, number by number |
//! | [`distribution`] | tails of t, F and χ² |
//! | [`Gram`], [`Linear`] | ridge regression of many outputs in closed form |

pub mod bayes;
mod classifier;
pub mod distribution;
mod error;
mod features;
mod kmeans;
pub mod lessons;
pub mod logistic;
pub mod nbsvm;
pub mod neighbours;
mod pca;
mod perceptron;
pub mod regression;
mod ridge;
pub mod sgd;
mod silhouette;
pub mod svm;
pub mod trees;
mod vector;

pub use bayes::{BayesParams, GaussianBayes};
pub use classifier::{ClassWeight, LinearClassifier, Link};
pub use error::no_rows;
pub use features::Features;
pub use gyeol_base::{Error, Result};
pub use kmeans::{KMeans, KMeansParams};
pub use logistic::{ClassifierFit, LogisticParams, Solver};
pub use nbsvm::{NbsvmParams, UnitClassifier};
pub use neighbours::{Neighbours, Say};
pub use pca::Pca;
pub use perceptron::{PerceptronFit, PerceptronParams, Seen};
pub use regression::{ElasticNet, LeastSquares};
pub use ridge::{Gram, Linear};
pub use sgd::{SgdLoss, SgdParams};
pub use silhouette::{silhouette, silhouettes};
pub use svm::{Hinge, SvmParams};
