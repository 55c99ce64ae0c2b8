//! SIMCom's file commands: `CFSINIT`, `CFSWFILE`, `CFSGFIS`, `CFSDFILE`, `CFSTERM`.
//!
//! Source: SIM7000 FOTA note, 5.2.3, and the SIM7000 AT command manual for what `families.md` marks [M].

use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::command::{Command, Form};
use crate::raw::{Purpose, RawMode};
use crate::reply::{MEMORY_FULL, NOT_ALLOWED, NOT_FOUND, Reply, ResultCode, WRONG_PARAMETERS};
use crate::timeline::{Effect, Script};

/// Directories by their index.
const DIRECTORIES: [&str; 4] = ["/custapp/", "/fota/", "/datatx/", "/customer/"];
/// The most bytes of one block, and the limits of its time in ms.
const BLOCK: u64 = 10_240;
const BLOCK_MS: (u64, u64) = (100, 10_000);

/// The file commands' memory.
#[derive(Debug)]
pub(crate) struct Files {
    held: bool,
    blocks: u32,
    refused_once: bool,
}

impl Files {
    pub(crate) fn new(body: &Body) -> Self {
        Self { held: body.shows(Behaviour::FsHeld), blocks: 0, refused_once: false }
    }

    pub(crate) const fn boot(&mut self) {
        self.held = false;
    }

    pub(crate) fn answer(&mut self, body: &mut Body, command: &Command) -> Option<Reply> {
        let reply = match (command.name.as_str(), command.form) {
            ("+CFSINIT", Form::Run) => Reply::ok_if(!std::mem::replace(&mut self.held, true), NOT_ALLOWED),
            ("+CFSTERM", Form::Run) => Reply::ok_if(std::mem::take(&mut self.held), NOT_ALLOWED),
            ("+CFSWFILE" | "+CFSGFIS" | "+CFSDFILE", Form::Set) if !self.held => Reply::new(NOT_ALLOWED),
            ("+CFSWFILE", Form::Set) => self.write(body, command),
            ("+CFSGFIS", Form::Set) => match path(command).and_then(|path| body.files.size(&path)) {
                Some(size) => Reply::line(format!("+CFSGFIS: {size}")),
                None => Reply::new(NOT_FOUND),
            },
            ("+CFSDFILE", Form::Set) => {
                Reply::ok_if(path(command).is_some_and(|path| body.files.delete(&path)), NOT_FOUND)
            }
            ("+CFSWFILE" | "+CFSGFIS" | "+CFSDFILE" | "+CFSINIT" | "+CFSTERM", Form::Test) => Reply::ok(),
            _ => return None,
        };
        Some(reply)
    }

    fn write(&mut self, body: &Body, command: &Command) -> Reply {
        let (Some(path), Some(mode), Some(size), Some(limit_ms)) =
            (path(command), command.number(2), command.number(3), command.number(4))
        else {
            return Reply::new(WRONG_PARAMETERS);
        };
        let in_limits =
            (1..=BLOCK).contains(&size) && (BLOCK_MS.0..=BLOCK_MS.1).contains(&limit_ms) && mode < 2;
        if !in_limits {
            return Reply::new(WRONG_PARAMETERS);
        }
        let stale = mode == 0 && body.files.size(&path).is_some();
        if stale && body.shows(Behaviour::StalePackage) {
            return Reply::new(NOT_ALLOWED);
        }
        if body.shows(Behaviour::DownloadThenError) && !std::mem::replace(&mut self.refused_once, true) {
            let mut script = Script::new();
            script.wait(30).then(Effect::Say(b"\r\n+CME ERROR: 3\r\n".to_vec()));
            let mut reply = Reply::new(ResultCode::Nothing);
            reply.groups.push(vec!["DOWNLOAD".to_owned()]);
            return reply.then(script);
        }
        let size = usize::try_from(size).unwrap_or_default();
        let raw = RawMode::new(Purpose::Block { path, append: mode == 1 }, size, limit_ms);
        let mut reply = Reply::prompt("DOWNLOAD", raw);
        if body.form(8) == 7 {
            // `DOWNLOAD` may be preceded by an `OK` (`families.md`, SIM7000).
            reply.groups.insert(0, vec!["OK".to_owned()]);
        }
        reply
    }

    /// The bytes of a block have come, or those that came in its time.
    pub(crate) fn received(&mut self, body: &mut Body, raw: RawMode) -> Reply {
        let whole = raw.is_full();
        let Purpose::Block { path, append } = raw.purpose else {
            return Reply::error();
        };
        self.blocks += 1;
        let doubtful = self.blocks == 3 && body.shows(Behaviour::BlockInDoubt);
        // What came of a block before its time was up is kept by some firmware, dropped by other.
        let keeps = if whole { !doubtful || body.even_seed() } else { !body.even_seed() };
        let mut written = Ok(());
        if keeps {
            written = if append {
                body.files.append(&path, &raw.taken)
            } else {
                body.files.overwrite_beginning(&path, &raw.taken)
            };
        }
        match written {
            Err(_) => Reply::new(MEMORY_FULL),
            Ok(()) => Reply::ok_if(whole && !doubtful, ResultCode::Error),
        }
    }
}

/// Directory and name: arguments 0 and 1.
fn path(command: &Command) -> Option<String> {
    let directory = DIRECTORIES.get(usize::try_from(command.number(0)?).ok()?)?;
    let name = command.quoted(1).filter(|name| !name.is_empty())?;
    Some(format!("{directory}{name}"))
}
