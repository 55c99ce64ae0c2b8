//! The chosen slot, beside or below the rack.

use ratatui::layout::Rect;

use super::describe::{advice, headline, title};
use super::pen::Pen;
use crate::area::Areas;
use crate::face::Face;
use crate::state::{Slot, State};
use crate::text::wrap;
use crate::theme::Role;
use crate::view::View;

/// Draws the chosen slot on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View) {
    let Some(slot) = view.slot(state) else {
        pen.frame(area, "", Role::Title);
        return;
    };
    pen.frame(area, &title(slot), Role::Title);
    let inside = Areas::inside(area);
    if inside.height <= 2 {
        short(pen, inside, slot, state);
    } else {
        super::detail::column(pen, inside, slot, state, 0);
    }
}

fn short(pen: &mut Pen<'_>, area: Rect, slot: &Slot, state: &State) {
    let columns = usize::from(area.width);
    let face = Face::of(slot);
    let lines = wrap(&headline(slot, state), columns, 1);
    let taken = pen.text(area.x, area.y, columns, face.symbol(), face.role());
    let room = columns.saturating_sub(usize::from(taken) + 1);
    pen.text(area.x + taken + 1, area.y, room, lines.first().map_or("", String::as_str), Role::Text);
    pen.text(area.x, area.y + 1, columns, &advice(slot), Role::Text);
}
