//! The shelf: a private, verified copy of each package.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::HostError;

/// The largest package that is taken, in bytes.
pub const PACKAGE_LIMIT_BYTES: u64 = 512 * 1024 * 1024;

/// The verified copies, by SHA-256. Clones share one shelf. What lies on it never changes.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    packages: Arc<RwLock<HashMap<String, Bytes>>>,
}

impl Shelf {
    /// Reads the file at `path` whole, and keeps it when it has `size` bytes and the digest `sha256` (hexadecimal).
    /// It blocks while it reads and hashes.
    ///
    /// # Errors
    /// [`HostError::Unreadable`], [`HostError::NotAFile`], [`HostError::TooLarge`], [`HostError::Size`] and
    /// [`HostError::Sha256`]; nothing is kept then.
    pub fn add(&self, path: &Path, size: u64, sha256: &str) -> Result<(), HostError> {
        let bytes = read(path, size)?;
        let found = sha256_of(&bytes);
        if !found.eq_ignore_ascii_case(sha256) {
            return Err(HostError::Sha256 { path: path.to_owned(), expected: sha256.to_owned(), found });
        }
        let mut packages = self.packages.write().unwrap_or_else(PoisonError::into_inner);
        packages.entry(found).or_insert_with(|| Bytes::from(bytes));
        Ok(())
    }

    /// The verified copy with the digest `sha256` (hexadecimal): what is served, and what an upload through the port
    /// sends. Cloning the answer copies no bytes.
    pub fn bytes(&self, sha256: &str) -> Option<Bytes> {
        let packages = self.packages.read().unwrap_or_else(PoisonError::into_inner);
        packages.get(&sha256.to_ascii_lowercase()).cloned()
    }
}

/// The whole file, which has to have `size` bytes. A file that grows under the reader is not followed.
fn read(path: &Path, size: u64) -> Result<Vec<u8>, HostError> {
    let unreadable = |source: io::Error| HostError::Unreadable { path: path.to_owned(), source };
    // Asked before it is opened: opening a pipe would wait for its writer.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(HostError::NotAFile { path: path.to_owned() });
    }
    let file = File::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?.len();
    expect_size(path, size, found)?;
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
    file.take(size + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    expect_size(path, size, bytes.len() as u64)?;
    Ok(bytes)
}

fn expect_size(path: &Path, expected: u64, found: u64) -> Result<(), HostError> {
    let path = path.to_owned();
    if found > PACKAGE_LIMIT_BYTES {
        return Err(HostError::TooLarge { path, limit: PACKAGE_LIMIT_BYTES, found });
    }
    if found != expected {
        return Err(HostError::Size { path, expected, found });
    }
    Ok(())
}

/// The SHA-256 of `bytes` in lower-case hexadecimal digits, as packages are named by.
pub fn sha256_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{PACKAGE_LIMIT_BYTES, Shelf, sha256_of};
    use crate::HostError;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn digests_are_those_of_the_standard() {
        assert_eq!(sha256_of(b""), EMPTY);
        assert_eq!(sha256_of(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        fs::write(&path, b"abc").unwrap();
        let shelf = Shelf::default();
        let name = path.display();

        let error = shelf.add(&path, 4, EMPTY).unwrap_err().to_string();
        assert_eq!(error, format!("{name}: expected 4 bytes, found 3"));
        let error = shelf.add(&path, 3, EMPTY).unwrap_err().to_string();
        assert_eq!(error, format!("{name}: expected sha256 {EMPTY}, found {}", sha256_of(b"abc")));
        assert!(matches!(shelf.add(folder.path(), 3, EMPTY), Err(HostError::NotAFile { .. })));
        assert!(matches!(shelf.add(&folder.path().join("b"), 3, EMPTY), Err(HostError::Unreadable { .. })));
        assert!(shelf.bytes(&sha256_of(b"abc")).is_none());

        let large = folder.path().join("large.zip");
        fs::File::create(&large).unwrap().set_len(PACKAGE_LIMIT_BYTES + 1).unwrap();
        assert!(matches!(shelf.add(&large, PACKAGE_LIMIT_BYTES + 1, EMPTY), Err(HostError::TooLarge { .. })));
    }

    #[test]
    fn the_copy_is_the_shelfs_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        fs::write(&path, b"abc").unwrap();
        let shelf = Shelf::default();
        shelf.add(&path, 3, &sha256_of(b"abc").to_ascii_uppercase()).unwrap();
        fs::write(&path, b"xyz").unwrap();
        assert_eq!(shelf.clone().bytes(&sha256_of(b"abc")).unwrap(), "abc");
    }
}
