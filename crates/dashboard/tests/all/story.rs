//! What a stay in a slot, a snapshot and a later resolution become on the screen.

use std::sync::Arc;

use dashboard::{Now, State, Theme};
use events::{Action, Event, Phase, Recent, Resolution, SlotState, Verdict};

use crate::script::{Script, imei};
use crate::stage::{picture, text, view};

fn screen(state: &State) -> String {
    text(&picture(state, &mut view(), Theme::default(), 80, 24))
}

#[test]
fn a_slot_keeps_its_result_until_the_next_module_goes_in() {
    let mut script = Script::begun(1);
    script.pass("A1", 0);
    assert!(screen(&script.state()).contains("remove"));
    script.slot("A1", SlotState::Empty);
    let out = screen(&script.state());
    assert!(out.contains("passed") && out.contains("insert"), "{out}");
    script.tell(Event::Plugged { slot: "A1".into(), generation: 2, usb: None, ttys: vec![] });
    assert!(!screen(&script.state()).contains("passed in"), "the next one is in");
    script.slot("A1", SlotState::Busy);
    script.phase("A1", Phase::Identify, false);
    let next = screen(&script.state());
    assert!(next.contains("A1 ▶") && next.contains("identify"), "{next}");
}

#[test]
fn a_module_that_comes_back_from_its_restart_is_the_same_stay() {
    let mut script = Script::begun(1);
    script.scene("A1", 0, "reboot");
    assert!(screen(&script.state()).contains("A1 ↻"));
    script.tell(Event::Plugged { slot: "A1".into(), generation: 2, usb: None, ttys: vec![] });
    script.tell(Event::PortBack { slot: "A1".into(), away_ms: 4_000 });
    let back = screen(&script.state());
    assert!(back.contains("A1 ◆ BG96"), "{back}");
}

#[test]
fn a_later_resolution_takes_the_place_of_unknown() {
    let mut script = Script::begun(2);
    script.scene("A1", 0, "unknown");
    let before = screen(&script.state());
    assert!(before.contains("? 1 unknown") && before.contains("past the trigger"), "{before}");
    script.resolved("A1", 0, Resolution::Target);
    script.end("A1", Verdict::Passed, None, 0);
    let after = screen(&script.state());
    assert!(after.contains("✔ 1 passed") && after.contains("? 0 unknown"), "{after}");
    assert!(after.contains("first unknown") && !after.contains("past the trigger"), "{after}");
}

#[test]
fn a_snapshot_shows_what_the_whole_stream_shows() {
    let mut recent = Recent::default();
    let script = Script::all_scenes(64);
    let mut whole = State::default();
    for event in &script.events {
        recent.take(&Arc::new(event.clone()));
        whole.apply(event);
    }
    let of_snapshot = State::of(&recent.snapshot());
    assert_eq!(screen(&of_snapshot), screen(&whole));
    assert_eq!(of_snapshot.seq(), whole.seq());
}

#[test]
fn events_that_come_twice_count_once() {
    let script = Script::all_scenes(24);
    let mut state = script.state();
    let once = screen(&state);
    script.events.iter().for_each(|event| state.apply(event));
    assert_eq!(screen(&state), once);
}

#[test]
fn another_run_begins_anew() {
    let mut script = Script::all_scenes(24);
    let mut state = script.state();
    script = Script::begun(2);
    let Event::RunStarted { run, .. } = &mut script.events[0].event else { unreachable!() };
    *run = "r2".into();
    script.events.iter().for_each(|event| state.apply(event));
    let screen = screen(&state);
    assert!(screen.contains("2 slots") && screen.contains("✔ 0 passed"), "{screen}");
}

#[test]
fn the_module_s_own_word_for_its_label_is_shown() {
    let mut script = Script::begun(1);
    let action = Action::Expect { slot: "A1".into(), imei: imei(3) };
    script.tell(Event::Acted { by: "op@tty1".into(), action, refused: None });
    assert!(screen(&script.state()).contains(&format!("label {}", imei(3))));
}

#[test]
fn the_batch_teaches_how_long_it_takes() {
    let mut script = Script::begun(3);
    script.pass("A1", 0);
    script.until("A2", 5, Phase::Update);
    let mut state = script.state();
    assert!(screen(&state).contains("ETA"), "{}", screen(&state));
    let Now { unix_ms, run_ms } = state.now();
    state.tick(Now { unix_ms: unix_ms + 500, run_ms: run_ms + 500 });
    assert!(screen(&state).contains('▒'), "the phase's bar is foretold");
}

#[test]
fn yield_counts_what_was_good_among_all_but_the_aborted() {
    let mut script = Script::begun(8);
    for (slot, scene) in
        [("A1", "passed"), ("A2", "already"), ("A3", "failed"), ("A4", "aborted"), ("A5", "refused")]
    {
        script.scene(slot, 0, scene);
    }
    assert!(screen(&script.state()).contains("yield 50.0 %"));
}
