//! The package's bytes through the port. While the module counts raw bytes nothing but the file's bytes is sent
//! (`families.md`, "Data mode").

use at::{Command, Expect, Final, Frame};
use events::{Checkpoint, What};

use crate::cx::{Cx, DataMode, Halt, Happening};
use crate::exchange::{Answer, Plain, Watch, exchange_twice, pause, wake};
use crate::judge::Judgement;
use crate::machine::{Emission, Output};
use crate::pace::Pace;
use crate::plan::{Block, Upload};

/// How often one block is sent again before the upload starts over.
const BLOCK_TRIES: u32 = 3;

impl Upload {
    fn data_mode(&self) -> DataMode {
        DataMode { timeout_ms: self.data_mode_ms, own_port: self.own_port }
    }
}

/// What became of one block.
enum Fate {
    Taken,
    /// The module answered with an error, or with nothing; why.
    NotTaken(Halt),
}

/// Runs an [`Upload`].
pub(crate) async fn upload(cx: &Cx, upload: &Upload) -> Result<(), Halt> {
    let total = upload.blocks.iter().map(|block| block.length).sum();
    let checkpoint = Checkpoint::DataMode { timeout_ms: upload.data_mode_ms };
    cx.record(checkpoint).await.map_err(|error| cx.halt(What::Record, error))?;
    cx.set_data_mode(Some(upload.data_mode()));
    let mut arrived = 0;
    for block in &upload.blocks {
        arrived = send_block(cx, upload, block, arrived).await?;
        cx.emit(Emission::Progress { phase: cx.phase(), done: arrived, total });
    }
    end_data_mode(cx).await
}

/// Sends one block until it has arrived; the size of the file on the module afterwards.
async fn send_block(cx: &Cx, upload: &Upload, block: &Block, arrived: u64) -> Result<u64, Halt> {
    let mut tries = 1;
    loop {
        let halt = match one_try(cx, upload, block).await? {
            Fate::Taken => return Ok(arrived + block.length),
            Fate::NotTaken(halt) => halt,
        };
        let (Some(_), true) = (&upload.size, tries < BLOCK_TRIES) else { return Err(halt) };
        tries += 1;
        match size_on_module(cx, upload).await? {
            Some(size) if size == arrived + block.length => return Ok(size),
            Some(size) if size == arrived => {}
            Some(_) | None => return Err(halt),
        }
    }
}

/// The size of the file on the module, asked once it counts bytes no more.
async fn size_on_module(cx: &Cx, upload: &Upload) -> Result<Option<u64>, Halt> {
    let Some(probe) = &upload.size else { return Ok(None) };
    leave_data_mode(cx, &mut Plain).await?;
    let answer = exchange_twice(cx, &probe.command, upload.idle_ms, &mut Plain).await?;
    cx.set_data_mode(Some(upload.data_mode()));
    Ok(match answer {
        Answer::Ok(lines) => lines.iter().find_map(|line| (probe.read)(line)),
        Answer::Error(..) | Answer::Silent => None,
    })
}

async fn one_try(cx: &Cx, upload: &Upload, block: &Block) -> Result<Fate, Halt> {
    cx.expect(Expect::Prompt(upload.prompt));
    cx.send(&block.command);
    let refused = prompt(cx, upload, &block.command).await?;
    if let Some(halt) = refused {
        cx.expect(Expect::Lines);
        return Ok(Fate::NotTaken(halt));
    }
    if upload.ack_bytes.is_some() {
        cx.expect(Expect::Acks);
    }
    let fate = bytes_and_result(cx, upload, block).await;
    cx.expect(Expect::Lines);
    fate
}

/// Waits for the prompt; `Some` when the module refused instead. An `OK` may come before it.
async fn prompt(cx: &Cx, upload: &Upload, command: &Command) -> Result<Option<Halt>, Halt> {
    let at_ms = cx.now_ms() + upload.idle_ms;
    loop {
        let happening = cx.next(at_ms, "the prompt for the file's bytes").await;
        Plain.see(cx, &happening)?;
        if let Happening::Frame(Frame::Prompt(_)) = happening {
            return Ok(None);
        }
        if let Happening::Frame(Frame::Final(Final::Error(detail))) = happening {
            // It was refused before a byte was asked for: there is no data mode to wait for.
            cx.set_data_mode(None);
            let detail = detail.unwrap_or_else(|| "ERROR".to_owned());
            let fault = cx.fault(upload.otherwise, format!("{command} was answered: {detail}"));
            return Ok(Some(refusal(cx, fault)));
        }
        if let Happening::Timeout = happening {
            let message = format!("no {} after {command}", upload.prompt.text());
            return Ok(Some(cx.halt(What::Silent, message)));
        }
    }
}

