//! What the keys do.

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use dashboard::{Options, Reply, State, Theme, View};
use events::{Action, Imei};

use crate::script::{Script, imei};
use crate::stage::{picture, text};

/// A view with its clock.
struct Desk {
    view: View,
    state: State,
    at_ms: u64,
}

impl Desk {
    fn new(options: Options) -> Self {
        Self { view: View::new(options), state: Script::all_scenes(24).state(), at_ms: 1_000_000 }
    }

    fn press_code(&mut self, code: KeyCode, modifiers: KeyModifiers) -> Reply {
        self.at_ms += 200;
        self.view.handle(&Input::Key(KeyEvent::new(code, modifiers)), &self.state, self.at_ms)
    }

    fn press(&mut self, key: char) -> Reply {
        let code = match key {
            '\n' => KeyCode::Enter,
            '→' => KeyCode::Right,
            '←' => KeyCode::Left,
            '↓' => KeyCode::Down,
            '⎋' => KeyCode::Esc,
            '⌫' => KeyCode::Backspace,
            _ => KeyCode::Char(key),
        };
        self.press_code(code, KeyModifiers::NONE)
    }

    /// Presses all of `keys`; the last reply.
    fn keys(&mut self, keys: &str) -> Reply {
        keys.chars().map(|key| self.press(key)).last().unwrap()
    }

    /// What a barcode reader does: characters without a pause, then Enter.
    fn scan(&mut self, digits: &str) -> Reply {
        let mut reply = Reply::Nothing;
        for key in digits.chars().map(KeyCode::Char).chain([KeyCode::Enter]) {
            self.at_ms += 3;
            reply = self.view.handle(
                &Input::Key(KeyEvent::new(key, KeyModifiers::NONE)),
                &self.state,
                self.at_ms,
            );
        }
        reply
    }

    fn screen(&mut self) -> String {
        text(&picture(&self.state, &mut self.view, Theme::default(), 80, 24))
    }
}

fn desk() -> Desk {
    Desk::new(Options::default())
}

fn act(action: Action) -> Reply {
    Reply::Act(action)
}

#[test]
fn what_cannot_be_taken_back_is_asked() {
    let slot = || "A2".to_owned();
    for (key, action) in [
        ('a', Action::Abort { slot: slot() }),
        ('Q', Action::Quarantine { slot: slot() }),
        ('s', Action::Stop),
        ('H', Action::ReleaseImei { imei: imei(1) }),
    ] {
        let mut desk = desk();
        assert_eq!(desk.keys("→"), Reply::Redraw);
        assert_eq!(desk.press(key), Reply::Redraw, "{key} asks");
        assert_eq!(desk.press(key), Reply::Nothing, "{key} again is no answer");
        assert_eq!(desk.press('\n'), Reply::Nothing, "Enter is no answer");
        assert_eq!(desk.press('y'), act(action.clone()), "{key}");
        desk.press(key);
        assert_eq!(desk.press('⎋'), Reply::Redraw);
        assert_eq!(desk.press('y'), Reply::Nothing, "{key} was given up");
    }
}

#[test]
fn pause_and_re_test_need_no_question() {
    let mut desk = desk();
    assert_eq!(desk.press('p'), act(Action::Pause));
    assert_eq!(desk.press('r'), act(Action::Retry { slot: "A1".into() }));
    let mut script = Script::all_scenes(24);
    script.tell(events::Event::Paused { paused: true });
    desk.state = script.state();
    assert_eq!(desk.press('p'), act(Action::Resume));
    assert_eq!(desk.keys("→r"), Reply::Redraw, "A2 is under way");
    assert!(desk.screen().contains("A2 is under way"));
}

#[test]
fn nothing_is_aborted_where_nothing_is_done() {
    let mut desk = desk();
    assert_eq!(desk.press('a'), Reply::Redraw);
    assert!(desk.screen().contains("nothing to abort"));
    assert_eq!(desk.press('y'), Reply::Nothing);
}

