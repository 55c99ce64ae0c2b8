//! The report as one page: everything in it, nothing fetched, no script.

mod plot;
mod unit;

use std::collections::BTreeMap;

use askama::Template;
use events::{Event, Report, Stamped, Target, Verdict};

use self::plot::Plot;
use self::unit::UnitView;
use super::clean;
use super::clean::{LONGEST_LABEL, LONGEST_NAME, short};
use super::durations::durations;
use super::figures::{FaultCount, Figures, percent, stands};
use super::run::wall_clock;
use super::timeline::Timeline;
use crate::failure::Failure;

/// The page, as its template has it. Every text is cleaned; the template escapes it.
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    batch: String,
    rack: String,
    begun: String,
    ended: String,
    facts: Vec<(&'static str, String)>,
    tiles: Vec<Tile>,
    verdicts: Vec<VerdictCount>,
    concerns: Vec<Concern>,
    faults: Vec<FaultRow>,
    plot: Plot,
    units: Vec<UnitView>,
    version: &'static str,
}

/// A figure of the head.
struct Tile {
    figure: String,
    what: &'static str,
    detail: String,
}

/// How many modules have a verdict.
struct VerdictCount {
    name: &'static str,
    symbol: &'static str,
    count: usize,
}

/// A unit that is not at its target.
struct Concern {
    anchor: String,
    slot: String,
    verdict: &'static str,
    symbol: &'static str,
    fault: String,
}

/// A line of the Pareto.
struct FaultRow {
    code: String,
    class: &'static str,
    meaning: &'static str,
    action: &'static str,
    units: usize,
    attempts: usize,
    /// Share of the most frequent one, per cent.
    bar: usize,
}

/// The page of `report`, with what `events` tell beyond it.
pub(crate) fn page(
    report: &Report,
    events: &[Stamped],
    timelines: &BTreeMap<String, Timeline>,
) -> Result<String, Failure> {
    let figures = Figures::of(report);
    let unit =
        |(number, unit): (usize, &events::UnitReport)| UnitView::new(number, unit, timelines.get(&unit.unit));
    let page = Page {
        batch: clean(&report.batch).into_owned(),
        rack: clean(&report.rack).into_owned(),
        begun: report.started.map_or_else(|| "–".to_owned(), wall_clock),
        ended: report.ended.map_or_else(|| "not ended".to_owned(), wall_clock),
        facts: facts(events),
        tiles: tiles(&figures),
        verdicts: verdicts(&figures),
        concerns: concerns(report),
        faults: faults(&figures.faults),
        plot: Plot::of(&durations(events)),
        units: report.units.iter().enumerate().map(unit).collect(),
        version: env!("CARGO_PKG_VERSION"),
    };
    page.render().map_err(|error| Failure::environment(format!("the report cannot be written: {error}")))
}

/// What the runs said of themselves; the last run's word where they differ.
fn facts(events: &[Stamped]) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    let mut runs = 0;
    for stamped in events {
        let Event::RunStarted { lot, operator, targets, version, .. } = &stamped.event else { continue };
        runs += 1;
        let target = |target: &Target| {
            format!("{} {}", short(&target.model, LONGEST_NAME), short(&target.revision, LONGEST_NAME))
        };
        facts.clear();
        facts.extend(lot.as_ref().map(|lot| ("Lot", clean(lot).into_owned())));
        facts.extend(operator.as_ref().map(|operator| ("Operator", clean(operator).into_owned())));
        facts.push(("Targets", targets.iter().map(target).collect::<Vec<_>>().join(", ")));
        facts.push(("Flashed by", format!("fotarig {}", clean(version))));
    }
    if runs > 1 {
        facts.push(("Runs", runs.to_string()));
    }
    facts
}

fn tiles(figures: &Figures) -> Vec<Tile> {
    let of = |part: usize| format!("{part} of {} that were tried", figures.tried);
    vec![
        Tile { figure: percent(figures.passed, figures.tried), what: "yield", detail: of(figures.passed) },
        Tile {
            figure: percent(figures.first_pass, figures.tried),
            what: "first-pass yield",
            detail: of(figures.first_pass),
        },
        Tile {
            figure: figures.modules.to_string(),
            what: if figures.modules == 1 { "module" } else { "modules" },
            detail: match figures.open {
                0 => "each with a verdict".to_owned(),
                open => format!("{open} without a verdict"),
            },
        },
    ]
}

fn verdicts(figures: &Figures) -> Vec<VerdictCount> {
    let count = |verdict: Verdict| {
        let count = figures.verdicts.get(&verdict).copied().unwrap_or_default();
        VerdictCount { name: verdict.name(), symbol: verdict.symbol(), count }
    };
    let open = VerdictCount { name: "open", symbol: "…", count: figures.open };
    Verdict::ALL.into_iter().map(count).chain(Some(open)).filter(|entry| entry.count > 0).collect()
}

fn concerns(report: &Report) -> Vec<Concern> {
    let concern = |(number, unit): (usize, &events::UnitReport)| {
        let verdict = stands(unit);
        if verdict.is_some_and(Verdict::good) {
            return None;
        }
        Some(Concern {
            anchor: unit::anchor(number),
            slot: short(&unit.slot, LONGEST_LABEL),
            verdict: verdict.map_or("open", Verdict::name),
            symbol: verdict.map_or("…", Verdict::symbol),
            fault: unit.fault.as_ref().map(|fault| fault.code.to_string()).unwrap_or_default(),
        })
    };
    report.units.iter().enumerate().filter_map(concern).collect()
}

fn faults(faults: &[FaultCount]) -> Vec<FaultRow> {
    let weight = |fault: &FaultCount| fault.units.max(fault.attempts);
    let most = faults.iter().map(weight).max().unwrap_or_default().max(1);
    let row = |fault: &FaultCount| FaultRow {
        code: fault.code.to_string(),
        class: fault.code.class().name(),
        meaning: fault.code.what.meaning(),
        action: fault.code.what.action(),
        units: fault.units,
        attempts: fault.attempts,
        bar: fault.units * 100 / most,
    };
    faults.iter().map(row).collect()
}
