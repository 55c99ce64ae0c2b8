//! The event log, the last line first.

use events::Level;
use ratatui::layout::Rect;

use super::pen::Pen;
use crate::area::Areas;
use crate::state::State;
use crate::text::pad;
use crate::theme::Role;
use crate::time::clock;
use crate::view::View;

/// Draws the log on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View) {
    let level = view.level.unwrap_or(Level::Info);
    let name = match level {
        Level::Info => "everything",
        Level::Warning => "warnings and errors",
        Level::Error => "errors",
    };
    pen.frame(area, &format!("log  {name}"), Role::Title);
    let inside = Areas::inside(area);
    let offset_s = view.options.utc_offset_s;
    let labels = if inside.width > 100 { 10 } else { 5 };
    for (line, y) in state.log.newest_first(level).skip(view.scroll).zip(inside.y..inside.bottom()) {
        let (mark, role) = match line.level {
            Level::Info => ("·", Role::Dim),
            Level::Warning => ("!", Role::Warning),
            Level::Error => ("✘", Role::Error),
        };
        let slot = format!(" {} ", pad(line.slot.as_deref().unwrap_or_default(), labels));
        let at = format!("{} ", clock(line.at.unix_ms, offset_s));
        let pieces = [
            (at.as_str(), Role::Dim),
            (mark, role),
            (slot.as_str(), Role::Strong),
            (line.text.as_str(), Role::Text),
        ];
        pen.line(inside.x, y, usize::from(inside.width), &pieces);
    }
}
