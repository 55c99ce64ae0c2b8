//! Sizes, names of modules, and what stands at the head of a crate.

use syn::spanned::Spanned;
use syn::visit::Visit;

use crate::{Finding, Source, every_source_keeps, lines_found};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 50;
const VAGUE_NAMES: [&str; 4] = ["utils", "common", "helpers", "manager"];

fn short_file(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    let advice = format!("{lines} lines: split the file, {FILE_LINES} lines are the most");
    (lines > FILE_LINES).then(|| source.finding(FILE_LINES + 1, advice)).into_iter().collect()
}

fn short_functions(source: &Source) -> Vec<Finding> {
    let file = match source.syntax() {
        Ok(file) => file,
        Err(finding) => return vec![finding],
    };
    let mut functions = Functions { source, findings: Vec::new() };
    functions.visit_file(&file);
    functions.findings
}

/// The functions of a file that are too long.
struct Functions<'a> {
    source: &'a Source,
    findings: Vec<Finding>,
}

impl Functions<'_> {
    fn measure(&mut self, signature: &syn::Signature, body: &syn::Block) {
        let first = signature.fn_token.span().start().line;
        let lines = body.brace_token.span.close().end().line + 1 - first;
        if lines > FUNCTION_LINES {
            let name = &signature.ident;
            let advice =
                format!("fn {name} has {lines} lines: split it, {FUNCTION_LINES} lines are the most");
            self.findings.push(self.source.finding(first, advice));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.measure(&function.sig, &function.block);
        syn::visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.measure(&function.sig, &function.block);
        syn::visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(body) = &function.default {
            self.measure(&function.sig, body);
        }
        syn::visit::visit_trait_item_fn(self, function);
    }
}

fn telling_module_names(source: &Source) -> Vec<Finding> {
    let advice = |name: &str| format!("module `{name}`: name it after what is in it");
    let parts = source.path.trim_end_matches(".rs").split('/');
    let mut findings: Vec<Finding> =
        parts.filter(|part| VAGUE_NAMES.contains(part)).map(|part| source.finding(1, advice(part))).collect();
    if let Ok(file) = source.syntax() {
        let mut modules = Modules(Vec::new());
        modules.visit_file(&file);
        let vague = modules.0.into_iter().filter(|(name, _)| VAGUE_NAMES.contains(&name.as_str()));
        findings.extend(vague.map(|(name, line)| source.finding(line, advice(&name))));
    }
    findings
}

/// Name and line of each module that a file declares.
struct Modules(Vec<(String, usize)>);

impl<'ast> Visit<'ast> for Modules {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.0.push((module.ident.to_string(), module.ident.span().start().line));
        syn::visit::visit_item_mod(self, module);
    }
}

/// `lib.rs` and `mod.rs` hold declarations of modules, `use` and documentation.
fn wiring_only(source: &Source) -> Vec<Finding> {
    if !(source.path.ends_with("/lib.rs") || source.path.ends_with("/mod.rs")) {
        return Vec::new();
    }
    let Ok(file) = source.syntax() else { return Vec::new() };
    let logic = file.items.iter().filter(|item| matches!(item, syn::Item::Fn(_) | syn::Item::Impl(_)));
    let advice = "logic beside the wiring: move it into a module of its own";
    logic.map(|item| source.finding(item.span().start().line, advice)).collect()
}

/// A crate opens with what it is for.
fn crate_is_introduced(source: &Source) -> Vec<Finding> {
    let head = source.path.ends_with("src/lib.rs") || source.path.ends_with("src/main.rs");
    let advice = "begin with `//!`: what the crate is for, and what it must never do";
    (head && !source.text.starts_with("//!")).then(|| source.finding(1, advice)).into_iter().collect()
}

#[test]
fn files_are_short() {
    every_source_keeps(short_file);
}

#[test]
fn functions_are_short() {
    every_source_keeps(short_functions);
}

#[test]
fn modules_have_telling_names() {
    every_source_keeps(telling_module_names);
}

#[test]
fn heads_of_crates_and_modules_are_wiring() {
    every_source_keeps(wiring_only);
}

#[test]
fn crates_are_introduced() {
    every_source_keeps(crate_is_introduced);
}

#[test]
fn a_long_file_is_found() {
    assert_eq!(lines_found(short_file, "a.rs", &"\n".repeat(400)), [0; 0]);
    assert_eq!(lines_found(short_file, "a.rs", &"\n".repeat(401)), [401]);
}

#[test]
fn a_long_function_is_found() {
    let body = |lines: usize| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines));
    assert_eq!(lines_found(short_functions, "a.rs", &body(48)), [0; 0]);
    assert_eq!(lines_found(short_functions, "a.rs", &body(49)), [1]);
    let method = format!("struct S;\nimpl S {{\n{}}}\n", body(49));
    assert_eq!(lines_found(short_functions, "a.rs", &method), [3]);
    let default = format!("trait T {{\n{}}}\n", body(49));
    assert_eq!(lines_found(short_functions, "a.rs", &default), [2]);
    assert_eq!(lines_found(short_functions, "a.rs", "fn f() {}\n}"), [2], "what does not parse is found");
}

#[test]
fn a_vague_name_is_found() {
    for path in ["crates/a/src/utils.rs", "crates/common/src/b.rs", "tests/tests/helpers/mod.rs"] {
        assert_eq!(lines_found(telling_module_names, path, ""), [1], "{path}");
    }
    assert_eq!(lines_found(telling_module_names, "a.rs", "mod fine;\nmod manager {}\n"), [2]);
    assert_eq!(lines_found(telling_module_names, "crates/a/src/commonly.rs", ""), [0; 0]);
}

#[test]
fn logic_in_a_head_is_found() {
    let text = "mod a;\npub use a::A;\nfn f() {}\nimpl A {}\n";
    assert_eq!(lines_found(wiring_only, "crates/a/src/lib.rs", text), [3, 4]);
    assert_eq!(lines_found(wiring_only, "crates/a/src/b/mod.rs", text), [3, 4]);
    assert_eq!(lines_found(wiring_only, "crates/a/src/a.rs", text), [0; 0]);
}

#[test]
fn a_crate_without_an_introduction_is_found() {
    assert_eq!(lines_found(crate_is_introduced, "crates/a/src/lib.rs", "mod a;\n"), [1]);
    assert_eq!(lines_found(crate_is_introduced, "crates/a/src/main.rs", "// A\n"), [1]);
    assert_eq!(lines_found(crate_is_introduced, "crates/a/src/lib.rs", "//! A.\n"), [0; 0]);
    assert_eq!(lines_found(crate_is_introduced, "crates/a/src/a.rs", "mod a;\n"), [0; 0]);
}
