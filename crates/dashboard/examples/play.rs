//! Plays a recorded event stream into the dashboard: `cargo run -p dashboard --example play -- EVENTS.jsonl [SPEED]`.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use dashboard::{Feed, Options, run};
use events::Stamped;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("which events file?")?;
    let speed: f64 = arguments.next().map_or(Ok(1.0), |speed| speed.parse())?;
    let attached = arguments.next().as_deref() == Some("attached");
    let text = std::fs::read_to_string(path)?;
    let events: Vec<Arc<Stamped>> =
        text.lines().map(|line| serde_json::from_str(line).map(Arc::new)).collect::<Result<_, _>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let quit = runtime.block_on(play(events, speed, attached))?;
    // The terminal may be gone: `println!` would panic.
    let _ = writeln!(std::io::stdout(), "{quit}");
    Ok(())
}

async fn play(events: Vec<Arc<Stamped>>, speed: f64, attached: bool) -> Result<String, Failure> {
    let (feed, news) = mpsc::channel(1_024);
    let (wanted, mut actions) = mpsc::channel(16);
    let answers = feed.clone();
    tokio::spawn(async move {
        while let Some(action) = actions.recv().await {
            let text = format!("{action}: refused: this is an example");
            let _ = answers.send(Feed::Answer { text, refused: true }).await;
        }
    });
    tokio::spawn(async move {
        let (start, began_ms) = (Instant::now(), events.first().map_or(0, |first| first.run_ms));
        for event in events {
            let after = Duration::from_millis(event.run_ms.saturating_sub(began_ms)).div_f64(speed);
            sleep_until(start + after).await;
            if feed.send(Feed::Event(event)).await.is_err() {
                return;
            }
        }
        std::future::pending::<()>().await;
    });
    let options = Options { recorded: !attached, attached, speed, ..Options::default() };
    Ok(format!("{:?}", run(news, wanted, options).await?))
}
