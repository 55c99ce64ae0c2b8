//! Identification, settled: the same well-formed answer twice, 2 s apart (`families.md`, "When is a trigger
//! resolved?").

use at::{Command, Line};

use crate::cx::{Cx, Halt};
use crate::exchange::{Answer, Watch, exchange, exchange_twice, let_late_answers_by, pause, wake};
use crate::identity::{Identify, Identity, imei, revision};

/// Pause between the two answers that must be the same, milliseconds.
const SETTLE_PAUSE_MS: u64 = 2_000;
/// How long a module may take until its answers settle, milliseconds.
const SETTLE_LIMIT_MS: u64 = 60_000;
/// How often a sleeping module is called.
const WAKE_TRIES: u32 = 8;
/// How long each call waits, milliseconds.
const WAKE_MS: u64 = 1_500;

/// What an identification found.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    /// The same well-formed answer twice.
    Settled(Identity),
    /// It answers, but not the same or not well-formed; what it answered last.
    Unsettled(Identity),
    /// It does not answer.
    Silent,
}

/// Asks who is there until the answer is settled.
pub(crate) async fn identify(cx: &Cx, how: &Identify, watch: &mut dyn Watch) -> Result<Found, Halt> {
    if !wake(cx, WAKE_TRIES, WAKE_MS, watch).await? {
        return Ok(Found::Silent);
    }
    exchange(cx, &Command::plain("ATE0"), how.command_ms, watch).await?;
    let until_ms = cx.now_ms() + SETTLE_LIMIT_MS;
    let Some(mut last) = who(cx, how, watch).await? else { return Ok(Found::Silent) };
    loop {
        pause(cx, SETTLE_PAUSE_MS, "the answers to settle", watch).await?;
        let Some(next) = who(cx, how, watch).await? else { return Ok(Found::Silent) };
        let complete = next.well_formed() || (next.family.is_none() && !next.model.is_empty());
        if next == last && complete {
            return Ok(Found::Settled(next));
        }
        if cx.now_ms() >= until_ms {
            return Ok(Found::Unsettled(next));
        }
        last = next;
    }
}

/// One round of questions; `None` when it fell silent.
async fn who(cx: &Cx, how: &Identify, watch: &mut dyn Watch) -> Result<Option<Identity>, Halt> {
    let Some(about) = lines(cx, how, &Command::plain("ATI"), watch).await? else { return Ok(None) };
    let Some(mut named) = lines(cx, how, &Command::plain("AT+CGMM"), watch).await? else { return Ok(None) };
    named.extend(about.iter().cloned());
    let model = how.model(&named);
    let Some(serial) = lines(cx, how, &Command::plain("AT+CGSN"), watch).await? else { return Ok(None) };
    let mut identity =
        Identity { family: None, model, imei: imei(&serial), revision: String::new(), full_revision: None };
    let Some(known) = how.recognise(&identity.model) else { return Ok(Some(identity)) };
    identity.family = Some(known.family);
    for command in &known.revision {
        let Some(told) = lines(cx, how, command, watch).await? else { return Ok(None) };
        identity.revision = revision(&told);
        if !identity.revision.is_empty() {
            break;
        }
    }
    if let Some(command) = &known.full_revision {
        let Some(told) = lines(cx, how, command, watch).await? else { return Ok(None) };
        identity.full_revision = Some(revision(&told)).filter(|full| !full.is_empty());
    }
    Ok(Some(identity))
}

/// The lines of an answer, an error's too; `None` for silence.
async fn lines(
    cx: &Cx,
    how: &Identify,
    command: &Command,
    watch: &mut dyn Watch,
) -> Result<Option<Vec<Line>>, Halt> {
    let mut answer = exchange_twice(cx, command, how.command_ms, watch).await?;
    if answer == Answer::Ok(Vec::new()) {
        // Only `OK`: that was the late answer to something else.
        let_late_answers_by(cx, watch).await?;
        answer = exchange_twice(cx, command, how.command_ms, watch).await?;
    }
    Ok(match answer {
        Answer::Ok(lines) => Some(lines),
        Answer::Error(..) => Some(Vec::new()),
        Answer::Silent => None,
    })
}
