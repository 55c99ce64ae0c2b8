//! A glance at the bus: whether anything has come or gone, for the price of two listings.

use std::ffi::OsString;
use std::io;
use std::os::unix::fs::DirEntryExt;
use std::path::Path;

/// The folders in which every USB device and every tty has a link of its own, made anew with it.
const FOLDERS: [&str; 2] = ["bus/usb/devices", "class/tty"];

/// The links there, with their inodes: what was replaced by something of the same name differs too.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Glance(Vec<(OsString, u64)>);

impl Glance {
    /// At the bus as it is now. `sys` is `/sys`; a folder that is not there has nothing in it.
    pub(crate) fn at(sys: &Path) -> io::Result<Self> {
        let mut links = Vec::new();
        for folder in FOLDERS {
            match std::fs::read_dir(sys.join(folder)) {
                Ok(entries) => {
                    for entry in entries {
                        let entry = entry?;
                        links.push((entry.file_name(), entry.ino()));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        links.sort_unstable();
        Ok(Self(links))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use super::Glance;

    #[test]
    fn what_comes_goes_or_is_replaced_is_seen() {
        let sys = tempfile::tempdir().unwrap();
        let at = || Glance::at(sys.path()).unwrap();
        let (devices, ttys) = (sys.path().join("bus/usb/devices"), sys.path().join("class/tty"));
        assert_eq!(at(), Glance::default());
        fs::create_dir_all(&devices).unwrap();
        fs::create_dir_all(&ttys).unwrap();
        symlink("../x", ttys.join("ttyUSB0")).unwrap();
        let before = at();
        assert_eq!(at(), before);
        // The same name and target, but another link: the old one still exists, so that its inode is not free.
        fs::rename(ttys.join("ttyUSB0"), sys.path().join("old")).unwrap();
        symlink("../x", ttys.join("ttyUSB0")).unwrap();
        let replaced = at();
        assert_ne!(replaced, before);
        symlink("../y", devices.join("1-1")).unwrap();
        assert_ne!(at(), replaced);
        fs::remove_file(devices.join("1-1")).unwrap();
        assert_eq!(at(), replaced);
        assert!(Glance::at(Path::new("/dev/null")).is_err());
    }
}
