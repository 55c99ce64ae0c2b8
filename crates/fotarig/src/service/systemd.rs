//! What systemd is told, where it is systemd that started the service. Elsewhere nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;

/// The service can be attached to.
pub(crate) fn ready() {
    tell(&[NotifyState::Ready]);
}

/// It is on its way out.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// What it is doing, for `systemctl status`.
pub(crate) fn status(text: &str) {
    tell(&[NotifyState::Status(text)]);
}

/// It is alive.
pub(crate) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often systemd wants to hear that it is alive; half of its patience.
pub(crate) fn wants_to_hear() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|patience| patience / 2)
}

fn tell(state: &[NotifyState]) {
    // A service manager that does not listen is its own affair.
    let _heard = sd_notify::notify(state);
}
