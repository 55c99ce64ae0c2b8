//! Families, IMEIs and modules.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Modules that share one FOTA procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// SIM7000 series.
    Sim7000,
    /// SIM7080, SIM7070 and SIM7090 series.
    Sim7080,
    /// SIM7028 (NB2, UART).
    Sim7028,
    /// Quectel AG35.
    Ag35,
    /// Quectel BG96.
    Bg96,
}

impl Family {
    /// Every family, in the order of the product's documents.
    pub const ALL: [Self; 5] = [Self::Sim7000, Self::Sim7080, Self::Sim7028, Self::Ag35, Self::Bg96];

    /// The name used in files, metrics and on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sim7000 => "sim7000",
            Self::Sim7080 => "sim7080",
            Self::Sim7028 => "sim7028",
            Self::Ag35 => "ag35",
            Self::Bg96 => "bg96",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownFamily(pub String);

impl fmt::Display for UnknownFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Family::ALL.map(Family::name).join(", ");
        write!(f, "unknown family `{}`; there are {known}", self.0)
    }
}

impl std::error::Error for UnknownFamily {}

impl FromStr for Family {
    type Err = UnknownFamily;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|family| family.name() == text)
            .ok_or_else(|| UnknownFamily(text.to_owned()))
    }
}

/// An International Mobile Equipment Identity: 15 digits whose last is the Luhn check digit, not all zero.
///
/// Source: `families.md`, "Comparing".
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Imei(String);

impl Imei {
    /// Takes `text` as an IMEI; `None` when it is not 15 digits, all zeros, or fails the Luhn check.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim();
        let well_formed = digits.len() == 15 && digits.bytes().all(|b| b.is_ascii_digit());
        let zero = digits.bytes().all(|b| b == b'0');
        (well_formed && !zero && luhn_sum(digits).is_multiple_of(10)).then(|| Self(digits.to_owned()))
    }

    /// The 15 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// First and last four digits, as screens show it: `8663…0417`.
    pub fn short(&self) -> String {
        format!("{}…{}", &self.0[..4], &self.0[11..])
    }
}

/// Sum of the digits, every second one from the right doubled and its digits added.
fn luhn_sum(digits: &str) -> u32 {
    digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0') * if place % 2 == 1 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum()
}

impl TryFrom<String> for Imei {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("`{text}` is no IMEI"))
    }
}

impl From<Imei> for String {
    fn from(imei: Imei) -> Self {
        imei.0
    }
}

impl fmt::Display for Imei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Imei {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Imei({})", self.0)
    }
}

/// `text` as models are compared: trimmed, upper case, without `SIMCOM_` (`families.md`, "Comparing").
pub fn normalised_model(text: &str) -> String {
    let upper = text.trim().to_ascii_uppercase();
    upper.strip_prefix("SIMCOM_").unwrap_or(&upper).to_owned()
}

/// What is in a slot, as it answered when it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// The family whose procedure it follows.
    pub family: Family,
    /// Normalised model: trimmed, upper case, `SIMCOM_` dropped, aliases applied.
    pub model: String,
    /// Its IMEI.
    pub imei: Imei,
    /// Firmware revision: the answer to `ATI`/`AT+GMR` without label and white space.
    pub revision: String,
    /// The whole `AT+QGMR` answer, where the family has one.
    pub full_revision: Option<String>,
}

impl Module {
    /// Whether it runs exactly `target`: compared with the whole `QGMR` answer when the target has a `_` suffix,
    /// with the whole `ATI`/`GMR` revision otherwise; never by prefix (`families.md`, "Comparing").
    pub fn runs(&self, target: &str) -> bool {
        match (&self.full_revision, target.contains('_')) {
            (Some(full), true) => full == target,
            (None, true) | (_, false) => self.revision == target,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Family, Imei, Module, normalised_model};

    #[test]
    fn imei_wants_fifteen_digits_with_a_right_check_digit() {
        assert!(Imei::parse(" 490154203237518\r").is_some());
        for wrong in [
            "",
            "000000000000000",
            "490154203237519",
            "49015420323751",
            "4901542032375180",
            "49015420323751A",
        ] {
            assert!(Imei::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn models_are_trimmed_upper_case_and_without_the_makers_prefix() {
        for (written, normal) in [
            (" bg96\r", "BG96"),
            ("SIMCOM_SIM7000G", "SIM7000G"),
            ("simcom_sim7028", "SIM7028"),
            ("SIMCOM_", ""),
        ] {
            assert_eq!(normalised_model(written), normal);
        }
    }

    #[test]
    fn short_form_shows_both_ends() {
        assert_eq!(Imei::parse("490154203237518").unwrap().short(), "4901…7518");
    }

    #[test]
    fn a_suffix_is_compared_with_qgmr_and_never_by_prefix() {
        let module = Module {
            family: Family::Bg96,
            model: "BG96".into(),
            imei: Imei::parse("490154203237518").unwrap(),
            revision: "BG96MAR02A07M1G".into(),
            full_revision: Some("BG96MAR02A07M1G_01.007.01.007".into()),
        };
        assert!(module.runs("BG96MAR02A07M1G"));
        assert!(module.runs("BG96MAR02A07M1G_01.007.01.007"));
        assert!(!module.runs("BG96MAR02A07M1G_01.007.01.008"));
        assert!(!module.runs("BG96MAR02A07M1"));
        assert!(!module.runs("BG96MAR02A07M1G_"));
    }

    #[test]
    fn family_names_are_those_of_the_files() {
        for family in Family::ALL {
            assert_eq!(family.name().parse(), Ok(family));
            assert_eq!(serde_json::to_string(&family).unwrap(), format!("\"{family}\""));
        }
        assert!("bg95".parse::<Family>().is_err());
    }
}
