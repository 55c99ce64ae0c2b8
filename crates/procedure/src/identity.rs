//! Who is there: what is asked, and how the answers are read (`families.md`, "Comparing").

use std::collections::BTreeMap;

use at::{Command, Line};
use events::{Family, Imei, normalised_model};

/// Longest model or revision that is taken seriously, in characters.
const NAME_LIMIT: usize = 64;

/// How to find out who is there.
#[derive(Clone, Debug, Default)]
pub struct Identify {
    /// Models and what to ask them, in the order in which they are tried.
    pub known: Vec<Recognise>,
    /// Other names of models: normalised name as it is answered, and as it is meant.
    pub aliases: BTreeMap<String, String>,
    /// How long one answer may take, milliseconds.
    pub command_ms: u64,
}

/// Models of a family, and how each tells its revision.
#[derive(Clone, Debug)]
pub struct Recognise {
    /// The family.
    pub family: Family,
    /// How the normalised models begin.
    pub prefixes: &'static [&'static str],
    /// Asked for the revision; the next when one gives none.
    pub revision: Vec<Command>,
    /// Asked for the whole revision with its suffix, where the family has it.
    pub full_revision: Option<Command>,
}

/// What a module answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The family, when the model belongs to one.
    pub family: Option<Family>,
    /// Normalised model; empty when it gave none.
    pub model: String,
    /// IMEI, when it gave a valid one.
    pub imei: Option<Imei>,
    /// Revision without label and white space; empty when it gave none.
    pub revision: String,
    /// The whole `QGMR` answer, where the family has it.
    pub full_revision: Option<String>,
}

impl Identity {
    /// Whether the revision is one: not empty, and not the `.00.000` of a module that is still starting.
    pub fn well_formed(&self) -> bool {
        let unready = |text: &str| text.is_empty() || text.ends_with(".00.000");
        !unready(&self.revision) && !self.full_revision.as_deref().is_some_and(unready)
    }

    /// As the module of a unit: `None` when family or IMEI is missing.
    pub fn module(&self) -> Option<events::Module> {
        Some(events::Module {
            family: self.family?,
            model: self.model.clone(),
            imei: self.imei.clone()?,
            revision: self.revision.clone(),
            full_revision: self.full_revision.clone(),
        })
    }
}

impl Identify {
    /// The row for a normalised model.
    pub fn recognise(&self, model: &str) -> Option<&Recognise> {
        self.known.iter().find(|known| known.prefixes.iter().any(|prefix| model.starts_with(prefix)))
    }

    /// The model among the lines of an answer: the one that is known, else the first that could be one.
    pub fn model(&self, lines: &[Line]) -> String {
        let names: Vec<String> = lines.iter().filter_map(|line| self.model_of(line)).collect();
        names
            .iter()
            .find(|name| self.recognise(name).is_some())
            .or(names.first())
            .cloned()
            .unwrap_or_default()
    }

    fn model_of(&self, line: &Line) -> Option<String> {
        let text = value_of(line, &["+CGMM", "+GMM"], "Model")?;
        let name = normalised_model(text);
        let name = self.aliases.get(&name).cloned().unwrap_or(name);
        (!name.is_empty() && name.len() <= NAME_LIMIT).then_some(name)
    }
}

/// The revision among the lines of an answer.
pub(crate) fn revision(lines: &[Line]) -> String {
    let labelled = lines.iter().find_map(|line| line.after_label("Revision"));
    let plausible = |text: &&str| plausible_revision(text);
    let text = labelled.filter(plausible).or_else(|| {
        lines
            .iter()
            .filter_map(|line| value_of(line, &["+CGMR", "+GMR", "+QGMR"], "Revision"))
            .find(plausible)
    });
    text.map(|text| text.split_whitespace().collect()).unwrap_or_default()
}

/// The IMEI among the lines of an answer.
pub(crate) fn imei(lines: &[Line]) -> Option<Imei> {
    lines.iter().filter_map(|line| value_of(line, &["+CGSN", "+GSN"], "IMEI")).find_map(Imei::parse)
}

/// The value of a line that is bare, or carries one of `names` or `label`; `None` for other named lines.
fn value_of<'a>(line: &'a Line, names: &[&str], label: &str) -> Option<&'a str> {
    match line.name() {
        Some(name) if names.contains(&name) => line.field(0),
        Some(_) => None,
        None => Some(line.after_label(label).unwrap_or_else(|| line.text())),
    }
}

/// Revisions have a digit, a letter and no odd characters; boot messages such as `RDY` have no digit, a late IMEI has no
/// letter.
fn plausible_revision(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._- ".contains(c);
    let has = |kind: fn(&char) -> bool| text.chars().any(|c| kind(&c));
    text.len() <= NAME_LIMIT
        && text.chars().all(allowed)
        && has(char::is_ascii_digit)
        && has(char::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use at::Line;
    use events::Family;

    use super::{Identify, Identity, Recognise, imei, revision};

    fn lines(texts: &[&str]) -> Vec<Line> {
        texts.iter().map(|text| Line::parse(text)).collect()
    }

    #[test]
    fn revision_bare_labelled_or_named() {
        for text in
            ["2110B07SIM7028", "Revision:2110B07SIM7028", "Revision: 2110B07SIM7028", "+CGMR: 2110B07SIM7028"]
        {
            assert_eq!(revision(&lines(&["RDY", "+CFUN: 1", text])), "2110B07SIM7028", "{text}");
        }
        assert_eq!(revision(&lines(&["Quectel", "BG96", "Revision: BG96MAR02A07M1G"])), "BG96MAR02A07M1G");
        assert_eq!(revision(&lines(&["RDY", "+CPIN: READY", "490154203237518"])), "");
    }

    #[test]
    fn imei_bare_or_named_and_never_an_invalid_one() {
        assert!(imei(&lines(&["RDY", "490154203237518"])).is_some());
        assert!(imei(&lines(&["+CGSN: \"490154203237518\""])).is_some());
        assert!(imei(&lines(&["490154203237519"])).is_none());
    }

    #[test]
    fn model_is_the_known_one_among_boot_messages() {
        let identify = Identify {
            known: vec![Recognise {
                family: Family::Sim7000,
                prefixes: &["SIM7000"],
                revision: Vec::new(),
                full_revision: None,
            }],
            aliases: [("7000-X".to_owned(), "SIM7000G".to_owned())].into(),
            command_ms: 5000,
        };
        assert_eq!(identify.model(&lines(&["RDY", "SIMCOM_SIM7000G"])), "SIM7000G");
        assert_eq!(identify.model(&lines(&["7000-x"])), "SIM7000G");
        assert_eq!(identify.model(&lines(&["EC25"])), "EC25");
    }

    #[test]
    fn a_module_that_is_still_starting_is_not_well_formed() {
        let mut identity = Identity {
            family: Some(Family::Bg96),
            model: "BG96".into(),
            imei: None,
            revision: "BG96MAR02A07M1G".into(),
            full_revision: Some("BG96MAR02A07M1G_01.00.000".into()),
        };
        assert!(!identity.well_formed());
        identity.full_revision = Some("BG96MAR02A07M1G_01.007.01.007".into());
        assert!(identity.well_formed());
        identity.revision.clear();
        assert!(!identity.well_formed());
    }
}
