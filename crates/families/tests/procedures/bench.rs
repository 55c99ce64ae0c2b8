//! A pure machine and a pure module, joined in memory on a virtual clock.

use std::collections::VecDeque;

use at::Masker;
use events::{Checkpoint, Family};
use procedure::{Conclusion, Emission, Input, Machine, Output, Plan, Role};
use sim::{FetchEvent, Module, ModuleSpec, Random};

/// Bytes a second of a module's download, module time.
const DOWNLOAD_BYTES_PER_S: usize = 30_000;
/// The end of patience, module time: no procedure lasts longer.
const LIMIT_MS: u64 = 12 * 3_600_000;

/// A download by the module.
struct Fetch {
    bytes: usize,
    next_ms: u64,
}

/// Machine and module, and what passed between them.
pub(crate) struct Bench {
    pub(crate) now_ms: u64,
    pub(crate) module: Module,
    /// Every command line sent past the checkpoint of a trigger and before its resolution.
    pub(crate) past_no_return: Vec<String>,
    /// Checkpoints, in order.
    pub(crate) recorded: Vec<Checkpoint>,
    /// An `OK` that is another program's comes as soon as raw bytes are under way.
    pub(crate) early_ok: bool,
    early_ok_ms: Option<u64>,
    /// From that `OK` to the next command, milliseconds.
    pub(crate) silence_ms: Option<u64>,
    /// Put into the slot in place of the module when its port leaves.
    pub(crate) newcomer: Option<ModuleSpec>,
    file: Vec<u8>,
    random: Random,
    fetch: Option<Fetch>,
    revoked: bool,
    unresolved: bool,
}

impl Bench {
    pub(crate) fn new(spec: ModuleSpec, file: Vec<u8>, seed: u64) -> Self {
        Self {
            now_ms: 0,
            module: Module::new(spec),
            past_no_return: Vec::new(),
            recorded: Vec::new(),
            early_ok: false,
            early_ok_ms: None,
            silence_ms: None,
            newcomer: None,
            file,
            random: Random::new(seed),
            fetch: None,
            revoked: false,
            unresolved: false,
        }
    }

    /// Runs `plan` to its conclusion. `record` answers checkpoints; `cancel_ms` is when it is cancelled.
    pub(crate) fn run(
        &mut self,
        plan: Plan,
        mut record: impl FnMut(&Checkpoint) -> Result<(), String>,
        cancel_ms: Option<u64>,
    ) -> Conclusion {
        let mut machine = Machine::new(plan, Masker::default());
        let mut inputs = VecDeque::from([Input::Start]);
        let mut deadline_ms = None;
        let mut cancel_ms = cancel_ms;
        self.revoked = false;
        loop {
            while let Some(input) = inputs.pop_front() {
                for output in machine.handle(self.now_ms, input) {
                    if let Output::Done(conclusion) = output {
                        return *conclusion;
                    }
                    if let Output::Deadline { at_ms, .. } = output {
                        deadline_ms = Some(at_ms);
                    } else if let Output::Record(checkpoint) = &output {
                        let answer = record(checkpoint);
                        self.note(checkpoint, answer.is_ok());
                        inputs.push_back(Input::Recorded(answer));
                    }
                    self.carry_out(output, &mut inputs);
                }
            }
            self.pass_time(&mut deadline_ms, &mut cancel_ms, &mut inputs);
            assert!(self.now_ms < LIMIT_MS, "it never ends");
        }
    }

    fn note(&mut self, checkpoint: &Checkpoint, kept: bool) {
        if !kept {
            return;
        }
        self.unresolved |= *checkpoint == Checkpoint::Trigger;
        self.recorded.push(checkpoint.clone());
    }

    fn carry_out(&mut self, output: Output, inputs: &mut VecDeque<Input>) {
        match output {
            Output::Send(bytes) => {
                let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                self.silence_ms = self.silence_ms.or(self.early_ok_ms.map(|ok_ms| self.now_ms - ok_ms));
                if self.unresolved {
                    self.past_no_return.push(line);
                }
                self.tell_module(sim::Input::Received(&bytes), inputs);
            }
            Output::SendBytes(bytes) => {
                self.tell_module(sim::Input::Received(&bytes), inputs);
                inputs.push_back(Input::Sent);
            }
            Output::SendFile { offset, length } => {
                let (from, length) = (usize::try_from(offset).unwrap(), usize::try_from(length).unwrap());
                let piece = self.file[from..from + length].to_vec();
                self.tell_module(sim::Input::Received(&piece), inputs);
                if std::mem::take(&mut self.early_ok) {
                    self.early_ok_ms = Some(self.now_ms);
                    inputs.push_back(Input::Bytes(Role::At, b"\r\nOK\r\n".to_vec()));
                }
                inputs.push_back(Input::Sent);
            }
            Output::RevokeToken => {
                self.revoked = true;
                if self.fetch.take().is_some() {
                    let cut = FetchEvent::Network("reset".into());
                    self.tell_module(sim::Input::Fetch(&cut), inputs);
                }
            }
            Output::Emit(Emission::Resolved(_)) => self.unresolved = false,
            Output::Emit(_) | Output::Record(_) | Output::Deadline { .. } | Output::Done(_) => {}
        }
    }

