//! Where a module is plugged in: what its coming and going looks like from outside.

use std::fmt::Debug;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::port::{Port, UsedNumber};
use crate::usb::Usb;

/// A place into which a module can be plugged. It is called from inside a tokio runtime.
pub trait Place: Debug + Send {
    /// The module has come onto the bus as `usb`: the port on which it talks from now on, or none where it shows itself
    /// without one.
    fn arrive(&mut self, usb: &Usb) -> io::Result<Option<Port>>;

    /// The module has left the bus. `port` is its port, which whoever has it open is to lose.
    fn leave(&mut self, port: Option<Port>);
}

/// A symlink that is there while the module has a port for AT commands.
#[derive(Debug)]
pub(crate) struct Link {
    path: PathBuf,
    /// Whether it is to come back under another number (behaviour 3).
    other_number: bool,
    used: Option<UsedNumber>,
}

impl Link {
    pub(crate) fn new(path: PathBuf, other_number: bool) -> Self {
        Self { path, other_number, used: None }
    }
}

impl Place for Link {
    fn arrive(&mut self, usb: &Usb) -> io::Result<Option<Port>> {
        if usb.at.is_none() {
            return Ok(None);
        }
        let port = Port::open()?;
        point(&self.path, port.tty())?;
        self.used = None;
        Ok(Some(port))
    }

    fn leave(&mut self, port: Option<Port>) {
        // It may have been removed with its directory.
        let _gone = fs::remove_file(&self.path);
        if self.other_number {
            self.used = port.and_then(|port| port.hang_up().ok());
        }
    }
}

/// Makes `link` point to `target` at once: there is never a half-made link, and never none where one was.
fn point(link: &Path, target: &Path) -> io::Result<()> {
    let mut name = link.as_os_str().to_owned();
    name.push(".new");
    let fresh = PathBuf::from(name);
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    symlink(target, &fresh)?;
    fs::rename(&fresh, link)
}
