//! Words that must not occur. They are looked for among the tokens of a file, so text in strings and comments does
//! not count, and what is inside a macro does.

use std::ops::RangeInclusive;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::Visit;

use crate::{Finding, Source, every_source_keeps, lines_found};

/// Marks that something is unfinished, put together here so that this file does not hold them.
const MARKS: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// Test files that may sleep, and why each of them must: a wait is for something, and asks for it.
const MAY_SLEEP: [(&str, &str); 3] = [
    (
        "crates/sim/tests/all/ports.rs",
        "it plays a controller: it paces an upload as a line would, and looks for a symlink that nobody announces",
    ),
    ("tests/simulate/src/life.rs", "virtual time: it is the clock of the simulated rack that passes"),
    ("tests/simulate/src/world.rs", "virtual time: it is the clock of the simulated rack that passes"),
];

/// Crates in which everything is given, nothing is looked up: no clock, no randomness, no order by chance.
const PURE: [&str; 4] = ["events", "at", "procedure", "families"];

/// A token, where it stands, and whether it is inside an attribute.
struct Word {
    text: String,
    line: usize,
    attribute: bool,
}

/// The tokens of a file in their order, brackets included.
fn words(source: &Source) -> Vec<Word> {
    let mut words = Vec::new();
    if let Ok(stream) = source.text.parse::<TokenStream>() {
        flatten(stream, false, &mut words);
    }
    words
}

fn flatten(stream: TokenStream, attribute: bool, words: &mut Vec<Word>) {
    let mut after_hash = false;
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                let inside = attribute || (after_hash && group.delimiter() == Delimiter::Bracket);
                let (open, close) = brackets(group.delimiter());
                words.push(Word { text: open.to_owned(), line, attribute: inside });
                flatten(group.stream(), inside, words);
                let end = group.span_close().start().line;
                words.push(Word { text: close.to_owned(), line: end, attribute: inside });
                after_hash = false;
            }
            TokenTree::Punct(mark) => {
                after_hash = mark.as_char() == '#' || (after_hash && mark.as_char() == '!');
                words.push(Word { text: mark.as_char().to_string(), line, attribute });
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                after_hash = false;
                words.push(Word { text: tree.to_string(), line, attribute });
            }
        }
    }
}

const fn brackets(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

/// Whether the words from `words[0]` on are those of `phrase`.
fn begins(words: &[Word], phrase: &[&str]) -> bool {
    words.len() >= phrase.len() && phrase.iter().zip(words).all(|(wanted, word)| *wanted == word.text)
}

fn finished(source: &Source) -> Vec<Finding> {
    let words = words(source);
    let macros = (0..words.len())
        .filter(|at| ["todo", "unimplemented"].iter().any(|name| begins(&words[*at..], &[name, "!"])));
    let advice = "unfinished: write it, or leave it out";
    let mut findings: Vec<Finding> = macros.map(|at| source.finding(words[at].line, advice)).collect();
    for (number, line) in source.text.lines().enumerate() {
        let mut parts = line.split(|character: char| !character.is_ascii_alphanumeric());
        if parts.any(|part| MARKS.contains(&part)) {
            findings.push(source.finding(number + 1, advice));
        }
    }
    findings
}

fn lints_are_expected(source: &Source) -> Vec<Finding> {
    let words = words(source);
    let allows = (0..words.len()).filter(|at| words[*at].attribute && begins(&words[*at..], &["allow", "("]));
    let advice = "say `#[expect(lint, reason = \"…\")]`: it tells when it is needed no more";
    allows.map(|at| source.finding(words[at].line, advice)).collect()
}

fn no_test_is_ignored(source: &Source) -> Vec<Finding> {
    let words = words(source);
    let ignored = words.iter().filter(|word| word.attribute && word.text == "ignore");
    let advice = "a test that does not run proves nothing: make it run, or delete it";
    ignored.map(|word| source.finding(word.line, advice)).collect()
}

fn tests_do_not_sleep(source: &Source) -> Vec<Finding> {
    if MAY_SLEEP.iter().any(|(path, _)| *path == source.path) {
        return Vec::new();
    }
    let tested = test_lines(source);
    let words = words(source);
    let sleeps = (0..words.len()).filter(|at| {
        let free =
            !at.checked_sub(1).is_some_and(|before| [".", "fn"].contains(&words[before].text.as_str()));
        free && ["sleep", "sleep_until"].iter().any(|name| begins(&words[*at..], &[name, "("]))
    });
    let advice =
        "wait for what is to happen, with a deadline; or argue in MAY_SLEEP why there is nothing to wait for";
    sleeps
        .map(|at| words[at].line)
        .filter(|line| tested.iter().any(|lines| lines.contains(line)))
        .map(|line| source.finding(line, advice))
        .collect()
}

/// The lines of a file that are a test's: all below a directory `tests`, elsewhere the modules for tests.
fn test_lines(source: &Source) -> Vec<RangeInclusive<usize>> {
    let mut parts = source.path.trim_end_matches(".rs").split('/');
    if parts.any(|part| part == "tests") {
        return vec![1..=usize::MAX];
    }
    let mut modules = TestModules(Vec::new());
    if let Ok(file) = source.syntax() {
        modules.visit_file(&file);
    }
    modules.0
}

/// The lines of each module under `#[cfg(test)]`.
struct TestModules(Vec<RangeInclusive<usize>>);

impl<'ast> Visit<'ast> for TestModules {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        let test = |attribute: &syn::Attribute| {
            attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "test")
        };
        if module.attrs.iter().any(test) {
            self.0.push(module.span().start().line..=module.span().end().line);
        }
        syn::visit::visit_item_mod(self, module);
    }
}

