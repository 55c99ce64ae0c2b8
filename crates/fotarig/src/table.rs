//! Tables for people.

use comfy_table::{ContentArrangement, Table, presets};

/// An empty table that fits the terminal.
pub(crate) fn table(head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head.iter().copied());
    table
}
