//! What a scrape costs at 256 slots, and whether idle and slow connections cost anybody anything:
//! `cargo bench -p metrics`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on ends")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use events::{Delivery, Event, Family, Traffic, Vitals};
use metrics::{Access, Metrics, Server};
use rustix::time::{ClockId, clock_gettime};

#[path = "../tests/all/story.rs"]
#[expect(dead_code, reason = "only whole modules are told here")]
mod story;

const SLOTS: usize = 256;
const SCRAPES: usize = 200;
const REQUEST: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

fn vitals(slots: &[String]) -> Event {
    let traffic = Traffic { received: 10_000, sent: 5_000 };
    Event::Vitals(Vitals {
        ledger_ok: true,
        ledger_write_us: vec![900; 20],
        ledger_free_bytes: Some(1 << 36),
        hosted_bytes: [(Delivery::Http, 1 << 20)].into(),
        serial: slots.iter().map(|slot| (slot.clone(), traffic)).collect(),
        ..Vitals::default()
    })
}

/// A rack whose slots all had three modules.
fn busy() -> Metrics {
    let metrics = Metrics::new("line3-rack2", "0.1.0").unwrap();
    let slots = story::labels(SLOTS);
    let mut told = story::Story::begun("b", &slots);
    for (place, slot) in slots.iter().cycle().take(3 * SLOTS).enumerate() {
        let end = if place % 20 == 0 { story::FAILED } else { story::PASSED };
        told.module(slot, Family::ALL[place % Family::ALL.len()], end);
    }
    let one = told.events.len();
    told.tell(vitals(&slots));
    let begun = Instant::now();
    told.events[..one].iter().for_each(|event| metrics.apply(event));
    let each = begun.elapsed() / u32::try_from(one).unwrap();
    let begun = Instant::now();
    metrics.apply(&told.events[one]);
    println!("an event {each:?}, vitals of {SLOTS} slots {:?}", begun.elapsed());
    metrics
}

fn scrape(addr: SocketAddr) -> usize {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(REQUEST).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    bytes.len()
}

fn cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).unwrap()
}

/// Median and worst of so many scrapes, and the bytes of one.
fn scrapes(addr: SocketAddr) -> (Duration, Duration, usize) {
    let mut bytes = 0;
    let mut times: Vec<Duration> = (0..SCRAPES)
        .map(|_| {
            let begun = Instant::now();
            bytes = scrape(addr);
            begun.elapsed()
        })
        .collect();
    times.sort();
    (times[SCRAPES / 2], times[SCRAPES - 1], bytes)
}

/// A loop beside the server that wants to be woken each millisecond: how late it was at worst, in microseconds.
async fn beat(worst_us: Arc<AtomicU64>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    loop {
        let due = ticks.tick().await;
        let late = u64::try_from(due.elapsed().as_micros()).unwrap();
        worst_us.fetch_max(late, Ordering::Relaxed);
    }
}

/// Reads a byte a second of one answer.
fn read_slowly(addr: SocketAddr, over: &AtomicBool) {
    let mut stream = TcpStream::connect(addr).unwrap();
    stream.write_all(REQUEST).unwrap();
    while !over.load(Ordering::Relaxed) && stream.read(&mut [0]).is_ok_and(|read| read > 0) {
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// What five quiet seconds and so many scrapes cost.
fn measure(what: &str, addr: SocketAddr, worst_us: &AtomicU64) {
    let quiet = cpu();
    std::thread::sleep(Duration::from_secs(5));
    let quiet = cpu().saturating_sub(quiet);
    worst_us.store(0, Ordering::Relaxed);
    let (median, worst, bytes) = scrapes(addr);
    let lag = worst_us.load(Ordering::Relaxed);
    println!(
        "{what}: {bytes} bytes, median {median:?}, worst {worst:?}; loop late by {lag} us at worst; \
         processor in 5 quiet seconds {quiet:?}"
    );
}

fn main() {
    let metrics = busy();
    let lines = metrics.render().unwrap().lines().filter(|line| !line.starts_with('#')).count();
    let (begun, used) = (Instant::now(), cpu());
    for _ in 0..SCRAPES {
        metrics.render().unwrap();
    }
    let (took, used) = (begun.elapsed(), cpu().saturating_sub(used));
    let each = |whole: Duration| whole / u32::try_from(SCRAPES).unwrap();
    println!("rendering {lines} series: {:?}, of that {:?} on the processor", each(took), each(used));

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let server = runtime.block_on(Server::start(listen, metrics, Access::default())).unwrap();
    let addr = server.addr();
    let worst_us = Arc::new(AtomicU64::new(0));
    runtime.spawn(beat(Arc::clone(&worst_us)));
    measure("alone", addr, &worst_us);
    let idle: Vec<TcpStream> = (0..1_000).map(|_| TcpStream::connect(addr).unwrap()).collect();
    let over = Arc::new(AtomicBool::new(false));
    let slow = std::thread::spawn({
        let over = Arc::clone(&over);
        move || read_slowly(addr, &over)
    });
    measure("with 1000 idle and one slow connection", addr, &worst_us);
    over.store(true, Ordering::Relaxed);
    slow.join().unwrap();
    drop(idle);
}
