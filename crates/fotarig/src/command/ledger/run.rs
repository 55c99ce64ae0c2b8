//! The command: looks through the ledger, compacts it, copies it, takes old batches out.

use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use jiff::Zoned;
use ledger::{LedgerError, OldBatch, Reader};

use super::text;
use crate::cli::{Export, ExportFormat, Ledger, LedgerCommand, Retire};
use crate::command::report::{clean, no_such_batch, print, wall_clock};
use crate::failure::Failure;

pub(crate) fn run(ledger: &Ledger) -> Result<ExitCode, Failure> {
    let path = &ledger.ledger;
    match &ledger.command {
        LedgerCommand::Verify => verify(path),
        LedgerCommand::Vacuum => vacuum(path),
        LedgerCommand::Export(wanted) => export(path, wanted),
        LedgerCommand::Retire(wanted) => retire(path, wanted),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn verify(path: &Path) -> Result<(), Failure> {
    let verified = ledger::verify(path)?;
    if verified.whole() {
        let retired = match verified.retired {
            0 => String::new(),
            count => format!(", and {count} were retired to archives"),
        };
        return print(&format!("{}: whole: {} events{retired}\n", path.display(), verified.events));
    }
    for problem in &verified.problems {
        print(&format!("{}\n", clean(&problem.to_string())))?;
    }
    let told = verified.problems.len() as u64;
    if verified.problems_in_all > told {
        print(&format!("and {} more\n", verified.problems_in_all - told))?;
    }
    let count = match verified.problems_in_all {
        1 => "1 problem".to_owned(),
        count => format!("{count} problems"),
    };
    let message = format!("{}: the record is not whole: {count}", path.display());
    let damaged = LedgerError::Damaged { path: path.to_owned(), what: "verified" };
    Err(Failure::environment(message).hint(damaged.next_step()))
}

fn vacuum(path: &Path) -> Result<(), Failure> {
    let (before, after) = ledger::vacuum(path)?;
    print(&format!("{}: {} before, {} now\n", path.display(), size(before), size(after)))
}

/// Bytes, for people.
fn size(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / 1_048_576;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

fn export(path: &Path, wanted: &Export) -> Result<(), Failure> {
    let reader = Reader::open(path)?;
    let batches = reader.batches()?.into_iter().map(|summary| summary.batch);
    let batches: Vec<String> =
        batches.filter(|batch| wanted.batch.as_ref().is_none_or(|one| one == batch)).collect();
    if let (Some(batch), []) = (&wanted.batch, batches.as_slice()) {
        return Err(no_such_batch(&reader, path, batch)?);
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    let written = match wanted.format {
        ExportFormat::Jsonl => reader.export(wanted.batch.as_deref(), &mut out).map(drop),
        ExportFormat::Text => batches.iter().try_for_each(|batch| text::export(&reader, batch, &mut out)),
    };
    let written = written.and_then(|()| out.flush().map_err(text::unwritten));
    match written {
        // A reader that has gone away (`| head`) is no fault.
        Err(LedgerError::Copy { source, .. }) if source.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

fn retire(path: &Path, wanted: &Retire) -> Result<(), Failure> {
    let now = Zoned::now();
    let beyond = |_| Failure::usage("--older-than: before the beginning of the calendar");
    let then = now.checked_sub(wanted.older_than).map_err(beyond)?;
    let unix_ms = |time: &Zoned| u64::try_from(time.timestamp().as_millisecond()).unwrap_or_default();
    let (before, now) = (unix_ms(&then), unix_ms(&now));
    let old = ledger::old_batches(path, before)?;
    for batch in old.iter().filter(|batch| batch.open) {
        let name = clean(&batch.batch);
        print(&format!("{name} stays: a module in it is past its trigger, or may be counting raw bytes\n"))?;
    }
    if old.iter().all(|batch| batch.open) {
        return print(&format!("{}: nothing to retire before {}\n", path.display(), wall_clock(before)));
    }
    let Some(archive) = wanted.archive.as_ref().filter(|_| !wanted.dry_run) else {
        return old.iter().filter(|batch| !batch.open).try_for_each(would_go);
    };
    for gone in ledger::retire(path, before, now, archive)? {
        print(&format!("{}: {} events to {}\n", clean(&gone.batch), gone.events, archive.display()))?;
    }
    Ok(())
}

fn would_go(batch: &OldBatch) -> Result<(), Failure> {
    let (name, last) = (clean(&batch.batch), wall_clock(batch.last_unix_ms));
    print(&format!("{name} would go: {} events, the last at {last}\n", batch.events))
}
