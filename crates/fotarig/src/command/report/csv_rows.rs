//! The report for spreadsheets: RFC 4180, a row for each unit.

use events::{Report, UnitReport, Verdict};

use super::clean;
use crate::failure::Failure;

/// The names of the columns.
const COLUMNS: [&str; 16] = [
    "batch",
    "rack",
    "slot",
    "imei",
    "family",
    "model",
    "revision_before",
    "revision_after",
    "verdict",
    "resolved_later",
    "fault",
    "class",
    "message",
    "attempts",
    "deliveries",
    "duration_s",
];

/// The head and a row for each unit.
pub(crate) fn spreadsheet(report: &Report) -> Result<String, Failure> {
    let mut text = head()?;
    for unit in &report.units {
        text.push_str(&row(report, unit)?);
    }
    Ok(text)
}

/// The names of the columns, as a line.
pub(crate) fn head() -> Result<String, Failure> {
    line(&COLUMNS.map(str::to_owned))
}

/// One unit, as a line.
pub(crate) fn row(report: &Report, unit: &UnitReport) -> Result<String, Failure> {
    line(&cells(report, unit).map(|cell| harmless(&cell)))
}

fn line(cells: &[String]) -> Result<String, Failure> {
    let unwritten = |error: String| Failure::environment(format!("the report cannot be written: {error}"));
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(cells).map_err(|error| unwritten(error.to_string()))?;
    let bytes = writer.into_inner().map_err(|error| unwritten(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| unwritten(error.to_string()))
}

fn cells(report: &Report, unit: &UnitReport) -> [String; 16] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let verdict = |verdict: Option<Verdict>| verdict.map(Verdict::name).unwrap_or_default().to_owned();
    let fault = unit.fault.as_ref();
    let deliveries: Vec<&str> = unit.attempts.iter().map(|attempt| attempt.delivery.name()).collect();
    [
        report.batch.clone(),
        report.rack.clone(),
        unit.slot.clone(),
        unit.imei.as_ref().map(ToString::to_string).unwrap_or_default(),
        unit.family.map(|family| family.name().to_owned()).unwrap_or_default(),
        text(&unit.model),
        text(&unit.revision_before),
        text(&unit.revision_after),
        verdict(unit.verdict),
        verdict(unit.resolved_later),
        fault.map(|fault| fault.code.to_string()).unwrap_or_default(),
        fault.map(|fault| fault.class.to_string()).unwrap_or_default(),
        fault.map(|fault| fault.message.clone()).unwrap_or_default(),
        unit.attempts.len().to_string(),
        deliveries.join(" "),
        unit.duration_ms.map(|ms| (ms / 1000).to_string()).unwrap_or_default(),
    ]
}

/// A spreadsheet takes a cell that begins so for a formula, some also by the wide forms; spaces before it change nothing.
fn harmless(cell: &str) -> String {
    let formula =
        |letter| matches!(letter, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    let begins = cell.starts_with(formula) || cell.trim_start().starts_with(formula);
    format!("{}{}", if begins { "'" } else { "" }, clean(cell))
}

#[cfg(test)]
mod tests {
    use super::{harmless, line};

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "\u{a0}=1"] {
            assert!(harmless(cell).starts_with('\''), "{cell:?}");
        }
        assert_eq!(harmless("BG96,\"x\""), "BG96,\"x\"");
        assert_eq!(harmless("\u{1b}]0;x\u{7}"), "\\u{1b}]0;x\\u{7}");
    }

    #[test]
    fn commas_and_quotes_are_quoted_as_rfc_4180_has_it() {
        let cells = ["BG96,\"A09\"", "plain", "", "'=1"].map(str::to_owned);
        assert_eq!(line(&cells).unwrap(), "\"BG96,\"\"A09\"\"\",plain,,'=1\r\n");
    }
}
