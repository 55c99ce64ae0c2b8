//! Questions and help, over everything else.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::text::wrap;
use crate::theme::Role;
use crate::view::{Ask, View};

/// Draws what is asked over `whole`.
pub(crate) fn draw(pen: &mut Pen<'_>, whole: Rect, view: &View) {
    if view.help {
        super::help::draw(pen, whole);
    }
    if let Some(ask) = &view.ask {
        question(pen, whole, ask);
    }
}

fn question(pen: &mut Pen<'_>, whole: Rect, ask: &Ask) {
    let columns = 64_u16.min(whole.width - 4);
    let room = usize::from(columns) - 4;
    let lines: Vec<String> = ask.lines.iter().flat_map(|line| wrap(line, room, 4)).collect();
    let wanted = lines.len() + ask.choices.len() + 4;
    let area = centred(whole, columns, u16::try_from(wanted).unwrap_or(u16::MAX));
    pen.clear(area);
    pen.frame(area, &ask.title, Role::Title);
    let (x, mut y) = (area.x + 2, area.y + 1);
    for line in &lines {
        pen.text(x, y, room, line, Role::Text);
        y += 1;
    }
    y += 1;
    for choice in &ask.choices {
        pen.line(
            x,
            y,
            room,
            &[(&choice.key.to_string(), Role::Key), ("  ", Role::Text), (&choice.text, Role::Text)],
        );
        y += 1;
    }
    pen.line(x, y, room, &[("Esc", Role::Key), ("  cancel", Role::Dim)]);
}

/// A box of `columns` by `lines` in the middle of `whole`.
pub(crate) fn centred(whole: Rect, columns: u16, lines: u16) -> Rect {
    let (width, height) = (columns.min(whole.width), lines.min(whole.height));
    Rect::new(whole.x + (whole.width - width) / 2, whole.y + (whole.height - height) / 2, width, height)
}
