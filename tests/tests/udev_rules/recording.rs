//! Devices as a kernel and its udevd showed them before any rule of fotarig's: the answers of `udevadm info`, without
//! the lines that no rule could ask for. Source: Linux 6.1, systemd 252, emulated devices behind emulated hubs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A device and those above it, nearest first.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Properties when the rules begin.
    pub(crate) properties: BTreeMap<String, String>,
    /// The device itself, then its parents.
    pub(crate) chain: Vec<Level>,
}

/// What can be matched of one device.
#[derive(Debug, Default)]
pub(crate) struct Level {
    /// Its name.
    pub(crate) kernel: String,
    /// Its subsystem; may be empty.
    pub(crate) subsystem: String,
    /// Its driver; may be empty.
    pub(crate) driver: String,
    /// Its attributes.
    pub(crate) attributes: BTreeMap<String, String>,
}

impl Recording {
    /// The devices of the file `recorded/<name>.txt`: the USB device first, then its ports.
    pub(crate) fn all(name: &str) -> Vec<Self> {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/udev_rules/recorded"));
        let text = fs::read_to_string(folder.join(name).with_extension("txt"));
        let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
        text.split("\n\n").map(Self::read).collect()
    }

    fn read(text: &str) -> Self {
        let mut recording = Self { properties: BTreeMap::new(), chain: Vec::new() };
        for line in text.lines() {
            if line.starts_with("looking at ") {
                recording.chain.push(Level::default());
            } else if let Some(level) = recording.chain.last_mut() {
                level.note(line.trim_start());
            } else if !line.starts_with('#') {
                let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("no property: {line}"));
                recording.properties.insert(name.to_owned(), value.to_owned());
            }
        }
        assert!(recording.chain.len() >= 2, "a device and its parents: {text}");
        recording
    }

    /// The name of the device itself.
    pub(crate) fn kernel(&self) -> &str {
        &self.chain[0].kernel
    }

    /// Its subsystem.
    pub(crate) fn subsystem(&self) -> &str {
        &self.chain[0].subsystem
    }

    /// Its interface number, where it belongs to one.
    pub(crate) fn interface(&self) -> &str {
        self.properties.get("ID_USB_INTERFACE_NUM").map_or("", String::as_str)
    }
}

impl Level {
    fn note(&mut self, line: &str) {
        let (key, value) = line.split_once("==").unwrap_or_else(|| panic!("no attribute: {line}"));
        let value = value.trim_matches('"').to_owned();
        match key.split_once('{') {
            Some((_, name)) => drop(self.attributes.insert(name.trim_end_matches('}').to_owned(), value)),
            None if key.starts_with("KERNEL") => self.kernel = value,
            None if key.starts_with("SUBSYSTEM") => self.subsystem = value,
            None if key.starts_with("DRIVER") => self.driver = value,
            None => panic!("an unknown line: {line}"),
        }
    }
}
