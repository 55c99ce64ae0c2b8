//! How long a frame takes: `cargo run --release -p dashboard --example frame -- EVENTS.jsonl`.
//!
//! The events are told to a rack of 256 slots on a screen of 200 by 60; between two frames a few of them are applied.

use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, KeyCode};
use dashboard::{Options, State, Theme, View, draw};
use events::Stamped;
use ratatui::{Terminal, backend::TestBackend};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let path = std::env::args().nth(1).ok_or("which events file?")?;
    let text = std::fs::read_to_string(path)?;
    let mut state = State::default();
    let mut told = Vec::new();
    for line in text.lines() {
        let event: Stamped = serde_json::from_str(line)?;
        told.push(event);
    }
    for screen in ["rack", "table", "operator", "detail", "faults", "log", "batch"] {
        measure(screen, &told, &mut state)?;
    }
    Ok(())
}

fn measure(screen: &str, told: &[Stamped], state: &mut State) -> Result<(), Failure> {
    let mut terminal = Terminal::new(TestBackend::new(200, 60))?;
    let mut view = View::new(Options::default());
    view.resize(200, 60);
    let key = match screen {
        "table" => 't',
        "operator" => 'o',
        "faults" => 'f',
        "log" => 'l',
        "batch" => 'b',
        "detail" => '\n',
        _ => ' ',
    };
    let code = if key == '\n' { KeyCode::Enter } else { KeyCode::Char(key) };
    view.handle(&Input::Key(code.into()), state, 0);
    *state = State::default();
    let (mut frames, mut events) = (Vec::new(), Vec::new());
    for some in told.chunks(told.len().div_ceil(1_000).max(1)) {
        let began = Instant::now();
        for event in some {
            state.apply(event);
        }
        events.push(began.elapsed() / u32::try_from(some.len())?);
        let began = Instant::now();
        terminal.draw(|frame| draw(frame, state, &view, &Theme::default()))?;
        frames.push(began.elapsed());
    }
    println!(
        "{screen:<9} {} frames: p50 {:?}  p99 {:?}   an event: p50 {:?}",
        frames.len(),
        at(&mut frames, 50),
        at(&mut frames, 99),
        at(&mut events, 50)
    );
    Ok(())
}

fn at(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times.get(times.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default()
}
