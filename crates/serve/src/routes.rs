//! The routes, and what holds for all of them: limits, headers, counting.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use gyeol_data::Table;
use gyeol_forecast::interval::quantile_name;
use gyeol_forecast::{Forecast, ForecastRow};
use gyeol_models::{Ask, Description, Reply};
use gyeol_tensor::Pool;

use crate::answer::Failure;
use crate::input::{self, Form};
use crate::places::Places;
use crate::server::At;
use crate::stream;
use crate::times::Times;
use crate::work::{Shared, Taken};
use crate::{Named, ServeOptions, inspect, openapi};

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

pub(crate) fn router(
    models: Vec<Named>,
    options: ServeOptions,
    places: Arc<Places>,
    stopping: Arc<AtomicBool>,
) -> Router {
    let shared = Arc::new(Shared::new(models, options, places, stopping));
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

/// Refuses requests of foreign pages, counts every request and puts the same headers on every answer.
async fn around(State(shared): Context, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let route = ROUTES.iter().find(|(route, _)| Some(*route) == matched).map_or("other", |(route, _)| *route);
    let began = Instant::now();
    let under_way = shared.metrics.begin();
    let at = request.extensions().get::<At>().and_then(|at| at.0);
    let ours = shared.guard.check(request.method(), request.uri().path(), request.headers(), at);
    let mut response = match ours {
        Ok(()) => next.run(request).await,
        Err(foreign) => foreign.into_response(),
    };
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
    if shared.stopping.load(Ordering::SeqCst) {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
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
    let text = shared.metrics.text(shared.places.counts());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
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
    let form = Form::of(&headers)?;
    let body = shared.body(&headers, body).await?;
    forecast_from(shared, words.get("model").cloned(), form, body).await
}

/// Any verb of any model; in pieces, as server-sent events, where the request accepts these.
async fn asked(
    State(shared): Context,
    Path((name, verb)): Path<(String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let model = shared.model(Some(&name))?;
    if model.verb(&verb).is_some_and(|spec| spec.table) {
        let form = Form::of(&headers)?;
        let body = shared.body(&headers, body).await?;
        return Ok(forecast_from(shared, Some(name), form, body).await?.into_response());
    }
    let body = shared.body(&headers, body).await?;
    let job = move |piece: &mut dyn FnMut(Value) -> bool| {
        let ask = input::object(&body)?;
        drop(body);
        // One thread a request: the server already works on several at once.
        match model.model().answer_in_pieces(&verb, Ask::Json(ask), &Pool::new(1), piece)? {
            Reply::Json(value) => Ok(value),
            Reply::Forecast(_) => {
                Err(Failure::from(gyeol_base::Error::defect("a forecast where JSON was asked for")))
            }
        }
    };
    if stream::is_asked(&headers) {
        return stream::answer(&shared, job).await;
    }
    Ok(Json(shared.work(move || job(&mut |_| true)).await?).into_response())
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
            for (level, q) in description.quantiles.iter().zip(row.quantiles) {
                value[quantile_name(*level)] = json!(q);
            }
            if let Some(over) = row.over {
                value["p_over"] = json!(over);
            }
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
    let form = Form::of(&headers)?;
    let body = shared.body(&headers, body).await?;
    let (all, name) = (shared.clone(), words.get("model").cloned());
    let job = move || {
        let (_, description, table, _) = read(&all, name, form, &body)?;
        inspect::inspect(&table, &description)
    };
    Ok(Json(shared.work(job).await?))
}

/// The model that a request asks for, by its body or by `name`, the table that it brings, and one of rows ahead.
fn read(
    shared: &Shared,
    name: Option<String>,
    form: Form,
    body: &Taken,
) -> Result<(Named, Description, Table, Option<Table>), Failure> {
    match form {
        Form::File => {
            let model = shared.model(name.as_deref())?;
            let description = model.describe()?;
            let table = input::file(body, &description)?;
            Ok((model, description, table, None))
        }
        Form::Json => {
            let request = input::json(body)?;
            let model = shared.model(request.model.or(name).as_deref())?;
            let description = model.describe()?;
            let table = request.readings.table("readings", &description)?;
            let ahead = request.ahead.map(|ahead| ahead.table("ahead", &description)).transpose()?;
            Ok((model, description, table, ahead))
        }
    }
}

/// A forecast of a model from readings.
async fn forecast_from(
    shared: Arc<Shared>,
    name: Option<String>,
    form: Form,
    body: Taken,
) -> Result<Json<Value>, Failure> {
    let all = shared.clone();
    let job = move || {
        let (model, description, table, ahead) = read(&all, name, form, &body)?;
        drop(body);
        input::check_columns(&table, &description)?;
        // One thread a request: the server already works on several at once.
        let ask = match ahead {
            Some(ahead) => Ask::Ahead(Box::new((table.clone(), ahead))),
            None => Ask::Table(table.clone()),
        };
        let reply = model.model().answer("forecast", ask, &Pool::new(1))?;
        let Reply::Forecast(forecast) = reply else {
            return Err(gyeol_base::Error::defect("JSON where a forecast was asked for").into());
        };
        let finite = |row: &ForecastRow| {
            [row.value, row.low, row.high].iter().chain(&row.quantiles).all(|number| number.is_finite())
        };
        if !forecast.rows.iter().all(finite) {
            let message = "the forecast holds values that are no numbers. Likely cause: readings far from any that the \
                           model was fitted on. Next: look at the last readings for a stuck or broken meter";
            return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "no-finite-forecast", message));
        }
        let count = forecast.rows.len();
        Ok((model.name.clone(), count, answer(&model, &description, &table, forecast)))
    };
    let (name, count, value) = shared.work(job).await?;
    shared.metrics.forecast(&name, count);
    Ok(Json(value))
}
