//! A barcode reader types like a keyboard, only faster: fifteen digits and Enter.

/// The longest time between two characters of a reader, milliseconds.
const GAP_MS: u64 = 150;
/// The longest scan.
const DIGITS: usize = 32;

/// What a reader has typed so far.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    digits: String,
    last_ms: u64,
}

impl Scan {
    /// A digit came.
    pub(crate) fn digit(&mut self, digit: char, at_ms: u64) {
        if at_ms.saturating_sub(self.last_ms) > GAP_MS {
            self.digits.clear();
        }
        self.last_ms = at_ms;
        if self.digits.len() < DIGITS {
            self.digits.push(digit);
        }
    }

    /// Enter came: what was scanned right before it, if it is too much for somebody's finger.
    pub(crate) fn enter(&mut self, at_ms: u64) -> Option<String> {
        let in_time = at_ms.saturating_sub(self.last_ms) <= GAP_MS;
        let digits = std::mem::take(&mut self.digits);
        (in_time && digits.len() >= 8).then_some(digits)
    }

    /// Something else came.
    pub(crate) fn other(&mut self) {
        self.digits.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Scan;

    fn scanned(digits: &str, gap_ms: u64) -> Option<String> {
        let mut scan = Scan::default();
        let mut at_ms = 10_000;
        for digit in digits.chars() {
            scan.digit(digit, at_ms);
            at_ms += gap_ms;
        }
        scan.enter(at_ms)
    }

    #[test]
    fn a_reader_is_known_by_its_speed() {
        assert_eq!(scanned("490154203237518", 5).as_deref(), Some("490154203237518"));
        assert_eq!(scanned("490154203237518", 150).as_deref(), Some("490154203237518"));
        assert_eq!(scanned("490154203237518", 151), None);
        assert_eq!(scanned("1234567", 5), None, "a finger slipped");
        assert_eq!(scanned(&"1".repeat(500), 1).map(|digits| digits.len()), Some(32));
    }
}
