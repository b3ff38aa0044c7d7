//! The description of the interface for machines (OpenAPI 3.1).

use serde_json::{Value, json};

use crate::Named;

/// The OpenAPI document that `/openapi.json` answers with: the routes that every server has, and each verb of each model as
/// the model itself describes it.
pub fn openapi(models: &[Named]) -> Value {
    let mut document = common();
    for model in models {
        for verb in model.model().verbs() {
            let content = |schema: &Value| json!({ "application/json": { "schema": schema } });
            let mut responses =
                json!({ "200": { "description": verb.about, "content": content(&verb.output) } });
            if let (Value::Object(all), Some(Value::Object(failures))) = (
                &mut responses,
                document["paths"]["/v1/forecast"]["post"]["responses"]
                    .as_object()
                    .cloned()
                    .map(Value::Object),
            ) {
                all.extend(failures.into_iter().filter(|(status, _)| status != "200"));
            }
            document["paths"][format!("/v1/models/{}/{}", model.name, verb.name)] = json!({ "post": {
                "operationId": format!("{}-{}", model.name, verb.name),
                "summary": verb.about,
                "requestBody": { "required": true, "content": content(&verb.input) },
                "responses": responses,
            } });
        }
    }
    document
}

fn common() -> Value {
    let error = |description: &str| {
        json!({
            "description": description,
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
        })
    };
    let json_of = |schema: &str, description: &str| {
        json!({
            "description": description,
            "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{schema}") } } },
        })
    };
    let model = json!({
        "name": "model", "in": "query", "required": false, "schema": { "type": "string" },
        "description": "Which model; the first where none is named.",
    });
    let file = json!({ "schema": { "type": "string", "description": "CSV with a header, plain or packed with gzip or zstd." } });
    let body = json!({
        "required": true,
        "content": {
            "application/json": { "schema": { "$ref": "#/components/schemas/Request" } },
            "text/csv": file,
            "application/octet-stream": { "schema": { "type": "string", "format": "binary", "description": "CSV, Parquet or Arrow, told apart by its first bytes." } },
        },
    });
    let failures = |mut responses: Value| {
        if let Value::Object(object) = &mut responses {
            for (status, words) in [
                ("400", "The body is not the JSON of a request."),
                ("404", "There is no such model."),
                ("408", "The body did not arrive in time."),
                ("413", "The body is too large."),
                ("415", "The content type is not known."),
                ("422", "The readings cannot be worked on; `row` and `column` point at the cell."),
                ("500", "The model failed."),
                ("503", "The server is busy, or the work took too long."),
            ] {
                object.insert(status.to_owned(), error(words));
            }
        }
        responses
    };
    let text = |kind: &str, description: &str| json!({ "description": description, "content": { kind: { "schema": { "type": "string" } } } });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "gyeol", "version": env!("CARGO_PKG_VERSION"),
            "summary": "Models behind one door: forecasts, language models, topics.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "paths": {
            "/v1/forecast": { "post": {
                "operationId": "forecast", "summary": "Continue readings.", "parameters": [model], "requestBody": body,
                "responses": failures(json!({ "200": json_of("Forecast", "The continuation.") })),
            } },
            "/v1/inspect": { "post": {
                "operationId": "inspect", "summary": "How readings would be understood.", "parameters": [model], "requestBody": body,
                "responses": failures(json!({ "200": json_of("Inspection", "Columns, clock and gaps.") })),
            } },
            "/v1/models": { "get": {
                "operationId": "models", "summary": "What each model wants and gives.",
                "responses": { "200": json_of("Models", "The models, the first being the one that is used where none is named.") },
            } },
            "/v1/sample": { "get": {
                "operationId": "sample", "summary": "Readings to try.", "parameters": [model],
                "responses": { "200": text("text/csv", "The readings."), "404": error("No such model, or it has no sample.") },
            } },
            "/healthz": { "get": {
                "operationId": "health", "summary": "Whether the server answers.",
                "responses": { "200": json_of("Health", "It does.") },
            } },
            "/metrics": { "get": {
                "operationId": "metrics", "summary": "Counts and times for Prometheus.",
                "responses": { "200": text("text/plain", "The metrics.") },
            } },
            "/openapi.json": { "get": {
                "operationId": "openapi", "summary": "This document.",
                "responses": { "200": { "description": "The document.", "content": { "application/json": { "schema": { "type": "object" } } } } },
            } },
            "/": { "get": {
                "operationId": "page", "summary": "The page to try it.",
                "parameters": [{ "name": "lang", "in": "query", "required": false, "schema": { "type": "string", "enum": ["en", "ko"] } }],
                "responses": { "200": text("text/html", "The page.") },
            } },
        },
        "components": { "schemas": schemas() },
    })
}

