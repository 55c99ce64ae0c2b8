//! Data mode: raw bytes that a module counts and does not interpret.

/// What the bytes are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A block of `CFSWFILE` (SIM7000 FOTA note, 5.2.3).
    Block { path: String, append: bool },
    /// A whole package of `LFOTA` (SIM7028 FOTA note, 3.2.2).
    Package,
    /// A file of `QFUPL` (BG96 file manual).
    Upload { path: String },
}

/// How much a UART takes: what comes faster is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Meter {
    /// Bytes a second.
    pub(crate) rate: u64,
    /// Bytes that may be ahead of the rate.
    pub(crate) slack: u64,
    /// Bytes that came since the prompt.
    pub(crate) seen: u64,
}

/// A running data mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RawMode {
    pub(crate) purpose: Purpose,
    /// Bytes that end it.
    pub(crate) wanted: usize,
    /// Bytes so far.
    pub(crate) taken: Vec<u8>,
    /// Its time-out in ms.
    pub(crate) limit_ms: u64,
    /// The time-out counts from the last byte, not from the prompt.
    pub(crate) on_silence: bool,
    /// When it gives up, in module time.
    pub(crate) gives_up_at: u64,
    /// When it began, in module time.
    pub(crate) began_at: u64,
    /// It says `A` after each 1024 bytes (`families.md`, AG35).
    pub(crate) acks: bool,
    /// The UART's limit, where there is one.
    pub(crate) meter: Option<Meter>,
    /// Bytes that are still to be lost in the middle (behaviour 28).
    pub(crate) swallows: usize,
}

impl RawMode {
    pub(crate) const fn new(purpose: Purpose, wanted: usize, limit_ms: u64) -> Self {
        Self {
            purpose,
            wanted,
            taken: Vec::new(),
            limit_ms,
            on_silence: false,
            gives_up_at: 0,
            began_at: 0,
            acks: false,
            meter: None,
            swallows: 0,
        }
    }

    /// The prompt has been printed.
    pub(crate) const fn begin(&mut self, now_ms: u64) {
        self.began_at = now_ms;
        self.gives_up_at = now_ms + self.limit_ms;
    }

    /// Takes what belongs to it from the front of `bytes` and tells how many bytes that were, lost ones included.
    pub(crate) fn take(&mut self, now_ms: u64, bytes: &[u8]) -> usize {
        if self.on_silence {
            self.gives_up_at = now_ms + self.limit_ms;
        }
        let half = self.wanted / 2;
        if self.swallows > 0 && self.taken.len() == half {
            let lost = self.swallows.min(bytes.len());
            self.swallows -= lost;
            return lost;
        }
        let until = if self.swallows > 0 { half } else { self.wanted };
        let room = until.saturating_sub(self.taken.len());
        let heard = self.heard(now_ms, bytes.len().min(room));
        self.taken.extend_from_slice(&bytes[..heard]);
        bytes.len().min(room)
    }

    /// How many of `count` bytes the UART is able to take now.
    fn heard(&mut self, now_ms: u64, count: usize) -> usize {
        let Some(meter) = &mut self.meter else {
            return count;
        };
        let allowed = meter.rate * (now_ms - self.began_at.min(now_ms)) / 1000 + meter.slack;
        let heard = allowed.saturating_sub(meter.seen).min(count as u64);
        meter.seen += count as u64;
        usize::try_from(heard).unwrap_or(count)
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.taken.len() >= self.wanted
    }
}
