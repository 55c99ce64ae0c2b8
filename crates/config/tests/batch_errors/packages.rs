//! `[[package]]`: keys, sources, sums, signatures.

use config::Batch;

use crate::{BEGINNING, PACKAGE, check, package, refused_packages};

#[test]
fn keys_of_a_package() {
    refused_packages(&[
        (
            r#"family = "bg95""#,
            "7:10: [[package]] family: unknown family `bg95`",
            "expected one of `sim7000`, `sim7080`, `sim7028`, `ag35`, `bg96`; did you mean `bg96`?",
        ),
        (
            r#"family = "BG96""#,
            "7:10: [[package]] family: unknown family `BG96`",
            "expected one of `sim7000`, `sim7080`, `sim7028`, `ag35`, `bg96`; did you mean `bg96`?",
        ),
        ("family = 96", "7:10: [[package]] family: expected a string, found 96", "put the value in quotes"),
        (
            "no family",
            "6:1: missing key `family` in [[package]]",
            "write `[[package]]`, and below it family, model, from, to, file, size and sha256",
        ),
        (
            r#"model = "\t""#,
            "8:9: [[package]] model: expected a model, found `\\t`",
            r#"write the model as `AT+CGMM` or `ATI` gives it, such as "BG96""#,
        ),
        (
            r#"to = "A""#,
            "10:6: [[package]] to: the same revision as `from`",
            "write the revision that the package leads to",
        ),
        (
            r#"from = """#,
            "9:8: [[package]] from: expected a revision, found an empty string",
            r#"write the revision as the module gives it, without label and spaces, such as "BG96MAR02A07M1G""#,
        ),
        (
            "no size",
            "6:1: missing key `size` in [[package]]",
            "write the file's size in bytes: `stat -c %s FILE`",
        ),
        (
            "size = 0",
            "11:8: [[package]] size: expected a whole number from 1 to 1073741824, found 0",
            "write a number within these bounds, without quotes",
        ),
    ]);
}

#[test]
fn sizes_and_sums() {
    refused_packages(&[
        (
            r#"size = "5""#,
            "11:8: [[package]] size: expected a whole number from 1 to 1073741824, found `5`",
            "write a number within these bounds, without quotes",
        ),
        (
            "size = 99999999999999999999",
            "11:8: [[package]] size: expected a whole number from 1 to 1073741824, found 99999999999999999999",
            "write a number within these bounds, without quotes",
        ),
        (
            r#"sha256 = "abcd""#,
            "13:10: [[package]] sha256: expected a SHA-256 of 64 hexadecimal digits, found `abcd`",
            "write the 64 hexadecimal digits that `sha256sum FILE` prints",
        ),
        (
            r#"sha256 = "xyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxy""#,
            "13:10: [[package]] sha256: expected a SHA-256 of 64 hexadecimal digits, found `xyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxyxy…`",
            "write the 64 hexadecimal digits that `sha256sum FILE` prints",
        ),
        (
            "no sha256",
            "6:1: missing key `sha256` in [[package]]",
            "write the 64 hexadecimal digits that `sha256sum FILE` prints",
        ),
        (
            r#"shasum = "x""#,
            "14:1: unknown key `shasum` in [[package]]",
            "expected one of `family`, `model`, `from`, `to`, `file`, `url`, `user`, `password`, `size`, `sha256`, `signature`, `preloaded_as`, `trust_preloaded`",
        ),
    ]);
}

#[test]
fn one_source_for_each_package() {
    refused_packages(&[
        (
            "no file",
            "6:1: expected one of `file` and `url` in [[package]], found neither",
            r#"write `file = "packages/update.zip"`, or `url = "http://…"` for a server of one's own"#,
        ),
        (
            r#"url = "http://h:1/u.zip""#,
            "14:7: expected one of `file` and `url` in [[package]], found both",
            r#"write `file = "packages/update.zip"`, or `url = "http://…"` for a server of one's own"#,
        ),
        (
            r#"file = """#,
            "12:8: [[package]] file: expected a path, found an empty string",
            "write it relative to this file, or absolute",
        ),
        (
            r#"user = "x""#,
            "14:8: [[package]] user: a `file` needs none",
            "leave it out: it belongs to a `url`",
        ),
    ]);
}

