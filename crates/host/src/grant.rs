//! A grant: one attempt's right to fetch one package, and what came of it.

use std::sync::Arc;

use events::Served;
use tokio::sync::watch;

use crate::Token;
use crate::tokens::Tokens;

/// One attempt's right to fetch one package. Dropping it revokes the token.
#[derive(Debug)]
pub struct Grant {
    token: Token,
    progress: watch::Receiver<Served>,
    tokens: Arc<Tokens>,
}

impl Grant {
    pub(crate) fn new(token: Token, progress: watch::Receiver<Served>, tokens: Arc<Tokens>) -> Self {
        Self { token, progress, tokens }
    }

    /// The path to fetch, the same over every protocol: `/p/<token>/update.zip`.
    pub fn path(&self) -> String {
        self.token.path()
    }

    /// The token.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// The progress, to be waited on. It notifies for every piece that is handed out, also when the mark did not
    /// rise: each is a sign of life. Its sender goes when the token is revoked and its connections are closed.
    pub fn progress(&self) -> watch::Receiver<Served> {
        self.progress.clone()
    }

    /// The progress as it stands.
    pub fn served(&self) -> Served {
        *self.progress.borrow()
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.tokens.revoke(&self.token);
    }
}
