//! The chain from raw text to tokens as one value: fitted on the training part, saved with the model, the same at serving.
//!
//! ```
//! use gyeol_text::prepare::{Preparation, PreparationParams};
//! use gyeol_text::Tokenize;
//!
//! let params = PreparationParams { scheme: "word".into(), lower: true, ..PreparationParams::default() };
//! let chain = params.check()?.plain()?;
//! assert_eq!(chain.tokens("The LSTM won't wait."), ["the", "lstm", "won't", "wait", "."]);
//! let again = Preparation::from_json(&chain.to_json())?;
//! assert_eq!(again.tokens("Don't"), chain.tokens("Don't"));
//! # Ok::<(), gyeol_text::Error>(())
//! ```

use std::cell::Cell;

use gyeol_data::Fault;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::normalise::lower_into;
use crate::words::{Scheme, Tokenize};

/// Number of the form that [`Preparation::to_json`] writes.
const VERSION: u32 = 1;

/// What a chain does, in the order in which it does it; also the `[text]` part of a recipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PreparationParams {
    /// Name of the scheme that cuts into tokens.
    pub scheme: String,
    /// Whether letters become small ones.
    pub lower: bool,
}

impl Default for PreparationParams {
    fn default() -> Self {
        PreparationParams { scheme: "word".into(), lower: false }
    }
}

impl PreparationParams {
    /// Checks every name.
    ///
    /// # Errors
    /// A name that is not known, or options that do not fit each other.
    pub fn check(self) -> Result<PreparationValid> {
        let scheme = self.scheme.parse()?;
        Ok(PreparationValid { params: self, scheme })
    }
}

/// A checked chain, to be fitted.
#[derive(Debug, Clone)]
pub struct PreparationValid {
    params: PreparationParams,
    scheme: Scheme,
}

impl PreparationValid {
    /// The chain where nothing in it learns from a corpus.
    ///
    /// # Errors
    /// A step that must be fitted.
    pub fn plain(self) -> Result<Preparation> {
        Ok(Preparation { params: self.params, scheme: self.scheme })
    }
}

/// A chain that is ready.
#[derive(Debug, Clone)]
pub struct Preparation {
    params: PreparationParams,
    scheme: Scheme,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    params: PreparationParams,
}

impl Preparation {
    /// What the chain does.
    pub fn params(&self) -> &PreparationParams {
        &self.params
    }

    /// The chain with all that it learned.
    pub fn to_json(&self) -> serde_json::Value {
        let saved = Saved { version: VERSION, params: self.params.clone() };
        // Plain structures of strings, numbers and lists always have a JSON form.
        serde_json::to_value(saved).unwrap_or_default()
    }

    /// Reads [`Preparation::to_json`].
    ///
    /// # Errors
    /// Another form or version, or names that are not known.
    pub fn from_json(json: &serde_json::Value) -> Result<Self> {
        let saved: Saved = serde_json::from_value(json.clone()).map_err(|e| {
            Error::input(
                Fault::new("broken-preparation", format!("the preparation cannot be read: {e}"))
                    .cause("a file of another program or version")
                    .next("make it again"),
            )
        })?;
        if saved.version != VERSION {
            return Err(Error::input(
                Fault::new(
                    "other-version",
                    format!("version {} of the preparation; this program reads {VERSION}", saved.version),
                )
                .next("read it with the program that made it, or make it again"),
            ));
        }
        saved.params.check()?.plain()
    }
}

thread_local! {
    /// Room for a lower-cased text, used again.
    static LOWERED: Cell<String> = const { Cell::new(String::new()) };
}

impl Tokenize for Preparation {
    fn each(&self, text: &str, token: &mut dyn FnMut(&str)) {
        if self.params.lower {
            // Taken out while in use, so that a chain inside of `token` finds an empty one.
            let mut lowered = LOWERED.take();
            lower_into(text, &mut lowered);
            self.scheme.each(&lowered, token);
            LOWERED.set(lowered);
        } else {
            self.scheme.each(text, token);
        }
    }
}
