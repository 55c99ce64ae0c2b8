//! Which part of a package a request asks for (RFC 9110, 14.1 and 14.2).
//!
//! `headers::Range` is not used for it: it refuses a suffix longer than the package, which the RFC says is the whole,
//! and does not tell a malformed range (ignored) from one that cannot be satisfied (416).

use std::ops::Range;

/// What to answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything: no range was asked for, several were, or none that can be understood.
    Whole,
    /// These bytes, never none.
    Bytes(Range<u64>),
    /// A well-formed range of which the package has no byte.
    Unsatisfiable,
}

impl Part {
    /// The part that a `Range` header's value asks of a package of `total` bytes.
    pub(crate) fn asked(value: &str, total: u64) -> Self {
        let Some((unit, spec)) = value.split_once('=') else { return Self::Whole };
        if !unit.trim().eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        let Some((first, last)) = spec.trim().split_once('-') else { return Self::Whole };
        let (Some(first), Some(last)) = (Bound::read(first), Bound::read(last)) else { return Self::Whole };
        let range = match (first, last) {
            (Bound::Open, Bound::Open) => return Self::Whole,
            (Bound::At(first), Bound::At(last)) if first > last => return Self::Whole,
            (Bound::At(first), Bound::At(last)) => first..last.saturating_add(1).min(total),
            (Bound::At(first), Bound::Open) => first..total,
            (Bound::Open, Bound::At(count)) => total.saturating_sub(count)..total,
        };
        if range.is_empty() { Self::Unsatisfiable } else { Self::Bytes(range) }
    }
}

enum Bound {
    Open,
    At(u64),
}

impl Bound {
    /// `None` when `text` is neither empty nor digits. A number too large to hold lies beyond every package.
    fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::Open);
        }
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| Self::At(text.parse().unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn single_ranges_are_cut_to_the_package() {
        for (value, range) in [
            ("bytes=0-0", 0..1),
            ("bytes=2-5", 2..6),
            ("bytes=2-", 2..10),
            ("bytes=0-", 0..10),
            ("bytes=-3", 7..10),
            ("bytes=-300", 0..10),
            ("bytes=9-99999999999999999999999", 9..10),
            ("Bytes= 2-5 ", 2..6),
        ] {
            assert_eq!(Part::asked(value, 10), Part::Bytes(range), "{value}");
        }
    }

    #[test]
    fn what_the_package_does_not_have_cannot_be_satisfied() {
        for value in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(Part::asked(value, 10), Part::Unsatisfiable, "{value}");
        }
        assert_eq!(Part::asked("bytes=0-", 0), Part::Unsatisfiable);
    }

    #[test]
    fn everything_else_is_answered_with_the_whole() {
        for value in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-2",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes=a-b",
            "bytes=+1-2",
        ] {
            assert_eq!(Part::asked(value, 10), Part::Whole, "{value}");
        }
    }
}
