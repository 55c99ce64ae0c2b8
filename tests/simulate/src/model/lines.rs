//! Bytes on a wire as lines.

/// A longer line is none.
const LONGEST: usize = 1024;

/// Puts lines together from bytes that come in pieces.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    part: Vec<u8>,
}

impl Lines {
    /// The lines that are complete with `bytes`; empty ones are left out.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in bytes {
            if !matches!(byte, b'\r' | b'\n') {
                if self.part.len() < LONGEST {
                    self.part.push(*byte);
                }
            } else if !self.part.is_empty() {
                lines.push(String::from_utf8_lossy(&std::mem::take(&mut self.part)).trim().to_owned());
            }
        }
        lines
    }

    /// What has come of the line that is not complete.
    pub(crate) fn part(&self) -> &[u8] {
        &self.part
    }

    /// Forgets it.
    pub(crate) fn forget(&mut self) {
        self.part.clear();
    }
}

/// `line` as a revision: its label and all white space dropped.
pub(crate) fn revision(line: &str) -> String {
    let labels = ["Revision:", "+CGMR:", "+GMR:", "+QGMR:"];
    let bare = labels.iter().find_map(|label| line.strip_prefix(label)).unwrap_or(line);
    bare.split_whitespace().collect()
}

/// Whether a line ends an answer; `Some(true)` when it is an error.
pub(crate) fn ending(line: &str) -> Option<bool> {
    match line {
        "OK" => Some(false),
        "ERROR" => Some(true),
        _ if line.starts_with("+CME ERROR") || line.starts_with("+CMS ERROR") => Some(true),
        _ => None,
    }
}
