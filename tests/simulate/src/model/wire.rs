//! One module's wire.

use bytes::Bytes;
use events::Family;

use super::Kind;
use super::data_mode::{DataMode, LastBlock, Transfer};
use super::families::{Role, is_probe, role, told};
use super::lines::{Lines, ending, revision};
use super::window::{Armed, Proof, Window};

/// What the model knows of one module.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) family: Family,
    pub(crate) imei: String,
    to_module: Lines,
    from_module: Lines,
    /// The command that has no final result yet.
    asked: Option<String>,
    announced: Option<Transfer>,
    data_mode: Option<DataMode>,
    last_block: LastBlock,
    pub(crate) window: Option<Window>,
    /// Transfers that began, and triggers that were sent.
    pub(crate) transfers: u32,
    pub(crate) triggers: u32,
    pub(crate) commands: u32,
}

/// What a command needs to be judged.
pub(crate) struct Context<'a> {
    pub(crate) now_ms: u64,
    pub(crate) files: &'a [Bytes],
    /// A durable checkpoint that no trigger has used yet.
    pub(crate) armed: &'a mut Option<Armed>,
    /// The slot that it is in.
    pub(crate) slot: &'a str,
}

/// A rule that was broken, and how.
pub(crate) type Broken = (Kind, String);

impl Wire {
    pub(crate) fn new(family: Family, imei: String) -> Self {
        Self {
            family,
            imei,
            to_module: Lines::default(),
            from_module: Lines::default(),
            asked: None,
            announced: None,
            data_mode: None,
            last_block: LastBlock::default(),
            window: None,
            transfers: 0,
            triggers: 0,
            commands: 0,
        }
    }

    /// Bytes go to the module.
    pub(crate) fn sent(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Vec<Broken> {
        if self.data_mode.as_ref().is_some_and(|mode| mode.over(context.now_ms)) {
            self.end_data_mode();
        }
        if let Some(mode) = &mut self.data_mode {
            if mode.take(context.now_ms, bytes, context.files) {
                return Vec::new();
            }
            let text = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).into_owned();
            self.end_data_mode();
            return vec![(Kind::ForeignByte, format!("{} bytes, {text:?}", bytes.len()))];
        }
        let commands = self.to_module.take(bytes);
        commands.iter().flat_map(|command| self.command(command, context)).collect()
    }

    fn command(&mut self, command: &str, context: &mut Context<'_>) -> Vec<Broken> {
        self.commands += 1;
        self.asked = Some(command.to_owned());
        self.announced = Transfer::of(command);
        let now_ms = context.now_ms;
        match role(self.family, command) {
            Role::Trigger => self.trigger(command, context),
            Role::Reset => self.reset(command),
            Role::Other => self.other(command, context.slot, now_ms),
        }
    }

    fn trigger(&mut self, command: &str, context: &mut Context<'_>) -> Vec<Broken> {
        let mut broken = Vec::new();
        self.triggers += 1;
        if self.window.as_ref().is_some_and(|window| window.proof.is_none()) {
            broken.push((Kind::DoubleTrigger, command.to_owned()));
        }
        let armed = context.armed.take();
        if armed.is_none() {
            broken.push((Kind::NoCheckpoint, command.to_owned()));
        }
        if let Some(armed) = armed {
            self.window = Some(Window::new(self.family, &armed, context.slot, context.now_ms));
        }
        broken
    }

    /// The reset is part of the trigger that `LFOTA=1` was; it may be sent once more while nothing has stirred.
    fn reset(&mut self, command: &str) -> Vec<Broken> {
        let Some(window) = &mut self.window else {
            return vec![(Kind::NoCheckpoint, command.to_owned())];
        };
        window.resets += 1;
        if window.resets > 1 && window.stirred() {
            return vec![(Kind::DoubleTrigger, format!("{command}, although it had reset"))];
        }
        Vec::new()
    }

    fn other(&mut self, command: &str, slot: &str, now_ms: u64) -> Vec<Broken> {
        let Some(window) = &mut self.window else { return Vec::new() };
        if window.proof.is_some() {
            return Vec::new();
        }
        if !is_probe(self.family, command) {
            return vec![(Kind::UnlistedCommand, command.to_owned())];
        }
        // The check of a transfer belongs to it.
        let checks = command == "AT+LFOTA?" && window.resets == 0;
        if !checks && window.probe_is_early(slot, now_ms) {
            return vec![(Kind::EarlyProbe, command.to_owned())];
        }
        Vec::new()
    }

    /// Bytes come from the module.
    pub(crate) fn heard(&mut self, now_ms: u64, bytes: &[u8], files: usize) {
        for line in self.from_module.take(bytes) {
            self.line(now_ms, &line, files);
        }
        let angle = self.announced.as_ref().is_some_and(|transfer| transfer.prompt() == ">");
        if angle && self.from_module.part().starts_with(b">") {
            self.from_module.forget();
            self.begin_data_mode(now_ms, files);
        }
    }

    fn line(&mut self, now_ms: u64, line: &str, files: usize) {
        if line.starts_with("AT") {
            return;
        }
        if self.announced.as_ref().is_some_and(|transfer| transfer.prompt() == line) {
            return self.begin_data_mode(now_ms, files);
        }
        if let Some(error) = ending(line) {
            return self.ended(error);
        }
        let asked = self.asked.as_deref().is_some_and(|asked| asked.ends_with("FOTA?"));
        let told = told(self.family, line, asked);
        if let Some(window) = &mut self.window {
            window.line(now_ms, told, &revision(line));
        }
    }

    /// The answer to a command is complete.
    fn ended(&mut self, error: bool) {
        let transferred = self.data_mode.is_some();
        if transferred {
            self.end_data_mode();
        } else if error {
            self.announced = None;
        }
        let Some(asked) = self.asked.take_if(|asked| error || transferred || Transfer::of(asked).is_none())
        else {
            return;
        };
        if let (true, Role::Trigger, Some(window)) = (error, role(self.family, &asked), &mut self.window) {
            window.proof.get_or_insert(Proof::Rejected);
        }
    }

    fn begin_data_mode(&mut self, now_ms: u64, files: usize) {
        if let Some(transfer) = self.announced.take() {
            self.transfers += 1;
            self.data_mode = Some(DataMode::new(transfer, now_ms, files, &self.last_block));
        }
    }

    fn end_data_mode(&mut self) {
        if let Some(mode) = self.data_mode.take() {
            self.last_block = mode.block();
        }
    }

    /// The port left or came back: the module counts no bytes any more.
    pub(crate) fn port_changed(&mut self, now_ms: u64) {
        self.forget();
        if let Some(window) = &mut self.window {
            window.life(now_ms);
        }
    }

    /// Bytes of the package were handed out to it.
    pub(crate) fn served(&mut self, now_ms: u64) {
        if let Some(window) = &mut self.window {
            window.life(now_ms);
        }
    }

    /// Its power was cut, or it rebooted: what was going on at its port is over.
    pub(crate) fn forget(&mut self) {
        self.end_data_mode();
        self.to_module.forget();
        self.from_module.forget();
        self.announced = None;
        self.asked = None;
    }

    /// A new controller has come.
    pub(crate) fn restarted(&mut self, now_ms: u64) {
        self.to_module.forget();
        self.asked = None;
        if let Some(window) = &mut self.window {
            window.restarted(now_ms);
        }
    }
}
