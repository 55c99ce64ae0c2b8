//! A module that goes and comes back, as the kernel and udevd tell it.

use crate::failed::{Outcome, ensure};
use crate::rack::{Bench, PATIENCE, place};

/// What a module of four ttys adds: itself and them.
const EVENTS: usize = 5;

/// A script that waits until a link is there.
fn await_link(link: &str) -> String {
    format!("timeout 90 sh -c 'until [ -e {link} ]; do sleep 0.1; done'; udevadm settle; readlink -f {link}")
}

/// One replug: both kinds of events, and the link afterwards.
pub(super) fn replug(bench: &mut Bench) -> Outcome<String> {
    let place = place(&bench.places, "1-1.2")?;
    let filter = "--subsystem-match=tty --subsystem-match=usb/usb_device";
    let mut monitor =
        bench.guest().start(&format!("exec stdbuf -oL udevadm monitor --kernel --udev {filter}"))?;
    monitor.says(PATIENCE, "KERNEL - ", 1)?;
    let before = bench.guest().run(&format!("readlink -f {}", place.link()))?;
    bench.reset_bus(place)?;
    monitor.says(PATIENCE, " add ", 2 * EVENTS)?;
    let after = bench.guest().run(&await_link(&place.link()))?;
    for kind in ["KERNEL[", "UDEV  ["] {
        let told = monitor.said();
        let count = |action: &str| {
            told.lines().filter(|line| line.starts_with(kind) && line.contains(action)).count()
        };
        let found = (count(" remove "), count(" add "));
        ensure(found == (EVENTS, EVENTS), || format!("{kind} {found:?} removals and additions\n{told}"))?;
    }
    Ok(format!("{} -> {}\n{}", before.trim(), after.trim(), monitor.said()))
}

/// A port that is held open over an unplug: what its holder reads, and that the module comes back under another number.
pub(super) fn held(bench: &mut Bench) -> Outcome<String> {
    let place = place(&bench.places, "1-2.1")?;
    let link = place.link();
    let before = bench.guest().run(&format!("readlink -f {link}"))?;
    let script = format!(
        "stty -F {link} raw -echo; exec 3<>{link}; echo open; head -c1 <&3 | wc -c; printf 'AT\\r' >&3; \
         echo \"write: $?\"; sleep 30"
    );
    let mut holder = bench.guest().start(&script)?;
    holder.says(PATIENCE, "open", 1)?;
    bench.take_out(place)?;
    holder.says(PATIENCE, "write: ", 1)?;
    bench.put_in(place)?;
    let after = bench.guest().run(&await_link(&link))?;
    drop(holder);
    ensure(before != after, || format!("the number stayed {before}"))?;
    bench.await_ports()?;
    Ok(format!("held at {}, back as {}", before.trim(), after.trim()))
}
