//! The metrics of a run: a server that is scraped, fed from the event stream.

use std::net::SocketAddr;

use control::Readers;
use events::Stamped;
use ledger::{LedgerError, Reader};
use metrics::{Access, Metrics, MetricsError, Server, Tls, Token};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::failure::{Failure, chain};

/// Metrics that are being served, of one run or of several, one after the other.
pub(crate) struct Served {
    server: Server,
    metrics: Metrics,
}

impl Served {
    /// Serves the metrics of `rack` as its file has `written` it, at `instead` where that is given; `None` when nobody
    /// wants them.
    pub(crate) async fn wanted(
        written: Option<&config::Metrics>,
        instead: Option<SocketAddr>,
        rack: &str,
    ) -> Result<Option<Self>, Failure> {
        let Some(listen) = instead.or(written.map(|written| written.listen)) else { return Ok(None) };
        let access = written.map_or_else(|| Ok(Access::default()), access)?;
        let metrics = Metrics::new(rack, env!("CARGO_PKG_VERSION")).map_err(|error| refused(&error))?;
        let server = Server::start(listen, metrics.clone(), access).await.map_err(|error| refused(&error))?;
        Ok(Some(Self { server, metrics }))
    }

    /// Counts what happens in the run whose events `readers` give, until it ends. `unfinished` is what earlier runs left.
    pub(crate) fn follow(&self, readers: Readers, unfinished: &[Stamped]) -> JoinHandle<()> {
        for earlier in unfinished {
            self.metrics.resume(earlier);
        }
        tokio::spawn(follow(self.metrics.clone(), readers))
    }

    /// The controller lives although no run says so.
    pub(crate) fn beat(&self) {
        self.metrics.beat();
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// Ends it.
    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }
}

/// Applies every event. One that was missed is made up for from a snapshot; nothing is counted twice.
async fn follow(metrics: Metrics, readers: Readers) {
    let (mut snapshot, mut events) = readers.attach_unhurried();
    loop {
        for stamped in snapshot.drain(..) {
            metrics.apply(&stamped);
        }
        loop {
            match events.next().await {
                Ok(stamped) => metrics.apply(&stamped),
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return,
            }
        }
        (snapshot, events) = readers.attach_unhurried();
    }
}

/// How earlier runs began what they left unfinished, as `record` has it: units and attempts of the batch, triggers of any.
pub(crate) fn unfinished(record: &Reader, batch: &str) -> Result<Vec<Stamped>, LedgerError> {
    let mut all = record.unfinished_units(batch)?;
    all.extend(record.unfinished_attempts(batch)?);
    all.extend(record.open_triggers()?);
    Ok(all)
}

/// Who may scrape, as `[metrics]` says. Looks the token up and reads the certificate.
pub(crate) fn access(written: &config::Metrics) -> Result<Access, Failure> {
    let token = written.token.as_ref().map(token).transpose()?;
    let tls = written.tls.as_ref().map(|files| Tls::from_files(&files.certificate, &files.key));
    let tls = tls.transpose().map_err(|error| {
        Failure::usage(format!("[metrics] tls: {}", chain(&error)))
            .hint("name a PEM file with the certificate and one with its key, not encrypted")
    })?;
    Ok(Access { token, tls, ..Access::default() })
}

fn token(credential: &config::Credential) -> Result<Token, Failure> {
    Token::new(credential.read()?.expose()).ok_or_else(|| {
        let message = format!("{}: [metrics] token: no header can carry it", credential.place());
        Failure::usage(message).hint("take printable ASCII characters without spaces: openssl rand -hex 32")
    })
}

fn refused(error: &MetricsError) -> Failure {
    Failure::environment(format!("metrics: {}", chain(error)))
        .hint("choose another address in [metrics] listen, or stop the program that has it")
}
