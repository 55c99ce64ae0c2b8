//! The pure parts one by one: `cargo bench -p benches --bench pure`, with a word after `--` for some of them.

use std::hint::black_box;
use std::time::Duration;

use at::Decoder;
use benches::{Cell, Rehearsal, SCREENS, Screen, busy_metrics, busy_stream};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use dashboard::State;
use events::Report;

/// What a module says in a second of its download: an answer to a poll, and ten lines of its own.
const SAID: &[u8] = b"\r\n+HTTPTOFSRL: 1,40960,3892224\r\n\r\nOK\r\n\r\n+CEREG: 1\r\n\r\n+CEREG: 1\r\n\r\n+CEREG: 1\r\n\r\n+CEREG: 1\r\n\
    \r\n+CEREG: 1\r\n\r\n+CEREG: 1\r\n\r\n+CEREG: 1\r\n\r\n+CEREG: 1\r\n\r\n+CEREG: 1\r\n\r\n+CEREG: 1\r\n";

fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frames");
    group.throughput(Throughput::Bytes(SAID.len() as u64));
    group.bench_function("a second of a download", |bencher| {
        let mut decoder = Decoder::default();
        bencher.iter(|| decoder.push(black_box(SAID)));
    });
}

fn procedures(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("procedure");
    for cell in Cell::all() {
        let rehearsal = Rehearsal::of(cell);
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("{} by {}", cell.family, cell.delivery), |bencher| {
            bencher.iter_batched(
                || rehearsal.given(),
                |given| rehearsal.replay(given),
                BatchSize::SmallInput,
            );
        });
    }
}

fn fold(criterion: &mut Criterion) {
    let stream = busy_stream();
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(stream.len() as u64));
    group.bench_function("report", |bencher| bencher.iter(|| Report::of(black_box(&stream))));
    group.bench_function("screen", |bencher| {
        bencher.iter(|| {
            let mut state = State::default();
            for event in &stream {
                state.apply(event);
            }
            state
        });
    });
}

fn screens(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("frame at 256 slots, 200 by 60");
    for (name, key) in SCREENS {
        let Ok(mut screen) = Screen::of(key);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                screen.go_on();
                let Ok(()) = screen.draw();
            });
        });
    }
}

fn exposition(criterion: &mut Criterion) {
    let metrics = busy_metrics();
    criterion.bench_function("exposition at 256 slots", |bencher| bencher.iter(|| metrics.render()));
}

/// Some thirty measurements in a minute.
fn short() -> Criterion {
    let criterion = Criterion::default().sample_size(50).without_plots();
    criterion.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_millis(1_500))
}

criterion_group!(name = pure; config = short(); targets = frames, procedures, fold, screens, exposition);
criterion_main!(pure);
