//! Large letters.

use ratatui::layout::Rect;

use super::pen::Pen;
use crate::theme::Role;

/// Pixels of a letter.
const WIDE: usize = 3;
const HIGH: usize = 5;

/// How large the letters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    /// One column and half a line a pixel.
    Half,
    /// So many lines a pixel, and twice as many columns.
    Whole(usize),
}

impl Scale {
    /// The largest letters in which `word` has its place on `columns` by `lines`.
    pub(crate) fn largest(columns: usize, lines: usize, word: &str) -> Option<Self> {
        if word.is_empty() {
            return None;
        }
        let pixels = word.len() * (WIDE + 1) - 1;
        let whole = (columns / (pixels * 2)).min(lines / HIGH);
        if whole > 0 {
            return Some(Self::Whole(whole));
        }
        (columns >= pixels && lines >= HIGH.div_ceil(2)).then_some(Self::Half)
    }
}

/// The pixels of a letter, a line each, the leftmost pixel in the highest of three bits.
const fn pixels(letter: u8) -> [u8; HIGH] {
    match letter {
        b'A' => [0b010, 0b101, 0b111, 0b101, 0b101],
        b'D' => [0b110, 0b101, 0b101, 0b101, 0b110],
        b'F' => [0b111, 0b100, 0b110, 0b100, 0b100],
        b'H' => [0b101, 0b101, 0b111, 0b101, 0b101],
        b'I' => [0b111, 0b010, 0b010, 0b010, 0b111],
        b'L' => [0b100, 0b100, 0b100, 0b100, 0b111],
        b'O' => [0b111, 0b101, 0b101, 0b101, 0b111],
        b'P' => [0b111, 0b101, 0b111, 0b100, 0b100],
        b'S' => [0b111, 0b100, 0b111, 0b001, 0b111],
        b'T' => [0b111, 0b010, 0b010, 0b010, 0b010],
        b'W' => [0b101, 0b101, 0b101, 0b111, 0b101],
        _ => [0; HIGH],
    }
}

/// Whether the pixel at a point of `word` is set.
fn set(word: &[u8], x: usize, y: usize) -> bool {
    let (letter, column) = (x / (WIDE + 1), x % (WIDE + 1));
    let rows = word.get(letter).map_or([0; HIGH], |letter| pixels(*letter));
    column < WIDE && rows.get(y).is_some_and(|row| row >> (WIDE - 1 - column) & 1 == 1)
}

/// One line of `word` in letters of `scale`.
fn line(word: &[u8], scale: Scale, number: usize) -> String {
    let pixels = word.len() * (WIDE + 1) - 1;
    let mut text = String::new();
    for x in 0..pixels {
        match scale {
            Scale::Half => text.push(match (set(word, x, number * 2), set(word, x, number * 2 + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            }),
            Scale::Whole(size) => {
                let pixel = if set(word, x, number / size) { '█' } else { ' ' };
                text.extend(std::iter::repeat_n(pixel, size * 2));
            }
        }
    }
    text
}

/// Puts `word` into the middle of `area`.
pub(crate) fn put(pen: &mut Pen<'_>, area: Rect, word: &str, scale: Scale, role: Role) {
    let lines = match scale {
        Scale::Half => HIGH.div_ceil(2),
        Scale::Whole(size) => HIGH * size,
    };
    let above = usize::from(area.height).saturating_sub(lines) / 2;
    for number in 0..lines {
        let text = line(word.as_bytes(), scale, number);
        let before = usize::from(area.width).saturating_sub(text.chars().count()) / 2;
        let (Ok(x), Ok(y)) = (u16::try_from(before), u16::try_from(above + number)) else { return };
        pen.text(area.x + x, area.y + y, usize::from(area.width), &text, role);
    }
}

#[cfg(test)]
mod tests {
    use super::{Scale, line};

    #[test]
    fn letters_are_as_large_as_they_can_be() {
        assert_eq!(Scale::largest(30, 5, "PASS"), Some(Scale::Whole(1)));
        assert_eq!(Scale::largest(60, 10, "PASS"), Some(Scale::Whole(2)));
        assert_eq!(Scale::largest(29, 5, "PASS"), Some(Scale::Half));
        assert_eq!(Scale::largest(14, 5, "PASS"), None);
        assert_eq!(Scale::largest(80, 2, "PASS"), None);
        assert_eq!(Scale::largest(80, 24, ""), None);
    }

    #[test]
    fn a_word_can_be_read() {
        let small: Vec<String> = (0..3).map(|number| line(b"FAIL", Scale::Half, number)).collect();
        assert_eq!(small, ["█▀▀ ▄▀▄ ▀█▀ █  ", "█▀  █▀█  █  █  ", "▀   ▀ ▀ ▀▀▀ ▀▀▀"]);
        assert_eq!(line(b"L", Scale::Whole(1), 4), "██████");
    }
}
