//! Bytes to frames: the same frames however the bytes are split.

use crate::command::Command;
use crate::line::Line;

/// The longest line that is kept, in bytes. What is longer is dropped whole and costs one [`Frame::Overlong`].
pub const LINE_LIMIT: usize = 2048;

/// A final result: the answer to a command is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Final {
    /// `OK`.
    Ok,
    /// `ERROR`, or `+CME ERROR: …` / `+CMS ERROR: …` with its number or text: all of them are errors.
    Error(Option<String>),
}

/// What a module prints when it wants raw bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// `>` without a line end (`LFOTA`).
    Angle,
    /// `CONNECT` (`QFUPL`).
    Connect,
    /// `DOWNLOAD` (`CFSWFILE`).
    Download,
}

impl Prompt {
    /// As the module prints it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Angle => ">",
            Self::Connect => "CONNECT",
            Self::Download => "DOWNLOAD",
        }
    }
}

/// What, beside lines, is to be recognised at the beginning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Expect {
    /// Nothing.
    #[default]
    Lines,
    /// A prompt; recognised once.
    Prompt(Prompt),
    /// `A` bytes, one for each block received (`QFUPL` with acknowledgements).
    Acks,
}

/// A piece of what the module says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The echo of the command last sent.
    Echo,
    /// A line: part of an answer, or unsolicited.
    Line(Line),
    /// The end of an answer.
    Final(Final),
    /// The prompt that was expected.
    Prompt(Prompt),
    /// One acknowledgement.
    Ack,
    /// A line longer than [`LINE_LIMIT`] was dropped.
    Overlong,
}

/// Takes bytes, gives frames. Holds at most one line.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    skipping: bool,
    expect: Expect,
    echo: Option<String>,
}

impl Decoder {
    /// `command` is about to go out: its echo is dropped when it comes.
    pub fn sent(&mut self, command: &Command) {
        self.echo = Some(command.text().to_owned());
    }

    /// Sets what is recognised at the beginning of a line from now on.
    pub fn expect(&mut self, expect: Expect) {
        self.expect = expect;
    }

    /// Drops what is left of a line, as after a port loss.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// The frames that `bytes` complete.
    pub fn push(&mut self, mut bytes: &[u8]) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Some((&byte, rest)) = bytes.split_first() {
            if ends_line(byte) {
                self.end_of_line(&mut frames);
                bytes = rest;
            } else if self.buffer.is_empty()
                && !self.skipping
                && (byte == b' ' || self.at_line_start(byte, &mut frames))
            {
                bytes = rest;
            } else {
                let (text, rest) =
                    bytes.split_at(bytes.iter().copied().position(ends_line).unwrap_or(bytes.len()));
                self.text(text, &mut frames);
                bytes = rest;
            }
        }
        frames
    }

    /// More of the line under way.
    fn text(&mut self, text: &[u8], frames: &mut Vec<Frame>) {
        if self.skipping {
            return;
        }
        if self.buffer.len() + text.len() > LINE_LIMIT {
            self.buffer.clear();
            self.skipping = true;
            frames.push(Frame::Overlong);
        } else {
            self.buffer.extend_from_slice(text);
        }
    }

    /// Whether `byte` was a frame of its own at the beginning of a line.
    fn at_line_start(&mut self, byte: u8, frames: &mut Vec<Frame>) -> bool {
        match self.expect {
            Expect::Prompt(Prompt::Angle) if byte == b'>' => {
                self.expect = Expect::Lines;
                frames.push(Frame::Prompt(Prompt::Angle));
                true
            }
            Expect::Acks if byte == b'A' => {
                frames.push(Frame::Ack);
                true
            }
            Expect::Lines | Expect::Prompt(_) | Expect::Acks => false,
        }
    }

    fn end_of_line(&mut self, frames: &mut Vec<Frame>) {
        self.skipping = false;
        if self.buffer.is_empty() {
            return;
        }
        let mut line = std::mem::take(&mut self.buffer);
        let text = String::from_utf8_lossy(&line);
        if self.echo.as_deref() == Some(text.trim()) {
            self.echo = None;
            frames.push(Frame::Echo);
        } else {
            for part in split_urcs(&text) {
                let frame = self.classify(part.trim());
                frames.push(frame);
            }
        }
        line.clear();
        self.buffer = line;
    }

    fn classify(&mut self, text: &str) -> Frame {
        if let Expect::Prompt(prompt) = self.expect
            && text == prompt.text()
        {
            self.expect = Expect::Lines;
            return Frame::Prompt(prompt);
        }
        if let Some(result) = final_result(text) {
            self.echo = None;
            return Frame::Final(result);
        }
        Frame::Line(Line::parse(text))
    }
}

fn ends_line(byte: u8) -> bool {
    byte == b'\r' || byte == b'\n'
}

/// `text` as a final result, in each of the spellings (`families.md`, "For every family", 5).
fn final_result(text: &str) -> Option<Final> {
    match text {
        "OK" => return Some(Final::Ok),
        "ERROR" => return Some(Final::Error(None)),
        _ => {}
    }
    let detail = text.strip_prefix("+CME ERROR").or_else(|| text.strip_prefix("+CMS ERROR"))?;
    let detail = detail.trim_start_matches([':', ' ']);
    Some(Final::Error(Some(crate::mask::printable(detail, 80))))
}

/// Splits a line before each `+NAME:` outside quotes: two unsolicited results can stand on one line (C24).
fn split_urcs(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut parts = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for place in 0..bytes.len() {
        match bytes[place] {
            b'"' => quoted = !quoted,
            b'+' if !quoted && place > start && begins_urc(&bytes[place..]) => {
                parts.push(&text[start..place]);
                start = place;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// Whether `bytes` begin with `+NAME:`, the name of two or more capitals and digits.
fn begins_urc(bytes: &[u8]) -> bool {
    let name = bytes[1..].iter().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit()).count();
    name >= 2 && bytes[1].is_ascii_uppercase() && bytes.get(1 + name) == Some(&b':')
}
