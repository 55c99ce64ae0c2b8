//! A module's file system: whole paths, a size limit, and nothing else.

use std::collections::BTreeMap;

/// There is no room for the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// Files by path.
#[derive(Debug)]
pub(crate) struct FileSystem {
    files: BTreeMap<String, Vec<u8>>,
    capacity: usize,
}

impl FileSystem {
    pub(crate) const fn new(capacity: usize) -> Self {
        Self { files: BTreeMap::new(), capacity }
    }

    pub(crate) fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path).map(Vec::as_slice)
    }

    pub(crate) fn size(&self, path: &str) -> Option<usize> {
        self.files.get(path).map(Vec::len)
    }

    pub(crate) fn list(&self) -> impl Iterator<Item = (&str, usize)> {
        self.files.iter().map(|(path, bytes)| (path.as_str(), bytes.len()))
    }

    fn used(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }

    /// Replaces the whole file.
    pub(crate) fn put(&mut self, path: &str, bytes: Vec<u8>) -> Result<(), Full> {
        let old = self.size(path).unwrap_or_default();
        if self.used() - old + bytes.len() > self.capacity {
            return Err(Full);
        }
        self.files.insert(path.to_owned(), bytes);
        Ok(())
    }

    /// Writes at the end of the file.
    pub(crate) fn append(&mut self, path: &str, bytes: &[u8]) -> Result<(), Full> {
        if self.used() + bytes.len() > self.capacity {
            return Err(Full);
        }
        self.files.entry(path.to_owned()).or_default().extend_from_slice(bytes);
        Ok(())
    }

    /// Writes over the beginning of the file and leaves what lies behind (`families.md`, SIM7000: mode 0 does
    /// not truncate).
    pub(crate) fn overwrite_beginning(&mut self, path: &str, bytes: &[u8]) -> Result<(), Full> {
        let old = self.size(path).unwrap_or_default();
        if self.used() - old + bytes.len().max(old) > self.capacity {
            return Err(Full);
        }
        let file = self.files.entry(path.to_owned()).or_default();
        let covered = bytes.len().min(file.len());
        file.splice(..covered, bytes.iter().copied());
        Ok(())
    }

    /// Whether there was such a file.
    pub(crate) fn delete(&mut self, path: &str) -> bool {
        self.files.remove(path).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{FileSystem, Full};

    #[test]
    fn writing_over_the_beginning_does_not_truncate() {
        let mut files = FileSystem::new(10);
        assert_eq!(files.overwrite_beginning("/fota/a", b"abcdef"), Ok(()));
        assert_eq!(files.overwrite_beginning("/fota/a", b"XY"), Ok(()));
        assert_eq!(files.get("/fota/a"), Some(b"XYcdef".as_slice()));
        assert_eq!(files.append("/fota/a", b"gh"), Ok(()));
        assert_eq!(files.size("/fota/a"), Some(8));
        assert_eq!(files.append("/fota/a", b"ijk"), Err(Full));
        assert_eq!(files.put("/fota/a", vec![0; 10]), Ok(()));
        assert!(files.delete("/fota/a") && !files.delete("/fota/a"));
    }
}
