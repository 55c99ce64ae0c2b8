//! The table: what, its bound, what was measured, and the same work by a thread for each port.

use std::fmt::{self, Write};

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Times,
    Seconds,
    Milliseconds,
    Percent,
    Megabytes,
    MegabytesPerSecond,
    PerSecond,
}

impl Unit {
    fn show(self, number: f64) -> String {
        match self {
            Self::Times if number >= 100.0 => format!("{}×", thousands(number)),
            Self::Times => format!("{number:.3}×"),
            Self::Seconds => format!("{number:.2} s"),
            Self::Milliseconds => format!("{number:.2} ms"),
            Self::Percent => format!("{number:.1} %"),
            Self::Megabytes => format!("{number:.1} MB"),
            Self::MegabytesPerSecond => format!("{number:.1} MB/s"),
            Self::PerSecond => format!("{}/s", thousands(number)),
        }
    }
}

/// `51200` as `51,200`.
fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// What a number must be.
#[derive(Clone, Copy, Debug)]
enum Bound {
    None,
    AtMost(f64),
    AtLeast(f64),
}

/// One row.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    what: String,
    unit: Unit,
    bound: Bound,
    measured: f64,
    /// The same by a thread for each port.
    peer: Option<f64>,
    /// Whether more is better, where no bound says so.
    more_is_better: bool,
    note: String,
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, unit: Unit, measured: f64) -> Self {
        Self {
            what: what.into(),
            unit,
            bound: Bound::None,
            measured,
            peer: None,
            more_is_better: false,
            note: String::new(),
        }
    }

    pub(crate) fn at_most(mut self, bound: f64) -> Self {
        self.bound = Bound::AtMost(bound);
        self
    }

    pub(crate) fn at_least(mut self, bound: f64) -> Self {
        self.bound = Bound::AtLeast(bound);
        self.more_is_better = true;
        self
    }

    pub(crate) fn peer(mut self, measured: f64) -> Self {
        self.peer = Some(measured);
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    fn cells(&self) -> [String; 7] {
        let bound = match self.bound {
            Bound::None => String::new(),
            Bound::AtMost(most) => format!("≤ {}", self.unit.show(most)),
            Bound::AtLeast(least) => format!("≥ {}", self.unit.show(least)),
        };
        let holds = match self.bound {
            Bound::None => "",
            Bound::AtMost(most) if self.measured <= most => "yes",
            Bound::AtLeast(least) if self.measured >= least => "yes",
            Bound::AtMost(_) | Bound::AtLeast(_) => "**no**",
        };
        let peer = self.peer.map(|peer| self.unit.show(peer)).unwrap_or_default();
        let better = self.peer.map(|peer| {
            let times = if self.more_is_better { self.measured / peer } else { peer / self.measured };
            format!("{times:.1}×")
        });
        let better = better.unwrap_or_default();
        let measured = self.unit.show(self.measured);
        [self.what.clone(), bound, measured, holds.to_owned(), peer, better, self.note.clone()]
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.unit.show(self.measured))
    }
}

const HEAD: [&str; 7] =
    ["what", "bound", "measured", "holds", "threads in Python", "fotarig is better by", "particulars"];

/// The table as Markdown, its columns aligned so that a terminal shows it, too.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let width =
        |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut text = String::new();
    for (place, line) in lines.iter().enumerate() {
        for (cell, width) in line.iter().zip(&widths) {
            // Writing to a string cannot fail.
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
        if place == 0 {
            for width in &widths {
                let _ = write!(text, "|{:-<1$}", "", width + 2);
            }
            text.push_str("|\n");
        }
    }
    text
}
