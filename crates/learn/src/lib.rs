//! Linear models and metrics
