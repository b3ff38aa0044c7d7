//! Tests through the public interface, in one binary: a module for each matter.

mod honesty;
mod quantiles;
mod response;
mod scenarios;
mod watch;
