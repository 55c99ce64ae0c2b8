//! `usb-rack`: the rack in a process of its own.
//!
//! ```text
//! usb-rack SCENARIO.json [--truth FILE] [--control FILE] [-- PROGRAM [ARGUMENTS]]
//! ```
//!
//! It puts itself into namespaces of its own, builds the world there, and prints `ready`, its process number and the
//! milliseconds that it took. Then it obeys commands, one a line, from its input or from the FIFO named by `--control`,
//! and answers each with `ok` and perhaps JSON, or `error` and why. At the end of the commands it writes the modules' truths
//! and goes. With a PROGRAM, it runs that in its world, with its own input and output, and ends with it and as it did.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use tokio::sync::mpsc;

use crate::usb::namespace::{self, VERIFY};
use crate::usb::operator::Operator;
use crate::usb::scenario::Scenario;

/// What it was called with.
#[derive(Debug, Default)]
struct Call {
    scenario: PathBuf,
    truth: Option<PathBuf>,
    control: Option<PathBuf>,
    program: Vec<OsString>,
}

impl Call {
    fn parse(arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let mut call = Self::default();
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--truth") => call.truth = Some(arguments.next()?.into()),
                Some("--control") => call.control = Some(arguments.next()?.into()),
                Some("--") => call.program = arguments.by_ref().collect(),
                _ if call.scenario.as_os_str().is_empty() => call.scenario = argument.into(),
                _ => return None,
            }
        }
        (!call.scenario.as_os_str().is_empty()).then_some(call)
    }
}

/// Runs it. It never runs outside namespaces of its own: there it would hide the machine's `/dev`.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if arguments.first().is_none_or(|first| first != namespace::INSIDE) {
        let error = namespace::enter_with(&arguments);
        return failed(&error);
    }
    let Some(call) = Call::parse(arguments.into_iter().skip(1)) else {
        eprintln!("usage: usb-rack SCENARIO.json [--truth FILE] [--control FILE] [-- PROGRAM [ARGUMENTS]]");
        return ExitCode::from(2);
    };
    run(&call).unwrap_or_else(|error| failed(&error))
}

fn failed(error: &io::Error) -> ExitCode {
    eprintln!("usb-rack: {error}");
    ExitCode::from(4)
}

fn run(call: &Call) -> io::Result<ExitCode> {
    let scenario: Scenario = serde_json::from_slice(&std::fs::read(&call.scenario)?)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let began = Instant::now();
        let mut operator = Operator::start(&scenario)?;
        let took_ms = began.elapsed().as_millis();
        if call.program.is_empty() {
            say(&format!("ready {} {took_ms}", std::process::id()))?;
        }
        let code = work(call, &mut operator).await?;
        if let Some(file) = &call.truth {
            operator.write_truths(file)?;
        }
        operator.end().await;
        Ok(code)
    })
}

async fn work(call: &Call, operator: &mut Operator) -> io::Result<ExitCode> {
    let mut commands = read_commands(call);
    let mut program = run_program(call)?;
    loop {
        let line = tokio::select! {
            code = ended(program.as_mut()) => return Ok(code),
            line = commands.recv() => line,
        };
        let Some(line) = line else {
            // No more commands: a program is waited for all the same.
            return Ok(match program {
                Some(_) => ended(program.as_mut()).await,
                None => ExitCode::SUCCESS,
            });
        };
        let answer = match operator.obey(&line).await {
            Ok(answer) => format!("ok {answer}"),
            Err(why) => format!("error {why}"),
        };
        if program.is_none() {
            say(answer.trim_end())?;
        } else {
            eprintln!("usb-rack: {line}: {}", answer.trim_end());
        }
    }
}

/// The lines of the control file or of the input; a program has the input to itself.
fn read_commands(call: &Call) -> mpsc::Receiver<String> {
    let (sender, commands) = mpsc::channel(64);
    let control = call.control.clone();
    let own_input = call.program.is_empty();
    std::thread::spawn(move || {
        let source: Box<dyn io::Read> = match control {
            // A FIFO opens when somebody writes to it.
            Some(path) => match std::fs::File::open(path) {
                Ok(file) => Box::new(file),
                Err(_) => return,
            },
            None if own_input => Box::new(io::stdin()),
            None => return,
        };
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    commands
}

fn run_program(call: &Call) -> io::Result<Option<tokio::sync::oneshot::Receiver<u8>>> {
    let Some((program, arguments)) = call.program.split_first() else { return Ok(None) };
    let mut command = Command::new(program);
    command.args(arguments).env(VERIFY.0, VERIFY.1).stdin(Stdio::inherit());
    let mut child = command.spawn()?;
    let (sender, code) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let code = child.wait().ok().and_then(|status| status.code()).unwrap_or(128);
        // The rack may have ended before.
        let _ended = sender.send(u8::try_from(code).unwrap_or(128));
    });
    Ok(Some(code))
}

async fn ended(program: Option<&mut tokio::sync::oneshot::Receiver<u8>>) -> ExitCode {
    match program {
        Some(code) => ExitCode::from(code.await.unwrap_or(128)),
        None => std::future::pending().await,
    }
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
