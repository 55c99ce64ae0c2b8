//! The dashboard at a terminal.

mod hangup;
mod pace;
mod panics;
mod screen;

pub use screen::restore;

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event as Input, EventStream, KeyCode, KeyModifiers};
use events::{Action, Stamped};
use futures_util::StreamExt;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use crate::draw::draw;
use crate::state::State;
use crate::theme::Theme;
use crate::view::{Options, Reply, View};
use hangup::Hangup;
use pace::Pace;
use panics::Panics;
use screen::Screen;

/// No more than twenty frames a second.
const FRAME: Duration = Duration::from_millis(50);
/// What is shown of times goes on once a second.
const TICK: Duration = Duration::from_secs(1);
/// After the signal of a hangup the terminal is gone soon, or somebody sent the signal by hand.
const HANGUP: Duration = Duration::from_secs(1);
/// So many events are taken before the keys are looked at again.
const AT_ONCE: usize = 4_096;

/// What the dashboard is fed with.
#[derive(Clone, Debug)]
pub enum Feed {
    /// The recent past: whatever was shown before is forgotten. A reader that was cut off begins again with it.
    Snapshot(Vec<Arc<Stamped>>),
    /// The next event.
    Event(Arc<Stamped>),
    /// What came of an action.
    Answer {
        /// For the operator to read.
        text: String,
        /// Nothing came of it, and `text` says why.
        refused: bool,
    },
    /// There will be no more; the text says why, for the operator. What is on the screen stays until it is left.
    Closed(String),
}

/// Why the dashboard is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quit {
    /// The operator left it. The batch was not stopped by that.
    Asked,
    /// Nobody feeds it any more (every sender was dropped without [`Feed::Closed`]).
    Deserted,
    /// The terminal is gone.
    TerminalGone,
}

/// Why the dashboard could not be shown.
#[derive(Debug)]
pub enum Error {
    /// Standard input or output is no terminal.
    NoTerminal,
    /// The terminal did not do what it was told.
    Terminal(std::io::Error),
    /// A defect of the dashboard; the text is the panic's message. The terminal is restored.
    Defect(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoTerminal => f.write_str("the dashboard wants a terminal on standard input and output"),
            Self::Terminal(_) => f.write_str("the terminal failed"),
            Self::Defect(message) => write!(f, "a defect of the dashboard: {message}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Terminal(error) => Some(error),
            Self::NoTerminal | Self::Defect(_) => None,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Terminal(error)
    }
}

/// Shows what `feed` brings until the operator leaves, the terminal is gone or nobody feeds it; what the operator wants
/// goes to `actions`. The terminal is restored in every case, also when this future is dropped.
///
/// Writing to a terminal can block (a stopped terminal, a slow line): run it on a thread with a runtime of its own
/// wherever something else must not wait. An action for which `actions` has no room is refused on the screen.
pub async fn run(
    feed: mpsc::Receiver<Feed>,
    actions: mpsc::Sender<Action>,
    options: Options,
) -> Result<Quit, Error> {
    let screen = Screen::enter(options.mouse)?;
    let hangup = Hangup::watch()?;
    let panics = Panics::caught();
    let theme = Theme::detect(|name| std::env::var(name).ok());
    let mut shown = Shown {
        pace: Pace::new(options.speed, options.recorded),
        state: State::default(),
        view: View::new(options),
        theme,
        screen,
        panics,
        actions,
        dirty: true,
        closed: false,
    };
    let quit = shown.go(feed, hangup).await;
    drop(shown);
    match quit {
        // Who draws on a terminal that is gone learns it before the watcher does.
        Err(Error::Terminal(_)) if !std::io::stdout().is_terminal() => Ok(Quit::TerminalGone),
        other => other,
    }
}

/// What is shown, and on what.
struct Shown {
    state: State,
    view: View,
    theme: Theme,
    pace: Pace,
    screen: Screen,
    panics: Panics,
    actions: mpsc::Sender<Action>,
    dirty: bool,
    closed: bool,
}

impl Shown {
    async fn go(&mut self, mut feed: mpsc::Receiver<Feed>, mut hangup: Hangup) -> Result<Quit, Error> {
        let mut keyboard = EventStream::new();
        let mut hung_up = signal(SignalKind::hangup())?;
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next_frame = Instant::now();
        let size = self.screen.size()?;
        self.view.resize(size.width, size.height);
        loop {
            tokio::select! {
                biased;
                () = hangup.gone() => return Ok(Quit::TerminalGone),
                _ = hung_up.recv() => {
                    // The signal may come before the terminal is gone, and who reads it must not be left alone with that.
                    let _ = timeout(HANGUP, hangup.gone()).await;
                    return Ok(Quit::TerminalGone);
                }
                () = sleep_until(next_frame), if self.dirty => {
                    self.frame()?;
                    next_frame = Instant::now() + FRAME;
                }
                input = keyboard.next() => match input {
                    Some(Ok(input)) => {
                        if let Some(quit) = self.input(&input)? {
                            return Ok(quit);
                        }
                    }
                    Some(Err(_)) | None => return Ok(Quit::TerminalGone),
                },
                _ = tick.tick() => self.tick(),
                news = feed.recv(), if !self.closed => match news {
                    Some(first) => self.fed(first, &mut feed)?,
                    None => return Ok(Quit::Deserted),
                },
            }
        }
    }

