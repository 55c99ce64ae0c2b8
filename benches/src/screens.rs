//! The dashboard at 256 slots, each in one of the states that a slot can be in.

use std::convert::Infallible;

use crossterm::event::{Event as Input, KeyCode};
use dashboard::{Options, State, Theme, View, draw};
use events::{Event, Phase, Stamped};
use ratatui::{Terminal, backend::TestBackend};

use crate::SLOTS;
use crate::script::{Script, label};

/// Columns and lines of a wall screen.
const SIZE: (u16, u16) = (200, 60);

/// The screens, and the keys that lead to them.
pub const SCREENS: [(&str, KeyCode); 7] = [
    ("rack", KeyCode::Char(' ')),
    ("table", KeyCode::Char('t')),
    ("detail", KeyCode::Enter),
    ("faults", KeyCode::Char('f')),
    ("log", KeyCode::Char('l')),
    ("batch", KeyCode::Char('b')),
    ("operator", KeyCode::Char('o')),
];

/// One screen of a rack under way.
pub struct Screen {
    state: State,
    view: View,
    terminal: Terminal<TestBackend>,
    last: Stamped,
}

impl Screen {
    /// The screen to which `key` leads.
    ///
    /// # Errors
    /// Never: the terminal is in memory.
    pub fn of(key: KeyCode) -> Result<Self, Infallible> {
        let script = Script::all_scenes(SLOTS);
        let state = script.state();
        let mut view = View::new(Options::default());
        view.resize(SIZE.0, SIZE.1);
        view.handle(&Input::Key(key.into()), &state, 0);
        let terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1))?;
        let last = script.events.last().cloned();
        let event = Event::Slot { slot: label(0), state: events::SlotState::Busy };
        let last = last.unwrap_or(Stamped { seq: 0, unix_ms: 0, run_ms: 0, event });
        Ok(Self { state, view, terminal, last })
    }

    /// A module makes progress: the frame after it is not the one before.
    pub fn go_on(&mut self) {
        let Stamped { seq, unix_ms, run_ms, .. } = self.last;
        let number = usize::try_from(seq).unwrap_or_default();
        let (slot, done) = (label(number % SLOTS), seq % 100);
        let event = Event::Progress { slot, phase: Phase::Deliver, done, total: 100 };
        self.last = Stamped { seq: seq + 1, unix_ms: unix_ms + 100, run_ms: run_ms + 100, event };
        self.state.apply(&self.last);
    }

    /// One frame.
    ///
    /// # Errors
    /// Never: the terminal is in memory.
    pub fn draw(&mut self) -> Result<(), Infallible> {
        let (state, view) = (&self.state, &self.view);
        self.terminal.draw(|frame| draw(frame, state, view, &Theme::default())).map(|_| ())
    }
}
