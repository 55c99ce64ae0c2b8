//! The misbehaviours that a simulated module can be told to show.
//!
//! Source: `families.md`, "Behaviours that the simulated modules must be able to show"; the numbers are its
//! numbers.

use std::fmt;

use events::Family;
use serde::{Deserialize, Serialize};

use Family::{Ag35, Bg96, Sim7000, Sim7028, Sim7080};

/// One way in which real modules have been seen to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Behaviour {
    /// 1: the port drops before the trigger's `OK` is fully read.
    PortDropsBeforeOk,
    /// 2: the reader gets end-of-file or `EIO` once, at an ordinary command.
    EndOfFile,
    /// 3: the port comes back under another number.
    OtherNumber,
    /// 4: one more re-enumeration in a job than the notes tell.
    MoreReenumerations,
    /// 5: the start URC is lost.
    StartLost,
    /// 6: the end URC is lost; only the revision proves the update.
    EndLost,
    /// 7: the whole update happens without a port.
    SilentRecovery,
    /// 8: URCs repeat and the percentage goes backwards.
    Repeats,
    /// 9: the package's check fails three times, then the update succeeds.
    ChecksFailFirst,
    /// 10: the update fails five times, then the old version is restored.
    FiveFailures,
    /// 11: the update fails and is tried again, for ever.
    RetriesForEver,
    /// 12: the percentage jumps and never reaches 100.
    NeverHundred,
    /// 13: the four spellings of the percentage.
    PercentSpellings,
    /// 14: two URCs on one line, and one URC in three writes.
    JoinedAndSplit,
    /// 15: URCs that have nothing to do with the update.
    UnrelatedUrcs,
    /// 16: the echo stays on and lines end in `\r\r\n`.
    StubbornEcho,
    /// 17: the three spellings of an error, in turn.
    ErrorSpellings,
    /// 18: URCs come out of another port until `QURCCFG` says otherwise.
    UrcsElsewhere,
    /// 19: the download fails after six minutes of silence.
    LateDownloadError,
    /// 20: the download never makes any progress and never ends.
    NoProgress,
    /// 21: an upload goes wrong: no `A`, a time-out, a wrong size, a wrong checksum; the seed chooses.
    UploadTrouble,
    /// 22: a stale package lies in the way and an upload over it is refused.
    StalePackage,
    /// 23: the file system is full.
    FileSystemFull,
    /// 24: `CFSINIT` is already held at the start.
    FsHeld,
    /// 25: `DOWNLOAD`, then `+CME ERROR: 3`, once.
    DownloadThenError,
    /// 26: a block is answered with `ERROR` though it was written (even seeds), or was lost (odd seeds).
    BlockInDoubt,
    /// 27: `+HTTPTOFS: 200` with a short length.
    ShortDownload,
    /// 28: bytes of an `LFOTA` transfer are dropped: `OK` with `LFOTA?` = 0 (even seeds), or `ERROR` (odd seeds).
    Overrun,
    /// 29: the reset command gives no answer the first time; even seeds do not reset either.
    ResetUnanswered,
    /// 30: the loader reports 202, then 201, of an update that failed.
    TwoStatuses,
    /// 31: boot-loader garbage on the UART.
    LoaderGarbage,
    /// 32: the power is cut once during the update, at a moment that the seed chooses.
    PowerCut,
    /// 33: the delta is rejected as wrong for this firmware.
    DeltaRejected,
    /// 34: everything says success, the old revision runs.
    OldVersionStays,
    /// 35: the revision is not ready for some seconds after a boot.
    VersionNotReady,
    /// 36: after the update's first reboot it is back in emergency download mode for good, as 05c6:9008 with one tty
    /// (even seeds) or as 05c6:900e with none (odd seeds).
    EmergencyDownload,
    /// 37: after the update's first reboot it never comes back (even seeds), or comes and goes (odd seeds,
    /// where there is a port that can).
    ComesAndGoes,
    /// 38: the IMEI is lost in the update.
    ImeiLost,
    /// 39: its USB serial number is the one that every unit has.
    SameSerial,
    /// 40: asleep (PSM) and deaf until a byte wakes it.
    Asleep,
    /// 41: another process writes to the port now and then: an echo and an answer come that nobody here asked for.
    SecondWriter,
    /// 42: after the update it has another USB product number.
    OtherProduct,
    /// Never answers anything.
    Mute,
    /// Writes ten megabytes of garbage a second while its port is open.
    Flood,
    /// The port goes away at the trigger's reboot and never comes back.
    Unplugged,
}

