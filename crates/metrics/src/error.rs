//! What can go wrong before anything is scraped.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why there are no metrics, or no server for them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MetricsError {
    /// The instruments could not be set up or written out.
    #[error("the metrics could not be set up or written out")]
    Instruments(#[from] prometheus::Error),
    /// Another program listens there.
    #[error("{listen} is taken by another program")]
    PortTaken {
        /// Where it was to listen.
        listen: SocketAddr,
    },
    /// The system does not let it listen there.
    #[error("cannot listen on {listen}")]
    Listen {
        /// Where it was to listen.
        listen: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the certificate or the key cannot be read.
    #[error("cannot read {}", path.display())]
    TlsFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate is of no use.
    #[error("the certificate in {} cannot be used: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The private key is of no use.
    #[error("the key in {} cannot be used: {reason}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Certificate and key do not belong together.
    #[error("the key in {} is not the one of the certificate in {}", key.display(), certificate.display())]
    KeyMismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
}
