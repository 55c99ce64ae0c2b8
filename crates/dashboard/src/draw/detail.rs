//! Everything about the chosen slot.

use events::Direction;
use ratatui::layout::Rect;

use super::bar::bar;
use super::describe::{advice, headline, share, title};
use super::pen::Pen;
use crate::area::Areas;
use crate::face::Face;
use crate::state::{Slot, State, Step};
use crate::text::{pad, wrap};
use crate::theme::Role;
use crate::time::{bytes, span};
use crate::view::View;

/// A line in pieces.
type Line = Vec<(String, Role)>;

/// Columns of the words on the left.
const NAMES: usize = 10;

/// Draws the chosen slot on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View) {
    let Some(slot) = view.slot(state) else {
        pen.frame(area, "no slot", Role::Title);
        return;
    };
    let wide = area.width >= 110;
    let left = Rect { width: if wide { area.width / 2 } else { area.width }, ..area };
    pen.frame(left, &title(slot), Role::Title);
    let inside = Areas::inside(left);
    if !wide {
        column(pen, inside, slot, state, view.scroll);
        return;
    }
    put(pen, inside, &facts(slot, state, usize::from(inside.width), usize::from(inside.height)));
    let right = Rect { x: left.right(), width: area.width - left.width, ..area };
    pen.frame(right, "conversation", Role::Title);
    conversation(pen, Areas::inside(right), slot, view.scroll);
}

/// Facts above, the end of the conversation below them.
pub(crate) fn column(pen: &mut Pen<'_>, area: Rect, slot: &Slot, state: &State, scroll: usize) {
    let said = u16::try_from(slot.lines.len()).unwrap_or(u16::MAX).saturating_add(1);
    let talk = if slot.lines.is_empty() { 0 } else { (area.height / 3).max(area.height.min(3)).min(said) };
    let above = area.height - talk;
    let lines = facts(slot, state, usize::from(area.width), usize::from(above));
    put(pen, Rect { height: above, ..area }, &lines);
    let taken = u16::try_from(lines.len()).unwrap_or(above).min(above);
    let below = Rect { y: area.y + taken, height: area.height - taken, ..area };
    if talk > 1 {
        pen.text(
            below.x,
            below.y,
            usize::from(below.width),
            &"─".repeat(usize::from(below.width)),
            Role::Dim,
        );
        conversation(pen, Rect { y: below.y + 1, height: below.height - 1, ..below }, slot, scroll);
    } else {
        conversation(pen, below, slot, scroll);
    }
}

fn put(pen: &mut Pen<'_>, area: Rect, lines: &[Line]) {
    for (line, y) in lines.iter().zip(area.y..area.bottom()) {
        let pieces: Vec<(&str, Role)> = line.iter().map(|(text, role)| (text.as_str(), *role)).collect();
        pen.line(area.x, y, usize::from(area.width), &pieces);
    }
}

/// What is known of `slot`, in `columns` columns and at most `most` lines; the steps take what is left.
fn facts(slot: &Slot, state: &State, columns: usize, most: usize) -> Vec<Line> {
    let face = Face::of(slot);
    let mut lines: Vec<Line> = Vec::new();
    for (number, line) in wrap(&headline(slot, state), columns.saturating_sub(2), 3).into_iter().enumerate() {
        let mark = if number == 0 { face.symbol() } else { " " };
        lines.push(vec![(mark.to_owned(), face.role()), (" ".to_owned(), Role::Text), (line, Role::Strong)]);
    }
    for line in wrap(&advice(slot), columns.saturating_sub(2), 2) {
        lines.push(vec![("  ".to_owned(), Role::Text), (line, Role::Text)]);
    }
    if face.at_work() {
        let (permille, known) = share(slot, state).unwrap_or((0, false));
        let wide = columns.saturating_sub(2).min(60);
        lines.push(vec![("  ".to_owned(), Role::Text), (bar(wide, permille, known), face.role())]);
    }
    lines.extend(identity(slot));
    let room = most.saturating_sub(lines.len() + 1);
    if let Some(attempt) = slot.unit.attempt.as_ref().filter(|_| room > 1) {
        lines.push(Vec::new());
        lines.extend(steps(&attempt.steps, attempt.at, state, columns, room));
    }
    lines
}