/// Every behaviour with its number and its name.
const NAMES: [(Behaviour, Option<u8>, &str); 45] = [
    (Behaviour::PortDropsBeforeOk, Some(1), "port-drops-before-ok"),
    (Behaviour::EndOfFile, Some(2), "end-of-file"),
    (Behaviour::OtherNumber, Some(3), "other-number"),
    (Behaviour::MoreReenumerations, Some(4), "more-reenumerations"),
    (Behaviour::StartLost, Some(5), "start-lost"),
    (Behaviour::EndLost, Some(6), "end-lost"),
    (Behaviour::SilentRecovery, Some(7), "silent-recovery"),
    (Behaviour::Repeats, Some(8), "repeats"),
    (Behaviour::ChecksFailFirst, Some(9), "checks-fail-first"),
    (Behaviour::FiveFailures, Some(10), "five-failures"),
    (Behaviour::RetriesForEver, Some(11), "retries-for-ever"),
    (Behaviour::NeverHundred, Some(12), "never-hundred"),
    (Behaviour::PercentSpellings, Some(13), "percent-spellings"),
    (Behaviour::JoinedAndSplit, Some(14), "joined-and-split"),
    (Behaviour::UnrelatedUrcs, Some(15), "unrelated-urcs"),
    (Behaviour::StubbornEcho, Some(16), "stubborn-echo"),
    (Behaviour::ErrorSpellings, Some(17), "error-spellings"),
    (Behaviour::UrcsElsewhere, Some(18), "urcs-elsewhere"),
    (Behaviour::LateDownloadError, Some(19), "late-download-error"),
    (Behaviour::NoProgress, Some(20), "no-progress"),
    (Behaviour::UploadTrouble, Some(21), "upload-trouble"),
    (Behaviour::StalePackage, Some(22), "stale-package"),
    (Behaviour::FileSystemFull, Some(23), "file-system-full"),
    (Behaviour::FsHeld, Some(24), "fs-held"),
    (Behaviour::DownloadThenError, Some(25), "download-then-error"),
    (Behaviour::BlockInDoubt, Some(26), "block-in-doubt"),
    (Behaviour::ShortDownload, Some(27), "short-download"),
    (Behaviour::Overrun, Some(28), "overrun"),
    (Behaviour::ResetUnanswered, Some(29), "reset-unanswered"),
    (Behaviour::TwoStatuses, Some(30), "two-statuses"),
    (Behaviour::LoaderGarbage, Some(31), "loader-garbage"),
    (Behaviour::PowerCut, Some(32), "power-cut"),
    (Behaviour::DeltaRejected, Some(33), "delta-rejected"),
    (Behaviour::OldVersionStays, Some(34), "old-version-stays"),
    (Behaviour::VersionNotReady, Some(35), "version-not-ready"),
    (Behaviour::EmergencyDownload, Some(36), "emergency-download"),
    (Behaviour::ComesAndGoes, Some(37), "comes-and-goes"),
    (Behaviour::ImeiLost, Some(38), "imei-lost"),
    (Behaviour::SameSerial, Some(39), "same-serial"),
    (Behaviour::Asleep, Some(40), "asleep"),
    (Behaviour::SecondWriter, Some(41), "second-writer"),
    (Behaviour::OtherProduct, Some(42), "other-product"),
    (Behaviour::Mute, None, "mute"),
    (Behaviour::Flood, None, "flood"),
    (Behaviour::Unplugged, None, "unplugged"),
];

impl Behaviour {
    /// Every behaviour, those with a number first.
    pub const ALL: [Self; 45] = {
        let mut all = [Self::Mute; 45];
        let mut index = 0;
        while index < all.len() {
            all[index] = NAMES[index].0;
            index += 1;
        }
        all
    };

    /// Its number in `families.md`; `None` for the three that have none there.
    pub fn number(self) -> Option<u8> {
        NAMES.iter().find(|(behaviour, _, _)| *behaviour == self).and_then(|(_, number, _)| *number)
    }

    /// Its name, as [`Behaviour::parse`] takes it.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(behaviour, _, _)| *behaviour == self).map_or("", |(_, _, name)| name)
    }

    /// The behaviour of this number (`5`) or name (`start-lost`, `mute`).
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.parse::<u8>().ok();
        NAMES
            .iter()
            .find(|(_, its_number, name)| *name == text || (number.is_some() && *its_number == number))
            .map(|(behaviour, _, _)| *behaviour)
    }

    /// Whether a module of `family` really shows it; elsewhere it is without effect.
    pub fn applies_to(self, family: Family) -> bool {
        self.families().contains(&family)
    }

    const fn families(self) -> &'static [Family] {
        match self {
            Self::StubbornEcho
            | Self::ErrorSpellings
            | Self::EndLost
            | Self::StartLost
            | Self::Repeats
            | Self::NeverHundred
            | Self::JoinedAndSplit
            | Self::UnrelatedUrcs
            | Self::LateDownloadError
            | Self::NoProgress
            | Self::PowerCut
            | Self::DeltaRejected
            | Self::OldVersionStays
            | Self::VersionNotReady
            | Self::SilentRecovery
            | Self::ImeiLost
            | Self::ComesAndGoes
            | Self::SameSerial
            | Self::SecondWriter
            | Self::Mute
            | Self::Flood
            | Self::Unplugged => &Family::ALL,
            Self::PortDropsBeforeOk
            | Self::EndOfFile
            | Self::OtherNumber
            | Self::MoreReenumerations
            | Self::EmergencyDownload => &[Sim7000, Sim7080, Ag35, Bg96],
            Self::PercentSpellings | Self::UrcsElsewhere | Self::UploadTrouble => &[Ag35, Bg96],
            Self::ChecksFailFirst | Self::FiveFailures | Self::RetriesForEver => &[Ag35],
            Self::StalePackage
            | Self::FileSystemFull
            | Self::FsHeld
            | Self::DownloadThenError
            | Self::BlockInDoubt
            | Self::ShortDownload
            | Self::OtherProduct => &[Sim7000, Sim7080],
            Self::Overrun
            | Self::ResetUnanswered
            | Self::TwoStatuses
            | Self::LoaderGarbage
            | Self::Asleep => &[Sim7028],
        }
    }
}

impl fmt::Display for Behaviour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number() {
            Some(number) => write!(f, "{number} {}", self.name()),
            None => f.pad(self.name()),
        }
    }
}

impl TryFrom<String> for Behaviour {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("unknown behaviour `{text}`"))
    }
}

impl From<Behaviour> for String {
    fn from(behaviour: Behaviour) -> Self {
        behaviour.name().to_owned()
    }
}
