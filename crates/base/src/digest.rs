//! SHA-256 in lower-case hexadecimal, the digest by which files and models are known again.

use std::io::Read;

use sha2::{Digest, Sha256};

/// The digest of bytes.
///
/// ```
/// // The standard's own example (FIPS 180-2, appendix B.1).
/// let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// assert_eq!(gyeol_base::digest::sha256(b"abc"), abc);
/// ```
pub fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

/// The first eight bytes of the digest as a number, little endian: a fingerprint by which something is known again among
/// millions of others.
///
/// ```
/// assert_eq!(gyeol_base::digest::fingerprint(b"abc"), 0xeacf_018f_bf16_78ba);
/// ```
pub fn fingerprint(bytes: &[u8]) -> u64 {
    Sha256::digest(bytes).iter().take(8).rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// A digest that grows with what it is given.
#[derive(Debug, Clone, Default)]
pub struct Running(Sha256);

impl Running {
    /// Takes bytes in.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Takes all of a reader in.
    ///
    /// # Errors
    /// What the reader says.
    pub fn read(&mut self, reader: &mut impl Read) -> std::io::Result<()> {
        let mut buffer = vec![0; 1 << 20];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => self.update(&buffer[..read]),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// The digest of all that was taken in.
    pub fn finish(self) -> String {
        hexadecimal(&self.0.finalize())
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
