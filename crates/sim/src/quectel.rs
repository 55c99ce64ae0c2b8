//! What Quectel's modules have in common: `QURCCFG`, and the small files of `QFUPL`, `QFLST` and `QFDEL`.
//!
//! Source: BG96 DFOTA guide, 3.1.1, note 3, and the AT command manuals for what `families.md` marks [M].

use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::command::{Command, Form};
use crate::raw::{Purpose, RawMode};
use crate::reply::{MEMORY_FULL, NOT_FOUND, Reply, ResultCode, WRONG_PARAMETERS};
use crate::timeline::{Effect, Script};

/// What it prints when it boots, in any order (`families.md`, C29); the last two only with a SIM card.
const BOOT: [&str; 5] = ["RDY", "+CFUN: 1", "APP RDY", "+CPIN: READY", "+QUSIM: 1"];
/// `QFUPL` without a time-out, in seconds.
const UPLOAD_S: u64 = 5;
/// Ports that URCs can be sent to.
const URC_PORTS: [&str; 4] = ["usbat", "usbmodem", "uart1", "all"];

/// Where URCs go; the setting outlives a reboot.
#[derive(Debug)]
pub(crate) struct UrcPort(&'static str);

impl UrcPort {
    pub(crate) fn new(body: &Body) -> Self {
        Self(if body.shows(Behaviour::UrcsElsewhere) { "usbmodem" } else { "usbat" })
    }

    /// Whether URCs come out of the port that commands go in at.
    pub(crate) fn is_here(&self) -> bool {
        matches!(self.0, "usbat" | "all")
    }

    /// `AT+QURCCFG="urcport"[,<port>]`.
    pub(crate) fn answer(&mut self, command: &Command) -> Option<Reply> {
        if !command.is("+QURCCFG", Form::Set) {
            return None;
        }
        if command.text(0) != Some("urcport") {
            return Some(Reply::new(WRONG_PARAMETERS));
        }
        let Some(wanted) = command.text(1) else {
            return Some(Reply::line(format!("+QURCCFG: \"urcport\",\"{}\"", self.0)));
        };
        let Some(port) = URC_PORTS.into_iter().find(|port| *port == wanted) else {
            return Some(Reply::new(WRONG_PARAMETERS));
        };
        self.0 = port;
        Some(Reply::ok())
    }
}

/// Which files its port reaches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// The most bytes of a file of the UFS, where names without a folder lead.
    pub(crate) largest: u64,
    /// The folder that the UFS is, where names may begin with it.
    pub(crate) folder: Option<&'static str>,
    /// The most bytes of a file in `/fota`, where the port is shown that folder (`families.md`, C30).
    pub(crate) fota: Option<u64>,
}

impl Reach {
    /// The path of the file that is named `name`, and the most bytes of a file there; `None` where it does not
    /// reach. `EUFS:` stands before folders, `UFS:` before names without one.
    fn place(self, name: &str) -> Option<(String, u64)> {
        let whole = name.strip_prefix("EUFS:").unwrap_or(name);
        if let Some(name) = self.folder.and_then(|folder| whole.strip_prefix(folder)) {
            Some((format!("ufs/{name}"), self.largest))
        } else if whole.starts_with('/') {
            let largest = self.fota.filter(|_| whole.starts_with("/fota/"))?;
            Some((whole.to_owned(), largest))
        } else {
            let name = name.strip_prefix("UFS:").unwrap_or(name);
            (!name.contains(':')).then(|| (format!("ufs/{name}"), self.largest))
        }
    }

    /// The path alone.
    fn path(self, name: &str) -> Option<String> {
        self.place(name).map(|(path, _)| path)
    }
}

/// Answers the file commands.
pub(crate) fn answer(body: &mut Body, command: &Command, reach: Reach) -> Option<Reply> {
    let reply = match (command.name.as_str(), command.form) {
        ("+QFLST", Form::Run) => list(body, "*", reach),
        ("+QFLST", Form::Set) => list(body, command.quoted(0).unwrap_or_default(), reach),
        ("+QFDEL", Form::Set) => {
            let path = reach.path(command.quoted(0).unwrap_or_default());
            Reply::ok_if(path.is_some_and(|path| body.files.delete(&path)), NOT_FOUND)
        }
        ("+QFUPL", Form::Set) => upload(body, command, reach),
        _ => return None,
    };
    Some(reply)
}

/// A folder that is shown is listed even when it is empty.
fn list(body: &Body, pattern: &str, reach: Reach) -> Reply {
    let Some(wanted) = reach.path(pattern) else {
        return Reply::new(NOT_FOUND);
    };
    let lines: Vec<String> = body
        .files
        .list()
        .filter(|(path, _)| wanted.strip_suffix('*').map_or(*path == wanted, |start| path.starts_with(start)))
        .map(|(path, size)| (path.strip_prefix("ufs/").unwrap_or(path), size))
        .map(|(name, size)| format!("+QFLST: \"{name}\",{size}"))
        .collect();
    if lines.is_empty() && !pattern.ends_with('*') {
        return Reply::new(NOT_FOUND);
    }
    let mut reply = Reply::ok();
    reply.groups.push(lines);
    reply
}

