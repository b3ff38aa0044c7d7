//! Clusters and components, asked with texts or with rows of a table.

use gyeol_base::Result;
use gyeol_data::ColumnData;
use gyeol_supervised::{ClusterModel, ComponentModel, Placed};
use gyeol_tensor::Pool;
use serde_json::{Map, Value, json};

use crate::answers::{Answers, Ask, Reply, VerbSpec, ahead_of_nothing, no_such_verb, texts};
use crate::examples::rows;

fn predict(model: &impl Placed, about: &'static str) -> VerbSpec {
    let input = match model.reads_texts() {
        true => json!({ "texts": { "type": "array", "items": { "type": "string" } } }),
        false => json!({ "rows": {
            "type": "array", "items": { "type": "object" }, "description": "One object a row, its columns by name.",
        } }),
    };
    VerbSpec {
        name: "predict",
        about,
        table: false,
        input: json!({ "type": "object", "properties": input }),
        output: json!({ "type": "object", "required": ["answers"], "properties": {
            "answers": { "type": "array", "items": { "type": "object", "additionalProperties": { "type": "number" } } },
            "warnings": { "type": "array", "items": { "type": "string" } },
        } }),
    }
}

/// Columns of numbers as an object a row.
pub fn row_objects(columns: &[(String, ColumnData)]) -> Vec<Value> {
    let count = columns.first().map_or(0, |(_, data)| data.len());
    let cell = |data: &ColumnData, row: usize| match data {
        ColumnData::Integer(cells) => json!(cells[row]),
        ColumnData::Number(cells) => json!(cells[row]),
        _ => Value::Null,
    };
    let row = |row| {
        columns
            .iter()
            .map(|(name, data)| (name.clone(), cell(data, row)))
            .collect::<Map<String, Value>>()
            .into()
    };
    (0..count).map(row).collect()
}

macro_rules! placed {
    ($kind:ty, $about:literal) => {
        impl Answers for $kind {
            fn verbs(&self) -> Vec<VerbSpec> {
                vec![predict(self, $about)]
            }

            fn answer(&self, verb: &str, ask: Ask, pool: &Pool) -> Result<Reply> {
                if verb != "predict" {
                    return Err(no_such_verb(verb, &self.verbs()));
                }
                let (texts, table) = match ask {
                    Ask::Table(table) => (None, Some(table)),
                    Ask::Ahead(..) => return Err(ahead_of_nothing()),
                    Ask::Json(object) if object.contains_key("rows") => (None, Some(rows(&object)?)),
                    Ask::Json(object) => (Some(texts(&object, "texts")?), None),
                };
                let (columns, warnings) = self.place(texts.as_deref(), table.as_ref(), pool)?;
                let warnings: Vec<String> = warnings.into_iter().map(|warning| warning.words).collect();
                Ok(Reply::Json(json!({ "answers": row_objects(&columns), "warnings": warnings })))
            }
        }
    };
}

placed!(ClusterModel, "The cluster of each example, and the distance from its centre.");
placed!(ComponentModel, "The coordinates of each row along the principal components.");
