//! Three lines that say how the batch is.

use std::fmt::Write as _;

use events::Verdict;
use ratatui::layout::Rect;

use super::pen::Pen;
use crate::face::Face;
use crate::state::{Census, State};
use crate::text::{fit, width};
use crate::theme::Role;
use crate::time::{clock, clock_short, percent, span};
use crate::view::View;

/// Draws the header on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View) {
    let area = Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..area };
    let census = Census::of(&state.slots);
    first(pen, area, state, view);
    counts(pen, area, state, census);
    let free = badge(pen, area, state, view);
    rates(pen, Rect { width: free, ..area }, state, view, census);
}

fn first(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View) {
    let offset = view.options.utc_offset_s;
    let mut right = format!("{}  {}", clock(state.now.unix_ms, offset), span(state.elapsed_ms()));
    if let Some(left) = state.left_ms() {
        let _ = write!(right, "  ETA {}", clock_short(state.unix_after(left), offset));
    }
    let room = usize::from(area.width).saturating_sub(width(&right) + 2);
    let rack = fit(&state.run.rack, room / 3);
    let batch = fit(&state.run.batch, room / 2);
    let target = match state.run.targets.as_slice() {
        [] => String::new(),
        [one] => format!(" → {}", one.revision),
        several => format!(" → {} targets", several.len()),
    };
    pen.line(
        area.x,
        area.y,
        room,
        &[(&rack, Role::Title), ("   ", Role::Text), (&batch, Role::Strong), (&target, Role::Text)],
    );
    pen.text_before(area.right(), area.y, usize::from(area.width), &right, Role::Text);
}

/// How much is said of each count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wording {
    All,
    Some,
    None,
}

fn counts(pen: &mut Pen<'_>, area: Rect, state: &State, census: Census) {
    let columns = |parts: &[(String, Role)]| parts.iter().map(|(text, _)| width(text) + 2).sum::<usize>();
    let wordings = [Wording::All, Wording::Some, Wording::None];
    let mut shown = Vec::new();
    for wording in wordings {
        shown = worded(state, census, wording);
        if columns(&shown) <= usize::from(area.width) + 2 {
            break;
        }
    }
    spread(pen, area, area.y + 1, &shown);
}

fn worded(state: &State, census: Census, wording: Wording) -> Vec<(String, Role)> {
    let mut parts: Vec<(String, Role)> = vec![(format!("{} slots", state.slots.len()), Role::Text)];
    let word = |symbol: &str, count: u64, word: &str, main: bool| match wording {
        Wording::All => format!("{symbol} {count} {word}"),
        Wording::Some if main => format!("{symbol} {count} {word}"),
        Wording::Some | Wording::None => format!("{symbol} {count}"),
    };
    for verdict in Verdict::ALL {
        let count = state.tally.count(verdict);
        let main = matches!(verdict, Verdict::Passed | Verdict::Failed | Verdict::Unknown);
        if count > 0 || main {
            let role = if count == 0 { Role::Dim } else { Role::of(verdict) };
            parts.push((word(verdict.symbol(), count, verdict.name(), main), role));
        }
    }
    let others = [
        (Face::Busy, census.at_work),
        (Face::Waiting, census.waiting),
        (Face::Held, census.held),
        (Face::Quarantined, census.quarantined),
        (Face::Empty, census.empty),
    ];
    for (face, count) in others.into_iter().filter(|(_, count)| *count > 0) {
        let role = if face == Face::Waiting { Role::Text } else { face.role() };
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        parts.push((word(face.symbol(), count, face.word(), face == Face::Busy), role));
    }
    parts
}

fn rates(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View, census: Census) {
    let mut parts = rated(state, view, census, true);
    if parts.iter().map(|(text, _)| width(text) + 2).sum::<usize>() > usize::from(area.width) + 2 {
        parts = rated(state, view, census, false);
    }
    spread(pen, area, area.y + 2, &parts);
}

