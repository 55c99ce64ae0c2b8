//! Puts the parts together: adapters between the controller's traits and bus, package host and ledger, and the rig that
//! is made of them. Tests build their racks from it, too.
//!
//! It decides nothing: what is to be done is the controller's, how a module is asked is the families'.
//!
//! ```
//! use rig::{PublicAddress, dialled};
//!
//! let listen = "127.0.0.1:8000".parse().unwrap();
//! assert_eq!(dialled(&PublicAddress::Auto, listen).unwrap(), ("127.0.0.1".to_owned(), 8000));
//! ```

mod assemble;
mod hosting;
mod look;
mod packages;
mod places;
mod ports;
mod record;

pub use assemble::{Parts, Rig, RigError};
pub use hosting::{Certificate, Hosting, Listening};
pub use look::identify;
pub use packages::{Packages, PublicAddress, dialled};
pub use places::{Place, Places, SlotPlaces, UsbPlace};
pub use ports::Ports;
pub use record::{Record, history};
