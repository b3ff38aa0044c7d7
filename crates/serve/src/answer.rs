//! Answers: JSON, and one form for every error.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::Refusal;

/// A request that could not be answered.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    pub(crate) refusal: Refusal,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Failure {
        Failure { status, refusal: Refusal::new(code, message) }
    }
}

impl From<Refusal> for Failure {
    /// The readings are at fault: the request was understood, its content cannot be worked on.
    fn from(refusal: Refusal) -> Failure {
        Failure { status: StatusCode::UNPROCESSABLE_ENTITY, refusal }
    }
}

impl From<gyeol_data::Error> for Failure {
    fn from(error: gyeol_data::Error) -> Failure {
        let status = match &error {
            gyeol_data::Error::Limit(_) => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Failure { status, refusal: error.into() }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(json!({ "error": self.refusal }))).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }
}
