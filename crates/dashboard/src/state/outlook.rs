//! When it will be over.

use super::State;
use crate::face::Face;

/// Units that are planned for one by one; a batch without end has no end to foretell.
const UNITS: u64 = 100_000;

impl State {
    /// How long the batch will still take, milliseconds of module time; `None` while too little is known, or when
    /// nothing is left to do.
    pub(crate) fn left_ms(&self) -> Option<u64> {
        if self.ended() {
            return None;
        }
        let mut free: Vec<u64> = Vec::new();
        let mut waiting = 0_u64;
        for slot in &self.slots {
            let face = Face::of(slot);
            if face.at_work() {
                free.push(self.learned.slot_ms(slot, self.now.run_ms)?);
            }
            waiting += u64::from(face == Face::Waiting);
        }
        let under_way = u64::try_from(free.len()).unwrap_or(u64::MAX);
        let expected = self.run.expected.map_or(0, |units| units.saturating_sub(self.tally.done()));
        let to_come = waiting.max(expected.saturating_sub(under_way)).min(UNITS);
        if free.is_empty() && to_come == 0 {
            return None;
        }
        self.planned(free, to_come)
    }

    /// Puts `to_come` units, each in the place that is free first, on the places that are `free` after so long.
    fn planned(&self, mut free: Vec<u64>, to_come: u64) -> Option<u64> {
        if free.is_empty() {
            free.push(0);
        }
        free.sort_unstable();
        let last = free.last().copied()?;
        if to_come == 0 {
            return Some(last);
        }
        let one = self.learned.unit_ms(None)?;
        let places = u64::try_from(free.len()).unwrap_or(u64::MAX);
        let (rounds, rest) = (to_come / places, to_come % places);
        let whole_rounds = rounds.saturating_mul(one);
        let after = |extra: u64, free: u64| free.saturating_add(whole_rounds).saturating_add(extra);
        let ends =
            free.iter().zip(0_u64..).map(|(free, place)| after(if place < rest { one } else { 0 }, *free));
        ends.max()
    }

    /// The wall clock after `ms` of module time: a demo's time runs faster than the wall's.
    pub(crate) fn unix_after(&self, ms: u64) -> u64 {
        let wall = u128::from(self.now.unix_ms.saturating_sub(self.run.began.unix_ms));
        let run = u128::from(self.now.run_ms.saturating_sub(self.run.began.run_ms));
        let later = (u128::from(ms) * wall).checked_div(run).unwrap_or(u128::from(ms));
        self.now.unix_ms.saturating_add(u64::try_from(later).unwrap_or(u64::MAX))
    }
}
