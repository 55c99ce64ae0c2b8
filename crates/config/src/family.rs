//! `[family.X]`: a family's deadlines, rates and settings, where they differ from the family's own.

use std::collections::BTreeMap;

use events::Family;

use crate::check::{self, DAY_MS};
use crate::section::{Item, Section, shown};
use crate::{ConfigError, suggest};

/// What a rack sets for one family. What is not set is the family's own default (`families.md`, "Deadlines").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FamilySettings {
    /// How long the port may be away.
    pub port_away_ms: Option<u64>,
    /// After how long without a sign of life an old revision resolves a trigger.
    pub quiet_ms: Option<u64>,
    /// From the trigger to its resolution.
    pub resolution_ms: Option<u64>,
    /// How long an ordinary command may take.
    pub command_ms: Option<u64>,
    /// How long a download may make no progress.
    pub download_idle_ms: Option<u64>,
    /// How long an upload through the port may make no progress.
    pub upload_idle_ms: Option<u64>,
    /// Channel of SIM7028's `CFOTA`, 0 to 5.
    pub channel: Option<u8>,
    /// Rate of uploads through the port.
    pub serial_rate_bytes_per_s: Option<u32>,
    /// Size of a block of such an upload.
    pub serial_block_bytes: Option<u32>,
    /// Other names under which models of this family answer: name to model, both normalised.
    pub model_aliases: BTreeMap<String, String>,
}

const KEYS: [&str; 10] = [
    "port_away",
    "quiet",
    "resolution",
    "command",
    "download_idle",
    "upload_idle",
    "channel",
    "serial_rate",
    "serial_block",
    "model_aliases",
];
const HELP: &str = "write `[family.bg96]`, and below it the settings";

/// The family of that name.
pub(crate) fn named(text: &str) -> Option<Family> {
    text.parse().ok()
}

/// What to do about a family that is none.
pub(crate) fn help(found: &str) -> String {
    suggest::one_of(&Family::ALL.map(Family::name), found)
}

/// Reads every `[family.X]`.
pub(crate) fn families(item: &Item<'_>) -> Result<BTreeMap<Family, FamilySettings>, ConfigError> {
    let mut families = BTreeMap::new();
    for (name, span, item) in item.entries(HELP, |name| format!("[family.{name}]"))? {
        let Some(family) = named(name) else {
            return Err(item.fail_in(&span, format!("unknown family `{}`", shown(name)), help(name)));
        };
        families.insert(family, settings(&item, family)?);
    }
    Ok(families)
}

fn settings(item: &Item<'_>, family: Family) -> Result<FamilySettings, ConfigError> {
    let section = item.section(&KEYS, HELP)?;
    let deadline = |key| section.maybe(key, |item| check::duration_ms(item, 1..=DAY_MS));
    let settings = FamilySettings {
        port_away_ms: deadline("port_away")?,
        quiet_ms: deadline("quiet")?,
        resolution_ms: deadline("resolution")?,
        command_ms: deadline("command")?,
        download_idle_ms: deadline("download_idle")?,
        upload_idle_ms: deadline("upload_idle")?,
        channel: section.maybe("channel", |item| item.whole(0..=5))?,
        serial_rate_bytes_per_s: section.maybe("serial_rate", |item| item.whole(1..=10_000_000))?,
        serial_block_bytes: section.maybe("serial_block", |item| item.whole(1..=65_536))?,
        model_aliases: section.maybe("model_aliases", aliases)?.unwrap_or_default(),
    };
    consistent(&section, &settings, family)?;
    Ok(settings)
}

fn consistent(section: &Section<'_>, settings: &FamilySettings, family: Family) -> Result<(), ConfigError> {
    if settings.channel.is_some() && family != Family::Sim7028 {
        let message = format!("[family.{family}] channel: only `sim7028` has a channel");
        return Err(section.fail_at("channel", message, "move it to [family.sim7028], or leave it out"));
    }
    if let (Some(quiet_ms), Some(resolution_ms)) = (settings.quiet_ms, settings.resolution_ms)
        && quiet_ms >= resolution_ms
    {
        let message = format!("[family.{family}] quiet: not shorter than `resolution`");
        let help = "no trigger could resolve in time: write a shorter `quiet` or a longer `resolution`";
        return Err(section.fail_at("quiet", message, help));
    }
    Ok(())
}

fn aliases(item: &Item<'_>) -> Result<BTreeMap<String, String>, ConfigError> {
    let help = "write `model_aliases = { \"SIM7028-NB2\" = \"SIM7028\" }`";
    let mut aliases = BTreeMap::new();
    for (name, span, item) in item.entries(help, |name| format!("{} {name}", item.name()))? {
        let Some(alias) = check::as_model(name) else {
            let message = format!("[family] model_aliases: expected a model, found `{}`", shown(name));
            return Err(item.fail_in(&span, message, help));
        };
        let model = check::model(&item)?;
        if aliases.insert(alias, model).is_some() {
            let message = format!("[family] model_aliases: the alias `{}` is given twice", shown(name));
            return Err(item.fail_in(&span, message, "keep one of them"));
        }
    }
    Ok(aliases)
}
