//! The operator's dashboard: events become a [`State`], [`draw`] shows it through a [`View`], and what the operator
//! presses becomes an [`events::Action`] for somebody else to carry out.
//!
//! It must never decide anything about a module, never block the controller, and never leave a terminal as it was not
//! found. State and drawing have no clock and no I/O; only [`run`] touches the terminal.
//!
//! ```
//! use dashboard::{Options, State, Theme, View, draw};
//! use events::{Event, SlotState, Stamped};
//! use ratatui::{Terminal, backend::TestBackend};
//!
//! let event = Event::Slot { slot: "A1".to_owned(), state: SlotState::Busy };
//! let state = State::of(&[Stamped { seq: 1, unix_ms: 0, run_ms: 0, event }.into()]);
//! let view = View::new(Options::default());
//! let mut terminal = Terminal::new(TestBackend::new(80, 24))?;
//! terminal.draw(|frame| draw(frame, &state, &view, &Theme::default()))?;
//! assert!(terminal.backend().to_string().contains("A1 ▶"));
//! # Ok::<(), std::convert::Infallible>(())
//! ```

mod area;
mod draw;
mod face;
mod find;
mod rack;
mod run;
mod state;
mod text;
mod theme;
mod time;
mod view;

pub use draw::draw;
pub use run::{Error, Feed, Quit, restore, run};
pub use state::{Now, State};
pub use theme::{Palette, Theme};
pub use view::{Options, Reply, View};
