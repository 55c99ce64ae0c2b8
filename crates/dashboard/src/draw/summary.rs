//! The batch as a whole.

use events::Verdict;
use ratatui::layout::Rect;

use super::bar::bar;
use super::pen::Pen;
use crate::area::Areas;
use crate::state::{Census, Slot, State};
use crate::text::pad;
use crate::theme::Role;
use crate::time::{bytes, clock_short, percent, permille, span};
use crate::view::View;

/// A line in pieces.
type Line = Vec<(String, Role)>;

/// Columns of the names on the left.
const NAMES: usize = 13;

/// Draws the batch on `area`.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, view: &View) {
    let left = Rect { width: area.width / 2, ..area };
    let right = Rect { x: left.right(), width: area.width - left.width, ..area };
    pen.frame(left, "batch", Role::Title);
    let inside = Areas::inside(left);
    put(pen, inside, &run(state, view, usize::from(inside.width)));
    let halves = right.height / 2;
    let above = Rect { height: halves, ..right };
    let below = Rect { y: right.y + halves, height: right.height - halves, ..right };
    pen.frame(above, "wants a person", Role::Title);
    put(pen, Areas::inside(above), &attention(state));
    pen.frame(below, "slowest slots", Role::Title);
    put(pen, Areas::inside(below), &slowest(state));
}

fn put(pen: &mut Pen<'_>, area: Rect, lines: &[Line]) {
    for (line, y) in lines.iter().zip(area.y..area.bottom()) {
        let pieces: Vec<(&str, Role)> = line.iter().map(|(text, role)| (text.as_str(), *role)).collect();
        pen.line(area.x, y, usize::from(area.width), &pieces);
    }
}

fn named(name: &str, text: impl Into<String>) -> Line {
    vec![(pad(name, NAMES), Role::Dim), (text.into(), Role::Text)]
}

fn run(state: &State, view: &View, columns: usize) -> Vec<Line> {
    let run = &state.run;
    let offset_s = view.options.utc_offset_s;
    let mut lines =
        vec![named("batch", &run.batch), named("rack", format!("{}  fotarig {}", run.rack, run.version))];
    for (number, target) in run.targets.iter().take(4).enumerate() {
        let name = if number == 0 { "target" } else { "" };
        lines.push(named(name, format!("{} → {}", target.model, target.revision)));
    }
    if run.targets.len() > 4 {
        lines.push(named("", format!("and {} more", run.targets.len() - 4)));
    }
    lines.extend(run.lot.as_ref().map(|lot| named("lot", lot)));
    lines.extend(run.operator.as_ref().map(|operator| named("operator", operator)));
    let since = clock_short(run.began.unix_ms, offset_s);
    lines.push(named("elapsed", format!("{}  since {since}", span(state.elapsed_ms()))));
    if let Some(left) = state.left_ms() {
        let at = clock_short(state.unix_after(left), offset_s);
        lines.push(named("ETA", format!("{at}  in about {}", span(left))));
    }
    lines.extend(counts(state, columns));
    lines.extend(verdicts(state, columns));
    lines.extend(machine(state));
    lines
}

fn counts(state: &State, columns: usize) -> Vec<Line> {
    let tally = &state.tally;
    let (good, whole) = tally.yielded();
    let (first, _) = tally.yielded_at_first();
    let total = state.run.expected;
    let done = total.map_or_else(|| tally.done().to_string(), |total| format!("{} of {total}", tally.done()));
    let mut lines = vec![named("done", done)];
    if let Some(total) = total.filter(|total| *total > 0) {
        let share = permille(tally.done(), total).unwrap_or(0);
        let wide = columns.saturating_sub(NAMES).min(30);
        lines.push(vec![(pad("", NAMES), Role::Dim), (bar(wide, share, true), Role::Busy)]);
    }
    lines.push(named("yield", format!("{}  first pass {}", percent(good, whole), percent(first, whole))));
    let until = state.run.ended_ms.unwrap_or(state.now.run_ms);
    if let Some(rate) = tally.per_hour(state.run.began.run_ms, until) {
        lines.push(named("units/h", rate.to_string()));
    }
    if tally.passed_earlier > 0 {
        lines.push(named("put in again", format!("{} that passed earlier", tally.passed_earlier)));
    }
    lines
}

