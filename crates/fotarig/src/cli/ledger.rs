//! The command line of the record's upkeep.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jiff::{SignedDuration, Span, Zoned};

/// The record's upkeep: whether it is whole, its size, a copy of it, what is too old
#[derive(Args, Debug)]
#[command(
    after_help = "Nothing is ever deleted from the ledger but by `retire`, and that only when it is called. A ledger grows by \
                        what is said to modules, mostly: some 20 to 100 kB a module.\n\n\
                        Exit status: 0 done, and the record is whole; 2 usage; 4 the ledger is missing, held by a controller, \
                        damaged, or cannot be written."
)]
pub(crate) struct Ledger {
    /// The ledger
    #[arg(long, value_name = "FILE", default_value = "fotarig.sqlite", global = true)]
    pub(crate) ledger: PathBuf,
    #[command(subcommand)]
    pub(crate) command: LedgerCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Looks whether the record is whole: every page, every row, its order, nothing missing. Also while a run writes it
    #[command(
        after_help = "It reads everything and changes nothing. Exit status 4, and what is wrong, when it is not whole.\n\
                            After a power cut or before a backup: fotarig ledger verify --ledger /var/lib/fotarig/fotarig.sqlite"
    )]
    Verify,
    /// Writes the file anew without unused pages; no controller may have it
    #[command(
        after_help = "It needs as much room on the disk as the ledger has, while it works. Events are neither lost nor \
                            changed. `retire` does it by itself."
    )]
    Vacuum,
    /// Copies the record to stdout, for people or for programs. Also while a run writes it
    Export(Export),
    /// Takes old batches out of the ledger, after they are on disk in an archive
    Retire(Retire),
}

/// Copies the record to stdout, for people or for programs. Also while a run writes it
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
                        fotarig ledger export 2026w47-bg96 | less            what was said and done, a line each\n  \
                        fotarig ledger export --format jsonl > all.jsonl     everything; `fotarig replay all.jsonl` shows it")]
pub(crate) struct Export {
    /// Name of the batch; without it all batches
    pub(crate) batch: Option<String>,
    /// How it is written
    #[arg(long, value_enum, default_value_t = ExportFormat::Text)]
    pub(crate) format: ExportFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExportFormat {
    /// For people: date, slot and what happened, AT conversation included
    Text,
    /// The event stream as JSON lines, as --events writes it: for `fotarig replay`, and to keep
    Jsonl,
}

/// Takes old batches out of the ledger, after they are on disk in an archive
#[derive(Args, Debug)]
#[command(
    after_help = "Only whole batches go, none in which a trigger is unresolved, and the ledger notes each. What goes is \
                        forgotten: that a module passed in that batch, and its runs that count for `retest_limit`. Choose an \
                        age at which no module of it comes back. No controller may have the ledger.\n\n\
                        Examples:\n  \
                        fotarig ledger retire --older-than 1y --dry-run\n  \
                        fotarig ledger retire --older-than 1y --archive /srv/archive/fotarig-2026.jsonl\n  \
                        fotarig replay /srv/archive/fotarig-2026.jsonl       shows what is in an archive"
)]
pub(crate) struct Retire {
    /// Batches whose last event is older: 90d, 6mo, 1y
    #[arg(long, value_name = "AGE", value_parser = age)]
    pub(crate) older_than: Span,
    /// The file they are written to, as JSON lines; it must not be there yet
    #[arg(long, value_name = "FILE", required_unless_present = "dry_run")]
    pub(crate) archive: Option<PathBuf>,
    /// Only says what would go and what would stay
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// An age of at least a day: less is a slip (`90m` is minutes).
fn age(text: &str) -> Result<Span, String> {
    let span: Span = text.parse().map_err(|_| "an age such as 90d, 6mo or 1y".to_owned())?;
    let now = Zoned::now();
    let then = now.checked_sub(span).map_err(|_| "an age such as 90d, 6mo or 1y".to_owned())?;
    if now.duration_since(&then) < SignedDuration::from_hours(23) {
        return Err("less than a day; months are written 6mo, days 90d".to_owned());
    }
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages_are_days_months_or_years_and_nothing_less() {
        for good in ["1d", "90d", "6mo", "1y", "2 years", "1y 2mo"] {
            assert!(age(good).is_ok(), "{good}");
        }
        for slip in ["90m", "12h", "0d", "-90d", "90", "", "soon", "90d ago", "99999y"] {
            assert!(age(slip).is_err(), "{slip}");
        }
    }
}
