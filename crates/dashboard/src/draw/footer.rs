//! The last line: keys, a notice, or what is typed.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::text::{fit, width};
use crate::theme::Role;
use crate::view::{Screen, View};

/// Keys with what they do.
type Keys = &'static [(&'static str, &'static str)];

const RACK: Keys = &[
    ("↑↓←→", "slot"),
    ("⏎", "detail"),
    ("t", "table"),
    ("f", "faults"),
    ("l", "log"),
    ("b", "batch"),
    ("/", "find"),
    ("r", "re-test"),
    ("p", "pause"),
    ("?", "help"),
    ("o", "operator"),
    ("a", "abort"),
    ("Q", "quarantine"),
    ("s", "stop"),
    ("i", "IMEI"),
    ("q", "leave"),
];
const TABLE: Keys = &[
    ("↑↓", "slot"),
    ("⏎", "detail"),
    ("/", "find"),
    ("v", "filter"),
    ("c", "sort"),
    ("C", "reverse"),
    ("r", "re-test"),
    ("Esc", "rack"),
    ("?", "help"),
    ("a", "abort"),
    ("Q", "quarantine"),
];
const DETAIL: Keys = &[
    ("↑↓", "conversation"),
    ("←→", "slot"),
    ("r", "re-test"),
    ("a", "abort"),
    ("Q", "quarantine"),
    ("i", "IMEI"),
    ("Esc", "back"),
    ("?", "help"),
];
const FAULTS: Keys = &[("↑↓", "scroll"), ("t", "table"), ("l", "log"), ("Esc", "rack"), ("?", "help")];
const LOG: Keys = &[("↑↓", "scroll"), ("v", "level"), ("Esc", "rack"), ("?", "help")];
const SUMMARY: Keys = &[("f", "faults"), ("l", "log"), ("t", "table"), ("Esc", "rack"), ("?", "help")];
const OPERATOR: Keys =
    &[("↑↓←→", "slot"), ("r", "re-test"), ("i", "IMEI"), ("L", "lock"), ("Esc", "rack"), ("?", "help")];
const LOCKED: Keys = &[
    ("↑↓←→", "slot"),
    ("r", "re-test"),
    ("i", "IMEI"),
    ("n", "next batch"),
    ("L", "unlock"),
    ("o", "operator"),
    ("?", "help"),
];

/// Draws the last line on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, view: &View) {
    let (x, y, columns) = (area.x + 1, area.y, usize::from(area.width).saturating_sub(2));
    if let Some(typing) = &view.typing {
        let prompt = format!("{}: ", typing.asked.prompt());
        let shown = if typing.asked.secret() {
            "•".repeat(typing.text.chars().count())
        } else {
            typing.text.clone()
        };
        let room = columns.saturating_sub(width(&prompt) + 1);
        let skipped = shown.chars().count().saturating_sub(room);
        let tail: String = shown.chars().skip(skipped).collect();
        pen.line(x, y, columns, &[(&prompt, Role::Strong), (&tail, Role::Text), ("▁", Role::Key)]);
        return;
    }
    if let Some(notice) = &view.notice {
        let role = if notice.bad { Role::Error } else { Role::Strong };
        pen.text(x, y, columns, &notice.text, role);
        return;
    }
    keys(pen, x, y, columns, keys_of(view));
}

fn keys_of(view: &View) -> Keys {
    if view.locked {
        return LOCKED;
    }
    match view.screen {
        Screen::Rack => RACK,
        Screen::Table => TABLE,
        Screen::Detail => DETAIL,
        Screen::Faults => FAULTS,
        Screen::Log => LOG,
        Screen::Summary => SUMMARY,
        Screen::Operator => OPERATOR,
    }
}

/// As many keys as have their place, the first ones first.
fn keys(pen: &mut Pen<'_>, x: u16, y: u16, columns: usize, keys: Keys) {
    let mut at = x;
    for (key, does) in keys {
        let left = columns.saturating_sub(usize::from(at - x));
        if width(key) + 1 + width(does) > left {
            break;
        }
        at += pen.line(at, y, left, &[(key, Role::Key), (" ", Role::Text), (&fit(does, left), Role::Dim)]);
        at += 2;
    }
}
