//! The routes, and what holds for all of them: limits, headers, counting.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use gyeol_data::Table;
use gyeol_forecast::{Forecast, ForecastRow};
use gyeol_models::{Ask, Description, Reply};
use gyeol_tensor::Pool;

use crate::answer::Failure;
use crate::input::{self, Form};
use crate::metrics::Metrics;
use crate::page::Pages;
use crate::times::Times;
use crate::{Named, ServeOptions, inspect, openapi};

/// Everything that requests share.
pub(crate) struct Shared {
    models: Vec<Named>,
    options: ServeOptions,
    work: Arc<Semaphore>,
    metrics: Metrics,
    pages: Pages,
}

type Context = State<Arc<Shared>>;
type Words = Query<HashMap<String, String>>;

/// The route of every verb of every model.
const VERB: &str = "/v1/models/{name}/{verb}";

/// Every route, with the methods it knows.
const ROUTES: [(&str, &str); 9] = [
    ("/", "GET"),
    ("/v1/forecast", "POST"),
    ("/v1/inspect", "POST"),
    ("/v1/models", "GET"),
    (VERB, "POST"),
    ("/v1/sample", "GET"),
    ("/healthz", "GET"),
    ("/metrics", "GET"),
    ("/openapi.json", "GET"),
];

pub(crate) fn router(models: Vec<Named>, options: ServeOptions) -> Router {
    let pages = Pages::new(&options.language);
    let work = Arc::new(Semaphore::new(options.max_concurrent.max(1)));
    let shared = Arc::new(Shared { models, options, work, metrics: Metrics::default(), pages });
    Router::new()
        .route("/", get(page))
        .route("/v1/forecast", post(forecast))
        .route("/v1/inspect", post(inspected))
        .route("/v1/models", get(models_list))
        .route(VERB, post(asked))
        .route("/v1/sample", get(sample))
        .route("/healthz", get(async || Json(json!({ "status": "ok" }))))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(described_api))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(middleware::from_fn_with_state(shared.clone(), around))
        .with_state(shared)
}

/// Counts every request and puts the same headers on every answer.
async fn around(State(shared): Context, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let route = ROUTES.iter().find(|(route, _)| Some(*route) == matched).map_or("other", |(route, _)| *route);
    let began = Instant::now();
    let under_way = shared.metrics.begin();
    let mut response = next.run(request).await;
    drop(under_way);
    shared.metrics.answered(route, response.status().as_u16(), began.elapsed());
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

async fn no_such_path(request: Request) -> Failure {
    let known: Vec<String> = ROUTES.iter().map(|(route, method)| format!("{method} {route}")).collect();
    let path: String = request.uri().path().chars().take(80).collect();
    let message = format!("there is nothing at {path}. Next: use one of {}", known.join(", "));
    Failure::new(StatusCode::NOT_FOUND, "no-such-path", message)
}

async fn no_such_method(request: Request) -> Failure {
    let path = request.uri().path();
    let known = ROUTES.iter().find(|(route, _)| *route == path).map(|(_, method)| *method);
    let method = known.unwrap_or(if path.starts_with("/v1/models/") { "POST" } else { "GET" });
    let message = format!("{path} does not answer {}. Next: use {method}", request.method());
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, "no-such-method", message)
}

async fn metrics(State(shared): Context) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], shared.metrics.text())
        .into_response()
}

async fn page(State(shared): Context, Query(words): Words, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let page = shared.pages.choose(words.get("lang").map(String::as_str), accepted);
    let policy =
        HeaderValue::from_str(&page.policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    let language = HeaderValue::from_static(page.language);
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CONTENT_LANGUAGE, language),
        (header::VARY, HeaderValue::from_static("accept-language")),
    ];
    (headers, page.html.clone()).into_response()
}

async fn described_api(State(shared): Context) -> Json<Value> {
    Json(openapi(&shared.models))
}

fn described(model: &Named) -> Value {
    let mut value = serde_json::to_value(model.model().describe()).unwrap_or_default();
    if value.is_null() {
        value = json!({});
    }
    if let Value::Object(object) = &mut value {
        let verbs: Vec<Value> = model
            .model()
            .verbs()
            .iter()
            .map(|verb| json!({ "name": verb.name, "about": verb.about }))
            .collect();
        object.insert("name".to_owned(), json!(model.name));
        object.insert("kind".to_owned(), json!(model.kind));
        object.insert("verbs".to_owned(), Value::Array(verbs));
    }
    value
}

async fn models_list(State(shared): Context) -> Json<Value> {
    let models: Vec<Value> = shared.models.iter().map(described).collect();
    let limits = json!({ "max_body": shared.options.max_body, "timeout_seconds": shared.options.timeout.as_secs_f64() });
    Json(json!({ "models": models, "limits": limits, "version": env!("CARGO_PKG_VERSION") }))
}

