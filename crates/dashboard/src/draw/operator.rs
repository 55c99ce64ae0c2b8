//! The operator's view: PASS and FAIL in letters that are read from three metres.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::area::Areas;
use crate::rack::Layout;
use crate::state::State;
use crate::theme::Role;
use crate::view::View;

/// The cells of the view.
pub(crate) fn grid(state: &State, view: &View) -> Layout {
    let inside = Areas::of(view.size).body;
    Layout::of(state, inside, view.place(state), view.density)
}

/// Draws the view on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, _state: &State, _view: &View) {
    pen.frame(area, "operator", Role::Title);
}
