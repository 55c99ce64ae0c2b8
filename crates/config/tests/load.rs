//! Files as they lie on disk, and the credentials that they refer to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, also in what its cases share")]

use std::fs;
use std::path::Path;

use config::{Batch, Credential, Rack};
use tempfile::TempDir;

const SLOT: &str = "[rack]\nname = \"bench\"\n[[slot]]\nlabel = \"1\"\nusb = \"1-1\"\n";

fn rack_with(directory: &Path, tail: &str) -> Rack {
    let path = directory.join("rack.toml");
    fs::write(&path, format!("{SLOT}{tail}")).unwrap();
    Rack::load(path).unwrap()
}

fn password(directory: &Path, reference: &str) -> Credential {
    rack_with(directory, &format!("[network]\npassword = {reference}\n")).network.password.unwrap()
}

/// What reading the credential says, with the temporary directory's name replaced.
fn refusal(directory: &Path, reference: &str) -> String {
    let error = password(directory, reference).read().unwrap_err().to_string();
    error.replace(directory.to_str().unwrap(), "DIR")
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Rack::load("no/such/rack.toml").unwrap_err().to_string();
    assert_eq!(
        error,
        "no/such/rack.toml: cannot be read: No such file or directory (os error 2)\n  \
         check the path and its permissions"
    );
}

#[test]
fn bytes_that_are_not_utf8_have_a_place() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("batch.toml");
    fs::write(&path, b"[batch]\nname = \"\xffx\"\n").unwrap();
    assert_eq!(
        Batch::load(&path).unwrap_err().to_string(),
        format!("{}:2:9: expected UTF-8, found a byte that is not\n  save the file as UTF-8", path.display())
    );
}

#[test]
fn a_file_without_end_is_not_read_to_its_end() {
    let error = Rack::load("/dev/zero").unwrap_err().to_string();
    assert_eq!(error, "/dev/zero: longer than 4194304 bytes\n  check that this is the right file");
}

#[test]
fn paths_are_relative_to_the_file_that_names_them() {
    let directory = TempDir::new().unwrap();
    let rack =
        rack_with(directory.path(), "boot_log_tty = \"ttys/boot\"\n[ledger]\npath = \"../l.sqlite\"\n");
    assert_eq!(rack.ledger_path, directory.path().join("../l.sqlite"));
    assert_eq!(rack.slots[0].boot_log_tty, Some(directory.path().join("ttys/boot")));
    let bare = Rack::parse(SLOT, "rack.toml").unwrap();
    assert_eq!(bare.ledger_path, Path::new("fotarig.sqlite"));
}

#[test]
fn a_credential_is_read_from_its_file_and_prints_masked() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("secret"), "hush hush\r\n").unwrap();
    let credential = password(directory.path(), "{ file = \"secret\" }");
    let secret = credential.read().unwrap();
    assert_eq!(secret.expose(), "hush hush");
    assert_eq!(format!("{secret:?} {secret}"), "Secret(***) ***");
    assert!(!format!("{credential:?}").contains("hush"));
}

#[test]
fn a_credential_is_read_from_the_environment() {
    let directory = TempDir::new().unwrap();
    let credential = password(directory.path(), "{ env = \"CARGO_MANIFEST_DIR\" }");
    assert_eq!(credential.read().unwrap().expose(), std::env::var("CARGO_MANIFEST_DIR").unwrap());
}

#[test]
fn a_credential_that_cannot_be_read_has_the_place_of_its_reference() {
    let directory = TempDir::new().unwrap();
    assert_eq!(
        refusal(directory.path(), "{ env = \"FOTARIG_TEST_NOT_SET\" }"),
        "DIR/rack.toml:7:12: the environment variable `FOTARIG_TEST_NOT_SET` is not set\n  set it, then start again"
    );
    assert_eq!(
        refusal(directory.path(), "{ file = \"nowhere\" }"),
        "DIR/rack.toml:7:12: the credential's file DIR/nowhere cannot be read: No such file or directory (os error 2)\n  \
         check the path (relative to this file) and its permissions"
    );
    fs::write(directory.path().join("empty"), "\n").unwrap();
    assert_eq!(
        refusal(directory.path(), "{ file = \"empty\" }"),
        "DIR/rack.toml:7:12: the credential's file DIR/empty is empty or longer than 4096 bytes\n  \
         put the credential alone into that file"
    );
}
