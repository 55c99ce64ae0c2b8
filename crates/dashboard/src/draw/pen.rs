//! A pen: text in roles on a buffer, never outside of it.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Block, BorderType, Clear, Widget};

use crate::text::{fit, width};
use crate::theme::{Role, Theme};

/// Draws on a buffer in the roles of a theme.
pub(crate) struct Pen<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
}

impl<'a> Pen<'a> {
    pub(crate) fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self { buffer, theme }
    }

    /// Puts `text` at a point, cut to `columns`; returns the columns that it took.
    pub(crate) fn text(&mut self, x: u16, y: u16, columns: usize, text: &str, role: Role) -> u16 {
        let style = self.theme.style(role);
        // A title stands on its border, which is dim.
        let dim = style.add_modifier.contains(Modifier::DIM);
        self.styled(x, y, columns, text, if dim { style } else { style.remove_modifier(Modifier::DIM) })
    }

    fn styled(&mut self, x: u16, y: u16, columns: usize, text: &str, style: Style) -> u16 {
        if !self.buffer.area.contains(Position { x, y }) {
            return 0;
        }
        let room = columns.min(usize::from(self.buffer.area.right() - x));
        let cut = fit(text, room);
        let (end, _) = self.buffer.set_stringn(x, y, &cut, room, style);
        end - x
    }

    /// Puts pieces one after the other, cut to `columns` as a whole.
    pub(crate) fn line(&mut self, x: u16, y: u16, columns: usize, pieces: &[(&str, Role)]) -> u16 {
        let mut taken = 0_u16;
        for (text, role) in pieces {
            let room = columns.saturating_sub(usize::from(taken));
            if room == 0 {
                break;
            }
            taken += self.text(x.saturating_add(taken), y, room, text, *role);
        }
        taken
    }

    /// Puts `text` so that it ends before column `end`.
    pub(crate) fn text_before(&mut self, end: u16, y: u16, columns: usize, text: &str, role: Role) {
        let cut = fit(text, columns);
        let taken = u16::try_from(width(&cut)).unwrap_or(u16::MAX);
        self.text(end.saturating_sub(taken), y, columns, &cut, role);
    }

    /// A border with a title.
    pub(crate) fn frame(&mut self, area: Rect, title: &str, role: Role) {
        let area = area.intersection(self.buffer.area);
        let block =
            Block::bordered().border_type(BorderType::Plain).border_style(self.theme.style(Role::Dim));
        block.render(area, self.buffer);
        if !title.is_empty() && area.width > 4 && area.height > 0 {
            let title = format!(" {} ", fit(title, usize::from(area.width) - 5));
            self.text(area.x + 1, area.y, usize::from(area.width) - 2, &title, role);
        }
    }

    /// Takes away what is on `area`.
    pub(crate) fn clear(&mut self, area: Rect) {
        Clear.render(area.intersection(self.buffer.area), self.buffer);
    }

    /// Turns the colours of `area` round.
    pub(crate) fn reverse(&mut self, area: Rect) {
        let style = Style::new().add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM);
        self.buffer.set_style(area.intersection(self.buffer.area), style);
    }

    /// Fills `area` with the colour of `role`.
    pub(crate) fn fill(&mut self, area: Rect, role: Role) {
        let style = self.theme.style(role).add_modifier(Modifier::REVERSED);
        self.buffer.set_style(area.intersection(self.buffer.area), style);
    }
}
