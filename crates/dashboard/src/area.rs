//! Where things are on the screen; drawing and mouse ask the same.

use ratatui::layout::{Constraint, Layout, Rect};

/// The smallest screen on which everything has its place.
pub(crate) const LEAST: (u16, u16) = (80, 24);

/// From this width on the chosen slot is shown beside the rack, not below it.
const WIDE: u16 = 120;

/// The parts of the screen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Areas {
    pub(crate) header: Rect,
    pub(crate) body: Rect,
    pub(crate) footer: Rect,
}

impl Areas {
    /// The parts of `whole`.
    pub(crate) fn of(whole: Rect) -> Self {
        let parts = Layout::vertical([Constraint::Length(3), Constraint::Min(0), Constraint::Length(1)]);
        let [header, body, footer] = parts.areas(whole);
        Self { header, body, footer }
    }

    /// The rack and the chosen slot, on the rack view.
    pub(crate) fn rack(self) -> (Rect, Rect) {
        let body = self.body;
        let [rack, panel] = if body.width >= WIDE {
            let beside = (body.width * 2 / 5).clamp(46, 84);
            Layout::horizontal([Constraint::Min(0), Constraint::Length(beside)]).areas(body)
        } else {
            let below = match body.height {
                0..24 => 4,
                24..34 => 8,
                _ => 12,
            };
            Layout::vertical([Constraint::Min(0), Constraint::Length(below)]).areas(body)
        };
        (rack, panel)
    }

    /// What is inside the border of `framed`.
    pub(crate) fn inside(framed: Rect) -> Rect {
        framed.inner(ratatui::layout::Margin { horizontal: 2, vertical: 1 })
    }
}

/// Whether everything has its place on `whole`.
pub(crate) const fn is_large_enough(whole: Rect) -> bool {
    whole.width >= LEAST.0 && whole.height >= LEAST.1
}
