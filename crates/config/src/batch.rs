//! `batch.toml`: the job.

use std::path::Path;

use events::{Delivery, Family, Target};

use crate::check::{self, Once};
use crate::package::packages;
use crate::policy::policy;
use crate::section::{Item, Section};
use crate::source::{self, Source};
use crate::{BatchPackage, ConfigError, Place, Policy, Warning};

/// One job: which revision each model is to reach, by which packages, under which policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Name, by which `fotarig report` finds it.
    pub name: String,
    /// The production lot.
    pub lot: Option<String>,
    /// Who is responsible.
    pub operator: Option<String>,
    /// The revision that each model is to reach; at least one, each model once.
    pub targets: Vec<Target>,
    /// The packages, in the order of the file.
    pub packages: Vec<BatchPackage>,
    /// How hard it tries, and when it stops.
    pub policy: Policy,
    /// What is legal and probably not meant.
    pub warnings: Vec<Warning>,
}

const SECTIONS: [&str; 4] = ["batch", "target", "package", "policy"];
const BATCH: &str = "write `[batch]`, and below it `name = \"2026w47-bg96\"`";
const TARGET: &str =
    "write `[[target]]`, and below it `model = \"BG96\"` and `revision = \"BG96MAR02A09M1G\"`";

impl Batch {
    /// Reads and checks the file at `path`.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        Self::parse(source::read(path.as_ref())?, path.as_ref())
    }

    /// Checks `text` as what stands in the file `path`, which itself is not looked at.
    pub fn parse(text: impl AsRef<str>, path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let source = Source::new(path.as_ref(), text.as_ref());
        let table = source.table()?;
        let root = Section::root(&source, &table, &SECTIONS)?;
        let mut batch = root.need("batch", BATCH, head)?;
        let targets = root.need("target", TARGET, targets)?;
        batch.packages = root.maybe("package", packages)?.unwrap_or_default();
        batch.policy = root.maybe("policy", policy)?.unwrap_or_default();
        batch.signed()?;
        batch.warnings = batch.doubts(&targets);
        batch.targets = targets.into_iter().map(|(target, _)| target).collect();
        Ok(batch)
    }

    /// Each package is signed, where the policy asks for it.
    fn signed(&self) -> Result<(), ConfigError> {
        let unsigned = self.packages.iter().find(|entry| entry.signature.is_none());
        match unsigned {
            Some(entry) if self.policy.require_signature => Err(ConfigError::Invalid {
                place: entry.place.clone(),
                message: "missing key `signature` in [[package]]".to_owned(),
                help: "[policy] require_signature asks for one: paste the package's .minisig file".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn doubts(&self, targets: &[(Target, Place)]) -> Vec<Warning> {
        let unreached = targets.iter().filter(|(target, _)| {
            !self
                .packages
                .iter()
                .any(|entry| entry.package.model == target.model && entry.package.to == target.revision)
        });
        let unreached = unreached.map(|(target, place)| Warning {
            place: place.clone(),
            message: format!("no package leads to `{}` of `{}`", target.revision, target.model),
            help: "modules that are not there already will be refused: add the package".to_owned(),
        });
        let idle = self
            .packages
            .iter()
            .filter(|entry| !targets.iter().any(|(target, _)| target.model == entry.package.model));
        let idle = idle.map(|entry| Warning {
            place: entry.place.clone(),
            message: format!("no target for the package's model `{}`", entry.package.model),
            help: "the package will not be used: add a [[target]], or leave it out".to_owned(),
        });
        let preloaded = self.policy.delivery.contains(&Delivery::Preloaded);
        let blind = self.packages.iter().filter(|entry| {
            entry.package.family == Family::Bg96 && entry.preloaded_as.is_some() && !entry.trust_preloaded
        });
        let blind = blind.filter(|_| preloaded).map(|entry| Warning {
            place: entry.place.clone(),
            message: "a preloaded package cannot be checked on a BG96".to_owned(),
            help: "it will not be used as preloaded: write `trust_preloaded = true` if you are sure"
                .to_owned(),
        });
        unreached.chain(idle).chain(blind).collect()
    }
}

fn head(item: &Item<'_>) -> Result<Batch, ConfigError> {
    let section = item.section(&["name", "lot", "operator"], BATCH)?;
    Ok(Batch {
        name: section.need("name", BATCH, |item| check::name(item, 64))?,
        lot: section.maybe("lot", |item| check::name(item, 64))?,
        operator: section.maybe("operator", |item| check::name(item, 64))?,
        targets: Vec::new(),
        packages: Vec::new(),
        policy: Policy::default(),
        warnings: Vec::new(),
    })
}

fn targets(item: &Item<'_>) -> Result<Vec<(Target, Place)>, ConfigError> {
    let mut models = Once::default();
    let mut targets = Vec::new();
    for item in item.list(TARGET)? {
        let section = item.section(&["model", "revision"], TARGET)?;
        let target = Target {
            model: section.need("model", TARGET, check::model)?,
            revision: section.need("revision", TARGET, check::revision)?,
        };
        if let Some(first) = models.note(target.model.clone(), section.place_of("model")) {
            let message = format!("two targets for the model `{}`", target.model);
            let help = format!("the first is at line {}; keep one of them", first.line);
            return Err(section.fail_at("model", message, help));
        }
        targets.push((target, section.place()));
    }
    Ok(targets)
}
