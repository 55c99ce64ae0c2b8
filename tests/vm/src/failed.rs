//! Why the machine, or a check in it, could not go on.

use std::fmt;

/// What went wrong, in words.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) String);

/// What a step has brought.
pub(crate) type Outcome<T> = Result<T, Failed>;

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failed {
    fn from(what: String) -> Self {
        Self(what)
    }
}

/// Says at what an error has come up.
pub(crate) trait At<T> {
    /// The value, or the error behind `what`.
    fn at(self, what: impl fmt::Display) -> Outcome<T>;
}

impl<T, E: fmt::Display> At<T> for Result<T, E> {
    fn at(self, what: impl fmt::Display) -> Outcome<T> {
        self.map_err(|error| Failed(format!("{what}: {error}")))
    }
}

/// Goes on only where `condition` holds; `otherwise` says what was found instead.
pub(crate) fn ensure(condition: bool, otherwise: impl FnOnce() -> String) -> Outcome<()> {
    if condition { Ok(()) } else { Err(Failed(otherwise())) }
}
