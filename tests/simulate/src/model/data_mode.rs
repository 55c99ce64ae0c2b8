//! Data mode on a wire: from the prompt on, nothing but the file's bytes (`families.md`, "Data mode").

use bytes::Bytes;

/// A transfer that a command has announced.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    prompt: &'static str,
    length: usize,
    timeout_ms: u64,
    /// The time-out counts from the last byte.
    on_silence: bool,
    place: Start,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Beginning,
    /// Behind the block before, or that block once more.
    Next,
}

impl Transfer {
    /// The transfer that `command` announces.
    pub(crate) fn of(command: &str) -> Option<Self> {
        let number = |text: Option<&&str>| text.and_then(|text| text.trim().parse::<u64>().ok());
        let (name, rest) = command.split_once('=')?;
        let fields: Vec<&str> = rest.split(',').collect();
        let new = |prompt, length: Option<u64>, timeout_ms: Option<u64>, on_silence, place| {
            let (length, timeout_ms) = (usize::try_from(length?).ok()?, timeout_ms?);
            Some(Self { prompt, length, timeout_ms, on_silence, place })
        };
        match name {
            "AT+CFSWFILE" => {
                let place = if fields.get(2) == Some(&"0") { Start::Beginning } else { Start::Next };
                new("DOWNLOAD", number(fields.get(3)), number(fields.get(4)), false, place)
            }
            "AT+LFOTA" if fields.first() == Some(&"1") => {
                new(">", number(fields.get(1)), Some(300_000), true, Start::Beginning)
            }
            "AT+QFUPL" => {
                let timeout_ms = number(fields.get(2)).map(|seconds| seconds * 1000);
                new("CONNECT", number(fields.get(1)), timeout_ms, true, Start::Beginning)
            }
            _ => None,
        }
    }

    /// What the module prints when it is ready.
    pub(crate) fn prompt(&self) -> &'static str {
        self.prompt
    }
}

/// A module that counts raw bytes.
#[derive(Debug)]
pub(crate) struct DataMode {
    transfer: Transfer,
    counted: usize,
    until_ms: u64,
    /// Files, and where in each the block begins, that fit all bytes so far.
    fits: Vec<(usize, usize)>,
}

/// The pieces of files that the last block may have been, and its length.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastBlock(Vec<(usize, usize)>, usize);

impl DataMode {
    /// The prompt for `transfer` has been printed.
    pub(crate) fn new(transfer: Transfer, now_ms: u64, files: usize, last: &LastBlock) -> Self {
        let fits = match transfer.place {
            Start::Beginning => (0..files).map(|file| (file, 0)).collect(),
            Start::Next => {
                last.0.iter().flat_map(|(file, start)| [(*file, *start), (*file, start + last.1)]).collect()
            }
        };
        Self { until_ms: now_ms + transfer.timeout_ms, transfer, counted: 0, fits }
    }

    /// Whether the module has given up by itself.
    pub(crate) fn over(&self, now_ms: u64) -> bool {
        now_ms >= self.until_ms
    }

    /// Whether `bytes` go on with a file.
    pub(crate) fn take(&mut self, now_ms: u64, bytes: &[u8], files: &[Bytes]) -> bool {
        if self.transfer.on_silence {
            self.until_ms = now_ms + self.transfer.timeout_ms;
        }
        let from = self.counted;
        self.counted += bytes.len();
        if self.counted > self.transfer.length {
            return false;
        }
        let to = self.counted;
        self.fits.retain(|(file, start)| files[*file].get(start + from..start + to) == Some(bytes));
        !self.fits.is_empty()
    }

    /// What was sent, for the block that follows.
    pub(crate) fn block(self) -> LastBlock {
        LastBlock(self.fits, self.counted)
    }
}
