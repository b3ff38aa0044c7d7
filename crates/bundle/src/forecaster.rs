//! Forecasters in and out of bundles.

use gyeol_forecast::Forecaster;
use gyeol_forecast::rung::Values;

use crate::{Bundle, Error, Manifest, Result, Tensor, TensorData};

/// What `kind` says in a forecaster's manifest.
pub const FORECAST: &str = "forecast";

impl Bundle {
    /// A bundle of a forecaster; `manifest` brings everything but the model.
    ///
    /// # Errors
    /// [`Error::Manifest`] when the forecaster holds a number that is not finite.
    pub fn of_forecaster(forecaster: &Forecaster, mut manifest: Manifest) -> Result<Bundle> {
        let (model, tensors) =
            forecaster.to_parts().map_err(|error| Error::Manifest { why: error.to_string() })?;
        manifest.kind = FORECAST.into();
        manifest.rung = forecaster.rung.clone();
        manifest.model = model;
        let mut bundle = Bundle::new(manifest);
        for (name, shape, values) in tensors {
            let tensor = match values {
                Values::F32(v) => Tensor::f32(shape, v)?,
                Values::F64(v) => Tensor::f64(shape, v)?,
            };
            bundle.tensors.insert(name, tensor);
        }
        Ok(bundle)
    }

    /// The forecaster in a bundle.
    ///
    /// # Errors
    /// [`Error::Manifest`] when the bundle is of another kind or its parts do not make one.
    pub fn forecaster(&self) -> Result<Forecaster> {
        let m = &self.manifest;
        if m.kind != FORECAST {
            return Err(Error::Manifest {
                why: format!("it is a bundle of kind '{}', not a forecaster", m.kind),
            });
        }
        let tensors = self
            .tensors
            .iter()
            .map(|(name, t)| {
                let values = match &t.data {
                    TensorData::F32(v) => Values::F32(v.clone()),
                    TensorData::F64(v) => Values::F64(v.clone()),
                    TensorData::U8(_) => {
                        let why = format!("a forecaster has no tensor of bytes such as '{name}'");
                        return Err(Error::Manifest { why });
                    }
                };
                Ok((name.clone(), t.shape.clone(), values))
            })
            .collect::<Result<_>>()?;
        Forecaster::from_parts(&m.model, &tensors).map_err(|error| Error::Manifest { why: error.to_string() })
    }
}
