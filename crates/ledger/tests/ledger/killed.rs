//! kill -9 while events are written: everything acknowledged is there afterwards.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use ledger::Ledger;

use crate::samples::{Place, durable, note, stamped};

const CHILD: &str = "LEDGER_TEST_KILLED";

#[test]
fn what_was_acknowledged_survives_being_killed() {
    let place = Place::new();
    for round in 1..=3_u32 {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "killed::child", "--nocapture"])
            .env(CHILD, place.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let acknowledged =
            |line: String| line.strip_prefix("acknowledged ").map(|seq| seq.parse::<u64>().unwrap());
        let mut last = lines.by_ref().filter_map(acknowledged).nth(20 * round as usize).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        last = lines.filter_map(acknowledged).last().unwrap_or(last);

        let ledger = place.open();
        let batch = ledger.reader().events_of_batch("b").unwrap();
        let run: Vec<u64> = batch.iter().map(|event| event.seq).rev().take_while(|seq| *seq > 0).collect();
        let begun = run.iter().position(|seq| *seq == 1).unwrap();
        assert!(run[0] >= last, "{last} was acknowledged, {} is the last one there", run[0]);
        assert!(run[..=begun].iter().copied().eq((1..=run[0]).rev()), "no gap");
    }
}

#[test]
fn child() {
    let Some(path) = env::var_os(CHILD) else { return };
    let ledger = Ledger::open(Path::new(&path)).unwrap();
    let mut out = std::io::stdout();
    for seq in (1..).step_by(3) {
        ledger.append("r", "b", stamped(seq, note("ordinary")));
        ledger.append("r", "b", stamped(seq + 1, note("ordinary")));
        durable(&ledger, stamped(seq + 2, note("awaited"))).unwrap();
        writeln!(out, "\nacknowledged {}", seq + 2).unwrap();
    }
}
