//! `[network]`: how modules that download by themselves get a data connection.

use crate::check::command_text;
use crate::credential::credential;
use crate::section::Item;
use crate::{ConfigError, Credential, suggest};

/// The data connection. Rare is the SIM that needs more than the APN; a rack without SIMs leaves all of it out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Access point name; the network's own default when not given.
    pub apn: Option<String>,
    /// User name at the access point.
    pub user: Option<String>,
    /// Password at the access point.
    pub password: Option<Credential>,
    /// Which IP the connection carries.
    pub ip_type: IpType,
    /// PIN of the SIMs.
    pub sim_pin: Option<Credential>,
    /// Index of the PDP context; each family's own default when not given.
    pub pdp_index: Option<u8>,
}

/// Which IP a data connection carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IpType {
    /// `ipv4`.
    #[default]
    V4,
    /// `ipv6`.
    V6,
    /// `ipv4v6`: both.
    V4V6,
}

const HELP: &str = "write `[network]` and below it `apn = \"iot.example\"`";

/// Reads `[network]`.
pub(crate) fn network(item: &Item<'_>) -> Result<Network, ConfigError> {
    let section = item.section(&["apn", "user", "password", "ip_type", "sim_pin", "pdp_index"], HELP)?;
    Ok(Network {
        apn: section.maybe("apn", command_text)?,
        user: section.maybe("user", command_text)?,
        password: section.maybe("password", credential)?,
        ip_type: section.maybe("ip_type", ip_type)?.unwrap_or_default(),
        sim_pin: section.maybe("sim_pin", credential)?,
        pdp_index: section.maybe("pdp_index", |item| item.whole(0..=16))?,
    })
}

fn ip_type(item: &Item<'_>) -> Result<IpType, ConfigError> {
    match item.text()? {
        "ipv4" => Ok(IpType::V4),
        "ipv6" => Ok(IpType::V6),
        "ipv4v6" => Ok(IpType::V4V6),
        other => Err(item.wrong("a kind of IP", suggest::one_of(&["ipv4", "ipv6", "ipv4v6"], other))),
    }
}
