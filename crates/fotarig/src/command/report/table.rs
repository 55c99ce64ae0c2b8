//! The report for people, on a terminal or in a pipe.

use comfy_table::{ColumnConstraint, Table};
use events::{Report, UnitReport, Verdict};

use super::clean::{LONGEST_LABEL, LONGEST_NAME, short};
use super::figures::{Figures, percent};
use super::run::wall_clock;
use crate::table::table as new_table;

/// The report for people; `width` is the terminal's, in columns, where there is one.
pub(crate) fn table(report: &Report, width: Option<u16>) -> String {
    let begun = report.started.map(wall_clock).unwrap_or_default();
    let ended = report.ended.map_or_else(|| "not ended".to_owned(), wall_clock);
    let head = format!(
        "{}  on {}  from {begun} to {ended}",
        short(&report.batch, LONGEST_NAME),
        short(&report.rack, LONGEST_NAME)
    );
    format!("{head}\n{}\n{}\n", units(report, width), totals(report))
}

/// What became of the units, counted.
fn totals(report: &Report) -> String {
    let count = |verdict: &Verdict| format!("{} {verdict}", report.count(*verdict));
    let counts: Vec<String> = Verdict::ALL.iter().map(count).collect();
    let figures = Figures::of(report);
    let part = |part| percent(part, figures.tried);
    format!("{}\nyield {}, first pass {}", counts.join(", "), part(figures.passed), part(figures.first_pass))
}

/// A line for each unit where there is room for it; where there is not, two, so that no IMEI is broken.
fn units(report: &Report, width: Option<u16>) -> Table {
    let mut wide = new_table(&["slot", "model", "IMEI", "before", "after", "verdict", "attempts", "fault"]);
    for unit in &report.units {
        wide.add_row(wide_row(unit));
    }
    let Some(width) = width else { return wide };
    let needed: u16 = wide.column_max_content_widths().iter().map(|column| column.saturating_add(3)).sum();
    if needed <= width {
        return wide;
    }
    let mut narrow = new_table(&["slot", "module", "revision", "verdict", "fault"]);
    for unit in &report.units {
        narrow.add_row(narrow_row(unit));
    }
    narrow.set_width(width);
    for place in [0, 1] {
        if let Some(column) = narrow.column_mut(place) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    narrow
}

fn wide_row(unit: &UnitReport) -> [String; 8] {
    [
        short(&unit.slot, LONGEST_LABEL),
        name(unit.model.as_ref()),
        imei(unit),
        name(unit.revision_before.as_ref()),
        name(unit.revision_after.as_ref()),
        verdict(unit),
        unit.attempts.len().to_string(),
        fault(unit),
    ]
}

fn narrow_row(unit: &UnitReport) -> [String; 5] {
    let model = unit.model.as_ref().map_or_else(|| "-".to_owned(), |model| short(model, 15));
    let attempts = unit.attempts.len();
    let plural = if attempts == 1 { "" } else { "s" };
    [
        short(&unit.slot, LONGEST_LABEL),
        format!("{model}\n{}", imei(unit)),
        format!("{}\n{}", name(unit.revision_before.as_ref()), name(unit.revision_after.as_ref())),
        format!("{}\n{attempts} attempt{plural}", verdict(unit)),
        fault(unit),
    ]
}

fn name(text: Option<&String>) -> String {
    text.map_or_else(|| "-".to_owned(), |text| short(text, LONGEST_NAME))
}

fn imei(unit: &UnitReport) -> String {
    unit.imei.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string)
}

fn fault(unit: &UnitReport) -> String {
    unit.fault
        .as_ref()
        .map(|fault| format!("{} {}", fault.code, short(&fault.message, 300)))
        .unwrap_or_default()
}

/// A unit's verdict, and what became of it later.
pub(crate) fn verdict(unit: &UnitReport) -> String {
    let first =
        unit.verdict.map_or_else(|| "open".to_owned(), |verdict| format!("{} {verdict}", verdict.symbol()));
    match unit.resolved_later {
        Some(later) => format!("{first}, later {later}"),
        None => first,
    }
}
