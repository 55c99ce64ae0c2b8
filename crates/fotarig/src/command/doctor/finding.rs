//! A finding: how bad, what, and the command that mends it.

use serde::Serialize;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Weight {
    /// Nothing to do.
    Good,
    /// A batch runs, but something may go wrong.
    Warns,
    /// A batch cannot run, or would go wrong.
    Blocks,
}

impl Weight {
    /// A symbol, so that it never hangs on colour alone.
    pub(crate) const fn symbol(self) -> &'static str {
        match self {
            Self::Good => "✔",
            Self::Warns => "!",
            Self::Blocks => "✘",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    pub(crate) weight: Weight,
    /// What was looked at: a stable word.
    pub(crate) check: &'static str,
    pub(crate) text: String,
    /// The command that mends it.
    pub(crate) mend: Option<String>,
}

impl Finding {
    pub(crate) fn good(check: &'static str, text: impl Into<String>) -> Self {
        Self { weight: Weight::Good, check, text: text.into(), mend: None }
    }

    pub(crate) fn warns(check: &'static str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { weight: Weight::Warns, check, text: text.into(), mend: Some(mend.into()) }
    }

    pub(crate) fn blocks(check: &'static str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { weight: Weight::Blocks, ..Self::warns(check, text, mend) }
    }
}
