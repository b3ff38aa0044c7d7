//! The numbers of a bundle.

use gyeol_base::Result;
use gyeol_tensor::mapped::Bytes;
use safetensors::Dtype;

use crate::fault;

/// A block of numbers with its shape, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Length of each axis, outermost first; empty for a single number.
    pub shape: Vec<usize>,
    /// The numbers, as many as the product of `shape`.
    pub data: TensorData,
}

/// The numbers of a [`Tensor`].
#[derive(Debug, Clone, PartialEq)]
pub enum TensorData {
    /// Single precision: weights.
    F32(Vec<f32>),
    /// Double precision: statistics, intervals.
    F64(Vec<f64>),
    /// Bytes: a file of another form inside the bundle, such as the tables of an n-gram model.
    U8(Bytes),
}

impl TensorData {
    /// How many numbers.
    pub fn len(&self) -> usize {
        match self {
            TensorData::F32(values) => values.len(),
            TensorData::F64(values) => values.len(),
            TensorData::U8(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type's name in the safetensors format.
    pub fn type_name(&self) -> &'static str {
        match self {
            TensorData::F32(_) => "F32",
            TensorData::F64(_) => "F64",
            TensorData::U8(_) => "U8",
        }
    }
}

impl Tensor {
    /// A tensor of single precision; an error where `shape` and the count of `data` differ.
    pub fn f32(shape: impl Into<Vec<usize>>, data: Vec<f32>) -> Result<Tensor> {
        Tensor { shape: shape.into(), data: TensorData::F32(data) }.checked("f32")
    }

    /// A tensor of double precision; an error where `shape` and the count of `data` differ.
    pub fn f64(shape: impl Into<Vec<usize>>, data: Vec<f64>) -> Result<Tensor> {
        Tensor { shape: shape.into(), data: TensorData::F64(data) }.checked("f64")
    }

    /// Bytes in one row.
    pub fn bytes(data: impl Into<Bytes>) -> Tensor {
        let data = data.into();
        Tensor { shape: vec![data.len()], data: TensorData::U8(data) }
    }

    fn checked(self, name: &str) -> Result<Tensor> {
        self.check(name)?;
        Ok(self)
    }

    /// Whether the shape and the numbers fit each other.
    pub(crate) fn check(&self, name: &str) -> Result<()> {
        let wanted = self.shape.iter().try_fold(1usize, |product, axis| product.checked_mul(*axis));
        if wanted == Some(self.data.len()) {
            return Ok(());
        }
        let (shape, len) = (&self.shape, self.data.len());
        Err(fault::tensor(name, format!("its shape {shape:?} does not hold the {len} numbers it has")))
    }

    /// The numbers in double precision, whatever they are kept in.
    pub fn to_f64(&self) -> Vec<f64> {
        match &self.data {
            TensorData::F32(values) => values.iter().map(|value| f64::from(*value)).collect(),
            TensorData::F64(values) => values.clone(),
            TensorData::U8(values) => values.iter().map(|value| f64::from(*value)).collect(),
        }
    }

    /// The numbers if they are of single precision.
    pub fn as_f32(&self) -> Option<&[f32]> {
        match &self.data {
            TensorData::F32(values) => Some(values),
            _ => None,
        }
    }

    /// The numbers if they are of double precision.
    pub fn as_f64(&self) -> Option<&[f64]> {
        match &self.data {
            TensorData::F64(values) => Some(values),
            _ => None,
        }
    }

    /// The bytes if there are such.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.data {
            TensorData::U8(values) => Some(values),
            _ => None,
        }
    }

    /// Hands out the numbers as the file holds them, little endian, a piece at a time.
    pub(crate) fn each_piece<E>(
        &self,
        take: &mut dyn FnMut(&[u8]) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        const PIECE: usize = 1 << 14;
        let mut piece = Vec::with_capacity(8 * PIECE);
        match &self.data {
            TensorData::F32(values) => values.chunks(PIECE).try_for_each(|values| {
                piece.clear();
                piece.extend(values.iter().flat_map(|value| value.to_le_bytes()));
                take(&piece)
            }),
            TensorData::F64(values) => values.chunks(PIECE).try_for_each(|values| {
                piece.clear();
                piece.extend(values.iter().flat_map(|value| value.to_le_bytes()));
                take(&piece)
            }),
            TensorData::U8(values) => values.chunks(8 * PIECE).try_for_each(take),
        }
    }

    /// Bytes that the numbers take in the file.
    pub(crate) fn byte_len(&self) -> usize {
        match &self.data {
            TensorData::F32(values) => 4 * values.len(),
            TensorData::F64(values) => 8 * values.len(),
            TensorData::U8(values) => values.len(),
        }
    }

    /// The type in the safetensors format.
    pub(crate) fn dtype(&self) -> Dtype {
        match self.data {
            TensorData::F32(_) => Dtype::F32,
            TensorData::F64(_) => Dtype::F64,
            TensorData::U8(_) => Dtype::U8,
        }
    }

    /// A tensor from its place in a file; `None` for another number type.
    pub(crate) fn from_le_bytes(dtype: Dtype, shape: &[usize], bytes: Bytes) -> Option<Tensor> {
        let data = match dtype {
            Dtype::F32 => {
                let (numbers, _) = bytes.as_chunks::<4>();
                TensorData::F32(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
            }
            Dtype::F64 => {
                let (numbers, _) = bytes.as_chunks::<8>();
                TensorData::F64(numbers.iter().map(|number| f64::from_le_bytes(*number)).collect())
            }
            Dtype::U8 => TensorData::U8(bytes),
            _ => return None,
        };
        Some(Tensor { shape: shape.to_vec(), data })
    }
}
