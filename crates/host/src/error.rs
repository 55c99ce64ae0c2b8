//! Why a package could not be taken or the host could not serve.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What can go wrong with packages and their serving.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The package's file could not be read.
    #[error("{}: package cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The path names a directory, a pipe or a device.
    #[error("{}: package is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The file is larger than any package may be.
    #[error("{}: package has {found} bytes, more than the {limit} that are taken", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The largest size, in bytes.
        limit: u64,
        /// Its size, in bytes.
        found: u64,
    },
    /// The file has another size than it should.
    #[error("{}: expected {expected} bytes, found {found}", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// The size it should have, in bytes.
        expected: u64,
        /// The size it has, in bytes (the least it has when it grew while it was read).
        found: u64,
    },
    /// The file has other bytes than it should.
    #[error("{}: expected sha256 {expected}, found {found}", path.display())]
    Sha256 {
        /// The file.
        path: PathBuf,
        /// The digest it should have.
        expected: String,
        /// The digest it has, in lower-case hexadecimal digits.
        found: String,
    },
    /// The file of a certificate or key could not be read.
    #[error("{}: cannot be read", path.display())]
    TlsFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds no certificate, or one that cannot be used.
    #[error("{}: not a usable certificate: {reason}", path.display())]
    Certificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file holds no private key, or one that cannot be used.
    #[error("{}: not a usable private key: {reason}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key is not that of the certificate.
    #[error("{}: the private key does not belong to the certificate in {}", key.display(), certificate.display())]
    KeyMismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// Modules that check the certificate against this root would refuse it.
    #[error("{}: the server's certificate does not lead to this root: {reason}", ca.display())]
    OtherRoot {
        /// The root's file.
        ca: PathBuf,
        /// Why not.
        reason: String,
    },
    /// No certificate could be made.
    #[error("no certificate could be made for {names}: {reason}")]
    NotMade {
        /// The host names and addresses it was to be for.
        names: String,
        /// Why not.
        reason: String,
    },
    /// Another program listens there.
    #[error("{listen} is taken: another program listens there")]
    PortTaken {
        /// The address.
        listen: SocketAddr,
    },
    /// The system did not let the host listen there.
    #[error("cannot listen on {listen}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No package with this digest was added.
    #[error("no package with sha256 {sha256} is on the shelf")]
    NotOnShelf {
        /// The digest asked for.
        sha256: String,
    },
    /// The system gave no random bytes, so no token can be made.
    #[error("the system gave no random bytes")]
    NoRandomness {
        /// What the system said.
        source: getrandom::Error,
    },
}
