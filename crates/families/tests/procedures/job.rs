//! A job as the tests use it: real revisions, a rack with an APN.

use std::collections::BTreeMap;
use std::sync::Arc;

use at::Line;
use events::{Delivery, Family, Imei, Module, Package};
use families::{Job, Link, Login, Network, Preloaded, default_settings, known_models};

/// The IMEI of every test module.
pub(crate) const IMEI: &str = "490154203237518";

/// A job for `family` by `delivery` with what the survey found.
pub(crate) fn job(family: Family, delivery: Delivery, facts: &[(&'static str, &str)]) -> Job {
    let (model, from, to) = match family {
        Family::Sim7000 => ("SIM7000G", "1529B03SIM7000G", "1529B04SIM7000G"),
        Family::Sim7080 => ("SIM7080G", "1951B01SIM7080G", "1951B02SIM7080G"),
        Family::Sim7028 => ("SIM7028", "2110B06SIM7028", "2110B07SIM7028"),
        Family::Ag35 => ("AG35", "AG35CEVAR05A06T4G", "AG35CEVAR05A07T4G"),
        Family::Bg96 => ("BG96", "BG96MAR02A07M1G", "BG96MAR02A09M1G"),
    };
    let module = Module {
        family,
        model: model.into(),
        imei: Imei::parse(IMEI).unwrap(),
        revision: from.into(),
        full_revision: None,
    };
    let sha256 = "00".repeat(32);
    let package =
        Package { family, model: model.into(), from: from.into(), to: to.into(), size: 65_000, sha256 };
    let path = format!("/p/{}/update.zip", "t".repeat(26));
    let login = Login { user: "rig0417".into(), password: "letmein".into() };
    Job {
        module,
        package,
        delivery,
        file: vec![0x5a; 65_000].into(),
        link: Some(Link { host: "203.0.113.5".into(), port: 8000, path, login: Some(login) }),
        preloaded: Some(Preloaded { name: "update.zip".into(), trusted: true }),
        root: None,
        network: Network {
            apn: Some("iot.example".into()),
            user: Some("user".into()),
            password: Some("secret".into()),
        },
        settings: default_settings(family),
        facts: facts.iter().map(|(name, line)| (*name, vec![Line::parse(line)])).collect(),
        usb: family != Family::Sim7028,
        baud: 115_200,
        identify: Arc::new(known_models(BTreeMap::new(), 5_000)),
    }
}
