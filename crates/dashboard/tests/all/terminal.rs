//! A real terminal: taken over, given back, and gone. This test's own program plays the dashboard at the other end.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dashboard::{Feed, Options, run};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};
use tokio::sync::mpsc;

use crate::script::Script;

/// Tells this program to play the dashboard, and where to write why it ended.
const PLAYED: &str = "DASHBOARD_PLAYED_INTO";
/// Longer than this nothing takes, however busy the machine is.
const DEADLINE: Duration = Duration::from_secs(60);

/// The dashboard of the other process: does nothing in the test's own run.
#[test]
fn played() {
    let Some(into) = std::env::var_os(PLAYED) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = runtime.block_on(async {
        let (feed, news) = mpsc::channel(4);
        let (wanted, mut actions) = mpsc::channel(4);
        let events = Script::all_scenes(24).events.into_iter().map(Arc::new).collect();
        feed.send(Feed::Snapshot(events)).await.unwrap();
        let ended = run(news, wanted, Options::default()).await;
        format!("{ended:?} {:?}", actions.try_recv().ok())
    });
    // crossterm's reader comes to rest only where there is nothing to read and no end.
    let gone = ended.contains("TerminalGone");
    let silent =
        gone && rustix::io::read(rustix::stdio::stdin(), &mut [0; 8]) == Err(rustix::io::Errno::AGAIN);
    let ended = if silent { format!("{ended}, silence") } else { ended };
    std::fs::write(into, ended).unwrap();
    // The test harness would write to a terminal that may be gone.
    std::process::exit(0);
}

/// A terminal, with the dashboard on it.
struct Desk {
    master: File,
    slave: OwnedFd,
    child: Child,
    into: PathBuf,
    _folder: tempfile::TempDir,
    seen: String,
}

impl Desk {
    fn new() -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave: OwnedFd =
            File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap().into();
        tcsetwinsize(&slave, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let into = folder.path().join("ended");
        let end = || Stdio::from(slave.try_clone().unwrap());
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["terminal::played", "--exact", "--nocapture"])
            .env(PLAYED, &into)
            .env("LC_ALL", "C.UTF-8")
            .env("TERM", "xterm-256color")
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .unwrap();
        Self { master: master.into(), slave, child, into, _folder: folder, seen: String::new() }
    }

    /// Reads until `text` was written to the terminal.
    fn sees(&mut self, text: &str) {
        let mut bytes = [0; 8_192];
        let within = Timespec { tv_sec: 60, tv_nsec: 0 };
        while !self.seen.contains(text) {
            let mut ready = [PollFd::new(&self.master, PollFlags::IN)];
            assert_eq!(poll(&mut ready, Some(&within)), Ok(1), "{text:?} does not come");
            let count = self.master.read(&mut bytes).unwrap();
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }

    fn types(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    fn ended(&mut self) -> (ExitStatus, String) {
        let until = Instant::now() + DEADLINE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < until, "it goes on and on");
            std::thread::yield_now();
        };
        (status, std::fs::read_to_string(&self.into).unwrap_or_default())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_terminal_is_given_back_as_it_was() {
    let mut desk = Desk::new();
    let before = format!("{:?}", tcgetattr(&desk.slave).unwrap());
    desk.sees("\u{1b}[?1049h");
    desk.sees("2026w47-bg96");
    assert_ne!(format!("{:?}", tcgetattr(&desk.slave).unwrap()), before, "raw");
    desk.types("ql");
    desk.sees("\u{1b}[?1049l");
    let (status, ended) = desk.ended();
    assert_eq!((status.success(), ended.as_str()), (true, "Ok(Asked) None"));
    assert_eq!(format!("{:?}", tcgetattr(&desk.slave).unwrap()), before);
    for on in ["\u{1b}[?1000h", "\u{1b}[?2004h", "\u{1b}[?25l"] {
        let off = if on.ends_with('h') { on.replace('h', "l") } else { on.replace('l', "h") };
        let last = |sequence: &str| desk.seen.rfind(sequence);
        assert!(last(on) < last(&off), "{on:?} is taken back");
    }
}

#[test]
fn keys_become_actions_and_a_controller_is_not_suspended() {
    let mut desk = Desk::new();
    desk.sees("2026w47-bg96");
    // Were it stopped by the first, nothing would come of the others.
    desk.types("\u{1a}pql");
    let (_, ended) = desk.ended();
    assert_eq!(ended, "Ok(Asked) Some(Pause)");
}

/// Takes the terminal away from the dashboard, after the signal that says so, or without one.
fn taken_away(signal: bool) -> (ExitStatus, String) {
    let mut desk = Desk::new();
    desk.sees("2026w47-bg96");
    if signal {
        let child = rustix::process::Pid::from_child(&desk.child);
        rustix::process::kill_process(child, rustix::process::Signal::HUP).unwrap();
    }
    let other = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    drop(std::mem::replace(&mut desk.master, other.into()));
    desk.ended()
}

#[test]
fn a_terminal_that_is_gone_ends_the_dashboard_and_nothing_else() {
    for signal in [false, true] {
        let (status, ended) = taken_away(signal);
        assert!(status.success(), "{status}");
        assert_eq!(ended, "Ok(TerminalGone) None, silence", "signal: {signal}");
    }
}
