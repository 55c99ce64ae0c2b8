//! Who may know whom among the crates of the workspace, and that every crate is under the workspace's lints.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};

use crate::{Finding, Source, none, root, sources};

/// What a crate may depend on.
enum May {
    /// Only these.
    Only(&'static [&'static str]),
    /// Every crate but those on which nobody may depend.
    All,
}

/// Nobody depends on the binary, on the tests, and on the benches.
const TOPS: [&str; 5] = ["benches", "fotarig", "fotarig-tests", "fotarig-vm", "simulate"];

/// What the crate `name` may depend on; `None` when the house does not know it.
fn may(name: &str) -> Option<May> {
    let only = match name {
        "events" | "at" => May::Only(&[]),
        "config" | "bus" | "host" | "ledger" | "metrics" | "dashboard" => May::Only(&["events"]),
        "procedure" | "sim" => May::Only(&["events", "at"]),
        "families" => May::Only(&["events", "at", "procedure"]),
        "control" => May::Only(&["events", "at", "procedure", "families"]),
        "benches" | "rig" | "fotarig" | "fotarig-tests" | "fotarig-vm" | "simulate" => May::All,
        _ => return None,
    };
    Some(only)
}

/// A crate, its manifest, and the crates of the workspace on which it depends.
struct Crate {
    name: String,
    manifest: Source,
    dependencies: Vec<String>,
}

fn misplaced(member: &Crate) -> Vec<Finding> {
    let Some(may) = may(&member.name) else {
        let advice = format!(
            "the crate `{}` is new: decide what it may depend on, and add it to `may` in the house rules",
            member.name
        );
        return vec![member.manifest.finding(1, advice)];
    };
    let wrong = member.dependencies.iter().filter(|dependency| match may {
        May::Only(allowed) => !allowed.contains(&dependency.as_str()),
        May::All => TOPS.contains(&dependency.as_str()),
    });
    wrong
        .map(|dependency| {
            let line = line_of(&member.manifest.text, dependency);
            let advice = format!(
                "`{}` must not know `{dependency}`: give it what it needs as data or through a trait of its own",
                member.name
            );
            member.manifest.finding(line, advice)
        })
        .collect()
}

/// The line of a manifest on which `dependency` is named first.
fn line_of(manifest: &str, dependency: &str) -> usize {
    let names = |line: &str| {
        let key = line.split(['.', '=', ' ']).next();
        key.map(|key| key.trim_matches('"')) == Some(dependency)
    };
    manifest.lines().position(names).map_or(1, |place| place + 1)
}

fn under_lints(manifest: &Source) -> Vec<Finding> {
    let under = manifest.text.contains("[lints]\nworkspace = true");
    let advice = "add `[lints]` with `workspace = true`";
    (!under).then(|| manifest.finding(1, advice)).into_iter().collect()
}

fn crates(metadata: &Metadata) -> Vec<Crate> {
    let members = metadata.workspace_packages();
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let own = |member: &cargo_metadata::Package| {
        let kept = member.dependencies.iter().filter(|dependency| {
            dependency.kind != DependencyKind::Development && names.contains(&dependency.name.as_str())
        });
        kept.map(|dependency| dependency.name.clone()).collect()
    };
    let member = |member: &cargo_metadata::Package| {
        let path =
            member.manifest_path.strip_prefix(&metadata.workspace_root).unwrap_or(&member.manifest_path);
        let text = std::fs::read_to_string(&member.manifest_path).unwrap_or_default();
        Crate {
            name: member.name.to_string(),
            manifest: Source { path: path.to_string(), text },
            dependencies: own(member),
        }
    };
    members.into_iter().map(member).collect()
}

#[test]
fn every_crate_knows_only_whom_it_may() {
    let mut command = MetadataCommand::new();
    command.manifest_path(root().join("Cargo.toml")).no_deps().other_options(["--offline".to_owned()]);
    let metadata = command.exec().unwrap();
    let crates = crates(&metadata);
    assert!(crates.iter().any(|member| member.name == "events"), "the workspace is read");
    none(&crates.iter().flat_map(misplaced).collect::<Vec<_>>());
}

#[test]
fn every_crate_is_under_the_lints() {
    let manifests = sources("Cargo.toml");
    assert!(
        manifests.iter().any(|manifest| manifest.path == "crates/events/Cargo.toml"),
        "manifests are found"
    );
    // A fuzz target is a workspace of its own, for a compiler of its own.
    let ours = manifests.iter().filter(|manifest| !manifest.path.contains("/fuzz/"));
    none(&ours.flat_map(under_lints).collect::<Vec<_>>());
}

#[test]
fn a_misplaced_dependency_is_found() {
    let text = "[package]\nname = \"x\"\n\n[dependencies]\nserde = \"1\"\ncontrol.workspace = true\n";
    let found = |name: &str, dependency: &str| {
        let member = Crate {
            name: name.to_owned(),
            manifest: Source::snippet("crates/x/Cargo.toml", text),
            dependencies: vec![dependency.to_owned()],
        };
        misplaced(&member).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let told = "crates/x/Cargo.toml:6: `sim` must not know `control`: give it what it needs as data or through a \
                trait of its own";
    assert_eq!(found("sim", "control"), [told]);
    for (name, dependency) in
        [("events", "at"), ("metrics", "at"), ("rig", "fotarig"), ("fotarig", "fotarig-tests")]
    {
        assert_eq!(found(name, dependency).len(), 1, "{name} -> {dependency}");
    }
    for (name, dependency) in
        [("procedure", "at"), ("control", "families"), ("rig", "sim"), ("fotarig", "rig")]
    {
        assert_eq!(found(name, dependency).len(), 0, "{name} -> {dependency}");
    }
}

#[test]
fn an_unknown_crate_is_found() {
    let manifest = Source::snippet("crates/gadgets/Cargo.toml", "");
    let member = Crate { name: "gadgets".to_owned(), manifest, dependencies: Vec::new() };
    assert_eq!(misplaced(&member).len(), 1);
}

#[test]
fn a_crate_without_the_lints_is_found() {
    let with = Source::snippet("Cargo.toml", "[lints]\nworkspace = true\n");
    let without = Source::snippet("Cargo.toml", "[lints.rust]\nunsafe_code = \"allow\"\n");
    assert_eq!((under_lints(&with).len(), under_lints(&without).len()), (0, 1));
}
