//! Where the socket is, and whose it is.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, FlockOperation, access, flock};
use tokio::net::UnixListener;

use crate::failure::Failure;

/// The owner and the group may attach.
const MODE: u32 = 0o660;
/// Bytes of a socket's path that the kernel takes.
const PATH_BYTES: usize = 107;

/// The folders in which sockets are kept: the system's, and the user's.
fn folders() -> Vec<PathBuf> {
    let own = std::env::var_os("XDG_RUNTIME_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    vec![PathBuf::from("/run/fotarig"), own.join("fotarig")]
}

fn file_name(rack: &str) -> String {
    format!("{}.sock", rack.replace('%', "%25").replace('/', "%2F"))
}

/// Where the service of `rack` is to have its socket.
pub(crate) fn socket_of(rack: &str) -> Result<PathBuf, Failure> {
    let folders = folders();
    let usable = |folder: &&PathBuf| {
        std::fs::create_dir_all(folder).is_ok() && access(*folder, Access::WRITE_OK).is_ok()
    };
    let folder = folders.iter().find(usable).ok_or_else(|| {
        Failure::environment("there is no folder for the socket that can be written")
            .hint("name one: --socket PATH")
    })?;
    Ok(folder.join(file_name(rack)))
}

/// The socket of a service that runs: of `rack`, or the only one there is.
pub(crate) fn find(rack: Option<&str>) -> Result<PathBuf, Failure> {
    let mut found: Vec<PathBuf> = Vec::new();
    for folder in folders() {
        if let Some(rack) = rack {
            found.extend(Some(folder.join(file_name(rack))).filter(|path| path.exists()));
        } else if let Ok(entries) = std::fs::read_dir(&folder) {
            let paths = entries.flatten().map(|entry| entry.path());
            found.extend(paths.filter(|path| path.extension().is_some_and(|end| end == "sock")));
        }
    }
    match (found.as_slice(), rack) {
        ([], _) => Err(Failure::environment("no service of a rack was found on this machine")
            .hint("start one: `fotarig serve --rack R.toml`; or name its socket: --socket PATH")),
        ([one], _) | ([one, ..], Some(_)) => Ok(one.clone()),
        (several, None) => {
            let list: Vec<String> = several.iter().map(|path| path.display().to_string()).collect();
            let hint = format!("choose one by --rack R.toml or --socket PATH: {}", list.join(", "));
            Err(Failure::usage("several racks are served on this machine").hint(hint))
        }
    }
}

/// A socket that is listened to; its file goes with it.
pub(crate) struct Listening {
    pub(crate) listener: UnixListener,
    pub(crate) path: PathBuf,
    _lock: File,
}

impl Listening {
    /// Listens at `path`. The file of a service that died is replaced; a service that lives is left alone.
    pub(crate) fn begin(path: &Path) -> Result<Self, Failure> {
        let refused = |what: &str, error: &dyn std::fmt::Display| {
            Failure::environment(format!("cannot listen on {}: {what}{error}", path.display()))
                .hint("name another place: --socket PATH")
        };
        if path.as_os_str().len() + ".new".len() > PATH_BYTES {
            return Err(refused("", &format_args!("a socket's path has {PATH_BYTES} bytes at most")));
        }
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| refused("its folder: ", &error))?;
        }
        let lock = lock(path)?;
        match std::fs::symlink_metadata(path) {
            Ok(there) if !there.file_type().is_socket() => {
                return Err(refused("", &"something that is no socket is there"));
            }
            Ok(_) | Err(_) => {}
        }
        // Made beside it and renamed: nobody finds it before it has its permissions.
        let new = beside(path, ".new");
        if new.exists() {
            std::fs::remove_file(&new).map_err(|error| refused("", &error))?;
        }
        let listener = UnixListener::bind(&new).map_err(|error| refused("", &error))?;
        std::fs::set_permissions(&new, Permissions::from_mode(MODE)).map_err(|error| refused("", &error))?;
        std::fs::rename(&new, path).map_err(|error| refused("", &error))?;
        Ok(Self { listener, path: path.to_owned(), _lock: lock })
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        // One that is left behind is replaced by the next service.
        let _left = std::fs::remove_file(&self.path);
    }
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Held as long as the service lives, by the kernel: a service that died holds nothing.
fn lock(socket: &Path) -> Result<File, Failure> {
    let path = beside(socket, ".lock");
    let refused = |error: std::io::Error| {
        Failure::environment(format!("cannot lock {}: {error}", path.display()))
            .hint("name another place: --socket PATH")
    };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(refused)?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        let mut holder = String::new();
        // Who has it is a courtesy; that somebody has it is certain.
        let _read = file.take(200).read_to_string(&mut holder);
        let message = format!("{} is held by another service: {}", socket.display(), holder.trim());
        return Err(Failure::environment(message)
            .hint("`fotarig attach` shows it; stop it first, or name another place: --socket PATH"));
    }
    let about = format!("fotarig serve, process {}\n", std::process::id());
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| file.write_all(about.as_bytes()))
        .map_err(refused)?;
    Ok(file)
}
