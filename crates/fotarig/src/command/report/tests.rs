//! The report in every format, of modules that say what they should not.

use events::{Event, Stamped, Verdict};

use super::super::samples::{NASTY, imei, run_of, started, unit};
use super::super::table::table;
use super::{arrange, rendered};
use crate::cli::Format;

fn nasty_run() -> Vec<Stamped> {
    let mut events = vec![started()];
    events.extend(unit(1, "A10", NASTY, Verdict::Failed));
    events.extend(unit(2, "A2", &"M".repeat(300), Verdict::Passed));
    events.extend(unit(3, "A2", "BG96", Verdict::Unknown));
    events.push(Event::UnitStarted { unit: "open".into(), slot: "A3".into(), module: None });
    run_of(events)
}

fn harmless(text: &str) {
    let acts = |letter: &char| {
        (letter.is_control() && *letter != '\n' && *letter != '\r')
            || matches!(letter, '\u{202e}' | '\u{fffe}')
    };
    assert_eq!(text.chars().find(acts), None, "{text}");
}

#[test]
fn no_format_passes_on_what_acts_on_a_screen() {
    for format in [Format::Table, Format::Csv, Format::Json, Format::Junit, Format::Html] {
        let text = rendered(&nasty_run(), format).unwrap();
        harmless(&text);
        assert!(text.contains("490154203237"), "{format:?} has the IMEIs");
    }
}

#[test]
fn json_is_the_report_itself() {
    let events = nasty_run();
    let mut report = events::Report::of(&events);
    arrange(&mut report);
    let json = rendered(&events, Format::Json).unwrap();
    assert_eq!(serde_json::from_str::<events::Report>(&json).unwrap(), report);
    let slots: Vec<&str> = report.units.iter().map(|unit| unit.slot.as_str()).collect();
    assert_eq!(slots, ["A2", "A2", "A3", "A10"]);
}

#[test]
fn the_page_has_everything_fetches_nothing_and_runs_nothing() {
    let page = rendered(&nasty_run(), Format::Html).unwrap();
    for absent in ["<script", "<b></", "src=", "@import", "url(", "javascript:", "<link", "href=\"h"] {
        assert!(!page.contains(absent), "{absent}");
    }
    for present in
        ["&#60;script&#62;", "b&#60;b&#62;", "E-VERIFY-REV", "re-test once in another slot", "33.3 %"]
    {
        assert!(page.contains(present), "{present}");
    }
    for number in 1..=3 {
        assert_eq!(
            page.matches(&format!("before {number}")).count(),
            1,
            "what was said before belongs to its unit"
        );
    }
    assert_eq!(page.matches("<details class=\"unit ").count(), 4);
    assert_eq!(page.matches("<details").count(), page.matches("</details>").count());
    assert_eq!(page.matches("<pre>").count(), page.matches("</pre>").count());
    let nothing = rendered(&run_of(vec![started()]), Format::Html).unwrap();
    assert!(nothing.contains("No module was found yet."));
}

#[test]
fn junit_reads_back_with_a_case_for_each_unit() {
    let xml = rendered(&nasty_run(), Format::Junit).unwrap();
    let report = quick_junit::Report::deserialize_from_str(&xml).unwrap();
    assert_eq!((report.tests, report.failures, report.errors), (4, 2, 1));
    let suite = &report.test_suites[0];
    let names: Vec<&str> = suite.test_cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names[2..], ["A3 not identified", &format!("A10 {}", imei(1))]);
    assert!(xml.contains("type=\"E-VERIFY-REV\"") && xml.contains("type=\"open\""));
    assert!(suite.test_cases[3].system_out.as_ref().unwrap().as_str().contains("<script>"));
}

#[test]
fn csv_has_as_many_cells_in_every_row_whatever_is_in_them() {
    let text = rendered(&nasty_run(), Format::Csv).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!((rows.len(), &rows[0][6], &rows[1][7]), (4, "M".repeat(300).as_str(), "A09,\"x\""));
    assert!(text.split("\r\n").filter(|line| !line.is_empty()).count() == 5, "a line for each row: {text}");
}

#[test]
fn no_terminal_is_so_narrow_that_an_imei_breaks() {
    let mut report = events::Report::of(&nasty_run());
    arrange(&mut report);
    for width in (24..=200).chain([1_000, u16::MAX]) {
        let text = table(&report, Some(width));
        for number in 1..=3 {
            assert!(text.contains(imei(number).as_str()), "{width} columns:\n{text}");
        }
    }
}
