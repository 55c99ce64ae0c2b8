//! Screens as text, and as looks.

use std::fmt::Write as _;

use dashboard::{Options, State, Theme, View, draw};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use ratatui::{Terminal, backend::TestBackend};

/// What the screen of `columns` by `lines` shows.
pub(crate) fn picture(state: &State, view: &mut View, theme: Theme, columns: u16, lines: u16) -> Buffer {
    view.resize(columns, lines);
    let mut terminal = Terminal::new(TestBackend::new(columns, lines)).unwrap();
    terminal.draw(|frame| draw(frame, state, view, &theme)).unwrap();
    terminal.backend().buffer().clone()
}

/// The characters of a screen, line by line, without the spaces at the ends of lines.
pub(crate) fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut hidden = 0;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if hidden == 0 {
                line.push_str(symbol);
                hidden = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            } else {
                hidden -= 1;
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The looks of a screen: for each run of characters that look otherwise than usual, where it is, its text and how.
pub(crate) fn looks(buffer: &Buffer) -> String {
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let (from, look) = (x, look_of(buffer, x, y));
            let mut run = String::new();
            while x < buffer.area.width && look_of(buffer, x, y) == look {
                run.push_str(buffer[(x, y)].symbol());
                x += 1;
            }
            if look != (Color::Reset, Color::Reset, Modifier::empty()) && !run.trim().is_empty() {
                let _ = writeln!(out, "{y:>2},{from:<3} {:<24} {} {:?}", run.trim_end(), look.0, look.2);
            }
        }
    }
    out
}

fn look_of(buffer: &Buffer, x: u16, y: u16) -> (Color, Color, Modifier) {
    let cell = &buffer[(x, y)];
    (cell.fg, cell.bg, cell.modifier)
}

/// A view with nothing chosen.
pub(crate) fn view() -> View {
    View::new(Options { metrics: Some(":9477".into()), ..Options::default() })
}
