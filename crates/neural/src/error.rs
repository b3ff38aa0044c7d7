//! What can go wrong while a net is built or trained.

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// An error with its cause and the next step.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A hyper-parameter is outside its range.
    #[error("{name} is {value}; it must be {allowed}")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// What was given.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
    /// This process has no kernels for a precision.
    #[error("{0}; choose precision f32")]
    Precision(#[from] gyeol_tensor::Bf16Unavailable),
    /// The loss or a gradient stopped being a finite number.
    #[error(
        "the {what} became {value} in epoch {epoch}, iteration {iteration}{place}; lower learning_rate (now {learning_rate}), set clip (such as 1), or look for extreme values in the inputs with `gyeol inspect`"
    )]
    NotFinite {
        /// "loss" or "gradient".
        what: &'static str,
        /// The value seen.
        value: f64,
        /// Epoch, from 1.
        epoch: usize,
        /// Iteration within all epochs, from 1.
        iteration: usize,
        /// Layer, as " at encoder.w_h", or empty.
        place: String,
        /// Learning rate of the iteration.
        learning_rate: f64,
    },
    /// Parts of a net's input do not belong together.
    #[error("{what}: found {found}, expected {expected}")]
    Shape {
        /// Which part.
        what: &'static str,
        /// What was given.
        found: String,
        /// What fits.
        expected: String,
    },
    /// The caller asked to stop; the state goes on from the last whole epoch.
    #[error("stopped after epoch {epoch}; run the same command with --resume to go on")]
    Stopped {
        /// Whole epochs done.
        epoch: usize,
    },
    /// A saved state does not fit the net.
    #[error(
        "the saved state has {found} parameters, the net has {expected}: the recipe changed since; start without --resume"
    )]
    StateMismatch {
        /// In the file.
        found: usize,
        /// In the net.
        expected: usize,
    },
}

impl From<Error> for gyeol_base::Error {
    fn from(error: Error) -> Self {
        use gyeol_base::Fault;
        let found = error.to_string();
        let (found, next) = found.split_once("; ").unwrap_or((&found, ""));
        let of = |code| Fault::new(code, found).next(next);
        match error {
            Error::Stopped { .. } => gyeol_base::Error::stopped(),
            Error::Parameter { .. } => of("parameter").next("choose a value within it").option(),
            Error::Precision(_) => of("precision").option(),
            Error::NotFinite { .. } => of("not-finite").input(),
            Error::Shape { .. } => of("shape").input(),
            Error::StateMismatch { .. } => of("state-mismatch").input(),
        }
    }
}
