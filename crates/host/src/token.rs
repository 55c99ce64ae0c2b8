//! Tokens: what a module has to know to fetch its package.

use std::fmt;

use crate::HostError;

/// Characters of a token.
pub const TOKEN_LEN: usize = 26;

/// Bytes of a path with its token. AG35's FTP path may have 50.
pub const PATH_LEN: usize = BEFORE.len() + TOKEN_LEN + AFTER.len();

const BEFORE: &str = "/p/";
const AFTER: &str = "/update.zip";

/// Crockford's base 32: no I, L, O or U, so nothing is mistaken when it is read aloud.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// 128 random bits of the operating system as 26 characters of Crockford's base 32.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token(String);

impl Token {
    /// A token that nobody can guess. Fails when the system gives no random bytes.
    pub(crate) fn random() -> Result<Self, HostError> {
        Ok(Self(random_digits(TOKEN_LEN)?))
    }

    /// The token that `text` is, whether it was ever issued or not; `None` when it has not the form of one.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let well_formed = text.len() == TOKEN_LEN && text.bytes().all(|byte| ALPHABET.contains(&byte));
        well_formed.then(|| Self(text.to_owned()))
    }

    /// The 26 characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path under which every protocol serves its package, [`PATH_LEN`] bytes.
    pub fn path(&self) -> String {
        format!("{BEFORE}{}{AFTER}", self.0)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// `len` random digits of the operating system, at most [`TOKEN_LEN`]: five bits in each, 128 in all.
pub(crate) fn random_digits(len: usize) -> Result<String, HostError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|source| HostError::NoRandomness { source })?;
    Ok(digits(u128::from_be_bytes(bytes), len))
}

/// The lowest bits of `bits`, five to a digit, as `len` digits.
fn digits(bits: u128, len: usize) -> String {
    let digit = |place: usize| char::from(ALPHABET[(bits >> (5 * place) & 31) as usize]);
    (0..len).rev().map(digit).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{PATH_LEN, TOKEN_LEN, Token, digits};

    fn of_bits(bits: u128) -> Token {
        Token(digits(bits, TOKEN_LEN))
    }

    #[test]
    fn a_path_has_forty_bytes() {
        assert_eq!(PATH_LEN, 40);
        for token in [Token::random().unwrap(), of_bits(0), of_bits(u128::MAX)] {
            assert_eq!(token.as_str().len(), TOKEN_LEN);
            assert_eq!(token.path().len(), PATH_LEN);
            assert_eq!(Token::read(token.as_str()), Some(token));
        }
    }

    #[test]
    fn every_bit_counts() {
        let single_bits: BTreeSet<String> = (0..128).map(|bit| of_bits(1 << bit).0).collect();
        assert_eq!(single_bits.len(), 128);
        assert_eq!(of_bits(u128::MAX).as_str(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
    }

    #[test]
    fn other_texts_are_no_tokens() {
        for text in
            ["", "7ZZZZZZZZZZZZZZZZZZZZZZZZ", "7ZZZZZZZZZZZZZZZZZZZZZZZZZZ", "7ZZZZZZZZZZZZZZZZZZZZZZZZé"]
        {
            assert_eq!(Token::read(text), None, "{text}");
        }
    }
}
