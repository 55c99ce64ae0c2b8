//! The package hosts of a rack: what is served, where, and what modules dial.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use bytes::Bytes;
use events::Delivery;
use host::{Passive, Shelf, Tls};

use crate::assemble::RigError;
use crate::packages::{Packages, PublicAddress, dialled};

/// Where one protocol is served, and what modules dial.
#[derive(Clone, Debug)]
pub struct Listening {
    /// Where the host listens.
    pub listen: SocketAddr,
    /// What modules dial.
    pub public: PublicAddress,
}

/// What an HTTPS host proves itself with.
#[derive(Clone, Debug, Default)]
pub struct Certificate {
    /// PEM files with the certificate chain and its key; one is made at the start when not given.
    pub files: Option<(PathBuf, PathBuf)>,
    /// PEM file with the root that is put on modules which check the certificate.
    pub root: Option<PathBuf>,
}

/// The package hosts of a rack.
#[derive(Clone, Debug, Default)]
pub struct Hosting {
    /// Over HTTP.
    pub http: Option<Listening>,
    /// Over HTTPS.
    pub https: Option<(Listening, Certificate)>,
    /// Over FTP, with the ports of its data connections.
    pub ftp: Option<(Listening, Option<RangeInclusive<u16>>)>,
}

impl Hosting {
    /// Where `delivery` is served.
    pub fn place(&self, delivery: Delivery) -> Option<&Listening> {
        match delivery {
            Delivery::Http => self.http.as_ref(),
            Delivery::Https => self.https.as_ref().map(|(place, _)| place),
            Delivery::Ftp => self.ftp.as_ref().map(|(place, _)| place),
            Delivery::Serial | Delivery::Preloaded => None,
        }
    }

    /// Starts every host over `packages`.
    ///
    /// # Errors
    /// When a port is taken, or a certificate cannot be used.
    pub async fn start(&self, packages: Shelf) -> Result<Packages, RigError> {
        let mut builder = host::Host::builder(packages.clone());
        let mut root = None;
        if let Some(http) = &self.http {
            builder = builder.http(http.listen);
        }
        if let Some((place, certificate)) = &self.https {
            let tls = tls(place, certificate)?;
            root = certificate.root.as_ref().and(tls.root()).map(|pem| Bytes::from(pem.to_owned()));
            builder = builder.https(place.listen, tls);
        }
        if let Some((place, ports)) = &self.ftp {
            builder = builder.ftp(place.listen, passive(place, ports.clone()));
        }
        let deliveries = [Delivery::Http, Delivery::Https, Delivery::Ftp];
        let public: BTreeMap<Delivery, PublicAddress> = deliveries
            .into_iter()
            .filter_map(|delivery| Some((delivery, self.place(delivery)?.public.clone())))
            .collect();
        let server = if public.is_empty() { None } else { Some(builder.start().await?) };
        Ok(Packages::new(packages, server, public, root))
    }
}

fn tls(place: &Listening, certificate: &Certificate) -> Result<Tls, RigError> {
    let tls = if let Some((certificate, key)) = &certificate.files {
        Tls::from_files(certificate, key)?
    } else {
        let (host, _) = dialled(&place.public, place.listen).map_err(RigError::Address)?;
        Tls::made(&[host])?
    };
    match &certificate.root {
        Some(root) => Ok(tls.with_root(root)?),
        None => Ok(tls),
    }
}

fn passive(place: &Listening, ports: Option<RangeInclusive<u16>>) -> Passive {
    let host = match &place.public {
        PublicAddress::Auto => None,
        PublicAddress::Fixed { host, .. } => Some(host.clone()),
    };
    Passive { ports, host }
}