    fn tell_module(&mut self, input: sim::Input<'_>, inputs: &mut VecDeque<Input>) {
        for output in self.module.handle(self.now_ms, input) {
            match output {
                sim::Output::Write(bytes) => self.split(&bytes, inputs),
                sim::Output::PortDown => {
                    inputs.push_back(Input::PortLost);
                    if let Some(newcomer) = self.newcomer.take() {
                        self.module = Module::new(newcomer);
                        inputs.push_back(Input::PortBack);
                    }
                }
                sim::Output::PortUp(usb) if usb.at.is_none() => {}
                sim::Output::PortUp(_) => inputs.push_back(Input::PortBack),
                sim::Output::Fetch { .. } => {
                    self.fetch = Some(Fetch { bytes: 0, next_ms: self.now_ms + 500 });
                }
                sim::Output::StopFetch => self.fetch = None,
            }
        }
    }

    /// Bytes arrive in pieces of any size.
    fn split(&mut self, bytes: &[u8], inputs: &mut VecDeque<Input>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let length = usize::try_from(self.random.between(1, 24)).unwrap().min(rest.len());
            let (head, tail) = rest.split_at(length);
            inputs.push_back(Input::Bytes(Role::At, head.to_vec()));
            rest = tail;
        }
    }

    /// On to whatever is next: the module, its download, the deadline, the cancel.
    fn pass_time(
        &mut self,
        deadline_ms: &mut Option<u64>,
        cancel_ms: &mut Option<u64>,
        inputs: &mut VecDeque<Input>,
    ) {
        let wakeup_ms = self.module.next_wakeup();
        let fetch_ms = self.fetch.as_ref().map(|fetch| fetch.next_ms);
        let times = [wakeup_ms, fetch_ms, *deadline_ms, *cancel_ms];
        let next_ms = times.into_iter().flatten().min().expect("nothing is left to wait for");
        self.now_ms = self.now_ms.max(next_ms);
        if wakeup_ms == Some(next_ms) {
            self.tell_module(sim::Input::Wake, inputs);
        } else if fetch_ms == Some(next_ms) {
            self.fetched(inputs);
        } else if *cancel_ms == Some(next_ms) {
            *cancel_ms = None;
            inputs.push_back(Input::Cancel);
        } else {
            *deadline_ms = None;
            inputs.push_back(Input::Timeout);
        }
    }

    fn fetched(&mut self, inputs: &mut VecDeque<Input>) {
        let Some(fetch) = &mut self.fetch else { return };
        fetch.bytes = (fetch.bytes + DOWNLOAD_BYTES_PER_S / 2).min(self.file.len());
        fetch.next_ms = self.now_ms + 500;
        let (bytes, total) = (fetch.bytes as u64, self.file.len() as u64);
        let news = if self.revoked {
            self.fetch = None;
            FetchEvent::Status(404)
        } else {
            inputs.push_back(Input::Served { bytes, total });
            if bytes == total {
                self.fetch = None;
                FetchEvent::Done(self.file.clone())
            } else {
                FetchEvent::Progress { bytes, total: Some(total) }
            }
        };
        self.tell_module(sim::Input::Fetch(&news), inputs);
    }
}

/// A module of `family` that runs the old revision, and the package for it.
pub(crate) fn specimen(family: Family, seed: u64) -> (ModuleSpec, Vec<u8>, &'static str) {
    let (model, from, to, suffix) = match family {
        Family::Sim7000 => ("SIM7000G", "1529B03SIM7000G", "1529B04SIM7000G", ""),
        Family::Sim7080 => ("SIM7080G", "1951B01SIM7080G", "1951B02SIM7080G", ""),
        Family::Sim7028 => ("SIM7028", "2110B06SIM7028", "2110B07SIM7028", ""),
        Family::Ag35 => ("AG35", "AG35CEVAR05A06T4G", "AG35CEVAR05A07T4G", "_01.007.01.007"),
        Family::Bg96 => ("BG96", "BG96MAR02A07M1G", "BG96MAR02A09M1G", "_01.007.01.007"),
    };
    let mut spec = ModuleSpec::new(family, model, crate::job::IMEI, from, seed);
    suffix.clone_into(&mut spec.suffix);
    let file = sim::package::build(&sim::Header::new(family, model, from, to), 65_536, seed);
    (spec, file, to)
}
