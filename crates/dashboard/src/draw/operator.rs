//! The operator's view: PASS and FAIL in letters that are read from three metres.

use events::Verdict;
use ratatui::layout::{Margin, Rect};

use super::bar::bar;
use super::describe::{prompt, share, value, word};
use super::letters::{Scale, put};
use super::pen::Pen;
use crate::area::Areas;
use crate::face::Face;
use crate::rack::Layout;
use crate::state::{Slot, State};
use crate::text::{ends, fit};
use crate::theme::Role;
use crate::view::View;

/// A block with so many lines has a border.
const BORDERED: u16 = 8;

/// The blocks of the view.
pub(crate) fn grid(state: &State, view: &View) -> Layout {
    let area = Areas::of(view.size).body;
    Layout::blocks(state.slots.len(), area, view.place(state))
}

/// Draws the view on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View) {
    let chosen = view.place(state);
    let layout = Layout::blocks(state.slots.len(), area, chosen);
    for placed in &layout.cells {
        if let (Some(place), Some(slot)) = (layout.place(placed, area), state.slots.get(placed.slot)) {
            block(pen, place, slot, state, placed.slot == chosen);
        }
    }
}

/// The one word that is read from afar.
const fn call(face: Face) -> &'static str {
    match face {
        Face::Done(Verdict::Passed | Verdict::Already) => "PASS",
        Face::Done(Verdict::Failed | Verdict::Refused) => "FAIL",
        Face::Done(Verdict::Aborted) => "STOP",
        Face::Done(Verdict::Unknown) | Face::Held => "HOLD",
        Face::Past | Face::Away | Face::Busy | Face::Waiting => "WAIT",
        Face::Quarantined | Face::Unlabelled => "OFF",
        Face::Empty => "",
    }
}

fn block(pen: &mut Pen<'_>, area: Rect, slot: &Slot, state: &State, chosen: bool) {
    // The last line stays free between two rows, where there are lines enough.
    let area = if area.height > 3 { Rect { height: area.height - 1, ..area } } else { area };
    let face = Face::of(slot);
    let filled = matches!(face, Face::Done(_) | Face::Held | Face::Quarantined);
    if area.height >= BORDERED {
        pen.frame(area, if chosen { "▶" } else { "" }, Role::Key);
    }
    let margin = Margin { horizontal: 1, vertical: 1 };
    let inside = if area.height >= BORDERED { area.inner(margin) } else { area };
    let columns = usize::from(inside.width);
    let name = if chosen { format!("[{}]", slot.name) } else { slot.name.clone() };
    let head = ends(&format!("{name} {}", face.symbol()), &value(slot, state), columns);
    pen.text(inside.x, inside.y, columns, &head, if filled { face.role() } else { Role::Strong });
    // What waits stays in the background.
    let role = if filled { face.role() } else { Role::Dim };
    let scale = Scale::largest(columns, usize::from(inside.height).saturating_sub(2), call(face));
    let small = small_word(slot, face);
    let middle = Rect { y: inside.y + 1, height: inside.height.saturating_sub(2), ..inside };
    if let Some(scale) = scale {
        put(pen, middle, call(face), scale, role);
    } else {
        let columns_before = columns.saturating_sub(small.chars().count()) / 2;
        let x = inside.x + u16::try_from(columns_before).unwrap_or(0);
        pen.text(x, inside.y + inside.height.saturating_sub(1) / 2, columns, &small, role);
    }
    if inside.height > 2 {
        foot(pen, Rect { y: inside.bottom() - 1, height: 1, ..inside }, slot, state, face);
    }
    if filled {
        pen.fill(inside, face.role());
    }
}

/// The call in the terminal's own letters.
fn small_word(slot: &Slot, face: Face) -> String {
    if face == Face::Empty { prompt(slot).to_uppercase() } else { call(face).to_owned() }
}

/// What to do; of a slot at work how far it is.
fn foot(pen: &mut Pen<'_>, area: Rect, slot: &Slot, state: &State, face: Face) {
    let columns = usize::from(area.width);
    if face.at_work() {
        let text = if slot.unit.past_no_return { "do not touch" } else { word(slot) };
        let beside = columns.saturating_sub(text.len() + 1);
        let (permille, known) = share(slot, state).unwrap_or((0, false));
        let taken = pen.text(area.x, area.y, columns, text, Role::Strong) + 1;
        pen.text(area.x + taken, area.y, beside, &bar(beside, permille, known), face.role());
        return;
    }
    let text = match face {
        Face::Empty => String::new(),
        Face::Waiting => fit(slot.reason().unwrap_or_default(), columns),
        Face::Past
        | Face::Away
        | Face::Busy
        | Face::Held
        | Face::Done(_)
        | Face::Quarantined
        | Face::Unlabelled => prompt(slot).to_uppercase(),
    };
    let before = columns.saturating_sub(text.chars().count()) / 2;
    pen.text(area.x + u16::try_from(before).unwrap_or(0), area.y, columns, &text, face.role());
}
