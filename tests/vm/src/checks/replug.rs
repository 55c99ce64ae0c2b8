//! A module that goes and comes back, as the kernel and udevd tell it.

use crate::failed::{Outcome, ensure};
use crate::rack::{Bench, PATIENCE, place};

/// A script that waits until a link is there.
fn await_link(link: &str) -> String {
    format!(
        "for i in $(seq 600); do [ -e {link} ] && break; sleep 0.1; done; udevadm settle; readlink -f {link}"
    )
}

/// One replug: both kinds of events, and the link afterwards.
pub(super) fn replug(bench: &mut Bench) -> Outcome<String> {
    let place = place(&bench.places, "1-1.2")?;
    let filter = "--subsystem-match=tty --subsystem-match=usb/usb_device";
    let mut monitor =
        bench.guest().start(&format!("exec stdbuf -oL udevadm monitor --kernel --udev {filter}"))?;
    monitor.says(PATIENCE, "KERNEL - ")?;
    let before = bench.guest().run(&format!("readlink -f {}", place.link()))?;
    bench.replug(place)?;
    let after = bench.guest().run(&await_link(&place.link()))?;
    monitor.says(PATIENCE, "UDEV  [")?;
    for kind in ["KERNEL[", "UDEV  ["] {
        let told = monitor.said();
        let count = |action: &str| {
            told.lines().filter(|line| line.starts_with(kind) && line.contains(action)).count()
        };
        let found = (count(" remove "), count(" add "));
        // Four ttys and their device; the kernel also tells of each tty's `usb-serial` parent, which is filtered here.
        ensure(found == (5, 5), || format!("{kind} {found:?} removals and additions\n{told}"))?;
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
    holder.says(PATIENCE, "open")?;
    bench.take_out(place)?;
    holder.says(PATIENCE, "write: ")?;
    bench.put_in(place)?;
    let after = bench.guest().run(&await_link(&link))?;
    drop(holder);
    ensure(before != after, || format!("the number stayed {before}"))?;
    bench.await_ports()?;
    Ok(format!("held at {}, back as {}", before.trim(), after.trim()))
}
