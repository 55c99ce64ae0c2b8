//! One device as sysfs, the udev database and `/dev` show it: made, and taken away again.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

/// A device's number and name in `/dev`.
#[derive(Clone, Debug)]
pub(crate) struct Special {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    /// `ttyUSB3`, `bus/usb/001/004`.
    pub(crate) name: String,
}

/// A device below `/sys/devices`.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// `/devices/pci0000:00/…`.
    pub(crate) path: String,
    pub(crate) subsystem: &'static str,
    pub(crate) devtype: Option<&'static str>,
    pub(crate) driver: Option<String>,
    pub(crate) special: Option<Special>,
    /// What the kernel's own events and the file `uevent` say besides the above.
    pub(crate) kernel: Vec<(&'static str, String)>,
    /// What udevd's rules add.
    pub(crate) rules: Vec<(&'static str, String)>,
    /// Files of its folder and what is in them.
    pub(crate) attributes: Vec<(&'static str, String)>,
    /// Names in `/dev` that udevd adds: `serial/by-path/…`.
    pub(crate) aliases: Vec<String>,
    /// For a tty: the pseudo-terminal that plays it.
    pub(crate) stands_for: Option<PathBuf>,
}

impl Node {
    pub(crate) fn new(path: String, subsystem: &'static str, devtype: Option<&'static str>) -> Self {
        Self {
            path,
            subsystem,
            devtype,
            driver: None,
            special: None,
            kernel: Vec::new(),
            rules: Vec::new(),
            attributes: Vec::new(),
            aliases: Vec::new(),
            stands_for: None,
        }
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> PathBuf {
        PathBuf::from(format!("/sys{}", self.path))
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// Its properties as the kernel tells them.
    pub(crate) fn kernel_properties(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![("SUBSYSTEM", self.subsystem.to_owned())];
        all.extend(self.uevent());
        all
    }

    /// Its properties as udevd tells them.
    pub(crate) fn udev_properties(&self) -> Vec<(&'static str, String)> {
        let mut all = self.kernel_properties();
        for (key, value) in &mut all {
            if *key == "DEVNAME" {
                *value = format!("/dev/{value}");
            }
        }
        all.extend(self.rules.iter().cloned());
        if !self.aliases.is_empty() {
            let links: Vec<String> = self.aliases.iter().map(|alias| format!("/dev/{alias}")).collect();
            all.push(("DEVLINKS", links.join(" ")));
        }
        all
    }

    fn uevent(&self) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        if let Some(special) = &self.special {
            all.push(("MAJOR", special.major.to_string()));
            all.push(("MINOR", special.minor.to_string()));
            all.push(("DEVNAME", special.name.clone()));
        }
        all.extend(self.devtype.map(|devtype| ("DEVTYPE", devtype.to_owned())));
        all.extend(self.driver.clone().map(|driver| ("DRIVER", driver)));
        all.extend(self.kernel.iter().cloned());
        all
    }

    /// Makes all that shows it; `database` where a udevd keeps one.
    pub(crate) fn make(&self, database: bool) -> io::Result<()> {
        let folder = self.folder();
        fs::create_dir_all(&folder)?;
        let uevent: Vec<String> =
            self.uevent().iter().map(|(key, value)| format!("{key}={value}\n")).collect();
        fs::write(folder.join("uevent"), uevent.concat())?;
        for (name, value) in &self.attributes {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap_or(&folder))?;
            fs::write(file, format!("{value}\n"))?;
        }
        for (from, to) in self.links() {
            link(&from, &to)?;
        }
        if let Some(special) = &self.special {
            fs::write(folder.join("dev"), format!("{}:{}\n", special.major, special.minor))?;
        }
        if database {
            fs::write(self.record(), self.record_text())?;
        }
        Ok(())
    }

    /// Takes away all that shows it. Its folder may have gone with its parent's.
    pub(crate) fn unmake(&self) -> io::Result<()> {
        for (from, _) in self.links() {
            existing(fs::remove_file(from))?;
        }
        existing(fs::remove_file(self.record()))?;
        existing(fs::remove_dir_all(self.folder()))
    }

    /// Every symbolic link that shows it, and where it leads.
    fn links(&self) -> Vec<(PathBuf, PathBuf)> {
        let folder = self.folder();
        let (home, list) = match self.subsystem {
            "tty" => (PathBuf::from("/sys/class/tty"), PathBuf::from("/sys/class/tty")),
            bus => (format!("/sys/bus/{bus}").into(), format!("/sys/bus/{bus}/devices").into()),
        };
        let mut all =
            vec![(folder.join("subsystem"), home.clone()), (list.join(self.name()), folder.clone())];
        if let Some(driver) = &self.driver {
            all.push((folder.join("driver"), home.join("drivers").join(driver)));
        }
        if let Some(special) = &self.special {
            let number = format!("/sys/dev/char/{}:{}", special.major, special.minor);
            all.push((number.into(), folder.clone()));
            let device = Path::new("/dev").join(&special.name);
            all.extend(self.stands_for.clone().map(|tty| (device.clone(), tty)));
            all.extend(self.aliases.iter().map(|alias| (Path::new("/dev").join(alias), device.clone())));
        }
        all
    }

    fn record(&self) -> PathBuf {
        let name = match &self.special {
            Some(special) => format!("c{}:{}", special.major, special.minor),
            None => format!("+{}:{}", self.subsystem, self.name()),
        };
        Path::new("/run/udev/data").join(name)
    }

    fn record_text(&self) -> String {
        let aliases = self.aliases.iter().map(|alias| format!("S:{alias}\n"));
        let rules = self.rules.iter().map(|(key, value)| format!("E:{key}={value}\n"));
        aliases.chain(["I:1000000\n".to_owned()]).chain(rules).chain(["V:1\n".to_owned()]).collect()
    }
}

fn existing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes `from` a relative link to `to`, as sysfs has them.
pub(crate) fn link(from: &Path, to: &Path) -> io::Result<()> {
    let folder = from.parent().unwrap_or(from);
    fs::create_dir_all(folder)?;
    if to.starts_with("/sys") {
        fs::create_dir_all(to)?;
    }
    symlink(relative(folder, to), from)
}

fn relative(from: &Path, to: &Path) -> PathBuf {
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (from.components().collect(), to.components().collect());
    let same = from.iter().zip(&to).take_while(|(one, other)| one == other).count();
    let up = from[same..].iter().map(|_| Component::ParentDir);
    up.chain(to[same..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::relative;

    #[test]
    fn links_are_relative() {
        let made = relative(Path::new("/sys/bus/usb/devices"), Path::new("/sys/devices/pci/usb1"));
        assert_eq!(made, Path::new("../../../devices/pci/usb1"));
        assert_eq!(relative(Path::new("/dev"), Path::new("/dev/pts/3")), Path::new("pts/3"));
    }
}
