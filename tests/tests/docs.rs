//! What the documents tell their readers to write is loaded, and what they tell them to type is understood by the
//! program.
//!
//! A block of TOML says what it is behind its language: `toml rack` and `toml batch` are whole files, `toml rack-part` is
//! put into the smallest rack that there can be. Of a block of `sh`, each line that calls `fotarig` is given to the
//! program with `--help` behind it: it reads everything before that as it would, and does nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use config::{Batch, Rack};
use fotarig_tests::fotarig;

/// A fenced block of a document.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    /// File and line of its first line.
    place: String,
    /// What stands behind the fence.
    kind: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the workspace.
fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The documents: every Markdown file for readers of the program.
fn documents() -> Vec<(String, String)> {
    let mut names =
        vec!["README.md".to_owned(), "dashboards/README.md".to_owned(), "udev-rules/README.md".to_owned()];
    for folder in ["docs", "docs/runbooks"] {
        let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
        let files = entries.flatten().map(|entry| format!("{folder}/{}", entry.file_name().display()));
        names.extend(files.filter(|name| Path::new(name).extension().is_some_and(|end| end == "md")));
    }
    names.sort();
    let with_text = |name: String| {
        let text = read(&name);
        (name, text)
    };
    names.into_iter().map(with_text).collect()
}

fn blocks(name: &str, text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for (line, number) in text.lines().zip(1..) {
        if let Some(kind) = line.trim_start().strip_prefix("```") {
            open = !open;
            if open {
                let place = format!("{name}:{}", number + 1);
                found.push(Block { place, kind: kind.trim().to_owned(), text: String::new() });
            }
        } else if let (true, Some(block)) = (open, found.last_mut()) {
            block.text.push_str(line);
            block.text.push('\n');
        }
    }
    assert!(!open, "{name}: a block is not closed");
    found
}

fn all_blocks() -> Vec<Block> {
    documents().iter().flat_map(|(name, text)| blocks(name, text)).collect()
}

/// What is wrong with a block of TOML.
fn toml_fault(block: &Block) -> Option<String> {
    let place = &block.place;
    let told = match block.kind.as_str() {
        "toml rack" => Rack::parse(&block.text, place).err().map(|error| error.to_string()),
        "toml batch" => Batch::parse(&block.text, place).err().map(|error| error.to_string()),
        "toml rack-part" => Rack::parse(whole_rack(&block.text), place).err().map(|error| error.to_string()),
        other => Some(format!("`{other}`: say `toml rack`, `toml batch` or `toml rack-part`")),
    };
    told.map(|told| format!("{place}: {told}"))
}

fn whole_rack(part: &str) -> String {
    let slot = if part.contains("[[slot]]") { "" } else { "[[slot]]\nlabel = \"A1\"\nusb = \"1-1.4.1\"\n" };
    format!("[rack]\nname = \"r\"\n{slot}{part}")
}

/// The arguments of every call of `fotarig` in a line of a shell.
fn call(line: &str) -> Option<Vec<String>> {
    let line = line.split_once(" #").map_or(line, |(line, _)| line);
    let line = line.split(['|', '>', ';']).next().unwrap_or_default();
    let mut words = line.split_whitespace().skip_while(|word| {
        let set = word
            .split_once('=')
            .is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
        set || ["sudo", "-u", "timeout"].contains(word)
    });
    let mut first = words.next()?;
    if first == "fotarig" && line.contains("sudo -u fotarig") {
        first = words.next()?;
    }
    let arguments: Vec<String> = words.map(str::to_owned).collect();
    match first {
        "fotarig" => Some(arguments),
        "cargo" => {
            let ours = arguments.windows(2).any(|two| two == ["--bin", "fotarig"]);
            let behind = arguments.iter().position(|word| word == "--")?;
            ours.then(|| arguments[behind + 1..].to_vec())
        }
        _ => None,
    }
}

/// What the program has against `arguments`.
fn refused(arguments: &[String]) -> Option<String> {
    let output = Command::new(fotarig()).args(arguments).arg("--help").output();
    let output = output.unwrap_or_else(|error| panic!("fotarig cannot be started: {error}"));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then_some(error)
}

