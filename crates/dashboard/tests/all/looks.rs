//! Colours and attributes: every state is told by its symbol as well.

use dashboard::{Palette, Theme};
use insta::assert_snapshot;
use ratatui::style::{Color, Modifier};

use crate::script::Script;
use crate::stage::{looks, picture, text, view};

fn theme(palette: Palette) -> Theme {
    Theme { palette, ascii: false }
}

#[test]
fn the_same_screen_in_every_palette() {
    let state = Script::all_scenes(24).state();
    for (name, palette) in [("plain", Palette::Plain), ("sixteen", Palette::Sixteen), ("true", Palette::True)]
    {
        let buffer = picture(&state, &mut view(), theme(palette), 80, 24);
        assert_snapshot!(format!("looks-{name}"), looks(&buffer));
    }
}

#[test]
fn without_colour_there_is_no_colour_and_the_text_is_the_same() {
    let state = Script::all_scenes(64).state();
    let plain = picture(&state, &mut view(), theme(Palette::Plain), 120, 40);
    assert!(plain.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    let deep = picture(&state, &mut view(), theme(Palette::True), 120, 40);
    assert_eq!(text(&plain), text(&deep));
}

#[test]
fn no_colour_depends_on_the_background() {
    let state = Script::all_scenes(64).state();
    let buffer = picture(&state, &mut view(), theme(Palette::Sixteen), 120, 40);
    for cell in &buffer.content {
        assert_eq!(cell.bg, Color::Reset);
        let unreadable =
            [Color::White, Color::Black, Color::Gray, Color::DarkGray, Color::Blue, Color::LightYellow];
        assert!(!unreadable.contains(&cell.fg), "{:?} {:?}", cell.symbol(), cell.fg);
    }
}

#[test]
fn the_chosen_slot_is_reversed() {
    let state = Script::all_scenes(8).state();
    let buffer = picture(&state, &mut view(), theme(Palette::Plain), 80, 24);
    let reversed: String = buffer
        .content
        .iter()
        .filter(|cell| cell.modifier.contains(Modifier::REVERSED))
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert_eq!(reversed.trim_end(), "A1 ✔ BG96");
}

#[test]
fn ascii_is_ascii() {
    let mut script = Script::all_scenes(64);
    script.hubs(64, 8);
    let buffer =
        picture(&script.state(), &mut view(), Theme { palette: Palette::Plain, ascii: true }, 80, 24);
    assert!(buffer.content.iter().all(|cell| cell.symbol().is_ascii()));
    assert_snapshot!("ascii", text(&buffer));
}
