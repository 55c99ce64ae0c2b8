//! The rack as it stands.

use ratatui::layout::Rect;

use super::{cell, pen::Pen};
use crate::area::Areas;
use crate::rack::Layout;
use crate::state::State;
use crate::theme::Role;
use crate::view::View;

/// Draws the rack on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View) {
    let inside = Areas::inside(area);
    let chosen = view.place(state);
    let layout = Layout::of(state, inside, chosen, view.density);
    let first_title = layout.titles.first().filter(|(line, _)| *line == 0 && layout.titles.len() == 1);
    pen.frame(area, first_title.map_or("rack", |(_, title)| title), Role::Title);
    if state.slots.is_empty() {
        pen.text(
            inside.x + 1,
            inside.y + 1,
            usize::from(inside.width),
            "waiting for the controller …",
            Role::Dim,
        );
        return;
    }
    for (line, title) in &layout.titles {
        let shown = line.checked_sub(layout.scrolled).and_then(|line| u16::try_from(line).ok());
        if let Some(line) = shown.filter(|line| *line < inside.height) {
            pen.text(inside.x, inside.y + line, usize::from(inside.width), title, Role::Dim);
        }
    }
    for placed in &layout.cells {
        if let (Some(place), Some(slot)) = (layout.place(placed, inside), state.slots.get(placed.slot)) {
            cell::draw(pen, place, slot, state, &layout, placed.slot == chosen);
        }
    }
    more(pen, area, &layout, usize::from(inside.height));
}

/// Says how much is scrolled away.
fn more(pen: &mut Pen<'_>, area: Rect, layout: &Layout, lines: usize) {
    let below = layout.lines.saturating_sub(layout.scrolled + lines);
    if layout.scrolled == 0 && below == 0 {
        return;
    }
    let text = format!(" ↑ {} ↓ {below} lines more ", layout.scrolled);
    pen.text_before(area.right().saturating_sub(2), area.bottom() - 1, 30, &text, Role::Dim);
}
