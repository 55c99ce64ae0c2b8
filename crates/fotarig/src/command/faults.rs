//! `fotarig faults`: the catalogue, on the screen and as `docs/faults.md`.

use std::process::ExitCode;

use comfy_table::{ContentArrangement, Table, presets};
use events::{FaultCode, Retry};

use crate::cli::Faults;
use crate::failure::Failure;

pub(crate) fn run(faults: &Faults) -> Result<ExitCode, Failure> {
    let text = if faults.markdown { markdown() } else { table(faults.code.as_deref())?.to_string() + "\n" };
    super::report::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

const HEAD: [&str; 5] = ["code", "class", "meaning", "tried again", "what to do"];

fn row(code: FaultCode) -> [String; 5] {
    let retried = match code.retry() {
        Retry::Same => "yes",
        Retry::NextDelivery => "yes, by the next delivery",
        Retry::WhenMended => "when the record can be written",
        Retry::No => "no",
    };
    let (meaning, action) = (code.what.meaning(), code.what.action());
    [code.to_string(), code.class().to_string(), meaning.to_owned(), retried.to_owned(), action.to_owned()]
}

/// Of the codes in which `wanted` stands.
fn table(wanted: Option<&str>) -> Result<Table, Failure> {
    let wanted = wanted.unwrap_or_default().to_uppercase();
    let codes: Vec<FaultCode> = FaultCode::all().filter(|code| code.to_string().contains(&wanted)).collect();
    if codes.is_empty() {
        return Err(Failure::usage(format!("no fault code contains `{wanted}`"))
            .hint("`fotarig faults` without one shows them all"));
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(HEAD);
    for code in codes {
        table.add_row(row(code));
    }
    Ok(table)
}

/// `docs/faults.md`.
fn markdown() -> String {
    let mut text = String::from(
        "# Faults\n\nPrinted by `fotarig faults --markdown`. A code is `E-<PHASE>-<WHAT>` and stable; its class \
         decides whether\na module is tried again. How a module that cannot be tried again is to be judged is in the \
         last column.\n\n",
    );
    let line = |cells: &[String; 5]| format!("| {} |\n", cells.join(" | "));
    text.push_str(&line(&HEAD.map(str::to_owned)));
    text.push_str("|---|---|---|---|---|\n");
    for code in FaultCode::all() {
        text.push_str(&line(&row(code)));
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_code_or_a_part_of_one_is_enough() {
        let lines = |wanted| super::table(wanted).map(|table| table.lines().count()).ok();
        assert_eq!(lines(Some("nowhere")), None);
        assert!(lines(Some("e-verify-rev")) < lines(Some("verify")) && lines(Some("verify")) < lines(None));
    }

    #[test]
    fn docs_faults_md_is_what_the_command_prints() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/faults.md");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        let hint = "docs/faults.md is not up to date: cargo run -- faults --markdown > docs/faults.md";
        assert!(kept == super::markdown(), "{hint}");
    }
}
