//! A vector of numbers whose first element lies on a cache line, so that wide loads never straddle two.

use std::ops::{Deref, DerefMut};

const LINE: usize = 64;

/// A fixed-length run of numbers aligned to 64 bytes, zero at first.
#[derive(Debug, Default)]
pub struct Buffer<T> {
    store: Vec<T>,
    start: usize,
    len: usize,
}

impl<T> Buffer<T> {
    /// No numbers.
    pub const EMPTY: Self = Buffer { store: Vec::new(), start: 0, len: 0 };
}

impl<T: Copy + Default> Buffer<T> {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let pad = LINE / size_of::<T>();
        let store = vec![T::default(); len + pad];
        let start = store.as_ptr().align_offset(LINE).min(pad);
        Buffer { store, start, len }
    }

    /// Grows (never shrinks) to at least `len`; contents are zero afterwards if it grew.
    pub fn reserve_zeros(&mut self, len: usize) {
        if self.len < len {
            *self = Buffer::zeros(len);
        }
    }
}

impl<T: Copy + Default> Clone for Buffer<T> {
    fn clone(&self) -> Self {
        let mut other = Buffer::zeros(self.len);
        other.copy_from_slice(self);
        other
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.store[self.start..self.start + self.len]
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.store[self.start..self.start + self.len]
    }
}

impl<T> AsRef<[T]> for Buffer<T> {
    fn as_ref(&self) -> &[T] {
        self
    }
}

impl<T: Copy + Default> From<&[T]> for Buffer<T> {
    fn from(values: &[T]) -> Self {
        let mut b = Buffer::zeros(values.len());
        b.copy_from_slice(values);
        b
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_element_lies_on_a_cache_line() {
        for len in [0, 1, 7, 64, 1000] {
            let b: Buffer<f32> = Buffer::zeros(len);
            assert_eq!(b.as_ptr() as usize % LINE, 0);
            assert_eq!(b.clone().as_ptr() as usize % LINE, 0);
            assert_eq!(b.len(), len);
        }
    }
}
