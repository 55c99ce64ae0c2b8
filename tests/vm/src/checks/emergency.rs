//! A module that came back as something else: Qualcomm's emergency download mode, and its memory dump.

use sim::Usb;

use crate::failed::{Outcome, ensure};
use crate::rack::{Bench, place};

/// The place of one module shows the emergency ids instead of it, and then the module again.
pub(super) fn emergency(bench: &mut Bench) -> Outcome<String> {
    let place = place(&bench.places, "1-1.3")?;
    bench.take_out(place)?;
    let device = format!("/sys/bus/usb/devices/{}", place.port_path);
    let mut shown = Vec::new();
    for (product, ttys, others) in [(0x9008, vec![0], vec![]), (0x900e, vec![], vec![0])] {
        let usb = Usb { vendor: 0x05c6, product, serial: None, ttys, others, at: None };
        let there = bench.show(place, &usb)?;
        let script = format!(
            "timeout 60 sh -c 'until grep -q {product:04x} {device}/idProduct; do sleep 0.1; done' 2>/dev/null\n\
             udevadm settle; cd {device}; stat -c '%G %a' $(udevadm info -q name -r .)\n\
             udevadm info -q property . | grep -E '^(ID_FOTARIG|ID_MM)'\n\
             for i in /dev/fotarig/{0}-if*; do [ -e $i ] && echo ${{i##*/}} && stat -Lc '%G %a' $i; done; true",
            place.port_path
        );
        let found = bench.guest().run(&script)?;
        let found = found.split_whitespace().collect::<Vec<_>>().join(" ");
        let port =
            if product == 0x9008 { format!(" {}-if00 dialout 660", place.port_path) } else { String::new() };
        let wanted = format!("dialout 664 ID_FOTARIG=emergency ID_MM_DEVICE_IGNORE=1{port}");
        ensure(found == wanted, || format!("05c6:{product:04x}: {found}\ninstead of {wanted}"))?;
        shown.push(format!("05c6:{product:04x} at {}: {found}", place.port_path));
        drop(there);
        bench.guest().run(&format!("timeout 60 sh -c 'while [ -e {device} ]; do sleep 0.1; done'"))?;
    }
    bench.put_in(place)?;
    bench.await_ports()?;
    Ok(shown.join("\n"))
}
