//! Whole files, and every section but `[[slot]]`.

use crate::{check, refused};

#[test]
fn unknown_keys_suggest_the_nearest() {
    refused(&[
        (
            "bauds = [9600]",
            "6:1: unknown key `bauds` in [[slot]]",
            "expected one of `label`, `usb`, `tty`, `baud`, `flow`, `dtr`, `rts`, `boot_log_tty`, `apn`, `delivery`; did you mean `baud`?",
        ),
        (
            "slots = 3",
            "6:1: unknown key `slots` in [[slot]]",
            "expected one of `label`, `usb`, `tty`, `baud`, `flow`, `dtr`, `rts`, `boot_log_tty`, `apn`, `delivery`",
        ),
        (
            "[network]\napm = \"x\"",
            "7:1: unknown key `apm` in [network]",
            "expected one of `apn`, `user`, `password`, `ip_type`, `sim_pin`, `pdp_index`; did you mean `apn`?",
        ),
        (
            "[hosting]\nhttps2 = {}",
            "7:1: unknown key `https2` in [hosting]",
            "expected one of `http`, `https`, `ftp`; did you mean `https`?",
        ),
        (
            "[hosting]\nhttp = { listen = \"0.0.0.0:1\", publik = \"auto\" }",
            "7:32: unknown key `publik` in [hosting] http",
            "expected one of `listen`, `public`; did you mean `public`?",
        ),
        (
            "[limits]\ncolour = 1",
            "7:1: unknown key `colour` in [limits]",
            "expected one of `in_flight`, `per_hub`, `stagger`",
        ),
        (
            "[metrix]\nlisten = \"127.0.0.1:9\"",
            "6:2: unknown key `metrix` at the top level",
            "expected one of `rack`, `slot`, `hosting`, `network`, `limits`, `family`, `hooks`, `metrics`, `ledger`; did you mean `metrics`?",
        ),
        (
            "[network]\npassword = { environment = \"X\" }",
            "7:14: unknown key `environment` in [network] password",
            "expected one of `env`, `file`",
        ),
    ]);
}

#[test]
fn hosting() {
    refused(&[
        (
            "[hosting]\nhttp = { listen = \"localhost:8000\" }",
            "7:19: [hosting] http listen: expected an address to listen on, found `localhost:8000`",
            r#"write a numeric address and a port, such as "0.0.0.0:8000" for every interface"#,
        ),
        (
            "[hosting]\nhttp = { public = \"auto\" }",
            "7:8: missing key `listen` in [hosting] http",
            r#"write `http = { listen = "0.0.0.0:8000" }`"#,
        ),
        (
            "[hosting]\nhttp = \"0.0.0.0:8000\"",
            "7:8: [hosting] http: expected a table, found `0.0.0.0:8000`",
            r#"write `http = { listen = "0.0.0.0:8000" }`"#,
        ),
        (
            "[hosting]\nhttp = { listen = \"0.0.0.0:1\", public = \"example\" }",
            "7:41: [hosting] http public: expected `auto` or host:port, found `example`",
            r#"write "auto", or what modules dial, such as "203.0.113.5:8000""#,
        ),
        (
            "[hosting]\nhttp = { listen = \"0.0.0.0:1\", public = \"auto:80\" }",
            "7:41: [hosting] http public: expected `auto` or host:port, found `auto:80`",
            r#"write "auto", or what modules dial, such as "203.0.113.5:8000""#,
        ),
        (
            "[hosting]\nhttps = { listen = \"0.0.0.0:1\", certificate = \"c\" }",
            "7:47: a `certificate` without its `key` in https",
            r#"write `https = { listen = "0.0.0.0:8443", certificate = "server.pem", key = "server.key" }`"#,
        ),
        (
            "[hosting]\nhttps = { listen = \"0.0.0.0:1\", ca = \"c\" }",
            "7:38: a `ca` in https, but no certificate that leads to it",
            r#"write `https = { listen = "0.0.0.0:8443", certificate = "server.pem", key = "server.key" }`"#,
        ),
        (
            "[hosting]\nftp = { listen = \"0.0.0.0:1\", passive = \"50100-50000\" }",
            "7:41: [hosting] ftp passive: expected a range of ports, found `50100-50000`",
            r#"write it as "50000-50100""#,
        ),
        (
            "[hosting]\nhttp = { listen = \"0.0.0.0:9\" }\n[metrics]\nlisten = \"127.0.0.1:9\"",
            "8:1: `metrics` and `http` both listen on port 9",
            "give each a port of its own",
        ),
    ]);
}

