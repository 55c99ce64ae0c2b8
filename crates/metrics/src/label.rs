//! Label values that come from modules and files: printable, short, and not too many different ones.

use std::collections::BTreeSet;

/// What stands for a model, a family or a revision that is not known.
pub(crate) const UNIDENTIFIED: &str = "unidentified";
/// What stands for every value beyond the bound.
pub(crate) const OTHER: &str = "other";
/// The longest label value, in characters.
const LENGTH: usize = 64;

/// `text` without control bytes and anything beyond ASCII, cut to 64 characters.
pub(crate) fn clean(text: &str) -> String {
    let printable = text.chars().map(|c| if c == ' ' || c.is_ascii_graphic() { c } else { '?' });
    printable.take(LENGTH).collect()
}

/// Lets through so many different values; the rest is [`OTHER`].
#[derive(Debug)]
pub(crate) struct Bounded {
    seen: BTreeSet<String>,
    limit: usize,
}

impl Bounded {
    pub(crate) fn new(limit: usize) -> Self {
        Self { seen: BTreeSet::new(), limit }
    }

    pub(crate) fn value(&mut self, text: &str) -> String {
        let value = clean(text);
        if self.seen.contains(&value) {
            return value;
        }
        if value.is_empty() || self.seen.len() == self.limit {
            return OTHER.to_owned();
        }
        self.seen.insert(value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::{Bounded, OTHER, clean};

    #[test]
    fn a_label_is_printable_and_short() {
        assert_eq!(clean("BG96\r\n\u{1b}[31mé"), "BG96???[31m?");
        assert_eq!(clean(&"x".repeat(1_000)).len(), 64);
    }

    #[test]
    fn beyond_the_bound_all_values_are_one() {
        let mut bounded = Bounded::new(2);
        let values = ["a", "b", "c", "a", "", "d"].map(|text| bounded.value(text));
        assert_eq!(values, ["a", "b", OTHER, "a", OTHER, OTHER]);
    }
}
