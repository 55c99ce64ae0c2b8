//! What the crate counts, how it serves it, and that the dashboards and rules hold with a real Prometheus.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(clippy::float_cmp, reason = "what is scraped are whole numbers and bounds, as they were written")]

mod board;
mod board_rules;
mod client;
mod counting;
mod limits;
mod live;
mod names;
mod prometheus;
mod promql;
mod rack;
mod rules;
mod scrape;
mod serving;
mod story;
mod tools;
