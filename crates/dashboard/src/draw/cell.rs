//! One cell of the rack.

use ratatui::layout::Rect;

use super::bar::bar;
use super::describe::{prompt, share, value, word};
use super::pen::Pen;
use crate::face::Face;
use crate::rack::{Density, Layout};
use crate::state::{Slot, State};
use crate::text::{ends, fit, pad};
use crate::theme::Role;

/// Draws `slot` on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, slot: &Slot, state: &State, layout: &Layout, chosen: bool) {
    let face = Face::of(slot);
    let label = pad(&slot.name, layout.label_columns);
    let head = [(label.as_str(), label_role(face)), (" ", Role::Text), (face.symbol(), face.role())];
    let columns = usize::from(area.width);
    match layout.density {
        Density::Full | Density::Pair => full(pen, area, slot, state, &head),
        Density::Line => {
            let taken = pen.line(area.x, area.y, columns, &head);
            let room = columns.saturating_sub(usize::from(taken) + 1);
            pen.text(area.x + taken + 1, area.y, room, &in_a_line(slot, state, room), body_role(face));
        }
        Density::Dot => {
            pen.line(area.x, area.y, columns, &head);
        }
    }
    if chosen {
        pen.reverse(Rect { height: 1, ..area });
    }
}

fn label_role(face: Face) -> Role {
    if matches!(face, Face::Empty | Face::Unlabelled) { Role::Dim } else { Role::Strong }
}

const fn body_role(face: Face) -> Role {
    match face {
        Face::Done(verdict) => Role::of(verdict),
        Face::Held => Role::Held,
        Face::Quarantined => Role::Quarantined,
        Face::Empty | Face::Unlabelled | Face::Waiting => Role::Dim,
        Face::Past | Face::Away | Face::Busy => Role::Text,
    }
}

/// Word and value in `room` columns; where both have no place, the word alone, or what is left of it beside the share.
fn in_a_line(slot: &Slot, state: &State, room: usize) -> String {
    let (word, value) = (word(slot), value(slot, state));
    if room >= 15 {
        return ends(word, &value, room);
    }
    if matches!(share(slot, state), Some((_, true))) && Face::of(slot).at_work() {
        let short: String = word.chars().take(room.saturating_sub(5).min(5)).collect();
        return ends(&short, &value.replace(' ', ""), room);
    }
    fit(word, room)
}

fn full(pen: &mut Pen<'_>, area: Rect, slot: &Slot, state: &State, head: &[(&str, Role)]) {
    let face = Face::of(slot);
    let columns = usize::from(area.width);
    let taken = pen.line(area.x, area.y, columns, head);
    let model = slot.module().map(|module| module.model.as_str()).unwrap_or_default();
    let shown = if face == Face::Empty { "empty" } else { model };
    let role = if face == Face::Empty { Role::Dim } else { Role::Text };
    pen.text(area.x + taken + 1, area.y, columns.saturating_sub(usize::from(taken) + 1), shown, role);
    let code = slot.unit.fault().filter(|_| area.height == 2 && matches!(face, Face::Done(_)));
    if let Some(fault) = code {
        pen.text(area.x, area.y + 1, columns, &fault.code.to_string(), body_role(face));
        return;
    }
    second(pen, area, slot, state, face);
    if area.height > 2 {
        third(pen, area, slot, state, face);
    }
}

fn second(pen: &mut Pen<'_>, area: Rect, slot: &Slot, state: &State, face: Face) {
    let (columns, y) = (usize::from(area.width), area.y + 1);
    if face == Face::Empty {
        pen.text(area.x, y, columns, "—", Role::Dim);
        return;
    }
    let mut value = value(slot, state);
    if columns < 15 {
        value = value.replace(" %", "%");
    }
    let room = columns.saturating_sub(value.chars().count() + 1);
    pen.text(area.x, y, room, word(slot), body_role(face));
    if slot.unit.past_no_return && face.at_work() {
        let beside = u16::try_from(word(slot).len() + 1).unwrap_or(0);
        pen.text(area.x + beside, y, room.saturating_sub(usize::from(beside)), "◆", Role::Past);
    }
    pen.text_before(area.right(), y, columns, &value, Role::Text);
}

fn third(pen: &mut Pen<'_>, area: Rect, slot: &Slot, state: &State, face: Face) {
    let (columns, y) = (usize::from(area.width), area.y + 2);
    if face.at_work() {
        let (permille, known) = share(slot, state).unwrap_or((0, false));
        let text = bar(columns, permille, known);
        pen.text(area.x, y, columns, &text, if known { face.role() } else { Role::Dim });
        return;
    }
    match (slot.unit.fault(), slot.reason()) {
        (_, Some(reason)) => pen.text(area.x, y, columns, reason, Role::Dim),
        (Some(fault), None) => pen.text(area.x, y, columns, &fault.code.to_string(), Role::Text),
        (None, None) => pen.text(area.x, y, columns, prompt(slot), Role::Dim),
    };
}
