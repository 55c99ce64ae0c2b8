//! What stands in a rack's way on this host, as data: the roots of sysfs and of procfs are passed in.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Access, access};

use crate::path::PortPath;
use crate::topology::{Kind, Topology};

/// So many ttyUSB minors a kernel has: 128 modules of four ttys.
pub const TTYUSB_MINORS: usize = 512;

/// How the kernel treats the power of a USB device (`power/control`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// It is always on.
    On,
    /// It may be suspended when nothing has been said to it for a while (`auto`).
    Autosuspend,
}

/// How the device at `port` is powered; `None` when nothing is there or it does not say. `sys` is `/sys`.
pub fn power(sys: &Path, port: PortPath) -> Option<Power> {
    let control = sys.join("bus/usb/devices").join(port.to_string()).join("power/control");
    match fs::read_to_string(control).ok()?.trim() {
        "on" => Some(Power::On),
        "auto" => Some(Power::Autosuspend),
        _ => None,
    }
}

/// Who may use a tty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TtyAccess {
    /// Whether this process may read it.
    pub readable: bool,
    /// Whether this process may write to it.
    pub writable: bool,
    /// Its group, by number.
    pub gid: u32,
    /// Its group, by name, when the file of groups has it.
    pub group: Option<String>,
    /// Its permission bits, such as `0o660`.
    pub mode: u32,
}

/// Who may use `tty`. `groups` is `/etc/group`.
pub fn tty_access(tty: &Path, groups: &Path) -> io::Result<TtyAccess> {
    let found = fs::metadata(tty)?;
    Ok(TtyAccess {
        readable: access(tty, Access::READ_OK).is_ok(),
        writable: access(tty, Access::WRITE_OK).is_ok(),
        gid: found.gid(),
        group: fs::read_to_string(groups).ok().and_then(|groups| group_name(&groups, found.gid())),
        mode: found.mode() & 0o7777,
    })
}

/// `dialout:x:20:user`
fn group_name(groups: &str, gid: u32) -> Option<String> {
    let mut lines = groups.lines().map(|line| line.split(':'));
    lines.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then(|| name.to_owned())
    })
}

/// How many ttyUSB minors are in use, of [`TTYUSB_MINORS`]. `sys` is `/sys`.
pub fn ttyusb_minors(sys: &Path) -> usize {
    let ttys = fs::read_dir(sys.join("class/tty")).into_iter().flatten();
    ttys.filter(|tty| tty.as_ref().is_ok_and(|tty| tty.file_name().as_encoded_bytes().starts_with(b"ttyUSB")))
        .count()
}

/// What the driver `option` knows of a VID:PID that was given to it at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionDriver {
    /// It is not loaded.
    NotLoaded,
    /// It is loaded, and has not been told of this VID:PID by `new_id`.
    NotTold,
    /// It has been told.
    Told,
}

/// A module that is there without a single tty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithoutTtys {
    /// Where.
    pub port: PortPath,
    /// The USB vendor.
    pub vendor: u16,
    /// The USB product.
    pub product: u16,
    /// What `option` knows of it. An AG35 (`2c7c:0435`) is not in its own table: it has to be told.
    pub option: OptionDriver,
}

/// The modules that are there, settled, without a single tty: no driver knows them. `sys` is `/sys`.
pub fn without_ttys(sys: &Path, topology: &Topology) -> Vec<WithoutTtys> {
    let bare =
        |module: &&crate::UsbModule| module.kind == Kind::Module && module.settled && module.ttys.is_empty();
    let modules = topology.modules.values().filter(bare);
    modules
        .map(|module| WithoutTtys {
            port: module.port,
            vendor: module.vendor,
            product: module.product,
            option: option_driver(sys, module.vendor, module.product),
        })
        .collect()
}

