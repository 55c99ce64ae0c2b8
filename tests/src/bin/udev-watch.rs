//! What libudev shows of ttys on USB: first those that are there, then every event. For tests of the world in which it
//! runs; it opens no port.
//!
//! `udev-watch [kernel]`: a line `tty NAME INTERFACE PORT VENDOR:PRODUCT SERIAL` for each, a line `enumerated`, then
//! lines `add NAME PARENT` and `remove NAME PARENT` until it is stopped. With `kernel`, events are the kernel's own.

use std::error::Error;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::ExitCode;

use rustix::event::{PollFd, PollFlags, poll};
use udev::{Device, Enumerator, Event, MonitorBuilder, MonitorSocket};

fn main() -> ExitCode {
    let kernel = std::env::args().nth(1).as_deref() == Some("kernel");
    match watch(kernel) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("udev-watch: {error}");
            ExitCode::FAILURE
        }
    }
}

fn watch(kernel: bool) -> Result<(), Box<dyn Error>> {
    let monitor = if kernel { MonitorBuilder::new_kernel() } else { MonitorBuilder::new() };
    let monitor = monitor?.match_subsystem("tty")?.listen()?;
    let mut enumerator = Enumerator::new()?;
    enumerator.match_subsystem("tty")?;
    for device in enumerator.scan_devices()? {
        say(&described(&device))?;
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
    let parent = device.parent_with_subsystem_devtype("usb", "usb_device").ok().flatten();
    let parent =
        parent.map_or_else(|| "-".to_owned(), |parent| parent.sysname().to_string_lossy().into_owned());
    format!("{} {} {parent}", event.event_type(), name(&device))
}

fn described(device: &Device) -> String {
    let parent = |kind| device.parent_with_subsystem_devtype("usb", kind).ok().flatten();
    let (Some(interface), Some(module)) = (parent("usb_interface"), parent("usb_device")) else {
        return format!("tty {} without USB", name(device));
    };
    let of = |device: &Device, key: &str| {
        device
            .attribute_value(key)
            .map_or_else(|| "-".to_owned(), |value| value.to_string_lossy().into_owned())
    };
    format!(
        "tty {} {} {} {}:{} {}{}",
        name(device),
        of(&interface, "bInterfaceNumber"),
        module.sysname().to_string_lossy(),
        of(&module, "idVendor"),
        of(&module, "idProduct"),
        of(&module, "serial"),
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
