//! Whether the record is whole.

use std::path::Path;

use events::Event;
use rusqlite::Connection;

use crate::{LedgerError, schema};

/// More problems than this are counted, but not told one by one.
const TOLD: usize = 100;

/// What a look through the whole record found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Events that are there.
    pub events: u64,
    /// Events that retention took out, each accounted for.
    pub retired: u64,
    /// What is wrong, 100 at most.
    pub problems: Vec<Problem>,
    /// How many problems there are in all.
    pub problems_in_all: u64,
}

/// Something that is wrong with the record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// SQLite's own check found something.
    #[error("the file is damaged: {0}")]
    Structure(String),
    /// Rows are gone that retention did not take.
    #[error("{0} events are missing")]
    Missing(u64),
    /// There are more rows than were ever written.
    #[error("{0} events are there that were not written by fotarig")]
    Surplus(u64),
    /// A row cannot be understood.
    #[error("event {seq}: {why}")]
    Body {
        /// Its sequence number in the ledger.
        seq: i64,
        /// Why not.
        why: String,
    },
    /// The columns by which a row is found say something else than the row.
    #[error("event {seq}: its kind is `{found}`, its column says `{column}`")]
    Kind {
        /// Its sequence number in the ledger.
        seq: i64,
        /// What the row says.
        found: String,
        /// What its column says.
        column: String,
    },
    /// The events of a run are not in their order.
    #[error("event {seq}: number {run_seq} of run {run} comes after number {before}")]
    Order {
        /// Its sequence number in the ledger.
        seq: i64,
        /// The run.
        run: String,
        /// Its place in the run's order.
        run_seq: i64,
        /// The place of the one before.
        before: i64,
    },
}

impl Verified {
    /// Whether nothing is wrong.
    pub fn whole(&self) -> bool {
        self.problems_in_all == 0
    }

    fn wrong(&mut self, problem: Problem) {
        self.problems_in_all += 1;
        if self.problems.len() < TOLD {
            self.problems.push(problem);
        }
    }
}

/// Looks through the whole ledger at `path`, also while a run writes it: SQLite's own check of every page and index, that no
/// row is missing but what retention took out, that each row can be understood and is where its columns say, and that
/// the events of a run are in their order (with gaps: progress and the like are not recorded). It blocks, and reads
/// everything.
///
/// # Errors
/// As [`crate::Reader::open`], and when the file cannot be read at all. What is wrong with the record is in the answer.
pub fn verify(path: &Path) -> Result<Verified, LedgerError> {
    let connection = schema::open_for_reading(path)?;
    let mut verified = Verified::default();
    let looked = look(&connection, &mut verified);
    match looked.map_err(|source| LedgerError::of_sqlite(path, "read", source)) {
        Ok(()) => {}
        // That is what this is for.
        Err(LedgerError::Damaged { .. }) => {
            verified.wrong(Problem::Structure("pages of it cannot be read".to_owned()));
        }
        Err(error) => return Err(error),
    }
    Ok(verified)
}

fn look(connection: &Connection, verified: &mut Verified) -> rusqlite::Result<()> {
    // One snapshot for all questions, so that a run that writes meanwhile makes no difference.
    let connection = connection.unchecked_transaction()?;
    structure(&connection, verified)?;
    count(&connection, verified)?;
    rows(&connection, verified)
}

fn structure(connection: &Connection, verified: &mut Verified) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("PRAGMA integrity_check")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        if text != "ok" {
            verified.wrong(Problem::Structure(text));
        }
    }
    Ok(())
}

fn count(connection: &Connection, verified: &mut Verified) -> rusqlite::Result<()> {
    let number = |sql: &str| {
        let number: rusqlite::Result<i64> = connection.query_row(sql, [], |row| row.get(0));
        number.map(|number| u64::try_from(number).unwrap_or_default())
    };
    let table = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'retired')";
    if number(table)? == 1 {
        verified.retired = number("SELECT coalesce(sum(events), 0) FROM retired")?;
    }
    verified.events = number("SELECT count(*) FROM event NOT INDEXED")?;
    let written = number("SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'event'")?;
    let there = verified.events.saturating_add(verified.retired);
    if there < written {
        verified.wrong(Problem::Missing(written - there));
    } else if there > written {
        verified.wrong(Problem::Surplus(there - written));
    }
    Ok(())
}

fn rows(connection: &Connection, verified: &mut Verified) -> rusqlite::Result<()> {
    let mut statement =
        connection.prepare("SELECT seq, run, run_seq, kind, body FROM event NOT INDEXED ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let mut last: std::collections::BTreeMap<String, i64> = std::collections::BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (seq, run, run_seq): (i64, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let column = row.get_ref(3)?.as_str()?;
        match serde_json::from_str::<Event>(row.get_ref(4)?.as_str()?) {
            Ok(event) if event.kind() == column => {}
            Ok(event) => {
                let (found, column) = (event.kind().to_owned(), column.to_owned());
                verified.wrong(Problem::Kind { seq, found, column });
            }
            Err(why) => verified.wrong(Problem::Body { seq, why: why.to_string() }),
        }
        // 0 is the ledger's own note of what it had to drop.
        if run_seq != 0
            && let Some(before) = last.insert(run.clone(), run_seq)
            && before >= run_seq
        {
            verified.wrong(Problem::Order { seq, run, run_seq, before });
        }
    }
    Ok(())
}
