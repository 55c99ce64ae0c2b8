//! Ports by the kernel's own drivers, and words through them.

use std::fmt::Write as _;

use crate::failed::{Outcome, ensure};
use crate::modules::Model;
use crate::rack::Bench;

/// One module's AT port: raw, a command, and what comes until `OK`.
pub(super) const ASK: &str = "ask() { stty -F $1 raw -echo && exec 3<>$1 && printf '%s\\r' \"$2\" >&3 && \
                              timeout 20 sed -u '/^OK/q' <&3; exec 3>&-; }\n";

/// Every module has its ttys, from the driver of its numbers.
pub(super) fn ports(bench: &mut Bench) -> Outcome<String> {
    let tree = bench.guest().run("lsusb -t")?;
    let mut shown = String::new();
    for place in &bench.places {
        let script = format!(
            "for i in /sys/bus/usb/devices/{0}:1.*/ttyUSB*; do basename $(readlink $i/driver); done | sort | uniq -c",
            place.port_path
        );
        let found = bench.guest().run(&script)?;
        let found = found.split_whitespace().collect::<Vec<_>>().join(" ");
        let driver = match (place.usb.vendor, place.usb.product) {
            (0x10c4, _) => "cp210x",
            (0x1a86, _) => "ch341-uart",
            (0x0403, _) => "ftdi_sio",
            _ => "option1",
        };
        let wanted = format!("{} {driver}", Model::ttys(&place.usb));
        ensure(found == wanted, || format!("{}: {found} instead of {wanted}\n{tree}", place.port_path))?;
        // Writing to a string cannot fail.
        let _ = writeln!(shown, "{} {:8} {found}", place.port_path, place.model.name);
    }
    Ok(shown + &tree)
}

/// Every module is asked for its IMEI through its link, and answers with its own.
pub(super) fn round_trips(bench: &mut Bench) -> Outcome<String> {
    let mut script = ASK.to_owned();
    for place in &bench.places {
        let _ = writeln!(script, "echo {}; ask {} AT+CGSN", place.port_path, place.link());
    }
    let _ = writeln!(script, "echo; ask {} ATI", bench.places[0].link());
    let said = bench.guest().run(&script)?.replace('\r', "");
    for place in &bench.places {
        let part = said.split(&format!("{}\n", place.port_path)).nth(1).unwrap_or_default();
        let part = part.split("\nOK").next().unwrap_or_default();
        ensure(part.contains(&place.spec.imei), || {
            format!("{} is not {}:\n{said}", place.port_path, place.spec.imei)
        })?;
    }
    let last = said.rsplit("\n\nATI").next().unwrap_or_default().replace('\n', " ");
    Ok(format!("{} modules answered with their own IMEI; ATI:{last}", bench.places.len()))
}
