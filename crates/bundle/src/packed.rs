//! Models that go into bundles: each crate packs its own.

use std::path::Path;

use gyeol_base::{Error, Fault, Result};

use crate::{Bundle, Manifest};

/// A model that a bundle can hold.
///
/// ```
/// use gyeol_base::Result;
/// use gyeol_bundle::{Bundle, DataHash, Manifest, Packed, Tensor};
///
/// struct Mean(f64);
///
/// impl Packed for Mean {
///     const KIND: &'static str = "mean";
///     fn pack(&self, bundle: &mut Bundle) -> Result<()> {
///         bundle.tensors.insert("mean".into(), Tensor::f64([1], vec![self.0])?);
///         Ok(())
///     }
///     fn unpack(bundle: Bundle) -> Result<Mean> {
///         Ok(Mean(bundle.f64("mean", 1)?[0]))
///     }
///     fn parameters(&self) -> u64 {
///         1
///     }
/// }
///
/// let manifest = Manifest::new("mean", "mean", DataHash::default());
/// let bundle = Bundle::of(&Mean(2.5), manifest)?;
/// assert_eq!(bundle.summary().parameters, 1);
/// assert_eq!(bundle.open_as::<Mean>()?.0, 2.5);
/// # Ok::<(), gyeol_base::Error>(())
/// ```
pub trait Packed: Sized {
    /// What `kind` says in the manifest.
    const KIND: &'static str;

    /// The rung in the manifest, where models of one kind have different forms.
    const RUNG: Option<&'static str> = None;

    /// Puts the model in: [`Manifest::model`] and tensors.
    ///
    /// # Errors
    /// Numbers that no file can hold.
    fn pack(&self, bundle: &mut Bundle) -> Result<()>;

    /// Takes the model out of a bundle of its kind, checked.
    ///
    /// # Errors
    /// Parts that are missing or do not fit each other.
    fn unpack(bundle: Bundle) -> Result<Self>;

    /// Numbers that were learnt.
    fn parameters(&self) -> u64;

    /// Writes the model to a file, whole or not at all; `manifest` brings everything but the model.
    ///
    /// # Errors
    /// As [`Packed::pack`] and [`Bundle::save`].
    fn save(&self, path: impl AsRef<Path>, manifest: Manifest) -> Result<()> {
        Bundle::of(self, manifest)?.save(path)
    }

    /// Opens the model in a file.
    ///
    /// # Errors
    /// As [`Bundle::open`] and [`Bundle::open_as`].
    fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Bundle::open(path)?.open_as::<Self>().map_err(|e| e.in_file(path))
    }
}

impl Bundle {
    /// A bundle of a model; `manifest` brings everything but the model.
    ///
    /// # Errors
    /// As [`Packed::pack`].
    pub fn of<M: Packed>(model: &M, mut manifest: Manifest) -> Result<Bundle> {
        manifest.kind = M::KIND.into();
        if let Some(rung) = M::RUNG {
            manifest.rung = rung.into();
        }
        manifest.parameters = Some(model.parameters());
        let mut bundle = Bundle::new(manifest);
        model.pack(&mut bundle)?;
        Ok(bundle)
    }

    /// Whether it holds a model of this type.
    pub fn is<M: Packed>(&self) -> bool {
        self.manifest.kind == M::KIND && M::RUNG.is_none_or(|rung| self.manifest.rung == rung)
    }

    /// The model in a bundle.
    ///
    /// # Errors
    /// A bundle of another kind (`wrong-kind`); what [`Packed::unpack`] finds.
    pub fn open_as<M: Packed>(self) -> Result<M> {
        if !self.is::<M>() {
            let wanted = M::RUNG.map_or(M::KIND.to_owned(), |rung| format!("{}, rung {rung}", M::KIND));
            return Err(self.wrong_kind(&wanted));
        }
        M::unpack(self)
    }

    /// The error of a model of another kind than was needed.
    pub fn wrong_kind(&self, wanted: &str) -> Error {
        let m = &self.manifest;
        Fault::new("wrong-kind", format!("this is a {} model (rung {}), not {wanted}", m.kind, m.rung))
            .cause("a model of another task")
            .next("see with `gyeol show` what it holds")
            .input()
    }
}
