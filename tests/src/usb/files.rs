//! The files of a batch that a USB rack is run with: packages, `rack.toml` with slots by port path, `batch.toml`.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use events::Family;
use sha2::{Digest, Sha256};
use sim::Header;
use sim::package::{SMALLEST, build};

use crate::usb::scenario::Scenario;

/// Model and revisions of a family's modules here.
pub(crate) struct Line {
    family: Family,
    pub(crate) model: &'static str,
    pub(crate) from: &'static str,
    to: &'static str,
    pub(crate) suffix: &'static str,
}

const LINES: [Line; 5] = [
    Line {
        family: Family::Sim7000,
        model: "SIM7000G",
        from: "1529B03SIM7000G",
        to: "1529B04SIM7000G",
        suffix: "",
    },
    Line {
        family: Family::Sim7028,
        model: "SIM7028",
        from: "2110B06SIM7028",
        to: "2110B07SIM7028",
        suffix: "",
    },
    Line {
        family: Family::Bg96,
        model: "BG96",
        from: "BG96MAR02A07M1G",
        to: "BG96MAR02A09M1G",
        suffix: "_01.007.01.007",
    },
    Line {
        family: Family::Sim7080,
        model: "SIM7080G",
        from: "1951B01SIM7080G",
        to: "1951B02SIM7080G",
        suffix: "",
    },
    Line {
        family: Family::Ag35,
        model: "AG35",
        from: "AG35CEVAR05A06T4G",
        to: "AG35CEVAR05A07T4G",
        suffix: "_01.007.01.007",
    },
];

pub(crate) fn line(family: Family) -> &'static Line {
    let found = LINES.iter().find(|line| line.family == family);
    found.unwrap_or_else(|| panic!("no modules of {family} here"))
}

/// The revision that modules of `family` have here, and the one to which the batch takes them.
pub fn revisions(family: Family) -> (&'static str, &'static str) {
    (line(family).from, line(family).to)
}

/// Writes `rack.toml`, `batch.toml` and `packages/` into `folder`: a slot for each port path of the scenario, labelled
/// with its module's name, or with the port path where no module is plugged in at the start.
pub(crate) fn write(scenario: &Scenario, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder.join("packages"))?;
    fs::write(folder.join("rack.toml"), rack(scenario))?;
    fs::write(folder.join("batch.toml"), batch(scenario, folder)?)
}

fn rack(scenario: &Scenario) -> String {
    let mut text = "[rack]\nname = \"usb\"\n\n[hosting]\nhttp = { listen = \"127.0.0.1:0\" }\n\
                    https = { listen = \"127.0.0.1:0\" }\nftp = { listen = \"127.0.0.1:0\" }\n\n\
                    [network]\napn = \"iot.example\"\n"
        .to_owned();
    let named = scenario.modules.iter().filter_map(|unit| Some((unit.name.as_str(), unit.port.as_ref()?)));
    let free = scenario.ports.iter().map(|port| (port.as_str(), port));
    for (label, port) in named.chain(free) {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n[[slot]]\nlabel = \"{label}\"\nusb = \"{port}\"\n");
    }
    text
}

fn batch(scenario: &Scenario, folder: &Path) -> io::Result<String> {
    let mut text = "[batch]\nname = \"usb\"\n\n[policy]\ndelivery = [\"serial\", \"http\"]\n".to_owned();
    for line in &LINES {
        if !scenario.modules.iter().any(|unit| unit.spec.family == line.family) {
            continue;
        }
        let Line { family, model, from, to, .. } = line;
        let bytes = build(&Header::new(*family, model, from, to), SMALLEST + 1000, scenario.seed);
        let name = format!("packages/{family}.zip");
        fs::write(folder.join(&name), &bytes)?;
        let digest = Sha256::digest(&bytes);
        let mut sha256 = String::new();
        for byte in digest {
            // Writing to a string cannot fail.
            let _ = write!(sha256, "{byte:02x}");
        }
        let size = bytes.len();
        let _ = write!(
            text,
            "\n[[target]]\nmodel = \"{model}\"\nrevision = \"{to}\"\n\n[[package]]\nfamily = \"{family}\"\n\
             model = \"{model}\"\nfrom = \"{from}\"\nto = \"{to}\"\nfile = \"{name}\"\nsize = {size}\n\
             sha256 = \"{sha256}\"\n"
        );
    }
    Ok(text)
}
