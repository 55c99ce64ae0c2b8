//! The slots as a table.

use std::fmt::Write as _;

use ratatui::layout::Rect;

use super::bar::bar;
use super::describe::{going_on, share, value, word};
use super::pen::Pen;
use crate::area::Areas;
use crate::face::Face;
use crate::find::Sort;
use crate::state::{Slot, State};
use crate::text::{ends, pad, width};
use crate::theme::Role;
use crate::view::View;

/// The columns of the table; the last one takes what is left.
struct Columns {
    label: usize,
    state: usize,
    bar: usize,
    model: usize,
    imei: usize,
    revision: usize,
}

impl Columns {
    fn of(state: &State, columns: usize) -> Self {
        let label = state.slots.iter().map(|slot| width(&slot.name)).max().unwrap_or(4).clamp(4, 16);
        let wide = columns >= 110;
        Self {
            label,
            state: 17,
            bar: if wide { 14 } else { 0 },
            model: 9,
            imei: if columns >= 100 { 15 } else { 9 },
            revision: if columns >= 150 { 24 } else { 17 },
        }
    }
}

/// Draws the table on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View) {
    let rows = view.rows(state);
    pen.frame(area, &title(view, rows.len(), state.slots.len()), Role::Title);
    let inside = Areas::inside(area);
    let columns = Columns::of(state, usize::from(inside.width));
    head(pen, inside, &columns, view.sort);
    let first = first_row(view, state, &rows, inside);
    if rows.is_empty() {
        pen.text(inside.x + 1, inside.y + 2, usize::from(inside.width), "no slot is found", Role::Dim);
    }
    for (row, y) in rows.iter().skip(first).zip(inside.y + 1..inside.bottom()) {
        let Some(slot) = state.slots.get(*row) else { continue };
        line(pen, Rect { y, height: 1, ..inside }, &columns, slot, state);
        if *row == view.place(state) {
            pen.reverse(Rect { y, height: 1, ..inside });
        }
    }
}

fn title(view: &View, found: usize, whole: usize) -> String {
    let mut title = format!("slots  {found} of {whole}  by {}", view.sort.name());
    if view.reversed {
        title.push_str(" reversed");
    }
    let _ = write!(title, "  filter {}", view.filter.name());
    if !view.words.is_empty() {
        let _ = write!(title, "  find \"{}\"", crate::text::clean(&view.words));
    }
    title
}

fn head(pen: &mut Pen<'_>, inside: Rect, columns: &Columns, sort: Sort) {
    let cells = [
        ("slot", columns.label + 2, Sort::Slot),
        ("state", columns.state, Sort::State),
        ("", columns.bar, Sort::Time),
        ("model", columns.model, Sort::Model),
        ("IMEI", columns.imei, Sort::Slot),
        ("revision", columns.revision, Sort::Slot),
        ("what", 40, Sort::Fault),
    ];
    let mut x = inside.x;
    for (name, wide, by) in cells.into_iter().filter(|(_, wide, _)| *wide > 0) {
        let mark = if by == sort && !matches!(name, "IMEI" | "revision") { "↓" } else { "" };
        let left = usize::from(inside.right().saturating_sub(x));
        pen.text(x, inside.y, left.min(wide), &format!("{name}{mark}"), Role::Dim);
        x = x.saturating_add(u16::try_from(wide + 1).unwrap_or(u16::MAX));
    }
}

fn line(pen: &mut Pen<'_>, area: Rect, columns: &Columns, slot: &Slot, state: &State) {
    let face = Face::of(slot);
    let module = slot.module();
    let text = |of: Option<&str>, columns| format!("{} ", pad(of.unwrap_or_default(), columns));
    let label = text(Some(&slot.name), columns.label);
    let how = format!(" {} ", ends(word(slot), &value(slot, state), columns.state));
    let progress = match share(slot, state).filter(|_| columns.bar > 0 && face.at_work()) {
        Some((permille, known)) => bar(columns.bar, permille, known) + " ",
        None if columns.bar > 0 => text(None, columns.bar),
        None => String::new(),
    };
    let revision = slot.unit.outcome.as_ref().and_then(|outcome| outcome.revision.as_deref());
    let imei =
        module.map(|module| if columns.imei < 15 { module.imei.short() } else { module.imei.to_string() });
    let rest = [
        text(module.map(|module| module.model.as_str()), columns.model),
        text(imei.as_deref(), columns.imei),
        text(revision.or(module.map(|module| module.revision.as_str())), columns.revision),
    ];
    let what = match slot.unit.fault() {
        _ if face.at_work() => going_on(slot, state),
        Some(fault) => format!("{} {}", fault.code, fault.message),
        None => slot.reason().unwrap_or_default().to_owned(),
    };
    let strong = if face == Face::Empty { Role::Dim } else { Role::Strong };
    pen.line(
        area.x,
        area.y,
        usize::from(area.width),
        &[
            (&label, strong),
            (face.symbol(), face.role()),
            (&how, if face.at_work() { Role::Text } else { face.role() }),
            (&progress, face.role()),
            (&rest[0], Role::Text),
            (&rest[1], Role::Text),
            (&rest[2], Role::Text),
            (&what, Role::Text),
        ],
    );
}

/// The first row that is shown: the chosen one is always seen.
fn first_row(view: &View, state: &State, rows: &[usize], inside: Rect) -> usize {
    let lines = usize::from(inside.height).saturating_sub(1);
    let chosen = rows.iter().position(|row| *row == view.place(state)).unwrap_or(0);
    chosen.saturating_sub(lines / 2).min(rows.len().saturating_sub(lines))
}

/// The slot on line `y` of the screen.
pub(crate) fn row_at(state: &State, view: &View, y: u16) -> Option<usize> {
    let inside = Areas::inside(Areas::of(view.size).body);
    let line = usize::from(y.checked_sub(inside.y + 1)?);
    if line + 1 >= usize::from(inside.height) {
        return None;
    }
    let rows = view.rows(state);
    rows.get(first_row(view, state, &rows, inside) + line).copied()
}
