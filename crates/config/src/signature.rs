//! Signatures of packages: minisign, by keys that the rack trusts.

use minisign_verify::{Error, PublicKey, Signature};

use crate::section::Item;
use crate::{BatchPackage, ConfigError};

/// A public key whose signatures the rack trusts. Keys belong to the place, not to the batch: whoever writes a batch cannot
/// vouch for its packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey(PublicKey);

/// Why a signature does not vouch for a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The text is no minisign signature.
    #[error("it is no minisign signature")]
    Malformed,
    /// None of the trusted keys made it.
    #[error("it is by none of the trusted keys")]
    Stranger,
    /// A trusted key made it, but for other bytes, or its trusted comment was changed.
    #[error("it is not for these bytes")]
    Wrong,
}

impl TrustedKey {
    /// Takes the base64 line of a `.pub` file: `RWQ…`.
    pub fn parse(text: &str) -> Option<Self> {
        PublicKey::from_base64(text.trim()).ok().map(Self)
    }
}

/// Whether `signature` (the text of a `.minisig` file) is by one of `keys` for exactly `bytes`, its trusted comment
/// included.
///
/// # Errors
/// Why not.
pub fn verify_signature(bytes: &[u8], signature: &str, keys: &[TrustedKey]) -> Result<(), SignatureError> {
    let signature = decode(signature).ok_or(SignatureError::Malformed)?;
    let mut refused = SignatureError::Stranger;
    for TrustedKey(key) in keys {
        match key.verify(bytes, &signature, true) {
            Ok(()) => return Ok(()),
            Err(Error::UnexpectedKeyId) => {}
            Err(_) => refused = SignatureError::Wrong,
        }
    }
    Err(refused)
}

/// The text of a `.minisig` file, with whatever white space it was pasted.
pub(crate) fn decode(text: &str) -> Option<Signature> {
    let lines: Vec<&str> = text.trim().lines().map(str::trim).collect();
    Signature::decode(&lines.join("\n")).ok()
}

impl BatchPackage {
    /// Whether `bytes`, the package's verified copy, may be flashed under `[policy] require_signature = true` on a rack that
    /// trusts `keys`. Whoever loads a package calls it with the bytes that will be sent, not with the file's.
    ///
    /// # Errors
    /// With the package's place: why not, and what to do.
    pub fn check_signature(&self, bytes: &[u8], keys: &[TrustedKey]) -> Result<(), ConfigError> {
        let refuse = |message: String, help: &str| {
            Err(ConfigError::Invalid { place: self.place.clone(), message, help: help.to_owned() })
        };
        let Some(signature) = &self.signature else {
            return refuse(
                "missing key `signature` in [[package]]".to_owned(),
                "paste the package's .minisig file",
            );
        };
        if keys.is_empty() {
            let message = "[policy] require_signature: the rack trusts no key".to_owned();
            return refuse(message, "add `minisign_keys = [\"RWQ…\"]` to [rack] in rack.toml");
        }
        match verify_signature(bytes, signature, keys) {
            Ok(()) => Ok(()),
            Err(error) => refuse(
                format!("[[package]] signature: {error}"),
                "compare package and .minisig with what the vendor delivered, and [rack] minisign_keys with its key",
            ),
        }
    }
}

const KEYS: &str = "write the line of the .pub file that begins with RWQ, in a list: [\"RWQ…\"]";

/// Reads `minisign_keys`.
pub(crate) fn keys(item: &Item<'_>) -> Result<Vec<TrustedKey>, ConfigError> {
    let mut keys = Vec::new();
    for item in item.list(KEYS)? {
        let key = item.text_as("a minisign public key", KEYS, TrustedKey::parse)?;
        if keys.contains(&key) {
            return Err(item.fail("the same key is in the list twice", "keep one of them"));
        }
        keys.push(key);
    }
    Ok(keys)
}
