//! What people and the world do to the rack, at their time.

use control::Wish;
use events::Action;
use sim::Input;

use crate::rack::Rack;

/// Something that happens to the rack.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// The module is taken out of the place, and another one put in a while later.
    Swap(usize),
    /// The module is taken out for good.
    TakeOut(usize),
    /// The module of the list is put into the place, if it is free.
    PutIn(usize, usize),
    /// The modules of two places change places.
    Exchange(usize, usize),
    /// The power of the module is cut for a moment.
    CutPower(usize),
    /// Its hub is reset: its port goes and comes back, and it runs on.
    ResetBus(usize),
    /// Somebody else has its port for so long, in milliseconds.
    TakePort(usize, u64),
    /// An operator wants this.
    Wish(Action),
    /// An operator releases an IMEI that is held.
    ReleaseImei,
    /// The controller's machine stops.
    Crash,
    /// The disk is full for so long, in milliseconds.
    FullDisk(u64),
    /// Writes take longer by the first, for the second, in milliseconds.
    SlowDisk(u64, u64),
}

impl Rack {
    /// Has `act` happen in so many milliseconds.
    pub(crate) fn plan(&mut self, after_ms: u64, act: Act) {
        let order = self.acts.last_key_value().map_or(0, |((_, order), _)| *order).max(self.handles) + 1;
        self.handles = order;
        self.acts.insert((self.now_ms + after_ms, order), act);
    }

    /// A module whose trigger is not resolved changes places with another one, or goes to a free place.
    pub(crate) fn move_a_triggered_module(&mut self) {
        let triggered = self.modules.iter().zip(&self.model.wires).find_map(|(module, wire)| {
            let open = wire.window.as_ref().is_some_and(|window| window.proof.is_none());
            module.place.filter(|_| open)
        });
        let Some(place) = triggered else { return };
        let other = self.chance.index(self.places.len());
        self.act(Act::Exchange(place, other));
    }

    pub(crate) fn act(&mut self, act: Act) {
        self.log.note(self.now_ms, "-", &format!("{act:?}"));
        match act {
            Act::Swap(place) => {
                let out = self.take_out(place);
                if let Some(next) = self.one_beside(out) {
                    let after_ms = self.chance.between(500, 40_000);
                    self.plan(after_ms, Act::PutIn(place, next));
                }
            }
            Act::TakeOut(place) => drop(self.take_out(place)),
            Act::PutIn(place, module) => self.put_in(place, module),
            Act::Exchange(one, other) => {
                let modules = (self.take_out(one), self.take_out(other));
                let after_ms = self.chance.between(1_000, 30_000);
                for (module, place) in [(modules.0, other), (modules.1, one)] {
                    if let Some(module) = module {
                        self.plan(after_ms, Act::PutIn(place, module));
                    }
                }
            }
            Act::CutPower(place) => {
                if let Some(index) = self.places[place].module {
                    // Behind a bridge nobody can know of it: the file goes on.
                    if self.places[place].hub.is_some() {
                        self.model.wires[index].forget();
                    }
                    self.feed(index, Input::PowerCut);
                }
            }
            Act::ResetBus(place) => self.reset_bus(place),
            Act::TakePort(place, ms) => self.places[place].taken_until_ms = self.now_ms + ms,
            Act::Wish(action) => self.wish(action),
            Act::ReleaseImei => self.release_one(),
            Act::Crash => self.crash_now(),
            Act::FullDisk(ms) => self.record.full_until_ms = self.now_ms + ms,
            Act::SlowDisk(by_ms, ms) => self.record.slow = (by_ms, self.now_ms + ms),
        }
    }

    fn wish(&mut self, action: Action) {
        if let (Some(wishes), false) = (&self.wishes, self.crashed) {
            // A controller that is busy or gone hears nobody.
            let _unheard = wishes.try_send(Wish::new("operator", action));
        }
    }

    fn release_one(&mut self) {
        let open = self.record.on_record().open_triggers;
        if open.is_empty() {
            return;
        }
        let place = self.chance.index(open.len());
        if let events::Event::Checkpointed { imei, .. } = &open[place].event {
            let imei = imei.clone();
            self.wish(Action::ReleaseImei { imei });
        }
    }

    fn take_out(&mut self, place: usize) -> Option<usize> {
        let index = self.places[place].module?;
        self.feed(index, Input::PowerOff);
        self.model.wires[index].forget();
        self.places[place].module = None;
        self.modules[index].place = None;
        if self.places[place].usb.is_some() && !self.places[place].stays {
            self.places[place].lose(false);
            self.moved = true;
        }
        Some(index)
    }

    fn put_in(&mut self, place: usize, index: usize) {
        let uart = self.modules[index].module.spec().family == events::Family::Sim7028;
        let fits = uart == self.places[place].hub.is_none();
        let free = self.places[place].module.is_none() && self.modules[index].place.is_none();
        if !fits || !free {
            return;
        }
        self.places[place].module = Some(index);
        self.modules[index].place = Some(place);
        self.model.put_in(index, &self.places[place].label);
        self.feed(index, Input::PowerOn);
    }

    /// A module that lies beside the rack; not `but`, if there is another.
    fn one_beside(&mut self, but: Option<usize>) -> Option<usize> {
        let beside: Vec<usize> =
            (0..self.modules.len()).filter(|index| self.modules[*index].place.is_none()).collect();
        let others: Vec<usize> = beside.iter().copied().filter(|index| Some(*index) != but).collect();
        let from = if others.is_empty() { &beside } else { &others };
        if from.is_empty() { None } else { Some(self.chance.pick(from)) }
    }

    fn reset_bus(&mut self, place: usize) {
        let Some(index) = self.places[place].module.filter(|_| self.places[place].usb.is_some()) else {
            return;
        };
        self.port_down(index);
        self.feed(index, Input::BusReset);
        let place = &mut self.places[place];
        place.usb = Some(self.modules[index].module.usb());
        place.generation += 1;
        self.model.wires[index].port_changed(self.now_ms);
    }
}
