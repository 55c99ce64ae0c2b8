//! Reading a table key by key: each key known, each value of its type and within its bounds, each error in its place.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;

use toml::Spanned;
use toml::de::{DeFloat, DeInteger, DeTable, DeValue};

use crate::source::Source;
use crate::{ConfigError, Place, suggest};

/// A table, and what it is called in messages: `[rack]`, `[[slot]]`, `[hosting] http`.
pub(crate) struct Section<'a> {
    source: &'a Source<'a>,
    name: String,
    span: Range<usize>,
    table: &'a DeTable<'a>,
}

/// A value, and what it is called in messages: `[[slot]] baud`.
pub(crate) struct Item<'a> {
    source: &'a Source<'a>,
    name: String,
    span: Range<usize>,
    value: &'a DeValue<'a>,
}

/// A key that is the writer's own, its place, and its value.
pub(crate) type Entry<'a> = (&'a str, Range<usize>, Item<'a>);

impl<'a> Section<'a> {
    /// The whole file, of which only the sections `known` are allowed.
    pub(crate) fn root(
        source: &'a Source<'a>,
        table: &'a Spanned<DeTable<'a>>,
        known: &[&str],
    ) -> Result<Self, ConfigError> {
        let root = Self { source, name: String::new(), span: 0..0, table: table.get_ref() };
        root.knows(known)?;
        Ok(root)
    }

