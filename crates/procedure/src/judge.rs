//! What an answer must say: a test over lines, with words for people.

use std::fmt;
use std::sync::Arc;

use at::Line;
use events::What;

/// What a line says about what is being waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It is so.
    Good,
    /// Not yet.
    NotYet,
    /// It moves: so many of so many (0: not known).
    Progress(u64, u64),
    /// It failed, and how; with the particulars.
    Bad(What, String),
}

type Test = dyn Fn(&Line) -> Option<Judgement> + Send + Sync;

/// A test over lines. A line that has nothing to do with it gives `None`.
#[derive(Clone)]
pub struct Judge {
    says: String,
    test: Arc<Test>,
}

impl Judge {
    /// A test, and what it wants in words.
    pub fn new(
        says: impl Into<String>,
        test: impl Fn(&Line) -> Option<Judgement> + Send + Sync + 'static,
    ) -> Self {
        Self { says: says.into(), test: Arc::new(test) }
    }

    /// A line named `name` for which `good` holds; any other line of that name is "not yet".
    pub fn line(
        name: &'static str,
        says: impl fmt::Display,
        good: impl Fn(&Line) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(format!("{name}: {says}"), move |line| {
            line.is(name).then(|| if good(line) { Judgement::Good } else { Judgement::NotYet })
        })
    }

    /// A line named `name` whose value at `place` is exactly `value`.
    pub fn value(name: &'static str, place: usize, value: impl Into<String>) -> Self {
        let value = value.into();
        Self::line(name, value.clone(), move |line| line.field(place) == Some(&value))
    }

    /// What `line` says.
    pub fn test(&self, line: &Line) -> Option<Judgement> {
        (self.test)(line)
    }

    /// What it wants, in words.
    pub fn says(&self) -> &str {
        &self.says
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Judge({})", self.says)
    }
}
