//! What a family needs to know to build a plan.

use std::sync::Arc;

use at::{Command, Line, ParameterError};
use bytes::Bytes;
use events::{Delivery, Module, Package};
use procedure::{Ask, Expected, Facts, Identify, Waits};

/// One package on one module by one delivery.
#[derive(Clone, Debug)]
pub struct Job {
    /// The module, as it was identified.
    pub module: Module,
    /// The package.
    pub package: Package,
    /// How it gets there.
    pub delivery: Delivery,
    /// Its bytes.
    pub file: Bytes,
    /// Where the module finds it, for the deliveries over the air.
    pub link: Option<Link>,
    /// How it lies on the module already, for the delivery `preloaded`.
    pub preloaded: Option<Preloaded>,
    /// What the module is to check an HTTPS server with: PEM.
    pub root: Option<Bytes>,
    /// The data network.
    pub network: Network,
    /// The family's settings and deadlines.
    pub settings: Settings,
    /// What the survey found.
    pub facts: Facts,
    /// Whether the slot's port is a USB port of the module itself; a UART otherwise.
    pub usb: bool,
    /// The line's rate in baud, where the port is a UART.
    pub baud: u32,
    /// How to ask who is there.
    pub identify: Arc<Identify>,
}

impl Job {
    /// Where the module finds the package, or why there is no such place.
    pub(crate) fn link(&self) -> Result<&Link, Unfit> {
        self.link.as_ref().ok_or_else(|| Unfit(format!("there is no package host for {}", self.delivery)))
    }

    /// User and password for the package host.
    pub(crate) fn login(&self) -> Result<&Login, Unfit> {
        self.link()?.login.as_ref().ok_or_else(|| Unfit("the package host gave no user and password".into()))
    }

    /// How the package lies on the module, or why nobody knows.
    pub(crate) fn preloaded(&self) -> Result<&Preloaded, Unfit> {
        let unknown =
            || Unfit("the batch does not say that this package lies on the module (preloaded_as)".into());
        self.preloaded.as_ref().ok_or_else(unknown)
    }

    /// A line that the survey kept under `fact`.
    pub(crate) fn kept(&self, fact: &str, name: &str) -> Option<&Line> {
        self.facts.get(fact)?.iter().find(|line| line.is(name))
    }

    /// A command without parameters from outside, with the family's deadline for commands.
    pub(crate) fn ask(&self, text: &'static str) -> Ask {
        Ask::new(Command::plain(text), self.settings.deadlines.command_ms)
    }

    /// What the module must be afterwards.
    pub fn expected(&self) -> Expected {
        Expected {
            imei: self.module.imei.clone(),
            model: self.module.model.clone(),
            old: self.package.from.clone(),
            new: self.package.to.clone(),
        }
    }
}

/// Where a module finds a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Host name or address.
    pub host: String,
    /// Port; always written out.
    pub port: u16,
    /// Path, with its leading slash.
    pub path: String,
    /// User and password, where the server asks for them.
    pub login: Option<Login>,
}

/// A login at a server.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Login({}, ***)", self.user)
    }
}

/// A package that lies on the module already, as the batch says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preloaded {
    /// Its file name there.
    pub name: String,
    /// Whether that is believed where it cannot be checked.
    pub trusted: bool,
}

impl Link {
    /// `host:port/path`.
    pub fn bare(&self) -> String {
        format!("{}:{}{}", self.host, self.port, self.path)
    }

    /// `http://host:port/path`, or with another scheme.
    pub fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.bare())
    }

    /// Folder and file name of the path: `/p/token/` and `update.zip`.
    pub fn folder_and_file(&self) -> (&str, &str) {
        self.path.split_at(self.path.rfind('/').map_or(0, |slash| slash + 1))
    }
}

/// The data network, as the rack's file describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Access point name; `None` leaves the module's own.
    pub apn: Option<String>,
    /// User of the access point.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<String>,
}

/// Settings of a family, from the rack's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Deadlines.
    pub deadlines: Deadlines,
    /// SIM7028: the channel of `CFOTA` (0–5, C2).
    pub channel: u8,
    /// SIM7028: bytes a second through the port.
    pub serial_rate: u32,
    /// SIM7028: bytes in one write.
    pub serial_block: u32,
}

/// Deadlines of a family in milliseconds (`families.md`, "Deadlines").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// A command.
    pub command_ms: u64,
    /// The slow commands of the family's column.
    pub slow_command_ms: u64,
    /// A download without any progress.
    pub download_idle_ms: u64,
    /// An upload without any progress.
    pub upload_idle_ms: u64,
    /// Quiet time.
    pub quiet_ms: u64,
    /// How long the port may be away.
    pub port_away_ms: u64,
    /// How long a port that never leaves may be silent.
    pub silence_ms: Option<u64>,
    /// From trigger to resolution.
    pub resolution_ms: u64,
}

/// Seconds in milliseconds.
pub(crate) const fn s(seconds: u64) -> u64 {
    seconds * 1000
}

/// Minutes in milliseconds.
pub(crate) const fn min(minutes: u64) -> u64 {
    minutes * 60_000
}

/// After a sign that an update is over, so long nothing is asked, milliseconds.
const CALM_MS: u64 = 5_000;

impl Deadlines {
    /// The times of a follow-up.
    pub(crate) fn waits(&self) -> Waits {
        Waits {
            calm_ms: CALM_MS,
            quiet_ms: self.quiet_ms,
            download_idle_ms: self.download_idle_ms,
            away_ms: self.port_away_ms,
            silence_ms: self.silence_ms,
            resolution_ms: self.resolution_ms,
        }
    }
}

/// Why a delivery cannot work for a module here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit(pub String);

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}

impl From<ParameterError> for Unfit {
    fn from(error: ParameterError) -> Self {
        Self(error.to_string())
    }
}
