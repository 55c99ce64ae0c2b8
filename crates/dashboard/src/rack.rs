//! How the cells of a rack are laid out on a piece of the screen.

use ratatui::layout::Rect;

use crate::state::{Slot, State};
use crate::text::width;

/// How much a cell tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Density {
    /// Three lines.
    Full,
    /// Two lines.
    Pair,
    /// One line.
    Line,
    /// Label and symbol.
    Dot,
}

impl Density {
    const fn height(self) -> usize {
        match self {
            Self::Full => 3,
            Self::Pair => 2,
            Self::Line | Self::Dot => 1,
        }
    }

    /// The narrowest and the widest cell for labels of `label` columns.
    const fn widths(self, label: usize) -> (usize, usize) {
        match self {
            Self::Full | Self::Pair => (if label < 4 { 13 } else { label + 10 }, 26),
            Self::Line => (label + 12, 28),
            Self::Dot => (label + 2, label + 8),
        }
    }
}

/// What is tried, the best first: how much a cell tells, and whether the groups of the rack stand as they do.
const CHOICES: [(Density, bool); 8] = [
    (Density::Full, true),
    (Density::Pair, true),
    (Density::Full, false),
    (Density::Pair, false),
    (Density::Line, true),
    (Density::Line, false),
    (Density::Dot, true),
    (Density::Dot, false),
];

/// The widest label that a cell shows whole.
const LABEL_COLUMNS: usize = 8;

/// The smallest and the largest block of the operator's view: columns and lines.
const BLOCK: (usize, usize) = (9, 3);
const BLOCK_MOST: (usize, usize) = (66, 16);

/// A cell: the slot by its place among the slots, and where it is in the whole picture, whose first line is 0.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) slot: usize,
    pub(crate) x: usize,
    pub(crate) y: usize,
}

/// A rack laid out for a width.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) density: Density,
    pub(crate) cells: Vec<Cell>,
    /// Titles of groups, with the line on which each stands.
    pub(crate) titles: Vec<(usize, String)>,
    pub(crate) cell_columns: usize,
    pub(crate) cell_lines: usize,
    pub(crate) label_columns: usize,
    /// Lines of the whole picture.
    pub(crate) lines: usize,
    /// The rows are as long as the rack's file says.
    whole_rows: bool,
    /// Lines that are scrolled away at the top.
    pub(crate) scrolled: usize,
}

impl Layout {
    /// Lays out the slots of `state` on `area`, as tellingly as they all fit, or as `wanted`. When not even labels and
    /// symbols fit, it scrolls so that `selected` is seen.
    pub(crate) fn of(state: &State, area: Rect, selected: usize, wanted: Option<Density>) -> Self {
        let (columns, lines) = (usize::from(area.width), usize::from(area.height));
        let (groups, flat) = (groups(state), vec![Group::all(state.slots.len())]);
        let mut layout: Option<Self> = None;
        for (density, as_it_stands) in CHOICES {
            if wanted.is_some_and(|wanted| wanted != density) {
                continue;
            }
            let made = Self::made(state, if as_it_stands { &groups } else { &flat }, columns, density);
            let fits = made.lines <= lines && made.whole_rows;
            if fits || layout.as_ref().is_none_or(|before| made.lines < before.lines) {
                layout = Some(made);
            }
            if fits {
                break;
            }
        }
        let mut layout = layout.unwrap_or_else(|| Self::made(state, &flat, columns, Density::Dot));
        layout.breathe(lines);
        layout.scroll_to(selected, lines);
        layout
    }

    fn made(state: &State, groups: &[Group], columns: usize, density: Density) -> Self {
        let labels = state.slots.iter().map(|slot| width(&slot.name)).max().unwrap_or(2);
        let label_columns = labels.clamp(2, LABEL_COLUMNS);
        let (least, most) = density.widths(label_columns);
        let fitting = ((columns + 1) / (least + 1)).max(1);
        let wanted = state.columns.map_or_else(|| widest_group(groups), usize::from);
        // Rows of equal length: eight that do not fit beside each other are four and four.
        let in_a_row = if state.columns.is_some() {
            wanted.min(fitting)
        } else {
            wanted.div_ceil(wanted.div_ceil(fitting))
        };
        let cell_columns = ((columns + 1) / in_a_row.max(1)).saturating_sub(1).clamp(1, most);
        let mut layout = Self {
            density,
            cells: Vec::with_capacity(state.slots.len()),
            titles: Vec::new(),
            cell_columns,
            cell_lines: density.height(),
            label_columns,
            lines: 0,
            whole_rows: state.columns.is_none() || wanted <= fitting,
            scrolled: 0,
        };
        for group in groups {
            layout.add(group, in_a_row.max(1));
        }
        layout
    }

    /// `count` blocks on `area`, as large as they can all be, of the shape in which a word is largest.
    pub(crate) fn blocks(count: usize, area: Rect, selected: usize) -> Self {
        let (columns, lines) = (usize::from(area.width), usize::from(area.height));
        let size = |in_a_row: usize| {
            let wide = ((columns + 1) / in_a_row).saturating_sub(1);
            let high = (lines / count.max(1).div_ceil(in_a_row)).max(BLOCK.1);
            (wide, high)
        };
        let most = ((columns + 1) / (BLOCK.0 + 1)).max(1);
        let fits = |in_a_row: &usize| count.div_ceil(*in_a_row) * size(*in_a_row).1 <= lines;
        let worth = |in_a_row: &usize| {
            let (wide, high) = size(*in_a_row);
            (wide * 9).min(high * 32)
        };
        let in_a_row = (1..=most).filter(fits).max_by_key(worth).unwrap_or(most);
        let (wide, high) = size(in_a_row);
        let mut layout = Self {
            density: Density::Full,
            cells: Vec::with_capacity(count),
            titles: Vec::new(),
            cell_columns: wide.min(BLOCK_MOST.0),
            cell_lines: high.min(BLOCK_MOST.1),
            label_columns: LABEL_COLUMNS,
            lines: 0,
            whole_rows: true,
            scrolled: 0,
        };
        layout.add(&Group::all(count), in_a_row);
        layout.scroll_to(selected, lines);
        layout
    }

