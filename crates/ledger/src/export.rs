//! The record as JSON lines: what replays, and what an archive keeps.

use std::io::{self, Write};

use rusqlite::{Connection, Row};

/// Why a copy could not be made.
pub(crate) enum CopyError {
    Sqlite(rusqlite::Error),
    Write(io::Error),
    NoObject(i64),
}

impl From<rusqlite::Error> for CopyError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Writes every event of `batch`, or of all of them, as lines of the public event stream, in the order of the record; how
/// many there were. A body is copied as it lies there: also what this version does not know is kept.
pub(crate) fn copy(
    connection: &Connection,
    batch: Option<&str>,
    out: &mut dyn Write,
) -> Result<u64, CopyError> {
    let mut statement = connection.prepare(
        "SELECT seq, run_seq, unix_ms, run_ms, body FROM event WHERE ?1 IS NULL OR batch = ?1 ORDER BY seq",
    )?;
    let mut rows = statement.query([batch])?;
    let mut lines = 0;
    while let Some(row) = rows.next()? {
        let line = line(row)?;
        writeln!(out, "{line}").map_err(CopyError::Write)?;
        lines += 1;
    }
    out.flush().map_err(CopyError::Write)?;
    Ok(lines)
}

fn line(row: &Row<'_>) -> Result<String, CopyError> {
    let (seq, run_seq, unix_ms, run_ms): (i64, i64, i64, i64) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    let body = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
    let fields = body.strip_prefix('{').filter(|_| body.ends_with('}') && !body.contains('\n'));
    let fields = fields.ok_or(CopyError::NoObject(seq))?;
    Ok(format!("{{\"seq\":{run_seq},\"unix_ms\":{unix_ms},\"run_ms\":{run_ms},{fields}"))
}
