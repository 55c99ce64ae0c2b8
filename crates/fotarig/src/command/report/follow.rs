//! `--follow`: a line for each unit as it ends, while another process runs the batch.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use events::{Event, Stamped, UnitReport, Verdict};
use ledger::Reader;

use super::clean::{clean_json, short};
use super::csv_rows;
use super::durations::spoken;
use super::figures::stands;
use super::run::{no_such_batch, wall_clock};
use super::table::verdict;
use crate::cli::{Format, Report};
use crate::failure::Failure;

/// How often the ledger is asked.
const EVERY: Duration = Duration::from_millis(500);

/// So many times in a row nothing new is found before it is asked whether anybody writes.
const QUIET: u32 = 10;

/// Prints until the run ends; Ctrl-C ends it as it ends every program. A run that was cut off has no end: then it says that
/// nobody runs the batch, and waits for whoever goes on with it.
pub(crate) fn follow(reader: &Reader, report: &Report, batch: &str) -> Result<(), Failure> {
    let mut followed = Followed::new(report.format)?;
    let mut place = 0;
    let mut out = std::io::stdout();
    let mut quiet = 0_u32;
    loop {
        let (events, last) = reader.events_of_batch_after(batch, place)?;
        if place == 0 && events.is_empty() {
            return Err(no_such_batch(reader, &report.ledger, batch)?);
        }
        let caught_up = events.is_empty();
        place = last;
        let text = followed.take(events)?;
        // A reader that has gone away wants no more.
        if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
            return Ok(());
        }
        if caught_up && followed.over {
            return Ok(());
        }
        if caught_up {
            quiet = quiet.saturating_add(1);
            std::thread::sleep(EVERY);
        } else {
            quiet = 0;
        }
        if quiet == QUIET && ledger::is_held(&report.ledger) == Some(false) {
            eprintln!(
                "no controller runs the batch at the moment, and its run did not end: waiting for the next one"
            );
        }
    }
}

/// What was printed so far.
struct Followed {
    format: Format,
    /// What reports are made from: everything but conversations.
    events: Vec<Stamped>,
    /// The units that were printed, with the verdict that stood then.
    printed: BTreeMap<String, Option<Verdict>>,
    begun: bool,
    /// The last run has ended.
    over: bool,
}

impl Followed {
    fn new(format: Format) -> Result<Self, Failure> {
        match format {
            Format::Table | Format::Csv | Format::Json => {}
            Format::Html | Format::Junit => {
                return Err(Failure::usage("--follow prints lines, which html and junit have none of")
                    .hint("leave out --follow, or take --format table, csv or json"));
            }
        }
        Ok(Self { format, events: Vec::new(), printed: BTreeMap::new(), begun: false, over: false })
    }

    /// Takes the next events in; the lines of the units that ended with them.
    fn take(&mut self, events: Vec<Stamped>) -> Result<String, Failure> {
        let mut ended: Vec<(String, u64)> = Vec::new();
        for stamped in events {
            let ends = matches!(stamped.event, Event::RunEnded { .. });
            self.over = ends || self.over && !matches!(stamped.event, Event::RunStarted { .. });
            if let Event::UnitEnded { unit, .. } = &stamped.event {
                ended.push((unit.clone(), stamped.unix_ms));
            }
            if !matches!(stamped.event, Event::Transcript { .. }) {
                self.events.push(stamped);
            }
        }
        let mut text = String::new();
        if !self.begun && matches!(self.format, Format::Csv) {
            text = csv_rows::head()?;
        }
        self.begun = true;
        if ended.is_empty() {
            return Ok(text);
        }
        let report = events::Report::of(&self.events);
        let units: BTreeMap<&str, &UnitReport> =
            report.units.iter().map(|unit| (unit.unit.as_str(), unit)).collect();
        for (id, unix_ms) in ended {
            let Some(unit) = units.get(id.as_str()) else { continue };
            if self.printed.insert(id, stands(unit)) != Some(stands(unit)) {
                text.push_str(&self.line(&report, unit, unix_ms)?);
            }
        }
        Ok(text)
    }

    fn line(&self, report: &events::Report, unit: &UnitReport, unix_ms: u64) -> Result<String, Failure> {
        match self.format {
            Format::Csv => csv_rows::row(report, unit),
            Format::Json => {
                let json = serde_json::to_string(unit);
                let json = json.map_err(|error| Failure::environment(error.to_string()))?;
                Ok(format!("{}\n", clean_json(&json)))
            }
            Format::Table | Format::Html | Format::Junit => Ok(words(unit, unix_ms)),
        }
    }
}

/// A unit on one line.
fn words(unit: &UnitReport, unix_ms: u64) -> String {
    let text = |text: Option<&String>| text.map_or_else(|| "-".to_owned(), |text| short(text, 32));
    let imei = unit.imei.as_ref().map_or("-", |imei| imei.as_str());
    let fault = unit.fault.as_ref().map(|fault| format!("  {} {}", fault.code, short(&fault.message, 120)));
    let took = unit.duration_ms.map(spoken).unwrap_or_default();
    format!(
        "{}  {:6} {:10} {:8} {imei:15}  {} > {}  {took}{}\n",
        wall_clock(unix_ms),
        short(&unit.slot, 16),
        verdict(unit),
        text(unit.model.as_ref()),
        text(unit.revision_before.as_ref()),
        text(unit.revision_after.as_ref()),
        fault.unwrap_or_default()
    )
}

#[cfg(test)]
#[path = "follow_tests.rs"]
mod tests;
