//! What a long run costs: the real binary in a continuous run on a rack of USB modules, each taken out after its verdict
//! and replaced by another, while its memory, descriptors, threads, ledger, loop and processor time are looked at.
//!
//! `soak [MODULES=5000] [SLOTS=64] [SPEED=50] [EVERY=5] [OUT=target/soak]`: writes `soak.csv`, `soak.svg` and the ledger
//! into the folder `OUT`, and prints what it found. It fails when the record says what is not so, or a module was left
//! without a verdict. See `docs/soak.md`.

mod curves;
mod exchange;
mod options;
mod program;
mod sample;
mod summary;

pub use program::main;
