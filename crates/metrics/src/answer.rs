//! What is answered on each path.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::time::Instant;

use crate::{Access, Metrics};

/// How often the server looks whether vitals came.
pub(crate) const LOOK: std::time::Duration = std::time::Duration::from_millis(500);
/// Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What the answers are made of.
#[derive(Debug)]
pub(crate) struct Source {
    metrics: Metrics,
    access: Access,
    heard: Mutex<Heard>,
    /// One rendering at a time: however many ask, they take one processor at most.
    rendering: tokio::sync::Mutex<()>,
}

/// The vitals that were seen last, and when.
#[derive(Debug)]
struct Heard {
    beats: u64,
    at: Instant,
}

impl Source {
    pub(crate) fn new(metrics: Metrics, access: Access) -> Self {
        let heard = Mutex::new(Heard { beats: metrics.pulse().beats(), at: Instant::now() });
        Self { metrics, access, heard, rendering: tokio::sync::Mutex::new(()) }
    }

    /// Looks whether vitals came since the last look.
    pub(crate) fn look(&self) {
        let beats = self.metrics.pulse().beats();
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.beats != beats {
            *heard = Heard { beats, at: Instant::now() };
        }
    }

    fn loop_turns(&self) -> bool {
        let at = self.heard.lock().unwrap_or_else(PoisonError::into_inner).at;
        at.elapsed() <= self.access.stale_after
    }
}

pub(crate) fn router(source: Arc<Source>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .with_state(source)
}

async fn metrics(State(source): State<Arc<Source>>, headers: HeaderMap) -> Response {
    if let Some(token) = &source.access.token
        && !token.is_shown_by(headers.get(header::AUTHORIZATION).map(header::HeaderValue::as_bytes))
    {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response();
    }
    let _one_at_a_time = source.rendering.lock().await;
    let metrics = source.metrics.clone();
    match tokio::task::spawn_blocking(move || metrics.render()).await {
        Ok(Ok(text)) => ([(header::CONTENT_TYPE, TEXT_FORMAT)], text).into_response(),
        Ok(Err(_)) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn healthz(State(source): State<Arc<Source>>) -> Response {
    verdict(&[(source.loop_turns(), "the controller's loop gave no sign of life\n")])
}

async fn readyz(State(source): State<Arc<Source>>) -> Response {
    verdict(&[
        (source.metrics.pulse().ledger_ok(), "the ledger is not known to be writable\n"),
        (source.metrics.pulse().bus_ok(), "the bus is not known to be watched\n"),
    ])
}

/// 200 when every condition holds, else 503 with what does not.
fn verdict(conditions: &[(bool, &str)]) -> Response {
    let wrong: String = conditions.iter().filter(|(holds, _)| !holds).map(|(_, what)| *what).collect();
    if wrong.is_empty() {
        (StatusCode::OK, "ok\n").into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, wrong).into_response()
    }
}
