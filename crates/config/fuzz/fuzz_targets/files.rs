//! Whatever stands in `rack.toml` or `batch.toml`: a configuration, or an error with a place in the file and a next
//! step; never a panic, and never a control character in the message.

#![no_main]

use config::{Batch, ConfigError, Rack};
use libfuzzer_sys::fuzz_target;

fn placed(error: &ConfigError, text: &str) {
    let ConfigError::Invalid { place, message, help } = error else { panic!("{error:?}") };
    let lines = 1 + text.bytes().filter(|byte| *byte == b'\n').count();
    assert!((1..=lines).contains(&place.line) && place.column >= 1, "{place:?}");
    assert!(!message.is_empty() && !help.is_empty());
    assert!(message.chars().chain(help.chars()).all(|letter| !letter.is_control()), "{message:?} {help:?}");
}

fuzz_target!(|text: &str| {
    match Rack::parse(text, "rack.toml") {
        Ok(rack) => {
            assert!(!rack.slots.is_empty());
            // Whatever a module answers: normalised, and an alias of no alias.
            let model = rack.canonical_model(" bg96\r");
            assert_eq!(rack.canonical_model(&model), model);
        }
        Err(error) => placed(&error, text),
    }
    match Batch::parse(text, "batch.toml") {
        Ok(batch) => assert!(!batch.targets.is_empty() && !batch.policy.delivery.is_empty()),
        Err(error) => placed(&error, text),
    }
});
