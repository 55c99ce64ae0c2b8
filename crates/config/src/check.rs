//! What a value has to look like: names, durations, and whatever goes into an AT command or comes from a vendor.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use events::normalised_model;
use jiff::SignedDuration;

use crate::section::Item;
use crate::{ConfigError, Place};

/// The longest duration that a setting may have: a day.
pub(crate) const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// A duration such as `"250ms"`, in whole milliseconds within `bounds_ms`.
pub(crate) fn duration_ms(item: &Item<'_>, bounds_ms: RangeInclusive<u64>) -> Result<u64, ConfigError> {
    let (low, high) = (*bounds_ms.start(), *bounds_ms.end());
    let expected = format!("a duration from {low}ms to {}h", high / 3_600_000);
    let help = "write a number and its unit in quotes, such as \"250ms\", \"5s\" or \"10m\"";
    item.text_as(&expected, help, |text| {
        let duration: SignedDuration = text.parse().ok()?;
        let whole_ms = u64::try_from(duration.as_millis()).ok()?;
        let exact = duration.subsec_nanos() % 1_000_000 == 0;
        Some(whole_ms).filter(|ms| exact && bounds_ms.contains(ms))
    })
}

/// A name that appears on screens and in records: printable, not empty, at most `longest` characters.
pub(crate) fn name(item: &Item<'_>, longest: usize) -> Result<String, ConfigError> {
    let help = format!("write 1 to {longest} printable characters, without spaces around them");
    item.text_as("a name", &help, |text| {
        let fits = (1..=longest).contains(&text.chars().count());
        let clean = text.trim() == text && !text.chars().any(char::is_control);
        Some(text.to_owned()).filter(|_| fits && clean)
    })
}

/// Text that goes into an AT command: printable ASCII without a double quote (`families.md`, "For every family", 4).
/// The length limits are each family's own.
pub(crate) fn command_text(item: &Item<'_>) -> Result<String, ConfigError> {
    let help = "it goes into an AT command: write printable ASCII, without double quotes";
    item.text_as("printable ASCII text", help, |text| {
        Some(text.to_owned()).filter(|text| is_command_text(text))
    })
}

/// Whether `text` may stand between the quotes of an AT command's parameter.
pub(crate) fn is_command_text(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'"')
}

/// A model, normalised.
pub(crate) fn model(item: &Item<'_>) -> Result<String, ConfigError> {
    let help = "write the model as `AT+CGMM` or `ATI` gives it, such as \"BG96\"";
    item.text_as("a model", help, as_model)
}

/// `text` as a model, normalised.
pub(crate) fn as_model(text: &str) -> Option<String> {
    Some(normalised_model(text)).filter(|model| is_word(model))
}

/// A firmware revision, kept as it is: revisions are compared exactly.
pub(crate) fn revision(item: &Item<'_>) -> Result<String, ConfigError> {
    let help =
        "write the revision as the module gives it, without label and spaces, such as \"BG96MAR02A07M1G\"";
    item.text_as("a revision", help, |text| Some(text.to_owned()).filter(|text| is_word(text)))
}

/// 1 to 64 printable ASCII characters, none of them a space.
fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Things of which there may be only one, and where each was seen first.
#[derive(Default)]
pub(crate) struct Once {
    seen: BTreeMap<String, Place>,
}

impl Once {
    /// Notes `key` at `place`; the place where it was seen before, if it was.
    pub(crate) fn note(&mut self, key: String, place: Place) -> Option<Place> {
        if let Some(first) = self.seen.get(&key) {
            return Some(first.clone());
        }
        self.seen.insert(key, place);
        None
    }
}