    fn add(&mut self, group: &Group, in_a_row: usize) {
        if let Some(title) = &group.title {
            self.titles.push((self.lines, title.clone()));
            self.lines += 1;
        }
        for (number, slot) in group.slots.iter().enumerate() {
            let (row, column) = (number / in_a_row, number % in_a_row);
            let (x, y) = (column * (self.cell_columns + 1), self.lines + row * self.cell_lines);
            self.cells.push(Cell { slot: *slot, x, y });
        }
        self.lines += group.slots.len().div_ceil(in_a_row) * self.cell_lines;
    }

    /// Puts an empty line under each row of full cells where there is room for all of them.
    fn breathe(&mut self, lines: usize) {
        let mut rows: Vec<usize> = self.cells.iter().map(|cell| cell.y).collect();
        rows.dedup();
        if self.density != Density::Full || self.lines + rows.len() > lines + 1 {
            return;
        }
        let above = |y: usize| rows.iter().filter(|row| **row < y).count();
        for cell in &mut self.cells {
            cell.y += above(cell.y);
        }
        for (y, _) in &mut self.titles {
            *y += above(*y);
        }
        self.lines += rows.len();
    }

    fn scroll_to(&mut self, selected: usize, lines: usize) {
        if self.lines <= lines {
            return;
        }
        let Some(cell) = self.cells.iter().find(|cell| cell.slot == selected) else { return };
        let middle = (cell.y + self.cell_lines / 2).saturating_sub(lines / 2);
        self.scrolled = middle.min(self.lines - lines);
    }

    /// Where `cell` is on `area`; `None` when it is scrolled away.
    pub(crate) fn place(&self, cell: &Cell, area: Rect) -> Option<Rect> {
        let y = cell.y.checked_sub(self.scrolled)?;
        let (x, y, columns, lines) = (
            u16::try_from(cell.x).ok()?,
            u16::try_from(y).ok()?,
            u16::try_from(self.cell_columns).ok()?,
            u16::try_from(self.cell_lines).ok()?,
        );
        let inside = y.checked_add(lines)? <= area.height && x < area.width;
        inside.then(|| Rect::new(area.x + x, area.y + y, columns.min(area.width - x), lines))
    }

    /// The slot at a point of `area`.
    pub(crate) fn at(&self, area: Rect, x: u16, y: u16) -> Option<usize> {
        let hit = |cell: &&Cell| {
            self.place(cell, area).is_some_and(|place| place.contains(ratatui::layout::Position { x, y }))
        };
        self.cells.iter().find(hit).map(|cell| cell.slot)
    }

    /// The slot next to `from` in the direction of `(right, down)`; `from` itself when there is none.
    pub(crate) fn next(&self, from: usize, right: isize, down: isize) -> usize {
        let Some(place) = self.cells.iter().position(|cell| cell.slot == from) else {
            return self.cells.first().map_or(from, |cell| cell.slot);
        };
        if down == 0 {
            let next = place.checked_add_signed(right).and_then(|next| self.cells.get(next));
            return next.map_or(from, |cell| cell.slot);
        }
        let here = self.cells[place];
        let beyond = |cell: &&Cell| if down > 0 { cell.y > here.y } else { cell.y < here.y };
        let nearest = |cell: &&Cell| (cell.y.abs_diff(here.y), cell.x.abs_diff(here.x));
        self.cells.iter().filter(beyond).min_by_key(nearest).map_or(from, |cell| cell.slot)
    }
}

/// Slots that stand together.
#[derive(Debug)]
struct Group {
    title: Option<String>,
    slots: Vec<usize>,
}

impl Group {
    fn all(count: usize) -> Self {
        Self { title: None, slots: (0..count).collect() }
    }
}

fn widest_group(groups: &[Group]) -> usize {
    groups.iter().map(|group| group.slots.len()).max().unwrap_or(1).max(1)
}

/// The rack's own columns make one group; else its hubs do, in the order in which they come; else the letters with
/// which the labels begin.
fn groups(state: &State) -> Vec<Group> {
    if state.columns.is_some() {
        return vec![Group::all(state.slots.len())];
    }
    let hubs = by_key(state, |slot| slot.hub.clone().unwrap_or_default());
    if hubs.len() > 1 || state.slots.iter().any(|slot| slot.hub.is_some()) {
        let title = |hub: &str| if hub.is_empty() { "fixed ttys".to_owned() } else { format!("hub {hub}") };
        return hubs.into_iter().map(|(hub, slots)| Group { title: Some(title(&hub)), slots }).collect();
    }
    let letters = by_key(state, |slot| slot.name.chars().take_while(|c| c.is_alphabetic()).collect());
    let rows =
        letters.len() > 1 && letters.iter().filter(|(_, slots)| slots.len() > 1).count() * 2 > letters.len();
    if !rows {
        return vec![Group::all(state.slots.len())];
    }
    letters.into_iter().map(|(_, slots)| Group { title: None, slots }).collect()
}

/// Slots with the same key together, in the order in which the keys come first.
fn by_key(state: &State, key: impl Fn(&Slot) -> String) -> Vec<(String, Vec<usize>)> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (place, slot) in state.slots.iter().enumerate() {
        let key = key(slot);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, slots)) => slots.push(place),
            None => groups.push((key, vec![place])),
        }
    }
    groups
}