#[test]
fn every_example_of_a_file_is_loaded() {
    let blocks = all_blocks();
    let tomls: Vec<_> = blocks.iter().filter(|block| block.kind.starts_with("toml")).collect();
    let kinds: BTreeSet<_> = tomls.iter().map(|block| block.kind.as_str()).collect();
    assert!(
        kinds.contains("toml batch") && kinds.contains("toml rack-part"),
        "examples are found: {kinds:?}"
    );
    let faults: Vec<String> = tomls.into_iter().filter_map(toml_fault).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_command_is_understood() {
    let blocks = all_blocks();
    let mut commands = BTreeSet::new();
    let mut faults = Vec::new();
    for block in blocks.iter().filter(|block| block.kind == "sh") {
        for arguments in block.text.lines().filter_map(call) {
            commands.extend(arguments.first().cloned());
            if let Some(error) = refused(&arguments) {
                faults.push(format!("{}: fotarig {}: {error}", block.place, arguments.join(" ")));
            }
        }
    }
    for command in ["check", "run", "report", "scan", "slots", "faults", "doctor", "sim", "demo", "ledger"] {
        assert!(commands.contains(command), "no document shows `fotarig {command}`: {commands:?}");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_link_to_a_file_leads_to_one() {
    let mut faults = Vec::new();
    for (name, text) in documents() {
        let folder = root().join(&name).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") && !folder.join(path).exists() {
                faults.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The file of the package has no slots: they are learned. With one it has to be whole.
#[test]
fn the_packages_rack_wants_only_slots() {
    let text = read("packaging/rack.toml");
    let error = Rack::parse(&text, "rack.toml").unwrap_err().to_string();
    assert!(error.contains("slots learn"), "{error}");
    let learned = format!("{text}\n[[slot]]\nlabel = \"A1\"\nusb = \"1-1.4.1\"\n");
    let rack = Rack::parse(&learned, "rack.toml").unwrap();
    assert_eq!(rack.ledger_path, Path::new("/var/lib/fotarig/fotarig.sqlite"));
    // What is written as a comment can be uncommented.
    let all = learned.replace("\n#[", "\n[").replace("\n#http", "\nhttp").replace("\n#apn", "\napn");
    assert!(Rack::parse(&all, "rack.toml").unwrap().hosting.http.is_some());
}

#[test]
fn the_service_starts_what_the_program_understands() {
    let unit = read("packaging/fotarig.service");
    let started = unit.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/"));
    let arguments = started.and_then(call).unwrap();
    assert_eq!(arguments[0], "serve");
    assert_eq!(refused(&arguments), None);
}

/// Under its confinement the program would otherwise take its locks in a private folder, where nobody else finds them.
#[test]
fn the_service_takes_its_locks_where_everybody_does() {
    let folder = "/run/lock/fotarig";
    let unit = read("packaging/fotarig.service");
    assert!(unit.lines().any(|line| line == format!("ReadWritePaths={folder}")), "{unit}");
    let made = read("packaging/tmpfiles.conf");
    assert!(made.lines().any(|line| line.starts_with(&format!("d {folder} 2770 root dialout"))), "{made}");
    assert!(read("crates/bus/src/lock.rs").contains(&format!("\"{folder}\"")), "the program's own folder");
}

#[test]
fn what_is_wrong_is_found() {
    let text = "a\n```toml rack-part\n[limits]\nper_hubs = 8\n```\n```toml\nx = 1\n```\n";
    let blocks = blocks("x.md", text);
    assert_eq!(blocks.iter().map(|block| block.place.as_str()).collect::<Vec<_>>(), ["x.md:3", "x.md:7"]);
    let faults: Vec<String> = blocks.iter().filter_map(toml_fault).collect();
    assert!(faults[0].contains("did you mean `per_hub`?"), "{}", faults[0]);
    assert!(faults[1].contains("say `toml rack`"), "{}", faults[1]);

    let given = |line: &str| call(line).unwrap().join(" ");
    assert_eq!(given("FOTARIG_LOG=debug fotarig run --headless > x   # y"), "run --headless");
    assert_eq!(given("sudo -u fotarig fotarig doctor"), "doctor");
    assert_eq!(given("cargo run --bin fotarig -- demo --slots 4"), "demo --slots 4");
    assert_eq!(call("sha256sum fotarig"), None);
    let refusal = |line: &str| refused(&call(line).unwrap());
    assert!(refusal("fotarig run --rack R.toml --continous").is_some(), "an option");
    assert!(refusal("fotarig report --format xml").is_some(), "a value");
    assert!(refusal("fotarig flash").is_some(), "a command");
    assert!(refusal("fotarig run --rack R.toml --continuous").is_none());
}
