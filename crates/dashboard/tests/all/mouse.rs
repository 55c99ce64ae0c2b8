//! What the mouse does.

use crossterm::event::{Event as Input, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use dashboard::{Options, Reply, Theme, View};

use crate::script::Script;
use crate::stage::{picture, text};

fn mouse(kind: MouseEventKind, column: u16, row: u16) -> Input {
    Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

#[test]
fn a_click_chooses_two_show_the_detail_and_the_wheel_goes_on() {
    let state = Script::all_scenes(24).state();
    let mut view = View::new(Options::default());
    view.resize(80, 24);
    let shown = |view: &mut View| text(&picture(&state, view, Theme::default(), 80, 24));
    let screen = shown(&mut view);
    let (row, column) = screen
        .lines()
        .enumerate()
        .find_map(|(row, line)| line.find("B2 ").map(|at| (row, line[..at].chars().count())))
        .unwrap();
    let (row, column) = (u16::try_from(row).unwrap(), u16::try_from(column).unwrap());
    let click = mouse(MouseEventKind::Down(MouseButton::Left), column, row);
    assert_eq!(view.handle(&click, &state, 1_000), Reply::Redraw);
    assert!(shown(&mut view).contains("┌ B2 "));
    assert_eq!(view.handle(&click, &state, 2_000), Reply::Redraw);
    assert!(shown(&mut view).contains("┌ rack "), "too late for a double click");
    view.handle(&click, &state, 2_300);
    assert!(!shown(&mut view).contains("┌ rack "), "twice");
    view.handle(&Input::Key(crossterm::event::KeyCode::Esc.into()), &state, 3_000);
    view.handle(&mouse(MouseEventKind::ScrollDown, 1, 1), &state, 3_000);
    assert!(shown(&mut view).contains("┌ B6 "), "{}", shown(&mut view));
    let nowhere = mouse(MouseEventKind::Down(MouseButton::Left), 0, 0);
    assert_eq!(view.handle(&nowhere, &state, 5_000), Reply::Nothing);
}

#[test]
fn a_click_finds_the_row_of_the_table() {
    let state = Script::all_scenes(24).state();
    let mut view = View::new(Options::default());
    view.resize(80, 24);
    view.handle(&Input::Key(crossterm::event::KeyCode::Char('t').into()), &state, 0);
    let click = mouse(MouseEventKind::Down(MouseButton::Left), 10, 9);
    view.handle(&click, &state, 1_000);
    view.handle(&click, &state, 1_100);
    let screen = text(&picture(&state, &mut view, Theme::default(), 80, 24));
    assert!(screen.contains("┌ A5 "), "{screen}");
}
