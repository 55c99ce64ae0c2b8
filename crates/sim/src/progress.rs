//! Percentages as updaters print them, and the ways in which their lines go wrong.

use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::timeline::{Effect, Script};

/// Percentages from `head` on in jumps, to `tail`; repeated and going backwards under behaviour 8, never at 100
/// under behaviour 12.
pub(crate) fn percents(body: &mut Body, head: &[u8], tail: &[u8]) -> Vec<u8> {
    let end = tail.first().copied().unwrap_or(100);
    let mut all = head.to_vec();
    let mut last = head.last().copied().unwrap_or_default();
    loop {
        last = last.saturating_add(u8::try_from(body.random.between(1, 7)).unwrap_or(1));
        if last >= end {
            break;
        }
        all.push(last);
    }
    all.extend_from_slice(tail);
    if body.shows(Behaviour::NeverHundred) {
        all.retain(|percent| *percent < 93);
    }
    if body.shows(Behaviour::Repeats) {
        all = all.iter().flat_map(|percent| hiccup(*percent)).collect();
    }
    all
}

/// Every fourth percentage comes twice, every sixth falls back and rises again.
fn hiccup(percent: u8) -> Vec<u8> {
    if percent.is_multiple_of(4) {
        vec![percent, percent]
    } else if percent.is_multiple_of(6) {
        vec![percent, percent.saturating_sub(5), percent]
    } else {
        vec![percent]
    }
}

/// Spreads `lines` over `total_ms`.
pub(crate) fn lay_out(script: &mut Script, total_ms: u64, lines: &[String]) {
    let count = u64::try_from(lines.len()).unwrap_or(1).max(1);
    for line in lines {
        script.say(line).wait(total_ms / count);
    }
}

/// Does to a script's lines what behaviours 14 and 15 say: two on one line, one in three writes, unrelated ones
/// in between.
pub(crate) fn spoil(body: &Body, script: &mut Script, unrelated: &str) {
    let joins = body.shows(Behaviour::JoinedAndSplit);
    let mixes = body.shows(Behaviour::UnrelatedUrcs);
    if !joins && !mixes {
        return;
    }
    let effects = std::mem::take(script.effects_mut());
    let mut spoiled: Vec<(u64, Effect)> = Vec::with_capacity(effects.len() * 2);
    let mut said = 0_u32;
    for (at_ms, effect) in effects {
        let Effect::Say(bytes) = effect else {
            spoiled.push((at_ms, effect));
            continue;
        };
        said += 1;
        match said % 5 {
            2 if joins => join(&mut spoiled, at_ms, bytes),
            4 if joins => split(&mut spoiled, at_ms, &bytes),
            0 | 3 if mixes => {
                spoiled.push((at_ms, Effect::Say(bytes)));
                spoiled.push((at_ms, Effect::Say(format!("\r\n{unrelated}\r\n").into_bytes())));
            }
            _ => spoiled.push((at_ms, Effect::Say(bytes))),
        }
    }
    *script.effects_mut() = spoiled;
}

/// Puts `bytes` on the line that was said before, if there is one.
fn join(effects: &mut Vec<(u64, Effect)>, at_ms: u64, bytes: Vec<u8>) {
    let before = effects
        .iter_mut()
        .rev()
        .find_map(|(_, effect)| if let Effect::Say(before) = effect { Some(before) } else { None });
    match before {
        Some(before) if before.ends_with(b"\r\n") => {
            before.truncate(before.len() - 2);
            before.extend(bytes.into_iter().skip(2));
        }
        Some(_) | None => effects.push((at_ms, Effect::Say(bytes))),
    }
}

fn split(effects: &mut Vec<(u64, Effect)>, at_ms: u64, bytes: &[u8]) {
    let third = bytes.len() / 3 + 1;
    for (place, part) in bytes.chunks(third).enumerate() {
        effects.push((at_ms + 40 * place as u64, Effect::Say(part.to_vec())));
    }
}