fn verdicts(state: &State, columns: usize) -> Vec<Line> {
    let most = Verdict::ALL.iter().map(|verdict| state.tally.count(*verdict)).max().unwrap_or(0);
    let line = |verdict: Verdict| {
        let count = state.tally.count(verdict);
        let wide = columns.saturating_sub(NAMES + 8).min(24);
        let full = permille(count, most).unwrap_or(0);
        let role = if count == 0 { Role::Dim } else { Role::of(verdict) };
        vec![
            (pad(&format!("{} {verdict}", verdict.symbol()), NAMES), role),
            (format!("{count:>6}  "), Role::Text),
            (bar(wide, full, true), role),
        ]
    };
    Verdict::ALL.into_iter().map(line).collect()
}

fn machine(state: &State) -> Vec<Line> {
    let Some(health) = state.health else { return Vec::new() };
    let room = health.ledger_free_bytes.map(|free| format!("  {} free", bytes(free))).unwrap_or_default();
    let ledger = if health.ledger_ok { "ok" } else { "FAILS: no trigger is sent" };
    let role = if health.ledger_ok { Role::Text } else { Role::Error };
    vec![
        vec![(pad("ledger", NAMES), Role::Dim), (format!("{ledger}{room}"), role)],
        named("hosted", bytes(health.hosted_bytes)),
        named("loop lag", format!("{} µs", health.loop_lag_us)),
    ]
}

/// What somebody has to look at: why it is halted, open triggers, held and quarantined slots.
fn attention(state: &State) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    if let Some((rule, reason)) = &state.run.halted {
        lines.push(vec![(format!("halted by {}: {reason}", rule.key()), Role::Error)]);
    }
    if state.run.paused {
        lines.push(vec![("paused: nothing new is started".to_owned(), Role::Warning)]);
    }
    if let Some(who) = &state.run.stopped_by {
        lines.push(vec![(format!("stopped by {who}"), Role::Strong)]);
    }
    let census = Census::of(&state.slots);
    if census.open_triggers > 0 {
        lines.push(vec![(format!("◆ {} triggers are open", census.open_triggers), Role::Past)]);
    }
    let of_slot = |slot: &Slot| {
        let face = crate::face::Face::of(slot);
        let why = slot.reason().map(str::to_owned).or(slot.unit.fault().map(ToString::to_string));
        let wants = crate::find::wants_a_person(face);
        wants.then(|| {
            vec![
                (format!("{} ", face.symbol()), face.role()),
                (format!("{} ", pad(&slot.name, 6)), Role::Strong),
                (format!("{} ", face.word()), Role::Text),
                (why.unwrap_or_default(), Role::Dim),
            ]
        })
    };
    lines.extend(state.slots.iter().filter_map(of_slot));
    if lines.is_empty() {
        lines.push(vec![("nothing".to_owned(), Role::Dim)]);
    }
    lines
}

/// The slots whose modules took longest to pass.
fn slowest(state: &State) -> Vec<Line> {
    let mean = |slot: &Slot| slot.history.passed_ms.checked_div(slot.history.passed);
    let mut slots: Vec<(u64, &Slot)> =
        state.slots.iter().filter_map(|slot| mean(slot).map(|mean| (mean, slot))).collect();
    slots.sort_by_key(|(mean, _)| std::cmp::Reverse(*mean));
    if slots.is_empty() {
        return vec![vec![("no module has passed yet".to_owned(), Role::Dim)]];
    }
    let line = |(mean, slot): (u64, &Slot)| {
        let model = slot.module().map(|module| module.model.as_str()).unwrap_or_default();
        vec![
            (format!("{} ", pad(&slot.name, 6)), Role::Strong),
            (format!("{:>8}  ", span(mean)), Role::Text),
            (format!("{:>3} passed  ", slot.history.passed), Role::Dim),
            (model.to_owned(), Role::Text),
        ]
    };
    slots.into_iter().map(line).collect()
}
