//! `[hooks]`, `[rack.layout]` and `[rack] minisign_keys`.

use config::Rack;

use crate::{check, refused};

const LIST: &str = "write the program and its arguments as a list, such as [\"/usr/local/bin/lamp\", \"green\"]; no shell \
                    reads it";

#[test]
fn hooks() {
    refused(&[
        (
            "[hooks]\non_pass = [\"x\"]",
            "7:1: unknown key `on_pass` in [hooks]",
            "expected one of `on_passed`, `on_failed`, `on_halt`; did you mean `on_passed`?",
        ),
        (
            "[hooks]\non_passed = \"lamp green\"",
            "7:13: [hooks] on_passed: expected a list, found `lamp green`",
            LIST,
        ),
        ("[hooks]\non_passed = []", "7:13: [hooks] on_passed: the list is empty", LIST),
        (
            "[hooks]\non_failed = [3]",
            "7:14: [hooks] on_failed: expected a string, found 3",
            "put the value in quotes",
        ),
        (
            "[hooks]\non_failed = [\"\"]",
            "7:14: [hooks] on_failed: expected a program, found an empty string",
            LIST,
        ),
        (
            "[hooks]\non_halt = [\"x\", \"a\\u0000\"]",
            "7:17: [hooks] on_halt: expected an argument, found `a\\0`",
            LIST,
        ),
    ]);
}

#[test]
fn a_name_is_looked_for_and_a_path_is_the_files_own() {
    let rack = |program: &str| {
        let text = format!("{}[hooks]\non_passed = [\"{program}\"]\n", crate::BEGINNING);
        Rack::parse(text, "/etc/fotarig/rack.toml").map(|rack| rack.hooks.on_passed.map(|hook| hook.program))
    };
    for (written, meant) in [
        ("lamp", "lamp"),
        ("./lamp", "/etc/fotarig/./lamp"),
        ("hooks/lamp", "/etc/fotarig/hooks/lamp"),
        ("/bin/lamp", "/bin/lamp"),
    ] {
        assert_eq!(rack(written).ok().flatten().as_deref(), Some(std::path::Path::new(meant)));
    }
}

#[test]
fn layout_and_keys() {
    let rack =
        |lines: &str| format!("[rack]\nname = \"bench\"\n{lines}\n[[slot]]\nlabel = \"1\"\nusb = \"1-1\"\n");
    let bounds = "write a number within these bounds, without quotes";
    check(
        &rack("[rack.layout]\ncolumns = 0"),
        "4:11: [rack] layout columns: expected a whole number from 1 to 64, found 0",
        bounds,
    );
    check(
        &rack("[rack.layout]"),
        "3:1: missing key `columns` in [rack] layout",
        "write `[rack.layout]`, and below it `columns = 8`",
    );
    let keys = "write the line of the .pub file that begins with RWQ, in a list: [\"RWQ…\"]";
    check(
        &rack("minisign_keys = [\"RWQf6LRC\"]"),
        "3:18: [rack] minisign_keys: expected a minisign public key, found `RWQf6LRC`",
        keys,
    );
    let key = "\"RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\"";
    check(
        &rack(&format!("minisign_keys = [{key}, {key}]")),
        "3:78: [rack] minisign_keys: the same key is in the list twice",
        "keep one of them",
    );
}
