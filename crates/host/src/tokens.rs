//! The tokens in force, and who uses them: what every protocol asks before it serves a byte.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::login::Login;
use crate::{HostError, Served, Token};

/// The package behind a token.
#[derive(Clone, Debug)]
pub(crate) struct Parcel {
    pub(crate) sha256: String,
    pub(crate) bytes: Bytes,
}

/// What an attempt is given.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) token: Token,
    pub(crate) login: Login,
    pub(crate) progress: watch::Receiver<Served>,
}

/// Every token in force.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    table: Mutex<HashMap<Token, Arc<Entry>>>,
}

impl Tokens {
    /// A new token for `parcel`, with its login and its progress.
    pub(crate) fn issue(&self, parcel: Parcel) -> Result<Issued, HostError> {
        let (token, login) = (Token::random()?, Login::random()?);
        let served = Served { bytes: 0, total: parcel.bytes.len() as u64, closed: true };
        let (progress, receiver) = watch::channel(served);
        let issued = Issued { token: token.clone(), login: login.clone(), progress: receiver };
        let entry = Entry { token: token.clone(), login, parcel, progress, doors: Mutex::default() };
        lock(&self.table).insert(token, Arc::new(entry));
        Ok(issued)
    }

    /// What `text` is a token for; `None` when it is not one or not one any more.
    pub(crate) fn find(&self, text: &str) -> Option<Arc<Entry>> {
        lock(&self.table).get(&Token::read(text)?).cloned()
    }

    /// What `user` and `password` are the login of; `None` when they belong to no token in force.
    pub(crate) fn find_login(&self, user: &str, password: &str) -> Option<Arc<Entry>> {
        lock(&self.table).values().find(|entry| entry.login.is(user, password)).cloned()
    }

    /// Takes `token` out of force and cuts every connection that uses it.
    pub(crate) fn revoke(&self, token: &Token) {
        let entry = lock(&self.table).remove(token);
        if let Some(entry) = entry {
            entry.shut();
        }
    }
}

/// One token's package, progress and connections.
#[derive(Debug)]
pub(crate) struct Entry {
    token: Token,
    login: Login,
    parcel: Parcel,
    progress: watch::Sender<Served>,
    doors: Mutex<Doors>,
}

#[derive(Debug, Default)]
struct Doors {
    shut: bool,
    entered: u64,
    open: HashMap<u64, CancellationToken>,
}

impl Entry {
    /// Counts a connection in; `cut` ends it when the token is revoked. `None` when it has been already.
    pub(crate) fn enter(self: &Arc<Self>, cut: CancellationToken) -> Option<Visit> {
        let mut doors = lock(&self.doors);
        if doors.shut {
            return None;
        }
        doors.entered += 1;
        let number = doors.entered;
        doors.open.insert(number, cut.clone());
        self.progress.send_modify(|served| served.closed = false);
        Some(Visit { entry: Arc::clone(self), number, cut })
    }

    fn leave(&self, number: u64) {
        let mut doors = lock(&self.doors);
        doors.open.remove(&number);
        let closed = doors.open.is_empty();
        // Told under the lock, so that two leaving at once cannot tell it in the wrong order.
        self.progress.send_modify(|served| served.closed = closed);
    }

    fn shut(&self) {
        let mut doors = lock(&self.doors);
        doors.shut = true;
        for cut in doors.open.values() {
            cut.cancel();
        }
    }
}

/// One connection's use of one token, from its first request for it to its end.
#[derive(Debug)]
pub(crate) struct Visit {
    entry: Arc<Entry>,
    number: u64,
    cut: CancellationToken,
}

impl Visit {
    /// The token it is a visit by.
    pub(crate) fn token(&self) -> &Token {
        &self.entry.token
    }

    /// The package that is visited.
    pub(crate) fn parcel(&self) -> &Parcel {
        &self.entry.parcel
    }

    /// Whether this is a visit to `entry`.
    pub(crate) fn is_to(&self, entry: &Arc<Entry>) -> bool {
        Arc::ptr_eq(&self.entry, entry)
    }

    /// Whether the connection is being cut, so that no further byte may go out.
    pub(crate) fn is_cut(&self) -> bool {
        self.cut.is_cancelled()
    }

    /// Everything up to `offset` of the transfer under way was handed out.
    pub(crate) fn reached(&self, offset: u64) {
        self.entry.progress.send_modify(|served| served.bytes = served.bytes.max(offset).min(served.total));
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.entry.leave(self.number);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