async fn sample(State(shared): Context, Query(words): Words) -> Result<Response, Failure> {
    let model = shared.model(words.get("model").map(String::as_str))?;
    let csv = shared
        .work(move || {
            let description = model.describe()?;
            Ok(model.sample().map(|table| csv(&table, &description)))
        })
        .await?;
    let Some(csv) = csv else {
        let message = "this model has no sample. Next: send readings of your own";
        return Err(Failure::new(StatusCode::NOT_FOUND, "no-sample", message));
    };
    Ok(([(header::CONTENT_TYPE, "text/csv; charset=utf-8")], csv).into_response())
}

/// A table as CSV, times as the model's clock shows them.
fn csv(table: &Table, description: &Description) -> String {
    let times = Times::of(description);
    let quote = |cell: &str| {
        if cell.contains([',', '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.to_owned()
        }
    };
    let mut columns: Vec<Vec<String>> = Vec::new();
    for column in table.columns() {
        let mut cells = vec![quote(&column.name)];
        match table.times(&column.name) {
            Ok(moments) => cells
                .extend(moments.iter().map(|moment| moment.map_or_else(String::new, |ms| times.text(ms)))),
            Err(_) => {
                let texts = table.texts(&column.name).unwrap_or_default();
                cells.extend(texts.iter().map(|text| quote(text.as_deref().unwrap_or(""))));
            }
        }
        columns.push(cells);
    }
    let mut out = String::new();
    for row in 0..=table.rows() {
        let cells: Vec<&str> =
            columns.iter().map(|column| column.get(row).map_or("", String::as_str)).collect();
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

async fn forecast(
    State(shared): Context,
    Query(words): Words,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Failure> {
    let (model, readings) = shared.readings(&words, &headers, body).await?;
    shared.forecast(model, readings).await
}

/// Any verb of any model.
async fn asked(
    State(shared): Context,
    Path((name, verb)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Failure> {
    let model = shared.model(Some(&name))?;
    let table = model.verb(&verb).is_some_and(|spec| spec.table);
    if table {
        let words = HashMap::from([("model".to_owned(), name)]);
        let (model, readings) = shared.readings(&words, &headers, body).await?;
        return shared.forecast(model, readings).await;
    }
    let bytes = shared.body(&headers, body).await?;
    let ask = input::object(&bytes)?;
    let reply = shared
        // One thread a request: the server already works on several at once.
        .work(move || Ok(model.model().answer(&verb, Ask::Json(ask), &Pool::new(1))?))
        .await?;
    match reply {
        Reply::Json(value) => Ok(Json(value)),
        Reply::Forecast(_) => Err(gyeol_base::Error::defect("a forecast where JSON was asked for").into()),
    }
}

fn answer(model: &Named, description: &Description, table: &Table, forecast: Forecast) -> Value {
    let times = Times::of(description);
    let rows: Vec<Value> = forecast
        .rows
        .into_iter()
        .map(|row| {
            let mut value = json!({
                "time": times.text(row.time), "ms": row.time, "target": row.target,
                "value": row.value, "low": row.low, "high": row.high,
            });
            if let (Some(id), Value::Object(object)) = (row.id, &mut value) {
                object.insert("id".to_owned(), Value::String(id));
            }
            value
        })
        .collect();
    let mut warnings: Vec<String> = input::notes(table);
    warnings.extend(forecast.warnings.into_iter().map(|warning| warning.words));
    let read = description.columns();
    for column in table.columns() {
        if !read.iter().any(|(name, _)| *name == column.name) {
            warnings.push(format!("the column '{}' is not read by this model", column.name));
        }
    }
    json!({
        "model": model.name, "unit": description.unit, "interval": description.interval,
        "forecast": rows, "warnings": warnings,
    })
}

async fn inspected(
    State(shared): Context,
    Query(words): Words,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Failure> {
    let (model, readings) = shared.readings(&words, &headers, body).await?;
    let value = shared
        .work(move || {
            let description = model.describe()?;
            inspect::inspect(&readings.table(&description)?, &description)
        })
        .await?;
    Ok(Json(value))
}

/// A body, not yet a table.
enum Readings {
    Json(Value),
    File(Bytes),
}

impl Readings {
    fn table(&self, description: &Description) -> Result<Table, Failure> {
        match self {
            Readings::Json(value) => Ok(input::table(value, description)?),
            Readings::File(bytes) => input::file(bytes, description),
        }
    }
}

impl Shared {
    /// A forecast of a model from readings.
    async fn forecast(&self, model: Named, readings: Readings) -> Result<Json<Value>, Failure> {
        let (name, count, value) = self
            .work(move || {
                let description = model.describe()?;
                let table = readings.table(&description)?;
                input::check_columns(&table, &description)?;
                // One thread a request: the server already works on several at once.
                let reply = model.model().answer("forecast", Ask::Table(table.clone()), &Pool::new(1))?;
                let Reply::Forecast(forecast) = reply else {
                    return Err(gyeol_base::Error::defect("JSON where a forecast was asked for").into());
                };
                let finite = |row: &ForecastRow| row.value.is_finite() && row.low.is_finite() && row.high.is_finite();
                if !forecast.rows.iter().all(finite) {
                    let message = "the forecast holds values that are no numbers. Likely cause: readings far from any that the \
                                   model was fitted on. Next: look at the last readings for a stuck or broken meter";
                    return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "no-finite-forecast", message));
                }
                let count = forecast.rows.len();
                Ok((model.name.clone(), count, answer(&model, &description, &table, forecast)))
            })
            .await?;
        self.metrics.forecast(&name, count);
        Ok(Json(value))
    }

    /// The model of this name; the first where none is named.
    fn model(&self, name: Option<&str>) -> Result<Named, Failure> {
        let found = match name {
            // Routes without a name speak of readings.
            None => self.models.iter().find(|m| m.model().describe().is_some()).or(self.models.first()),
            Some(name) => self.models.iter().find(|model| model.name == name),
        };
        found.cloned().ok_or_else(|| {
            let names: Vec<&str> = self.models.iter().map(|model| model.name.as_str()).collect();
            let asked: String = name.unwrap_or("").chars().take(60).collect();
            let message = format!("there is no model \"{asked}\". Next: use one of {}", names.join(", "));
            Failure::new(StatusCode::NOT_FOUND, "unknown-model", message)
        })
    }

    /// The model that a request asks for, and the readings it brings.
    async fn readings(
        &self,
        words: &HashMap<String, String>,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<(Named, Readings), Failure> {
        let form = Form::of(headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()))?;
        let bytes = self.body(headers, body).await?;
        let mut name = words.get("model").cloned();
        let readings = match form {
            Form::File => Readings::File(bytes),
            Form::Json => {
                let request = input::json(&bytes)?;
                name = request.model.or(name);
                Readings::Json(request.readings)
            }
        };
        Ok((self.model(name.as_deref())?, readings))
    }

    /// A body within the limits of size and time.
    async fn body(&self, headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
        let limit = self.options.max_body;
        let too_large = || {
            let message = format!(
                "the body is larger than {limit} bytes. Likely cause: a whole history where the last weeks are enough. \
                 Next: send the last rows only, or start the server with a larger limit"
            );
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", message)
        };
        let promised =
            headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if promised.is_some_and(|length| length > limit as u64) {
            return Err(too_large());
        }
        match tokio::time::timeout(self.options.timeout, axum::body::to_bytes(body, limit)).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => {
                // axum wraps the limit's error; its words are the only way to tell it from a broken connection.
                if error.to_string().contains("length limit") {
                    return Err(too_large());
                }
                let message = "the body broke off. Next: send it again";
                Err(Failure::new(StatusCode::BAD_REQUEST, "broken-body", message))
            }
            Err(_) => {
                let seconds = self.options.timeout.as_secs_f64();
                let message = format!(
                    "the body did not arrive within {seconds} s. Next: send it again, over a faster line"
                );
                Err(Failure::new(StatusCode::REQUEST_TIMEOUT, "slow-body", message))
            }
        }
    }

    /// Does work on a blocking thread, a bounded number at once and within the time limit. Work that is too slow is given
    /// up by the request but keeps its place until it ends, so that the bound holds.
    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let unavailable =
            |code: &'static str, message: &str| Failure::new(StatusCode::SERVICE_UNAVAILABLE, code, message);
        let place = match tokio::time::timeout(self.options.timeout, self.work.clone().acquire_owned()).await
        {
            Ok(Ok(place)) => place,
            _ => {
                return Err(unavailable(
                    "busy",
                    "the server is busy with other forecasts. Next: try again in a moment",
                ));
            }
        };
        let job = tokio::task::spawn_blocking(move || {
            let done = job();
            drop(place);
            done
        });
        match tokio::time::timeout(self.options.timeout, job).await {
            Ok(Ok(done)) => done,
            Ok(Err(_)) => Err(Failure::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the model failed in a way that it should not. Next: report it with the readings that caused it",
            )),
            Err(_) => Err(unavailable(
                "too-slow",
                "the forecast took longer than the time limit. Next: send fewer rows or series",
            )),
        }
    }
}
