//! Everything that is in the rack and around it: places, modules, downloads, the record, the model that watches, and
//! what is still to happen.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use control::Wish;
use events::{Event, Stamped};
use sim::{FetchEvent, Input, Module, ModuleSpec, Output, Truth};
use tokio::sync::{Notify, mpsc};

use crate::acts::Act;
use crate::chance::Chance;
use crate::host::{Fetch, Hosted, News};
use crate::log::Log;
use crate::model::{Kind, Model};
use crate::place::Place;
use crate::record::{Answers, Record};
use crate::scenario::{CrashAt, Cue};

/// Happenings at one moment of the virtual clock, after which nothing can be meant but a circle.
const CIRCLE: u64 = 2_000_000;

/// A module of the rack, or one that lies beside it.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) module: Module,
    /// The place it is in.
    pub(crate) place: Option<usize>,
    fetch: Option<Fetch>,
    /// It writes without end while its port is open.
    floods: bool,
    /// Downloads that it began.
    pub(crate) fetches: u32,
}

/// The rack.
pub(crate) struct Rack {
    pub(crate) now_ms: u64,
    pub(crate) chance: Chance,
    pub(crate) places: Vec<Place>,
    pub(crate) modules: Vec<Unit>,
    pub(crate) hosted: Hosted,
    pub(crate) record: Record,
    pub(crate) model: Model,
    pub(crate) log: Log,
    /// The controller is gone: nothing it does reaches anybody.
    pub(crate) crashed: bool,
    pub(crate) crash_at: CrashAt,
    pub(crate) crash: Arc<Notify>,
    /// Port handles so far.
    pub(crate) handles: u64,
    /// Faults besides the modules' own are wanted.
    pub(crate) faulty: bool,
    pub(crate) acts: BTreeMap<(u64, u64), Act>,
    pub(crate) cues: VecDeque<Cue>,
    pub(crate) wishes: Option<mpsc::Sender<Wish>>,
    /// What is plugged in has changed since it was shown.
    pub(crate) moved: bool,
    happenings: (u64, u64),
}

impl Rack {
    pub(crate) fn new(places: Vec<Place>, hosted: Hosted, model: Model, chance: Chance, log: Log) -> Self {
        Self {
            now_ms: 0,
            chance,
            places,
            modules: Vec::new(),
            hosted,
            record: Record::default(),
            model,
            log,
            crashed: false,
            crash_at: CrashAt::Never,
            crash: Arc::default(),
            handles: 0,
            faulty: false,
            acts: BTreeMap::new(),
            cues: VecDeque::new(),
            wishes: None,
            moved: true,
            happenings: (0, 0),
        }
    }

    /// One more module, in `place` or beside the rack.
    pub(crate) fn add(&mut self, spec: ModuleSpec, place: Option<usize>) {
        self.model.module(spec.family, &spec.imei);
        let floods = spec.behaviours.contains(&sim::Behaviour::Flood);
        let mut module = Module::new(spec);
        let index = self.modules.len();
        if let Some(place) = place {
            self.places[place].module = Some(index);
            self.places[place].usb = Some(module.usb());
            self.places[place].generation += 1;
        } else {
            module.handle(0, Input::PowerOff);
        }
        self.modules.push(Unit { module, place, fetch: None, floods, fetches: 0 });
    }

    /// When module `index` wants to be woken. One that writes without end does so only while its port is open.
    fn wakes_ms(&self, index: usize) -> Option<u64> {
        let unit = &self.modules[index];
        let shut = unit.floods && unit.place.is_none_or(|place| self.places[place].open.is_none());
        if shut { None } else { unit.module.next_wakeup() }
    }

    /// When something happens next by itself.
    pub(crate) fn next_ms(&self) -> Option<u64> {
        let modules = (0..self.modules.len()).flat_map(|index| {
            [self.wakes_ms(index), self.modules[index].fetch.as_ref().map(|fetch| fetch.next_ms)]
        });
        let act = self.acts.first_key_value().map(|((at_ms, _), _)| *at_ms);
        modules.chain([act, self.record.write_ms]).flatten().min()
    }

    /// Everything that is due. Gives the answers of the record, which must be given without the rack being locked.
    pub(crate) fn tick(&mut self) -> Answers {
        let now_ms = self.now_ms;
        self.count_happening();
        for index in 0..self.modules.len() {
            if self.wakes_ms(index).is_some_and(|at_ms| at_ms <= now_ms) {
                self.feed(index, Input::Wake);
            }
            if self.modules[index].fetch.as_ref().is_some_and(|fetch| fetch.next_ms <= now_ms) {
                self.fetched(index);
            }
        }
        while let Some(entry) = self.acts.first_entry().filter(|entry| entry.key().0 <= now_ms) {
            let act = entry.remove();
            self.act(act);
        }
        if self.record.write_ms.is_none_or(|at_ms| at_ms > now_ms) || self.crashed {
            return Vec::new();
        }
        let (written, answers) = self.record.write(now_ms);
        for event in written {
            self.model.durable(&event);
            if matches!(event.event, Event::Checkpointed { .. }) {
                self.crash_if(|at| matches!(at, CrashAt::Checkpoint(_)));
            }
        }
        if self.crashed { Vec::new() } else { answers }
    }

