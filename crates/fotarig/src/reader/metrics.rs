//! The metrics of a run: a server that is scraped, fed from the event stream.

use std::net::SocketAddr;

use control::Readers;
use events::{Checkpoint, Event, Stamped};
use metrics::{Access, Metrics, OpenTrigger, Server};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::failure::{Failure, chain};

/// Metrics that are being served, of one run or of several, one after the other.
pub(crate) struct Served {
    server: Server,
    metrics: Metrics,
}

impl Served {
    /// Serves the metrics of `rack`.
    pub(crate) async fn start(listen: SocketAddr, rack: &str) -> Result<Self, Failure> {
        let refused = |error: &metrics::MetricsError| {
            Failure::environment(format!("metrics: {}", chain(error)))
                .hint("choose another address in [metrics] listen, or stop the program that has it")
        };
        let metrics = Metrics::new(rack, env!("CARGO_PKG_VERSION")).map_err(|error| refused(&error))?;
        let server = Server::start(listen, metrics.clone(), Access::default()).await;
        let server = server.map_err(|error| refused(&error))?;
        Ok(Self { server, metrics })
    }

    /// Counts what happens in the run whose events `readers` give, until it ends. `open` are the triggers that earlier
    /// runs left.
    pub(crate) fn follow(&self, readers: Readers, open: Vec<Stamped>) -> JoinHandle<()> {
        for trigger in open.into_iter().filter_map(open_trigger) {
            self.metrics.resume(&trigger);
        }
        tokio::spawn(follow(self.metrics.clone(), readers))
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
    let (mut snapshot, mut events) = readers.attach();
    loop {
        for stamped in snapshot.drain(..) {
            metrics.apply(&stamped);
        }
        loop {
            match events.recv().await {
                Ok(stamped) => metrics.apply(&stamped),
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return,
            }
        }
        (snapshot, events) = readers.attach();
    }
}

fn open_trigger(stamped: Stamped) -> Option<OpenTrigger> {
    let recorded_unix_ms = stamped.unix_ms;
    let Event::Checkpointed {
        attempt,
        unit,
        slot,
        family,
        model,
        from,
        to,
        checkpoint: Checkpoint::Trigger,
        ..
    } = stamped.event
    else {
        return None;
    };
    Some(OpenTrigger { attempt, unit, slot, family, model, from, to, recorded_unix_ms })
}
