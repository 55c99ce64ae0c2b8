//! Whatever a value holds: a command is one line whose parameters are read back as they were given, and no secret shows.

#![no_main]

use at::{Command, Line, MASK, Masker};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 128;

fn command(url: &str, user: &str, password: &str) -> Option<Command> {
    let builder = Command::set("AT+CFOTA").number(0u8).quoted("url", url, LIMIT);
    builder.bare("username", user, LIMIT).bare_secret("password", password, LIMIT).build().ok()
}

/// A parameter stands where it was put, and none of them ends the command.
fn read_back(command: &Command, url: &str, user: &str, password: &str) {
    let bytes = command.bytes();
    assert_eq!(bytes.iter().position(|byte| byte.is_ascii_control()), Some(bytes.len() - 1));
    let line = Line::parse(&command.text()["AT".len()..]);
    assert_eq!(line.name(), Some("+CFOTA"));
    let fields: Vec<&str> = (0..4).filter_map(|place| line.field(place)).collect();
    assert_eq!(fields, ["0", url, user, password]);
    assert_eq!(line.fields().len(), 4);
}

fuzz_target!(|input: (String, String, String, String)| {
    let (url, user, password, said) = input;
    if let Some(command) = command(&url, &user, &password) {
        read_back(&command, &url, &user, &password);
        assert!(command.shown().ends_with(MASK));
        let shown = [command.shown().to_owned(), format!("{command}"), format!("{command:?}")];
        let elsewhere = format!("Command(AT+CFOTA=0,\"{url}\",{user},{MASK})");
        for text in shown.iter().filter(|_| !elsewhere.contains(&password)) {
            assert!(!text.contains(&password), "{password:?} shows in {text:?}");
        }
    }
    let secrets: Vec<String> = [url, user, password].into_iter().filter(|secret| !secret.contains('*')).collect();
    let masked = Masker::new(secrets.clone()).mask(&said);
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        assert!(!masked.contains(secret.as_str()), "{secret:?} shows in {masked:?}");
    }
    let line = Line::parse(&said);
    for field in line.fields() {
        assert!(field.text().len() <= line.text().len());
        let _number = field.int();
    }
});
