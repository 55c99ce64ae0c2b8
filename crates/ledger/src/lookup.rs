//! What a controller asks the record when it starts, and what reports are made from.

use events::{Imei, Stamped};
use rusqlite::params;

use crate::row::COLUMNS;
use crate::{LedgerError, Reader};

/// A batch of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchSummary {
    /// Its name.
    pub batch: String,
    /// How many runs of it were started.
    pub runs: u32,
    /// When its first run began, milliseconds since 1970.
    pub first_unix_ms: u64,
    /// When its last event happened, milliseconds since 1970.
    pub last_unix_ms: u64,
}

/// Look-ups. Every one that gives events fails with [`LedgerError::Body`] at one that this version does not know.
impl Reader {
    /// Every event of `batch`, of all its runs, in the order in which they were written.
    pub fn events_of_batch(&self, batch: &str) -> Result<Vec<Stamped>, LedgerError> {
        self.events(&format!("SELECT {COLUMNS} FROM event e WHERE e.batch = ?1 ORDER BY e.seq"), [batch])
    }

    /// Every batch, in the order of their first runs.
    pub fn batches(&self) -> Result<Vec<BatchSummary>, LedgerError> {
        let sql = "SELECT s.batch, count(*), min(s.unix_ms), \
                          (SELECT e.unix_ms FROM event e WHERE e.batch = s.batch ORDER BY e.seq DESC LIMIT 1) \
                   FROM event s WHERE s.kind = 'run_started' GROUP BY s.batch ORDER BY min(s.seq)";
        self.rows(sql, [], |row| {
            let time = |place: usize| row.get(place).map(|ms: i64| u64::try_from(ms).unwrap_or_default());
            Ok(BatchSummary {
                batch: row.get(0)?,
                runs: row.get(1)?,
                first_unix_ms: time(2)?,
                last_unix_ms: time(3)?,
            })
        })
    }

    /// Every trigger's checkpoint, of any batch, that no resolution of its attempt follows: whose IMEIs are held.
    pub fn open_triggers(&self) -> Result<Vec<Stamped>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM event e INDEXED BY event_checkpointed WHERE e.kind = 'checkpointed' \
             AND json_extract(e.body, '$.checkpoint') = 'trigger' AND NOT EXISTS \
             (SELECT 1 FROM event r WHERE r.attempt = e.attempt AND r.kind = 'resolved' AND r.seq > e.seq) \
             ORDER BY e.seq"
        );
        self.events(&sql, [])
    }

    /// Every checkpoint of a data mode, of any batch, that neither its end nor its attempt's follows: whose modules
    /// may still be counting raw bytes.
    pub fn open_data_modes(&self) -> Result<Vec<Stamped>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM event e INDEXED BY event_checkpointed WHERE e.kind = 'checkpointed' \
             AND json_extract(e.body, '$.checkpoint') = 'data_mode' AND NOT EXISTS \
             (SELECT 1 FROM event o WHERE o.attempt = e.attempt AND o.seq > e.seq AND (o.kind = 'attempt_ended' \
             OR o.kind = 'checkpointed' AND json_extract(o.body, '$.checkpoint') = 'data_mode_over')) \
             ORDER BY e.seq"
        );
        self.events(&sql, [])
    }

    /// The `UnitStarted` of every unit of `batch` that has no verdict.
    pub fn unfinished_units(&self, batch: &str) -> Result<Vec<Stamped>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM event e INDEXED BY event_unit_started \
             WHERE e.batch = ?1 AND e.kind = 'unit_started' AND NOT EXISTS \
             (SELECT 1 FROM event o WHERE o.unit = e.unit AND o.kind = 'unit_ended') ORDER BY e.seq"
        );
        self.events(&sql, [batch])
    }

    /// The `AttemptStarted` of every attempt of `batch` that has no end.
    pub fn unfinished_attempts(&self, batch: &str) -> Result<Vec<Stamped>, LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM event e INDEXED BY event_attempt_started \
             WHERE e.batch = ?1 AND e.kind = 'attempt_started' AND NOT EXISTS \
             (SELECT 1 FROM event o WHERE o.attempt = e.attempt AND o.kind = 'attempt_ended') ORDER BY e.seq"
        );
        self.events(&sql, [batch])
    }

    /// Whether a unit with this IMEI has the verdict `passed` in `batch`, be it a later one.
    pub fn passed_in_batch(&self, batch: &str, imei: &Imei) -> Result<bool, LedgerError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM event s JOIN event e ON e.unit = s.unit AND e.kind = 'unit_ended' \
                   WHERE s.imei = ?2 AND s.kind = 'unit_started' AND s.batch = ?1 \
                   AND json_extract(e.body, '$.verdict') = 'passed')";
        let found = self.rows(sql, params![batch, imei.as_str()], |row| row.get(0))?;
        Ok(found.first().copied().unwrap_or_default())
    }

    /// How many units of each IMEI, in any batch, were routed towards each target and had an attempt.
    pub fn runs(&self) -> Result<Vec<(Imei, String, u64)>, LedgerError> {
        let sql = "SELECT s.imei, json_extract(r.body, '$.target'), count(DISTINCT s.unit) FROM event s \
                   JOIN event r ON r.unit = s.unit AND r.kind = 'routed' \
                   WHERE s.kind = 'unit_started' AND s.imei IS NOT NULL \
                   AND EXISTS (SELECT 1 FROM event a WHERE a.unit = s.unit AND a.kind = 'attempt_started') \
                   GROUP BY 1, 2";
        let rows = self.rows(sql, [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
        let read = |(imei, target, count): (String, String, i64)| {
            Some((Imei::parse(&imei)?, target, u64::try_from(count).ok()?))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// How many units with this IMEI, in any batch, were routed towards `target` and had an attempt.
    pub fn runs_towards(&self, imei: &Imei, target: &str) -> Result<u32, LedgerError> {
        let sql = "SELECT count(DISTINCT s.unit) FROM event s WHERE s.imei = ?1 AND s.kind = 'unit_started' \
                   AND EXISTS (SELECT 1 FROM event r WHERE r.unit = s.unit AND r.kind = 'routed' \
                               AND json_extract(r.body, '$.target') = ?2) \
                   AND EXISTS (SELECT 1 FROM event a WHERE a.unit = s.unit AND a.kind = 'attempt_started')";
        let found = self.rows(sql, params![imei.as_str(), target], |row| row.get(0))?;
        Ok(found.first().copied().unwrap_or_default())
    }
}
