//! A certificate made at the start, with a root of its own.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, Error, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// What is made.
pub(crate) struct Made {
    /// The server's certificate.
    pub(crate) leaf: CertificateDer<'static>,
    /// Its key.
    pub(crate) key: PrivateKeyDer<'static>,
    /// The root it is signed by, in PEM.
    pub(crate) root: String,
}

impl Made {
    /// A root, and under it a certificate for `names`.
    pub(crate) fn new(names: &[String]) -> Result<Self, Error> {
        let mut root = parameters(Vec::new(), "fotarig package host root")?;
        root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root = CertifiedIssuer::self_signed(root, KeyPair::generate()?)?;

        let names = names.iter().map(|name| name.trim_matches(['[', ']']).to_owned()).collect();
        let mut leaf = parameters(names, "fotarig package host")?;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let leaf = leaf.signed_by(&key, &root)?;
        Ok(Self {
            leaf: leaf.der().clone(),
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            root: root.pem(),
        })
    }
}

fn parameters(names: Vec<String>, common_name: &str) -> Result<CertificateParams, Error> {
    let mut parameters = CertificateParams::new(names)?;
    parameters.distinguished_name.push(DnType::CommonName, common_name);
    // Both are dates that the short form can hold; some modules read no other.
    parameters.not_before = date_time_ymd(1975, 1, 1);
    parameters.not_after = date_time_ymd(2049, 12, 31);
    Ok(parameters)
}
