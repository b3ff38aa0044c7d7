//! HTTP server and web page for trained models.
//!
//! | route | what |
//! |---|---|
//! | `POST /v1/forecast` | readings in (JSON, CSV, Parquet), their continuation with its interval out |
//! | `POST /v1/models/{name}/{verb}` | any verb of any model, as it says itself in `/openapi.json` |
//! | `POST /v1/inspect` | how a table would be understood: columns, clock, gaps |
//! | `GET /v1/models` | what each model wants and gives |
//! | `GET /v1/sample` | readings to try, as CSV |
//! | `GET /` | the page: drop a file, see it, press once |
//! | `GET /healthz`, `/metrics`, `/openapi.json` | for the machinery around it |
//!
//! The server knows no task: it serves whatever [`gyeol_models::Answers`]. Every limit (body, time, connections, work at once)
//! is in [`ServeOptions`]; work runs on blocking threads; SIGINT and SIGTERM let running requests finish. Requests of foreign
//! web pages are refused.
//!
//! There is no log-in and no TLS: bind it to a loopback address, or put a proxy with both in front.

mod answer;
mod guard;
mod input;
mod inspect;
mod metrics;
mod named;
mod openapi;
mod options;
mod page;
mod places;
mod routes;
mod rows;
mod server;
mod stream;
mod times;
mod wire;
mod work;

pub use gyeol_base::{Error, Result};
pub use named::Named;
pub use openapi::openapi;
pub use options::ServeOptions;
pub use server::{serve, serve_and_say, serve_until};
