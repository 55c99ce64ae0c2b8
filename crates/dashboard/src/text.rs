//! Text for the screen: nothing in it moves the cursor, turns the line round or is wider than its place.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The longest text that is kept of any name, message or line, in characters.
const KEPT_CHARS: usize = 400;

/// Stands for a character that must not reach the terminal.
const REPLACED: char = '\u{fffd}';

/// `text` without anything that a terminal would obey or hide: controls, marks of direction, zero-width characters.
/// White space of every kind becomes a space. No more than 400 characters are kept.
pub(crate) fn clean(text: &str) -> String {
    text.chars().take(KEPT_CHARS).map(shown).collect()
}

/// What is shown for `character`.
fn shown(character: char) -> char {
    if character.is_whitespace() {
        return ' ';
    }
    match character.width() {
        None | Some(0) => REPLACED,
        Some(_) if is_of_direction(character) => REPLACED,
        Some(_) => character,
    }
}

/// Whether `character` turns the direction of the text.
const fn is_of_direction(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Columns that `text` takes.
pub(crate) fn width(text: &str) -> usize {
    text.width()
}

/// `text` cut to `columns` columns, with an ellipsis where something is missing.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let mut kept = String::new();
    let mut taken = 0;
    for character in text.chars() {
        taken += character.width().unwrap_or(0);
        if taken > room {
            break;
        }
        kept.push(character);
    }
    kept.push('…');
    kept
}

/// `text` cut or filled with spaces to exactly `columns` columns.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let mut padded = fit(text, columns);
    let missing = columns.saturating_sub(padded.width());
    padded.extend(std::iter::repeat_n(' ', missing));
    padded
}

/// `left` and `right` at the two ends of `columns` columns; `left` gives way.
pub(crate) fn ends(left: &str, right: &str, columns: usize) -> String {
    let right = fit(right, columns);
    let room = columns - right.width();
    let gap = usize::from(!right.is_empty() && room > 0);
    let mut line = pad(left, room - gap);
    line.extend(std::iter::repeat_n(' ', gap));
    line.push_str(&right);
    line
}

/// `text` broken into lines of at most `columns` columns, at spaces where there are any; at most `most` lines.
pub(crate) fn wrap(text: &str, columns: usize, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let last = lines.len() - 1;
        let gap = usize::from(!lines[last].is_empty());
        if lines[last].width() + gap + word.width() <= columns {
            if gap == 1 {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        } else if lines.len() == most {
            lines[last].push(' ');
            lines[last].push_str(word);
            lines[last] = fit(&lines[last], columns);
            return lines;
        } else if gap == 0 {
            lines[last] = fit(word, columns);
        } else {
            lines.push(fit(word, columns));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{clean, ends, fit, pad, width, wrap};

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let hostile = "a\u{1b}[31mb\u{202e}c\u{200b}d\te\u{7f}f\u{9b}1mg\u{feff}h\u{2066}i\u{0301}\r\n";
        let shown = clean(hostile);
        assert!(shown.chars().all(|c| !c.is_control()), "{shown:?}");
        assert_eq!(
            shown,
            "a\u{fffd}[31mb\u{fffd}c\u{fffd}d e\u{fffd}f\u{fffd}1mg\u{fffd}h\u{fffd}i\u{fffd}  "
        );
        assert_eq!(clean(&"x".repeat(5_000)).len(), 400);
    }

    #[test]
    fn texts_are_cut_by_columns_not_by_characters() {
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abcd", 3), "ab…");
        assert_eq!(fit("漢字漢字", 5), "漢字…");
        assert_eq!(fit("漢字漢字", 4), "漢…");
        assert_eq!(fit("abc", 0), "");
        assert_eq!(pad("漢字漢", 4), "漢… ");
        assert_eq!(ends("left side", "12", 8), "left… 12");
        assert_eq!(ends("l", "123456", 3), "12…");
        assert_eq!(width(&ends("漢字漢字", "1", 7)), 7);
    }

    #[test]
    fn lines_break_at_spaces_and_end_where_there_is_no_more_room() {
        assert_eq!(wrap("one two three", 7, 3), ["one two", "three"]);
        assert_eq!(wrap("one two three four", 7, 2), ["one two", "three …"]);
        assert_eq!(wrap("enormously", 4, 2), ["eno…"]);
        assert_eq!(wrap("", 4, 2), [""]);
    }
}
