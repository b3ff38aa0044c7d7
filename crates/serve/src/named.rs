//! A model under the name by which requests choose it.

use std::sync::Arc;

use gyeol_data::Table;
use gyeol_models::{Answers, Description, VerbSpec};

use crate::answer::Failure;

/// A model with its name.
#[derive(Clone)]
pub struct Named {
    /// The name.
    pub name: String,
    /// What kind of model it is: `forecast`, `language-model` …
    pub kind: String,
    model: Arc<dyn Answers>,
}

impl Named {
    /// A model under a name.
    pub fn new(
        name: impl Into<String>,
        kind: impl Into<String>,
        model: impl Into<Arc<dyn Answers>>,
    ) -> Named {
        Named { name: name.into(), kind: kind.into(), model: model.into() }
    }

    /// The model.
    pub fn model(&self) -> &dyn Answers {
        self.model.as_ref()
    }

    /// The verb of this name.
    pub(crate) fn verb(&self, name: &str) -> Option<VerbSpec> {
        self.model.verbs().into_iter().find(|verb| verb.name == name)
    }

    /// What readings must hold.
    pub(crate) fn describe(&self) -> Result<Description, Failure> {
        self.model.describe().ok_or_else(|| {
            let verbs: Vec<&str> = self.model.verbs().iter().map(|verb| verb.name).collect();
            let next = verbs.iter().map(|verb| format!("/v1/models/{}/{verb}", self.name));
            let message = format!(
                "\"{}\" is a {} model, which reads no table of readings. Next: ask it by {}",
                self.name,
                self.kind,
                next.collect::<Vec<_>>().join(", ")
            );
            Failure::new(axum::http::StatusCode::UNPROCESSABLE_ENTITY, "wrong-kind", message)
        })
    }

    /// Readings to try it with.
    pub(crate) fn sample(&self) -> Option<Table> {
        self.model.sample()
    }
}
