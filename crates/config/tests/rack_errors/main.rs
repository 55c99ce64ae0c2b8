//! Each thing that can be wrong in rack.toml: the place, what was expected and found, and what to do, word by word.

use config::Rack;

mod own;
mod sections;
mod slots;

/// A rack to which each case adds its lines, from line 6 on.
const BEGINNING: &str = "[rack]\nname = \"bench\"\n[[slot]]\nlabel = \"1\"\nusb = \"1-1\"\n";

fn check(text: &str, place_and_message: &str, help: &str) {
    let error = Rack::parse(text, "rack.toml").map(drop).map_err(|error| error.to_string());
    assert_eq!(error, Err(format!("rack.toml:{place_and_message}\n  {help}")), "{text}");
}

fn refused(cases: &[(&str, &str, &str)]) {
    for (lines, place_and_message, help) in cases {
        check(&format!("{BEGINNING}{lines}\n"), place_and_message, help);
    }
}
