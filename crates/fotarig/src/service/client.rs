//! One client of the service, from its hello to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::broadcast::error::TryRecvError;
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::service::conductor::Command;
use crate::service::line_reader::{LineReader, NoLine};
use crate::service::protocol::{
    Answer, CLIENT_LINE_BYTES, Closed, Greeting, Hello, Kind, PROTOCOL, Request, line,
};
use crate::service::relay::{Beginning, Relay, Told};
use crate::service::who::who;

/// A client says what it is within this time.
const HELLO: Duration = Duration::from_secs(5);
/// What is written is taken within this time, a whole snapshot too.
const TAKEN: Duration = Duration::from_secs(10);
/// The last word of the service may be lost.
const LAST_WORD: Duration = Duration::from_millis(200);
/// No client acts more often.
const BETWEEN_ACTIONS: Duration = Duration::from_millis(50);
/// Bytes of a snapshot in one line, and of events in one write.
const PIECE_BYTES: usize = 256 * 1024;
/// The service itself is on its way out.
pub(crate) const ENDS: &str = "the service ends";
/// Answers on their way to a client.
const ANSWERS: usize = 4;

/// What every client shares.
#[derive(Clone)]
pub(crate) struct Room {
    pub(crate) greeting: Greeting,
    pub(crate) relay: Arc<Relay>,
    pub(crate) commands: mpsc::Sender<Command>,
    /// Cancelled when the service ends.
    pub(crate) ending: CancellationToken,
}

/// Talks with a client until it leaves, or is sent away; the text says why.
pub(crate) async fn attend(stream: UnixStream, room: Room) -> String {
    let by = who(&stream);
    let (read, mut write) = stream.into_split();
    let why = tokio::select! {
        ended = converse(read, &mut write, &room, &by) => ended.map_or_else(|why| why, |()| "done".to_owned()),
        () = room.ending.cancelled() => ENDS.to_owned(),
    };
    // It may be gone already.
    let _gone = timeout(LAST_WORD, write.write_all(&line(&Closed { closed: &why }))).await;
    format!("{by}: {why}")
}

async fn converse(
    read: OwnedReadHalf,
    write: &mut OwnedWriteHalf,
    room: &Room,
    by: &str,
) -> Result<(), String> {
    send(write, &line(&room.greeting)).await?;
    let mut lines = LineReader::new(read, CLIENT_LINE_BYTES);
    let said = timeout(HELLO, lines.next()).await.map_err(|_| "it did not say hello".to_owned())?;
    let hello: Hello = parse(said, "a hello")?;
    if hello.fotarig != PROTOCOL {
        return Err(format!(
            "it speaks version {} of the protocol, this service (fotarig {}) version {PROTOCOL}",
            hello.fotarig, room.greeting.version
        ));
    }
    if hello.kind == Kind::Status {
        return snapshot(write, &room.relay).await.map(|_| ());
    }
    let (outbox, answers) = mpsc::channel(ANSWERS);
    let watches = hello.kind == Kind::Dashboard;
    tokio::select! {
        why = listen(&mut lines, room, by, outbox) => Err(why),
        why = talk(write, &room.relay, answers, watches) => Err(why),
    }
}

fn parse<T: serde::de::DeserializeOwned>(said: Result<Vec<u8>, NoLine>, what: &str) -> Result<T, String> {
    let said = said.map_err(|error| error.to_string())?;
    serde_json::from_slice(&said).map_err(|error| format!("that is not {what}: {error}"))
}

/// Takes its requests one after the other, and has each answered. Ends with the reason.
async fn listen(
    lines: &mut LineReader<OwnedReadHalf>,
    room: &Room,
    by: &str,
    outbox: mpsc::Sender<Answer>,
) -> String {
    let mut next = Instant::now();
    loop {
        let request: Request = match parse(lines.next().await, "a request") {
            Ok(request) => request,
            Err(why) => return why,
        };
        sleep_until(next).await;
        next = Instant::now() + BETWEEN_ACTIONS;
        let (reply, answer) = oneshot::channel();
        let command = Command { by: by.to_owned(), action: request.action, reply };
        if room.commands.send(command).await.is_err() {
            return ENDS.to_owned();
        }
        let refused = answer.await.unwrap_or_else(|_| Err("the batch has just ended".to_owned())).err();
        if outbox.send(Answer { answer: request.id, refused }).await.is_err() {
            return "it hung up".to_owned();
        }
    }
}

/// Sends answers, and to one who watches the snapshot and the events. Ends with the reason.
async fn talk(
    write: &mut OwnedWriteHalf,
    relay: &Relay,
    mut answers: mpsc::Receiver<Answer>,
    watches: bool,
) -> String {
    let mut attached = None;
    loop {
        let sent = tokio::select! {
            biased;
            answer = answers.recv() => match answer {
                Some(answer) => send(write, &line(&answer)).await,
                None => return "it hung up".to_owned(),
            },
            news = next_lines(&mut attached), if watches => match news {
                Some(lines) => send(write, &lines).await,
                None => snapshot(write, relay).await.map(|beginning| attached = Some(beginning)),
            },
        };
        if let Err(why) = sent {
            return why;
        }
    }
}

/// Lines that are there, at least one; `None` when a snapshot is due instead.
async fn next_lines(attached: &mut Option<(u64, broadcast::Receiver<Told>)>) -> Option<Vec<u8>> {
    let (attached_run, lines) = attached.as_mut()?;
    let mut piece = Vec::new();
    let mut next = lines.recv().await.ok();
    loop {
        match next {
            Some(Told::Event { run, line }) if run == *attached_run => piece.extend_from_slice(&line),
            Some(_) | None => {
                // The gap comes after what was taken so far.
                *attached = None;
                return (!piece.is_empty()).then_some(piece);
            }
        }
        if piece.len() >= PIECE_BYTES {
            return Some(piece);
        }
        next = match lines.try_recv() {
            Ok(told) => Some(told),
            Err(TryRecvError::Empty) => return Some(piece),
            Err(TryRecvError::Closed | TryRecvError::Lagged(_)) => None,
        };
    }
}

/// Sends the recent past, in pieces; the run, and the lines that come after.
async fn snapshot(
    write: &mut OwnedWriteHalf,
    relay: &Relay,
) -> Result<(u64, broadcast::Receiver<Told>), String> {
    let Beginning { run, events, lines } = relay.beginning();
    let sending = async {
        let mut piece = Vec::new();
        for stamped in &events {
            if piece.len() >= PIECE_BYTES {
                send(write, &closed_piece("part", &piece)).await?;
                piece.clear();
            }
            if !piece.is_empty() {
                piece.push(b',');
            }
            serde_json::to_writer(&mut piece, &**stamped).map_err(|error| error.to_string())?;
        }
        send(write, &closed_piece("snapshot", &piece)).await
    };
    timeout(TAKEN, sending).await.unwrap_or_else(|_| Err(too_slow()))?;
    Ok((run, lines))
}

fn closed_piece(name: &str, events: &[u8]) -> Vec<u8> {
    [format!("{{\"{name}\":[").as_bytes(), events, b"]}\n"].concat()
}

async fn send(write: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> Result<(), String> {
    let written = timeout(TAKEN, write.write_all(bytes)).await;
    written.map_err(|_| too_slow())?.map_err(|error| error.to_string())
}

fn too_slow() -> String {
    format!("it took nothing for {} s", TAKEN.as_secs())
}
