//! What a module said, made harmless for whoever shows it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// More of a model, a revision or a batch's name than this is not shown to people, in characters; programs get all of it.
pub(crate) const LONGEST_NAME: usize = 48;
/// More of a slot's label than this is not shown to people: `rack.toml` allows no more.
pub(crate) const LONGEST_LABEL: usize = 16;

/// `text` on one line: every character that moves a cursor, hides itself, turns the writing around or may not stand in
/// XML is shown as its code, `\u{202e}`.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_harmful(letter) { shown.extend(letter.escape_unicode()) } else { shown.push(letter) }
    }
    Cow::Owned(shown)
}

/// `text`, cleaned and cut after `longest` characters.
pub(crate) fn short(text: &str, longest: usize) -> String {
    let clean = clean(text);
    match clean.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &clean[..end]),
        None => clean.into_owned(),
    }
}

/// JSON that no terminal takes for a command: inside its strings the same characters are written as escapes, which
/// says the same to every program that reads it.
pub(crate) fn clean_json(json: &str) -> Cow<'_, str> {
    let harmful = |letter: char| letter != '\n' && is_harmful(letter);
    if !json.chars().any(harmful) {
        return Cow::Borrowed(json);
    }
    let mut clean = String::with_capacity(json.len());
    for letter in json.chars() {
        if !harmful(letter) {
            clean.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _written = write!(clean, "\\u{unit:04x}");
        }
    }
    Cow::Owned(clean)
}

/// Control characters (C0, DEL, C1), what turns or hides writing, line separators, tags, and what is no character.
fn is_harmful(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
        || letter as u32 & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::{clean, clean_json, short};

    #[test]
    fn what_acts_on_a_screen_is_shown_as_its_code() {
        assert_eq!(
            clean("\u{1b}[2J\u{9b}1m\u{202e}live\u{0}\t"),
            "\\u{1b}[2J\\u{9b}1m\\u{202e}live\\u{0}\\u{9}"
        );
        assert_eq!(clean("\u{fffe}\u{1ffff}\u{feff}\u{200b}"), "\\u{fffe}\\u{1ffff}\\u{feff}\\u{200b}");
        assert_eq!(clean("BG96,\"é\" ✔ 模块"), "BG96,\"é\" ✔ 模块");
    }

    #[test]
    fn a_name_without_end_has_one() {
        assert_eq!(short(&"x".repeat(300), 4), "xxxx…");
        assert_eq!(short("éé\u{7}", 9), "éé\\u{7}");
        assert_eq!(short("éééé", 4), "éééé");
    }

    #[test]
    fn cleaned_json_says_the_same() {
        let value = serde_json::json!({ "text": "\u{1b}[31m\u{9b}\u{202e}\u{e0041}\u{7f}\n\"é\"" });
        let json = serde_json::to_string_pretty(&value).unwrap();
        let clean = clean_json(&json);
        assert!(clean.chars().all(|letter| letter == '\n' || !letter.is_control()), "{clean}");
        assert!(!clean.contains(['\u{202e}', '\u{e0041}']), "{clean}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&clean).unwrap(), value);
    }
}
