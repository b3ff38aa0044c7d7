//! HTTP server and web page for a trained model
