//! Signatures that vouch for a package, and those that do not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its cases share")]

use std::io::Cursor;

use config::{Batch, SignatureError, TrustedKey, verify_signature};
use minisign::KeyPair;

const BYTES: &[u8] = b"a delta from A07 to A09";

fn key(pair: &KeyPair) -> TrustedKey {
    TrustedKey::parse(&pair.pk.to_base64()).unwrap()
}

fn signed(pair: &KeyPair, bytes: &[u8]) -> String {
    let comment = Some("timestamp:1\tfile:a.zip");
    minisign::sign(Some(&pair.pk), &pair.sk, Cursor::new(bytes), comment, None).unwrap().into_string()
}

fn pair() -> KeyPair {
    KeyPair::generate_unencrypted_keypair().unwrap()
}

#[test]
fn only_a_trusted_key_vouches_and_only_for_these_bytes() {
    let (ours, strange) = (pair(), pair());
    let keys = [key(&strange), key(&ours)];
    let signature = signed(&ours, BYTES);
    assert_eq!(verify_signature(BYTES, &signature, &keys), Ok(()));
    assert_eq!(
        verify_signature(BYTES, &format!("\r\n  {}\r\n", signature.replace('\n', "\r\n")), &keys),
        Ok(())
    );
    assert_eq!(verify_signature(BYTES, &signature, &keys[..1]), Err(SignatureError::Stranger));
    assert_eq!(verify_signature(BYTES, &signature, &[]), Err(SignatureError::Stranger));
    for wrong in [&BYTES[1..], b"", b"a delta from A07 to A08"] {
        assert_eq!(verify_signature(wrong, &signature, &keys), Err(SignatureError::Wrong));
    }
    assert_eq!(verify_signature(BYTES, &signed(&strange, b"other"), &keys), Err(SignatureError::Wrong));
    let relabelled = signature.replace("file:a.zip", "file:b.zip");
    assert_eq!(verify_signature(BYTES, &relabelled, &keys), Err(SignatureError::Wrong));
    for text in ["", "untrusted comment:", "RWQf6LRC", &signature[..120], &signature.replace('=', "!")] {
        assert_eq!(verify_signature(BYTES, text, &keys), Err(SignatureError::Malformed), "{text}");
    }
    assert!(TrustedKey::parse("RWQ").is_none() && TrustedKey::parse("").is_none());
}

#[test]
fn the_makers_own_vector_is_good() {
    let key = TrustedKey::parse("RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3").unwrap();
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../configs/batch.toml")).unwrap();
    let batch = Batch::parse(text, "batch.toml").unwrap();
    let signature = batch.packages[2].signature.clone().unwrap();
    assert_eq!(verify_signature(b"test", &signature, std::slice::from_ref(&key)), Ok(()));
    assert_eq!(verify_signature(b"tesu", &signature, &[key]), Err(SignatureError::Wrong));
}

#[test]
fn a_package_that_is_not_vouched_for_is_refused_in_its_place() {
    let ours = pair();
    let text = |signature: &str| {
        format!(
            "[batch]\nname = \"b\"\n[[target]]\nmodel = \"BG96\"\nrevision = \"A09\"\n[[package]]\nfamily = \"bg96\"\n\
             model = \"BG96\"\nfrom = \"A07\"\nto = \"A09\"\nfile = \"a.zip\"\nsize = 23\nsha256 = \"{}\"\n{signature}",
            "ab".repeat(32)
        )
    };
    let package = |signature: &str| Batch::parse(text(signature), "batch.toml").unwrap().packages.remove(0);
    let unsigned = package("");
    let good = package(&format!("signature = '''\n{}'''\n", signed(&ours, BYTES)));
    let keys = [key(&ours)];
    assert!(good.check_signature(BYTES, &keys).is_ok());
    let refusal = |result: Result<(), config::ConfigError>| result.unwrap_err().to_string();
    let message = refusal(good.check_signature(b"other bytes", &keys));
    assert!(
        message.starts_with("batch.toml:6:1: [[package]] signature: it is not for these bytes\n  "),
        "{message}"
    );
    let message = refusal(good.check_signature(BYTES, &[]));
    assert!(message.contains("the rack trusts no key\n  add `minisign_keys"), "{message}");
    let message = refusal(unsigned.check_signature(BYTES, &keys));
    assert!(message.starts_with("batch.toml:6:1: missing key `signature`"), "{message}");
}
