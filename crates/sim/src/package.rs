//! Simulation packages: what stands in for a vendor's delta file.
//!
//! The first line is `FOTARIGSIM 1`, the second one JSON object ([`Header`]); then pseudo-random payload.

use std::fmt::Write as _;

use events::Family;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::random::Random;

const MAGIC: &[u8] = b"FOTARIGSIM 1\n";

/// A header line longer than this is not looked for further.
const LONGEST_HEADER: usize = 4096;

/// The smallest file that [`build`] makes, in bytes.
pub const SMALLEST: usize = 64 * 1024;

/// What a simulation package says about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The family it is made for.
    pub family: Family,
    /// The model it is made for.
    pub model: String,
    /// The revision it starts from; with a `_` suffix it is compared with the whole `QGMR` answer.
    pub from: String,
    /// The revision it leads to.
    pub to: String,
    /// SHA-256 of the payload, lower-case hex.
    pub sha256: String,
    /// Payload bytes; 0 when the maker did not say.
    #[serde(default)]
    pub size: u64,
}

/// Why the bytes are not a simulation package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// The first line is another one.
    #[error("not a simulation package")]
    Magic,
    /// The second line is missing or too long.
    #[error("the header line does not end")]
    Unfinished,
    /// The second line is not the header.
    #[error("the header cannot be read: {0}")]
    Header(String),
}

impl Header {
    /// A header for [`build`], which fills in size and hash.
    pub fn new(family: Family, model: &str, from: &str, to: &str) -> Self {
        Self {
            family,
            model: model.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            sha256: String::new(),
            size: 0,
        }
    }

    /// Reads the header of `file` and gives the payload behind it.
    pub fn read(file: &[u8]) -> Result<(Self, &[u8]), PackageError> {
        let rest = file.strip_prefix(MAGIC).ok_or(PackageError::Magic)?;
        let end = rest
            .iter()
            .take(LONGEST_HEADER)
            .position(|byte| *byte == b'\n')
            .ok_or(PackageError::Unfinished)?;
        let (line, payload) = rest.split_at(end);
        let header = serde_json::from_slice(line).map_err(|error| PackageError::Header(error.to_string()))?;
        Ok((header, payload.get(1..).unwrap_or_default()))
    }

    /// Whether `payload` is the one this header promises.
    pub fn fits(&self, payload: &[u8]) -> bool {
        self.sha256 == hex_sha256(payload)
    }
}

/// Makes a package file of about `size` bytes ([`SMALLEST`] at least), exactly `size` where that is possible.
pub fn build(header: &Header, size: usize, seed: u64) -> Vec<u8> {
    let size = size.max(SMALLEST);
    let empty = prelude(header, &[]).len();
    let mut payload = Random::new(seed).bytes(size - empty.min(size));
    let mut excess = prelude(header, &payload).len() + payload.len();
    while excess > size && !payload.is_empty() {
        payload.truncate(payload.len() - (excess - size).min(payload.len()));
        excess = prelude(header, &payload).len() + payload.len();
    }
    let mut file = prelude(header, &payload);
    file.append(&mut payload);
    file
}

/// The two lines before the payload.
fn prelude(header: &Header, payload: &[u8]) -> Vec<u8> {
    let mut header = header.clone();
    header.sha256 = hex_sha256(payload);
    header.size = payload.len() as u64;
    let mut file = MAGIC.to_vec();
    // A struct of strings and numbers always has a JSON form.
    file.extend_from_slice(serde_json::to_string(&header).unwrap_or_default().as_bytes());
    file.push(b'\n');
    file
}

fn hex_sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use events::Family;

    use super::{Header, PackageError, SMALLEST, build};

    #[test]
    fn a_built_package_reads_back_and_has_the_wanted_size() {
        let header = Header::new(Family::Bg96, "BG96", "A", "B");
        for size in [0, SMALLEST, 109_285, 1_000_000, 100_357] {
            let file = build(&header, size, 7);
            assert_eq!(file.len(), size.max(SMALLEST));
            let (read, payload) = Header::read(&file).unwrap();
            assert!(read.fits(payload));
            assert_eq!((read.from.as_str(), read.to.as_str(), read.size), ("A", "B", payload.len() as u64));
        }
        assert_eq!(build(&header, 0, 1), build(&header, 0, 1));
        assert_ne!(build(&header, 0, 1), build(&header, 0, 2));
    }

    #[test]
    fn other_bytes_are_refused() {
        assert_eq!(Header::read(b"PK\x03\x04"), Err(PackageError::Magic));
        assert_eq!(Header::read(b"FOTARIGSIM 1\n{"), Err(PackageError::Unfinished));
        assert!(matches!(Header::read(b"FOTARIGSIM 1\n{}\nx"), Err(PackageError::Header(_))));
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(bytes: Vec<u8>, tail: Vec<u8>) {
            let _ = Header::read(&bytes);
            let _ = Header::read(&[b"FOTARIGSIM 1\n".as_slice(), &tail].concat());
        }
    }
}
