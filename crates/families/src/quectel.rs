//! What AG35 and BG96 have in common: the port of the unsolicited results, files through the port.

use at::{Command, Line, Prompt};
use events::{Phase, What};
use procedure::{Ask, Block, Content, Judge, Judgement, Pacing, Step, Upload};

use crate::job::{Job, Unfit, s};

/// Time-out of `QFUPL`, seconds: so long the module waits for bytes.
const UPLOAD_TIMEOUT_S: u32 = 60;
/// Bytes for which the module sends one `A`.
const ACK_BYTES: u64 = 1024;

// The port of the unsolicited results: `usbat` on a USB slot, `uart1` on a UART slot, never the other way round: it is
// stored. Put back in cleanup.

/// Reads it, for the survey.
pub(crate) fn read_urc_port(source: &'static str, command_ms: u64) -> Step {
    let command = Command::plain("AT+QURCCFG=\"urcport\"");
    Step::new(Phase::Preflight, source, Ask::new(command, command_ms).kept("urcport"))
}

fn wanted_urc_port(job: &Job) -> &'static str {
    if job.usb { "usbat" } else { "uart1" }
}

fn found_urc_port(job: &Job) -> Option<&str> {
    let line = job.kept("urcport", "+QURCCFG")?;
    line.field(1).filter(|port| *port != wanted_urc_port(job))
}

fn urc_port(job: &Job, port: &str) -> Result<Ask, Unfit> {
    let command = Command::set("AT+QURCCFG").literal("urcport").quoted("urcport", port, 16).build()?;
    Ok(Ask::new(command, job.settings.deadlines.command_ms))
}

/// Sets it, where it is another one.
pub(crate) fn set_urc_port(source: &'static str, job: &Job) -> Result<Option<Step>, Unfit> {
    let Some(_) = found_urc_port(job) else { return Ok(None) };
    Ok(Some(Step::new(Phase::Preflight, source, urc_port(job, wanted_urc_port(job))?)))
}

/// Puts it back.
pub(crate) fn restore_urc_port(source: &'static str, job: &Job) -> Result<Option<Step>, Unfit> {
    let Some(port) = found_urc_port(job) else { return Ok(None) };
    Ok(Some(Step::new(Phase::Cleanup, source, urc_port(job, port)?.or_not())))
}

/// Deletes the file `name`; any answer will do.
pub(crate) fn delete(phase: Phase, source: &'static str, job: &Job, name: &str) -> Result<Step, Unfit> {
    let command = Command::set("AT+QFDEL").quoted("filename", name, 80).build()?;
    Ok(Step::new(phase, source, Ask::new(command, job.settings.deadlines.command_ms).or_not()))
}

/// Sends `content` through the port into the file `name`: `QFUPL` with acknowledgements. A refusal means `refused`.
pub(crate) fn upload(
    phase: Phase,
    source: &'static str,
    job: &Job,
    name: &str,
    content: Content,
    refused: What,
) -> Result<Step, Unfit> {
    let bytes = content.bytes().unwrap_or(&job.file);
    let (length, checksum) = (bytes.len() as u64, checksum(bytes));
    let command = Command::set("AT+QFUPL")
        .quoted("filename", name, 80)
        .number(length)
        .number(UPLOAD_TIMEOUT_S)
        .number(1u8)
        .build()?;
    let upload = Upload {
        content,
        blocks: vec![Block { command, offset: 0, length }],
        prompt: Prompt::Connect,
        pacing: Pacing { chunk_bytes: ACK_BYTES, bytes_per_s: None },
        ack_bytes: Some(ACK_BYTES),
        judge: Some(uploaded(length, checksum)),
        data_mode_ms: s(u64::from(UPLOAD_TIMEOUT_S)),
        own_port: job.usb,
        idle_ms: s(u64::from(UPLOAD_TIMEOUT_S) + 5),
        size: None,
        otherwise: refused,
    };
    Ok(Step::new(phase, source, upload))
}

/// `+QFUPL: <size>,<hex checksum>`, hex in either case.
fn uploaded(size: u64, checksum: u16) -> Judge {
    Judge::new(format!("+QFUPL: {size},{checksum:x}"), move |line| {
        if !line.is("+QFUPL") {
            return None;
        }
        let told = line.field(1).and_then(|hex| u16::from_str_radix(hex.trim(), 16).ok());
        let whole = line.int(0).and_then(|size| u64::try_from(size).ok()) == Some(size);
        Some(match (whole, told) {
            (true, Some(told)) if told == checksum => Judgement::Good,
            (false, _) => Judgement::Bad(What::Size, format!("{}, but {size} bytes were sent", line.text())),
            (true, _) => {
                Judgement::Bad(What::Checksum, format!("{}, but it should be {checksum:x}", line.text()))
            }
        })
    })
}

/// The checksum of `QFUPL`: XOR of big-endian 16-bit words, an odd last byte being the high byte.
pub(crate) fn checksum(bytes: &[u8]) -> u16 {
    bytes.chunks(2).fold(0, |sum, pair| {
        let low = pair.get(1).copied().unwrap_or_default();
        sum ^ u16::from_be_bytes([pair[0], low])
    })
}

/// `+QFLST: "UFS:<name>",<size>` gives the package's size.
pub(crate) fn listed(source: &'static str, job: &Job, name: &str) -> Result<Step, Unfit> {
    let command = Command::set("AT+QFLST").quoted("filename", name, 80).build()?;
    let size = i64::try_from(job.package.size).unwrap_or(i64::MAX);
    let whole = Judge::line("+QFLST", format!("{} bytes", job.package.size), move |line: &Line| {
        line.int(1) == Some(size)
    });
    let ask = Ask::new(command, job.settings.deadlines.command_ms).expecting(whole).or(What::Size);
    Ok(Step::new(Phase::Deliver, source, ask))
}

#[cfg(test)]
mod tests {
    use at::Line;
    use events::What;
    use procedure::Judgement;

    use super::{checksum, uploaded};

    #[test]
    fn checksum_as_families_md_gives_it() {
        assert_eq!(checksum(&[0x12, 0x34, 0x56]), 0x4434);
        assert_eq!(checksum(b"123456789"), 0x3908);
        assert_eq!(checksum(b"abc"), 0x0262);
        assert_eq!(checksum(b""), 0);
    }

    #[test]
    fn hex_in_either_case_and_every_difference_is_bad() {
        let judge = uploaded(3000, 0xb34a);
        let says = |text: &str| judge.test(&Line::parse(text));
        assert_eq!(says("+QFUPL: 3000,b34a"), Some(Judgement::Good));
        assert_eq!(says("+QFUPL: 3000,B34A"), Some(Judgement::Good));
        assert!(matches!(says("+QFUPL: 2999,b34a"), Some(Judgement::Bad(What::Size, _))));
        assert!(matches!(says("+QFUPL: 3000,b34b"), Some(Judgement::Bad(What::Checksum, _))));
        assert_eq!(says("OK"), None);
    }
}
