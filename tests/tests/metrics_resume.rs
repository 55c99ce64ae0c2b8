//! A batch whose controller is killed again and again: the counters of the last process are what the record says that this
//! process has resolved, neither more nor less.
//!
//! `FOTARIG_KILLS` says how often (10), `FOTARIG_SEED` chooses modules and moments (1).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;
use std::time::Duration;

use events::{AttemptOutcome, Event, Fault, Stamped, Verdict};
use fotarig_tests::{Bench, Process, Scraper, flag, series};
use ledger::Reader;
use rustix::process::Signal;
use sim::Random;

const SLOTS: u64 = 8;
/// What is compared.
const COUNTERS: [&str; 5] = [
    "fotarig_modules_total",
    "fotarig_batch_units",
    "fotarig_attempts_total",
    "fotarig_faults_total",
    "fotarig_batch_first_pass_total",
];

/// What the record says of units and attempts of every run, and has counted of the last one.
#[derive(Default)]
struct Count {
    families: BTreeMap<String, (String, String)>,
    steps: BTreeMap<String, [String; 3]>,
    verdicts: BTreeMap<String, Verdict>,
    faults: BTreeMap<String, Fault>,
    series: BTreeMap<String, f64>,
}

impl Count {
    /// Of all events of the batch those of the last run are counted.
    fn of(events: &[Stamped]) -> Self {
        let last = events.iter().rposition(|one| matches!(one.event, Event::RunStarted { .. })).unwrap();
        let mut count = Self::default();
        for one in events {
            count.know(&one.event);
        }
        for one in &events[last..] {
            count.take(&one.event);
        }
        for verdict in count.verdicts.clone().into_values() {
            count.add(format!("fotarig_batch_units{{verdict=\"{verdict}\"}}"));
        }
        count
    }

    fn know(&mut self, event: &Event) {
        if let Event::UnitStarted { unit, module: Some(module), .. } = event {
            let what = (module.family.name().to_owned(), module.model.clone());
            self.families.insert(unit.clone(), what);
        } else if let Event::AttemptStarted { attempt, unit, hop, .. } = event {
            let (_, model) = self.families[unit].clone();
            self.steps.insert(attempt.clone(), [model, hop.from.clone(), hop.to.clone()]);
        }
    }

    fn take(&mut self, event: &Event) {
        if let Event::AttemptEnded { attempt, unit, outcome, fault, .. } = event {
            if *outcome != AttemptOutcome::Unknown {
                let [model, from, to] = &self.steps[attempt];
                let labels =
                    format!("from=\"{from}\",model=\"{model}\",outcome=\"{}\",to=\"{to}\"", outcome.name());
                self.add(format!("fotarig_attempts_total{{{labels}}}"));
            }
            if let Some(fault) = fault {
                self.fault(unit, fault);
                self.faults.insert(unit.clone(), fault.clone());
            }
        } else if let Event::UnitEnded { unit, verdict, fault, first_pass, .. } = event {
            self.verdicts.insert(unit.clone(), *verdict);
            if let Some(fault) = fault
                && self.faults.get(unit) != Some(fault)
            {
                self.fault(unit, fault);
            }
            if *verdict != Verdict::Unknown {
                let (_, model) = &self.families[unit];
                self.add(format!("fotarig_modules_total{{model=\"{model}\",verdict=\"{verdict}\"}}"));
            }
            if *first_pass {
                self.add("fotarig_batch_first_pass_total".to_owned());
            }
        }
    }

    fn fault(&mut self, unit: &str, fault: &Fault) {
        let (family, _) = &self.families[unit];
        let (code, class, phase) = (fault.code, fault.code.class(), fault.code.phase);
        let labels = format!("class=\"{class}\",code=\"{code}\",family=\"{family}\",phase=\"{phase}\"");
        self.add(format!("fotarig_faults_total{{{labels}}}"));
    }

    fn add(&mut self, series: String) {
        *self.series.entry(series).or_default() += 1.0;
    }
}

/// Every slot has what it will have: nothing is under way, waits, or is still to be looked at.
fn at_rest(body: &str) -> bool {
    let all = series(body);
    let slots =
        |state: &str| all.get(&format!("fotarig_slots{{state=\"{state}\"}}")).copied().unwrap_or_default();
    let rest: f64 = ["done", "held", "quarantined"].into_iter().map(slots).sum();
    rest.to_string() == SLOTS.to_string()
}

/// What is compared of a scrape, without what is 0.
fn counted(body: &str) -> BTreeMap<String, f64> {
    let compared = |name: &str| COUNTERS.contains(&name.split('{').next().unwrap_or_default());
    series(body).into_iter().filter(|(name, value)| compared(name) && *value > 0.0).collect()
}

fn events(bench: &Bench) -> Vec<Stamped> {
    Reader::open(&bench.ledger()).unwrap().events_of_batch("demo").unwrap()
}

/// Kills a controller after some of its lines, or a little later.
fn kill(bench: &Bench, random: &mut Random) {
    let controller = bench.controller();
    for _ in 0..random.between(0, 16) {
        controller.next_line();
    }
    let later = Duration::from_millis(random.between(0, 100));
    assert!(controller.ended_within(later).is_none(), "the batch was done before the last process");
    assert_eq!(controller.kill().signal, Some(9));
}

#[test]
fn the_last_process_counts_what_the_record_says_that_it_resolved() {
    let (kills, seed) = (flag("FOTARIG_KILLS", 10), flag("FOTARIG_SEED", 1));
    eprintln!(
        "replay: FOTARIG_KILLS={kills} FOTARIG_SEED={seed} cargo nextest run -p fotarig-tests -E 'binary(metrics_resume)'"
    );
    let bench =
        Bench::start(&["--slots", &SLOTS.to_string(), "--faults", "none", "--seed", &seed.to_string()]);
    let mut random = Random::new(seed);
    for _ in 0..kills {
        kill(&bench, &mut random);
    }
    let scraper = Scraper::somewhere();
    let mut command = bench.run();
    // So that it is still there when everything is done.
    command.args(["--continuous", "--metrics", &scraper.addr.to_string()]);
    let last = Process::start(&mut command);
    let (_, body) = scraper.until("/metrics", |status, body| status == 200 && at_rest(body));
    last.signal(Signal::INT);
    let ended = last.wait();
    let on_record = Count::of(&events(&bench)).series;
    for (series, value) in &on_record {
        eprintln!("{value:>4}  {series}");
    }
    assert_eq!(counted(&body), on_record, "scraped, and on record: {ended}");
    let modules: f64 = sum(&on_record, "fotarig_modules_total");
    assert!(modules > 0.0, "the last process resolved something");
    assert!(!body.contains("model=\"unidentified\",verdict=\"passed\"} 1"), "{body}");
    bench.stop();
}

fn sum(series: &BTreeMap<String, f64>, name: &str) -> f64 {
    series.iter().filter(|(series, _)| series.starts_with(name)).map(|(_, value)| value).sum()
}
