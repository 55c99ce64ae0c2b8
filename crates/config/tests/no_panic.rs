//! Whatever stands in a file, the answer is a configuration or an error with a place; never a panic.

use config::{Batch, ConfigError, Rack};
use proptest::prelude::*;

const RACK: &str = include_str!("../../../configs/rack.toml");
const BATCH: &str = include_str!("../../../configs/batch.toml");

fn well_placed(error: &ConfigError, text: &str) -> bool {
    match error {
        ConfigError::Invalid { place, message, help } => {
            let lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
            (1..=lines).contains(&place.line) && place.column >= 1 && !message.is_empty() && !help.is_empty()
        }
        ConfigError::Unreadable { .. } | ConfigError::TooLong { .. } => false,
    }
}

fn both(text: &str) -> bool {
    let rack = Rack::parse(text, "rack.toml").err().is_none_or(|error| well_placed(&error, text));
    let batch = Batch::parse(text, "batch.toml").err().is_none_or(|error| well_placed(&error, text));
    rack && batch
}

/// Values of every type, among them what no key wants.
fn value() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "1",
        "-1",
        "0",
        "99999999999999999999",
        "0x7f",
        "1.5",
        "nan",
        "-inf",
        "true",
        "\"\"",
        "\"BG96\"",
        "\"1-1.4\"",
        "\"é\\u0000\"",
        "\"5s\"",
        "\"-5s\"",
        "[]",
        "[1, \"a\"]",
        "[[]]",
        "{}",
        "{ env = 3 }",
        "{ listen = {} }",
        "1979-05-27",
        "\"http://h:1/p\"",
        "\"http://[::1/p\"",
        "[{}]",
        "\"\u{202e}\"",
    ])
}

proptest! {
    #[test]
    fn any_text(text in "\\PC*") {
        prop_assert!(both(&text));
    }

    #[test]
    fn any_bytes_of_toml(text in "[a-z\\[\\]={}\"'#.,0-9 \r\n\té\u{0}-]{0,200}") {
        prop_assert!(both(&text));
    }

    #[test]
    fn an_example_with_a_stretch_replaced(start in any::<usize>(), length in 0_usize..40, new in "\\PC{0,12}") {
        for example in [RACK, BATCH] {
            let characters: Vec<char> = example.chars().collect();
            let start = start % characters.len();
            let end = (start + length).min(characters.len());
            let text: String =
                characters[..start].iter().copied().chain(new.chars()).chain(characters[end..].iter().copied()).collect();
            prop_assert!(both(&text));
        }
    }

    #[test]
    fn an_example_with_one_value_of_any_type(pick in any::<usize>(), value in value()) {
        for example in [RACK, BATCH] {
            let assignments: Vec<usize> = example
                .lines()
                .enumerate()
                .filter(|(_, line)| !line.starts_with('#') && line.contains(" = "))
                .map(|(number, _)| number)
                .collect();
            let chosen = assignments[pick % assignments.len()];
            let lines = example.lines().enumerate().map(|(number, line)| match line.split_once(" = ") {
                Some((key, _)) if number == chosen => format!("{key} = {value}"),
                _ => line.to_owned(),
            });
            prop_assert!(both(&lines.collect::<Vec<_>>().join("\n")));
        }
    }
}

#[test]
fn deep_nesting_is_an_error() {
    for text in ["[".repeat(200_000), "a = ".to_owned() + &"[".repeat(200_000), "a.".repeat(200_000)] {
        assert!(Rack::parse(&text, "rack.toml").is_err());
    }
}
