//! The answers of HTTP and HTTPS: the same for both, and nothing in them tells whether a token ever existed.

use std::ops::Range;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, RANGE,
};
use axum::http::{HeaderMap, Method, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use headers::{HeaderMapExt, IfRange};

use crate::connection::Connection;
use crate::range::Part;

/// The one path there is, for the requests of one connection. `GET` answers `HEAD` too.
pub(crate) fn router(connection: Connection) -> Router {
    Router::new().route("/p/{token}/update.zip", get(package)).with_state(connection)
}

async fn package(
    State(connection): State<Connection>,
    Path(token): Path<String>,
    method: Method,
    request: HeaderMap,
) -> Response<Body> {
    let Some(visit) = connection.visit(&token) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let parcel = visit.parcel();
    let total = parcel.bytes.len() as u64;
    let tag = format!("\"{}\"", parcel.sha256);
    let (status, part) = match part(&request, &tag, total) {
        Part::Whole => (StatusCode::OK, 0..total),
        Part::Bytes(part) => (StatusCode::PARTIAL_CONTENT, part),
        Part::Unsatisfiable => (StatusCode::RANGE_NOT_SATISFIABLE, 0..0),
    };
    let head = head(status, &part, total, &tag);
    let body = if method == Method::HEAD || part.is_empty() {
        Body::empty()
    } else {
        Body::new(connection.transfer(visit, part))
    };
    // Every value above is digits, a digest or constant, so the head is always valid.
    head.body(body).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// What the request's `Range` and `If-Range` ask for.
fn part(request: &HeaderMap, tag: &str, total: u64) -> Part {
    let Some(value) = request.get(RANGE).and_then(|value| value.to_str().ok()) else { return Part::Whole };
    // A date, or a text that is neither a date nor a tag, matches nothing: packages have no date.
    let changed = request.contains_key("if-range")
        && request
            .typed_get::<IfRange>()
            .is_none_or(|condition| condition.is_modified(tag.parse().ok().as_ref(), None));
    if changed { Part::Whole } else { Part::asked(value, total) }
}

fn head(status: StatusCode, part: &Range<u64>, total: u64, tag: &str) -> axum::http::response::Builder {
    let mut head = Response::builder()
        .status(status)
        .header(ACCEPT_RANGES, "bytes")
        .header(CONTENT_LENGTH, part.end - part.start)
        .header(CONTENT_TYPE, "application/octet-stream")
        // A copy kept by a carrier's proxy would hide the module's progress.
        .header(CACHE_CONTROL, "no-store, no-transform")
        .header(ETAG, tag);
    if status == StatusCode::PARTIAL_CONTENT {
        head = head.header(CONTENT_RANGE, format!("bytes {}-{}/{total}", part.start, part.end - 1));
    } else if status == StatusCode::RANGE_NOT_SATISFIABLE {
        head = head.header(CONTENT_RANGE, format!("bytes */{total}"));
    }
    head
}
