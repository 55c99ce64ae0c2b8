//! A simulated rack: which modules are in it, how they misbehave, and the files with which it is run.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use events::Delivery::{self, Ftp, Http, Https, Preloaded, Serial};
use events::Family;
use sim::package::{SMALLEST, build};
use sim::{Behaviour, Header, ModuleSpec, Random};

use crate::cli::Simulated;
use crate::failure::Failure;

/// Cells of a row of the simulated rack.
const ROW: usize = 8;
/// Name of the simulated batch.
pub(crate) const BATCH: &str = "demo";

/// What is simulated of one family: model, the revisions in the order of its packages, suffix of `QGMR`, and the ways
/// of delivery in turn.
struct Line {
    family: Family,
    model: &'static str,
    revisions: &'static [&'static str],
    suffix: &'static str,
    ways: &'static [Delivery],
}

const LINES: [Line; 5] = [
    Line {
        family: Family::Sim7000,
        model: "SIM7000G",
        revisions: &["1529B02SIM7000G", "1529B03SIM7000G", "1529B04SIM7000G"],
        suffix: "",
        ways: &[Serial, Http, Ftp, Https, Preloaded],
    },
    Line {
        family: Family::Sim7028,
        model: "SIM7028",
        revisions: &["2110B06SIM7028", "2110B07SIM7028"],
        suffix: "",
        ways: &[Serial, Http, Ftp],
    },
    Line {
        family: Family::Bg96,
        model: "BG96",
        revisions: &["BG96MAR02A07M1G", "BG96MAR02A09M1G"],
        suffix: "_01.007.01.007",
        ways: &[Http, Https, Preloaded, Serial],
    },
    Line {
        family: Family::Sim7080,
        model: "SIM7080G",
        revisions: &["1951B01SIM7080G", "1951B02SIM7080G"],
        suffix: "",
        ways: &[Http, Serial, Preloaded, Ftp, Https],
    },
    Line {
        family: Family::Ag35,
        model: "AG35",
        revisions: &["AG35CEVAR05A06T4G", "AG35CEVAR05A07T4G"],
        suffix: "_01.007.01.007",
        ways: &[Serial, Http, Preloaded, Ftp],
    },
];

/// Misbehaviours that a rig sees through, by their numbers in `families.md`.
const LIGHT: [&str; 20] = [
    "1", "3", "4", "5", "6", "7", "8", "12", "13", "14", "15", "16", "17", "18", "24", "25", "29", "31",
    "35", "40",
];
/// Those that cost a module its verdict.
const HEAVY: [&str; 17] = [
    "2",
    "19",
    "20",
    "22",
    "23",
    "26",
    "27",
    "28",
    "30",
    "32",
    "33",
    "34",
    "37",
    "38",
    "mute",
    "flood",
    "unplugged",
];

/// A simulated rack.
pub(crate) struct Scenario {
    /// Label and module of each slot.
    pub(crate) modules: Vec<(String, ModuleSpec)>,
    ways: Vec<Vec<Delivery>>,
    families: BTreeSet<Family>,
    seed: u64,
}

impl Scenario {
    /// The rack that `simulated` asks for.
    pub(crate) fn new(simulated: &Simulated) -> Result<Self, Failure> {
        let lines: Vec<&Line> =
            LINES.iter().filter(|line| simulated.families.contains(&line.family)).collect();
        if lines.is_empty() {
            let known: Vec<&str> = LINES.iter().map(|line| line.family.name()).collect();
            let message = "--families: none of these is simulated in this version";
            return Err(Failure::usage(message).hint(format!("it simulates {}", known.join(", "))));
        }
        let mut random = Random::new(simulated.seed);
        let (mut modules, mut ways) = (Vec::new(), Vec::new());
        for place in 0..usize::from(simulated.slots) {
            let line = lines[place % lines.len()];
            let way = line.ways[place / lines.len() % line.ways.len()];
            let first = if way == Preloaded {
                line.revisions.len() - 2
            } else {
                pick(&mut random, line.revisions.len() - 1)
            };
            let seed = if simulated.seed == 0 { 0 } else { random.next() };
            let mut spec =
                ModuleSpec::new(line.family, line.model, &imei(place), line.revisions[first], seed);
            line.suffix.clone_into(&mut spec.suffix);
            let spec = spec.with(misbehaviours(&simulated.faults, line.family, place, &mut random)?);
            let mut spec = spec;
            if way == Preloaded {
                let last = line.revisions.len() - 2;
                spec.preloaded = Some(line.package(last, simulated.seed).into());
            }
            modules.push((label(place), spec));
            let fallbacks = [Http, Serial].into_iter().filter(|other| *other != way);
            ways.push(std::iter::once(way).chain(fallbacks).collect());
        }
        let families = lines.iter().map(|line| line.family).collect();
        Ok(Self { modules, ways, families, seed: simulated.seed })
    }

