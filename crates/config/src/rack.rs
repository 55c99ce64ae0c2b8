//! `rack.toml`: the place.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use events::{Family, normalised_model};

use crate::check;
use crate::section::{Item, Section};
use crate::source::{self, Source};
use crate::{ConfigError, FamilySettings, Hooks, Hosting, Metrics, Network, Slot, TrustedKey};
use crate::{address, family, hooks, hosting, metrics, network, signature, slot};

/// One host with its hubs, as `rack.toml` describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rack {
    /// Name, as it appears on screens and in records.
    pub name: String,
    /// Public keys whose signatures of packages it trusts; none when not given.
    pub minisign_keys: Vec<TrustedKey>,
    /// Cells in a row of the rack as screens show it; as they fit when not given.
    pub columns: Option<u16>,
    /// Its slots, in the order of the file; at least one.
    pub slots: Vec<Slot>,
    /// Where packages are served from.
    pub hosting: Hosting,
    /// The modules' data connection.
    pub network: Network,
    /// How much may go on at once.
    pub limits: Limits,
    /// Settings of the families that have any.
    pub families: BTreeMap<Family, FamilySettings>,
    /// Programs of one's own that are told what became of a module.
    pub hooks: Hooks,
    /// The server of the metrics; none when not given.
    pub metrics: Option<Metrics>,
    /// The ledger; `fotarig.sqlite` beside the file when not given.
    pub ledger_path: PathBuf,
}

/// How much may go on at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Modules under way, on the whole rack.
    pub in_flight: u32,
    /// Modules under way, behind one hub.
    pub per_hub: u32,
    /// The least time between the starts of two modules.
    pub stagger_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { in_flight: 64, per_hub: 8, stagger_ms: 250 }
    }
}

const SECTIONS: [&str; 9] =
    ["rack", "slot", "hosting", "network", "limits", "family", "hooks", "metrics", "ledger"];
const RACK: &str = "write `[rack]`, and below it `name = \"line3-rack2\"`";
const SLOT: &str = "write a `[[slot]]` for each place, or let `fotarig slots learn` write them";
const LAYOUT: &str = "write `[rack.layout]`, and below it `columns = 8`";
const LIMITS: &str = "write `[limits]`, and below it `in_flight = 64`";
const LEDGER: &str = "write `[ledger]`, and below it `path = \"fotarig.sqlite\"`";

impl Rack {
    /// Reads and checks the file at `path`.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Self::parse(source::read(path.as_ref())?, path.as_ref())
    }

    /// Checks `text` as what stands in the file `path`, which itself is not looked at.
    pub fn parse(text: impl AsRef<str>, path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let source = Source::new(path.as_ref(), text.as_ref());
        let table = source.table()?;
        let root = Section::root(&source, &table, &SECTIONS)?;
        let Head { name, minisign_keys, columns } = root.need("rack", RACK, head)?;
        let rack = Self {
            name,
            minisign_keys,
            columns,
            slots: root.need("slot", SLOT, slot::slots)?,
            hosting: root.maybe("hosting", hosting::hosting)?.unwrap_or_default(),
            network: root.maybe("network", network::network)?.unwrap_or_default(),
            limits: root.maybe("limits", limits)?.unwrap_or_default(),
            families: root.maybe("family", family::families)?.unwrap_or_default(),
            hooks: root.maybe("hooks", hooks::hooks)?.unwrap_or_default(),
            metrics: root.maybe("metrics", metrics::metrics)?,
            ledger_path: match root.maybe("ledger", ledger)? {
                Some(path) => path,
                None => source.resolve("fotarig.sqlite"),
            },
        };
        rack.listeners_differ(&root)?;
        rack.aliases_agree(&root)?;
        Ok(rack)
    }

    /// `model` as targets and packages name it: normalised, then the rack's aliases applied.
    pub fn canonical_model(&self, model: &str) -> String {
        let model = normalised_model(model);
        self.families.values().find_map(|family| family.model_aliases.get(&model)).cloned().unwrap_or(model)
    }

    fn listeners_differ(&self, root: &Section<'_>) -> Result<(), ConfigError> {
        let mut listeners: Vec<(&str, SocketAddr)> = self.hosting.listeners();
        listeners.extend(self.metrics.iter().map(|metrics| ("metrics", metrics.listen)));
        for (place, (name, listen)) in listeners.iter().enumerate() {
            let clash = listeners[..place].iter().find(|(_, other)| address::collide(*listen, *other));
            if let Some((other, _)) = clash {
                let section = if *name == "metrics" { "metrics" } else { "hosting" };
                let message = format!("`{name}` and `{other}` both listen on port {}", listen.port());
                return Err(root.fail_at(section, message, "give each a port of its own"));
            }
        }
        Ok(())
    }

    fn aliases_agree(&self, root: &Section<'_>) -> Result<(), ConfigError> {
        let mut all: BTreeMap<&str, &str> = BTreeMap::new();
        for (alias, model) in self.families.values().flat_map(|family| &family.model_aliases) {
            if all.insert(alias, model).is_some_and(|other| other != model) {
                let message = format!("two families give the alias `{alias}` to different models");
                return Err(root.fail_at("family", message, "keep one of them"));
            }
        }
        let chained = all.iter().find(|(alias, model)| all.contains_key(**model) && alias != model);
        if let Some((alias, model)) = chained {
            let message = format!("the alias `{alias}` leads to `{model}`, which is an alias itself");
            return Err(root.fail_at("family", message, "write the model that targets and packages name"));
        }
        Ok(())
    }
}

/// What `[rack]` itself says.
struct Head {
    name: String,
    minisign_keys: Vec<TrustedKey>,
    columns: Option<u16>,
}

fn head(item: &Item<'_>) -> Result<Head, ConfigError> {
    let section = item.section(&["name", "minisign_keys", "layout"], RACK)?;
    Ok(Head {
        name: section.need("name", RACK, |item| check::name(item, 64))?,
        minisign_keys: section.maybe("minisign_keys", signature::keys)?.unwrap_or_default(),
        columns: section.maybe("layout", layout)?,
    })
}

fn layout(item: &Item<'_>) -> Result<u16, ConfigError> {
    item.section(&["columns"], LAYOUT)?.need("columns", LAYOUT, |item| item.whole(1..=64))
}

fn limits(item: &Item<'_>) -> Result<Limits, ConfigError> {
    let section = item.section(&["in_flight", "per_hub", "stagger"], LIMITS)?;
    let default = Limits::default();
    let count = |key| section.maybe(key, |item| item.whole(1..=4096));
    Ok(Limits {
        in_flight: count("in_flight")?.unwrap_or(default.in_flight),
        per_hub: count("per_hub")?.unwrap_or(default.per_hub),
        stagger_ms: section
            .maybe("stagger", |item| check::duration_ms(item, 0..=3_600_000))?
            .unwrap_or(default.stagger_ms),
    })
}

fn ledger(item: &Item<'_>) -> Result<PathBuf, ConfigError> {
    item.section(&["path"], LEDGER)?.need("path", LEDGER, Item::path)
}