#[test]
fn listeners_and_ledger() {
    refused(&[
        (
            "[hosting]\nhttp = { listen = \"0.0.0.0:9\" }\nftp = { listen = \"0.0.0.0:9\" }",
            "6:1: `ftp` and `http` both listen on port 9",
            "give each a port of its own",
        ),
        (
            "[metrics]\nlisten = 9477",
            "7:10: [metrics] listen: expected an address to listen on, found 9477",
            r#"write a numeric address and a port, such as "0.0.0.0:8000" for every interface"#,
        ),
        (
            "[metrics]\nlisten = \"127.0.0.1:9\"\ntls = { certificate = \"c\" }",
            "8:7: missing key `key` in [metrics] tls",
            r#"write `tls = { certificate = "metrics.pem", key = "metrics.key" }`"#,
        ),
        (
            "[ledger]\npath = 3",
            "7:8: [ledger] path: expected a path, found 3",
            "write it relative to this file, or absolute",
        ),
    ]);
}

#[test]
fn credentials_are_references() {
    refused(&[
        (
            "[network]\npassword = \"hush\"",
            "7:12: [network] password: expected a reference to a credential, found a plain value",
            r#"write `{ env = "NAME" }` or `{ file = "path" }`: a credential does not belong into this file"#,
        ),
        (
            "[metrics]\nlisten = \"127.0.0.1:9\"\ntoken = \"hush\"",
            "8:9: [metrics] token: expected a reference to a credential, found a plain value",
            r#"write `{ env = "NAME" }` or `{ file = "path" }`: a credential does not belong into this file"#,
        ),
        (
            "[network]\nsim_pin = 1234",
            "7:11: [network] sim_pin: expected a reference to a credential, found a plain value",
            r#"write `{ env = "NAME" }` or `{ file = "path" }`: a credential does not belong into this file"#,
        ),
        (
            "[network]\npassword = { env = \"A\", file = \"b\" }",
            "7:12: [network] password: expected one of `env` and `file`, found both",
            r#"write `{ env = "NAME" }` or `{ file = "path" }`: a credential does not belong into this file"#,
        ),
        (
            "[network]\npassword = {}",
            "7:12: [network] password: expected one of `env` and `file`, found neither",
            r#"write `{ env = "NAME" }` or `{ file = "path" }`: a credential does not belong into this file"#,
        ),
        (
            "[network]\npassword = { env = \"hush hush\" }",
            "7:20: [network] password env: expected the name of an environment variable, found something else",
            r#"write the name alone: letters, digits and `_`, as in "FOTARIG_APN_PASSWORD""#,
        ),
    ]);
}

