//! Whatever a module says: no panic, the same frames however it is split, only printable text comes out.

#![no_main]

use at::{Command, Decoder, Expect, Frame, Prompt};
use libfuzzer_sys::fuzz_target;

fn decoder(kind: u8) -> Decoder {
    let mut decoder = Decoder::default();
    decoder.sent(&Command::plain("AT+CSQ"));
    decoder.expect(match kind % 4 {
        0 => Expect::Lines,
        1 => Expect::Acks,
        2 => Expect::Prompt(Prompt::Angle),
        _ => Expect::Prompt(Prompt::Connect),
    });
    decoder
}

fuzz_target!(|input: (u8, u16, Vec<u8>)| {
    let (kind, cut, bytes) = input;
    let whole = decoder(kind).push(&bytes);
    let (head, tail) = bytes.split_at(usize::from(cut).min(bytes.len()));
    let mut split = decoder(kind);
    let mut parts = split.push(head);
    parts.extend(split.push(tail));
    assert_eq!(whole, parts);
    for frame in whole {
        if let Frame::Line(line) = frame {
            assert!(line.text().chars().all(|c| c == ' ' || c.is_ascii_graphic() || c == '\u{fffd}'));
            assert!(line.fields().len() <= at::LINE_LIMIT);
        }
    }
});
