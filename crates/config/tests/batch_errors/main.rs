//! Each thing that can be wrong in batch.toml: the place, what was expected and found, and what to do, word by word.

use config::Batch;

mod packages;

/// A batch to which each case adds its lines, from line 6 on.
const BEGINNING: &str = "[batch]\nname = \"b\"\n[[target]]\nmodel = \"BG96\"\nrevision = \"C\"\n";

fn check(text: &str, place_and_message: &str, help: &str) {
    let error = Batch::parse(text, "batch.toml").map(drop).map_err(|error| error.to_string());
    assert_eq!(error, Err(format!("batch.toml:{place_and_message}\n  {help}")), "{text}");
}

fn refused(cases: &[(&str, &str, &str)]) {
    for (lines, place_and_message, help) in cases {
        check(&format!("{BEGINNING}{lines}\n"), place_and_message, help);
    }
}

/// A package to which nothing is wrong.
const PACKAGE: &str = r#"[[package]]
family = "bg96"
model = "BG96"
from = "A"
to = "C"
size = 5
file = "u.zip"
sha256 = "abababababababababababababababababababababababababababababababab"
"#;

/// The package with other lines: `key = value` in the place of the key's own line or at the end, `no key` for none.
fn package(changes: &str) -> String {
    let mut lines: Vec<String> = PACKAGE.lines().map(str::to_owned).collect();
    for change in changes.lines() {
        let key = change.strip_prefix("no ").or(change.split(" = ").next()).unwrap_or_default();
        let own = lines.iter().position(|line| line.starts_with(&format!("{key} = ")));
        match own {
            Some(own) if change.starts_with("no ") => drop(lines.remove(own)),
            Some(own) => change.clone_into(&mut lines[own]),
            None => lines.push(change.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

fn refused_packages(cases: &[(&str, &str, &str)]) {
    for (changes, place_and_message, help) in cases {
        check(&format!("{BEGINNING}{}", package(changes)), place_and_message, help);
    }
}

#[test]
fn whole_files() {
    for (text, place_and_message, help) in [
        ("", "1:1: missing section `batch`", r#"write `[batch]`, and below it `name = "2026w47-bg96"`"#),
        (
            "[batch]\nname = \"\"",
            "2:8: [batch] name: expected a name, found an empty string",
            "write 1 to 64 printable characters, without spaces around them",
        ),
        (
            "[batch]\nname = \"b\"",
            "1:1: missing section `target`",
            r#"write `[[target]]`, and below it `model = "BG96"` and `revision = "BG96MAR02A09M1G"`"#,
        ),
        (
            "[batch]\nname = \"b\"\ntitle = \"x\"",
            "3:1: unknown key `title` in [batch]",
            "expected one of `name`, `lot`, `operator`",
        ),
        (
            "[batch]\nname = \"b\"\n[target]\nmodel = \"BG96\"",
            "3:1: [target]: expected a list, found a table",
            r#"write `[[target]]`, and below it `model = "BG96"` and `revision = "BG96MAR02A09M1G"`"#,
        ),
    ] {
        check(text, place_and_message, help);
    }
}

#[test]
fn targets() {
    refused(&[
        (
            "[[target]]\nmodel = \"simcom_bg96 \"\nrevision = \"D\"",
            "7:9: two targets for the model `BG96`",
            "the first is at line 4; keep one of them",
        ),
        (
            "[[target]]\nmodel = \"AG35\"",
            "6:1: missing key `revision` in [[target]]",
            r#"write `[[target]]`, and below it `model = "BG96"` and `revision = "BG96MAR02A09M1G"`"#,
        ),
        (
            "[[target]]\nmodel = \"AG 35\"\nrevision = \"D\"",
            "7:9: [[target]] model: expected a model, found `AG 35`",
            r#"write the model as `AT+CGMM` or `ATI` gives it, such as "BG96""#,
        ),
        (
            "[[target]]\nmodel = \"AG35\"\nrevision = \"D \"",
            "8:12: [[target]] revision: expected a revision, found `D `",
            r#"write the revision as the module gives it, without label and spaces, such as "BG96MAR02A07M1G""#,
        ),
        (
            "[[target]]\nmodel = \"AG35\"\nrevison = \"D\"",
            "8:1: unknown key `revison` in [[target]]",
            "expected one of `model`, `revision`; did you mean `revision`?",
        ),
    ]);
}

#[test]
fn ways_of_delivery() {
    refused(&[
        (
            "[policy]\ndelivery = []",
            "7:12: [policy] delivery: the list is empty",
            r#"write a list in order of preference, such as ["http", "serial"]"#,
        ),
        (
            "[policy]\ndelivery = \"http\"",
            "7:12: [policy] delivery: expected a list, found `http`",
            r#"write a list in order of preference, such as ["http", "serial"]"#,
        ),
        (
            "[policy]\ndelivery = [\"http\", \"serail\"]",
            "7:21: [policy] delivery: expected a way of delivery, found `serail`",
            "expected one of `http`, `https`, `ftp`, `serial`, `preloaded`; did you mean `serial`?",
        ),
        (
            "[policy]\ndelivery = [\"http\", \"http\"]",
            "7:21: [policy] delivery: `http` is in the list twice",
            "the first place counts; drop this one",
        ),
    ]);
}

#[test]
fn rules_of_the_policy() {
    refused(&[
        (
            "[policy]\nattempts = 0",
            "7:12: [policy] attempts: expected a whole number from 1 to 100, found 0",
            "write a number within these bounds, without quotes",
        ),
        (
            "[policy]\ncanary = 0",
            "7:10: [policy] canary: expected a whole number from 1 to 1000000, found 0",
            "write a number without quotes; a rule that is left out does not apply",
        ),
        (
            "[policy]\nstop_at_failure_rate = 1.5",
            "7:24: [policy] stop_at_failure_rate: expected a share of the finished modules, found 1.5",
            "write a share, more than 0 and at most 1: for 20 % write 0.2",
        ),
        (
            "[policy]\nstop_at_failure_rate = -0.1",
            "7:24: [policy] stop_at_failure_rate: expected a share of the finished modules, found -0.1",
            "write a share, more than 0 and at most 1: for 20 % write 0.2",
        ),
        (
            "[policy]\nstop_at_failure_rate = 0",
            "7:24: [policy] stop_at_failure_rate: expected a share of the finished modules, found 0",
            "write a share, more than 0 and at most 1: for 20 % write 0.2",
        ),
        (
            "[policy]\nstop_at_failure_rate = nan",
            "7:24: [policy] stop_at_failure_rate: expected a share of the finished modules, found nan",
            "write a share, more than 0 and at most 1: for 20 % write 0.2",
        ),
        (
            "[policy]\nstop_rate_after = 5",
            "7:19: [policy] stop_rate_after: there is no `stop_at_failure_rate` for it to delay",
            "add `stop_at_failure_rate`, or leave it out",
        ),
        (
            "[policy]\nretest = 3",
            "7:1: unknown key `retest` in [policy]",
            "expected one of `delivery`, `attempts`, `canary`, `stop_after_failures`, `stop_at_failure_rate`, `stop_rate_after`, `quarantine_slot_after`, `retest_limit`, `require_signature`",
        ),
    ]);
}

#[test]
fn the_policy_may_ask_for_signatures() {
    check(
        &format!("{BEGINNING}{PACKAGE}[policy]\nrequire_signature = true\n"),
        "6:1: missing key `signature` in [[package]]",
        "[policy] require_signature asks for one: paste the package's .minisig file",
    );
}

#[test]
fn what_is_legal_and_probably_not_meant_is_a_warning() {
    let stray = package("model = \"AG35\"\nfamily = \"ag35\"");
    let blind = package("from = \"B\"\nto = \"A\"\npreloaded_as = \"u.zip\"");
    let policy = "[policy]\ndelivery = [\"preloaded\"]\n";
    let batch = Batch::parse(format!("{BEGINNING}{stray}{blind}{policy}"), "batch.toml");
    let warnings = batch.map(|batch| batch.warnings.iter().map(ToString::to_string).collect::<Vec<_>>());
    let expected = [
        "batch.toml:3:1: no package leads to `C` of `BG96`\n  \
         modules that are not there already will be refused: add the package",
        "batch.toml:6:1: no target for the package's model `AG35`\n  \
         the package will not be used: add a [[target]], or leave it out",
        "batch.toml:14:1: a preloaded package cannot be checked on a BG96\n  \
         it will not be used as preloaded: write `trust_preloaded = true` if you are sure",
    ];
    assert!(warnings.as_ref().is_ok_and(|warnings| *warnings == expected), "{warnings:?}");
}
