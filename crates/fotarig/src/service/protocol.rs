//! What goes over the socket: JSON, one message a line, bounded.
//!
//! Both sides begin with a greeting. Then a dashboard gets a snapshot (as `part`s and one `snapshot`), and every later
//! event; whoever asks gets an answer. The last line before the service hangs up says why.

use std::sync::Arc;

use events::{Action, Stamped};
use serde::{Deserialize, Serialize};

/// Version of the protocol. A client of another one is told so and sent away.
pub(crate) const PROTOCOL: u32 = 1;
/// Bytes of a line from a client.
pub(crate) const CLIENT_LINE_BYTES: usize = 64 * 1024;
/// Bytes of a line from the service: a part of a snapshot is cut before it, an event is far below.
pub(crate) const SERVICE_LINE_BYTES: usize = 4 * 1024 * 1024;

/// The service's first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Greeting {
    /// Version of the protocol.
    pub(crate) fotarig: u32,
    /// Version of the program.
    pub(crate) version: String,
    /// Name of the rack.
    pub(crate) rack: String,
    /// Milliseconds of module time in one of real time.
    pub(crate) speed: f64,
}

/// The client's first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hello {
    /// Version of the protocol.
    pub(crate) fotarig: u32,
    /// Version of the program.
    pub(crate) version: String,
    /// What the client is.
    #[serde(rename = "hello")]
    pub(crate) kind: Kind,
}

/// What a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Gets a snapshot, then every event; may act.
    Dashboard,
    /// Gets answers only.
    Ctl,
    /// Gets one snapshot, then the end.
    Status,
}

/// What a client asks for, after its hello.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Request {
    /// Comes back with the answer.
    pub(crate) id: u64,
    /// What is wanted.
    pub(crate) action: Action,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Answer {
    /// The id of the request.
    pub(crate) answer: u64,
    /// Why nothing came of it.
    pub(crate) refused: Option<String>,
}

/// The service hangs up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Closed<'a> {
    /// Why.
    pub(crate) closed: &'a str,
}

/// A line of the service, after its greeting, as a client reads it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) enum FromService {
    /// The first events of a snapshot; more follow.
    Part(Vec<Arc<Stamped>>),
    /// The last events of a snapshot.
    Snapshot(Vec<Arc<Stamped>>),
    /// The next event.
    Event(Arc<Stamped>),
    /// What came of a request.
    Answer {
        /// The id of the request.
        id: u64,
        /// Why nothing came of it.
        refused: Option<String>,
    },
    /// The service hangs up, and why.
    Closed(String),
}

/// A line of the service as it is written: one key says what it is.
#[derive(Debug, Deserialize)]
struct Written {
    part: Option<Vec<Stamped>>,
    snapshot: Option<Vec<Stamped>>,
    event: Option<Stamped>,
    answer: Option<u64>,
    refused: Option<String>,
    closed: Option<String>,
}

impl TryFrom<Written> for FromService {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let shared = |events: Vec<Stamped>| events.into_iter().map(Arc::new).collect();
        let Written { part, snapshot, event, answer, refused, closed } = written;
        let said = part.map(|events| Self::Part(shared(events)));
        let said = said.or_else(|| snapshot.map(|events| Self::Snapshot(shared(events))));
        let said = said.or_else(|| event.map(|event| Self::Event(Arc::new(event))));
        let said = said.or_else(|| answer.map(|id| Self::Answer { id, refused }));
        said.or_else(|| closed.map(Self::Closed)).ok_or("none of part, snapshot, event, answer, closed")
    }
}

/// `message` as a line.
pub(crate) fn line<T: Serialize>(message: &T) -> Vec<u8> {
    // None of the messages has a map with keys that are no strings, which is all that can fail.
    let mut line = serde_json::to_vec(message).unwrap_or_default();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use events::Action;

    use super::{Answer, Closed, FromService, Hello, Kind, Request, line};

    #[test]
    fn messages_are_what_the_manual_says() {
        let hello = Hello { fotarig: 1, version: "0.1.0".to_owned(), kind: Kind::Dashboard };
        let text = |line: Vec<u8>| String::from_utf8(line).unwrap();
        assert_eq!(text(line(&hello)), "{\"fotarig\":1,\"version\":\"0.1.0\",\"hello\":\"dashboard\"}\n");
        let request = Request { id: 7, action: Action::Retry { slot: "A1".to_owned() } };
        assert_eq!(text(line(&request)), "{\"id\":7,\"action\":{\"action\":\"retry\",\"slot\":\"A1\"}}\n");
        let answer = line(&Answer { answer: 7, refused: None });
        assert_eq!(text(answer.clone()), "{\"answer\":7,\"refused\":null}\n");
        let read: FromService = serde_json::from_slice(&answer).unwrap();
        assert_eq!(read, FromService::Answer { id: 7, refused: None });
        let read: FromService = serde_json::from_slice(&line(&Closed { closed: "why" })).unwrap();
        assert_eq!(read, FromService::Closed("why".to_owned()));
        assert!(serde_json::from_str::<FromService>("{}").is_err());
    }
}
