//! Whatever the order of events, keys and sizes: nothing panics, and nothing grows without bound.

use crossterm::event::{
    Event as Input, KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use dashboard::{Options, State, Theme, View};
use events::{Action, Event, Level, SlotState, Stamped, Verdict};
use proptest::prelude::*;

use crate::script::{Script, imei};
use crate::stage::picture;

/// Events of a run in which everything happens, to be told in any order.
fn stock() -> Vec<Event> {
    let mut script = Script::all_scenes(40);
    script.hubs(7, 3);
    script.halt();
    let mut events: Vec<Event> = script.events.into_iter().map(|stamped| stamped.event).collect();
    let slot = || "A1".to_owned();
    events.extend([
        Event::Layout { columns: Some(3), places: vec![] },
        Event::Layout { columns: Some(0), places: vec![] },
        Event::Step { slot: slot(), index: usize::MAX },
        Event::Progress { slot: slot(), phase: events::Phase::Update, done: u64::MAX, total: 1 },
        Event::Progress { slot: slot(), phase: events::Phase::Deliver, done: 1, total: u64::MAX },
        Event::Expected { units: u64::MAX },
        Event::Unplugged { slot: slot() },
        Event::Slot { slot: "nowhere".into(), state: SlotState::Busy },
        Event::Earlier { units: [(Verdict::Passed, u64::MAX)].into(), first_pass: u64::MAX },
        Event::Note { slot: Some(slot()), level: Level::Error, text: "x".repeat(10_000) },
        Event::Acted { by: "x".into(), action: Action::Detach, refused: None },
        Event::Acted {
            by: "x".into(),
            action: Action::Expect { slot: slot(), imei: imei(1) },
            refused: None,
        },
        Event::RunEnded { run: "r1".into(), stopped: None },
    ]);
    events
}

fn key(number: usize) -> Input {
    const KEYS: &str = "tflbo?/vcCzLrniyqapsQHud49015\n⎋→←↑↓⇥⇤⇞⇟";
    let character = KEYS.chars().nth(number % KEYS.chars().count()).unwrap();
    let code = match character {
        '\n' => KeyCode::Enter,
        '⎋' => KeyCode::Esc,
        '→' => KeyCode::Right,
        '←' => KeyCode::Left,
        '↑' => KeyCode::Up,
        '↓' => KeyCode::Down,
        '⇥' => KeyCode::End,
        '⇤' => KeyCode::Home,
        '⇞' => KeyCode::PageUp,
        '⇟' => KeyCode::PageDown,
        _ => KeyCode::Char(character),
    };
    Input::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn click(number: usize) -> Input {
    let coordinate = |by: usize| u16::try_from(number / by % 130).unwrap();
    let kind = match number % 3 {
        0 => MouseEventKind::Down(MouseButton::Left),
        1 => MouseEventKind::ScrollUp,
        _ => MouseEventKind::ScrollDown,
    };
    let (column, row) = (coordinate(3), coordinate(131));
    Input::Mouse(MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(
        told in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u64, any::<u64>()), 0..400),
        done in prop::collection::vec((any::<bool>(), any::<usize>()), 0..60),
        size in (1..220_u16, 1..70_u16),
    ) {
        let stock = stock();
        let mut state = State::default();
        let mut seq = 0;
        for (index, gap, at) in told {
            seq += gap;
            let event = index.get(&stock).clone();
            let (unix_ms, run_ms) = (at, if gap == 0 { at } else { at % 1_000_000 });
            state.apply(&Stamped { seq, unix_ms, run_ms, event });
        }
        let mut view = View::new(Options::default());
        view.resize(size.0, size.1);
        for (number, (is_key, input)) in done.into_iter().enumerate() {
            let input = if is_key { key(input) } else { click(input) };
            view.handle(&input, &state, 7 * number as u64);
            picture(&state, &mut view, Theme::default(), size.0, size.1);
        }
        picture(&state, &mut view, Theme { ascii: true, ..Theme::default() }, size.0, size.1);
    }
}

#[test]
fn a_long_run_is_kept_within_bounds() {
    let mut script = Script::begun(2);
    for number in 0..2_000 {
        script.scene("A1", number, "failed");
        script.slot("A1", SlotState::Empty);
        let text = "AT".repeat(1_000);
        let (slot, direction) = ("A2".to_owned(), events::Direction::Sent);
        script.tell(Event::Transcript { slot, attempt: None, direction, text });
        script.slot(&format!("stray {number}"), SlotState::Unlabelled);
    }
    let state = script.state();
    let size = format!("{state:?}").len();
    assert!(size < 4_000_000, "{size} characters");
}