/// The kernel lists what was written to `new_id`, a line each: `2c7c 0435`.
fn option_driver(sys: &Path, vendor: u16, product: u16) -> OptionDriver {
    let folder = sys.join("bus/usb-serial/drivers/option1");
    if !folder.exists() {
        return OptionDriver::NotLoaded;
    }
    let told = fs::read_to_string(folder.join("new_id")).unwrap_or_default();
    let number = |text: Option<&str>| text.and_then(|text| u16::from_str_radix(text, 16).ok());
    let is = |line: &str| {
        let mut words = line.split_whitespace();
        (number(words.next()), number(words.next())) == (Some(vendor), Some(product))
    };
    if told.lines().any(is) { OptionDriver::Told } else { OptionDriver::NotTold }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::{OptionDriver, Power, group_name, power, tty_access, ttyusb_minors, without_ttys};
    use crate::topology::{Kind, Topology, UsbModule, UsbTty};

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn power_of_a_port() {
        let sys = tempfile::tempdir().unwrap();
        write(sys.path(), "bus/usb/devices/1-1.4/power/control", "auto\n");
        write(sys.path(), "bus/usb/devices/1-14/power/control", "on\n");
        write(sys.path(), "bus/usb/devices/1-2/power/control", "?\n");
        let of = |port: &str| power(sys.path(), port.parse().unwrap());
        assert_eq!(
            [of("1-1.4"), of("1-14"), of("1-2"), of("1-3")],
            [Some(Power::Autosuspend), Some(Power::On), None, None]
        );
    }

    #[test]
    fn access_to_a_tty() {
        let folder = tempfile::tempdir().unwrap();
        let tty = folder.path().join("ttyUSB0");
        fs::write(&tty, "").unwrap();
        fs::set_permissions(&tty, fs::Permissions::from_mode(0o640)).unwrap();
        let access = tty_access(&tty, Path::new("/nowhere")).unwrap();
        assert_eq!((access.readable, access.mode, access.group), (true, 0o640, None));
        assert!(tty_access(&folder.path().join("none"), Path::new("/nowhere")).is_err());
    }

    #[test]
    fn names_of_groups() {
        let groups = "root:x:0:\nbroken\ndialout:x:20:one,two\ntwenty:x:200:\n";
        assert_eq!(group_name(groups, 20), Some("dialout".to_owned()));
        assert_eq!(group_name(groups, 2), None);
    }

    #[test]
    fn minors_in_use() {
        let sys = tempfile::tempdir().unwrap();
        for tty in ["ttyUSB0", "ttyUSB511", "ttyACM0", "tty1", "ttyS0"] {
            write(sys.path(), &format!("class/tty/{tty}"), "");
        }
        assert_eq!(ttyusb_minors(sys.path()), 2);
        assert_eq!(ttyusb_minors(Path::new("/nowhere")), 0);
    }

    fn ag35(port: &str, settled: bool, ttys: Vec<UsbTty>) -> UsbModule {
        UsbModule {
            port: port.parse().unwrap(),
            generation: 1,
            vendor: 0x2c7c,
            product: 0x0435,
            serial: None,
            ttys,
            kind: Kind::Module,
            at_interface: Some(2),
            settled,
            mm_ignored: false,
        }
    }

    #[test]
    fn a_module_without_a_driver() {
        let tty = UsbTty { interface: 2, path: "/dev/ttyUSB2".into(), driver: Some("option".to_owned()) };
        let mut topology = Topology::default();
        for module in [ag35("1-1", true, vec![]), ag35("1-2", true, vec![tty]), ag35("1-3", false, vec![])] {
            topology.modules.insert(module.port, module);
        }
        let sys = tempfile::tempdir().unwrap();
        let found = |expected| {
            let found = without_ttys(sys.path(), &topology);
            assert_eq!(found.len(), 1);
            assert_eq!((found[0].port.to_string().as_str(), found[0].option), ("1-1", expected));
        };
        found(OptionDriver::NotLoaded);
        write(sys.path(), "bus/usb-serial/drivers/option1/new_id", "2c7c 0436\n0435 2c7c\n");
        found(OptionDriver::NotTold);
        write(sys.path(), "bus/usb-serial/drivers/option1/new_id", "1e0e 9001\n2c7c 0435\n");
        found(OptionDriver::Told);
    }
}
