//! The server: who gets what, and that nobody is held up.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use events::{Event, Stamped, Vitals};
use metrics::{Access, Metrics, MetricsError, Server, Token};
use tokio::runtime::Runtime;

use crate::client::{answer, connect, get, until};
use crate::counting::{metrics, metrics_of};

/// A server on a runtime of its own.
pub(crate) struct Served {
    pub(crate) addr: SocketAddr,
    pub(crate) metrics: Metrics,
    server: Option<Server>,
    runtime: Runtime,
}

pub(crate) fn serve(access: Access) -> Served {
    serve_rack("line3-rack2", access)
}

pub(crate) fn serve_rack(rack: &str, access: Access) -> Served {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let metrics = metrics_of(rack);
    let listen = "127.0.0.1:0".parse().unwrap();
    let server = runtime.block_on(Server::start(listen, metrics.clone(), access)).unwrap();
    Served { addr: server.addr(), metrics, server: Some(server), runtime }
}

fn vitals(seq: u64, ledger_ok: bool, bus_ok: bool) -> Stamped {
    let event = Event::Vitals(Vitals { ledger_ok, bus_ok, ..Vitals::default() });
    Stamped { seq, unix_ms: 0, run_ms: 0, event }
}

#[test]
fn a_scrape_is_the_text_format() {
    let served = serve(Access::default());
    let (status, body) = get(served.addr, "/metrics", "");
    assert_eq!(status, 200);
    assert!(body.contains("# TYPE fotarig_slots gauge\n"), "{body}");
    assert!(body.contains("# TYPE process_cpu_seconds_total counter\n"), "{body}");
    assert_eq!(get(served.addr, "/", "").0, 404);
    let mut stream = connect(served.addr);
    stream
        .write_all(b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        .unwrap();
    assert_eq!(answer(&mut stream).0, 405);
}

#[test]
fn with_a_token_only_its_owner_scrapes() {
    let token = Token::new("s3cret");
    let served = serve(Access { token, ..Access::default() });
    assert_eq!(get(served.addr, "/metrics", "").0, 401);
    assert_eq!(get(served.addr, "/metrics", "Authorization: Bearer s3cre\r\n").0, 401);
    let (status, body) = get(served.addr, "/metrics", "Authorization: Bearer s3cret\r\n");
    assert_eq!(status, 200);
    assert!(!body.contains("s3cret"));
    assert_eq!(get(served.addr, "/healthz", "").0, 200, "a probe has no token");
}

#[test]
fn healthy_is_a_loop_that_turns() {
    let served = serve(Access { stale_after: Duration::from_millis(700), ..Access::default() });
    until("no vitals: stuck", || (get(served.addr, "/healthz", "").0 == 503).then_some(()));
    let mut seq = 0;
    until("vitals again: alive", || {
        seq += 1;
        served.metrics.apply(&vitals(seq, true, true));
        (get(served.addr, "/healthz", "").0 == 200).then_some(())
    });
    until("stuck again", || (get(served.addr, "/healthz", "").0 == 503).then_some(()));
    served.metrics.apply(&vitals(seq, true, true));
    assert_eq!(get(served.addr, "/healthz", "").0, 503, "vitals that were told before are no sign of life");
    until("a beat between two batches: alive", || {
        served.metrics.beat();
        (get(served.addr, "/healthz", "").0 == 200).then_some(())
    });
}

#[test]
fn ready_is_a_ledger_that_can_be_written_and_a_bus_that_is_watched() {
    let served = serve(Access::default());
    assert_eq!(get(served.addr, "/readyz", "").0, 503, "nothing is known yet");
    served.metrics.apply(&vitals(1, true, true));
    assert_eq!(get(served.addr, "/readyz", ""), (200, "ok\n".to_owned()));
    served.metrics.apply(&vitals(2, false, true));
    let (status, body) = get(served.addr, "/readyz", "");
    assert!(status == 503 && body.contains("ledger"), "{body}");
    served.metrics.apply(&vitals(3, true, false));
    let (status, body) = get(served.addr, "/readyz", "");
    assert!(status == 503 && body.contains("bus"), "{body}");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let served = serve(Access::default());
    let second = served.runtime.block_on(Server::start(served.addr, metrics(), Access::default()));
    assert!(matches!(second, Err(MetricsError::PortTaken { listen }) if listen == served.addr), "{second:?}");
}

#[test]
fn a_thousand_idle_connections_keep_nobody_out() {
    let served = serve(Access::default());
    let mut idle: Vec<TcpStream> = (0..1_000).map(|_| connect(served.addr)).collect();
    assert_eq!(get(served.addr, "/metrics", "").0, 200);
    let mut nothing = [0];
    let first = idle[0].read(&mut nothing);
    assert!(matches!(first, Ok(0) | Err(_)), "the oldest was closed to make room: {first:?}");
    assert_eq!(get(served.addr, "/metrics", "").0, 200);
}

#[test]
fn who_asks_and_does_not_read_keeps_nobody_out() {
    let served = serve(Access::default());
    let slow: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = connect(served.addr);
            let requests = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(40);
            // It may be closed already, to make room.
            let _ = stream.write_all(requests.as_bytes());
            stream
        })
        .collect();
    for _ in 0..3 {
        assert_eq!(get(served.addr, "/metrics", "").0, 200);
    }
    drop(slow);
}

#[test]
fn a_head_without_end_is_no_request() {
    let served = serve(Access::default());
    let mut stream = connect(served.addr);
    let head = format!("GET /metrics HTTP/1.1\r\n{}\r\n", format!("X: {}\r\n", "y".repeat(100)).repeat(500));
    // The server may answer and close before it has all of it.
    let _ = stream.write_all(head.as_bytes());
    let status = answer(&mut stream).0;
    assert!(matches!(status, 0 | 400 | 431), "{status}");
}

#[test]
fn a_server_that_stops_cuts_its_connections() {
    let mut served = serve(Access::default());
    let mut idle = connect(served.addr);
    assert_eq!(get(served.addr, "/healthz", "").0, 200);
    let running = served.server.take().unwrap();
    served.runtime.block_on(running.stop());
    assert_eq!(answer(&mut idle).0, 0);
    assert!(TcpStream::connect(served.addr).is_err(), "nobody listens any more");
}
