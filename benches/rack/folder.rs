//! A rack in a folder: its files for the controller, and where its ports are.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use benches::package;
use clap::ValueEnum;
use events::{Delivery, Family};

use crate::Failure;

/// What the modules are there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// A download by the module that goes on and on: it is asked about it, and says ten lines a second by itself.
    Download,
    /// A package of 5 MB through the port, as fast as it goes.
    Upload,
    /// A package of 1 MB through the port, at the rate that its vendor allows.
    PacedUpload,
}

impl Work {
    pub(crate) fn family(self) -> Family {
        match self {
            Self::Download | Self::Upload => Family::Sim7000,
            Self::PacedUpload => Family::Sim7028,
        }
    }

    fn delivery(self) -> Delivery {
        match self {
            Self::Download => Delivery::Http,
            Self::Upload | Self::PacedUpload => Delivery::Serial,
        }
    }

    /// Bytes of the package.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Download | Self::PacedUpload => 1_000_000,
            Self::Upload => 5_000_000,
        }
    }

    /// As the command line says it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// The label of the slot at `place`.
pub(crate) fn label(place: usize) -> String {
    format!("S{place:04}")
}

/// The port of the slot `label`, below the rack's folder.
pub(crate) fn port(folder: &Path, label: &str) -> PathBuf {
    folder.join("ports").join(label)
}

/// Lets every module start at once.
pub(crate) const LIMITS: &str = "\n[limits]\nin_flight = 4096\nper_hub = 4096\nstagger = \"0s\"\n";

/// Writes `rack.toml`, `batch.toml` and the package for `slots` modules that do `work`.
pub(crate) fn write(folder: &Path, work: Work, slots: usize) -> Result<(), Failure> {
    let (family, delivery) = (work.family(), work.delivery());
    let mut rack = format!(
        "[rack]\nname = \"bench\"\n\n[hosting]\nhttp = {{ listen = \"127.0.0.1:0\" }}\n\n[network]\napn = \"iot.example\"\n\
         {LIMITS}"
    );
    for label in (0..slots).map(label) {
        let tty = port(folder, &label).display().to_string();
        // Writing to a string cannot fail.
        let _ = write!(rack, "\n[[slot]]\nlabel = \"{label}\"\ntty = {tty:?}\ndelivery = [\"{delivery}\"]\n");
    }
    let (package, file) = package(family, work.bytes());
    let sha256 = host::sha256_of(&file);
    let (model, from, to, size) = (&package.model, &package.from, &package.to, package.size);
    let batch = format!(
        "[batch]\nname = \"bench\"\n\n[[target]]\nmodel = \"{model}\"\nrevision = \"{to}\"\n\n[[package]]\nfamily = \
         \"{family}\"\nmodel = \"{model}\"\nfrom = \"{from}\"\nto = \"{to}\"\nfile = \"package.zip\"\nsize = {size}\nsha256 = \
         \"{sha256}\"\n"
    );
    fs::write(folder.join("package.zip"), file)?;
    fs::write(folder.join("rack.toml"), rack)?;
    Ok(fs::write(folder.join("batch.toml"), batch)?)
}
