//! What the keys do.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use events::{Action, Level, SlotState};

use super::{Answer, Ask, Asked, Reply, Screen, View};
use crate::area::Areas;
use crate::face::Face;
use crate::rack::Density;
use crate::state::{Slot, State};

impl View {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "crossterm's keys: those that do nothing here are many"
    )]
    pub(super) fn key(&mut self, key: KeyEvent, state: &State, at_ms: u64) -> Reply {
        let interrupt = key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL);
        if interrupt {
            return self.interrupt(state, at_ms);
        }
        if self.ask.is_some() {
            return self.answer(key, at_ms);
        }
        if self.typing.is_some() {
            return self.type_key(key, state, at_ms);
        }
        if self.help {
            self.help = false;
            return Reply::Redraw;
        }
        if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
            return Reply::Nothing;
        }
        match key.code {
            KeyCode::Char(digit) if digit.is_ascii_digit() => {
                self.scan.digit(digit, at_ms);
                return Reply::Nothing;
            }
            KeyCode::Enter => {
                if let Some(digits) = self.scan.enter(at_ms) {
                    return self.scanned(&digits, state, at_ms);
                }
            }
            _ => self.scan.other(),
        }
        match key.code {
            KeyCode::Char(letter) => self.letter(letter, state, at_ms),
            code => self.movement(code, state),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "crossterm's keys: those that do nothing here are many"
    )]
    fn movement(&mut self, code: KeyCode, state: &State) -> Reply {
        let page = usize::from(Areas::of(self.size).body.height).saturating_sub(3).max(1);
        match code {
            KeyCode::Enter if self.screen == Screen::Detail => self.back(),
            KeyCode::Enter => self.show(Screen::Detail),
            KeyCode::Esc => self.escape(),
            KeyCode::Up => self.step(state, 0, -1),
            KeyCode::Down => self.step(state, 0, 1),
            KeyCode::Left => self.step(state, -1, 0),
            KeyCode::Right => self.step(state, 1, 0),
            KeyCode::Tab => self.neighbour(state, 1),
            KeyCode::BackTab => self.neighbour(state, -1),
            KeyCode::PageUp => self.page(state, -1, page),
            KeyCode::PageDown => self.page(state, 1, page),
            KeyCode::Home => self.page(state, -1, usize::MAX / 4),
            KeyCode::End => self.page(state, 1, usize::MAX / 4),
            _ => Reply::Nothing,
        }
    }

    fn escape(&mut self) -> Reply {
        if self.notice.take().is_some() {
            return Reply::Redraw;
        }
        if self.screen == Screen::Table && !self.words.is_empty() {
            self.words.clear();
            return Reply::Redraw;
        }
        self.back()
    }

    fn letter(&mut self, letter: char, state: &State, at_ms: u64) -> Reply {
        match letter {
            't' => self.show(Screen::Table),
            'f' => self.show(Screen::Faults),
            'l' => self.show(Screen::Log),
            'b' => self.show(Screen::Summary),
            'o' => self.show(Screen::Operator),
            '?' => {
                self.help = true;
                Reply::Redraw
            }
            '/' => self.type_for(Asked::Search),
            'v' => self.turn_filter(),
            'c' => {
                self.sort = self.sort.next();
                Reply::Redraw
            }
            'C' => {
                self.reversed = !self.reversed;
                Reply::Redraw
            }
            'z' => self.turn_density(),
            'L' => self.lock(at_ms),
            'r' => self.retest(state, at_ms),
            'n' => self.type_for(Asked::Batch),
            'i' => match self.slot(state) {
                Some(slot) => self.type_for(Asked::Imei(slot.label.clone())),
                None => Reply::Nothing,
            },
            'y' => Reply::Nothing,
            'q' | 'a' | 'p' | 's' | 'Q' | 'H' if self.locked => {
                self.notify("locked: L unlocks it", true, at_ms);
                Reply::Redraw
            }
            'q' => self.leave(state),
            _ => self.control(letter, state, at_ms),
        }
    }

    /// Keys that a locked dashboard does not take.
    fn control(&mut self, letter: char, state: &State, at_ms: u64) -> Reply {
        let slot = self.slot(state);
        match (letter, slot) {
            ('p', _) => {
                let action = if state.run.paused { Action::Resume } else { Action::Pause };
                self.act(action, at_ms)
            }
            ('s', _) => self.question(Ask::stop(), at_ms),
            ('a', Some(slot)) if !at_work(slot) => {
                self.notify(&format!("{}: nothing to abort", slot.name), true, at_ms);
                Reply::Redraw
            }
            ('a', Some(slot)) => self.question(Ask::abort(slot), at_ms),
            ('Q', Some(slot)) => self.question(Ask::quarantine(slot), at_ms),
            ('H', Some(slot)) => match Ask::release_imei(slot) {
                Some(ask) => self.question(ask, at_ms),
                None => Reply::Nothing,
            },
            _ => Reply::Nothing,
        }
    }

    fn retest(&mut self, state: &State, at_ms: u64) -> Reply {
        let Some(slot) = self.slot(state) else { return Reply::Nothing };
        if at_work(slot) {
            let text = format!("{} is under way: it can be tested again when it is done", slot.name);
            self.notify(&text, true, at_ms);
            return Reply::Redraw;
        }
        let action = Action::Retry { slot: slot.label.clone() };
        self.act(action, at_ms)
    }

    /// Asks, unless nobody is there to act.
    fn question(&mut self, ask: Ask, at_ms: u64) -> Reply {
        if self.options.recorded {
            return self.nobody(at_ms);
        }
        self.ask = Some(ask);
        Reply::Redraw
    }

    /// Hands `action` on, unless nobody is there to act.
    pub(super) fn act(&mut self, action: Action, at_ms: u64) -> Reply {
        if self.options.recorded {
            return self.nobody(at_ms);
        }
        self.notify(&format!("{action} …"), false, at_ms);
        Reply::Act(action)
    }

    fn nobody(&mut self, at_ms: u64) -> Reply {
        self.notify("this is a recording: there is nothing to act on", true, at_ms);
        Reply::Redraw
    }

    fn answer(&mut self, key: KeyEvent, at_ms: u64) -> Reply {
        let Some(ask) = self.ask.take() else { return Reply::Nothing };
        let chosen = ask.choices.iter().find(|choice| key.code == KeyCode::Char(choice.key));
        match chosen.map(|choice| choice.answer.clone()) {
            Some(Answer::Act(action)) => self.act(action, at_ms),
            Some(Answer::Leave) => Reply::Leave,
            None if matches!(key.code, KeyCode::Esc | KeyCode::Char('n' | 'q')) => Reply::Redraw,
            None => {
                self.ask = Some(ask);
                Reply::Nothing
            }
        }
    }

    /// `Ctrl-C`: asks; pressed again, it stops the batch, or leaves where there is nothing to stop.
    fn interrupt(&mut self, state: &State, at_ms: u64) -> Reply {
        if self.locked {
            self.notify("locked: L unlocks it", true, at_ms);
            return Reply::Redraw;
        }
        self.typing = None;
        let again = self.ask.take().is_some_and(|ask| ask.title == Ask::leave(self, state).title);
        match again {
            true if self.options.attached => Reply::Leave,
            true if !state.run.stopping => self.act(Action::Stop, at_ms),
            _ => self.leave(state),
        }
    }

    /// Leaves at once where that stops nothing; asks otherwise.
    fn leave(&mut self, state: &State) -> Reply {
        if state.ended() || self.options.recorded || self.closed.is_some() {
            return Reply::Leave;
        }
        self.ask = Some(Ask::leave(self, state));
        Reply::Redraw
    }

    fn lock(&mut self, at_ms: u64) -> Reply {
        if self.locked {
            return self.type_for(Asked::Unlock);
        }
        self.locked = true;
        self.notify("locked: start, confirm and re-test only", false, at_ms);
        Reply::Redraw
    }

    fn turn_filter(&mut self) -> Reply {
        if self.screen == Screen::Log {
            self.level = match self.level {
                None | Some(Level::Info) => Some(Level::Warning),
                Some(Level::Warning) => Some(Level::Error),
                Some(Level::Error) => None,
            };
        } else {
            self.filter = self.filter.next();
        }
        self.scroll = 0;
        Reply::Redraw
    }

    fn turn_density(&mut self) -> Reply {
        self.density = match self.density {
            None => Some(Density::Full),
            Some(Density::Full) => Some(Density::Pair),
            Some(Density::Pair) => Some(Density::Line),
            Some(Density::Line) => Some(Density::Dot),
            Some(Density::Dot) => None,
        };
        Reply::Redraw
    }

    fn step(&mut self, state: &State, right: isize, down: isize) -> Reply {
        let from = self.place(state);
        match self.screen {
            Screen::Rack => {
                let next = self.rack(state).0.next(from, right, down);
                self.choose(state, next);
                Reply::Redraw
            }
            Screen::Operator => {
                let next = crate::draw::operator::grid(state, self).next(from, right, down);
                self.choose(state, next);
                Reply::Redraw
            }
            Screen::Table => self.neighbour(state, if down == 0 { right } else { down }),
            Screen::Detail | Screen::Faults | Screen::Log | Screen::Summary if down != 0 => {
                self.scroll_by(state, down);
                Reply::Redraw
            }
            Screen::Detail => self.neighbour(state, right),
            Screen::Faults | Screen::Log | Screen::Summary => Reply::Nothing,
        }
    }

    /// Scrolls the present screen. The conversation is read from its end: scrolling up leads away from it.
    pub(super) fn scroll_by(&mut self, state: &State, down: isize) {
        let by = if self.screen == Screen::Detail { down.saturating_neg() } else { down };
        self.scroll = self.scroll.saturating_add_signed(by).min(crate::draw::most_scroll(state, self));
    }

    /// The next slot in the order of the table, or of the rack.
    fn neighbour(&mut self, state: &State, by: isize) -> Reply {
        let rows =
            if self.screen == Screen::Table { self.rows(state) } else { (0..state.slots.len()).collect() };
        let here = rows.iter().position(|place| *place == self.place(state));
        let next = here.map_or(0, |here| here.saturating_add_signed(by).min(rows.len().saturating_sub(1)));
        if let Some(place) = rows.get(next) {
            self.choose(state, *place);
        }
        if self.screen == Screen::Detail {
            self.scroll = 0;
        }
        Reply::Redraw
    }

    fn page(&mut self, state: &State, by: isize, lines: usize) -> Reply {
        let by = by.saturating_mul(isize::try_from(lines).unwrap_or(isize::MAX));
        match self.screen {
            Screen::Rack | Screen::Table | Screen::Operator => self.neighbour(state, by),
            Screen::Detail | Screen::Faults | Screen::Log | Screen::Summary => {
                self.scroll_by(state, by);
                Reply::Redraw
            }
        }
    }
}

/// Whether something is being done in `slot`, or waits to be.
fn at_work(slot: &Slot) -> bool {
    Face::of(slot).at_work() || matches!(slot.state, SlotState::Waiting { .. })
}
