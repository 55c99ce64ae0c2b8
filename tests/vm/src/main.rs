//! A rack of sixteen emulated USB modules behind two hubs, in a machine with a real kernel and a real udevd, and the real
//! `fotarig` in it: `make test-vm`.
//!
//! The modules are simulated (`sim`) and talk to the machine over the usbredir protocol; whatever the guest does to them
//! goes through the kernel's own `option`, `cp210x`, `ch341`, `ftdi_sio` and `qmi_wwan`. This crate must never be needed
//! by `make test`, which only compiles it and runs the tests of its parts, and must never look into the program.
//!
//! ```text
//! cargo run -p fotarig-vm                      # everything
//! cargo run -p fotarig-vm -- rules replug      # two of the checks
//! cargo run -p fotarig-vm -- hold              # boots, plugs in, and waits for Enter; prints the way into it
//! ```

mod checks;
mod failed;
mod guest;
mod image;
mod machine;
mod modules;
mod rack;
mod usb;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::failed::{At, Failed, Outcome};
use crate::image::Image;
use crate::machine::Machine;
use crate::rack::Bench;

/// Hubs of the machine.
const HUBS: usize = 2;

fn main() -> ExitCode {
    match run(&env::args().skip(1).collect::<Vec<_>>()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(Failed(what)) => {
            eprintln!("{what}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the checks with these names, or all of them; whether they passed.
fn run(names: &[String]) -> Outcome<bool> {
    let checks = checks::named(names)?;
    let target = target_folder()?;
    let image = Image::built(&target.join("vm"))?;
    let folder = tempfile::Builder::new().prefix("fotarig-vm-").tempdir().at("a folder")?;
    share(&target, folder.path())?;
    let machine = Machine::boot(&image, folder.path(), HUBS)?;
    println!("boot: {:.1} s; the guest says: {}", machine.boot.1.as_secs_f64(), machine.boot.0);
    let mut bench = Bench::new(machine, folder.path())?;
    checks::run(&mut bench, &checks)
}

/// `target`, from `target/debug/fotarig-vm`.
fn target_folder() -> Outcome<PathBuf> {
    let own = env::current_exe().at("this program's own path")?;
    let target = own.parent().and_then(Path::parent);
    target.map(Path::to_owned).ok_or_else(|| Failed("this program is not in cargo's folder".to_owned()))
}

/// What the guest sees as `/host`: the rules, and the program.
fn share(target: &Path, folder: &Path) -> Outcome<()> {
    let rules = folder.join("host/rules");
    fs::create_dir_all(&rules).at(rules.display())?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../udev-rules/70-fotarig.rules");
    fs::copy(&source, rules.join("70-fotarig.rules")).at(source.display())?;
    let own = env::current_exe().at("this program's own path")?;
    let program = own.with_file_name("fotarig");
    let advice = format!("{} (cargo build -p fotarig; {})", program.display(), target.display());
    fs::copy(&program, folder.join("host/fotarig")).at(advice)?;
    Ok(())
}
