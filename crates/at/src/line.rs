//! A line from the module and the values in it.

use crate::mask::printable;

/// One value of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Written without quotes; surrounding spaces dropped.
    Bare(String),
    /// Written in quotes; a comma in it is text.
    Quoted(String),
}

impl Field {
    /// The value, quoted or not.
    pub fn text(&self) -> &str {
        match self {
            Self::Bare(text) | Self::Quoted(text) => text,
        }
    }

    /// The value as a number. A percent sign behind it is allowed (BG96 prints `1`, ` 1`, `1%` and ` 1%`: C27).
    pub fn int(&self) -> Option<i64> {
        let text = self.text().trim();
        text.strip_suffix('%').unwrap_or(text).trim_end().parse().ok()
    }
}

/// A line from the module, without its line end, printable, at most [`crate::LINE_LIMIT`] long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    text: String,
    name_end: usize,
    fields: Vec<Field>,
}

impl Line {
    /// Reads `text` as `+NAME: value,"value",…`. `=` may stand for the colon (C6), with any spaces; a line without
    /// such a name has no fields.
    pub fn parse(text: &str) -> Self {
        let text = printable(text.trim(), crate::LINE_LIMIT);
        let name_end = name_end(&text);
        let fields = if name_end == 0 { Vec::new() } else { fields(&text[name_end + 1..]) };
        Self { text, name_end, fields }
    }

    /// The whole line.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The name with its plus sign, as `+CFOTA`.
    pub fn name(&self) -> Option<&str> {
        (self.name_end > 0).then(|| self.text[..self.name_end].trim_end())
    }

    /// Whether the line carries this name.
    pub fn is(&self, name: &str) -> bool {
        self.name() == Some(name)
    }

    /// The values after the name.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The value at `place` as text, from 0.
    pub fn field(&self, place: usize) -> Option<&str> {
        self.fields.get(place).map(Field::text)
    }

    /// The value at `place` as a number, from 0.
    pub fn int(&self, place: usize) -> Option<i64> {
        self.fields.get(place).and_then(Field::int)
    }

    /// What follows `label` and a colon, case aside, as in `Revision: BG96MAR02A07M1G`.
    pub fn after_label(&self, label: &str) -> Option<&str> {
        let (head, value) = self.text.split_once(':')?;
        head.trim().eq_ignore_ascii_case(label).then(|| value.trim())
    }
}

/// Where the name ends (the place of its `:` or `=`), or 0 when the line has none.
fn name_end(text: &str) -> usize {
    if !text.starts_with('+') {
        return 0;
    }
    let word = text[1..].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let after = text[1 + word..].trim_start_matches(' ');
    let named = word > 0 && (after.starts_with(':') || after.starts_with('='));
    if named { text.len() - after.len() } else { 0 }
}

/// The comma-separated values of `text`; an open quote takes all that follows.
fn fields(text: &str) -> Vec<Field> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    if rest.is_empty() {
        return found;
    }
    loop {
        let after;
        if let Some(quoted) = rest.strip_prefix('"') {
            let (value, tail) = quoted.split_once('"').unwrap_or((quoted, ""));
            found.push(Field::Quoted(value.to_owned()));
            after = tail.split_once(',').map(|(_, next)| next);
        } else {
            let (value, next) =
                rest.split_once(',').map_or((rest, None), |(value, next)| (value, Some(next)));
            found.push(Field::Bare(value.trim().to_owned()));
            after = next;
        }
        match after {
            Some(next) => rest = next.trim_start(),
            None => return found,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, Line};

    fn values(text: &str) -> Vec<String> {
        Line::parse(text).fields().iter().map(|field| field.text().to_owned()).collect()
    }

    #[test]
    fn prefix_and_value_in_every_spelling() {
        for text in ["+CFOTA:6", "+CFOTA: 6", "+CFOTA = 6", "+CFOTA=6", "+CFOTA : 6%"] {
            let line = Line::parse(text);
            assert_eq!((line.name(), line.int(0)), (Some("+CFOTA"), Some(6)), "{text}");
        }
    }

    #[test]
    fn a_comma_inside_quotes_is_text() {
        assert_eq!(
            values("+QIND: \"FOTA\",\"Last upgrade was not finished,continue upgrade\""),
            ["FOTA", "Last upgrade was not finished,continue upgrade"]
        );
        assert_eq!(values("+QCFGEXT: \"fota_apn\",0,\"a\",\"\",\"\""), ["fota_apn", "0", "a", "", ""]);
    }

    #[test]
    fn quoted_and_bare_are_told_apart() {
        let line = Line::parse("+X: \"1\", 1 ,");
        assert_eq!(
            line.fields(),
            [Field::Quoted("1".into()), Field::Bare("1".into()), Field::Bare(String::new())]
        );
    }

    #[test]
    fn percent_in_all_four_spellings_c27() {
        for text in ["1", " 1", "1%", " 1%"] {
            assert_eq!(
                Line::parse(&format!("+QIND: \"FOTA\",\"UPDATING\",{text}")).int(2),
                Some(1),
                "{text}"
            );
        }
    }

    #[test]
    fn lines_without_a_name_have_no_fields() {
        for text in ["Revision:1529B04SIM7000G", "", "+", "+:", "+FOTA patch ratio: 1", "RDY"] {
            assert_eq!(Line::parse(text).name(), None, "{text}");
        }
        assert_eq!(Line::parse("Revision: 15 ").after_label("revision"), Some("15"));
    }
}
