//! The command: opens the ledger, finds the batch, prints it in the format that was asked for.

use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use events::Stamped;
use ledger::Reader;

use super::clean::{clean, clean_json};
use super::order::arrange;
use super::timeline::timelines;
use super::{csv_rows, follow, html, junit, table};
use crate::cli::{Format, Report};
use crate::failure::Failure;

pub(crate) fn run(report: &Report) -> Result<ExitCode, Failure> {
    let reader = Reader::open(&report.ledger)?;
    let Some(batch) = &report.batch else { return batches(&reader) };
    if report.follow {
        follow::follow(&reader, report, batch)?;
        return Ok(ExitCode::SUCCESS);
    }
    let events = reader.events_of_batch(batch)?;
    if events.is_empty() {
        return Err(no_such_batch(&reader, &report.ledger, batch)?);
    }
    print(&rendered(&events, report.format)?)?;
    Ok(ExitCode::SUCCESS)
}

/// What `events` tell, in `format`.
fn rendered(events: &[Stamped], format: Format) -> Result<String, Failure> {
    let mut report = events::Report::of(events);
    arrange(&mut report);
    match format {
        Format::Table => Ok(table::table(&report, terminal_width())),
        Format::Csv => csv_rows::spreadsheet(&report),
        Format::Json => {
            let json = serde_json::to_string_pretty(&report);
            let json = json.map_err(|error| Failure::environment(error.to_string()))?;
            Ok(format!("{}\n", clean_json(&json)))
        }
        Format::Junit => junit::junit(&report, &timelines(events)),
        Format::Html => html::page(&report, events, &timelines(events)),
    }
}

/// The terminal's width, where stdout is one.
fn terminal_width() -> Option<u16> {
    rustix::termios::tcgetwinsize(std::io::stdout()).ok().map(|size| size.ws_col).filter(|width| *width > 0)
}

/// The message that `batch` is not in the ledger, with those that are.
pub(crate) fn no_such_batch(reader: &Reader, ledger: &Path, batch: &str) -> Result<Failure, Failure> {
    let known: Vec<String> =
        reader.batches()?.into_iter().map(|summary| clean(&summary.batch).into_owned()).collect();
    let known =
        if known.is_empty() { "it has none yet".to_owned() } else { format!("it has {}", known.join(", ")) };
    let message = format!("{}: no batch `{}`", ledger.display(), clean(batch));
    Ok(Failure::usage(message).hint(known))
}

fn batches(reader: &Reader) -> Result<ExitCode, Failure> {
    let mut table = crate::table::table(&["batch", "runs", "first", "last"]);
    for summary in reader.batches()? {
        table.add_row(summary_row(&summary));
    }
    print(&format!("{table}\n"))?;
    Ok(ExitCode::SUCCESS)
}

fn summary_row(summary: &ledger::BatchSummary) -> [String; 4] {
    [
        clean(&summary.batch).into_owned(),
        summary.runs.to_string(),
        wall_clock(summary.first_unix_ms),
        wall_clock(summary.last_unix_ms),
    ]
}

/// A time as this machine's clock shows it.
pub(crate) fn wall_clock(unix_ms: u64) -> String {
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
#[path = "tests.rs"]
mod tests;