#[test]
fn a_quarantined_slot_is_released_by_the_same_key() {
    let mut desk = desk();
    desk.keys("/C1\nQ");
    assert!(desk.screen().contains("Quarantined: 3 failures in a row"));
    assert_eq!(desk.press('y'), act(Action::Release { slot: "C1".into() }));
}

#[test]
fn a_scanned_label_belongs_to_the_chosen_slot() {
    let mut desk = desk();
    let imei = Imei::parse("490154203237518").unwrap();
    let expect = |slot: &str| act(Action::Expect { slot: slot.into(), imei: imei.clone() });
    assert_eq!(desk.scan("490154203237518"), expect("A1"));
    desk.keys("→→");
    assert_eq!(desk.scan("490154203237518"), expect("A3"));
    desk.press('i');
    assert_eq!(desk.scan("490154203237518"), expect("A3"), "by the key");
    desk.keys("o→");
    assert_eq!(desk.scan("490154203237518"), expect("A4"), "in the operator's view");
    let paste = Input::Paste("490154203237518\r\n".into());
    assert_eq!(desk.view.handle(&paste, &desk.state, 0), expect("A4"), "a reader that pastes");
}

#[test]
fn what_is_no_imei_is_not_sent() {
    let mut desk = desk();
    for scan in ["490154203237519", "49015420323751", "000000000000000", "4901542032375180"] {
        assert_eq!(desk.scan(scan), Reply::Redraw, "{scan}");
        assert!(desk.screen().contains("not an IMEI"), "{scan}");
    }
    assert_eq!(desk.keys("490154203237518\n"), Reply::Redraw, "typed slowly it is Enter alone");
    assert!(desk.screen().contains("module    BG96"), "which shows the detail");
}

#[test]
fn locked_an_operator_starts_confirms_and_re_tests() {
    let mut desk = Desk::new(Options { locked: true, pin: Some("4711".into()), ..Options::default() });
    for key in "apsQHq".chars() {
        assert_eq!(desk.press(key), Reply::Redraw, "{key}");
        assert!(desk.screen().contains("locked"), "{key}");
        assert_eq!(desk.press('y'), Reply::Nothing, "{key} asks nothing");
    }
    assert_eq!(desk.press_code(KeyCode::Char('c'), KeyModifiers::CONTROL), Reply::Redraw);
    assert_eq!(desk.press('y'), Reply::Nothing);
    assert_eq!(desk.press('r'), act(Action::Retry { slot: "A1".into() }));
    assert_eq!(desk.keys("nnext.toml\n"), act(Action::Start { batch: "next.toml".into() }));
    desk.keys("Lunlock\n");
    assert!(desk.screen().contains("does not unlock"));
    desk.keys("L471");
    assert!(!desk.screen().contains("471"), "a PIN is not shown");
    desk.keys("2⌫1\n");
    assert!(desk.screen().contains("unlocked"));
    assert_eq!(desk.press('p'), act(Action::Pause));
}

#[test]
fn leaving_says_what_becomes_of_the_batch() {
    let mut desk = desk();
    desk.press('q');
    let screen = desk.screen();
    assert!(
        screen.contains("stop the batch") && screen.contains("end now") && screen.contains("past the point")
    );
    assert_eq!(desk.press('d'), act(Action::Detach));
    assert_eq!(desk.keys("qs"), act(Action::Stop));
    assert_eq!(desk.keys("ql"), Reply::Leave);
    let mut attached = Desk::new(Options { attached: true, ..Options::default() });
    attached.press('q');
    assert!(!attached.screen().contains("end now"));
    assert_eq!(attached.press('d'), Reply::Nothing, "only the controller's own terminal detaches modules");
    assert_eq!(attached.press('l'), Reply::Leave);
}