/// Past the checkpoint an error in answer to the transfer means that nothing was started (rule 2).
fn refusal(cx: &Cx, fault: events::Fault) -> Halt {
    if cx.past_no_return() { Halt::Refused(fault) } else { Halt::Fault(fault) }
}

/// What has come while the bytes went out.
#[derive(Default)]
struct Heard {
    acks: u64,
    ended: Option<Final>,
    judged: Option<Judgement>,
}

impl Heard {
    fn take(&mut self, upload: &Upload, happening: &Happening) {
        if let Happening::Frame(Frame::Ack) = happening {
            self.acks += 1;
        } else if let Happening::Frame(Frame::Final(end)) = happening {
            self.ended = Some(end.clone());
        } else if let Happening::Frame(Frame::Line(line)) = happening
            && let Some(judgement) = upload.judge.as_ref().and_then(|judge| judge.test(line))
        {
            self.judged = Some(judgement);
        }
    }

    fn complete(&self, upload: &Upload) -> bool {
        match &self.ended {
            Some(Final::Error(_)) => true,
            Some(Final::Ok) => upload.judge.is_none() || self.judged.is_some(),
            None => false,
        }
    }
}

async fn bytes_and_result(cx: &Cx, upload: &Upload, block: &Block) -> Result<Fate, Halt> {
    let mut heard = Heard::default();
    let mut pace =
        upload.pacing.bytes_per_s.map(|rate| Pace::new(cx.now_ms(), rate, upload.pacing.chunk_bytes));
    let mut sent = 0;
    while sent < block.length && heard.ended.is_none() {
        let length = upload.pacing.chunk_bytes.clamp(1, block.length - sent);
        cx.output(piece(upload, block.offset + sent, length));
        if let Some(halt) = written(cx, upload, &mut heard).await? {
            return Ok(Fate::NotTaken(halt));
        }
        sent += length;
        let wanted = upload.ack_bytes.map_or(0, |each| sent / each);
        if let Some(halt) = acknowledged(cx, upload, &mut heard, wanted).await? {
            return Ok(Fate::NotTaken(halt));
        }
        if let Some(pace) = &mut pace {
            rest(cx, upload, &mut heard, pace.next_ms(cx.now_ms(), sent)).await?;
        }
        cx.emit(Emission::Progress { phase: cx.phase(), done: block.offset + sent, total: 0 });
    }
    if sent < block.length && heard.ended == Some(Final::Ok) {
        // The answer of another program's command, or bytes of another program were counted: nobody knows.
        let message = format!("OK after {sent} of the {} bytes of {}", block.length, block.command);
        return Ok(Fate::NotTaken(cx.halt(What::Block, message)));
    }
    result(cx, upload, block, heard).await
}

/// The output for `length` bytes from `offset`.
fn piece(upload: &Upload, offset: u64, length: u64) -> Output {
    let Some(bytes) = upload.content.bytes() else { return Output::SendFile { offset, length } };
    let at = |place: u64| usize::try_from(place).unwrap_or(usize::MAX).min(bytes.len());
    Output::SendBytes(bytes.slice(at(offset)..at(offset + length)))
}

/// Waits until the piece has been written.
async fn written(cx: &Cx, upload: &Upload, heard: &mut Heard) -> Result<Option<Halt>, Halt> {
    let at_ms = cx.now_ms() + upload.idle_ms;
    loop {
        let happening = cx.next(at_ms, "the port to take the file's bytes").await;
        Plain.see(cx, &happening)?;
        heard.take(upload, &happening);
        if matches!(happening, Happening::Sent) {
            return Ok(None);
        }
        if matches!(happening, Happening::Timeout) {
            return Ok(Some(cx.halt(What::Block, "the port takes no bytes")));
        }
    }
}

