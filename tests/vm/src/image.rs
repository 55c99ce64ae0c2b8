//! The guest: a kernel and a root file system in memory, built once.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failed::{At, Outcome, ensure};

const FILES: [(&str, &str); 3] = [
    ("build.sh", include_str!("../guest/build.sh")),
    ("init", include_str!("../guest/init")),
    ("serve", include_str!("../guest/serve")),
];

/// The built guest.
#[derive(Debug)]
pub(crate) struct Image {
    folder: PathBuf,
}

impl Image {
    /// The guest in `folder`, built anew where its recipe has changed.
    pub(crate) fn built(folder: &Path) -> Outcome<Self> {
        let image = Self { folder: folder.to_owned() };
        fs::create_dir_all(folder).at(folder.display())?;
        let unchanged = FILES
            .iter()
            .all(|(name, text)| fs::read_to_string(folder.join(name)).is_ok_and(|there| there == *text));
        if unchanged && image.kernel().is_file() && image.system().is_file() {
            return Ok(image);
        }
        println!("building the guest in {}: a minute or two, and root's rights", folder.display());
        for (name, _) in &FILES[1..] {
            write(folder, name)?;
        }
        let status = Command::new("sh").args(["-eu", "-c", FILES[0].1]).current_dir(folder).status();
        let status = status.at("sh")?;
        ensure(status.success(), || format!("the guest could not be built: {status}"))?;
        write(folder, FILES[0].0)?;
        Ok(image)
    }

    /// The kernel.
    pub(crate) fn kernel(&self) -> PathBuf {
        self.folder.join("vmlinux")
    }

    /// The root file system.
    pub(crate) fn system(&self) -> PathBuf {
        self.folder.join("initrd.cpio")
    }
}

/// Puts one of the recipe's files into `folder`; the recipe itself is put there last, so that a broken build is begun
/// again.
fn write(folder: &Path, name: &str) -> Outcome<()> {
    let text = FILES.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
    let path = folder.join(name);
    fs::write(&path, text).at(path.display())?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).at(path.display())
}
