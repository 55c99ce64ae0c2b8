//! What comes out of a module is made harmless, and what must stay secret is masked, before anybody else sees it.

/// What stands in place of a secret.
pub const MASK: &str = "***";

/// `text` with everything that is not printable ASCII replaced by `U+FFFD`, at most `limit` characters long.
///
/// Control bytes, escape sequences, bidirectional marks and wide characters are all gone afterwards, so that a
/// terminal, a log, a label or a page can show it (`families.md`, "For every family", 4).
pub fn printable(text: &str, limit: usize) -> String {
    let harmless = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if text.len() <= limit && text.bytes().all(harmless) {
        return text.to_owned();
    }
    text.chars().take(limit).map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '\u{fffd}' }).collect()
}

/// Masks a job's secrets wherever they stand: in commands, in their echoes, in answers that read them back.
#[derive(Clone, Default)]
pub struct Masker {
    secrets: Vec<String>,
}

impl Masker {
    /// Masks each of `secrets`; empty ones are left out.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut secrets: Vec<String> = secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self { secrets }
    }

    /// Masks `secret` too.
    pub fn add(&mut self, secret: &str) {
        if !secret.is_empty() && !self.secrets.iter().any(|known| known == secret) {
            self.secrets.push(secret.to_owned());
            self.secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        }
    }

    /// `text` without the secrets.
    pub fn mask(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), MASK))
    }
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Masker({} secrets)", self.secrets.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{Masker, printable};

    #[test]
    fn escape_sequences_and_bidi_marks_are_harmless() {
        assert_eq!(printable("a\x1b[2Jb\u{202e}c\0", 40), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}");
        assert_eq!(printable(&"x".repeat(300), 40).len(), 40);
    }

    #[test]
    fn the_longest_secret_goes_first_and_an_empty_one_masks_nothing() {
        let masker = Masker::new(["tmf".into(), "tmf123".into(), String::new()]);
        assert_eq!(masker.mask("AT+FTPPW=\"tmf123\" tmf"), "AT+FTPPW=\"***\" ***");
        assert!(!format!("{masker:?}").contains("tmf"));
    }
}
