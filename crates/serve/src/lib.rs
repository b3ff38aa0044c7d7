//! HTTP server and web page for trained models.
//!
//! | route | what |
//! |---|---|
//! | `POST /v1/forecast` | readings in (JSON, CSV, Parquet), their continuation with its interval out |
//! | `POST /v1/inspect` | how a table would be understood: columns, clock, gaps |
//! | `GET /v1/models` | what each model wants and gives |
//! | `GET /v1/sample` | readings to try, as CSV |
//! | `GET /` | the page: drop a file, see it, press once |
//! | `GET /healthz`, `/metrics`, `/openapi.json` | for the machinery around it |
//!
//! The server knows nothing of nets: it serves whatever is [`Served`]. Every limit (body, time, connections, work at once)
//! is in [`ServeOptions`]; work runs on blocking threads; SIGINT and SIGTERM let running requests finish.
//!
//! There is no log-in and no TLS: bind it to a loopback address, or put a proxy with both in front.

mod answer;
mod input;
mod inspect;
mod metrics;
mod model;
mod openapi;
mod options;
mod page;
mod routes;
mod served;
mod server;
mod times;

pub use gyeol_forecast::ForecastRow;
pub use model::Model;
pub use openapi::openapi;
pub use options::ServeOptions;
pub use served::{Description, Refusal, Served};
pub use server::{ServeError, serve, serve_and_say, serve_until};
