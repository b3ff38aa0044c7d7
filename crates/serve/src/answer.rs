//! Answers: JSON, and one form for every error.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use gyeol_base::{Error, Fault, Kind};

/// A request that could not be answered.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) error: Error,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl AsRef<str>) -> Failure {
        Failure { status, error: refusal(code, message) }
    }
}

/// Why readings could not be worked on: the caller's data is at fault, not the server.
pub(crate) fn refusal(code: &'static str, message: impl AsRef<str>) -> Error {
    Fault::said(code, message).input()
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        let status = match (error.kind(), error.code()) {
            (Kind::Limit, _) => StatusCode::PAYLOAD_TOO_LARGE,
            (Kind::Defect, _) => StatusCode::INTERNAL_SERVER_ERROR,
            (Kind::Stopped, _) => StatusCode::SERVICE_UNAVAILABLE,
            (_, "no-such-verb") => StatusCode::NOT_FOUND,
            // The request was understood, its content cannot be worked on.
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Failure { status, error }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "error": self.error }))).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }
}