/// Waits for the acknowledgements of whole blocks; a final partial block's is not required.
async fn acknowledged(
    cx: &Cx,
    upload: &Upload,
    heard: &mut Heard,
    wanted: u64,
) -> Result<Option<Halt>, Halt> {
    let at_ms = cx.now_ms() + upload.idle_ms;
    while heard.acks < wanted && heard.ended.is_none() {
        let happening = cx.next(at_ms, "the acknowledgement of a block").await;
        Plain.see(cx, &happening)?;
        heard.take(upload, &happening);
        if let Happening::Timeout = happening {
            let message = format!("{} of {wanted} blocks were acknowledged", heard.acks);
            return Ok(Some(cx.halt(What::Block, message)));
        }
    }
    Ok(None)
}

/// The pause after a piece, so that the line's rate is not exceeded.
async fn rest(cx: &Cx, upload: &Upload, heard: &mut Heard, at_ms: u64) -> Result<(), Halt> {
    while cx.now_ms() < at_ms {
        let happening = cx.next(at_ms, "the line's rate").await;
        Plain.see(cx, &happening)?;
        heard.take(upload, &happening);
    }
    Ok(())
}

/// Waits for what the module says after the last byte.
async fn result(cx: &Cx, upload: &Upload, block: &Block, mut heard: Heard) -> Result<Fate, Halt> {
    let at_ms = cx.now_ms() + upload.idle_ms;
    while !heard.complete(upload) {
        let happening = cx.next(at_ms, "the answer after the file's bytes").await;
        Plain.see(cx, &happening)?;
        heard.take(upload, &happening);
        if let Happening::Timeout = happening {
            let message = format!("no answer after the bytes of {}", block.command);
            return Ok(Fate::NotTaken(cx.halt(What::Block, message)));
        }
    }
    match (heard.ended, heard.judged) {
        (Some(Final::Error(detail)), _) => {
            cx.set_data_mode(None);
            let detail = detail.unwrap_or_else(|| "ERROR".to_owned());
            let fault =
                cx.fault(What::Block, format!("the bytes after {} were answered: {detail}", block.command));
            Ok(Fate::NotTaken(refusal(cx, fault)))
        }
        (_, Some(Judgement::Bad(what, detail))) => Ok(Fate::NotTaken(cx.halt(what, detail))),
        _ => Ok(Fate::Taken),
    }
}

/// Says on record that the module counts bytes no more.
async fn end_data_mode(cx: &Cx) -> Result<(), Halt> {
    cx.set_data_mode(None);
    cx.record(Checkpoint::DataModeOver).await.map_err(|error| cx.halt(What::Record, error))
}

/// Nothing is sent until the module's own time-out has passed, or the loss of its own port proves a reboot; then command
/// and answer are brought into step again.
async fn leave_data_mode(cx: &Cx, watch: &mut dyn Watch) -> Result<(), Halt> {
    if let Some(DataMode { timeout_ms, .. }) = cx.data_mode() {
        cx.note(
            events::Level::Info,
            format!("nothing is sent for {} s: the module may still count bytes", timeout_ms / 1000),
        );
        pause(cx, timeout_ms + MARGIN_MS, "the module's own time-out for raw bytes", watch).await?;
        if cx.port_up() {
            wake(cx, AWAKE_TRIES, AWAKE_MS, watch).await?;
        }
    }
    Ok(())
}

/// Added to the module's time-out, milliseconds: a byte that comes just before it would begin it anew.
const MARGIN_MS: u64 = 10_000;
const AWAKE_TRIES: u32 = 5;
const AWAKE_MS: u64 = 2_000;

/// Only a lost port that proves a reboot ends the silence; a cancel does not.
struct Deaf {
    own_port: bool,
}

impl Watch for Deaf {
    fn see(&mut self, _: &Cx, happening: &Happening) -> Result<(), Halt> {
        let rebooted = self.own_port && matches!(happening, Happening::PortLost);
        if rebooted { Err(Halt::Lost) } else { Ok(()) }
    }
}

/// After an upload that ended otherwise than it should: see [`leave_data_mode`].
pub(crate) async fn drain(cx: &Cx) {
    let Some(DataMode { own_port, .. }) = cx.data_mode() else { return };
    let rebooted = own_port && !cx.port_up();
    if !rebooted {
        // A reboot in the meantime ends the silence, too.
        let _rebooted = leave_data_mode(cx, &mut Deaf { own_port }).await;
    }
    cx.set_data_mode(None);
    if let Err(error) = cx.record(Checkpoint::DataModeOver).await {
        cx.note(events::Level::Warning, format!("the end of data mode could not be recorded: {error}"));
    }
}
