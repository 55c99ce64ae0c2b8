//! A plan as a table for people: `fotarig check --plan`, and the golden tables that are ticked off against the
//! vendor's note.

use crate::identity::Identify;
use crate::plan::{Action, Ask, FollowUp, Plan, Poll, Step, Upload};

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The phase.
    pub phase: &'static str,
    /// Document and section.
    pub source: &'static str,
    /// What is sent or done, secrets masked.
    pub does: String,
    /// What must come of it.
    pub until: String,
}

/// The rows of `plan`, cleanup last.
pub fn rows(plan: &Plan) -> Vec<Row> {
    plan.steps.iter().chain(&plan.cleanup).flat_map(step_rows).collect()
}

impl Step {
    /// What it does, in a few words or as the command itself, secrets masked.
    pub fn title(&self) -> String {
        match &self.action {
            Action::Ask(ask) => ask.command.to_string(),
            Action::Poll(poll) if poll.commands.is_empty() => format!("wait for {}", poll.judge.says()),
            Action::Poll(poll) => {
                let commands: Vec<&str> = poll.commands.iter().map(at::Command::shown).collect();
                commands.join(" | ")
            }
            Action::Upload(upload) => {
                upload.blocks.first().map_or_else(String::new, |block| block.command.to_string())
            }
            Action::Checkpoint => "record: the trigger follows".to_owned(),
            Action::Trigger(trigger) => trigger.command.to_string(),
            Action::FollowUp(_) => "follow to the resolution".to_owned(),
            Action::Identify(_) => "identify".to_owned(),
        }
    }
}

fn step_rows(step: &Step) -> Vec<Row> {
    let row =
        |does: String, until: String| Row { phase: step.phase.name(), source: step.source, does, until };
    match &step.action {
        Action::Ask(ask) => vec![row(asked(ask), answered(ask))],
        Action::Poll(poll) => vec![row(step.title(), polled(poll))],
        Action::Upload(upload) => {
            uploaded(upload).into_iter().map(|(does, until)| row(does, until)).collect()
        }
        Action::Checkpoint => vec![row(step.title(), "on disk".to_owned())],
        Action::Trigger(trigger) => {
            vec![row(step.title(), format!("OK within {}", seconds(trigger.timeout_ms)))]
        }
        Action::FollowUp(follow) => {
            followed(follow).into_iter().map(|(does, until)| row(does, until)).collect()
        }
        Action::Identify(how) => vec![row(identified(how), "the same twice, 2 s apart".to_owned())],
    }
}

fn asked(ask: &Ask) -> String {
    let alternatives = ask.alternatives.iter().map(|command| format!(" (on ERROR: {command})"));
    std::iter::once(ask.command.to_string()).chain(alternatives).collect()
}

fn answered(ask: &Ask) -> String {
    let answer = match (&ask.judge, ask.otherwise) {
        (_, None) => "any answer".to_owned(),
        (Some(judge), _) => format!("OK, {}", judge.says()),
        (None, _) => "OK".to_owned(),
    };
    format!("{answer} within {}", seconds(ask.timeout_ms))
}

fn polled(poll: &Poll) -> String {
    let unknown = if poll.unknown_is_good { ", or the command is not known" } else { "" };
    let idle = seconds(poll.idle_ms);
    format!(
        "{}{unknown}; every {}, {idle} without progress at most",
        poll.judge.says(),
        seconds(poll.every_ms)
    )
}

fn uploaded(upload: &Upload) -> Vec<(String, String)> {
    let record = format!("record: data mode, {} at most", seconds(upload.data_mode_ms));
    let mut rows = vec![(record, "on disk".to_owned())];
    let judged = upload.judge.as_ref().map(|judge| format!(" and {}", judge.says())).unwrap_or_default();
    let pace = match upload.pacing.bytes_per_s {
        None => String::new(),
        Some(rate) => format!(", {} bytes at a time, {rate} bytes a second", upload.pacing.chunk_bytes),
    };
    let shown = |at: usize| {
        let block = &upload.blocks[at];
        let bytes = format!("{} bytes from {}{pace}", block.length, block.offset);
        (block.command.to_string(), format!("{}, {bytes}, OK{judged}", upload.prompt.text()))
    };
    let count = upload.blocks.len();
    rows.extend((0..count.min(2)).map(shown));
    if count > 3 {
        rows.push((format!("… {} more blocks", count - 3), "the same each".to_owned()));
    }
    rows.extend((2.max(count.saturating_sub(1))..count).map(shown));
    rows.push(("record: data mode is over".to_owned(), "on disk".to_owned()));
    rows
}

fn followed(follow: &FollowUp) -> Vec<(String, String)> {
    let waits = &follow.waits;
    let away = match waits.silence_ms {
        Some(silence_ms) => format!("silence {}", seconds(silence_ms)),
        None => format!("port away {}", seconds(waits.away_ms)),
    };
    let limits = format!(
        "quiet {}, {away}, resolution {} at most",
        seconds(waits.quiet_ms),
        seconds(waits.resolution_ms)
    );
    let status = follow.status.as_ref().map(|status| format!("{status}, ")).unwrap_or_default();
    let expected = &follow.expected;
    vec![
        ("follow the module through its reboots".to_owned(), limits),
        (
            format!("{status}{}", identified(&follow.identify)),
            format!("the same twice, 2 s apart: IMEI as before, {}, {}", expected.model, expected.new),
        ),
    ]
}

fn identified(how: &Identify) -> String {
    let mut asked = vec!["AT", "ATE0", "ATI", "AT+CGMM", "AT+CGSN"];
    if let [known] = how.known.as_slice() {
        asked.extend(known.revision.iter().chain(&known.full_revision).map(at::Command::shown));
    }
    asked.dedup();
    asked.join(", ")
}

/// `300 ms`, `5 s`, `45 min`.
fn seconds(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..600_000 => format!("{} s", ms / 1000),
        _ => format!("{} min", ms / 60_000),
    }
}