    /// Nothing goes round in circles while time stands still.
    pub(crate) fn count_happening(&mut self) {
        if self.happenings.0 == self.now_ms {
            self.happenings.1 += 1;
        } else {
            self.happenings = (self.now_ms, 0);
        }
        if self.happenings.1 == CIRCLE {
            self.model.diverge(Kind::Endless, self.now_ms, "it goes round in circles".to_owned());
            self.crashed = true;
            self.crash.notify_one();
        }
    }

    /// One more of the happenings that `of` picks: whether the controller's end was planned for it.
    pub(crate) fn crash_if(&mut self, of: fn(&CrashAt) -> bool) {
        if !self.crashed && of(&self.crash_at) && self.crash_at.count_down() {
            self.crash_now();
        }
    }

    pub(crate) fn crash_now(&mut self) {
        self.crashed = true;
        self.crash_at = CrashAt::Never;
        self.crash.notify_one();
    }

    /// What module `index` knows of itself.
    pub(crate) fn truth(&self, index: usize) -> Truth {
        self.modules[index].module.truth()
    }

    /// The controller has written to the port of `place`.
    pub(crate) fn written(&mut self, place: usize, bytes: &[u8]) {
        self.count_happening();
        let Some(index) = self.places[place].module else { return };
        let before = self.model.wires[index].triggers;
        let (now_ms, slot) = (self.now_ms, &self.places[place].label);
        self.model.sent(index, slot, now_ms, bytes);
        self.log.wire(now_ms, slot, '>', bytes);
        if self.model.wires[index].triggers > before {
            self.crash_if(|at| matches!(at, CrashAt::Trigger(_)));
        }
        self.crash_if(|at| matches!(at, CrashAt::Write(_)));
        self.feed(index, Input::Received(bytes));
    }

    /// The controller has opened the port of `place`.
    pub(crate) fn opened(&mut self, place: usize) {
        if let Some(index) = self.places[place].module {
            self.feed(index, Input::PortOpened);
        }
    }

    /// Something is told.
    pub(crate) fn told(&mut self, stamped: &Stamped) {
        let modules = &self.modules;
        self.model.told(self.now_ms, stamped, &|index| modules[index].module.truth());
        self.log.event(self.now_ms, stamped);
        if self.cues.front().is_some_and(|cue| (cue.upon)(&stamped.event))
            && let Some(cue) = self.cues.pop_front()
        {
            self.plan(cue.after_ms, cue.act);
        }
        self.crash_if(|at| matches!(at, CrashAt::Event(_)));
    }

    /// Lets `input` happen to module `index`.
    pub(crate) fn feed(&mut self, index: usize, input: Input<'_>) {
        for output in self.modules[index].module.handle(self.now_ms, input) {
            self.put_out(index, output);
        }
    }

    fn put_out(&mut self, index: usize, output: Output) {
        let place = self.modules[index].place;
        match output {
            Output::Write(bytes) => {
                self.model.heard(index, self.now_ms, &bytes);
                if let Some(place) = place {
                    self.log.wire(self.now_ms, &self.places[place].label, '<', &bytes);
                    self.places[place].arrive(&bytes);
                }
            }
            Output::PortDown => self.port_down(index),
            Output::PortUp(usb) => {
                let Some(place) = place else { return };
                let place = &mut self.places[place];
                if place.stays && place.usb.is_some() {
                    return;
                }
                self.log.note(self.now_ms, &place.label, "port up");
                place.usb = Some(usb);
                place.generation += 1;
                place.tty += 1;
                self.moved = true;
                self.model.wires[index].port_changed(self.now_ms);
                self.feed(index, Input::PortOpened);
            }
            Output::Fetch { url, .. } => {
                let breaks = self.faulty && self.chance.happens(40);
                let breaks_at = breaks.then(|| self.chance.index(65_000));
                self.modules[index].fetch = Some(Fetch::new(&url, self.now_ms, breaks_at));
                self.modules[index].fetches += 1;
            }
            Output::StopFetch => self.modules[index].fetch = None,
        }
    }

    /// The port of module `index` leaves the bus.
    pub(crate) fn port_down(&mut self, index: usize) {
        let place = self.modules[index].place;
        if place.is_some_and(|place| self.places[place].stays) {
            return;
        }
        self.model.wires[index].port_changed(self.now_ms);
        let Some(place) = place else { return };
        self.log.note(self.now_ms, &self.places[place].label, "port down");
        let last_words = self.chance.happens(500);
        self.places[place].lose(last_words);
        self.moved = true;
    }

    fn fetched(&mut self, index: usize) {
        let Some(fetch) = &mut self.modules[index].fetch else { return };
        let news = fetch.step(&self.hosted);
        let event = match news {
            News::Progress(bytes, total) => FetchEvent::Progress { bytes, total: Some(total) },
            News::Done(file) => FetchEvent::Done(file.to_vec()),
            News::Status(status) => FetchEvent::Status(status),
            News::Cut => FetchEvent::Network("connection reset".to_owned()),
        };
        match &event {
            FetchEvent::Progress { .. } => self.model.wires[index].served(self.now_ms),
            FetchEvent::Done(_) => {
                self.model.wires[index].served(self.now_ms);
                self.modules[index].fetch = None;
            }
            FetchEvent::Status(_) | FetchEvent::Network(_) => self.modules[index].fetch = None,
        }
        self.feed(index, Input::Fetch(&event));
    }
}
