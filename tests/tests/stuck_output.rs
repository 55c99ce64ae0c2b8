//! Whoever reads the output takes nothing, as a pager that waits for a key: the modules do not notice.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use events::{Event, Stamped, Verdict};
use fotarig_tests::Bench;
use rustix::fs::{CWD, Mode, mkfifoat};
use rustix::pipe::{fcntl_setpipe_size, pipe};

const SLOTS: usize = 12;

#[test]
fn a_reader_of_the_output_who_takes_nothing_stops_no_module() {
    let bench = Bench::start(&["--slots", &SLOTS.to_string(), "--faults", "none"]);
    let (reader, writer) = pipe().unwrap();
    fcntl_setpipe_size(&reader, 4096).unwrap();
    let told = bench.path("events.fifo");
    mkfifoat(CWD, &told, Mode::RUSR | Mode::WUSR).unwrap();
    let mut command = bench.run();
    command.arg("--events").arg(&told).env("FOTARIG_LOG", "trace").stdin(Stdio::null());
    command.stdout(writer.try_clone().unwrap()).stderr(writer);
    let mut controller = command.spawn().unwrap();
    // It has the pipe's other end, too.
    drop(command);

    let mut passed = 0;
    for line in BufReader::new(File::open(&told).unwrap()).lines() {
        let event = serde_json::from_str::<Stamped>(&line.unwrap()).unwrap().event;
        passed += usize::from(matches!(event, Event::UnitEnded { verdict: Verdict::Passed, .. }));
        if matches!(event, Event::RunEnded { .. }) {
            break;
        }
    }
    assert_eq!(passed, SLOTS);

    let mut printed = String::new();
    File::from(reader).read_to_string(&mut printed).unwrap();
    assert!(controller.wait().unwrap().success());
    assert!(printed.contains("12 passed"), "{printed}");
    bench.stop();
}
