//! What a FOTA procedure is made of, and the pure machine that runs it.
//!
//! A family writes a [`Plan`]: steps as data, in the order of its vendor's note. The [`Machine`] runs it: inputs and
//! the time go in, [`Output`]s come out. It owns no clock, no port and no task, so one procedure runs unchanged on a
//! real port, on a PTY and in memory. It must never send anything but the family's probes past the point of no
//! return, never a trigger before its checkpoint is on disk, and nothing but the file's bytes in data mode.
//!
//! ```
//! use at::{Command, Masker};
//! use events::Phase;
//! use procedure::{Ask, End, Input, Machine, Output, Plan, Role, Step};
//!
//! let ask = Ask::new(Command::plain("AT+CFSTERM"), 5_000);
//! let plan = Plan { steps: vec![Step::new(Phase::Deliver, "SIM7000 note, 5.2.3", ask)], ..Plan::default() };
//! let mut machine = Machine::new(plan, Masker::default());
//! let sent = machine.handle(0, Input::Start);
//! assert!(sent.iter().any(|output| matches!(output, Output::Send(bytes) if bytes == b"AT+CFSTERM\r")));
//! let done = machine.handle(30, Input::Bytes(Role::At, b"\r\nOK\r\n".to_vec()));
//! assert!(matches!(done.last(), Some(Output::Done(end)) if end.end == End::Completed));
//! ```

mod cx;
mod exchange;
mod follow;
mod identity;
mod judge;
mod machine;
mod pace;
mod plan;
mod run;
mod settle;
mod show;
mod upload;

pub use identity::{Identify, Identity, Recognise};
pub use judge::{Judge, Judgement};
pub use machine::{Conclusion, Emission, End, Facts, Input, Machine, Output, Role};
pub use plan::{
    Action, Ask, Block, Content, Expected, FollowUp, Pacing, Plan, Poll, Repeat, Sign, SizeProbe, Step,
    Trigger, Upload, Waits,
};
pub use show::{Row, rows};