    /// Writes packages, `rack.toml` and `batch.toml` into `folder`; the ports are in `folder/ports`.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Failure> {
        let refused =
            |error| Failure::environment(format!("cannot write into {}: {error}", folder.display()));
        std::fs::create_dir_all(folder.join("packages")).map_err(refused)?;
        let batch = self.batch(folder).map_err(refused)?;
        std::fs::write(folder.join("rack.toml"), self.rack(folder)).map_err(refused)?;
        std::fs::write(folder.join("batch.toml"), batch).map_err(refused)
    }

    fn rack(&self, folder: &Path) -> String {
        let mut text = "[rack]\nname = \"simulated\"\n\n[hosting]\nhttp = { listen = \"127.0.0.1:0\" }\nhttps = { listen = \"127.0.0.1:0\" }\n\
                        ftp = { listen = \"127.0.0.1:0\" }\n\n\
                        [network]\napn = \"iot.example\"\n"
            .to_owned();
        for ((label, _), ways) in self.modules.iter().zip(&self.ways) {
            let ways: Vec<String> = ways.iter().map(|way| format!("\"{way}\"")).collect();
            let tty = folder.join("ports").join(label);
            // Writing to a string cannot fail.
            let (tty, ways) = (tty.display().to_string(), ways.join(", "));
            let _ = write!(text, "\n[[slot]]\nlabel = \"{label}\"\ntty = {tty:?}\ndelivery = [{ways}]\n");
        }
        text
    }

    /// The batch's text; its packages are written.
    fn batch(&self, folder: &Path) -> std::io::Result<String> {
        let mut text =
            format!("[batch]\nname = \"{BATCH}\"\n\n[policy]\ndelivery = [\"serial\", \"http\"]\n");
        for line in LINES.iter().filter(|line| self.families.contains(&line.family)) {
            let (model, family, last) = (line.model, line.family, line.revisions.last().unwrap_or(&""));
            let _ = write!(text, "\n[[target]]\nmodel = \"{model}\"\nrevision = \"{last}\"\n");
            for (place, hop) in line.revisions.windows(2).enumerate() {
                let (from, to) = (hop[0], hop[1]);
                let bytes = line.package(place, self.seed);
                let name = format!("packages/{family}-{from}-{to}.zip");
                std::fs::write(folder.join(&name), &bytes)?;
                let (size, sha256) = (bytes.len(), host::sha256_of(&bytes));
                let _ = write!(
                    text,
                    "\n[[package]]\nfamily = \"{family}\"\nmodel = \"{model}\"\nfrom = \"{from}\"\nto = \"{to}\"\n\
                     file = \"{name}\"\nsize = {size}\nsha256 = \"{sha256}\"\n"
                );
                if line.ways.contains(&Preloaded) && place + 2 == line.revisions.len() {
                    text.push_str("preloaded_as = \"update.zip\"\ntrust_preloaded = true\n");
                }
            }
        }
        Ok(text)
    }

    /// The revision that modules of `model` are to reach.
    pub(crate) fn target(model: &str) -> &'static str {
        let line = LINES.iter().find(|line| line.model == model);
        line.and_then(|line| line.revisions.last()).copied().unwrap_or_default()
    }
}

impl Line {
    /// The package from the revision at `place` to the next.
    fn package(&self, place: usize, seed: u64) -> Vec<u8> {
        let (from, to) = (self.revisions[place], self.revisions[place + 1]);
        build(&Header::new(self.family, self.model, from, to), SMALLEST + 1000 * to.len(), seed)
    }
}

fn pick(random: &mut Random, count: usize) -> usize {
    usize::try_from(random.between(0, count as u64 - 1)).unwrap_or_default()
}

/// `A1` to `A8`, `B1` …
fn label(place: usize) -> String {
    let row = place / ROW;
    let letter = |place: usize| char::from(b'A' + u8::try_from(place % 26).unwrap_or_default());
    let rows =
        if row < 26 { letter(row).to_string() } else { format!("{}{}", letter(row / 26 - 1), letter(row)) };
    format!("{rows}{}", place % ROW + 1)
}

/// A valid IMEI of its own for each place.
fn imei(place: usize) -> String {
    let body = format!("86634503{:06}", 100_417 + place);
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0') * if at % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// What the module at `place` gets: nothing, something light in every third place, something heavy too in every other,
/// or the listed ones in turn.
fn misbehaviours(
    faults: &str,
    family: Family,
    place: usize,
    random: &mut Random,
) -> Result<Vec<Behaviour>, Failure> {
    let named = |names: &[&str]| -> Result<Vec<Behaviour>, Failure> {
        let parse = |name: &&str| {
            let unknown = || Failure::usage(format!("--faults: there is no misbehaviour `{name}`"));
            Behaviour::parse(name)
                .ok_or_else(|| unknown().hint("write none, light, heavy, or numbers of families.md"))
        };
        names.iter().map(parse).collect()
    };
    let one_of = |names: &[&str], random: &mut Random| -> Result<Option<Behaviour>, Failure> {
        let mut fitting = named(names)?;
        fitting.retain(|behaviour| behaviour.applies_to(family));
        Ok((!fitting.is_empty()).then(|| fitting[pick(random, fitting.len())]))
    };
    Ok(match faults {
        "light" if random.between(0, 2) == 0 => one_of(&LIGHT, random)?.into_iter().collect(),
        "none" | "light" => Vec::new(),
        "heavy" => {
            let light = one_of(&LIGHT, random)?;
            let heavy = if random.between(0, 1) == 0 { one_of(&HEAVY, random)? } else { None };
            light.into_iter().chain(heavy).collect()
        }
        list => {
            let wanted: Vec<&str> = list.split(',').map(str::trim).collect();
            let mut listed = named(&wanted)?;
            listed.retain(|behaviour| behaviour.applies_to(family));
            if listed.is_empty() { listed } else { vec![listed[place / LINES.len() % listed.len()]] }
        }
    })
}

#[cfg(test)]
mod tests {
    use events::Imei;

    use super::{imei, label};

    #[test]
    fn every_place_has_a_label_and_a_valid_imei_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for place in 0..256 {
            assert!(Imei::parse(&imei(place)).is_some(), "{}", imei(place));
            assert!(seen.insert(label(place)) && seen.insert(imei(place)));
        }
        assert_eq!(
            (label(0).as_str(), label(7).as_str(), label(8).as_str(), label(255).as_str()),
            ("A1", "A8", "B1", "AF8")
        );
    }
}
