//! What the mouse does.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::{Reply, Screen, View};
use crate::area::Areas;
use crate::state::State;

/// Two clicks within so many milliseconds are a double click.
const DOUBLE_MS: u64 = 400;
/// Lines by which the wheel scrolls.
const WHEEL_LINES: isize = 3;

impl View {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "crossterm's buttons: those that do nothing here are many"
    )]
    pub(super) fn mouse(&mut self, mouse: MouseEvent, state: &State, at_ms: u64) -> Reply {
        if self.ask.is_some() || self.typing.is_some() {
            return Reply::Nothing;
        }
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) if self.help => {
                self.help = false;
                Reply::Redraw
            }
            MouseEventKind::Down(MouseButton::Left) => self.click(mouse.column, mouse.row, state, at_ms),
            MouseEventKind::ScrollUp => self.wheel(state, -1),
            MouseEventKind::ScrollDown => self.wheel(state, 1),
            _ => Reply::Nothing,
        }
    }

    fn click(&mut self, x: u16, y: u16, state: &State, at_ms: u64) -> Reply {
        let Some(place) = self.slot_at(x, y, state) else { return Reply::Nothing };
        self.choose(state, place);
        let double = self.last_click.is_some_and(|(before_ms, before)| {
            before == place && at_ms.saturating_sub(before_ms) <= DOUBLE_MS
        });
        self.last_click = (!double).then_some((at_ms, place));
        if double {
            return self.show(Screen::Detail);
        }
        Reply::Redraw
    }

    fn slot_at(&self, x: u16, y: u16, state: &State) -> Option<usize> {
        match self.screen {
            Screen::Rack => {
                let (layout, inside) = self.rack(state);
                layout.at(inside, x, y)
            }
            Screen::Operator => {
                let inside = Areas::of(self.size).body;
                crate::draw::operator::grid(state, self).at(inside, x, y)
            }
            Screen::Table => crate::draw::table::row_at(state, self, y),
            Screen::Detail | Screen::Faults | Screen::Log | Screen::Summary => None,
        }
    }

    fn wheel(&mut self, state: &State, down: isize) -> Reply {
        match self.screen {
            Screen::Rack | Screen::Operator => {
                let from = self.place(state);
                let layout = if self.screen == Screen::Rack {
                    self.rack(state).0
                } else {
                    crate::draw::operator::grid(state, self)
                };
                let next = layout.next(from, 0, down);
                self.choose(state, next);
            }
            Screen::Table => {
                let rows = self.rows(state);
                let here = rows.iter().position(|place| *place == self.place(state)).unwrap_or(0);
                let next = here.saturating_add_signed(down * WHEEL_LINES).min(rows.len().saturating_sub(1));
                if let Some(place) = rows.get(next) {
                    self.choose(state, *place);
                }
            }
            Screen::Detail | Screen::Faults | Screen::Log | Screen::Summary => {
                self.scroll_by(state, down * WHEEL_LINES);
            }
        }
        Reply::Redraw
    }
}
