//! The two files that a line engineer writes: `rack.toml`, the place, and `batch.toml`, the job. This crate reads
//! them, checks them and fills in the defaults; what it hands out is complete and consistent in itself.
//!
//! It must never touch what the files name: it opens no port, no package and no socket, and it looks up no
//! credential until [`Credential::read`] is called. Whether something that is well written can be *done* (a file that
//! is missing, a way of delivery that does not exist yet) is for those to say who do it.
//!
//! An error names file, line and column, what was expected and what was found, and what to do:
//!
//! ```
//! use config::Rack;
//!
//! let text = "[rack]\nname = \"line3\"\n\n[[slot]]\nlabel = \"A1\"\nusb = \"1-1.4\"\nbauds = [115200]\n";
//! let error = Rack::parse(text, "rack.toml").unwrap_err().to_string();
//! assert!(error.starts_with("rack.toml:7:1: unknown key `bauds` in [[slot]]\n  expected one of `label`, "));
//! assert!(error.ends_with("did you mean `baud`?"));
//! assert!(Rack::parse(text.replace("bauds", "baud"), "rack.toml").is_ok());
//! ```

mod address;
mod batch;
mod check;
mod credential;
mod error;
mod family;
mod hooks;
mod hosting;
mod metrics;
mod network;
mod package;
mod policy;
mod rack;
mod section;
mod signature;
mod slot;
mod source;
mod suggest;

pub use address::{PortRange, PublicAddress};
pub use batch::Batch;
pub use credential::{Credential, Secret};
pub use error::{ConfigError, Place, Warning};
pub use family::FamilySettings;
pub use hooks::{Hook, Hooks};
pub use hosting::{Ftp, Hosting, Http, Https, Identity};
pub use metrics::Metrics;
pub use network::{IpType, Network};
pub use package::{BatchPackage, PackageSource};
pub use policy::Policy;
pub use rack::{Limits, Rack};
pub use signature::{SignatureError, TrustedKey, verify_signature};
pub use slot::{Flow, Position, Slot};
