//! The `[[slot]]` entries of a rack's file, read and added to as text: comments and layout stay as they are.

use std::path::Path;

use crate::failure::Failure;

/// What a rack's file says of its slots, however unfinished the rest of it is.
#[derive(Debug, Default)]
pub(crate) struct SlotsFile {
    text: String,
    /// Labels with the port path, or the path of the tty.
    pub(crate) known: Vec<(String, String)>,
}

impl SlotsFile {
    /// Reads `path`; a file that is not there is begun.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(text).map_err(|error| {
                Failure::usage(format!("{}: {error}", path.display())).hint("mend the file first")
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self { text: "[rack]\nname = \"rack\"\n".to_owned(), known: Vec::new() })
            }
            Err(error) => Err(Failure::usage(format!("cannot read {}: {error}", path.display()))),
        }
    }

    fn parse(text: String) -> Result<Self, toml::de::Error> {
        let table: toml::Table = text.parse()?;
        let slots = table.get("slot").and_then(toml::Value::as_array).cloned().unwrap_or_default();
        let known = slots.iter().filter_map(|slot| {
            let key = |key: &str| slot.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            Some((key("label")?, key("usb").or_else(|| key("tty"))?))
        });
        Ok(Self { known: known.collect(), text })
    }

    /// The label of a port path.
    pub(crate) fn label_of(&self, port: &str) -> Option<&str> {
        self.known.iter().find(|(_, place)| place == port).map(|(label, _)| label.as_str())
    }

    /// Adds a slot behind the last one.
    pub(crate) fn add(&mut self, label: &str, port: &str) {
        let entry = format!("[[slot]]\nlabel = {}\nusb = \"{port}\"\n", toml::Value::from(label));
        let place = end_of_slots(&self.text).unwrap_or(self.text.len());
        let (before, after) = self.text.split_at(place);
        let gap = if before.is_empty() || before.ends_with("\n\n") { "" } else { "\n" };
        let behind = if after.is_empty() || after.starts_with('\n') { "" } else { "\n" };
        self.text = format!("{before}{gap}{entry}{behind}{after}");
        self.known.push((label.to_owned(), port.to_owned()));
    }

    /// Writes it beside the old one and puts it in its place, so that it is never half a file.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let new = path.with_extension("toml.new");
        let written = std::fs::write(&new, &self.text).and_then(|()| std::fs::rename(&new, path));
        written.map_err(|error| Failure::environment(format!("cannot write {}: {error}", path.display())))
    }

    /// The label that comes after the last one: `A8` after `A7`.
    pub(crate) fn next_label(&self) -> String {
        let Some((last, _)) = self.known.last() else { return "A1".to_owned() };
        let stem = last.trim_end_matches(|c: char| c.is_ascii_digit());
        let number: u32 = last[stem.len()..].parse().unwrap_or(0);
        let mut next = number;
        loop {
            next += 1;
            let label = format!("{stem}{next}");
            if !self.known.iter().any(|(known, _)| *known == label) {
                return label;
            }
        }
    }
}

/// Where the last `[[slot]]` entry ends, its own comments included.
fn end_of_slots(text: &str) -> Option<usize> {
    let last = text
        .rfind("\n[[slot]]")
        .map(|place| place + 1)
        .or_else(|| text.starts_with("[[slot]]").then_some(0))?;
    let mut end = last;
    let mut place = last;
    for line in text[last..].split_inclusive('\n') {
        let trimmed = line.trim_start();
        if place != last && trimmed.starts_with('[') {
            break;
        }
        place += line.len();
        if !trimmed.is_empty() && !trimmed.starts_with('#') {
            end = place;
        }
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::SlotsFile;

    const FILE: &str = "# our rack\n[rack]\nname = \"r\"\n\n[[slot]]\nlabel = \"A1\" # left\nusb = \"1-1.1\"\n\n\
                        # packages\n[hosting]\nhttp = { listen = \"127.0.0.1:0\" }\n";

    #[test]
    fn a_slot_is_added_behind_the_last_one_and_everything_else_stays() {
        let mut file = SlotsFile::parse(FILE.to_owned()).unwrap();
        assert_eq!(file.next_label(), "A2");
        file.add("A2", "1-1.2");
        let expected = FILE
            .replace("usb = \"1-1.1\"\n", "usb = \"1-1.1\"\n\n[[slot]]\nlabel = \"A2\"\nusb = \"1-1.2\"\n");
        assert_eq!(file.text, expected);
        let again = SlotsFile::parse(file.text).unwrap();
        assert_eq!(again.known, [("A1".into(), "1-1.1".into()), ("A2".into(), "1-1.2".to_owned())]);
        assert_eq!(again.label_of("1-1.2"), Some("A2"));
    }

    #[test]
    fn a_file_without_slots_gets_its_first() {
        let mut file = SlotsFile::parse("[rack]\nname = \"r\"".to_owned()).unwrap();
        file.add("B \"1\"", "1-2");
        assert_eq!(SlotsFile::parse(file.text).unwrap().known, [("B \"1\"".into(), "1-2".to_owned())]);
    }

    #[test]
    fn labels_that_are_taken_are_passed_over() {
        let mut file = SlotsFile::default();
        assert_eq!(file.next_label(), "A1");
        file.add("B2", "1-1");
        file.add("B1", "1-2");
        assert_eq!(file.next_label(), "B3");
    }
}
