//! The package host in memory: tokens, what was served through each, downloads at the pace of a modem.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use control::Grant;
use events::{Delivery, Served};
use families::{Link, Login};
use tokio::sync::watch;

use crate::world::World;

/// Bytes that a module gets in one step, and the time that takes, in milliseconds: 30,000 a second.
const STEP: (usize, u64) = (15_000, 500);

/// What a token stands for.
#[derive(Debug)]
pub(crate) struct Token {
    sha256: String,
    served: watch::Sender<Served>,
}

/// A download by a module.
#[derive(Debug)]
pub(crate) struct Fetch {
    token: String,
    bytes: usize,
    /// When it has news.
    pub(crate) next_ms: u64,
    /// It fails there.
    breaks_at: Option<usize>,
}

/// What a download has to tell.
pub(crate) enum News {
    /// So many bytes of the whole have come.
    Progress(u64, u64),
    /// All of it.
    Done(Bytes),
    /// The server's status.
    Status(u16),
    /// The connection was cut.
    Cut,
}

impl Fetch {
    /// Of what `url` names, from `now_ms` on.
    pub(crate) fn new(url: &str, now_ms: u64, breaks_at: Option<usize>) -> Self {
        let token = url.split_once("/p/").map_or("", |(_, rest)| rest.get(..26).unwrap_or_default());
        Self { token: token.to_owned(), bytes: 0, next_ms: now_ms + STEP.1, breaks_at }
    }

    /// What has happened at `next_ms`.
    pub(crate) fn step(&mut self, hosted: &Hosted) -> News {
        self.next_ms += STEP.1;
        let Some(token) = hosted.tokens.get(&self.token) else {
            return if self.bytes == 0 { News::Status(404) } else { News::Cut };
        };
        let Some(file) = hosted.files.get(&token.sha256) else { return News::Status(404) };
        self.bytes = (self.bytes + STEP.0).min(file.len());
        if self.breaks_at.is_some_and(|at| self.bytes >= at) {
            return News::Cut;
        }
        let (bytes, total) = (self.bytes as u64, file.len() as u64);
        token.served.send_modify(|served| {
            served.bytes = served.bytes.max(bytes);
            served.closed = bytes == total;
        });
        if bytes == total { News::Done(file.clone()) } else { News::Progress(bytes, total) }
    }
}

/// What is served.
#[derive(Debug, Default)]
pub(crate) struct Hosted {
    /// Packages by SHA-256.
    pub(crate) files: BTreeMap<String, Bytes>,
    /// The root for HTTPS.
    pub(crate) root: Option<Bytes>,
    /// Ways that are served.
    pub(crate) ways: Vec<Delivery>,
    pub(crate) tokens: BTreeMap<String, Token>,
}

/// The package host of one rack.
pub(crate) struct Host(pub(crate) Arc<World>);

impl control::Host for Host {
    fn file(&self, sha256: &str) -> Option<Bytes> {
        self.0.lock().hosted.files.get(sha256).cloned()
    }

    fn serves(&self, delivery: Delivery) -> bool {
        self.0.lock().hosted.ways.contains(&delivery)
    }

    fn root(&self) -> Option<Bytes> {
        self.0.lock().hosted.root.clone()
    }

    fn grant(&self, sha256: &str, delivery: Delivery) -> Result<Grant, String> {
        let mut rack = self.0.lock();
        if rack.faulty && rack.chance.happens(10) {
            return Err("this machine has no address towards the network".to_owned());
        }
        let name = rack.chance.token();
        let total = rack.hosted.files.get(sha256).map_or(0, |file| file.len() as u64);
        let (served, progress) = watch::channel(Served { bytes: 0, total, closed: true });
        rack.hosted.tokens.insert(name.clone(), Token { sha256: sha256.to_owned(), served });
        let login = Login { user: name[..8].to_owned(), password: name[8..18].to_owned() };
        let link = Link {
            host: "203.0.113.5".to_owned(),
            port: 8000,
            path: format!("/p/{name}/update.zip"),
            login: (delivery == Delivery::Ftp).then_some(login),
        };
        Ok(Grant { link, served: progress, keep: Box::new(Kept { world: self.0.clone(), name }) })
    }
}

/// Revokes a token when it is dropped.
struct Kept {
    world: Arc<World>,
    name: String,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.world.lock().hosted.tokens.remove(&self.name);
    }
}
