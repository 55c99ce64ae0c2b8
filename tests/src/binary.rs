//! The real binary: the one beside this test, built when it is missing or older than its sources.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// The path of `fotarig`, of the same profile as this test; or the one that `FOTARIG_BINARY` names, as it is.
pub fn fotarig() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(other) = env::var_os("FOTARIG_BINARY") {
            return other.into();
        }
        let folder = profile_folder();
        let binary = folder.join("fotarig");
        if !up_to_date(&binary) {
            build(&folder);
        }
        assert!(binary.is_file(), "{} is not there after it was built", binary.display());
        binary
    })
}

/// `target/debug`, from `target/debug/deps/<this test>` or `target/debug/<this program>`.
pub(crate) fn profile_folder() -> PathBuf {
    let this = env::current_exe().unwrap_or_else(|error| panic!("this program's own path: {error}"));
    let in_deps = this.ancestors().find(|folder| folder.file_name() == Some(OsStr::new("deps")));
    let folder = in_deps.unwrap_or(&this).parent();
    folder.unwrap_or_else(|| panic!("{} is in no folder", this.display())).to_owned()
}

/// Whether no file that the binary was made of is newer than it. Cargo lists them in `fotarig.d` beside it.
fn up_to_date(binary: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|file| file.modified()).ok();
    let (Some(built), Ok(list)) = (changed(binary), fs::read_to_string(binary.with_extension("d"))) else {
        return false;
    };
    let Some((_, sources)) = list.split_once(": ") else { return false };
    let older = |path: &str| changed(Path::new(path)).is_some_and(|time: SystemTime| time <= built);
    // A path with a space in it is written with a backslash: it is not found here, and the binary is built again.
    sources.split_whitespace().all(older)
}

fn build(folder: &Path) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let profile = match folder.file_name().and_then(OsStr::to_str) {
        Some("debug") | None => "dev",
        Some(other) => other,
    };
    let target = folder.parent().unwrap_or(folder);
    let mut command = Command::new(cargo);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    command.args(["build", "--locked", "--package", "fotarig", "--bin", "fotarig", "--profile", profile]);
    let built = command.arg("--target-dir").arg(target).output();
    let built = built.unwrap_or_else(|error| panic!("cargo cannot be started: {error}"));
    assert!(built.status.success(), "fotarig cannot be built:\n{}", String::from_utf8_lossy(&built.stderr));
}
