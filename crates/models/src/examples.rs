//! Classifiers and regressions, asked with texts or with rows of a table.

use gyeol_base::Result;
use gyeol_data::{ColumnData, Table};
use gyeol_supervised::{Answer, Classifier, Explained, Machine, Reasons, Regressor, Said, Term};
use gyeol_tensor::Pool;
use serde_json::{Map, Value, json};

use crate::answers::{Answers, Ask, Reply, VerbSpec, ahead_of_nothing, no_such_verb, texts, wrong_shape};

/// Most rows that are asked for at once.
const MOST: usize = 100_000;
/// Most that are explained at once: each has a term for every column.
const MOST_EXPLAINED: usize = 1000;

/// What goes in: texts, rows, or either.
fn input(machine: &Machine) -> Value {
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
    json!({ "type": "object", "properties": properties })
}

fn verbs(machine: &Machine) -> Vec<VerbSpec> {
    vec![classify(machine), explain(machine)]
}

fn explain(machine: &Machine) -> VerbSpec {
    let number = match machine.answer {
        Answer::Class(_) => json!({ "type": "object", "additionalProperties": { "type": "number" } }),
        Answer::Value => json!({ "type": "number" }),
    };
    let terms = |name: &str| {
        json!({ "type": "array", "items": { "type": "object", "properties": {
            name: { "type": "string" },
            "value": { "type": ["number", "null"], "description": "In units of the column; null where the cell is missing." },
            "filled": { "type": "number", "description": "What stands for a missing cell." },
            "coefficient": number, "contribution": number,
        } } })
    };
    VerbSpec {
        name: "explain",
        about: "Why each example is answered as it is: the score as a sum of terms, or the neighbours that were asked.",
        table: false,
        input: input(machine),
        output: json!({ "type": "object", "required": ["explained"], "properties": {
            "explained": { "type": "array", "items": { "type": "object", "properties": {
                "label": { "type": "string" }, "p": { "type": "object" }, "value": { "type": "number" },
                "intercept": number, "score": number,
                "words": terms("term"), "terms": terms("column"),
                "nearest": { "type": "array", "items": { "type": "object", "properties": {
                    "example": { "type": "integer", "description": "Place among the examples that the model keeps, from 1." },
                    "distance": { "type": "number" },
                } } },
            } } },
            "warnings": { "type": "array", "items": { "type": "string" } },
        } }),
    }
}

fn classify(machine: &Machine) -> VerbSpec {
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
        input: input(machine),
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
                verbs(&self.0)
            }

            fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
                answer(&self.0, verb, ask, pool)
            }
        })*
    };
}

answers!(Classifier, Regressor);

fn answer(machine: &Machine, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
    if verb != "predict" && verb != "explain" {
        return Err(no_such_verb(verb, &verbs(machine)));
    }
    let (texts, table) = match ask {
        Ask::Table(table) => (None, Some(table)),
        Ask::Ahead(..) => return Err(ahead_of_nothing()),
        Ask::Json(object) if object.contains_key("rows") => (None, Some(rows(&object)?)),
        Ask::Json(object) => (Some(texts(&object, "texts")?), None),
    };
    if verb == "explain" {
        return explained_all(machine, texts.as_deref(), table.as_ref(), pool);
    }
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

fn explained_all(
    machine: &Machine,
    texts: Option<&[String]>,
    table: Option<&Table>,
    pool: &Pool,
) -> Result<Reply> {
    let count = texts.map_or(table.map_or(0, Table::rows), <[String]>::len);
    if count == 0 || count > MOST_EXPLAINED {
        return Err(wrong_shape(format!("{count} examples; 1 to {MOST_EXPLAINED} can be explained at once")));
    }
    let (mut all, mut warnings) = (Vec::with_capacity(count), Vec::<String>::new());
    for i in 0..count {
        let row = table.map(|table| table.at_rows(&[i])).transpose()?;
        let found = machine.explain(texts.map(|texts| &texts[i..=i]), row.as_ref(), pool)?;
        let more = found.warnings.iter().map(|warning| warning.words.clone());
        warnings.extend(more.filter(|words| !warnings.contains(words)).collect::<Vec<_>>());
        all.push(explained(machine, &found));
    }
    Ok(Reply::Json(json!({ "explained": all, "warnings": warnings })))
}

/// Scores of all classes: of two, the first has the same as the second with the other sign.
pub fn by_class(machine: &Machine, scores: &[f64]) -> Vec<f64> {
    match scores {
        [score] if machine.classes().len() == 2 => vec![-score, *score],
        _ => scores.to_vec(),
    }
}

/// An answer with its reasons, as an object.
pub fn explained(machine: &Machine, found: &Explained) -> Value {
    let mut out = answers(machine, &found.said).into_iter().next().unwrap_or_default();
    let names = machine.classes();
    let numbers = |scores: &[f64]| match machine.answer {
        Answer::Class(_) => {
            names.iter().cloned().zip(by_class(machine, scores).into_iter().map(Value::from)).collect()
        }
        Answer::Value => json!(scores.first()),
    };
    match &found.reasons {
        Reasons::Terms { intercept, terms, scores } => {
            out["intercept"] = numbers(intercept);
            out["score"] = numbers(scores);
            let term = |term: &Term| {
                let name = if term.word { "term" } else { "column" };
                let mut one = json!({
                    name: term.name, "value": term.value, "contribution": numbers(&term.contributions),
                });
                if let Some(filled) = term.filled {
                    one["filled"] = json!(filled);
                }
                if !term.coefficients.is_empty() {
                    one["coefficient"] = numbers(&term.coefficients);
                }
                one
            };
            if machine.reads_texts() {
                out["words"] = terms.iter().filter(|t| t.word).map(term).collect();
            }
            if machine.reads_columns() {
                out["terms"] = terms.iter().filter(|t| !t.word).map(term).collect();
            }
        }
        Reasons::Without { terms, scores } => {
            out["score"] = numbers(scores);
            let term = |term: &Term| json!({ "term": term.name, "without": numbers(&term.contributions) });
            out["words"] = terms.iter().map(term).collect();
        }
        Reasons::Neighbours(near) => {
            let near = near.iter().map(|near| {
                let mut one = json!({ "example": near.row + 1, "distance": near.distance });
                if let Some(class) = near.class {
                    one["label"] = json!(names.get(class as usize));
                }
                if let Some(value) = near.value {
                    one["value"] = json!(value);
                }
                one
            });
            out["nearest"] = near.collect();
        }
    }
    out
}

/// Objects as a table: numbers, true and false, and texts; a key that a row lacks is a missing cell.
pub(crate) fn rows(object: &Map<String, Value>) -> Result<Table> {
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