fn schemas() -> Value {
    let number = json!({ "type": "number" });
    let text = json!({ "type": "string" });
    let count = json!({ "type": "integer", "minimum": 0 });
    let maybe_text = json!({ "type": ["string", "null"] });
    let cell = json!({ "type": ["number", "string", "boolean", "null"] });
    let names = json!({ "type": "array", "items": { "type": "string" } });
    let table = |about: &str| {
        json!({ "description": about, "oneOf": [
            { "type": "array", "description": "One object a row.", "items": { "type": "object", "additionalProperties": cell } },
            { "type": "object", "description": "One list a column.", "additionalProperties": { "type": "array", "items": cell } },
        ] })
    };
    json!({
        "Request": {
            "type": "object", "required": ["readings"], "additionalProperties": false,
            "properties": {
                "model": { "type": "string", "description": "Which model; the first where none is named." },
                "readings": table("Every column that the model reads, up to now."),
                "ahead": table("The time, the id and the columns known ahead, of the rows that are forecast; they may stand in `readings` as well."),
            },
            "examples": [{ "readings": [{ "time": "2014-12-31T23:00", "load": 14312.0, "temperature": 31.2 }] }],
        },
        "Forecast": {
            "type": "object", "required": ["forecast", "model", "warnings", "interval"],
            "properties": {
                "forecast": { "type": "array", "items": { "$ref": "#/components/schemas/ForecastRow" } },
                "model": text, "unit": maybe_text,
                "interval": { "type": "number", "description": "Share of true values that low to high should hold." },
                "warnings": names,
            },
        },
        "ForecastRow": {
            "type": "object", "required": ["time", "ms", "target", "value", "low", "high"],
            "properties": {
                "time": { "type": "string", "description": "ISO 8601, with the offset where the zone is known." },
                "ms": { "type": "integer", "description": "Milliseconds since 1970-01-01 UTC." },
                "target": text, "value": number, "low": number, "high": number,
                "id": { "type": "string", "description": "The series, where there are several." },
                "p_over": { "type": "number", "description": "Probability of a value above the model's limit, where it has one." },
            },
            "patternProperties": { "^q[0-9]+(\\.[0-9]+)?$": {
                "type": "number", "description": "Quantile of that percentage, one for each of the model's `quantiles`.",
            } },
        },
        "Inspection": {
            "type": "object", "required": ["rows", "columns", "clock", "notes", "series"],
            "properties": {
                "rows": count, "format": text, "notes": names,
                "columns": { "type": "array", "items": { "type": "object", "properties": {
                    "name": text, "kind": text, "role": text, "used": { "type": "boolean" }, "missing": count,
                } } },
                "clock": { "type": ["object", "null"] },
                "series": { "type": "array", "items": { "type": "object" } },
            },
        },
        "Models": {
            "type": "object", "required": ["models", "limits", "version"],
            "properties": {
                "models": { "type": "array", "items": { "$ref": "#/components/schemas/Model" } },
                "limits": { "type": "object" }, "version": text,
            },
        },
        "Model": {
            "type": "object", "required": ["name", "kind", "verbs"],
            "properties": {
                "name": text, "kind": text, "rung": text,
                "verbs": { "type": "array", "items": { "type": "object", "properties": { "name": text, "about": text } } }, "time": maybe_text, "targets": names, "past": names, "known": names, "id": maybe_text,
                "step": text, "look_back": count, "horizon": count, "interval": number,
                "quantiles": { "type": "array", "items": number, "description": "Levels of the quantiles in a forecast." },
                "unit": maybe_text, "zone": maybe_text,
            },
        },
        "Health": { "type": "object", "required": ["status"], "properties": { "status": { "const": "ok" } } },
        "Error": {
            "type": "object", "required": ["error"],
            "properties": { "error": {
                "type": "object", "required": ["code", "message"],
                "properties": {
                    "code": text, "message": text, "found": text, "file": text,
                    "row": { "type": "integer", "minimum": 1 }, "column": text, "cause": text, "next": text,
                },
            } },
        },
    })
}