#[test]
fn interrupting_twice_stops() {
    let interrupt = |desk: &mut Desk| desk.press_code(KeyCode::Char('c'), KeyModifiers::CONTROL);
    let mut desk = desk();
    assert_eq!(interrupt(&mut desk), Reply::Redraw);
    assert_eq!(interrupt(&mut desk), act(Action::Stop));
    let mut attached = Desk::new(Options { attached: true, ..Options::default() });
    interrupt(&mut attached);
    assert_eq!(interrupt(&mut attached), Reply::Leave, "another process has the batch");
    let mut typing = self::desk();
    typing.keys("/abc");
    interrupt(&mut typing);
    assert!(typing.screen().contains("leave the dashboard"), "also while a line is typed");
}

#[test]
fn after_the_end_leaving_asks_nothing() {
    let mut script = Script::all_scenes(8);
    script.tell(events::Event::RunEnded { run: "r1".into(), stopped: None });
    let mut desk = desk();
    desk.state = script.state();
    assert_eq!(desk.press('q'), Reply::Leave);
}

#[test]
fn a_recording_takes_no_action() {
    let mut desk = Desk::new(Options { recorded: true, ..Options::default() });
    for key in "rpasQH".chars() {
        assert!(matches!(desk.press(key), Reply::Redraw | Reply::Nothing), "{key}");
        assert_eq!(desk.press('y'), Reply::Nothing, "{key}");
    }
    assert_eq!(desk.scan("490154203237518"), Reply::Redraw);
    assert_eq!(desk.press('q'), Reply::Leave);
}

#[test]
fn searching_finds_by_slot_imei_revision_state_and_fault() {
    for (words, slots) in [
        ("b3", vec!["B3"]),
        (&imei(5).to_string()[..], vec!["A6"]),
        ("2110b07", vec!["B5"]),
        ("quarantined", vec!["C1"]),
        ("e-preflight-route", vec!["B6"]),
        ("no such thing", vec![]),
    ] {
        let mut desk = desk();
        desk.press('/');
        desk.keys(words);
        let screen = desk.screen();
        let found: Vec<String> = screen
            .lines()
            .skip(5)
            .take_while(|line| !line.starts_with('└'))
            .filter_map(|line| line.split_whitespace().nth(1).map(str::to_owned))
            .filter(|label| label.len() == 2)
            .collect();
        assert!(slots.iter().all(|slot| found.contains(&(*slot).to_owned())), "{words}: {found:?}");
        assert!(found.len() < 4, "{words}: {found:?}");
    }
}

#[test]
fn arrows_walk_the_rack_and_stop_at_its_ends() {
    let mut desk = desk();
    desk.keys("←←");
    assert!(desk.screen().contains("┌ A1 "));
    desk.keys("→→");
    assert!(desk.screen().contains("┌ A3 "));
    desk.keys("↓");
    assert!(desk.screen().contains("┌ A7 "), "{}", desk.screen());
    desk.press_code(KeyCode::End, KeyModifiers::NONE);
    assert!(desk.screen().contains("┌ C8 "));
    desk.keys("→↓");
    assert!(desk.screen().contains("┌ C8 "));
}

#[test]
fn screens_go_and_come_back() {
    let mut desk = desk();
    for (keys, shows) in [
        ("t", "slots  24 of 24"),
        ("\n", "module    BG96"),
        ("⎋", "slots  24 of 24"),
        ("⎋", "┌ rack "),
        ("f", "┌ faults "),
        ("f", "┌ rack "),
        ("l", "┌ log "),
        ("b", "┌ batch "),
        ("⎋", "┌ rack "),
        ("?", "┌ help "),
        ("x", "┌ rack "),
    ] {
        desk.keys(keys);
        assert!(desk.screen().contains(shows), "{keys:?}: {}", desk.screen());
    }
}

#[test]
fn scrolling_ends_where_there_is_no_more() {
    let mut desk = desk();
    desk.press('l');
    let first = desk.screen();
    desk.press_code(KeyCode::End, KeyModifiers::NONE);
    let last = desk.screen();
    assert!(last.contains("batch 2026w47-bg96"), "{last}");
    desk.press('↓');
    assert_eq!(desk.screen(), last);
    desk.press_code(KeyCode::Home, KeyModifiers::NONE);
    assert_eq!(desk.screen(), first);
}
