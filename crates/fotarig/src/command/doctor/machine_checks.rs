//! What stands in the way on the machine: disk, clock, descriptors, ports of the package host, other controllers.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use bus::SlotLock;
use config::{Metrics, Rack};
use rustix::process::{Resource, getrlimit};

use super::finding::Finding;
use crate::reader::metrics::access;

/// Room on the ledger's disk below which nothing should be started, and below which it is worth a word, bytes.
const DISK_BLOCKS: u64 = 64 << 20;
const DISK_WARNS: u64 = 1 << 30;
/// Descriptors that a rig needs besides those of its slots, and for each slot.
const DESCRIPTORS: u64 = 128;
const DESCRIPTORS_A_SLOT: u64 = 4;
/// The release of this program: a clock before it is wrong. Seconds since 1970.
const NOT_BEFORE_S: i64 = 1_790_000_000;

/// Everything about the machine.
pub(crate) fn findings(rack: Option<&Rack>, places: &[String]) -> Vec<Finding> {
    let mut all = vec![clock(), descriptors(rack.map_or(64, |rack| rack.slots.len() as u64))];
    all.extend(rack.map(|rack| disk(&rack.ledger_path)));
    all.extend(rack.into_iter().flat_map(hosting));
    all.extend(rack.and_then(|rack| rack.metrics.as_ref()).and_then(scraped));
    all.extend(locks(places));
    all
}

fn clock() -> Finding {
    let now_s = jiff::Timestamp::now().as_second();
    let set = "sudo timedatectl set-ntp true";
    if now_s < NOT_BEFORE_S {
        return Finding::blocks("clock", "the clock is years behind: records would be dated wrongly", set);
    }
    let synchronised = ["/run/systemd/timesync/synchronized", "/run/chrony/chronyd.pid", "/run/chrony.sock"];
    if synchronised.iter().any(|file| Path::new(file).exists()) {
        Finding::good("clock", "the clock is kept by the network")
    } else {
        let text = "nothing seems to set the clock: times in records are this machine's own";
        Finding::warns("clock", text, set)
    }
}

fn descriptors(slots: u64) -> Finding {
    let needed = DESCRIPTORS + DESCRIPTORS_A_SLOT * slots;
    match getrlimit(Resource::Nofile).maximum {
        Some(limit) if limit < needed => Finding::blocks(
            "descriptors",
            format!("{limit} open files are allowed, {slots} slots need {needed}"),
            format!("ulimit -Hn {needed} (or LimitNOFILE= of the service)"),
        ),
        _ => Finding::good("descriptors", format!("enough open files are allowed for {slots} slots")),
    }
}

fn disk(ledger: &Path) -> Finding {
    let folder = ledger.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stat = match rustix::fs::statvfs(folder) {
        Ok(stat) => stat,
        Err(error) => {
            let text = format!("the ledger's folder {} cannot be used: {error}", folder.display());
            return Finding::blocks("disk", text, format!("mkdir -p {}", folder.display()));
        }
    };
    if rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_err() {
        let text = format!("the ledger's folder {} may not be written", folder.display());
        return Finding::blocks("disk", text, format!("sudo chown $USER {}", folder.display()));
    }
    let free = stat.f_bavail.saturating_mul(stat.f_frsize);
    let text = format!("{} MiB free for the ledger in {}", free >> 20, folder.display());
    let mend = "make room, or name another disk in [ledger] path";
    match free {
        ..DISK_BLOCKS => Finding::blocks("disk", text, mend),
        DISK_BLOCKS..DISK_WARNS => Finding::warns("disk", text, mend),
        DISK_WARNS.. => Finding::good("disk", text),
    }
}

/// Whether the package hosts can listen where they are to.
fn hosting(rack: &Rack) -> Vec<Finding> {
    let hosting = &rack.hosting;
    let places = [
        ("http", hosting.http.as_ref().map(|http| http.listen)),
        ("https", hosting.https.as_ref().map(|https| https.listen)),
        ("ftp", hosting.ftp.as_ref().map(|ftp| ftp.listen)),
        ("metrics", rack.metrics.as_ref().map(|metrics| metrics.listen)),
    ];
    places.into_iter().filter_map(|(name, listen)| Some(port(name, listen?))).collect()
}

/// Whether token and certificate of the metrics are there, and are needed.
fn scraped(metrics: &Metrics) -> Option<Finding> {
    if let Err(failure) = access(metrics) {
        let text = failure.to_string();
        let (what, mend) = text.split_once("\n  ").unwrap_or((&text, "mend [metrics]"));
        return Some(Finding::blocks("metrics", what, mend));
    }
    let (listen, open) = (metrics.listen, metrics.token.is_none() && !metrics.listen.ip().is_loopback());
    let text = format!("the metrics on {listen} are for whoever reaches this machine");
    open.then(|| Finding::warns("metrics", text, "give [metrics] a token, and better TLS as well"))
}

fn port(name: &str, listen: SocketAddr) -> Finding {
    match TcpListener::bind(listen) {
        Ok(_) => Finding::good("port", format!("{name} can listen on {listen}")),
        Err(error) => {
            let text = format!("{name} cannot listen on {listen}: {error}");
            Finding::blocks("port", text, format!("sudo ss -ltnp sport = :{}", listen.port()))
        }
    }
}

/// Whether another controller has one of the places.
fn locks(places: &[String]) -> Vec<Finding> {
    let folder = SlotLock::folder();
    let mut all = Vec::new();
    for place in places {
        match SlotLock::take(&folder, place) {
            Ok(_) => {}
            Err(error @ bus::LockError::Held { .. }) => {
                all.push(Finding::blocks(
                    "controller",
                    error.to_string(),
                    "wait until its batch is done, or stop it",
                ));
            }
            Err(error @ bus::LockError::File { .. }) => {
                let mend = format!("sudo install -d -m 2770 -g dialout {}", folder.display());
                all.push(Finding::blocks("controller", crate::failure::chain(&error), mend));
                break;
            }
        }
    }
    all
}
