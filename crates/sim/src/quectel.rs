//! What Quectel's modules have in common: `QURCCFG`, and the small files of `QFUPL`, `QFLST` and `QFDEL`.
//!
//! Source: BG96 DFOTA guide, 3.1.1, note 3, and the AT command manuals for what `families.md` marks [M].

use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::command::{Command, Form};
use crate::raw::{Purpose, RawMode};
use crate::reply::{MEMORY_FULL, NOT_FOUND, Reply, ResultCode, WRONG_PARAMETERS};

/// The largest file of `QFUPL`, in bytes: certificates, not packages.
const LARGEST: u64 = 64 * 1024;
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

/// Answers the file commands.
pub(crate) fn answer(body: &mut Body, command: &Command) -> Option<Reply> {
    let reply = match (command.name.as_str(), command.form) {
        ("+QFLST", Form::Run) => list(body, "*"),
        ("+QFLST", Form::Set) => list(body, command.quoted(0).unwrap_or_default()),
        ("+QFDEL", Form::Set) => {
            let path = stored(command.quoted(0).unwrap_or_default());
            Reply::ok_if(body.files.delete(&path), NOT_FOUND)
        }
        ("+QFUPL", Form::Set) => upload(body, command),
        _ => return None,
    };
    Some(reply)
}

/// The file system that names without a prefix are in; `/fota` is not reachable from here (`families.md`, C30).
fn stored(name: &str) -> String {
    format!("ufs/{}", name.strip_prefix("UFS:").unwrap_or(name))
}

fn list(body: &Body, pattern: &str) -> Reply {
    let wanted = stored(pattern);
    let lines: Vec<String> = body
        .files
        .list()
        .filter_map(|(path, size)| path.strip_prefix("ufs/").map(|name| (path, name, size)))
        .filter(|(path, _, _)| {
            wanted.strip_suffix('*').map_or(*path == wanted, |start| path.starts_with(start))
        })
        .map(|(_, name, size)| format!("+QFLST: \"{name}\",{size}"))
        .collect();
    if lines.is_empty() && !pattern.ends_with('*') {
        return Reply::new(NOT_FOUND);
    }
    let mut reply = Reply::ok();
    reply.groups.push(lines);
    reply
}

fn upload(body: &Body, command: &Command) -> Reply {
    let (Some(name), Some(size)) = (command.quoted(0), command.number(1)) else {
        return Reply::new(WRONG_PARAMETERS);
    };
    let path = stored(name);
    let in_limits = (1..=80).contains(&name.len()) && (1..=LARGEST).contains(&size);
    if !in_limits || body.files.size(&path).is_some() {
        return Reply::new(WRONG_PARAMETERS);
    }
    let limit_ms = command.number(2).unwrap_or(UPLOAD_S).clamp(1, 65_535) * 1000;
    let mut raw = RawMode::new(Purpose::Upload { path }, usize::try_from(size).unwrap_or_default(), limit_ms);
    raw.on_silence = true;
    Reply::prompt("CONNECT", raw)
}

/// The bytes of an upload have come, or those that came before its time-out; they stay.
pub(crate) fn received(body: &mut Body, raw: RawMode) -> Reply {
    let whole = raw.is_full();
    let Purpose::Upload { path } = raw.purpose else {
        return Reply::new(ResultCode::Error);
    };
    let line = format!("+QFUPL: {},{:x}", raw.taken.len(), checksum(&raw.taken));
    if body.files.put(&path, raw.taken).is_err() {
        return Reply::new(MEMORY_FULL);
    }
    if whole { Reply::line(line) } else { Reply::new(WRONG_PARAMETERS) }
}

/// XOR of big-endian 16-bit words, an odd last byte is the high byte (`families.md`, AG35).
fn checksum(bytes: &[u8]) -> u16 {
    bytes.chunks(2).fold(0, |sum, pair| {
        let low = pair.get(1).copied().unwrap_or_default();
        sum ^ u16::from_be_bytes([pair[0], low])
    })
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