#[test]
fn network_and_limits() {
    refused(&[
        (
            "[network]\nip_type = \"v4\"",
            "7:11: [network] ip_type: expected a kind of IP, found `v4`",
            "expected one of `ipv4`, `ipv6`, `ipv4v6`",
        ),
        (
            "[network]\npdp_index = 17",
            "7:13: [network] pdp_index: expected a whole number from 0 to 16, found 17",
            "write a number within these bounds, without quotes",
        ),
        (
            "[limits]\nin_flight = 0",
            "7:13: [limits] in_flight: expected a whole number from 1 to 4096, found 0",
            "write a number within these bounds, without quotes",
        ),
        (
            "[limits]\nper_hub = -1",
            "7:11: [limits] per_hub: expected a whole number from 1 to 4096, found -1",
            "write a number within these bounds, without quotes",
        ),
        (
            "[limits]\nstagger = 250",
            "7:11: [limits] stagger: expected a duration from 0ms to 1h, found 250",
            r#"write a number and its unit in quotes, such as "250ms", "5s" or "10m""#,
        ),
        (
            "[limits]\nstagger = \"250\"",
            "7:11: [limits] stagger: expected a duration from 0ms to 1h, found `250`",
            r#"write a number and its unit in quotes, such as "250ms", "5s" or "10m""#,
        ),
        (
            "[limits]\nstagger = \"2h\"",
            "7:11: [limits] stagger: expected a duration from 0ms to 1h, found `2h`",
            r#"write a number and its unit in quotes, such as "250ms", "5s" or "10m""#,
        ),
    ]);
}

#[test]
fn families() {
    refused(&[
        (
            "[family.bg95]\nquiet = \"5m\"",
            "6:9: unknown family `bg95`",
            "expected one of `sim7000`, `sim7080`, `sim7028`, `ag35`, `bg96`; did you mean `bg96`?",
        ),
        (
            "[family.BG96]",
            "6:9: unknown family `BG96`",
            "expected one of `sim7000`, `sim7080`, `sim7028`, `ag35`, `bg96`; did you mean `bg96`?",
        ),
        (
            "[family.bg96]\nport_awa = \"5m\"",
            "7:1: unknown key `port_awa` in [family.bg96]",
            "expected one of `port_away`, `quiet`, `resolution`, `command`, `download_idle`, `upload_idle`, `channel`, `serial_rate`, `serial_block`, `model_aliases`; did you mean `port_away`?",
        ),
        (
            "[family.bg96]\nquiet = \"5 parsecs\"",
            "7:9: [family.bg96] quiet: expected a duration from 1ms to 24h, found `5 parsecs`",
            r#"write a number and its unit in quotes, such as "250ms", "5s" or "10m""#,
        ),
        (
            "[family.bg96]\nquiet = \"-5s\"",
            "7:9: [family.bg96] quiet: expected a duration from 1ms to 24h, found `-5s`",
            r#"write a number and its unit in quotes, such as "250ms", "5s" or "10m""#,
        ),
        (
            "[family.bg96]\ncommand = \"0s\"",
            "7:11: [family.bg96] command: expected a duration from 1ms to 24h, found `0s`",
            r#"write a number and its unit in quotes, such as "250ms", "5s" or "10m""#,
        ),
        (
            "[family.bg96]\nresolution = \"25h\"",
            "7:14: [family.bg96] resolution: expected a duration from 1ms to 24h, found `25h`",
            r#"write a number and its unit in quotes, such as "250ms", "5s" or "10m""#,
        ),
        (
            "[family.bg96]\nquiet = \"1500us\"",
            "7:9: [family.bg96] quiet: expected a duration from 1ms to 24h, found `1500us`",
            r#"write a number and its unit in quotes, such as "250ms", "5s" or "10m""#,
        ),
    ]);
}

#[test]
fn rates_and_channels() {
    refused(&[
        (
            "[family.bg96]\nchannel = 1",
            "7:11: [family.bg96] channel: only `sim7028` has a channel",
            "move it to [family.sim7028], or leave it out",
        ),
        (
            "[family.sim7028]\nchannel = 6",
            "7:11: [family.sim7028] channel: expected a whole number from 0 to 5, found 6",
            "write a number within these bounds, without quotes",
        ),
        (
            "[family.sim7028]\nserial_rate = 0",
            "7:15: [family.sim7028] serial_rate: expected a whole number from 1 to 10000000, found 0",
            "write a number within these bounds, without quotes",
        ),
        (
            "[family.sim7028]\nserial_block = 1.5",
            "7:16: [family.sim7028] serial_block: expected a whole number from 1 to 65536, found 1.5",
            "write a number within these bounds, without quotes",
        ),
        (
            "[family.bg96]\nquiet = \"5m\"\nresolution = \"5m\"",
            "7:9: [family.bg96] quiet: not shorter than `resolution`",
            "no trigger could resolve in time: write a shorter `quiet` or a longer `resolution`",
        ),
    ]);
}

