//! Classifiers and regressions, asked with texts or with rows of a table.

use gyeol_base::Result;
use gyeol_data::{ColumnData, Table};
use gyeol_supervised::{Answer, Classifier, Machine, Regressor, Said};
use gyeol_tensor::Pool;
use serde_json::{Map, Value, json};

use crate::answers::{Answers, Ask, Reply, VerbSpec, no_such_verb, texts, wrong_shape};

/// Most rows that are asked for at once.
const MOST: usize = 100_000;

fn classify(machine: &Machine) -> VerbSpec {
    let takes_texts = machine.reads_texts();
    let mut properties = Map::new();
    if takes_texts {
        properties.insert("texts".into(), json!({ "type": "array", "items": { "type": "string" } }));
    }
    if machine.reads_columns() {
        properties.insert(
            "rows".into(),
            json!({ "type": "array", "items": { "type": "object" }, "description": "One object a row, its columns by name." }),
        );
    }
    let answer = match &machine.answer {
        Answer::Class(_) => json!({ "type": "object", "properties": {
            "label": { "type": "string" },
            "p": { "type": "object", "additionalProperties": { "type": "number" } },
        } }),
        Answer::Value => json!({ "type": "object", "properties": { "value": { "type": "number" } } }),
    };
    VerbSpec {
        name: "predict",
        about: match machine.answer {
            Answer::Class(_) => "The class of each example, with probabilities.",
            Answer::Value => "A number for each example.",
        },
        table: false,
        input: json!({ "type": "object", "properties": properties }),
        output: json!({ "type": "object", "required": ["answers"], "properties": {
            "answers": { "type": "array", "items": answer },
            "warnings": { "type": "array", "items": { "type": "string" } },
        } }),
    }
}

macro_rules! answers {
    ($($kind:ty),*) => {
        $(impl Answers for $kind {
            fn verbs(&self) -> Vec<VerbSpec> {
                vec![classify(&self.0)]
            }

            fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
                answer(&self.0, verb, ask, pool)
            }
        })*
    };
}

answers!(Classifier, Regressor);

fn answer(machine: &Machine, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
    if verb != "predict" {
        return Err(no_such_verb(verb, &[classify(machine)]));
    }
    let (texts, table) = match ask {
        Ask::Table(table) => (None, Some(table)),
        Ask::Json(object) if object.contains_key("rows") => (None, Some(rows(&object)?)),
        Ask::Json(object) => (Some(texts(&object, "texts")?), None),
    };
    let (said, warnings) = machine.ask(texts.as_deref(), table.as_ref(), pool)?;
    let warnings: Vec<String> = warnings.into_iter().map(|warning| warning.words).collect();
    Ok(Reply::Json(json!({ "answers": answers(machine, &said), "warnings": warnings })))
}

/// What was said of each example, as objects.
pub fn answers(machine: &Machine, said: &Said) -> Vec<Value> {
    match said {
        Said::Values(values) => values.iter().map(|value| json!({ "value": value })).collect(),
        Said::Classes(p) => machine
            .decide(said)
            .into_iter()
            .enumerate()
            .map(|(row, class)| {
                let names = machine.classes();
                let shares: Map<String, Value> =
                    names.iter().zip(p.row(row)).map(|(name, p)| (name.clone(), json!(p))).collect();
                json!({ "label": names[class as usize], "p": shares })
            })
            .collect(),
    }
}

/// Objects as a table: numbers, true and false, and texts; a key that a row lacks is a missing cell.
fn rows(object: &Map<String, Value>) -> Result<Table> {
    let Some(Value::Array(list)) = object.get("rows") else {
        return Err(wrong_shape("'rows' must be a list of objects".into()));
    };
    if list.is_empty() || list.len() > MOST {
        return Err(wrong_shape(format!("{} rows; 1 to {MOST} can be asked for at once", list.len())));
    }
    let mut names: Vec<&str> = Vec::new();
    let mut objects = Vec::with_capacity(list.len());
    for (i, row) in list.iter().enumerate() {
        let Value::Object(cells) = row else {
            return Err(wrong_shape(format!("row {} is no object", i + 1)));
        };
        for name in cells.keys() {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        if names.len() > 4096 {
            return Err(wrong_shape("more than 4096 different keys".into()));
        }
        objects.push(cells);
    }
    let columns = names.into_iter().map(|name| {
        let cells = || objects.iter().map(|cells| cells.get(name).filter(|cell| !cell.is_null()));
        let data = if cells().flatten().all(Value::is_number) {
            ColumnData::Number(cells().map(|cell| cell.and_then(Value::as_f64).unwrap_or(f64::NAN)).collect())
        } else if cells().flatten().all(Value::is_boolean) {
            ColumnData::Boolean(cells().map(|cell| cell.and_then(Value::as_bool)).collect())
        } else {
            let text = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
            ColumnData::Text(cells().map(|cell| cell.map(text)).collect())
        };
        (name.to_owned(), data)
    });
    Table::from_columns(columns.collect())
}
