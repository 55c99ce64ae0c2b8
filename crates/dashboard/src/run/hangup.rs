//! A terminal that is gone.
//!
//! crossterm's reader (0.29) takes no notice of it: it reads for ever without pausing, on its own thread or in the task
//! that polls it. So somebody else watches, and puts a pipe that stays empty in the place of standard input: the reader
//! comes to rest, and the caller goes on without a terminal.

use std::os::fd::OwnedFd;
use std::thread::JoinHandle;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use tokio::sync::oneshot;

use super::Error;

/// Watches the terminal while it lives.
pub(crate) struct Hangup {
    gone: oneshot::Receiver<()>,
    /// Its end tells the watcher to end.
    until: Option<OwnedFd>,
    watcher: Option<JoinHandle<()>>,
}

impl Hangup {
    /// Begins to watch standard input.
    pub(crate) fn watch() -> Result<Self, Error> {
        let flags = PipeFlags::CLOEXEC | PipeFlags::NONBLOCK;
        let (ended, until) = pipe_with(flags).map_err(std::io::Error::from)?;
        let (silence, silent_writer) = pipe_with(flags).map_err(std::io::Error::from)?;
        let (told, gone) = oneshot::channel();
        let watch = move || {
            if is_gone(&ended) {
                let _ = rustix::stdio::dup2_stdin(&silence);
                // A pipe without a writer is at its end, and that is not silence.
                std::mem::forget(silent_writer);
                let _ = told.send(());
            }
        };
        let watcher = std::thread::Builder::new().name("terminal".to_owned()).spawn(watch)?;
        Ok(Self { gone, until: Some(until), watcher: Some(watcher) })
    }

    /// Returns when the terminal is gone.
    pub(crate) async fn gone(&mut self) {
        if (&mut self.gone).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Waits until the terminal is gone (`true`) or nobody wants to know any more.
fn is_gone(ended: &OwnedFd) -> bool {
    let stdin = rustix::stdio::stdin();
    loop {
        let mut watched = [PollFd::new(&stdin, PollFlags::empty()), PollFd::new(ended, PollFlags::empty())];
        match poll(&mut watched, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(_) => return false,
        }
        if watched[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return true;
        }
        if !watched[1].revents().is_empty() {
            return false;
        }
    }
}

impl Drop for Hangup {
    fn drop(&mut self) {
        drop(self.until.take());
        if let Some(watcher) = self.watcher.take() {
            let _ = watcher.join();
        }
    }
}
