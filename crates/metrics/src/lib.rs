//! The public event stream as Prometheus metrics, and the server that is scraped.
//!
//! [`Metrics`] is a reader: it is given every live event and keeps the instruments of `product.md`, "Metrics". It has
//! no clock. [`Server`] answers `/metrics`, `/healthz` and `/readyz`; whoever scrapes slowly, or holds a thousand
//! connections open, holds up nobody else.
//!
//! It must never put an IMEI, a serial number or free text into a label, make a counter go back, count an event
//! twice, or make the stream wait for a scrape.
//!
//! ```
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! # use events::{Event, Stamped};
//! let metrics = metrics::Metrics::new("line3-rack2", "0.1.0")?;
//! let listen = "127.0.0.1:0".parse().unwrap();
//! let server = metrics::Server::start(listen, metrics.clone(), metrics::Access::default()).await?;
//! metrics.apply(&Stamped { seq: 1, unix_ms: 0, run_ms: 0, event: Event::Expected { units: 64 } });
//! assert!(metrics.render()?.contains("\nfotarig_batch_expected_units 64\n"));
//! println!("scrape http://{}/metrics", server.addr());
//! server.stop().await;
//! # Ok::<(), metrics::MetricsError>(()) }).unwrap();
//! ```

mod access;
mod answer;
mod batch;
mod book;
mod connection;
mod durations;
mod error;
mod kept;
mod label;
mod metrics;
mod pulse;
mod register;
mod rig;
mod roster;
mod server;
mod shown;
mod slots;
mod tally;
mod tls;
mod token;
mod triggers;
mod wire;

pub use access::Access;
pub use error::MetricsError;
pub use metrics::Metrics;
pub use server::Server;
pub use tls::Tls;
pub use token::Token;
