//! What happened, in words: the same for the same seed.

use std::collections::BTreeMap;

use events::{Event, Stamped};

/// Keeps what happened, if somebody wants to know.
#[derive(Debug, Default)]
pub(crate) struct Log {
    wanted: bool,
    lines: Vec<String>,
    ids: BTreeMap<String, usize>,
}

impl Log {
    /// One that keeps everything, or nothing.
    pub(crate) fn new(wanted: bool) -> Self {
        Self { wanted, ..Self::default() }
    }

    /// The lines.
    pub(crate) fn into_lines(self) -> Vec<String> {
        self.lines
    }

    pub(crate) fn wire(&mut self, now_ms: u64, slot: &str, way: char, bytes: &[u8]) {
        if self.wanted {
            let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(120)]);
            self.lines.push(format!("{now_ms:>9} {slot} {way} {} {shown:?}", bytes.len()));
        }
    }

    pub(crate) fn note(&mut self, now_ms: u64, slot: &str, text: &str) {
        if self.wanted {
            self.lines.push(format!("{now_ms:>9} {slot} * {text}"));
        }
    }

    pub(crate) fn event(&mut self, now_ms: u64, stamped: &Stamped) {
        if self.wanted && !matches!(stamped.event, Event::Transcript { .. }) {
            let text = self.numbered(&format!("{:?}", stamped.event));
            self.lines.push(format!("{now_ms:>9} {} {text}", stamped.seq));
        }
    }

    /// `text` with numbers in the order of their appearance instead of keys, which are never the same twice.
    fn numbered(&mut self, text: &str) -> String {
        let mut parts = Vec::new();
        for part in text.split('"') {
            let key = part.len() == 36 && part.bytes().filter(|byte| *byte == b'-').count() == 4;
            if key {
                let next = self.ids.len();
                parts.push(format!("#{}", self.ids.entry(part.to_owned()).or_insert(next)));
            } else {
                parts.push(part.to_owned());
            }
        }
        parts.join("\"")
    }
}
