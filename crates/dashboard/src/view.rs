//! What is on the screen, and what the keys do.

mod ask;
mod keys;
mod mouse;
mod scan;
mod typing;

pub(crate) use ask::{Answer, Ask};
pub(crate) use typing::{Asked, Typing};

use crossterm::event::{Event as Input, KeyEventKind};
use events::{Action, Level};
use ratatui::layout::Rect;

use crate::area::Areas;
use crate::find::{Filter, Sort, found};
use crate::rack::{Density, Layout};
use crate::state::{Slot, State};
use scan::Scan;

/// How long a notice stays, milliseconds.
const NOTICE_MS: u64 = 8_000;

/// What the caller chooses.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Options {
    /// The controller is another process: leaving the dashboard stops nothing, and it may be suspended.
    pub attached: bool,
    /// The events are a recording: there is nobody to take an action, and the clock is the recording's.
    pub recorded: bool,
    /// It begins locked: an operator can only start, confirm and re-test.
    pub locked: bool,
    /// What has to be typed to unlock it; without it the word `unlock`.
    pub pin: Option<String>,
    /// Whether the mouse is used. Without it the terminal's own selection works.
    pub mouse: bool,
    /// Where the metrics are, as the header shows it (`:9477`).
    pub metrics: Option<String>,
    /// Seconds east of UTC for times of day.
    pub utc_offset_s: i32,
    /// How many milliseconds of module time pass in one of real time.
    pub speed: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            attached: false,
            recorded: false,
            locked: false,
            pin: None,
            mouse: true,
            metrics: None,
            utc_offset_s: 0,
            speed: 1.0,
        }
    }
}

/// What came of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Nothing.
    Nothing,
    /// The screen is another one now.
    Redraw,
    /// The operator wants something of the controller.
    Act(Action),
    /// The operator wants the dashboard gone.
    Leave,
}

/// The screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Screen {
    #[default]
    Rack,
    Table,
    Detail,
    Faults,
    Log,
    Summary,
    Operator,
}

/// A line for the operator that goes away by itself.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) text: String,
    pub(crate) bad: bool,
    until_ms: u64,
}

/// What is on the screen: which view, which slot is chosen, what is asked.
#[derive(Debug, Default)]
pub struct View {
    pub(crate) options: Options,
    pub(crate) screen: Screen,
    /// The screen to which `Esc` leads back.
    pub(crate) before: Screen,
    /// Label of the chosen slot.
    pub(crate) chosen: Option<String>,
    pub(crate) density: Option<Density>,
    pub(crate) filter: Filter,
    pub(crate) sort: Sort,
    pub(crate) reversed: bool,
    pub(crate) words: String,
    pub(crate) level: Option<Level>,
    /// Lines by which the present screen is scrolled.
    pub(crate) scroll: usize,
    pub(crate) typing: Option<Typing>,
    pub(crate) ask: Option<Ask>,
    pub(crate) help: bool,
    pub(crate) locked: bool,
    pub(crate) notice: Option<Notice>,
    pub(crate) size: Rect,
    /// Why no more events come.
    pub(crate) closed: Option<String>,
    scan: Scan,
    last_click: Option<(u64, usize)>,
}

impl View {
    /// The rack view, nothing chosen.
    pub fn new(options: Options) -> Self {
        let (width, height) = crate::area::LEAST;
        Self { locked: options.locked, options, size: Rect::new(0, 0, width, height), ..Self::default() }
    }

    /// The screen has so many columns and lines.
    pub fn resize(&mut self, columns: u16, lines: u16) {
        self.size = Rect::new(0, 0, columns, lines);
    }

    /// Takes what came from the terminal at `at_ms` of a clock that never jumps.
    pub fn handle(&mut self, input: &Input, state: &State, at_ms: u64) -> Reply {
        match input {
            Input::Key(key) if key.kind == KeyEventKind::Release => Reply::Nothing,
            Input::Key(key) => self.key(*key, state, at_ms),
            Input::Mouse(mouse) => self.mouse(*mouse, state, at_ms),
            Input::Resize(columns, lines) => {
                self.resize(*columns, *lines);
                Reply::Redraw
            }
            Input::Paste(text) => self.paste(text, state, at_ms),
            Input::FocusGained | Input::FocusLost => Reply::Nothing,
        }
    }

    /// Shows `text` for some seconds.
    pub fn notify(&mut self, text: &str, bad: bool, at_ms: u64) {
        let text = crate::text::clean(text);
        self.notice = Some(Notice { text, bad, until_ms: at_ms.saturating_add(NOTICE_MS) });
    }

    /// Takes away what has been shown long enough; `true` when that changed the screen.
    pub fn tick(&mut self, at_ms: u64) -> bool {
        self.notice.take_if(|notice| notice.until_ms <= at_ms).is_some()
    }

    /// The chosen slot; the first one while none is chosen.
    pub(crate) fn slot<'a>(&self, state: &'a State) -> Option<&'a Slot> {
        state.slots.get(self.place(state))
    }

    /// The place of the chosen slot among the slots.
    pub(crate) fn place(&self, state: &State) -> usize {
        self.chosen.as_deref().and_then(|label| state.place_of(label)).unwrap_or(0)
    }

    /// The slots that the table shows, in its order.
    pub(crate) fn rows(&self, state: &State) -> Vec<usize> {
        found(state, self.filter, &self.words, self.sort, self.reversed)
    }

    /// The rack as it is laid out, and where.
    pub(crate) fn rack(&self, state: &State) -> (Layout, Rect) {
        let inside = Areas::inside(Areas::of(self.size).rack().0);
        (Layout::of(state, inside, self.place(state), self.density), inside)
    }

    fn choose(&mut self, state: &State, place: usize) {
        self.chosen = state.slots.get(place).map(|slot| slot.label.clone());
    }

    /// Shows `screen`; the one before is where `Esc` leads.
    fn show(&mut self, screen: Screen) -> Reply {
        if self.screen == screen {
            return self.back();
        }
        if self.screen != Screen::Detail {
            self.before = self.screen;
        }
        self.screen = screen;
        self.scroll = 0;
        Reply::Redraw
    }

    fn back(&mut self) -> Reply {
        self.screen = match self.screen {
            Screen::Detail => self.before,
            Screen::Rack
            | Screen::Table
            | Screen::Faults
            | Screen::Log
            | Screen::Summary
            | Screen::Operator => Screen::Rack,
        };
        self.before = Screen::Rack;
        self.scroll = 0;
        Reply::Redraw
    }
}
