//! A module that stops reading while bytes wait: what PTYs do not show.

use std::time::{Duration, Instant};

use super::job::{flashed_once, job, slots, tail};
use crate::failed::{Failed, Outcome, ensure};
use crate::rack::{Bench, place};

/// The module that stalls.
const STALLED: &str = "1-1.1";
/// A batch with a module that costs all of its deadlines.
const BATCH: Duration = Duration::from_secs(900);

/// What the kernel does to a program that closes such a port: it waits for bytes that nobody takes.
pub(super) fn blocked(bench: &mut Bench) -> Outcome<String> {
    let place = place(&bench.places, STALLED)?;
    place.stall(true);
    let link = place.link();
    let script = format!(
        "stty -F {link} raw -echo\nexec 3<>{link}; head -c 3000 /dev/zero >&3; from=$(cut -d' ' -f1 /proc/uptime)\n\
         exec 3>&-; echo $from $(cut -d' ' -f1 /proc/uptime) | awk '{{ print $2 - $1 }}'"
    );
    let seconds = bench.guest().run(&script);
    place.stall(false);
    let seconds: f64 = seconds?.trim().parse().map_err(|error| Failed(format!("{error}")))?;
    bench.take_out(place)?;
    bench.put_in(place)?;
    bench.await_ports()?;
    ensure(seconds > 20.0, || format!("closing took {seconds} s: the module does not stall"))?;
    Ok(format!("closing a stalled port blocked for {seconds} s"))
}

/// A whole batch beside such a module: the others are flashed, and it costs them nothing.
pub(super) fn stall(bench: &mut Bench) -> Outcome<String> {
    bench.renew()?;
    let name = "beside-a-stalled-one";
    bench.write_job(name, slots(bench)?, "[\"http\"]")?;
    place(&bench.places, STALLED)?.stall(true);
    let began = Instant::now();
    let ended = bench.guest().start(&job(name))?.wait(BATCH);
    place(&bench.places, STALLED)?.stall(false);
    let (status, said) = ended?;
    let seconds = began.elapsed().as_secs_f64();
    ensure(status == 1, || format!("status {status} instead of 1\n{said}"))?;
    for (place, truth) in bench.places.iter().zip(bench.truths()) {
        if place.port_path == STALLED {
            ensure(truth.triggers == 0, || format!("it was triggered: {truth:?}"))?;
        } else {
            flashed_once(&truth, place.model.to).map_err(|Failed(what)| Failed(format!("{what}\n{said}")))?;
        }
    }
    Ok(format!("{seconds:.0} s\n{}", tail(&said, 14)))
}
