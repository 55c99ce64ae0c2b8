//! AT: bytes to frames and back. Lines, final results, prompts and raw phases on the way in; commands that
//! cannot be malformed on the way out; secrets masked both ways.
//!
//! It does no I/O, reads no clock and never panics on input. What a module says is bounded and stripped of control
//! bytes here, before anybody else sees it.
//!
//! ```
//! use at::{Command, Decoder, Final, Frame};
//!
//! let mut decoder = Decoder::default();
//! let csq = Command::plain("AT+CSQ");
//! decoder.sent(&csq);
//! let frames = decoder.push(b"AT+CSQ\r\r\n+CSQ: 27,99\r\n\r\nOK\r\n");
//! let Frame::Line(line) = &frames[1] else { panic!() };
//! assert_eq!((line.name(), line.int(0)), (Some("+CSQ"), Some(27)));
//! assert_eq!(frames[2], Frame::Final(Final::Ok));
//! ```

mod command;
mod decoder;
mod line;
mod mask;

pub use command::{Builder, Command, ParameterError, Reason};
pub use decoder::{Decoder, Expect, Final, Frame, LINE_LIMIT, Prompt};
pub use line::{Field, Line};
pub use mask::{MASK, Masker, printable};
