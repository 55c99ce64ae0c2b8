//! Lines that are typed: a search, an IMEI, a batch's file, the word that unlocks.

use crossterm::event::{KeyCode, KeyEvent};
use events::{Action, Imei};

use super::{Reply, Screen, View};
use crate::state::State;

/// The longest line.
const CHARS: usize = 256;

/// A line that is being typed.
#[derive(Clone, Debug)]
pub(crate) struct Typing {
    pub(crate) asked: Asked,
    pub(crate) text: String,
}

/// What it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A search of the table.
    Search,
    /// The IMEI on the label of the module in this slot.
    Imei(String),
    /// The file of the next batch.
    Batch,
    /// The word that unlocks.
    Unlock,
}

impl Asked {
    /// What is asked, as it is shown before the line.
    pub(crate) fn prompt(&self) -> String {
        match self {
            Self::Search => "find slot, IMEI, revision or state".to_owned(),
            Self::Imei(slot) => format!("IMEI on the label of the module in {}", crate::text::clean(slot)),
            Self::Batch => "file of the next batch".to_owned(),
            Self::Unlock => "PIN (or the word unlock) to unlock".to_owned(),
        }
    }

    /// Whether what is typed stays hidden.
    pub(crate) fn secret(&self) -> bool {
        *self == Self::Unlock
    }
}

impl View {
    pub(super) fn type_for(&mut self, asked: Asked) -> Reply {
        let text = if asked == Asked::Search { self.words.clone() } else { String::new() };
        self.typing = Some(Typing { asked, text });
        Reply::Redraw
    }

    /// A key while a line is typed.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "crossterm's keys: those that do nothing here are many"
    )]
    pub(super) fn type_key(&mut self, key: KeyEvent, state: &State, at_ms: u64) -> Reply {
        let Some(typing) = &mut self.typing else { return Reply::Nothing };
        match key.code {
            KeyCode::Char(character) if typing.text.chars().count() < CHARS => typing.text.push(character),
            KeyCode::Backspace => {
                typing.text.pop();
            }
            KeyCode::Esc => {
                if typing.asked == Asked::Search {
                    self.words.clear();
                }
                self.typing = None;
                return Reply::Redraw;
            }
            KeyCode::Enter => return self.typed(state, at_ms),
            _ => return Reply::Nothing,
        }
        if typing.asked == Asked::Search {
            self.words.clone_from(&typing.text);
            self.choose_found(state);
        }
        Reply::Redraw
    }

    /// Text was pasted.
    pub(super) fn paste(&mut self, text: &str, state: &State, at_ms: u64) -> Reply {
        let line: String = crate::text::clean(text.trim()).chars().take(CHARS).collect();
        match &mut self.typing {
            Some(typing) => {
                typing.text.push_str(&line);
                if typing.asked == Asked::Search {
                    self.words.clone_from(&typing.text);
                    self.choose_found(state);
                }
                Reply::Redraw
            }
            None if line.len() == 15 && line.bytes().all(|b| b.is_ascii_digit()) => {
                self.scanned(&line, state, at_ms)
            }
            None => Reply::Nothing,
        }
    }

    fn typed(&mut self, state: &State, at_ms: u64) -> Reply {
        let Some(Typing { asked, text }) = self.typing.take() else { return Reply::Nothing };
        let text = text.trim().to_owned();
        match asked {
            Asked::Search => self.choose_found(state),
            Asked::Imei(slot) => return self.expect(slot, &text, at_ms),
            Asked::Batch if text.is_empty() => {}
            Asked::Batch => return self.act(Action::Start { batch: text }, at_ms),
            Asked::Unlock if text == self.options.pin.as_deref().unwrap_or("unlock") => {
                self.locked = false;
                self.notify("unlocked", false, at_ms);
            }
            Asked::Unlock => self.notify("that does not unlock it", true, at_ms),
        }
        Reply::Redraw
    }

    /// A reader scanned `digits`: it is the label of the module in the chosen slot.
    pub(super) fn scanned(&mut self, digits: &str, state: &State, at_ms: u64) -> Reply {
        let Some(slot) = self.slot(state) else { return Reply::Nothing };
        let label = slot.label.clone();
        self.chosen = Some(label.clone());
        self.expect(label, digits, at_ms)
    }

    fn expect(&mut self, slot: String, digits: &str, at_ms: u64) -> Reply {
        let Some(imei) = Imei::parse(digits) else {
            let text = format!("{} digits scanned or typed: not an IMEI", digits.chars().count());
            self.notify(&text, true, at_ms);
            return Reply::Redraw;
        };
        self.act(Action::Expect { slot, imei }, at_ms)
    }

    /// Chooses the first slot that is found, unless the chosen one is among them.
    fn choose_found(&mut self, state: &State) {
        self.scroll = 0;
        if self.screen != Screen::Table {
            self.before = Screen::Rack;
            self.screen = Screen::Table;
        }
        let rows = self.rows(state);
        if !rows.contains(&self.place(state))
            && let Some(first) = rows.first()
        {
            self.choose(state, *first);
        }
    }
}
