//! Fixed ttys: a UART behind a bridge, a serial server, a PTY.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::termios::{ControlModes, OptionalActions};
use tokio_serial::{FlowControl, SerialPort as _, SerialPortBuilderExt, SerialStream};

use crate::port::SerialPort;

/// Why a tty or the USB bus cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// Nothing is there.
    #[error("{path} does not exist")]
    Absent {
        /// The tty.
        path: PathBuf,
    },
    /// Something else than a character device is there.
    #[error("{path} is {found}, not a serial port")]
    NotATty {
        /// The path.
        path: PathBuf,
        /// What is there.
        found: &'static str,
    },
    /// The system refused.
    #[error("cannot open {path}")]
    Open {
        /// The tty.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The USB bus cannot be watched.
    #[error("cannot watch the USB bus")]
    Usb {
        /// Why.
        source: io::Error,
    },
}

impl From<BusError> for io::Error {
    fn from(error: BusError) -> Self {
        match &error {
            BusError::Absent { .. } => Self::new(io::ErrorKind::NotFound, error),
            BusError::NotATty { .. } => Self::new(io::ErrorKind::InvalidInput, error),
            BusError::Open { source, .. } | BusError::Usb { source } => {
                Self::new(source.kind(), format!("{error}: {source}"))
            }
        }
    }
}

/// Flow control of the line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// None.
    #[default]
    None,
    /// RTS/CTS.
    Hardware,
    /// XON/XOFF.
    Software,
}

/// A tty at a fixed path.
#[derive(Clone, Debug)]
pub struct FixedTty {
    path: PathBuf,
    baud: u32,
    flow: Flow,
    dtr: Option<bool>,
    rts: Option<bool>,
}

impl FixedTty {
    /// The tty at `path`, at `baud`, without flow control, its lines left as they are.
    pub fn new(path: PathBuf, baud: u32) -> Self {
        Self { path, baud, flow: Flow::None, dtr: None, rts: None }
    }

    /// At another rate.
    pub fn with_baud(mut self, baud: u32) -> Self {
        self.baud = baud;
        self
    }

    /// With flow control.
    pub fn with_flow(mut self, flow: Flow) -> Self {
        self.flow = flow;
        self
    }

    /// With DTR and RTS set when it is opened; boards often wire them to reset or power key.
    pub fn with_lines(mut self, dtr: Option<bool>, rts: Option<bool>) -> Self {
        (self.dtr, self.rts) = (dtr, rts);
        self
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a character device is there.
    pub fn check(&self) -> Result<(), BusError> {
        let path = || self.path.clone();
        let kind = match std::fs::metadata(&self.path) {
            Ok(found) => found.file_type(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(BusError::Absent { path: path() });
            }
            Err(source) => return Err(BusError::Open { path: path(), source }),
        };
        let found = match kind {
            kind if kind.is_char_device() => return Ok(()),
            kind if kind.is_file() => "a regular file",
            kind if kind.is_dir() => "a directory",
            kind if kind.is_socket() => "a socket",
            kind if kind.is_fifo() => "a pipe",
            _ => "something else",
        };
        Err(BusError::NotATty { path: path(), found })
    }

    /// Opens it, exclusively. `HUPCL` is cleared, so that closing it changes no line.
    pub fn open(&self) -> Result<SerialPort, BusError> {
        self.check()?;
        let refused = |source| BusError::Open { path: self.path.clone(), source };
        let flow = match self.flow {
            Flow::None => FlowControl::None,
            Flow::Hardware => FlowControl::Hardware,
            Flow::Software => FlowControl::Software,
        };
        let _until_it_is_open = keep_lines(&self.path).map_err(refused)?;
        let name = self.path.to_string_lossy();
        let mut stream = tokio_serial::new(name, self.baud)
            .flow_control(flow)
            .open_native_async()
            .map_err(|error| self.taken(error))?;
        self.set_lines(&mut stream).map_err(refused)?;
        Ok(SerialPort::new(stream))
    }

    /// The tty was there a moment ago; when it still is, "no such device" means that another program has it.
    fn taken(&self, error: tokio_serial::Error) -> BusError {
        let held = error.kind() == tokio_serial::ErrorKind::NoDevice && self.check().is_ok();
        let busy = || io::Error::new(io::ErrorKind::ResourceBusy, "another program has it");
        let source = if held { busy() } else { error.into() };
        BusError::Open { path: self.path.clone(), source }
    }

    /// PTYs have no lines: there, setting them fails and that is no fault.
    fn set_lines(&self, stream: &mut SerialStream) -> io::Result<()> {
        let set = |result: tokio_serial::Result<()>| match result.map_err(io::Error::from) {
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NOTTY.raw_os_error()) => Ok(()),
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::INVAL.raw_os_error()) => Ok(()),
            other => other,
        };
        if let Some(level) = self.dtr {
            set(stream.write_data_terminal_ready(level))?;
        }
        if let Some(level) = self.rts {
            set(stream.write_request_to_send(level))?;
        }
        Ok(())
    }
}

/// Clears `HUPCL`: the last close must not drop DTR. The descriptor is to be held until the port is open.
fn keep_lines(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let tty = rustix::fs::open(path, flags, Mode::empty())?;
    let mut attributes = rustix::termios::tcgetattr(&tty)?;
    attributes.control_modes.remove(ControlModes::HUPCL);
    rustix::termios::tcsetattr(&tty, OptionalActions::Now, &attributes)?;
    Ok(tty)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::{BusError, FixedTty};

    #[test]
    fn what_is_no_tty_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("tty");
        std::fs::write(&file, "").unwrap();
        let error = FixedTty::new(file, 115_200).check().unwrap_err();
        assert!(error.to_string().ends_with("is a regular file, not a serial port"), "{error}");
        let error = FixedTty::new(folder.path().into(), 115_200).check().unwrap_err();
        assert!(error.to_string().contains("a directory"), "{error}");
    }

    #[test]
    fn absence_is_told_apart() {
        let error = FixedTty::new("/nowhere/ttyUSB0".into(), 115_200).check().unwrap_err();
        assert!(matches!(error, BusError::Absent { .. }));
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound);
    }
}
