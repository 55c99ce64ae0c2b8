//! A grant: one attempt's right to fetch one package, and what came of it.

use std::sync::Arc;

use events::Served;
use tokio::sync::watch;

use crate::Token;
use crate::tokens::{Issued, Tokens};

/// One attempt's right to fetch one package. Dropping it revokes the token.
#[derive(Debug)]
pub struct Grant {
    issued: Issued,
    tokens: Arc<Tokens>,
}

impl Grant {
    pub(crate) fn new(issued: Issued, tokens: Arc<Tokens>) -> Self {
        Self { issued, tokens }
    }

    /// The path to fetch, the same over every protocol: `/p/<token>/update.zip`.
    pub fn path(&self) -> String {
        self.issued.token.path()
    }

    /// The FTP user that may fetch it, and nothing else: 12 ASCII letters and digits.
    pub fn user(&self) -> &str {
        self.issued.login.user()
    }

    /// The FTP user's password: 16 ASCII letters and digits. It is a secret as the token is.
    pub fn password(&self) -> &str {
        self.issued.login.password()
    }

    /// The token.
    pub fn token(&self) -> &Token {
        &self.issued.token
    }

    /// The progress, to be waited on. It notifies for every piece that is handed out, also when the mark did not
    /// rise: each is a sign of life. Its sender goes when the token is revoked and its connections are closed.
    pub fn progress(&self) -> watch::Receiver<Served> {
        self.issued.progress.clone()
    }

    /// The progress as it stands.
    pub fn served(&self) -> Served {
        *self.issued.progress.borrow()
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.tokens.revoke(&self.issued.token);
    }
}