fn named(name: &str, text: String) -> Line {
    vec![(pad(name, NAMES), Role::Dim), (text, Role::Text)]
}

fn identity(slot: &Slot) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(module) = slot.module() {
        let full = module.full_revision.as_ref().map(|full| format!("  ({full})")).unwrap_or_default();
        lines.push(named("module", format!("{}  family {}", module.model, module.family)));
        lines.push(named("IMEI", module.imei.to_string()));
        lines.push(named("revision", format!("{}{full}", module.revision)));
    }
    if let Some(target) = &slot.unit.target {
        let ways: Vec<String> =
            slot.unit.route.iter().map(|hop| format!("→ {} ({})", hop.to, bytes(hop.size))).collect();
        lines.push(named("target", target.clone()));
        lines.push(named("route", ways.join(" ")));
    }
    for (number, fault) in &slot.unit.faults {
        lines.push(named(&format!("attempt {number}"), fault.to_string()));
    }
    let port = [slot.place.as_deref(), slot.usb.as_deref()]
        .into_iter()
        .flatten()
        .chain(slot.ttys.iter().map(String::as_str));
    let port: Vec<&str> = port.collect();
    if !port.is_empty() {
        lines.push(named("port", port.join("  ")));
    }
    let history = slot.history;
    if history.units > 1 {
        lines.push(named("slot", format!("{} modules in this run, {} good", history.units, history.good)));
    }
    if !slot.unit.phases.is_empty() {
        let phases: Vec<String> = slot
            .unit
            .phases
            .iter()
            .map(|done| format!("{} {}", done.phase, span(done.duration_ms)))
            .collect();
        lines.push(named("phases", phases.join("  ")));
    }
    lines
}

/// The announced steps, as many as have their place, the one under way among them.
fn steps(steps: &[Step], at: Option<usize>, state: &State, columns: usize, room: usize) -> Vec<Line> {
    let last_begun = steps.iter().rposition(|step| step.began_ms.is_some()).unwrap_or(0);
    let here = at.unwrap_or(last_begun);
    let first = here.saturating_sub(room / 2).min(steps.len().saturating_sub(room));
    let line = |(number, step): (usize, &Step)| {
        let (mark, role) = match (step.began_ms, step.ended_ms) {
            _ if at == Some(number) => ("▶", Role::Busy),
            (Some(_), Some(_)) => ("✔", Role::Passed),
            _ => ("·", Role::Dim),
        };
        let took =
            step.began_ms.map(|began| span(step.ended_ms.unwrap_or(state.now.run_ms).saturating_sub(began)));
        let text = if step.began_ms.is_some() { Role::Text } else { Role::Dim };
        vec![
            (mark.to_owned(), role),
            (format!(" {} ", pad(step.phase.name(), 9)), Role::Dim),
            (format!("{} ", pad(&step.title, columns.saturating_sub(20))), text),
            (took.unwrap_or_default(), Role::Dim),
        ]
    };
    steps.iter().enumerate().skip(first).take(room).map(line).collect()
}

/// The conversation, its end last, `scroll` lines up from it.
fn conversation(pen: &mut Pen<'_>, area: Rect, slot: &Slot, scroll: usize) {
    let room = usize::from(area.height);
    let scroll = scroll.min(slot.lines.len().saturating_sub(room));
    let first = slot.lines.len().saturating_sub(room + scroll);
    let base = slot.unit.began_ms.unwrap_or(slot.since_ms);
    for (line, y) in slot.lines.iter().skip(first).zip(area.y..area.bottom()) {
        let (mark, role) = match line.direction {
            Direction::Sent => ("→ ", Role::Busy),
            Direction::Received => ("← ", Role::Dim),
        };
        let at = format!("{} ", span(line.run_ms.saturating_sub(base)));
        pen.line(
            area.x,
            y,
            usize::from(area.width),
            &[(&at, Role::Dim), (mark, role), (&line.text, Role::Text)],
        );
    }
}