    /// Refuses the first key that is none of `known`.
    fn knows(&self, known: &[&str]) -> Result<(), ConfigError> {
        let unknown = self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref()));
        let Some(first) = unknown.min_by_key(|key| key.span().start) else { return Ok(()) };
        let place =
            if self.name.is_empty() { "at the top level".to_owned() } else { format!("in {}", self.name) };
        let message = format!("unknown key `{}` {place}", shown(first.get_ref()));
        Err(self.source.error(&first.span(), message, suggest::one_of(known, first.get_ref())))
    }

    /// What `take` makes of the value of `key`, where there is one.
    pub(crate) fn maybe<T>(
        &self,
        key: &str,
        take: impl FnOnce(&Item<'a>) -> Result<T, ConfigError>,
    ) -> Result<Option<T>, ConfigError> {
        self.item(key).map(|item| take(&item)).transpose()
    }

    /// What `take` makes of the value of `key`; without it, `help` says what to write.
    pub(crate) fn need<T>(
        &self,
        key: &str,
        help: &str,
        take: impl FnOnce(&Item<'a>) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigError> {
        match self.item(key) {
            Some(item) => take(&item),
            None if self.name.is_empty() => Err(self.fail(format!("missing section `{key}`"), help)),
            None => Err(self.fail(format!("missing key `{key}` in {}", self.name), help)),
        }
    }

    /// The value of `key`.
    pub(crate) fn item(&self, key: &str) -> Option<Item<'a>> {
        let value = self.table.get(key)?;
        let name = match (self.name.as_str(), value.get_ref()) {
            ("", DeValue::Array(_)) => format!("[[{key}]]"),
            ("", _) => format!("[{key}]"),
            (section, _) => format!("{section} {key}"),
        };
        Some(Item { source: self.source, name, span: value.span(), value: value.get_ref() })
    }

    /// Where the table begins.
    pub(crate) fn place(&self) -> Place {
        self.source.place(&self.span)
    }

    /// Where the value of `key` stands; where the table begins when it is not there.
    pub(crate) fn place_of(&self, key: &str) -> Place {
        self.item(key).map_or_else(|| self.place(), |item| item.place())
    }

    /// The error `message` at the head of the table.
    pub(crate) fn fail(&self, message: impl Into<String>, help: impl Into<String>) -> ConfigError {
        self.source.error(&self.span, message, help)
    }

    /// The error `message` at the value of `key`.
    pub(crate) fn fail_at(
        &self,
        key: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> ConfigError {
        ConfigError::Invalid { place: self.place_of(key), message: message.into(), help: help.into() }
    }
}

impl<'a> Item<'a> {
    /// The error "expected …, found …" at this value.
    pub(crate) fn wrong(&self, expected: &str, help: impl Into<String>) -> ConfigError {
        self.fail(format!("expected {expected}, found {}", described(self.value)), help)
    }

    /// The error `message` at this value.
    pub(crate) fn fail(&self, message: impl AsRef<str>, help: impl Into<String>) -> ConfigError {
        self.source.error(&self.span, format!("{}: {}", self.name, message.as_ref()), help)
    }

    /// What it is called in messages.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The error `message` at `span`, a part of this value.
    pub(crate) fn fail_in(
        &self,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> ConfigError {
        self.source.error(span, message, help)
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        self.source.place(&self.span)
    }

    /// A string.
    pub(crate) fn text(&self) -> Result<&'a str, ConfigError> {
        self.value.as_str().ok_or_else(|| self.wrong("a string", "put the value in quotes"))
    }

    /// Whether it is a table.
    pub(crate) fn is_table(&self) -> bool {
        matches!(self.value, DeValue::Table(_))
    }

    /// What `take` makes of the string; `expected` and `help` are for the error when it makes nothing.
    pub(crate) fn text_as<T>(
        &self,
        expected: &str,
        help: &str,
        take: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<T, ConfigError> {
        self.value.as_str().and_then(take).ok_or_else(|| self.wrong(expected, help))
    }

    /// A path, relative to the directory of the file that names it.
    pub(crate) fn path(&self) -> Result<PathBuf, ConfigError> {
        let usable = |text: &&str| !text.is_empty() && !text.chars().any(char::is_control);
        let path = self.text_as("a path", "write it relative to this file, or absolute", |text| {
            Some(text).filter(usable)
        })?;
        Ok(self.source.resolve(path))
    }

    /// A whole number within `bounds`.
    pub(crate) fn whole<T: TryFrom<u64>>(&self, bounds: RangeInclusive<u64>) -> Result<T, ConfigError> {
        self.whole_or(bounds, "write a number within these bounds, without quotes")
    }

    /// A whole number within `bounds`; `help` says what to write when it is none.
    pub(crate) fn whole_or<T: TryFrom<u64>>(
        &self,
        bounds: RangeInclusive<u64>,
        help: &str,
    ) -> Result<T, ConfigError> {
        let number = self
            .value
            .as_integer()
            .and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        let (low, high) = (bounds.start(), bounds.end());
        let within =
            number.filter(|number| bounds.contains(number)).and_then(|number| T::try_from(number).ok());
        within.ok_or_else(|| self.wrong(&format!("a whole number from {low} to {high}"), help))
    }

    /// A number, with or without a fraction.
    pub(crate) fn number(&self) -> Option<f64> {
        let float = self.value.as_float().map(DeFloat::as_str);
        float.or_else(|| self.value.as_integer().map(DeInteger::as_str))?.parse().ok()
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self) -> Result<bool, ConfigError> {
        self.value.as_bool().ok_or_else(|| self.wrong("`true` or `false`", "write it without quotes"))
    }

    /// The elements of a list, which must not be empty.
    pub(crate) fn list(&self, help: &str) -> Result<Vec<Self>, ConfigError> {
        let DeValue::Array(list) = self.value else { return Err(self.wrong("a list", help)) };
        if list.is_empty() {
            return Err(self.fail("the list is empty", help));
        }
        Ok(list
            .iter()
            .map(|value| Self {
                source: self.source,
                name: self.name.clone(),
                span: value.span(),
                value: value.get_ref(),
            })
            .collect())
    }

    /// A table of which only the keys `known` are allowed; `help` shows how it is written.
    pub(crate) fn section(&self, known: &[&str], help: &str) -> Result<Section<'a>, ConfigError> {
        let DeValue::Table(table) = self.value else { return Err(self.wrong("a table", help)) };
        let section =
            Section { source: self.source, name: self.name.clone(), span: self.span.clone(), table };
        section.knows(known)?;
        Ok(section)
    }

    /// The entries of a table whose keys are the writer's own, in the order of the file: each key, its place, and
    /// its value, which messages call `name(key)`.
    pub(crate) fn entries(
        &self,
        help: &str,
        name: impl Fn(&str) -> String,
    ) -> Result<Vec<Entry<'a>>, ConfigError> {
        let DeValue::Table(table) = self.value else { return Err(self.wrong("a table", help)) };
        let entry = |(key, value): (&'a Spanned<_>, &'a Spanned<DeValue<'a>>)| {
            let key_text: &'a Cow<'a, str> = key.get_ref();
            let name = name(&shown(key_text));
            let item = Self { source: self.source, name, span: value.span(), value: value.get_ref() };
            (key_text.as_ref(), key.span(), item)
        };
        let mut entries: Vec<_> = table.iter().map(entry).collect();
        entries.sort_by_key(|(_, span, _)| span.start);
        Ok(entries)
    }
}

/// What a value is, in an error.
fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.is_empty() => "an empty string".to_owned(),
        DeValue::String(text) => format!("`{}`", shown(text)),
        DeValue::Integer(number) => shown(&number.to_string()),
        DeValue::Float(number) => shown(number.as_str()),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// `text` as it may appear in a message: no control characters, not longer than a line.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut start = String::new();
    for character in text.chars().take(LONGEST) {
        match character {
            '"' | '\'' | '\\' => start.push(character),
            other => start.extend(other.escape_debug()),
        }
    }
    if text.chars().count() > LONGEST { format!("{start}…") } else { start }
}
