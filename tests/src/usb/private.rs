//! This process's own `/dev`, `/sys`, `/run` and network: it must be in namespaces of its own already.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::mount::{MountFlags, UnmountFlags, mount, mount_bind, mount_bind_recursive, unmount};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::usb::{loopback, namespace};

/// Devices that are the machine's own.
const KEPT: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
/// Other names in `/dev`.
const LINKS: [(&str, &str); 5] = [
    ("ptmx", "pts/ptmx"),
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
];
/// Folders that a kernel with USB, and a system around it, has.
const FOLDERS: [&str; 8] = [
    "/sys/class/tty",
    "/sys/bus/usb/devices",
    "/sys/bus/usb/drivers",
    "/sys/bus/usb-serial/devices",
    "/sys/bus/usb-serial/drivers/option1",
    "/sys/dev/char",
    "/sys/devices",
    "/run/lock",
];

/// Makes the private world: no USB at all yet. `udevd` says whether one seems to run.
pub(crate) fn make(udevd: bool) -> io::Result<()> {
    namespace::must_be_own()?;
    raise_limit()?;
    let folder = std::env::temp_dir().join(format!("usb-rack-{}", std::process::id()));
    fs::create_dir(&folder)?;
    tmpfs(&folder)?;
    for name in KEPT {
        let device = folder.join(name);
        File::create(&device)?;
        mount_bind(Path::new("/dev").join(name), &device)?;
    }
    fs::create_dir(folder.join("pts"))?;
    fs::create_dir(folder.join("shm"))?;
    let options = c"newinstance,ptmxmode=0666,mode=0620";
    mount("devpts", folder.join("pts"), "devpts", MountFlags::empty(), options)?;
    for (name, target) in LINKS {
        symlink(target, folder.join(name))?;
    }
    mount_bind_recursive(&folder, "/dev")?;
    unmount(&folder, UnmountFlags::DETACH)?;
    fs::remove_dir(&folder)?;
    tmpfs(Path::new("/sys"))?;
    tmpfs(Path::new("/run"))?;
    for path in FOLDERS {
        fs::create_dir_all(path)?;
    }
    fs::write("/sys/bus/usb-serial/drivers/option1/new_id", "")?;
    if udevd {
        fs::create_dir_all("/run/udev/data")?;
        fs::write("/run/udev/control", "")?;
    }
    loopback::bring_up()
}

fn tmpfs(path: &Path) -> io::Result<()> {
    Ok(mount("none", path, "tmpfs", MountFlags::empty(), None)?)
}

/// Hundreds of ports are two descriptors each.
fn raise_limit() -> io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}
