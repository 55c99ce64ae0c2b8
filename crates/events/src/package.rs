//! Packages, routes over them, and the ways they reach a module.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Family;

/// How a package reaches the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// The module downloads it over HTTP.
    Http,
    /// The module downloads it over HTTPS.
    Https,
    /// The module downloads it over FTP.
    Ftp,
    /// The rig sends it through the port.
    Serial,
    /// It already lies on the module.
    Preloaded,
}

impl Delivery {
    /// Every way, in the order of the delivery matrix.
    pub const ALL: [Self; 5] = [Self::Http, Self::Https, Self::Ftp, Self::Serial, Self::Preloaded];

    /// The name used in files and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Ftp => "ftp",
            Self::Serial => "serial",
            Self::Preloaded => "preloaded",
        }
    }

    /// Whether the module itself fetches the package over its radio, so that SIM, registration and bearer matter.
    pub const fn over_the_air(self) -> bool {
        matches!(self, Self::Http | Self::Https | Self::Ftp)
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDelivery(pub String);

impl fmt::Display for UnknownDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown delivery `{}`: expected one of http, https, ftp, serial, preloaded", self.0)
    }
}

impl std::error::Error for UnknownDelivery {}

impl FromStr for Delivery {
    type Err = UnknownDelivery;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|way| way.name() == text).ok_or_else(|| UnknownDelivery(text.to_owned()))
    }
}

/// One delta firmware file. Upgrades and downgrades both exist, so A→B beside B→A is legal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// The family it is for.
    pub family: Family,
    /// Normalised model it is for.
    pub model: String,
    /// Revision it applies to.
    pub from: String,
    /// Revision it leads to.
    pub to: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Package {
    /// What identifies it in records and on the screen.
    pub fn hop(&self) -> Hop {
        Hop { from: self.from.clone(), to: self.to.clone(), sha256: self.sha256.clone(), size: self.size }
    }
}

/// One package of a route, as records and screens show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// Revision before.
    pub from: String,
    /// Revision after.
    pub to: String,
    /// SHA-256 of the package.
    pub sha256: String,
    /// Size in bytes.
    pub size: u64,
}

/// The revision that modules of one model are to reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// Normalised model.
    pub model: String,
    /// Revision, compared exactly.
    pub revision: String,
}

/// What was handed out through one token of the package host so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// The highest offset reached, in bytes; never more than `total`, never falling. A download that starts again at
    /// the beginning raises it only when it gets further than the one before. It runs ahead of the module by what the
    /// connection's buffers hold (some 150 kB at most).
    pub bytes: u64,
    /// The package's size in bytes.
    pub total: u64,
    /// No connection that used the token is open at the moment.
    pub closed: bool,
}
