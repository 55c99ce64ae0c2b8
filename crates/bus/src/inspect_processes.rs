//! Which processes stand in a rack's way: holders of ttys, and ModemManager.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its name as the kernel has it, at most 15 characters, without control characters.
    pub name: String,
}

/// Who holds ttys open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holders {
    /// The processes that hold a tty open, by the tty as it was asked for. A tty that nobody holds is not in it.
    pub by_tty: BTreeMap<PathBuf, BTreeSet<Process>>,
    /// Processes whose open files this process may not see: any of them may hold any of the ttys.
    pub hidden: usize,
}

/// Which processes hold which of `ttys` open, this one included. A tty is known by its inode, or by its device number:
/// another mount namespace has other inodes for the same port. The number says nothing of a pseudo-terminal, of which each
/// mount of `devpts` has its own. `proc` is `/proc`.
pub fn holders(proc: &Path, ttys: &[PathBuf]) -> Holders {
    let wanted: Vec<(&PathBuf, Identity)> =
        ttys.iter().filter_map(|tty| Some((tty, Identity::of(tty)?))).collect();
    let mut found = Holders::default();
    for (pid, folder) in processes(proc) {
        let Ok(files) = fs::read_dir(folder.join("fd")) else {
            // A process that has just ended hides nothing.
            found.hidden += usize::from(folder.exists());
            continue;
        };
        // Sockets and pipes are passed over: only what has a path can be a tty.
        let paths = files.flatten().map(|file| file.path());
        let with_path = paths.filter(|file| fs::read_link(file).is_ok_and(|target| target.is_absolute()));
        for identity in with_path.filter_map(|file| Identity::of(&file)) {
            for (tty, _) in wanted.iter().filter(|(_, tty)| tty.is(&identity)) {
                let process = Process { pid, name: name(&folder) };
                found.by_tty.entry((*tty).clone()).or_default().insert(process);
            }
        }
    }
    found
}

/// What tells one file from another.
struct Identity {
    inode: (u64, u64),
    /// The number of a character device that is no pseudo-terminal.
    device: Option<u64>,
}

impl Identity {
    fn of(path: &Path) -> Option<Self> {
        /// Majors of the pseudo-terminals' own ends.
        const PSEUDO: std::ops::RangeInclusive<u32> = 136..=143;
        let found = fs::metadata(path).ok()?;
        let real = found.file_type().is_char_device() && !PSEUDO.contains(&rustix::fs::major(found.rdev()));
        Some(Self { inode: (found.dev(), found.ino()), device: real.then(|| found.rdev()) })
    }

    fn is(&self, other: &Self) -> bool {
        self.inode == other.inode || (self.device.is_some() && self.device == other.device)
    }
}

/// The processes with this name (the kernel keeps 15 characters of it). `proc` is `/proc`.
pub fn running(proc: &Path, wanted: &str) -> Vec<Process> {
    let all = processes(proc).into_iter().map(|(pid, folder)| Process { pid, name: name(&folder) });
    all.filter(|process| process.name == wanted).collect()
}

fn processes(proc: &Path) -> Vec<(u32, PathBuf)> {
    let entries = fs::read_dir(proc).into_iter().flatten().flatten();
    let mut found: Vec<_> =
        entries.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path()))).collect();
    found.sort_unstable();
    found
}

fn name(folder: &Path) -> String {
    let name = fs::read(folder.join("comm")).unwrap_or_default();
    String::from_utf8_lossy(&name).chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::path::{Path, PathBuf};

    use super::{holders, running};

    /// `/proc/<pid>` with this name and these open files.
    fn process(proc: &Path, pid: &str, name: &str, files: &[&Path]) {
        let folder = proc.join(pid);
        fs::create_dir_all(folder.join("fd")).unwrap();
        fs::write(folder.join("comm"), format!("{name}\n")).unwrap();
        for (number, file) in files.iter().enumerate() {
            symlink(file, folder.join("fd").join(number.to_string())).unwrap();
        }
    }

    #[test]
    fn holders_are_found_by_the_path_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (proc, tty, link) =
            (folder.path().join("proc"), folder.path().join("ttyUSB2"), folder.path().join("by-path"));
        fs::write(&tty, "").unwrap();
        symlink(&tty, &link).unwrap();
        process(&proc, "12", "minicom", &[Path::new("/dev/null"), &tty, &tty]);
        process(&proc, "9", "\u{1b}[2Jcat", &[&tty]);
        process(&proc, "13", "idle", &[Path::new("socket:[1]"), &folder.path().join("ttyUSB22")]);
        process(&proc, "self", "not a number", &[&tty]);
        fs::create_dir_all(proc.join("14")).unwrap();
        let found = holders(&proc, &[link.clone(), folder.path().join("ttyUSB3")]);
        let of: Vec<_> =
            found.by_tty[&link].iter().map(|process| (process.pid, process.name.as_str())).collect();
        assert_eq!(of, [(9, "[2Jcat"), (12, "minicom")]);
        assert_eq!((found.by_tty.len(), found.hidden), (1, 1));
    }

    #[test]
    fn the_same_name_elsewhere_is_no_holder() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one/pts"), folder.path().join("other/pts"));
        for place in [&one, &other] {
            fs::create_dir_all(place).unwrap();
            fs::write(place.join("3"), "").unwrap();
        }
        let proc = folder.path().join("proc");
        process(&proc, "12", "sim", &[&other.join("3")]);
        assert!(holders(&proc, &[one.join("3")]).by_tty.is_empty());
        assert_eq!(holders(&proc, &[other.join("3")]).by_tty.len(), 1);
    }

    #[test]
    fn this_process_is_found_by_the_device_number() {
        let _null = fs::File::open("/dev/null").unwrap();
        let here = std::process::id();
        let found = holders(Path::new("/proc"), &[PathBuf::from("/dev/null")]);
        assert!(found.by_tty[Path::new("/dev/null")].iter().any(|process| process.pid == here));
    }

    #[test]
    fn who_runs() {
        let proc = tempfile::tempdir().unwrap();
        process(proc.path(), "7", "ModemManager", &[]);
        process(proc.path(), "8", "ModemManager2", &[]);
        process(proc.path(), "net", "ModemManager", &[]);
        let found: Vec<u32> =
            running(proc.path(), "ModemManager").iter().map(|process| process.pid).collect();
        assert_eq!(found, [7]);
        assert!(running(Path::new("/nowhere"), "ModemManager").is_empty());
    }
}
