//! Certificates from files, and made ones.

use std::fs;
use std::path::PathBuf;

use events::Delivery;
use host::{HostError, Passive, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use super::secure::Client;
use crate::client::Rack;

const RSA_KEY: &str = include_str!("rsa-key.pem");

/// Files in a folder of their own.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

/// Root, certificate and key, each in PEM: a certificate for `localhost` with this key, under a root of its own.
fn issued(key: &KeyPair) -> [String; 3] {
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    [root.pem(), own.signed_by(key, &root).unwrap().pem(), key.serialize_pem()]
}

/// What a client that trusts `root` gets.
async fn serves(tls: Tls, root: &str) {
    let rack = Rack::with(tls, Passive::default()).await;
    let (bytes, grant) = rack.granted(100_000);
    let answer = Client::trusting(root).ask(rack.at(Delivery::Https), &grant.path(), "").await;
    assert!(answer.body == bytes);
}

#[tokio::test]
async fn keys_of_every_kind_serve() {
    let files = Files::new();
    for key in [KeyPair::generate().unwrap(), KeyPair::from_pem(RSA_KEY).unwrap()] {
        let [root, certificate, key] = issued(&key);
        let certificate = files.write("server.pem", &certificate);
        let tls = Tls::from_files(&certificate, &files.write("server.key", &key)).unwrap();
        assert_eq!(tls.root(), None);
        let tls = tls.with_root(&files.write("ca.pem", &root)).unwrap();
        assert_eq!(tls.root(), Some(root.as_str()));
        serves(tls, &root).await;
    }
}

#[tokio::test]
async fn one_file_can_hold_the_chain_and_the_key() {
    let files = Files::new();
    let [root, certificate, key] = issued(&KeyPair::from_pem(RSA_KEY).unwrap());
    let both = files.write("both.pem", &format!("{key}{certificate}{root}"));
    serves(Tls::from_files(&both, &both).unwrap(), &root).await;
}

#[test]
fn a_certificate_that_signed_itself_can_be_its_own_root() {
    let files = Files::new();
    let key = KeyPair::generate().unwrap();
    let mut own = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let own = files.write("own.pem", &own.self_signed(&key).unwrap().pem());
    let tls = Tls::from_files(&own, &files.write("own.key", &key.serialize_pem())).unwrap();
    assert!(tls.with_root(&own).is_ok());
}

#[test]
fn what_cannot_be_used_is_named_with_its_file() {
    let files = Files::new();
    let [root, certificate, key] = issued(&KeyPair::generate().unwrap());
    let [other_root, other_certificate, other_key] = issued(&KeyPair::from_pem(RSA_KEY).unwrap());
    let [root, certificate, key] =
        [("ca.pem", root), ("server.pem", certificate), ("server.key", key)].map(|(n, t)| files.write(n, &t));
    let other_root = files.write("other-ca.pem", &other_root);
    let other = (files.write("other.pem", &other_certificate), files.write("other.key", &other_key));
    let missing = files.0.path().join("missing.pem");
    let empty = files.write("empty.pem", "");
    let torn = files.write("torn.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n");
    let body = "-----BEGIN CERTIFICATE-----\nTm90IEFTTi4x\n-----END CERTIFICATE-----\n";
    let wrong = files.write("wrong.pem", body);
    let wrong_key = files.write("wrong.key", &body.replace("CERTIFICATE", "PRIVATE KEY"));

    let told = |certificate: &PathBuf, key: &PathBuf| {
        let error = Tls::from_files(certificate, key).unwrap_err();
        error.to_string().replace(&format!("{}/", files.0.path().display()), "")
    };
    assert_eq!(told(&missing, &key), "missing.pem: cannot be read");
    assert_eq!(told(&certificate, &missing), "missing.pem: cannot be read");
    let none = "not a usable certificate: it holds no certificate in PEM form";
    assert_eq!(told(&empty, &key), format!("empty.pem: {none}"));
    assert_eq!(told(&key, &key), format!("server.key: {none}"));
    assert!(told(&torn, &key).starts_with("torn.pem: not a usable certificate: "));
    assert!(
        told(&wrong, &key).starts_with("wrong.pem: not a usable certificate: "),
        "{}",
        told(&wrong, &key)
    );
    let no_key = "server.pem: not a usable private key: it holds none, or an encrypted one";
    assert_eq!(told(&certificate, &certificate), no_key);
    assert!(told(&certificate, &wrong_key).starts_with("wrong.key: not a usable private key: "));
    let mismatch = "the private key does not belong to the certificate in server.pem";
    assert_eq!(told(&certificate, &other.1), format!("other.key: {mismatch}"));

    let tls = Tls::from_files(&certificate, &key).unwrap();
    assert!(
        matches!(tls.clone().with_root(&missing), Err(HostError::TlsFile { path, .. }) if path == missing)
    );
    assert!(
        matches!(tls.clone().with_root(&empty), Err(HostError::Certificate { path, .. }) if path == empty)
    );
    assert!(
        matches!(tls.clone().with_root(&other_root), Err(HostError::OtherRoot { ca, .. }) if ca == other_root)
    );
    assert!(tls.with_root(&root).is_ok());
    assert!(Tls::from_files(&other.0, &other.1).is_ok());
}

#[tokio::test]
async fn a_made_certificate_is_for_its_names_and_under_its_own_root() {
    let names = ["rack.example", "127.0.0.1", "[::1]"].map(str::to_owned);
    let rack = Rack::with(Tls::made(&names).unwrap(), Passive::default()).await;
    let mut client = Client::trusting(rack.tls.root().unwrap());
    for (name, fits) in [
        ("rack.example", true),
        ("127.0.0.1", true),
        ("::1", true),
        ("localhost", false),
        ("127.0.0.2", false),
    ] {
        client.name = name;
        assert_eq!(client.shake(rack.at(Delivery::Https)).await.is_ok(), fits, "{name}");
    }
    let stranger = Tls::made(&names).unwrap();
    let mut client = Client::trusting(stranger.root().unwrap());
    client.name = "rack.example";
    assert!(client.shake(rack.at(Delivery::Https)).await.is_err());
    assert!(matches!(Tls::made(&["räck".to_owned()]), Err(HostError::NotMade { .. })));
}
