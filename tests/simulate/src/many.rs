//! Many seeds on several threads.

use std::ops::Range;
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::life::live;
use crate::tally::Tally;

/// Lives the racks of `seeds`, with so many slots each, on so many threads. `progress` is told how many are done.
pub fn many(seeds: Range<u64>, slots: usize, threads: usize, progress: &(dyn Fn(u64) + Sync)) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let done = AtomicU64::new(0);
    let work = || {
        let mut tally = Tally::new(slots);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return tally;
            }
            match catch_unwind(|| live(seed, slots, false)) {
                Ok(Ok(life)) => tally.add(seed, &life),
                Ok(Err(error)) => tally.add_panic(seed, error.to_string()),
                Err(panic) => tally.add_panic(seed, words(panic.as_ref())),
            }
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let mut all = Tally::new(slots);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            if let Ok(tally) = worker.join() {
                all.merge(tally);
            }
        }
    });
    all
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned()
}
