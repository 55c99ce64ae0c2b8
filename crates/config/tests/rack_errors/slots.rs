//! `[[slot]]`: bindings, ports, labels, settings of the port.

use crate::refused;

#[test]
fn slots_are_bound_to_exactly_one_place_each() {
    refused(&[
        (
            r#"tty = "/dev/ttyS0""#,
            "6:7: expected one of `usb` and `tty` in [[slot]], found both",
            r#"write `usb = "1-1.4.2"` (see `fotarig scan`), or `tty = "/dev/serial/by-path/…"`"#,
        ),
        (
            "[[slot]]\nlabel = \"2\"",
            "6:1: expected one of `usb` and `tty` in [[slot]], found neither",
            r#"write `usb = "1-1.4.2"` (see `fotarig scan`), or `tty = "/dev/serial/by-path/…"`"#,
        ),
        (
            "[[slot]]\nlabel = \"1\"\nusb = \"1-2\"",
            "7:9: two slots with the label `1`",
            "the first is at line 4; write what stands on the rack",
        ),
        (
            "[[slot]]\nlabel = \"2\"\nusb = \"1-1\"",
            "8:7: two slots on one port: `1-1`",
            "the first is at line 5; give each slot a port of its own",
        ),
        (
            "[[slot]]\nlabel = \"2\"\ntty = \"a\"\n[[slot]]\nlabel = \"3\"\ntty = \"a\"",
            "11:7: two slots on one port: `a`",
            "the first is at line 8; give each slot a port of its own",
        ),
        (
            "[[slot]]\nlabel = \"2\"\ntty = \"a\"\nboot_log_tty = \"a\"",
            "9:16: two slots on one port: `a`",
            "the first is at line 8; give each slot a port of its own",
        ),
        (
            "[[slot]]\nusb = \"1-2\"",
            "6:1: missing key `label` in [[slot]]",
            r#"write `label = "A1"`, as it stands on the rack"#,
        ),
    ]);
}

#[test]
fn port_paths_are_the_kernels() {
    refused(&[
        (
            "[[slot]]\nlabel = \"2\"\nusb = \"1.4\"",
            "8:7: [[slot]] usb: expected a USB port path such as `1-1.4.2`, found `1.4`",
            "write bus, `-`, and the ports from the root hub outwards, as `fotarig scan` prints it",
        ),
        (
            "[[slot]]\nlabel = \"2\"\nusb = \"usb1-1\"",
            "8:7: [[slot]] usb: expected a USB port path such as `1-1.4.2`, found `usb1-1`",
            "write bus, `-`, and the ports from the root hub outwards, as `fotarig scan` prints it",
        ),
        (
            "[[slot]]\nlabel = \"2\"\nusb = \"1-1.04\"",
            "8:7: [[slot]] usb: expected a USB port path such as `1-1.4.2`, found `1-1.04`",
            "write bus, `-`, and the ports from the root hub outwards, as `fotarig scan` prints it",
        ),
        (
            "[[slot]]\nlabel = \"2\"\nusb = \"1-1.4:1.0\"",
            "8:7: [[slot]] usb: expected a USB port path such as `1-1.4.2`, found `1-1.4:1.0`",
            "write bus, `-`, and the ports from the root hub outwards, as `fotarig scan` prints it",
        ),
        (
            "[[slot]]\nlabel = \"2\"\nusb = \"1-\"",
            "8:7: [[slot]] usb: expected a USB port path such as `1-1.4.2`, found `1-`",
            "write bus, `-`, and the ports from the root hub outwards, as `fotarig scan` prints it",
        ),
        (
            "[[slot]]\nlabel = \"2\"\nusb = \"1-1.1.1.1.1.1.1\"",
            "8:7: [[slot]] usb: expected a USB port path such as `1-1.4.2`, found `1-1.1.1.1.1.1.1`",
            "write bus, `-`, and the ports from the root hub outwards, as `fotarig scan` prints it",
        ),
    ]);
}

#[test]
fn settings_of_a_slot() {
    refused(&[
        (
            "baud = []",
            "6:8: [[slot]] baud: the list is empty",
            "write a list of rates to try, such as [115200, 921600]",
        ),
        (
            "baud = [9600, 0]",
            "6:15: [[slot]] baud: expected a whole number from 50 to 4000000, found 0",
            "write a number within these bounds, without quotes",
        ),
        (
            "baud = 9600",
            "6:8: [[slot]] baud: expected a list, found 9600",
            "write a list of rates to try, such as [115200, 921600]",
        ),
        (
            r#"baud = ["9600"]"#,
            "6:9: [[slot]] baud: expected a whole number from 50 to 4000000, found `9600`",
            "write a number within these bounds, without quotes",
        ),
        (
            r#"flow = "hard""#,
            "6:8: [[slot]] flow: expected a kind of flow control, found `hard`",
            "expected one of `none`, `hardware`, `software`",
        ),
        (
            r#"dtr = "high""#,
            "6:7: [[slot]] dtr: expected `true` or `false`, found `high`",
            "write it without quotes",
        ),
        (
            r#"apn = "a\"b""#,
            r#"6:7: [[slot]] apn: expected printable ASCII text, found `a"b`"#,
            "it goes into an AT command: write printable ASCII, without double quotes",
        ),
        (
            r#"apn = "é""#,
            "6:7: [[slot]] apn: expected printable ASCII text, found `é`",
            "it goes into an AT command: write printable ASCII, without double quotes",
        ),
        (
            r#"boot_log_tty = """#,
            "6:16: [[slot]] boot_log_tty: expected a path, found an empty string",
            "write it relative to this file, or absolute",
        ),
    ]);
}

#[test]
fn labels_and_names_are_printable() {
    refused(&[
        (
            "[[slot]]\nlabel = \" A1\"\nusb = \"1-2\"",
            "7:9: [[slot]] label: expected a name, found ` A1`",
            "write 1 to 16 printable characters, without spaces around them",
        ),
        (
            "[[slot]]\nlabel = \"A\\u001b[2J\"\nusb = \"1-2\"",
            "7:9: [[slot]] label: expected a name, found `A\\u{1b}[2J`",
            "write 1 to 16 printable characters, without spaces around them",
        ),
        (
            "[[slot]]\nlabel = \"a label that is too long\"\nusb = \"1-2\"",
            "7:9: [[slot]] label: expected a name, found `a label that is too long`",
            "write 1 to 16 printable characters, without spaces around them",
        ),
        (
            "[[slot]]\nlabel = 2\nusb = \"1-2\"",
            "7:9: [[slot]] label: expected a name, found 2",
            "write 1 to 16 printable characters, without spaces around them",
        ),
    ]);
}
