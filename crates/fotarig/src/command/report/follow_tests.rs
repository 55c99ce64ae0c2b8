//! Units are told once each, as they end, however the events come in.

use events::{Event, Stamped, Verdict};

use super::Followed;
use crate::cli::Format;
use crate::command::report::samples::{NASTY, ended, run_of, started, unit, unit_ended};

fn lines(format: Format, parts: &[&[Stamped]]) -> (Vec<String>, bool) {
    let mut followed = Followed::new(format).unwrap();
    let mut text = String::new();
    for part in parts {
        text.push_str(&followed.take(part.to_vec()).unwrap());
    }
    (text.lines().map(str::to_owned).collect(), followed.over)
}

fn events() -> Vec<Stamped> {
    let mut events = vec![started()];
    events.extend(unit(1, "A1", NASTY, Verdict::Unknown));
    events.extend(unit(2, "A2", "BG96", Verdict::Passed));
    events.push(ended());
    // The next run resolves what the first one had to leave.
    events.push(started());
    events.push(unit_ended("u1", "A1", Verdict::Passed));
    events.push(ended());
    run_of(events)
}

#[test]
fn each_unit_is_told_when_it_ends_and_again_when_it_is_resolved() {
    let events = events();
    let (told, over) = lines(Format::Table, &[&events]);
    assert!(over && told.len() == 2, "{told:?}");
    let parts: Vec<&[Stamped]> = events.chunks(1).collect();
    let (told, over) = lines(Format::Table, &parts);
    assert!(over && told.len() == 3, "{told:?}");
    let verdicts = ["? unknown", "✔ passed", "? unknown, later passed"];
    for (line, verdict) in told.iter().zip(verdicts) {
        assert!(line.contains(verdict) && line.contains("490154203237"), "{line}");
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

#[test]
fn csv_begins_with_its_head_and_json_is_a_unit_a_line() {
    let events = events();
    let parts: Vec<&[Stamped]> = events.chunks(3).collect();
    let (told, _) = lines(Format::Csv, &parts);
    assert!(told[0].starts_with("batch,rack,slot,") && told.len() == 4, "{told:?}");
    let (told, _) = lines(Format::Json, &parts);
    let units: Vec<events::UnitReport> =
        told.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(units.last().unwrap().resolved_later, Some(Verdict::Passed));
}

#[test]
fn it_is_over_when_the_last_run_is() {
    let events = events();
    let after = |kind: &str| events.iter().rposition(|stamped| stamped.event.kind() == kind).unwrap();
    assert!(!lines(Format::Table, &[&events[..=after("run_started")]]).1);
    assert!(lines(Format::Table, &[&events[..=after("run_ended")]]).1);
    assert!(matches!(events[0].event, Event::RunStarted { .. }));
}

#[test]
fn pages_are_not_followed() {
    for format in [Format::Html, Format::Junit] {
        assert!(Followed::new(format).err().unwrap().to_string().contains("leave out --follow"));
    }
}
