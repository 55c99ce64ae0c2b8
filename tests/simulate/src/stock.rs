//! Packages and revisions: what the simulated factory has in stock.

use std::sync::OnceLock;

use bytes::Bytes;
use events::{Family, Package, Target};
use sim::Header;

/// Size of every package, bytes.
const SIZE: usize = 64 * 1024;

/// The revisions of one model: the old one, one in between, the target; and what `QGMR` adds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) family: Family,
    pub(crate) model: &'static str,
    pub(crate) old: &'static str,
    pub(crate) between: &'static str,
    pub(crate) target: &'static str,
    pub(crate) suffix: &'static str,
}

/// Every model. One line of BG96 has a target that differs in its suffix only.
pub(crate) const LINES: [Line; 6] = [
    Line {
        family: Family::Sim7000,
        model: "SIM7000G",
        old: "1529B03SIM7000G",
        between: "1529B035SIM7000G",
        target: "1529B04SIM7000G",
        suffix: "",
    },
    Line {
        family: Family::Sim7080,
        model: "SIM7080G",
        old: "1951B01SIM7080G",
        between: "1951B015SIM7080G",
        target: "1951B02SIM7080G",
        suffix: "",
    },
    Line {
        family: Family::Sim7028,
        model: "SIM7028",
        old: "2110B06SIM7028",
        between: "2110B065SIM7028",
        target: "2110B07SIM7028",
        suffix: "",
    },
    Line {
        family: Family::Ag35,
        model: "AG35",
        old: "AG35CEVAR05A06T4G",
        between: "AG35CEVAR05A065T4G",
        target: "AG35CEVAR05A07T4G",
        suffix: "_01.007.01.007",
    },
    Line {
        family: Family::Bg96,
        model: "BG96",
        old: "BG96MAR02A07M1G",
        between: "BG96MAR02A08M1G",
        target: "BG96MAR02A09M1G",
        suffix: "_01.007.01.007",
    },
    Line {
        family: Family::Bg96,
        model: "BG96",
        old: "BG96MAR02A07M1G_01.007.01.007",
        between: "BG96MAR02A07M1G_01.008.01.008",
        target: "BG96MAR02A07M1G_01.009.01.009",
        suffix: "_01.007.01.007",
    },
];

/// A revision that only begins like the target.
pub(crate) fn longer(line: &Line) -> String {
    format!("{}1", line.target)
}

/// A package with its bytes.
#[derive(Clone, Debug)]
pub(crate) struct Stocked {
    pub(crate) package: Package,
    pub(crate) file: Bytes,
}

/// How the packages of a model lead to its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the old revision to the target.
    Direct,
    /// By the revision in between.
    InTwo,
}

/// The packages of `line`, by number.
fn stocked(line: usize) -> &'static [Stocked; 4] {
    static STOCK: [OnceLock<[Stocked; 4]>; 6] = [const { OnceLock::new() }; 6];
    STOCK[line].get_or_init(|| {
        let line = &LINES[line];
        let longer = longer(line);
        [
            stock(line, line.old, line.target),
            stock(line, line.old, line.between),
            stock(line, line.between, line.target),
            stock(line, &longer, line.target),
        ]
    })
}

fn stock(line: &Line, from: &str, to: &str) -> Stocked {
    let seed = from.bytes().chain(to.bytes()).fold(7_u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte));
    let file = sim::package::build(&Header::new(line.family, line.model, from, to), SIZE, seed);
    let (from, to) = (from.to_owned(), to.to_owned());
    let sha256 = format!("{seed:064x}");
    let (family, model, size) = (line.family, line.model.to_owned(), file.len() as u64);
    Stocked { package: Package { family, model, from, to, size, sha256 }, file: file.into() }
}

/// What the batch has for the model of `line`.
pub(crate) fn for_batch(line: usize, way: Way) -> Vec<Stocked> {
    let [direct, first, second, longer] = stocked(line).clone();
    match way {
        Way::Direct => vec![direct, longer],
        Way::InTwo => vec![first, second, longer],
    }
}

/// The batch's target for the model of `line`.
pub(crate) fn target(line: usize) -> Target {
    let line = &LINES[line];
    Target { model: line.model.to_owned(), revision: line.target.to_owned() }
}
