//! Drawing: what is on the screen is what state and view say, and nothing else.

mod bar;
mod cell;
mod describe;
pub(crate) mod detail;
mod dialog;
mod faults;
mod footer;
mod header;
mod help;
mod letters;
mod log;
pub(crate) mod operator;
mod panel;
mod pen;
mod rack;
mod summary;
pub(crate) mod table;

use ratatui::Frame;

use crate::area::{Areas, LEAST, is_large_enough};
use crate::state::State;
use crate::theme::{Role, Theme};
use crate::view::{Screen, View};
use pen::Pen;

/// Draws `state` as `view` shows it. A screen smaller than 80 by 24 says what it needs.
pub fn draw(frame: &mut Frame<'_>, state: &State, view: &View, theme: &Theme) {
    let whole = frame.area();
    let mut pen = Pen::new(frame.buffer_mut(), theme);
    if is_large_enough(whole) {
        let areas = Areas::of(whole);
        header::draw(&mut pen, areas.header, state, view);
        body(&mut pen, areas, state, view);
        footer::draw(&mut pen, areas.footer, view);
        dialog::draw(&mut pen, whole, view);
    } else {
        let text = format!("the dashboard needs {} by {} characters", LEAST.0, LEAST.1);
        let (x, y) = (whole.x, whole.y + whole.height / 2);
        pen.text(x, y, usize::from(whole.width), &text, Role::Strong);
        let found = format!("here are {} by {}", whole.width, whole.height);
        pen.text(x, y + 1, usize::from(whole.width), &found, Role::Dim);
    }
    theme.finish(frame.buffer_mut());
}

fn body(pen: &mut Pen<'_>, areas: Areas, state: &State, view: &View) {
    match view.screen {
        Screen::Rack => {
            let (rack, panel) = areas.rack();
            rack::draw(pen, rack, state, view);
            panel::draw(pen, panel, state, view);
        }
        Screen::Table => table::draw(pen, areas.body, state, view),
        Screen::Detail => detail::draw(pen, areas.body, state, view),
        Screen::Faults => faults::draw(pen, areas.body, state, view),
        Screen::Log => log::draw(pen, areas.body, state, view),
        Screen::Summary => summary::draw(pen, areas.body, state, view),
        Screen::Operator => operator::draw(pen, areas.body, state, view),
    }
}

/// How far the present screen can be scrolled.
pub(crate) fn most_scroll(state: &State, view: &View) -> usize {
    let lines = usize::from(Areas::of(view.size).body.height).saturating_sub(2);
    match view.screen {
        Screen::Detail => view.slot(state).map_or(0, |slot| slot.lines.len()),
        Screen::Faults => state.tally.faults.len().saturating_sub(1),
        Screen::Log => {
            let level = view.level.unwrap_or(events::Level::Info);
            state.log.newest_first(level).count().saturating_sub(lines)
        }
        Screen::Rack | Screen::Table | Screen::Summary | Screen::Operator => 0,
    }
}
