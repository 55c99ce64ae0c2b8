//! `[hooks]`: tells programs of the line's own what became of each module: a lamp, a label printer, a database.
//!
//! A reader of the event stream like any other: it holds nothing up, and whatever such a program does changes nothing.

mod program;
mod units;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use config::{Hook, Hooks};
use control::Unhurried;
use events::{Event, Stamped};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;

use self::units::Units;

/// How much may go on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Programs that run at once.
    pub(crate) at_once: usize,
    /// Programs that wait for one of those to end.
    pub(crate) waiting: usize,
    /// Real time that one may take; then it is killed.
    pub(crate) time: Duration,
    /// Real time that is left to those that run and wait when the run has ended.
    pub(crate) at_the_end: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        let (time, at_the_end) = (Duration::from_secs(30), Duration::from_secs(60));
        Self { at_once: 4, waiting: 256, time, at_the_end }
    }
}

/// A program to be run, and what it is told.
struct Call {
    key: &'static str,
    hook: Hook,
    json: String,
}

/// Runs the hooks until the stream ends and they are done. `earlier` is what the record has of the batch from runs before
/// this one: units that are resolved now are told whole. `tell` gets a sentence for each thing that did not work, printable
/// and without the module's data; it must not block.
pub(crate) async fn follow(
    hooks: Hooks,
    bounds: Bounds,
    earlier: Vec<Stamped>,
    mut events: Unhurried,
    tell: impl Fn(String),
) {
    let mut units = Units::default();
    for stamped in earlier {
        units.take(&Arc::new(stamped));
    }
    let mut calls = Calls { bounds, waiting: VecDeque::new(), running: JoinSet::new() };
    loop {
        tokio::select! {
            event = events.next() => match event {
                Ok(stamped) => {
                    if let Some(call) = call(&hooks, &mut units, &stamped) {
                        calls.take(call, &tell);
                    }
                }
                Err(RecvError::Lagged(missed)) => tell(format!(
                    "hooks: {missed} events were missed; modules that ended meanwhile were told to no program"
                )),
                Err(RecvError::Closed) => break,
            },
            Some(done) = calls.running.join_next() => calls.ended(done, &tell),
        }
    }
    calls.finish(&tell).await;
}

/// The program that `stamped` calls for.
fn call(hooks: &Hooks, units: &mut Units, stamped: &Arc<Stamped>) -> Option<Call> {
    let ended = units.take(stamped);
    if let Event::Halted { rule, reason } = &stamped.event {
        let json = serde_json::json!({ "rule": rule.key(), "reason": reason });
        return Some(Call { key: "on_halt", hook: hooks.on_halt.clone()?, json: json.to_string() });
    }
    let unit = ended?;
    let good = super::command::report::stands(&unit)?.good();
    let (key, hook) = if good { ("on_passed", &hooks.on_passed) } else { ("on_failed", &hooks.on_failed) };
    // A report is strings and numbers: it always has a JSON form.
    let json = serde_json::to_string(&unit).ok()?;
    Some(Call { key, hook: hook.clone()?, json })
}

/// What runs and what waits.
struct Calls {
    bounds: Bounds,
    waiting: VecDeque<Call>,
    /// Each ends with what went wrong.
    running: JoinSet<Result<(), String>>,
}

impl Calls {
    fn take(&mut self, call: Call, tell: &impl Fn(String)) {
        if self.running.len() < self.bounds.at_once {
            self.start(call);
        } else if self.waiting.len() < self.bounds.waiting {
            self.waiting.push_back(call);
        } else {
            let name = name(&call);
            tell(format!("{name}: left out, {} programs wait already", self.bounds.waiting));
        }
    }

    fn start(&mut self, call: Call) {
        let time = self.bounds.time;
        self.running.spawn(async move {
            let ran = program::run(&call.hook, &call.json, time).await;
            ran.map_err(|why| format!("{}: {why}", name(&call)))
        });
    }

    fn ended(&mut self, done: Result<Result<(), String>, tokio::task::JoinError>, tell: &impl Fn(String)) {
        match done {
            Ok(Ok(())) => {}
            Ok(Err(message)) => tell(message),
            Err(panic) => tell(format!("hooks: {panic}")),
        }
        if let Some(next) = self.waiting.pop_front() {
            self.start(next);
        }
    }

    async fn finish(mut self, tell: &impl Fn(String)) {
        let end = tokio::time::Instant::now() + self.bounds.at_the_end;
        while let Ok(Some(done)) = tokio::time::timeout_at(end, self.running.join_next()).await {
            self.ended(done, tell);
        }
        let left = self.running.len() + self.waiting.len();
        if left > 0 {
            tell(format!("hooks: {left} programs were stopped or not started: the run has ended"));
        }
    }
}

fn name(call: &Call) -> String {
    let program = call.hook.program.display().to_string();
    format!("[hooks] {} {}", call.key, super::command::report::clean(&program))
}

#[cfg(test)]
#[path = "hooks/tests.rs"]
mod tests;
