//! Ports by the kernel's own drivers, and words through them.

use std::fmt::Write as _;

use crate::failed::{Outcome, ensure};
use crate::modules::Model;
use crate::rack::Bench;

/// One module's AT port: raw, a command, and what comes until `OK`.
const ASK: &str = "ask() { stty -F $1 raw -echo && exec 3<>$1 && printf '%s\\r' \"$2\" >&3 && \
                   timeout 20 sed -u '/^OK/q' <&3; exec 3>&-; }";

/// Every module has its ttys, from the driver of its numbers.
pub(super) fn ports(bench: &mut Bench) -> Outcome<String> {
    let tree = bench.guest().run("lsusb -t")?;
    let drivers = bench.ask_all(|place| {
        let ports = format!("/sys/bus/usb/devices/{}:1.*/ttyUSB*/driver", place.port_path);
        format!("readlink {ports} | sed 's/.*\\///' | sort | uniq -c")
    })?;
    let mut shown = String::new();
    for (place, found) in bench.places.iter().zip(drivers) {
        let found = found.split_whitespace().collect::<Vec<_>>().join(" ");
        let driver = match place.usb.vendor {
            0x10c4 => "cp210x",
            0x1a86 => "ch341-uart",
            0x0403 => "ftdi_sio",
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
    let answers = bench.ask_all(|place| format!("{ASK}; ask {0} ATI; ask {0} AT+CGSN", place.link()))?;
    for (place, answer) in bench.places.iter().zip(&answers) {
        ensure(answer.contains(&place.spec.imei) && answer.matches("\nOK\n").count() == 2, || {
            format!("{} is not {}:\n{answer}", place.port_path, place.spec.imei)
        })?;
    }
    let first = answers[0].split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(format!("{} modules answered with their own IMEI; the first: {first}", answers.len()))
}
