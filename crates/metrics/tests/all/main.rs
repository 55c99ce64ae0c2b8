//! What the crate counts, how it serves it, and that the dashboards and rules hold with a real Prometheus.

mod client;
mod counting;
mod rack;
mod scrape;
mod serving;
mod story;
