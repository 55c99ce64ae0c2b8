//! Panics: one of the dashboard ends it with the terminal restored; one of anybody else must not write over the screen.

use std::cell::Cell;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use super::Error;

/// Messages kept of panics elsewhere.
const KEPT: usize = 16;

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

thread_local! {
    /// The dashboard's own code runs on this thread.
    static OURS: Cell<bool> = const { Cell::new(false) };
}

/// While it lives, nobody's panic writes to the terminal.
pub(crate) struct Panics {
    caught: Arc<Mutex<Caught>>,
    before: Arc<Hook>,
}

#[derive(Default)]
struct Caught {
    ours: Option<String>,
    elsewhere: VecDeque<String>,
    all: VecDeque<String>,
}

impl Panics {
    pub(crate) fn caught() -> Self {
        let before: Arc<Hook> = std::panic::take_hook().into();
        let caught = Arc::new(Mutex::new(Caught::default()));
        let kept = caught.clone();
        std::panic::set_hook(Box::new(move |info| {
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            let text = info.to_string();
            if OURS.get() {
                kept.ours = Some(text);
            } else if kept.all.len() < KEPT {
                kept.elsewhere.push_back(text.clone());
                kept.all.push_back(text);
            }
        }));
        Self { caught, before }
    }

    /// Runs the dashboard's own `work`; its panic is an error.
    pub(crate) fn guarded<T>(&self, work: impl FnOnce() -> T) -> Result<T, Error> {
        OURS.set(true);
        let done = catch_unwind(AssertUnwindSafe(work));
        OURS.set(false);
        done.map_err(|_| {
            let message = self.caught.lock().unwrap_or_else(PoisonError::into_inner).ours.take();
            Error::Defect(message.unwrap_or_default())
        })
    }

    /// What panicked elsewhere since the last time.
    pub(crate) fn elsewhere(&self) -> VecDeque<String> {
        std::mem::take(&mut self.caught.lock().unwrap_or_else(PoisonError::into_inner).elsewhere)
    }
}

impl Drop for Panics {
    /// Puts the hook from before back. What panicked elsewhere is told now: the terminal is restored.
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let before = self.before.clone();
        std::panic::set_hook(Box::new(move |info| before(info)));
        let all = std::mem::take(&mut self.caught.lock().unwrap_or_else(PoisonError::into_inner).all);
        for message in all {
            let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("{message}\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Panics;
    use crate::run::Error;

    #[test]
    fn a_defect_of_the_dashboard_is_an_error_and_one_elsewhere_a_message() {
        let panics = Panics::caught();
        assert_eq!(panics.guarded(|| 7).ok(), Some(7));
        let defect = panics.guarded(|| panic!("a picture of nothing"));
        assert!(
            matches!(&defect, Err(Error::Defect(text)) if text.contains("a picture of nothing")),
            "{defect:?}"
        );
        let other = std::thread::spawn(|| panic!("somebody else's"));
        assert!(other.join().is_err());
        let messages = panics.elsewhere();
        assert!(messages.iter().any(|message| message.contains("somebody else's")), "{messages:?}");
        assert!(panics.elsewhere().is_empty(), "told once");
    }
}