#[test]
fn addresses() {
    refused_packages(&[
        (
            "no file\nurl = \"http://h:1/a b.zip\"",
            "13:7: [[package]] url: expected the address of a package, found `http://h:1/a b.zip`",
            r#"write it as "http://host:port/path": printable ASCII, no quotes or spaces, at most 255 bytes"#,
        ),
        (
            "no file\nurl = \"http://h:1/a\\\"b.zip\"",
            r#"13:7: [[package]] url: expected the address of a package, found `http://h:1/a"b.zip`"#,
            r#"write it as "http://host:port/path": printable ASCII, no quotes or spaces, at most 255 bytes"#,
        ),
        (
            "no file\nurl = \"http://h:1/a\\u0007b.zip\"",
            "13:7: [[package]] url: expected the address of a package, found `http://h:1/a\\u{7}b.zip`",
            r#"write it as "http://host:port/path": printable ASCII, no quotes or spaces, at most 255 bytes"#,
        ),
        (
            "no file\nurl = \"gopher://h/u.zip\"",
            "13:7: [[package]] url: expected the address of a package, found `gopher://h/u.zip`",
            r#"write it as "http://host:port/path": printable ASCII, no quotes or spaces, at most 255 bytes"#,
        ),
        (
            "no file\nurl = \"http://h:0/u.zip\"",
            "13:7: [[package]] url: expected the address of a package, found `http://h:0/u.zip`",
            r#"write it as "http://host:port/path": printable ASCII, no quotes or spaces, at most 255 bytes"#,
        ),
        (
            "no file\nurl = \"http:///u.zip\"",
            "13:7: [[package]] url: expected the address of a package, found `http:///u.zip`",
            r#"write it as "http://host:port/path": printable ASCII, no quotes or spaces, at most 255 bytes"#,
        ),
        (
            "no file\nurl = \"http://h\"",
            "13:7: [[package]] url: expected the address of a package, found `http://h`",
            r#"write it as "http://host:port/path": printable ASCII, no quotes or spaces, at most 255 bytes"#,
        ),
        (
            "no file\nurl = \"http://rack:hush@h/u.zip\"",
            "13:7: [[package]] url: expected an address without `@`: user and password do not belong into it",
            r#"write `user = "…"` and `password = { env = "NAME" }` beside it; in a path, write %40"#,
        ),
    ]);
}

#[test]
fn preloaded_and_signed() {
    refused_packages(&[
        (
            r#"preloaded_as = "/fota/u.zip""#,
            "14:16: [[package]] preloaded_as: expected a file name, found `/fota/u.zip`",
            "write the file's name as it lies on the module, without a directory",
        ),
        (
            "trust_preloaded = true",
            "14:19: [[package]] trust_preloaded: nothing is said to be preloaded",
            "add `preloaded_as`, or leave it out",
        ),
        (
            "preloaded_as = \"u.zip\"\ntrust_preloaded = 1",
            "15:19: [[package]] trust_preloaded: expected `true` or `false`, found 1",
            "write it without quotes",
        ),
        (
            r#"signature = "RWQ""#,
            "14:13: [[package]] signature: expected a minisign signature, found something else",
            "paste the whole .minisig file between ''' and ''': two comments, two lines of base64",
        ),
    ]);
}

#[test]
fn two_packages_for_one_step() {
    let twin = package("model = \"simcom_bg96 \"\nfile = \"other.zip\"");
    check(
        &format!("{BEGINNING}{PACKAGE}{twin}"),
        "14:1: two packages for `BG96` from `A` to `C`",
        "the first is at line 6; keep one of them",
    );
    let back = package("from = \"C\"\nto = \"A\"");
    assert!(
        Batch::parse(format!("{BEGINNING}{PACKAGE}{back}"), "batch.toml").is_ok(),
        "a downgrade is no twin"
    );
}

#[test]
fn an_address_with_a_password_is_refused_without_repeating_it() {
    for url in ["http://rack:hush@h/u.zip", "http://rack:hu sh@h/u.zip", "hush@"] {
        let text = format!("{BEGINNING}{}", package(&format!("no file\nurl = \"{url}\"")));
        let error = Batch::parse(text, "batch.toml").map(drop).map_err(|error| error.to_string());
        assert!(error.is_err_and(|error| !error.contains("hu")), "{url}");
    }
}

#[test]
fn sums_are_kept_in_lower_case() {
    let text = format!("{BEGINNING}{PACKAGE}").replace("abab", "ABab");
    let batch = Batch::parse(text, "batch.toml");
    assert!(batch.is_ok_and(|batch| batch.packages[0].package.sha256 == "ab".repeat(32)));
}
