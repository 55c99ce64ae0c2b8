//! What a soak is called with.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// How long, how fast, and where to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Options {
    /// Modules, one after the other.
    pub(super) modules: usize,
    /// Slots of the rack.
    pub(super) slots: usize,
    /// How many times faster than real time the modules live.
    pub(super) speed: f64,
    /// Between two looks at the program.
    pub(super) every: Duration,
    /// Where the curves and the ledger are put.
    pub(super) out: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            modules: 5_000,
            slots: 64,
            speed: 50.0,
            every: Duration::from_secs(5),
            out: "target/soak".into(),
        }
    }
}

impl Options {
    /// Reads `KEY=VALUE` words.
    pub(super) fn parse(words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        for word in words {
            let wrong = || format!("`{word}`: write MODULES=, SLOTS=, SPEED=, EVERY= (seconds) or OUT=");
            let (key, value) = word.split_once('=').ok_or_else(wrong)?;
            match key {
                "MODULES" => options.modules = read(value).ok_or_else(wrong)?,
                "SLOTS" => {
                    let slots = read(value).filter(|slots| (1..=128).contains(slots));
                    options.slots = slots.ok_or_else(wrong)?;
                }
                "SPEED" => options.speed = read(value).ok_or_else(wrong)?,
                "EVERY" => options.every = Duration::from_secs(read(value).ok_or_else(wrong)?),
                "OUT" => options.out = value.into(),
                _ => return Err(wrong()),
            }
        }
        options.modules = options.modules.max(options.slots);
        Ok(options)
    }
}

fn read<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::Options;

    #[test]
    fn words_are_read_and_others_refused() {
        let parse = |words: &[&str]| Options::parse(words.iter().map(|word| (*word).to_owned()));
        let read = parse(&["MODULES=10", "SLOTS=16", "SPEED=2.5"]).unwrap();
        assert_eq!((read.modules, read.slots, read.speed), (16, 16, 2.5), "a rack is full at the start");
        for wrong in ["MODULES", "MODULES=many", "SLOTS=0", "SLOTS=129", "COLOUR=red"] {
            assert!(parse(&[wrong]).unwrap_err().contains(wrong));
        }
    }
}