/// Without room, `apart` is given up: those past their trigger stand beside those in flight, to whom they belong.
fn rated(state: &State, view: &View, census: Census, apart: bool) -> Vec<(String, Role)> {
    let (good, whole) = state.tally.yielded();
    let (first, _) = state.tally.yielded_at_first();
    let mut parts = vec![
        (format!("yield {}", percent(good, whole)), Role::Text),
        (format!("first pass {}", percent(first, whole)), Role::Text),
    ];
    let past = census.open_triggers;
    let flight = state.health.filter(|health| health.in_flight_limit > 0);
    let flight = flight.map(|health| format!("in flight {}/{}", health.in_flight, health.in_flight_limit));
    match (past, &flight) {
        (0, _) => {}
        (_, Some(flight)) if !apart => parts.push((format!("{flight} ◆ {past}"), Role::Past)),
        _ => parts.push((format!("◆ {past} past the trigger"), Role::Past)),
    }
    if let Some(rate) =
        state.tally.per_hour(state.run.began.run_ms, state.run.ended_ms.unwrap_or(state.now.run_ms))
    {
        parts.push((format!("{rate} units/h"), Role::Text));
    }
    parts.extend(flight.filter(|_| apart || past == 0).map(|flight| (flight, Role::Text)));
    if let Some(expected) = state.run.expected {
        parts.push((format!("{}/{expected} done", state.tally.done()), Role::Text));
    }
    match state.health {
        Some(health) if health.ledger_ok => parts.push(("ledger ok".to_owned(), Role::Dim)),
        Some(_) | None => {}
    }
    if let Some(metrics) = &view.options.metrics {
        parts.push((format!("metrics {}", crate::text::clean(metrics)), Role::Dim));
    }
    parts
}

/// Puts `parts` beside each other, as many as have their place.
fn spread(pen: &mut Pen<'_>, area: Rect, y: u16, parts: &[(String, Role)]) {
    let wide: usize = parts.iter().map(|(text, _)| width(text) + 3).sum();
    let gap = if wide > usize::from(area.width) { 2 } else { 3 };
    let mut x = area.x;
    for (text, role) in parts {
        let left = usize::from(area.right().saturating_sub(x));
        if width(text) > left {
            break;
        }
        x += pen.text(x, y, left, text, *role) + gap;
    }
}

/// What an operator must not miss: halted, stopping, paused, locked, ended. Returns the columns left of it.
fn badge(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View) -> u16 {
    let mut words = Vec::new();
    if state.health.is_some_and(|health| !health.ledger_ok) {
        words.push((" LEDGER FAILS ".to_owned(), Role::Error));
    }
    if let Some((rule, _)) = &state.run.halted {
        words.push((format!(" HALTED by {} ", rule.key()), Role::Error));
    }
    match (state.run.ended_ms, state.run.stopping, state.run.paused) {
        (Some(_), _, _) => words.push((" ENDED ".to_owned(), Role::Strong)),
        (None, true, _) => words.push((" STOPPING ".to_owned(), Role::Warning)),
        (None, false, true) => words.push((" PAUSED ".to_owned(), Role::Warning)),
        (None, false, false) => {}
    }
    if view.closed.is_some() {
        words.push((" NO CONTROLLER ".to_owned(), Role::Error));
    }
    if view.options.recorded {
        words.push((" RECORDING ".to_owned(), Role::Strong));
    }
    if view.locked {
        words.push((" LOCKED ".to_owned(), Role::Strong));
    }
    let mut end = area.right();
    for (text, role) in words {
        let columns = u16::try_from(width(&text)).unwrap_or(0);
        let x = end.saturating_sub(columns);
        pen.text(x, area.y + 2, usize::from(columns), &text, role);
        pen.reverse(Rect { x, y: area.y + 2, width: columns, height: 1 });
        end = x.saturating_sub(1);
    }
    end.saturating_sub(area.x)
}
