//! One program: told something on its standard input, bounded in time, what it says kept short.

use std::io::ErrorKind;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use config::Hook;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};

use crate::command::report::clean;

/// So much of the first line of an error is shown, in bytes.
const FIRST_LINE: usize = 300;
/// How long the last words of a program that has ended are waited for: a child of its own may keep the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(250);

/// Runs `hook` with `json` and a line feed on its standard input. Its standard output is discarded.
///
/// # Errors
/// That it could not be started, that it failed (with the first line of its standard error), or that it was killed after
/// `time`, with every program of its process group.
pub(super) async fn run(hook: &Hook, json: &str, time: Duration) -> Result<(), String> {
    let mut child = start(hook)?;
    let group = Group(child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw));
    let said = Arc::new(Mutex::new(Vec::new()));
    let reader = child.stderr.take().map(|stderr| tokio::spawn(listen(stderr, Arc::clone(&said))));
    let writer = child.stdin.take().map(|stdin| tokio::spawn(say(stdin, format!("{json}\n"))));
    let status = tokio::time::timeout(time, child.wait()).await;
    if let Some(writer) = writer {
        writer.abort();
    }
    let Ok(status) = status else {
        drop(group);
        // Killed just now: it is waited for, so that nothing of it stays.
        let _killed = child.wait().await;
        return Err(format!("was stopped after {} s", time.as_secs_f32()));
    };
    // It ended by itself: what it may have left running on purpose is left alone.
    std::mem::forget(group);
    if let Some(mut reader) = reader
        && tokio::time::timeout(LAST_WORDS, &mut reader).await.is_err()
    {
        reader.abort();
    }
    judge(status, &said)
}

fn start(hook: &Hook) -> Result<Child, String> {
    let started = Command::new(&hook.program)
        .args(&hook.arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        // A group of its own: Ctrl-C at the terminal is not meant for it, and all of it can be killed.
        .process_group(0)
        .kill_on_drop(true)
        .spawn();
    started.map_err(|error| {
        let missing = error.kind() == ErrorKind::NotFound;
        let why = if missing { "there is no such program".to_owned() } else { error.to_string() };
        format!("cannot be started: {why}")
    })
}

/// Kills the process group when it is dropped.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            // What is gone already needs no killing.
            let _gone = kill_process_group(group, Signal::KILL);
        }
    }
}

/// A program that does not want to hear is free not to.
async fn say(mut stdin: ChildStdin, text: String) {
    let _unheard = stdin.write_all(text.as_bytes()).await;
}

/// Keeps the beginning, and takes in the rest, so that the program is not held up.
async fn listen(mut stderr: ChildStderr, said: Arc<Mutex<Vec<u8>>>) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        let room = FIRST_LINE.saturating_sub(said.len()).min(count);
        said.extend_from_slice(&buffer[..room]);
    }
}

fn judge(status: std::io::Result<ExitStatus>, said: &Mutex<Vec<u8>>) -> Result<(), String> {
    let status = status.map_err(|error| format!("its end could not be learnt: {error}"))?;
    if status.success() {
        return Ok(());
    }
    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&said);
    let first = text.lines().map(str::trim).find(|line| !line.is_empty());
    let words = first.map(|line| format!(": {}", clean(line))).unwrap_or_default();
    Err(format!("{status}{words}"))
}
