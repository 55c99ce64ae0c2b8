//! Updates as the module itself sees them: what it finds in a package, and how far it is.

use events::Family;

use crate::package::Header;

/// How far an update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum Stage {
    /// There is none.
    #[default]
    Idle,
    /// The package is being fetched by the trigger command itself.
    Downloading,
    /// The trigger is accepted, nothing has been written yet.
    Starting,
    /// The firmware is being written; SIM7000 and SIM7028 in place, BG96 into its backup partition.
    Writing,
    /// The backup is copied over the firmware (BG96 guide, 3.1.1, note 1).
    Restoring,
    /// It has failed and is being wound up.
    Failing,
    /// The new firmware starts.
    Rebooting,
}

/// What a module finds when it examines a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// There is no package.
    Absent,
    /// The payload, or the header, is damaged.
    Damaged {
        /// All bytes are there, and some are wrong.
        full_size: bool,
    },
    /// It is whole, and for another family, model or revision.
    Mismatch,
    /// It fits and leads to this revision.
    Fits(String),
}

/// Who examines a package.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity<'a> {
    pub(crate) family: Family,
    pub(crate) model: &'a str,
    pub(crate) revision: &'a str,
    pub(crate) suffix: &'a str,
}

impl Identity<'_> {
    fn runs(&self, revision: &str) -> bool {
        if revision.contains('_') {
            revision.strip_prefix(self.revision) == Some(self.suffix)
        } else {
            revision == self.revision
        }
    }
}

/// Examines `file` as the module `identity` does before it writes anything.
pub(crate) fn examine(file: Option<&[u8]>, identity: Identity<'_>) -> Finding {
    let Some(file) = file else {
        return Finding::Absent;
    };
    let Ok((header, payload)) = Header::read(file) else {
        return Finding::Damaged { full_size: file.len() >= crate::package::SMALLEST };
    };
    if !header.fits(payload) {
        return Finding::Damaged { full_size: payload.len() as u64 >= header.size };
    }
    let ours = header.family == identity.family && header.model.eq_ignore_ascii_case(identity.model);
    if ours && identity.runs(&header.from) { Finding::Fits(header.to) } else { Finding::Mismatch }
}
