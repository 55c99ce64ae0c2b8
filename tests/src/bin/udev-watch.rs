//! What libudev shows of ttys on USB, or of USB devices: first those that are there, then every event. For tests of the world in which it
//! runs; it opens no port.
//!
//! `udev-watch [tty|usb] [kernel]`: a line `tty NAME INTERFACE PORT VENDOR:PRODUCT SERIAL` for each, a line `enumerated`, then
//! lines `add NAME PARENT` and `remove NAME PARENT` until it is stopped. With `usb` the lines are `device PORT VENDOR:PRODUCT`
//! and `add PORT VENDOR:PRODUCT`. With `kernel`, events are the kernel's own.

use std::error::Error;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};
use udev::{Device, Enumerator, Event, MonitorBuilder, MonitorSocket};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    match watch(has("usb"), has("kernel")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("udev-watch: {error}");
            ExitCode::FAILURE
        }
    }
}

fn watch(usb: bool, kernel: bool) -> Result<(), Box<dyn Error>> {
    let monitor = if kernel { MonitorBuilder::new_kernel() } else { MonitorBuilder::new() };
    let mut enumerator = Enumerator::new()?;
    let monitor = if usb {
        enumerator.match_subsystem("usb")?;
        enumerator.match_property("DEVTYPE", "usb_device")?;
        monitor?.match_subsystem_devtype("usb", "usb_device")?
    } else {
        enumerator.match_subsystem("tty")?;
        monitor?.match_subsystem("tty")?
    };
    let monitor = monitor.listen()?;
    for device in enumerator.scan_devices()? {
        say(&if usb { format!("device {}", place_and_ids(&device)) } else { described(&device) })?;
    }
    say("enumerated")?;
    follow(&monitor)
}

fn follow(monitor: &MonitorSocket) -> Result<(), Box<dyn Error>> {
    loop {
        poll(&mut [PollFd::from_borrowed_fd(monitor.as_fd(), PollFlags::IN)], None)?;
        for event in monitor.iter() {
            say(&told(&event))?;
        }
    }
}

fn told(event: &Event) -> String {
    let device = event.device();
    if device.subsystem().is_some_and(|subsystem| subsystem == "usb") {
        return format!("{} {}", event.event_type(), place_and_ids(&device));
    }
    let parent = device.parent_with_subsystem_devtype("usb", "usb_device").ok().flatten();
    let parent =
        parent.map_or_else(|| "-".to_owned(), |parent| parent.sysname().to_string_lossy().into_owned());
    format!("{} {} {parent}", event.event_type(), name(&device))
}

fn place_and_ids(device: &Device) -> String {
    let name = device.sysname().to_string_lossy();
    format!("{name} {}:{}", attribute(device, "idVendor"), attribute(device, "idProduct"))
}

fn attribute(device: &Device, key: &str) -> String {
    device.attribute_value(key).map_or_else(|| "-".to_owned(), |value| value.to_string_lossy().into_owned())
}

fn described(device: &Device) -> String {
    let parent = |kind| device.parent_with_subsystem_devtype("usb", kind).ok().flatten();
    let (Some(interface), Some(module)) = (parent("usb_interface"), parent("usb_device")) else {
        return format!("tty {} without USB", name(device));
    };
    format!(
        "tty {} {} {} {}:{} {}{}",
        name(device),
        attribute(&interface, "bInterfaceNumber"),
        module.sysname().to_string_lossy(),
        attribute(&module, "idVendor"),
        attribute(&module, "idProduct"),
        attribute(&module, "serial"),
        if device.is_initialized() { "" } else { " uninitialised" }
    )
}

fn name(device: &Device) -> String {
    device.devnode().unwrap_or(Path::new("-")).display().to_string()
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
