//! What the keys do and what the symbols mean.

use events::Verdict;
use ratatui::layout::Rect;

use super::dialog::centred;
use super::pen::Pen;
use crate::face::Face;
use crate::text::pad;
use crate::theme::Role;

const KEYS: &[(&str, &str)] = &[
    ("↑↓←→ Tab", "choose a slot"),
    ("⏎", "detail of the slot"),
    ("t", "table"),
    ("f", "faults, and what to do"),
    ("l", "log"),
    ("b", "batch"),
    ("o", "operator's view"),
    ("/", "find by slot, IMEI, state"),
    ("v", "filter; level of the log"),
    ("c C", "sort the table; reverse it"),
    ("z", "size of the cells"),
    ("Esc", "back"),
];

const ACTIONS: &[(&str, &str)] = &[
    ("r", "test the module once more"),
    ("i", "IMEI of its label, or scan it"),
    ("n", "next batch"),
    ("L", "lock, unlock"),
    ("p", "pause, resume"),
    ("a", "abort the slot"),
    ("Q", "quarantine, release the slot"),
    ("H", "release a held IMEI"),
    ("s", "stop the batch"),
    ("q", "leave"),
    ("Ctrl-Z", "suspend, when attached"),
    ("mouse", "choose, twice: detail; wheel"),
];

const FACES: [Face; 14] = [
    Face::Empty,
    Face::Waiting,
    Face::Busy,
    Face::Past,
    Face::Away,
    Face::Held,
    Face::Quarantined,
    Face::Unlabelled,
    Face::Done(Verdict::Passed),
    Face::Done(Verdict::Already),
    Face::Done(Verdict::Refused),
    Face::Done(Verdict::Failed),
    Face::Done(Verdict::Aborted),
    Face::Done(Verdict::Unknown),
];

/// Draws the help over `whole`.
pub(crate) fn draw(pen: &mut Pen<'_>, whole: Rect) {
    let area = centred(whole, 78, 22);
    pen.clear(area);
    pen.frame(area, "help", Role::Title);
    let (x, y) = (area.x + 2, area.y + 1);
    column(pen, x, y, KEYS, 9, 36);
    column(pen, x + 37, y, ACTIONS, 7, 37);
    let y = y + 13;
    for (number, face) in FACES.into_iter().zip(0_u16..).map(|(face, number)| (number, face)) {
        let (row, place) = (number / 4, number % 4);
        let at = x + place * 18;
        let word = format!(" {}", face.word());
        pen.line(at, y + row, 17, &[(face.symbol(), face.role()), (&word, Role::Text)]);
    }
    let text = "yield: passed and already, of all but aborted  ◆ past the point of no return";
    pen.text(x, y + 5, 75, text, Role::Dim);
}

fn column(pen: &mut Pen<'_>, x: u16, y: u16, keys: &[(&str, &str)], names: usize, columns: usize) {
    for ((key, does), y) in keys.iter().zip(y..) {
        pen.line(x, y, columns, &[(&pad(key, names), Role::Key), (" ", Role::Text), (does, Role::Text)]);
    }
}
