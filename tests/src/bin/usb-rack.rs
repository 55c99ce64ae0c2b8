//! Simulated modules on USB, in namespaces of their own: for tests, and by hand. It never touches the machine's own
//! devices. See `fotarig_tests::usb`.

use std::process::ExitCode;

fn main() -> ExitCode {
    fotarig_tests::usb::main()
}
