//! How large a bundle may be before it is refused unread.

/// Upper bounds that a bundle must keep to be opened. The defaults are far above any net that a CPU trains. Tensors of
/// bytes in a file (the tables of n-gram models) stay where they are and count neither as memory nor as numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes taken into memory.
    pub max_bytes: u64,
    /// Number of tensors.
    pub max_tensors: usize,
    /// Numbers in all tensors together.
    pub max_elements: u64,
    /// Bytes of the header, that is of the manifest and of the tensors' names and shapes.
    pub max_manifest: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_bytes: 2 << 30, max_tensors: 4096, max_elements: 2 << 30, max_manifest: 16 << 20 }
    }
}
