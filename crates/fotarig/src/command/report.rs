//! `fotarig report`: what became of a batch, from the ledger.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use comfy_table::{ContentArrangement, Table, presets};
use events::{UnitReport, Verdict};
use ledger::Reader;

use crate::cli::{Format, Report};
use crate::failure::Failure;

pub(crate) fn run(report: &Report) -> Result<ExitCode, Failure> {
    let reader = Reader::open(&report.ledger)?;
    let Some(batch) = &report.batch else { return batches(&reader) };
    let events = reader.events_of_batch(batch)?;
    if events.is_empty() {
        let known: Vec<String> = reader.batches()?.into_iter().map(|summary| summary.batch).collect();
        let known = if known.is_empty() {
            "it has none yet".to_owned()
        } else {
            format!("it has {}", known.join(", "))
        };
        let message = format!("{}: no batch `{batch}`", report.ledger.display());
        return Err(Failure::usage(message).hint(known));
    }
    let folded = events::Report::of(&events);
    let text = match report.format {
        Format::Table => table(&folded),
        Format::Csv => spreadsheet(&folded)?,
        Format::Json => {
            let json = serde_json::to_string_pretty(&folded);
            json.map_err(|error| Failure::environment(error.to_string()))? + "\n"
        }
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn batches(reader: &Reader) -> Result<ExitCode, Failure> {
    let mut table = new_table(["batch", "runs", "first", "last"]);
    for summary in reader.batches()? {
        table.add_row(summary_row(&summary));
    }
    print(&format!("{table}\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn summary_row(summary: &ledger::BatchSummary) -> [String; 4] {
    [
        summary.batch.clone(),
        summary.runs.to_string(),
        wall_clock(summary.first_unix_ms),
        wall_clock(summary.last_unix_ms),
    ]
}

/// The report for people.
pub(crate) fn table(report: &events::Report) -> String {
    let mut table = new_table(["slot", "model", "IMEI", "before", "after", "verdict", "attempts", "fault"]);
    for unit in &report.units {
        table.add_row(unit_row(unit));
    }
    let counts: Vec<String> =
        Verdict::ALL.iter().map(|verdict| format!("{} {verdict}", report.count(*verdict))).collect();
    let begun = report.started.map(wall_clock).unwrap_or_default();
    let ended = report.ended.map_or_else(|| "not ended".to_owned(), wall_clock);
    format!("{}  on {}  from {begun} to {ended}\n{table}\n{}\n", report.batch, report.rack, counts.join(", "))
}

/// The report as CSV, a row for each unit.
fn spreadsheet(report: &events::Report) -> Result<String, Failure> {
    let unwritten = |error: String| Failure::environment(format!("the report cannot be written: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS).map_err(|error| unwritten(error.to_string()))?;
    for unit in &report.units {
        let cells = csv_row(report, unit).map(|cell| harmless(&cell));
        writer.write_record(cells).map_err(|error| unwritten(error.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|error| unwritten(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| unwritten(error.to_string()))
}

const COLUMNS: [&str; 16] = [
    "batch",
    "rack",
    "slot",
    "imei",
    "family",
    "model",
    "revision_before",
    "revision_after",
    "verdict",
    "resolved_later",
    "fault",
    "class",
    "message",
    "attempts",
    "deliveries",
    "duration_s",
];

fn csv_row(report: &events::Report, unit: &UnitReport) -> [String; 16] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let verdict = |verdict: Option<Verdict>| verdict.map(Verdict::name).unwrap_or_default().to_owned();
    let fault = unit.fault.as_ref();
    let deliveries: Vec<&str> = unit.attempts.iter().map(|attempt| attempt.delivery.name()).collect();
    [
        report.batch.clone(),
        report.rack.clone(),
        unit.slot.clone(),
        unit.imei.as_ref().map(ToString::to_string).unwrap_or_default(),
        unit.family.map(|family| family.name().to_owned()).unwrap_or_default(),
        text(&unit.model),
        text(&unit.revision_before),
        text(&unit.revision_after),
        verdict(unit.verdict),
        verdict(unit.resolved_later),
        fault.map(|fault| fault.code.to_string()).unwrap_or_default(),
        fault.map(|fault| fault.class.to_string()).unwrap_or_default(),
        fault.map(|fault| fault.message.clone()).unwrap_or_default(),
        unit.attempts.len().to_string(),
        deliveries.join(" "),
        unit.duration_ms.map(|ms| (ms / 1000).to_string()).unwrap_or_default(),
    ]
}

/// A spreadsheet takes a cell that begins so for a formula.
fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

fn unit_row(unit: &UnitReport) -> [String; 8] {
    let verdict =
        unit.verdict.map_or_else(|| "open".to_owned(), |verdict| format!("{} {verdict}", verdict.symbol()));
    let verdict = match unit.resolved_later {
        Some(later) => format!("{verdict}, later {later}"),
        None => verdict,
    };
    let fault =
        unit.fault.as_ref().map(|fault| format!("{} {}", fault.code, fault.message)).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    [
        unit.slot.clone(),
        text(&unit.model),
        unit.imei.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
        text(&unit.revision_before),
        text(&unit.revision_after),
        verdict,
        unit.attempts.len().to_string(),
        fault,
    ]
}

fn new_table<const N: usize>(head: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head);
    table
}

fn wall_clock(unix_ms: u64) -> String {
    let time = i64::try_from(unix_ms).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    time.map(|time| time.to_zoned(jiff::tz::TimeZone::system()).strftime("%F %T").to_string())
        .unwrap_or_default()
}

/// Prints `text`; a reader that has gone away (`| head`) is no fault.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::environment(error.to_string())),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert!(harmless(cell).starts_with('\''), "{cell:?}");
        }
        assert_eq!(harmless("BG96,\"x\""), "BG96,\"x\"");
    }
}
