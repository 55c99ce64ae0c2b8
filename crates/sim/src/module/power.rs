//! A module's power and its place on the bus: reboots, cuts, being taken out and put in again.

use crate::behaviour::Behaviour;
use crate::body::default_cmee;
use crate::io::Output;
use crate::module::Module;
use crate::timeline::{Effect, Script};

/// From a failed boot to emergency download mode.
const EMERGENCY_MS: u64 = 3_000;

impl Module {
    pub(super) fn port_down(&mut self) {
        self.forget_input();
        self.body.deaf = true;
        if std::mem::replace(&mut self.body.port_up, false) {
            self.body.outputs.push(Output::PortDown);
        }
        if self.body.is_updating() {
            self.perhaps_leave();
        }
    }

    /// Behaviours 36, 37 and unplugged: this was the last time that the port was seen, or it comes and goes.
    fn perhaps_leave(&mut self) {
        if self.body.shows(Behaviour::EmergencyDownload) {
            self.body.timeline.clear();
            self.body.gone = true;
            self.body.timeline.add(self.body.now_ms + EMERGENCY_MS, Effect::Emergency);
            return;
        }
        let flaps = self.body.shows(Behaviour::ComesAndGoes) && !self.body.even_seed();
        if self.body.shows(Behaviour::Unplugged) || (self.body.shows(Behaviour::ComesAndGoes) && !flaps) {
            self.body.timeline.clear();
            self.body.gone = true;
        } else if flaps {
            self.body.timeline.clear();
            let mut script = Script::new();
            let up_ms = self.body.random.between(2_000, 5_000);
            script.wait(3_000).then(Effect::PortUp).wait(up_ms).then(Effect::PortDown);
            self.body.play(script);
        }
    }

    pub(super) fn port_up(&mut self) {
        if !std::mem::replace(&mut self.body.port_up, true) {
            let usb = self.body.usb();
            self.body.outputs.push(Output::PortUp(usb));
        }
    }

    /// A module behind a bridge keeps its port when it reboots.
    pub(super) fn go_deaf(&mut self) {
        self.forget_input();
        self.body.deaf = true;
        if self.personality.is_on_usb() || !self.body.is_updating() {
            return;
        }
        if self.body.shows(Behaviour::Unplugged) {
            self.port_down();
        } else if self.body.shows(Behaviour::ComesAndGoes) {
            self.body.timeline.clear();
            self.body.gone = true;
        }
    }

    /// The module's software is up.
    pub(super) fn hear(&mut self) {
        self.forget_input();
        self.body.deaf = false;
        self.body.booted_at = self.body.now_ms;
        self.body.echo = true;
        self.body.cmee = default_cmee(&self.body.spec);
        self.body.radio = true;
        self.personality.boot(&mut self.body);
    }

    pub(super) fn power_cut(&mut self) {
        if self.body.gone || !self.powered {
            return;
        }
        self.fall_silent();
        if self.personality.is_on_usb() && std::mem::replace(&mut self.body.port_up, false) {
            self.body.outputs.push(Output::PortDown);
        }
        let script = self.personality.power_up(&mut self.body);
        self.body.play(script);
    }

    /// Out of its slot: nothing goes on in it, and a bridge goes with it.
    pub(super) fn power_off(&mut self) {
        if !std::mem::replace(&mut self.powered, false) {
            return;
        }
        self.fall_silent();
        let port = std::mem::replace(&mut self.body.port_up, false);
        if std::mem::replace(&mut self.body.emergency, false) || port {
            self.body.outputs.push(Output::PortDown);
        }
    }

    /// Into a slot: a bridge is there at once, a module when it has booted that far.
    pub(super) fn power_on(&mut self) {
        if std::mem::replace(&mut self.powered, true) {
            return;
        }
        if self.body.gone {
            if self.body.shows(Behaviour::EmergencyDownload) {
                self.body.timeline.add(self.body.now_ms + EMERGENCY_MS, Effect::Emergency);
            }
            return;
        }
        if !self.personality.is_on_usb() {
            self.port_up();
        }
        let script = self.personality.power_up(&mut self.body);
        self.body.play(script);
    }

    /// Behaviour 36: the boot loader found nothing to boot.
    pub(super) fn emergency(&mut self) {
        if !std::mem::replace(&mut self.body.emergency, true) {
            let usb = self.body.usb();
            self.body.outputs.push(Output::PortUp(usb));
        }
    }

    fn fall_silent(&mut self) {
        self.body.timeline.clear();
        self.body.stop_fetching();
        self.forget_input();
        self.body.deaf = true;
    }
}