#[test]
fn aliases() {
    refused(&[
        (
            "[family.bg96]\nmodel_aliases = [\"A\"]",
            "7:17: [family.bg96] model_aliases: expected a table, found a list",
            r#"write `model_aliases = { "SIM7028-NB2" = "SIM7028" }`"#,
        ),
        (
            "[family.bg96]\nmodel_aliases = { \"A B\" = \"C\" }",
            "7:19: [family] model_aliases: expected a model, found `A B`",
            r#"write `model_aliases = { "SIM7028-NB2" = "SIM7028" }`"#,
        ),
        (
            "[family.bg96]\nmodel_aliases = { A = \"\" }",
            "7:23: [family.bg96] model_aliases A: expected a model, found an empty string",
            r#"write the model as `AT+CGMM` or `ATI` gives it, such as "BG96""#,
        ),
        (
            "[family.bg96]\nmodel_aliases = { a = \"B\", A = \"C\" }",
            "7:28: [family] model_aliases: the alias `A` is given twice",
            "keep one of them",
        ),
        (
            "[family.bg96]\nmodel_aliases = { A = \"B\" }\n[family.ag35]\nmodel_aliases = { A = \"C\" }",
            "6:2: two families give the alias `A` to different models",
            "keep one of them",
        ),
        (
            "[family.bg96]\nmodel_aliases = { A = \"B\", B = \"C\" }",
            "6:2: the alias `A` leads to `B`, which is an alias itself",
            "write the model that targets and packages name",
        ),
    ]);
}

#[test]
fn whole_files() {
    for (text, place_and_message, help) in [
        ("", "1:1: missing section `rack`", r#"write `[rack]`, and below it `name = "line3-rack2"`"#),
        (
            "[rack]\nname = \"x\"",
            "1:1: missing section `slot`",
            "write a `[[slot]]` for each place, or let `fotarig slots learn` write them",
        ),
        (
            "[rack]\nname = \"x\"\n[slot]\nlabel = \"1\"",
            "3:1: [slot]: expected a list, found a table",
            r#"write `[[slot]]`, and below it `label = "A1"` and `usb = "1-1.4"`, once for each slot"#,
        ),
        (
            "slot = []\n[rack]\nname = \"x\"",
            "1:8: [[slot]]: the list is empty",
            r#"write `[[slot]]`, and below it `label = "A1"` and `usb = "1-1.4"`, once for each slot"#,
        ),
        (
            "[[rack]]\nname = \"x\"\n",
            "1:1: [[rack]]: expected a table, found a list",
            r#"write `[rack]`, and below it `name = "line3-rack2"`"#,
        ),
        (
            r#"rack = "x""#,
            "1:8: [rack]: expected a table, found `x`",
            r#"write `[rack]`, and below it `name = "line3-rack2"`"#,
        ),
        (
            "[rack]\nname = \"x\n",
            r#"2:10: invalid basic string, expected `"`"#,
            "this is where the file stops being TOML; look also at the line before it",
        ),
        (
            "[rack]\nname = \"a\"\nname = \"b\"\n",
            "3:1: duplicate key",
            "this is where the file stops being TOML; look also at the line before it",
        ),
        (
            "[rack]\n[[slot]]\nlabel=\"é\" = 3",
            "3:11: unexpected key or value, expected newline, `#`",
            "this is where the file stops being TOML; look also at the line before it",
        ),
    ] {
        check(text, place_and_message, help);
    }
}
