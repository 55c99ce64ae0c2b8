//! Frames from bytes: every spelling that `families.md` names, and the same frames however the bytes are split.

use at::{Command, Decoder, Expect, Final, Frame, LINE_LIMIT, Line, Prompt};
use proptest::prelude::*;

fn line(text: &str) -> Frame {
    Frame::Line(Line::parse(text))
}

fn decode(bytes: &[u8]) -> Vec<Frame> {
    Decoder::default().push(bytes)
}

#[test]
fn echo_on_and_echo_off_give_the_same_answer() {
    let command = Command::plain("AT+CSQ");
    let answer = [line("+CSQ: 27,99"), Frame::Final(Final::Ok)];
    let mut echoing = Decoder::default();
    echoing.sent(&command);
    let frames = echoing.push(b"AT+CSQ\r\r\n+CSQ: 27,99\r\n\r\nOK\r\n");
    assert_eq!((&frames[0], &frames[1..]), (&Frame::Echo, &answer[..]));
    let mut silent = Decoder::default();
    silent.sent(&command);
    assert_eq!(silent.push(b"\r\n+CSQ: 27,99\r\n\r\nOK\r\n"), answer);
}

#[test]
fn an_echo_that_never_came_is_not_waited_for_after_the_final_result() {
    let mut decoder = Decoder::default();
    decoder.sent(&Command::plain("AT"));
    assert_eq!(decoder.push(b"OK\r\nAT\r\n"), [Frame::Final(Final::Ok), line("AT")]);
}

#[test]
fn errors_in_all_three_spellings() {
    for (text, detail) in [
        ("ERROR", None),
        ("+CME ERROR: 3", Some("3")),
        ("+CME ERROR: operation not allowed", Some("operation not allowed")),
        ("+CMS ERROR: 500", Some("500")),
    ] {
        let frames = decode(format!("\r\n{text}\r\n").as_bytes());
        assert_eq!(frames, [Frame::Final(Final::Error(detail.map(str::to_owned)))], "{text}");
    }
}

#[test]
fn unsolicited_lines_inside_an_answer_stay_lines() {
    let frames = decode(b"+CSQ: 1,99\r\n+QIND: SMS DONE\r\nRDY\r\nOK\r\n");
    assert_eq!(frames, [line("+CSQ: 1,99"), line("+QIND: SMS DONE"), line("RDY"), Frame::Final(Final::Ok)]);
}

#[test]
fn two_urcs_on_one_line_are_two_c24() {
    assert_eq!(
        decode(b"+QIND: \"FOTA\",\"UPDATING\", 1 +QIND: \"FOTA\",\"UPDATING\", 2\r\n"),
        [line("+QIND: \"FOTA\",\"UPDATING\", 1"), line("+QIND: \"FOTA\",\"UPDATING\", 2")]
    );
    assert_eq!(decode(b"+COPS: 0,0,\"a +QIND: b\",8\r\n"), [line("+COPS: 0,0,\"a +QIND: b\",8")]);
}

#[test]
fn prompts_are_recognised_only_when_expected() {
    let mut decoder = Decoder::default();
    decoder.expect(Expect::Prompt(Prompt::Angle));
    assert_eq!(decoder.push(b"\r\n>"), [Frame::Prompt(Prompt::Angle)]);
    assert_eq!(decoder.push(b"\r\nOK\r\n"), [Frame::Final(Final::Ok)]);
    decoder.expect(Expect::Prompt(Prompt::Download));
    assert_eq!(
        decoder.push(b"OK\r\nDOWNLOAD\r\n"),
        [Frame::Final(Final::Ok), Frame::Prompt(Prompt::Download)]
    );
    assert_eq!(decoder.push(b"DOWNLOAD\r\n>\r\n"), [line("DOWNLOAD"), line(">")]);
}

#[test]
fn acks_come_without_line_ends() {
    let mut decoder = Decoder::default();
    decoder.expect(Expect::Acks);
    let frames = decoder.push(b"AAA\r\n+QFUPL: 3000,b34A\r\nOK\r\n");
    assert_eq!(frames[..3], [Frame::Ack, Frame::Ack, Frame::Ack]);
    assert_eq!(frames[3..], [line("+QFUPL: 3000,b34A"), Frame::Final(Final::Ok)]);
}

#[test]
fn a_megabyte_without_a_line_end_costs_one_line_and_one_frame() {
    let mut decoder = Decoder::default();
    let mut frames = Vec::new();
    for _ in 0..1024 {
        frames.extend(decoder.push(&[b'x'; 1024]));
    }
    frames.extend(decoder.push(b"\r\nOK\r\n"));
    assert_eq!(frames, [Frame::Overlong, Frame::Final(Final::Ok)]);
    const { assert!(LINE_LIMIT <= 4096) };
}

#[test]
fn boot_loader_lines_may_end_lf_cr_amid_garbage() {
    let frames = decode(b"\xff\x00\xfe\n\r+FOTA: patch ratio: 3\n\rUpdate done, reboot now ...\n\r");
    assert_eq!(frames[1..], [line("+FOTA: patch ratio: 3"), line("Update done, reboot now ...")]);
}

/// What a module may say, and noise.
fn speech() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\r\nOK\r\n".to_vec()),
        Just(b"+CME ERROR: 3\r\n".to_vec()),
        Just(b"+QIND: \"FOTA\",\"END\",0+QIND: \"FOTA\",\"START\"\r\n".to_vec()),
        Just(b"AT+CSQ\r\r\n".to_vec()),
        Just(b"\r\n> ".to_vec()),
        Just(b"DOWNLOAD\r\n".to_vec()),
        Just(b"AAAA".to_vec()),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn expectations() -> impl Strategy<Value = Expect> {
    prop_oneof![
        Just(Expect::Lines),
        Just(Expect::Acks),
        Just(Expect::Prompt(Prompt::Angle)),
        Just(Expect::Prompt(Prompt::Download)),
    ]
}

proptest! {
    #[test]
    fn any_split_gives_the_same_frames(bytes in speech(), expect in expectations(), cuts in prop::collection::vec(1usize..20, 0..60)) {
        let decoder = || {
            let mut decoder = Decoder::default();
            decoder.sent(&Command::plain("AT+CSQ"));
            decoder.expect(expect);
            decoder
        };
        let whole = decoder().push(&bytes);
        let (mut split, mut rest, mut parts) = (decoder(), &bytes[..], Vec::new());
        for cut in cuts {
            let (head, tail) = rest.split_at(cut.min(rest.len()));
            parts.extend(split.push(head));
            rest = tail;
        }
        parts.extend(split.push(rest));
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn whatever_comes_out_is_printable(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for frame in decode(&bytes) {
            if let Frame::Line(line) = frame {
                let harmless = |c: char| c == ' ' || c.is_ascii_graphic() || c == '\u{fffd}';
                prop_assert!(line.text().chars().all(harmless));
                prop_assert!(line.fields().iter().all(|field| field.text().chars().all(harmless)));
            }
        }
    }
}
