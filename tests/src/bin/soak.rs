//! Thousands of modules, one after the other, through one run of the real binary. See `fotarig_tests::soak`.

use std::process::ExitCode;

fn main() -> ExitCode {
    fotarig_tests::soak::main()
}
