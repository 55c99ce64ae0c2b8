//! The terminal: taken over, given back.

use std::io::{self, IsTerminal, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Size;
use ratatui::{Frame, Terminal};
use rustix::process::{Signal, getpid, kill_process};

use super::Error;

/// Whether the terminal is taken over.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Gives the terminal back, if the dashboard has it. For a caller that ends the process while the dashboard runs.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = disable_raw_mode();
        let mut out = io::stdout();
        let _ = execute!(out, DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = out.flush();
    }
}

/// The terminal while the dashboard has it.
pub(crate) struct Screen {
    /// `None` only while it is dropped.
    terminal: Option<Terminal<CrosstermBackend<Stdout>>>,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal over.
    pub(crate) fn enter(mouse: bool) -> Result<Self, Error> {
        if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
            return Err(Error::NoTerminal);
        }
        take_over(mouse)?;
        // From here on the drop gives it back.
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout())).inspect_err(|_| restore())?;
        Ok(Self { terminal: Some(terminal), mouse })
    }

    pub(crate) fn size(&self) -> Result<Size, Error> {
        Ok(self.terminal.as_ref().ok_or(Error::NoTerminal)?.size()?)
    }

    /// Draws one frame.
    pub(crate) fn draw(&mut self, picture: impl FnOnce(&mut Frame<'_>)) -> Result<(), Error> {
        self.terminal.as_mut().ok_or(Error::NoTerminal)?.draw(picture)?;
        Ok(())
    }

    /// Gives the terminal back, stops this process as `Ctrl-Z` does, and takes the terminal over again when it goes on.
    pub(crate) fn suspend(&mut self) -> Result<(), Error> {
        restore();
        kill_process(getpid(), Signal::TSTP).map_err(io::Error::from)?;
        take_over(self.mouse)?;
        self.terminal.as_mut().ok_or(Error::NoTerminal)?.clear()?;
        Ok(())
    }
}

impl Drop for Screen {
    /// ratatui's own drop tells standard error when the cursor cannot be shown. Where the terminal is gone, so is
    /// standard error, and that would be a panic: then it is forgotten.
    fn drop(&mut self) {
        restore();
        if let Some(mut terminal) = self.terminal.take()
            && terminal.show_cursor().is_err()
        {
            std::mem::forget(terminal);
        }
    }
}

fn take_over(mouse: bool) -> Result<(), Error> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let mut out = io::stdout();
    let entered = execute!(out, EnterAlternateScreen, EnableBracketedPaste, Hide);
    let entered = if mouse { entered.and_then(|()| execute!(out, EnableMouseCapture)) } else { entered };
    entered.inspect_err(|_| restore())?;
    Ok(())
}
