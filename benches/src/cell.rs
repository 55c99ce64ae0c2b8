//! A cell of the matrix of deliveries: a module, its package, the job.

use std::collections::BTreeMap;
use std::sync::Arc;

use events::{Delivery, Family, Imei, Module, Package};
use families::{Job, Link, Login, Network, Preloaded, default_settings, known_models};
use procedure::Facts;
use sim::ModuleSpec;

/// Bytes of a cell's package.
pub(crate) const PACKAGE_BYTES: usize = 65_536;
/// Chooses what a package is filled with.
const PACKAGE_SEED: u64 = 7;

/// A family and a way of delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The family.
    pub family: Family,
    /// The way.
    pub delivery: Delivery,
}

impl Cell {
    /// The cells of the matrix that work with every module.
    pub fn all() -> Vec<Self> {
        let of = |procedures: &'static dyn families::Procedures| {
            let family = procedures.family();
            procedures.deliveries().iter().map(move |delivery| Self { family, delivery: *delivery })
        };
        let certain = |cell: &Self| cell.family != Family::Bg96 || cell.delivery != Delivery::Serial;
        families::ALL.into_iter().flat_map(of).filter(certain).collect()
    }

    /// The job, before the module was surveyed.
    pub(crate) fn job(self, module: Module, file: &[u8]) -> Job {
        let (_, from, to) = revisions(self.family);
        let package = Package {
            family: self.family,
            model: module.model.clone(),
            from: from.to_owned(),
            to: to.to_owned(),
            size: file.len() as u64,
            sha256: "00".repeat(32),
        };
        let login = Login { user: "rig0417".to_owned(), password: "letmein".to_owned() };
        let path = format!("/p/{}/update.zip", "t".repeat(26));
        Job {
            module,
            package,
            delivery: self.delivery,
            file: file.to_vec().into(),
            link: Some(Link { host: "203.0.113.5".to_owned(), port: 8000, path, login: Some(login) }),
            preloaded: Some(Preloaded { name: "update.zip".to_owned(), trusted: true }),
            root: None,
            network: Network { apn: Some("iot.example".to_owned()), ..Network::default() },
            settings: default_settings(self.family),
            facts: Facts::new(),
            usb: false,
            baud: 115_200,
            identify: Arc::new(known_models(BTreeMap::new(), 5_000)),
        }
    }
}

/// Model, the revision that a module runs, and the one it is to reach.
fn revisions(family: Family) -> (&'static str, &'static str, &'static str) {
    match family {
        Family::Sim7000 => ("SIM7000G", "1529B03SIM7000G", "1529B04SIM7000G"),
        Family::Sim7080 => ("SIM7080G", "1951B01SIM7080G", "1951B02SIM7080G"),
        Family::Sim7028 => ("SIM7028", "2110B06SIM7028", "2110B07SIM7028"),
        Family::Ag35 => ("AG35", "AG35CEVAR05A06T4G", "AG35CEVAR05A07T4G"),
        Family::Bg96 => ("BG96", "BG96MAR02A07M1G", "BG96MAR02A09M1G"),
    }
}

/// A module of `family` that behaves, with its vendor's own times: every one of them takes the same. Each `place` has
/// an IMEI of its own.
///
/// # Panics
/// When `place` has more than six digits.
pub fn module(family: Family, place: usize) -> ModuleSpec {
    let (model, from, _) = revisions(family);
    let imei = (0..10).find_map(|check| Imei::parse(&format!("86634503{place:06}{check}")));
    let imei = imei.unwrap_or_else(|| panic!("there is no IMEI for place {place}"));
    let mut spec = ModuleSpec::new(family, model, imei.as_str(), from, 0);
    if matches!(family, Family::Ag35 | Family::Bg96) {
        "_01.007.01.007".clone_into(&mut spec.suffix);
    }
    spec
}

/// The package for it, of so many bytes: its entry in a batch but for the SHA-256, and its content.
pub fn package(family: Family, bytes: usize) -> (Package, Vec<u8>) {
    let (model, from, to) = revisions(family);
    let file = sim::package::build(&sim::Header::new(family, model, from, to), bytes, PACKAGE_SEED);
    let (model, from, to) = (model.to_owned(), from.to_owned(), to.to_owned());
    (Package { family, model, from, to, size: file.len() as u64, sha256: String::new() }, file)
}