    /// Takes `first` and whatever else is there.
    fn fed(&mut self, first: Feed, feed: &mut mpsc::Receiver<Feed>) -> Result<(), Error> {
        let mut next = Some(first);
        let mut taken = 0;
        while let Some(fed) = next {
            self.panics
                .guarded(|| take(fed, &mut self.state, &mut self.view, &mut self.pace, &mut self.closed))?;
            taken += 1;
            next = if taken < AT_ONCE && !self.closed { feed.try_recv().ok() } else { None };
        }
        self.dirty = true;
        Ok(())
    }

    fn tick(&mut self) {
        self.view.tick(self.pace.real_ms());
        for message in self.panics.elsewhere() {
            self.view.notify(&message, true, self.pace.real_ms());
        }
        self.dirty = true;
    }

    fn frame(&mut self) -> Result<(), Error> {
        self.state.tick(self.pace.now());
        let (state, view, theme, screen) = (&self.state, &self.view, &self.theme, &mut self.screen);
        self.panics.guarded(|| screen.draw(|frame| draw(frame, state, view, theme)))??;
        self.dirty = false;
        Ok(())
    }

    fn input(&mut self, input: &Input) -> Result<Option<Quit>, Error> {
        if let Input::Key(key) = input
            && key.code == KeyCode::Char('z')
            && key.modifiers.contains(KeyModifiers::CONTROL)
        {
            self.suspend()?;
            return Ok(None);
        }
        let at_ms = self.pace.real_ms();
        let (state, view) = (&self.state, &mut self.view);
        match self.panics.guarded(|| view.handle(input, state, at_ms))? {
            Reply::Nothing => {}
            Reply::Redraw => self.dirty = true,
            Reply::Act(action) => {
                self.dirty = true;
                if self.closed || self.actions.try_send(action).is_err() {
                    self.view.notify("the controller takes no actions", true, at_ms);
                }
            }
            Reply::Leave => return Ok(Some(Quit::Asked)),
        }
        Ok(None)
    }

    /// A controller in this process must not be stopped with it.
    fn suspend(&mut self) -> Result<(), Error> {
        if self.view.options.attached || self.view.options.recorded {
            self.screen.suspend()?;
            let size = self.screen.size()?;
            self.view.resize(size.width, size.height);
        } else {
            let text = "suspending would stop the rack's controller: use fotarig serve and attach";
            self.view.notify(text, true, self.pace.real_ms());
        }
        self.dirty = true;
        Ok(())
    }
}

fn take(fed: Feed, state: &mut State, view: &mut View, pace: &mut Pace, closed: &mut bool) {
    match fed {
        Feed::Snapshot(events) => *state = State::of(&events),
        Feed::Event(event) => state.apply(&event),
        Feed::Answer { text, refused } => view.notify(&text, refused, pace.real_ms()),
        Feed::Closed(text) => {
            view.notify(&text, true, pace.real_ms());
            view.closed = Some(crate::text::clean(&text));
            *closed = true;
        }
    }
    pace.heard(state.now());
}
