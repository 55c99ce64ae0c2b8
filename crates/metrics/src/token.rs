//! The bearer token of a scraper.

use std::fmt;

use subtle::ConstantTimeEq;

/// A secret that a scraper has to show. It is never printed.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// The token, without white space around it; `None` when nothing is left, or when a header could not carry it.
    pub fn new(secret: &str) -> Option<Self> {
        let secret = secret.trim();
        let sendable = !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic());
        sendable.then(|| Self(secret.to_owned()))
    }

    /// Whether an `Authorization` header shows it. The time it takes tells at most the length.
    pub(crate) fn is_shown_by(&self, header: Option<&[u8]>) -> bool {
        let shown = header.and_then(|header| header.split_first_chunk::<7>());
        let Some((scheme, shown)) = shown else { return false };
        scheme.eq_ignore_ascii_case(b"bearer ") && shown.ct_eq(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::Token;

    #[test]
    fn only_the_whole_token_opens() {
        let token = Token::new(" s3cret\n").unwrap();
        assert!(token.is_shown_by(Some(b"Bearer s3cret")) && token.is_shown_by(Some(b"bearer s3cret")));
        for wrong in ["", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cretx", "Basic s3cret", "s3cret"] {
            assert!(!token.is_shown_by(Some(wrong.as_bytes())), "{wrong}");
        }
        assert!(!token.is_shown_by(None));
    }

    #[test]
    fn it_is_not_printed_and_never_empty() {
        assert_eq!(format!("{:?}", Token::new("s3cret").unwrap()), "Token(…)");
        assert!([" \n", "", "two words", "ünlaut"].iter().all(|text| Token::new(text).is_none()));
    }
}
