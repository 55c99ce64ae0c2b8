//! What a controller asks the record when it starts, and what reports are made from.

use events::{Imei, Stamped};
use rusqlite::params;

use crate::row::{self, COLUMNS, stored};
use crate::{LedgerError, Reader};

/// The most events that one look-up of [`Reader::events_of_batch_after`] gives.
pub const PAGE_EVENTS: usize = 8_192;

/// Whether the unit that `s` begins is a run, as [`Reader::runs`] counts them.
const IS_A_RUN: &str = "EXISTS (SELECT 1 FROM event a WHERE a.unit = s.unit AND a.kind = 'attempt_started') \
                        AND (EXISTS (SELECT 1 FROM event c WHERE c.unit = s.unit AND c.kind = 'checkpointed' \
                                     AND json_extract(c.body, '$.checkpoint') = 'trigger') \
                          OR EXISTS (SELECT 1 FROM event e WHERE e.unit = s.unit AND e.kind = 'unit_ended' \
                                     AND json_extract(e.body, '$.verdict') IN ('passed', 'failed', 'unknown')))";

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

    /// The next events of `batch`, [`PAGE_EVENTS`] at most, that were written after `place`, and the place of the last of
    /// them (`place` itself when there are none); 0 is before the first. Whoever asks again with it, while a run writes,
    /// sees each event once, in the order in which they were written.
    pub fn events_of_batch_after(&self, batch: &str, place: u64) -> Result<(Vec<Stamped>, u64), LedgerError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM event e WHERE e.batch = ?1 AND e.seq > ?2 ORDER BY e.seq LIMIT {PAGE_EVENTS}"
        );
        let rows = self
            .rows(&sql, params![batch, stored(place)], |row| Ok((row.get::<_, i64>(0)?, row::read(row)?)))?;
        let last = rows.last().map_or(place, |(seq, _)| u64::try_from(*seq).unwrap_or_default());
        let events: Result<Vec<Stamped>, LedgerError> = rows.into_iter().map(|(_, event)| event).collect();
        Ok((events?, last))
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

    /// The batch in which the unit began; `None` when the ledger does not know it.
    pub fn batch_of_unit(&self, unit: &str) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT batch FROM event WHERE unit = ?1 AND kind = 'unit_started' LIMIT 1";
        Ok(self.rows(sql, params![unit], |row| row.get(0))?.pop())
    }

    /// How many runs towards each target the module of each IMEI has had, in any batch: what `retest_limit` counts.
    ///
    /// A run is a unit that was routed towards the target and had an attempt which says something of the module: a trigger
    /// was recorded in it, or the unit ended `passed`, `failed` or `unknown`. So a unit that the operator, the policy or a
    /// crash stopped before its trigger costs no run, a unit without a verdict counts from its trigger on, and the several
    /// attempts and packages of one unit are one run.
    pub fn runs(&self) -> Result<Vec<(Imei, String, u64)>, LedgerError> {
        let sql = format!(
            "SELECT s.imei, json_extract(r.body, '$.target'), count(DISTINCT s.unit) FROM event s \
             JOIN event r ON r.unit = s.unit AND r.kind = 'routed' \
             WHERE s.kind = 'unit_started' AND s.imei IS NOT NULL AND {IS_A_RUN} GROUP BY 1, 2"
        );
        let rows = self.rows(&sql, [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?))
        })?;
        let read = |(imei, target, count): (String, String, i64)| {
            Some((Imei::parse(&imei)?, target, u64::try_from(count).ok()?))
        };
        Ok(rows.into_iter().filter_map(read).collect())
    }

    /// How many runs towards `target` the module with this IMEI has had, as [`Self::runs`] counts them.
    pub fn runs_towards(&self, imei: &Imei, target: &str) -> Result<u32, LedgerError> {
        let sql = format!(
            "SELECT count(DISTINCT s.unit) FROM event s WHERE s.imei = ?1 AND s.kind = 'unit_started' \
             AND EXISTS (SELECT 1 FROM event r WHERE r.unit = s.unit AND r.kind = 'routed' \
                         AND json_extract(r.body, '$.target') = ?2) AND {IS_A_RUN}"
        );
        let found = self.rows(&sql, params![imei.as_str(), target], |row| row.get(0))?;
        Ok(found.first().copied().unwrap_or_default())
    }
}
