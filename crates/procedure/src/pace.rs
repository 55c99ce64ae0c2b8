//! When the next piece of an upload may go out.

/// Lateness of so many pieces is made up for; what is more is let be.
const PIECES_LATE: u64 = 4;

/// A schedule for pieces of equal size. Each wait ends a little late, so one that counts every pause from its own beginning
/// loses that time on each piece; here a late piece is followed by a shorter pause, of three quarters at least.
#[derive(Debug)]
pub(crate) struct Pace {
    began_ms: u64,
    bytes_per_s: u64,
    /// The time of a piece at the rate.
    piece_ms: u64,
}

impl Pace {
    /// A schedule of pieces of `piece_bytes` that begins now.
    pub(crate) fn new(now_ms: u64, bytes_per_s: u64, piece_bytes: u64) -> Self {
        let bytes_per_s = bytes_per_s.max(1);
        Self { began_ms: now_ms, bytes_per_s, piece_ms: piece_bytes * 1000 / bytes_per_s }
    }

    /// When the piece after the first `sent` bytes may go out; the last one has just gone.
    pub(crate) fn next_ms(&mut self, now_ms: u64, sent: u64) -> u64 {
        let due_ms = self.began_ms + (sent * 1000).div_ceil(self.bytes_per_s);
        let late_ms = now_ms.saturating_sub(due_ms);
        self.began_ms += late_ms.saturating_sub(PIECES_LATE * self.piece_ms);
        due_ms.max(now_ms + self.piece_ms * 3 / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    const PIECE: u64 = 256;
    const RATE: u64 = 8192;

    /// When so many pieces have gone out, if each wait ends `late_ms` late.
    fn sends(pieces: u64, late_ms: u64) -> Vec<u64> {
        let mut pace = Pace::new(0, RATE, PIECE);
        let mut now_ms = 0;
        let mut went = vec![0];
        for piece in 1..=pieces {
            now_ms = pace.next_ms(now_ms, piece * PIECE) + late_ms;
            went.push(now_ms);
        }
        went
    }

    #[test]
    fn the_rate_is_kept_however_late_each_wait_ends() {
        for late_ms in [0, 1, 5] {
            let went = sends(3_200, late_ms);
            let took_ms = went[3_200];
            assert!(
                (100_000..100_000 + 50).contains(&took_ms),
                "{late_ms} ms late: {took_ms} ms for 100 s of bytes"
            );
        }
    }

    #[test]
    fn no_second_takes_more_than_a_line_can() {
        let went = sends(3_200, 1);
        // 45 pieces are 11,520 bytes.
        for second in went.windows(46) {
            assert!(second[second.len() - 1] - second[0] >= 1_000, "{second:?}");
        }
    }

    #[test]
    fn a_long_delay_is_not_made_up_for() {
        let mut pace = Pace::new(0, RATE, PIECE);
        let mut now_ms = pace.next_ms(10_000, PIECE);
        for piece in 2..=320 {
            now_ms = pace.next_ms(now_ms, piece * PIECE);
        }
        assert!(now_ms > 19_500, "{now_ms}");
    }
}
