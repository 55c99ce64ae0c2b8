//! The faults as a Pareto, with what to do about each.

use events::FaultCode;
use ratatui::layout::Rect;

use super::bar::bar;
use super::pen::Pen;
use crate::area::Areas;
use crate::state::{FaultTally, State};
use crate::text::{clean, pad};
use crate::theme::Role;
use crate::time::{percent, permille};
use crate::view::View;

/// Lines of one fault: what it is, what it means, what to do, and an empty one.
const LINES: u16 = 4;

/// Draws the Pareto on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View) {
    let pareto = state.tally.pareto();
    let whole: u64 = pareto.iter().map(|(_, tally)| tally.units).sum();
    let title = format!("faults  {whole} units  {} kinds", pareto.len());
    pen.frame(area, &title, Role::Title);
    let inside = Areas::inside(area);
    if pareto.is_empty() {
        pen.text(inside.x, inside.y + 1, usize::from(inside.width), "no fault so far", Role::Dim);
        return;
    }
    pen.text(inside.x, inside.y, usize::from(inside.width), &head(), Role::Dim);
    let mut y = inside.y + 1;
    let mut before: u64 = pareto.iter().take(view.scroll).map(|(_, tally)| tally.units).sum();
    for (code, tally) in pareto.iter().skip(view.scroll) {
        if y + 1 >= inside.bottom() {
            break;
        }
        before += tally.units;
        let place = Rect { y, height: (inside.bottom() - y).min(LINES), ..inside };
        one(pen, place, *code, tally, (before, whole), state);
        y += LINES;
    }
}

fn head() -> String {
    format!("{}{:>5} {:>8}", pad("fault", 24), "units", "attempts")
}

fn one(
    pen: &mut Pen<'_>,
    area: Rect,
    code: FaultCode,
    tally: &FaultTally,
    (so_far, whole): (u64, u64),
    state: &State,
) {
    let columns = usize::from(area.width);
    let wide = columns.saturating_sub(54).clamp(8, 60);
    let share = permille(tally.units, whole).unwrap_or(0);
    let to_here =
        if columns >= 100 { format!("   to here {:>7}", percent(so_far, whole)) } else { String::new() };
    pen.line(
        area.x,
        area.y,
        columns,
        &[
            (&pad(&code.to_string(), 24), Role::Strong),
            (&format!("{:>5} {:>8}   ", tally.units, tally.attempts), Role::Text),
            (&bar(wide, share, true), if tally.units == 0 { Role::Dim } else { Role::Failed }),
            (&format!(" {:>7}", percent(tally.units, whole)), Role::Text),
            (&to_here, Role::Dim),
        ],
    );
    let lines = [
        format!("{}: {}", code.class(), code.what.meaning()),
        format!("what to do: {}", code.what.action()),
        format!("{}   last: {}", places(tally, state), tally.message),
    ];
    let roles = [Role::Text, Role::Text, Role::Dim];
    for ((line, role), y) in lines.iter().zip(roles).zip(area.y + 1..area.bottom()) {
        pen.text(area.x + 2, y, columns.saturating_sub(2), line, role);
    }
}

/// The slots in which it occurred, those with the most first.
fn places(tally: &FaultTally, state: &State) -> String {
    let mut slots: Vec<(&String, u64)> = tally.slots.iter().map(|(slot, count)| (slot, *count)).collect();
    slots.sort_by_key(|(slot, count)| (std::cmp::Reverse(*count), state.place_of(slot)));
    let shown: Vec<String> = slots
        .iter()
        .take(6)
        .map(|(slot, count)| if *count > 1 { format!("{} ×{count}", clean(slot)) } else { clean(slot) })
        .collect();
    let more = if slots.len() > 6 { format!(" and {} more", slots.len() - 6) } else { String::new() };
    format!("in {}{more}", shown.join(" "))
}
