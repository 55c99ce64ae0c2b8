//! A rack at work: every module says ten lines a second by itself and is asked once a second.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use events::{Event, Stamped};

use crate::Failure;
use crate::folder::Work;
use crate::measured::{peak_megabytes, percentile, processor_time};
use crate::peer;
use crate::recorded::Played;
use crate::table::{Row, Unit};

/// Module time is so many times faster: a download is asked about every five seconds of it. The controller's own
/// measurement of an answer, in milliseconds of module time, is finer by that.
const SPEED: f64 = 5.0;
/// After the last module has begun, so long nothing is measured; then for so long it is.
const CALM: Duration = Duration::from_secs(2);
const MEASURED: Duration = Duration::from_secs(10);
/// Scrapes, and connections that do nothing meanwhile.
const SCRAPES: usize = 200;
const IDLE: usize = 500;

/// How much processor the controller may take, percent of one core, by slots.
const PROCESSOR: [(usize, Option<f64>); 3] = [(64, None), (256, Some(6.0)), (1024, Some(20.0))];

pub(crate) fn rows() -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for (slots, bound) in PROCESSOR {
        eprintln!("          {slots} slots");
        let ours = ours(slots)?;
        let peer = peers(slots)?;
        rows.extend(table(slots, bound, &ours, &peer));
    }
    Ok(rows)
}

/// What was measured of one controller.
#[derive(Debug, Default)]
struct Measured {
    processor_percent: f64,
    peak_megabytes: f64,
    round_trips_ms: Vec<f64>,
    /// Lines that came from the modules, a second.
    lines_per_s: f64,
    scrapes_ms: Vec<f64>,
    bytes_of_scrape: usize,
}

fn table(slots: usize, bound: Option<f64>, ours: &Measured, peer: &Measured) -> Vec<Row> {
    let trips = |measured: &Measured, percent| percentile(&mut measured.round_trips_ms.clone(), percent);
    let lines = format!("{:.0} lines a second came", ours.lines_per_s);
    let processor =
        Row::new(format!("processor at {slots} slots, of one core"), Unit::Percent, ours.processor_percent);
    let processor = processor.peer(peer.processor_percent).note(lines);
    let memory = Row::new(format!("memory at {slots} slots, peak"), Unit::Megabytes, ours.peak_megabytes);
    let slots_f64 = f64::from(u32::try_from(slots).unwrap_or(u32::MAX));
    let memory = memory.at_most(30.0 + 0.064 * slots_f64).peer(peer.peak_megabytes);
    let trip =
        Row::new(format!("command to answer at {slots} ports, p99"), Unit::Milliseconds, trips(ours, 99.0));
    let note = format!("p50 {:.2} ms, worst {:.2} ms", trips(ours, 50.0), trips(ours, 100.0));
    let trip = trip.peer(trips(peer, 99.0)).note(note);
    let mut rows = vec![
        if let Some(bound) = bound { processor.at_most(bound) } else { processor },
        memory,
        if slots == 256 { trip.at_most(2.0) } else { trip },
    ];
    if slots == 256 {
        rows.push(scrape_row(ours));
    }
    rows
}

fn scrape_row(ours: &Measured) -> Row {
    let mut times = ours.scrapes_ms.clone();
    let note = format!(
        "median of {SCRAPES} over HTTP from the rack at work, with {IDLE} idle connections; p99 {:.2} ms, {} bytes",
        percentile(&mut times, 99.0),
        ours.bytes_of_scrape
    );
    Row::new("a scrape at 256 slots", Unit::Milliseconds, percentile(&mut times, 50.0))
        .at_most(2.0)
        .note(note)
}

fn ours(slots: usize) -> Result<Measured, Failure> {
    let played = Played::start(Work::Download, slots, SPEED)?;
    let metrics = free_address()?;
    let controller = played.controller(&["--metrics", &metrics.to_string()]);
    played.wait_for_work();
    sleep(CALM);
    let pid = controller.process.pid();
    let (began_ms, began, used) = (unix_ms()?, Instant::now(), processor_time(pid)?);
    sleep(MEASURED);
    let (used, took, ended_ms) = (processor_time(pid)?.saturating_sub(used), began.elapsed(), unix_ms()?);
    let peak_megabytes = peak_megabytes(pid)?;
    let (scrapes_ms, bytes_of_scrape) = if slots == 256 { scrapes(metrics)? } else { Default::default() };
    let told = controller.leave()?;
    let within = |event: &&Stamped| (began_ms..ended_ms).contains(&event.unix_ms);
    let of_window: Vec<&Stamped> = told.iter().filter(within).collect();
    let received = of_window.iter().filter(|event| is_received(&event.event)).count();
    Ok(Measured {
        processor_percent: 100.0 * used.as_secs_f64() / took.as_secs_f64(),
        peak_megabytes,
        round_trips_ms: of_window.iter().filter_map(|event| round_trip_ms(&event.event)).collect(),
        lines_per_s: f64::from(u32::try_from(received)?) / took.as_secs_f64(),
        scrapes_ms,
        bytes_of_scrape,
    })
}

fn is_received(event: &Event) -> bool {
    matches!(event, Event::Transcript { direction: events::Direction::Received, .. })
}

fn round_trip_ms(event: &Event) -> Option<f64> {
    let Event::Answered { duration_ms, .. } = event else { return None };
    Some(f64::from(u32::try_from(*duration_ms).ok()?) / SPEED)
}

fn peers(slots: usize) -> Result<Measured, Failure> {
    let played = Played::start(Work::Download, slots, SPEED)?;
    let seconds = MEASURED.as_secs_f64();
    let measured = peer::run(Work::Download, played.folder(), Some(seconds))?;
    Ok(Measured {
        processor_percent: 100.0 * measured.processor_s / seconds,
        peak_megabytes: measured.peak_kilobytes * 1024.0 / 1e6,
        round_trips_ms: measured.round_trips_ms,
        lines_per_s: f64::from(u32::try_from(measured.urcs)?) / seconds,
        ..Measured::default()
    })
}

fn unix_ms() -> Result<u64, Failure> {
    Ok(u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

/// An address of this machine on which nobody listens.
fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// How long each scrape took, milliseconds, and the bytes of one; many connections that do nothing stand beside them.
fn scrapes(addr: SocketAddr) -> Result<(Vec<f64>, usize), Failure> {
    let idle: Vec<TcpStream> = (0..IDLE).map(|_| TcpStream::connect(addr)).collect::<Result<_, _>>()?;
    let (mut times, mut bytes) = (Vec::new(), 0);
    for _ in 0..SCRAPES {
        let began = Instant::now();
        bytes = scrape(addr)?;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    drop(idle);
    Ok((times, bytes))
}

fn scrape(addr: SocketAddr) -> Result<usize, Failure> {
    let mut stream = TcpStream::connect(addr)?;
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if !answer.starts_with(b"HTTP/1.1 200") {
        return Err(format!(
            "a scrape was answered: {}",
            String::from_utf8_lossy(&answer[..answer.len().min(200)])
        )
        .into());
    }
    Ok(answer.len())
}
