//! Namespaces of one's own: whether there can be any, how a process gets into new ones, and how into a rack's.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The first argument of a `usb-rack` that is in its namespaces.
pub(crate) const INSIDE: &str = "--inside";
/// What a program must have in its environment: libudev is not to insist on a sysfs that the kernel made.
pub(crate) const VERIFY: (&str, &str) = ("SYSTEMD_DEVICE_VERIFY_SYSFS", "0");

/// How namespaces are got here: as root, or with a namespace of users too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Root,
    Users,
}

impl Way {
    const fn flags(self) -> &'static str {
        match self {
            Self::Root => "-mn",
            Self::Users => "-Urmn",
        }
    }

    /// The first that works here; why none does.
    pub(crate) fn find() -> Result<Self, String> {
        static FOUND: OnceLock<Result<Way, String>> = OnceLock::new();
        FOUND.get_or_init(try_ways).clone()
    }
}

fn try_ways() -> Result<Way, String> {
    let mut reasons = Vec::new();
    for way in [Way::Root, Way::Users] {
        let mut command = Command::new("unshare");
        let tried = command.arg(way.flags()).arg("true").stdin(Stdio::null()).output();
        match tried {
            Ok(output) if output.status.success() => return Ok(way),
            Ok(output) => reasons.push(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => reasons.push(format!("unshare: {error}")),
        }
    }
    Err(reasons.join("; "))
}

/// Becomes the same program with the same arguments in namespaces of its own; comes back only with the error.
pub(crate) fn enter_with(arguments: &[OsString]) -> io::Error {
    let way = match Way::find() {
        Ok(way) => way,
        Err(why) => return io::Error::other(format!("no namespaces here: {why}")),
    };
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    Command::new("unshare").arg(way.flags()).arg(program).arg(INSIDE).args(arguments).exec()
}

/// `program` in the namespaces of the process `pid`, in this process's folder.
pub(crate) fn command_in(pid: u32, program: &OsStr) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--target={pid}")).args(["--mount", "--net"]);
    if Way::find() == Ok(Way::Users) {
        command.args(["--user", "--preserve-credentials"]);
    }
    if let Ok(folder) = std::env::current_dir() {
        let mut option = OsString::from("--wd=");
        option.push(folder);
        command.arg(option);
    }
    command.arg("--").arg(program).env(VERIFY.0, VERIFY.1);
    command
}

/// Refuses to go on in the namespaces of the parent process, as far as those can be seen.
pub(crate) fn must_be_own() -> io::Result<()> {
    let of = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/mnt")).ok();
    let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().to_string());
    let parents = parent.and_then(|pid| of(&pid));
    if parents.is_some() && parents == of("self") {
        return Err(io::Error::other("not in namespaces of its own: nothing is touched"));
    }
    Ok(())
}