fn upload(body: &Body, command: &Command, reach: Reach) -> Reply {
    let (Some(name), Some(size)) = (command.quoted(0), command.number(1)) else {
        return Reply::new(WRONG_PARAMETERS);
    };
    let Some((path, largest)) = reach.place(name) else {
        return Reply::new(NOT_FOUND);
    };
    let in_limits = (1..=80).contains(&name.len()) && (1..=largest).contains(&size);
    if !in_limits || body.files.size(&path).is_some() {
        return Reply::new(WRONG_PARAMETERS);
    }
    let limit_ms = command.number(2).unwrap_or(UPLOAD_S).clamp(1, 65_535) * 1000;
    let mut raw = RawMode::new(Purpose::Upload { path }, usize::try_from(size).unwrap_or_default(), limit_ms);
    raw.on_silence = true;
    let trouble = trouble(body);
    raw.acks = command.number(3) == Some(1) && trouble != Some(Trouble::NoAcks);
    if trouble == Some(Trouble::TimesOut) {
        raw.swallows = 700;
    }
    Reply::prompt("CONNECT", raw)
}

/// The bytes of an upload have come, or those that came before its time-out; they stay.
pub(crate) fn received(body: &mut Body, raw: RawMode) -> Reply {
    let whole = raw.is_full();
    let Purpose::Upload { path } = raw.purpose else {
        return Reply::new(ResultCode::Error);
    };
    let trouble = trouble(body);
    let mut sum = checksum(&raw.taken);
    let mut size = raw.taken.len();
    let mut content = raw.taken;
    match trouble {
        Some(Trouble::WrongSize) => size -= size.min(1024),
        Some(Trouble::WrongChecksum) => sum ^= 0x0100,
        Some(Trouble::NoAcks | Trouble::TimesOut) | None => {}
    }
    content.truncate(size);
    let hex = if body.form(4) >= 2 { format!("{sum:X}") } else { format!("{sum:x}") };
    if body.files.put(&path, content).is_err() {
        return Reply::new(MEMORY_FULL);
    }
    let line = format!("+QFUPL: {size},{hex}");
    if !whole {
        return Reply::new(WRONG_PARAMETERS);
    }
    if body.form(2) == 0 {
        return Reply::line(line);
    }
    // Before or behind the `OK` (`families.md`, AG35).
    let mut script = Script::new();
    script.say(&line);
    Reply::ok().then(script)
}

/// What goes wrong with an upload (behaviour 21): the seed chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    /// No `A` comes.
    NoAcks,
    /// Bytes are lost, and it gives up.
    TimesOut,
    /// Fewer bytes are written than were sent, and it says so.
    WrongSize,
    /// The checksum is another one.
    WrongChecksum,
}

fn trouble(body: &Body) -> Option<Trouble> {
    let choice = [Trouble::NoAcks, Trouble::TimesOut, Trouble::WrongSize, Trouble::WrongChecksum];
    let place = usize::try_from(body.form(4)).unwrap_or_default();
    body.shows(Behaviour::UploadTrouble).then(|| choice[place])
}

/// XOR of big-endian 16-bit words, an odd last byte is the high byte (`families.md`, AG35).
fn checksum(bytes: &[u8]) -> u16 {
    bytes.chunks(2).fold(0, |sum, pair| {
        let low = pair.get(1).copied().unwrap_or_default();
        sum ^ u16::from_be_bytes([pair[0], low])
    })
}

/// `ATI`, `QGMR` and what else tells who it is.
pub(crate) fn identity(body: &Body, command: &Command) -> Option<Reply> {
    let model = body.spec.model.clone();
    let revision = body.revision_shown();
    let reply = match (command.name.as_str(), command.form) {
        ("I", Form::Run) => Reply::lines(["Quectel".to_owned(), model, format!("Revision: {revision}")]),
        ("+QGMR", Form::Run) if revision == body.revision => {
            Reply::line(format!("{revision}{}", body.suffix))
        }
        ("+GMR" | "+CGMR" | "+QGMR", Form::Run) => Reply::line(revision),
        ("+CGMM" | "+GMM", Form::Run) => Reply::line(model),
        ("+CGMI" | "+GMI", Form::Run) => Reply::line("Quectel"),
        _ => return None,
    };
    Some(reply)
}

/// Whether it is a line about an update.
pub(crate) fn is_qind(effect: &Effect) -> bool {
    matches!(effect, Effect::Say(bytes) if bytes.starts_with(b"\r\n+QIND"))
}

/// What it says when it boots, and that it is up then.
pub(crate) fn boot_lines(body: &mut Body, script: &mut Script) {
    let count = if body.spec.sim_card { BOOT.len() } else { 3 };
    let mut lines = BOOT[..count].to_vec();
    while !lines.is_empty() {
        let last = lines.len() as u64 - 1;
        let place = if body.spec.seed == 0 { 0 } else { body.random.between(0, last) };
        let line = lines.remove(usize::try_from(place).unwrap_or_default());
        script.wait(body.random.between(100, 600)).say(line);
    }
    script.wait(500).then(Effect::Hears);
}

/// One line for each percentage, as the family's guide writes it; behaviour 13 uses the four spellings in turn (`families.md`, C27).
pub(crate) fn percent_lines(
    body: &Body,
    word: &str,
    percents: &[u8],
    usual: impl Fn(u8) -> String,
) -> Vec<String> {
    let spellings = body.shows(Behaviour::PercentSpellings);
    percents
        .iter()
        .enumerate()
        .map(|(place, percent)| {
            let value = match place % 4 {
                0 if spellings => format!("{percent}"),
                1 if spellings => format!(" {percent}"),
                2 if spellings => format!("{percent}%"),
                3 if spellings => format!(" {percent}%"),
                _ => usual(*percent),
            };
            format!("+QIND: \"FOTA\",\"{word}\",{value}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn checksums_are_those_of_families_md() {
        assert_eq!(checksum(&[0x12, 0x34, 0x56]), 0x4434);
        assert_eq!(checksum(b"123456789"), 0x3908);
        assert_eq!(checksum(b"abc"), 0x0262);
    }
}