fn pure_crates_look_nothing_up(source: &Source) -> Vec<Finding> {
    if !PURE.iter().any(|name| source.path.starts_with(&format!("crates/{name}/src/"))) {
        return Vec::new();
    }
    let words = words(source);
    let forbidden: [(&[&str], &str); 5] = [
        (&["HashMap"], "its order is chance: take a BTreeMap"),
        (&["HashSet"], "its order is chance: take a BTreeSet"),
        (&["SystemTime"], "this crate has no clock: take the time as an argument"),
        (&["Instant", ":", ":", "now"], "this crate has no clock: take the time as an argument"),
        (&["rand"], "this crate has no randomness: take the number as an argument"),
    ];
    let mut findings = Vec::new();
    for at in 0..words.len() {
        for (phrase, advice) in forbidden {
            if begins(&words[at..], phrase) {
                findings.push(source.finding(words[at].line, advice));
            }
        }
    }
    findings
}

#[test]
fn everything_is_finished() {
    every_source_keeps(finished);
}

#[test]
fn no_lint_is_allowed_silently() {
    every_source_keeps(lints_are_expected);
}

#[test]
fn every_test_runs() {
    every_source_keeps(no_test_is_ignored);
}

#[test]
fn no_test_sleeps_without_a_reason() {
    every_source_keeps(tests_do_not_sleep);
    for (path, reason) in MAY_SLEEP {
        assert!(crate::root().join(path).is_file(), "{path}: no such file; drop it from MAY_SLEEP");
        assert!(reason.len() >= 20, "{path}: argue why it must sleep");
    }
}

#[test]
fn pure_crates_are_pure() {
    every_source_keeps(pure_crates_look_nothing_up);
}

#[test]
fn an_unfinished_place_is_found() {
    let text = format!("// a {}: later\nfn f() {{ todo!() }}\nfn g() {{ m!(unimplemented!()) }}\n", MARKS[0]);
    assert_eq!(lines_found(finished, "a.rs", &text), [2, 3, 1]);
    assert_eq!(lines_found(finished, "a.rs", "fn todo() { let s = \"todo!()\"; }"), [0; 0]);
}

#[test]
fn a_silent_allow_is_found() {
    let text =
        "#![allow(dead_code)]\n#[allow(unused)]\nfn f() {}\n#[cfg_attr(test, allow(unused))]\nfn g() {}\n";
    assert_eq!(lines_found(lints_are_expected, "a.rs", text), [1, 2, 4]);
    assert_eq!(lines_found(lints_are_expected, "a.rs", "fn f() { allow(1) }\n// #[allow(x)]"), [0; 0]);
}

#[test]
fn an_ignored_test_is_found() {
    let text = "#[test]\n#[ignore = \"slow\"]\nfn f() { let ignore = 1; }\n";
    assert_eq!(lines_found(no_test_is_ignored, "a.rs", text), [2]);
}

#[test]
fn a_sleeping_test_is_found() {
    let text =
        "fn f() { std::thread::sleep(d) }\nasync fn g() { select! { () = tokio::time::sleep(d) => {} } }\n";
    assert_eq!(lines_found(tests_do_not_sleep, "crates/a/tests/b.rs", text), [1, 2]);
    assert_eq!(lines_found(tests_do_not_sleep, "crates/a/src/tests.rs", text), [1, 2]);
    assert_eq!(lines_found(tests_do_not_sleep, "crates/a/src/b.rs", text), [0; 0]);
    let module = format!("fn f() {{ sleep(d) }}\n#[cfg(test)]\nmod tests {{\n{text}}}\n");
    assert_eq!(lines_found(tests_do_not_sleep, "crates/a/src/b.rs", &module), [4, 5]);
    assert_eq!(lines_found(tests_do_not_sleep, "tests/tests/a.rs", "fn sleep() { clock.sleep(1) }"), [0; 0]);
}

#[test]
fn a_lookup_in_a_pure_crate_is_found() {
    let text = "use std::collections::{BTreeMap, HashMap};\nfn f() { Instant::now(); }\nuse std::time::SystemTime;\n\
                fn g() { rand::random() }\nfn h(s: HashSet<u8>) {}\n";
    assert_eq!(lines_found(pure_crates_look_nothing_up, "crates/at/src/a.rs", text), [1, 2, 3, 4, 5]);
    assert_eq!(lines_found(pure_crates_look_nothing_up, "crates/at/tests/a.rs", text), [0; 0]);
    assert_eq!(lines_found(pure_crates_look_nothing_up, "crates/rig/src/a.rs", text), [0; 0]);
}
