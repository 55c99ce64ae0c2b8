//! The rules of `udev-rules/` under a real udevd.

use std::fmt::Write as _;

use crate::failed::{Outcome, ensure};
use crate::modules::Model;
use crate::rack::Bench;

/// Links, flags, group, mode and power of every module, and that `option` knows the AG35.
pub(super) fn rules(bench: &mut Bench) -> Outcome<String> {
    let answers = bench.ask_all(|place| {
        format!(
            "cd /sys/bus/usb/devices/{0}\n\
             udevadm info -q property . | grep -E '^(ID_FOTARIG|ID_MM)'; cat power/control\n\
             udevadm info -q property {1} | grep -E '^ID_MM'; stat -Lc '%G %a' {1}\n\
             ls /dev/fotarig | grep -c '^{0}-if'",
            place.port_path,
            place.link()
        )
    })?;
    let mut shown = String::new();
    for (place, found) in bench.places.iter().zip(answers) {
        let found = found.split_whitespace().collect::<Vec<_>>().join(" ");
        let ttys = Model::ttys(&place.usb);
        let wanted = if place.usb.ttys.len() == 1 {
            format!("ID_FOTARIG=bridge on dialout 660 {ttys}")
        } else {
            let flags = "ID_MM_DEVICE_IGNORE=1 on ID_MM_DEVICE_IGNORE=1 ID_MM_PORT_IGNORE=1";
            format!("ID_FOTARIG=module {flags} dialout 660 {ttys}")
        };
        ensure(found == wanted, || format!("{}: {found}\ninstead of {wanted}", place.port_path))?;
        // Writing to a string cannot fail.
        let _ = writeln!(shown, "{}: {found}", place.port_path);
    }
    let told = bench.guest().run("cat /sys/bus/usb-serial/drivers/option1/new_id")?;
    ensure(told.contains("2c7c 0435 ff"), || format!("option was not told of the AG35: {told}"))?;
    Ok(format!("{shown}option1/new_id: {}", told.trim()))
}
