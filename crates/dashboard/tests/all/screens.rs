//! What the screens show.

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use dashboard::{State, Theme, View};
use insta::assert_snapshot;

use crate::script::{Script, label};
use crate::stage::{picture, text, view};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
const SLOTS: [usize; 3] = [8, 64, 256];

fn press(view: &mut View, state: &State, keys: &str) {
    for key in keys.chars() {
        let code = match key {
            '\n' => KeyCode::Enter,
            '→' => KeyCode::Right,
            '↓' => KeyCode::Down,
            _ => KeyCode::Char(key),
        };
        view.handle(&Input::Key(KeyEvent::new(code, KeyModifiers::NONE)), state, 1_000_000);
    }
}

fn shown(state: &State, keys: &str, (columns, lines): (u16, u16)) -> String {
    let mut view = view();
    view.resize(columns, lines);
    press(&mut view, state, keys);
    text(&picture(state, &mut view, Theme::default(), columns, lines))
}

/// Snapshots of the screen behind `keys` at every size with every number of slots.
fn at_every_size(name: &str, keys: &str) {
    for slots in SLOTS {
        let state = Script::all_scenes(slots).state();
        for size in SIZES {
            let name = format!("{name}-{slots}-{}x{}", size.0, size.1);
            assert_snapshot!(name, shown(&state, keys, size));
        }
    }
}

#[test]
fn rack() {
    at_every_size("rack", "");
}

#[test]
fn table() {
    at_every_size("table", "t");
}

#[test]
fn operator() {
    at_every_size("operator", "o");
}

#[test]
fn other_screens() {
    let state = Script::all_scenes(64).state();
    for size in SIZES {
        for (name, keys) in [
            ("detail of a slot past its trigger", "→\n"),
            ("detail of a failed module", "→→→\n"),
            ("faults", "f"),
            ("log", "l"),
            ("batch", "b"),
            ("help", "?"),
        ] {
            assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), shown(&state, keys, size));
        }
    }
}

#[test]
fn questions_and_lines() {
    let state = Script::all_scenes(8).state();
    for (name, keys) in [
        ("abort past the trigger", "→a"),
        ("quarantine", "Q"),
        ("stop", "s"),
        ("leave", "q"),
        ("find", "/8663"),
        ("imei", "i49015"),
        ("locked", "Ls"),
        ("filtered", "tvvvvc"),
    ] {
        assert_snapshot!(name, shown(&state, keys, (80, 24)));
    }
}

#[test]
fn hubs_and_columns() {
    let mut script = Script::all_scenes(64);
    script.hubs(64, 16);
    for size in SIZES {
        assert_snapshot!(format!("hubs-{}x{}", size.0, size.1), shown(&script.state(), "", size));
    }
    let places =
        (0..64).map(|number| events::SlotPlace { slot: label(number), place: "p".into(), hub: None });
    script.tell(events::Event::Layout { columns: Some(16), places: places.collect() });
    assert_snapshot!("columns", shown(&script.state(), "", (200, 60)));
}

#[test]
fn nothing_yet() {
    for size in SIZES {
        assert_snapshot!(format!("nothing-{}x{}", size.0, size.1), shown(&State::default(), "", size));
    }
    for keys in ["t", "\n", "f", "l", "b", "o", "a", "Q", "H", "r", "i"] {
        shown(&State::default(), keys, (80, 24));
    }
}

#[test]
fn halted_and_ended() {
    let mut script = Script::all_scenes(24);
    script.halt();
    script.tell(events::Event::Paused { paused: true });
    script.vitals(false);
    assert_snapshot!("halted", shown(&script.state(), "", (80, 24)));
    assert_snapshot!("halted-batch", shown(&script.state(), "b", (80, 24)));
    script.tell(events::Event::RunEnded { run: "r1".into(), stopped: Some("stop_after_failures".into()) });
    assert_snapshot!("ended", shown(&script.state(), "b", (120, 40)));
}

#[test]
fn hostile_names() {
    let hostile = [
        "\u{1b}[2J\u{1b}[31mred".to_owned(),
        "\u{202e}gnissim".to_owned(),
        "x".repeat(300),
        "漢字の棚".to_owned(),
        "a\u{300}\u{301}\u{302}".to_owned(),
        "tab\tand\nline".to_owned(),
        "🔒🔒🔒🔒🔒🔒🔒🔒".to_owned(),
        String::new(),
    ];
    let mut script = Script::named(hostile.to_vec());
    for (number, slot) in hostile.iter().enumerate() {
        script.scene(slot, number, ["failed", "update", "passed", "waiting"][number % 4]);
    }
    let state = script.state();
    for (name, keys) in [("rack", ""), ("table", "t"), ("detail", "\n"), ("operator", "o"), ("log", "l")] {
        let screen = shown(&state, keys, (80, 24));
        assert!(screen.chars().all(|c| c == '\n' || !c.is_control()), "{screen:?}");
        assert!(!screen.contains('\u{202e}'));
        assert_snapshot!(format!("hostile-{name}"), screen);
    }
}

#[test]
fn too_small() {
    let state = Script::all_scenes(8).state();
    assert_snapshot!("too-small", shown(&state, "", (60, 10)));
    for size in [(1, 1), (2, 3), (79, 24), (80, 23), (300, 80)] {
        shown(&state, "t\n", size);
    }
}
