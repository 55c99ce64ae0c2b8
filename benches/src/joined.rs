//! A pure machine and a simulated module, joined in memory on a virtual clock: a rig that costs nothing.

use std::collections::VecDeque;

use at::Masker;
use procedure::{Conclusion, Input, Machine, Output, Plan, Role};
use sim::{FetchEvent, Module};

/// Bytes of a module's download in one step.
const STEP_BYTES: usize = 15_000;
/// Bytes that come in a millisecond.
const BYTES_PER_MS: usize = 30;

/// A download by the module: what will have come by `next_ms`.
struct Fetch {
    bytes: usize,
    next_ms: u64,
}

impl Fetch {
    /// What comes next after `bytes` of `total` have come.
    fn after(now_ms: u64, bytes: usize, total: usize) -> Self {
        let step = STEP_BYTES.min(total - bytes);
        Self { bytes: bytes + step, next_ms: now_ms + step.div_ceil(BYTES_PER_MS) as u64 }
    }
}

/// A module and the time.
pub(crate) struct Joined {
    /// Milliseconds of module time so far.
    pub(crate) now_ms: u64,
    module: Module,
    file: Vec<u8>,
    fetch: Option<Fetch>,
    deadline_ms: Option<u64>,
    /// What the machine under way was given, and when.
    given: Vec<(u64, Input)>,
}

impl Joined {
    pub(crate) fn new(module: Module, file: Vec<u8>) -> Self {
        Self { now_ms: 0, module, file, fetch: None, deadline_ms: None, given: Vec::new() }
    }

    /// Runs `plan` to its conclusion; with it comes what the machine was given.
    pub(crate) fn run(&mut self, plan: Plan) -> (Conclusion, Vec<(u64, Input)>) {
        let mut machine = Machine::new(plan, Masker::default());
        let mut inputs = VecDeque::from([Input::Start]);
        self.deadline_ms = None;
        loop {
            while let Some(input) = inputs.pop_front() {
                self.given.push((self.now_ms, input.clone()));
                for output in machine.handle(self.now_ms, input) {
                    if let Output::Done(conclusion) = output {
                        return (*conclusion, std::mem::take(&mut self.given));
                    }
                    self.carry_out(output, &mut inputs);
                }
            }
            self.pass_time(&mut inputs);
        }
    }

    fn carry_out(&mut self, output: Output, inputs: &mut VecDeque<Input>) {
        match output {
            Output::Send(bytes) => self.tell_module(sim::Input::Received(&bytes), inputs),
            Output::SendBytes(bytes) => {
                self.tell_module(sim::Input::Received(&bytes), inputs);
                inputs.push_back(Input::Sent);
            }
            Output::SendFile { offset, length } => {
                let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(self.file.len());
                let piece = self.file[at(offset)..at(offset + length)].to_vec();
                self.tell_module(sim::Input::Received(&piece), inputs);
                inputs.push_back(Input::Sent);
            }
            Output::Record(_) => inputs.push_back(Input::Recorded(Ok(()))),
            Output::Deadline { at_ms, .. } => self.deadline_ms = Some(at_ms),
            Output::RevokeToken | Output::Emit(_) | Output::Done(_) => {}
        }
    }

    fn tell_module(&mut self, input: sim::Input<'_>, inputs: &mut VecDeque<Input>) {
        for output in self.module.handle(self.now_ms, input) {
            match output {
                sim::Output::Write(bytes) => inputs.push_back(Input::Bytes(Role::At, bytes)),
                sim::Output::PortDown => inputs.push_back(Input::PortLost),
                sim::Output::PortUp(_) => inputs.push_back(Input::PortBack),
                sim::Output::Fetch { .. } => {
                    self.fetch = Some(Fetch::after(self.now_ms, 0, self.file.len()));
                }
                sim::Output::StopFetch => self.fetch = None,
            }
        }
    }

    /// On to whatever is next: the module, its download, the machine's deadline.
    fn pass_time(&mut self, inputs: &mut VecDeque<Input>) {
        let wakeup_ms = self.module.next_wakeup();
        let fetch_ms = self.fetch.as_ref().map(|fetch| fetch.next_ms);
        let next = [wakeup_ms, fetch_ms, self.deadline_ms].into_iter().flatten().min();
        let next_ms = next.unwrap_or(self.now_ms).max(self.now_ms);
        self.now_ms = next_ms;
        if wakeup_ms.is_some_and(|at_ms| at_ms <= next_ms) {
            self.tell_module(sim::Input::Wake, inputs);
        } else if fetch_ms == Some(next_ms) {
            self.fetched(inputs);
        } else {
            self.deadline_ms = None;
            inputs.push_back(Input::Timeout);
        }
    }

    fn fetched(&mut self, inputs: &mut VecDeque<Input>) {
        let Some(Fetch { bytes: come, .. }) = self.fetch.take() else { return };
        let (bytes, total) = (come as u64, self.file.len() as u64);
        inputs.push_back(Input::Served { bytes, total });
        let news = if bytes == total {
            FetchEvent::Done(self.file.clone())
        } else {
            self.fetch = Some(Fetch::after(self.now_ms, come, self.file.len()));
            FetchEvent::Progress { bytes, total: Some(total) }
        };
        self.tell_module(sim::Input::Fetch(&news), inputs);
    }
}
