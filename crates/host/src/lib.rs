//! The package host: serves packages to modules that fetch them themselves, and tells how far each has come.
//!
//! A package is read once, verified, and served from that private copy, so a file changed later is not what gets
//! flashed. Each attempt gets a token of its own ([`Grant`]); what is handed out through it is that module's progress.
//! A protocol is a file of its own (`http.rs`, `https.rs`, `ftp.rs`) over the shared shelf, tokens and transfers.
//!
//! It must never serve bytes that were not verified, tell by an answer whether a token ever existed, or let one slow
//! or cut connection hold up another.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! # let file = std::env::temp_dir().join(format!("fotarig-host-doc-{}", std::process::id()));
//! # std::fs::write(&file, b"delta").unwrap();
//! let sha256 = "4f4a9410ffcdf895c4adb880659e9b5c0dd1f23a30790684340b3eaacb045398";
//! let shelf = host::Shelf::default();
//! shelf.add(&file, 5, sha256)?;
//! let host = host::Host::start("127.0.0.1:0".parse().unwrap(), shelf).await?;
//! let grant = host.issue(sha256)?;
//! println!("a module fetches http://{}{}", host.addr(events::Delivery::Http).unwrap(), grant.path());
//! assert_eq!(grant.progress().borrow().total, 5);
//! drop(grant); // from here on the path answers 404, and a download under way is cut
//! host.stop().await;
//! # std::fs::remove_file(&file).unwrap();
//! # Ok::<(), host::HostError>(()) }).unwrap();
//! ```

mod answer;
mod builder;
mod connection;
mod error;
mod ftp;
mod grant;
mod host;
mod http;
mod https;
mod login;
mod made;
mod meter;
mod range;
mod server;
mod shelf;
mod speech;
mod tls;
mod token;
mod tokens;
mod transfer;

pub use builder::Builder;
pub use error::HostError;
pub use events::Served;
pub use ftp::Passive;
pub use grant::Grant;
pub use host::Host;
pub use shelf::{PACKAGE_LIMIT_BYTES, Shelf, sha256_of};
pub use tls::Tls;
pub use token::{PATH_LEN, TOKEN_LEN, Token};
