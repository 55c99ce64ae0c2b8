//! What udevd does with a device under some rules: the part of its behaviour that `rules` lets through.

use std::collections::BTreeMap;

use crate::recording::{Level, Recording};
use crate::rules::{Key, Operator, Rule, Token, Unknown};

/// What the rules made of an event.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The properties that a rule has set.
    pub(crate) set: BTreeMap<String, String>,
    /// The group of the node, where a rule says one.
    pub(crate) group: Option<String>,
    /// The mode of the node, where a rule says one.
    pub(crate) mode: Option<String>,
    /// Further names of the node, below `/dev`.
    pub(crate) links: Vec<String>,
    /// Attributes that are written.
    pub(crate) written: BTreeMap<String, String>,
    /// What is run in the end.
    pub(crate) run: Vec<String>,
}

/// An event on its way through the rules.
struct Event<'a> {
    action: &'a str,
    device: &'a Recording,
    properties: BTreeMap<String, String>,
    outcome: Outcome,
    fixed: Vec<Key>,
}

/// Applies the rules of several files, one after the other, to an event of `device`.
pub(crate) fn evaluate(files: &[&[Rule]], device: &Recording, action: &str) -> Result<Outcome, Unknown> {
    let properties = device.properties.clone();
    let mut event = Event { action, device, properties, outcome: Outcome::default(), fixed: Vec::new() };
    for rules in files {
        let mut wanted: Option<String> = None;
        for rule in *rules {
            let label = |name: &String| rule.tokens.iter().any(|t| t.key == Key::Label && t.value == *name);
            if wanted.as_ref().is_none_or(label) {
                wanted = event
                    .apply(rule)
                    .map_err(|Unknown(what)| Unknown(format!("line {}: {what}", rule.line)))?;
            }
        }
    }
    Ok(event.outcome)
}

impl Event<'_> {
    /// Applies one rule; the label at which to go on, where it says one.
    fn apply(&mut self, rule: &Rule) -> Result<Option<String>, Unknown> {
        let (matches, acts): (Vec<&Token>, Vec<&Token>) =
            rule.tokens.iter().partition(|token| is_match(token));
        for token in &matches {
            if !upwards(&token.key) && !self.matches(token)? {
                return Ok(None);
            }
        }
        let above: Vec<&Token> = matches.into_iter().filter(|token| upwards(&token.key)).collect();
        let parent = match above.as_slice() {
            [] => None,
            above => {
                let mut found = None;
                for level in &self.device.chain {
                    if found.is_none() && all_match(above, level)? {
                        found = Some(level);
                    }
                }
                let Some(level) = found else { return Ok(None) };
                Some(level.kernel.clone())
            }
        };
        let mut goto = None;
        for token in acts {
            if token.key == Key::Goto {
                goto = Some(token.value.clone());
            } else {
                self.act(token, parent.as_deref())?;
            }
        }
        Ok(goto)
    }

    fn matches(&self, token: &Token) -> Result<bool, Unknown> {
        let own = &self.device.chain[0];
        let value = match &token.key {
            Key::Action => self.action,
            Key::Kernel => &own.kernel,
            Key::Subsystem => &own.subsystem,
            Key::Env(name) => self.properties.get(name).map_or("", String::as_str),
            Key::Attr(name) => match own.attributes.get(name) {
                Some(value) => value,
                None => return Ok(false),
            },
            Key::Test => return Ok(own.attributes.contains_key(&token.value)),
            Key::Kernels
            | Key::Subsystems
            | Key::Drivers
            | Key::Attrs(_)
            | Key::Group
            | Key::Mode
            | Key::Symlink
            | Key::Run(_)
            | Key::Goto
            | Key::Label => return Err(Unknown(format!("{:?} is not the device's own", token.key))),
        };
        Ok(glob(&token.value, value)? == (token.operator == Operator::Is))
    }

    fn act(&mut self, token: &Token, parent: Option<&str>) -> Result<(), Unknown> {
        if self.fixed.contains(&token.key) {
            return Ok(());
        }
        if token.operator == Operator::SetFinally {
            self.fixed.push(token.key.clone());
        }
        let value = self.substitute(&token.value, parent)?;
        match &token.key {
            Key::Env(name) => {
                self.properties.insert(name.clone(), value.clone());
                self.outcome.set.insert(name.clone(), value);
            }
            Key::Attr(name) => drop(self.outcome.written.insert(name.clone(), value)),
            Key::Group => self.outcome.group = Some(value),
            Key::Mode => self.outcome.mode = Some(value),
            Key::Symlink => self.outcome.links.push(value),
            Key::Run(kind) => {
                self.outcome
                    .run
                    .push(kind.as_ref().map_or_else(|| value.clone(), |kind| format!("{kind}: {value}")));
            }
            Key::Label => {}
            Key::Action
            | Key::Kernel
            | Key::Subsystem
            | Key::Test
            | Key::Kernels
            | Key::Subsystems
            | Key::Drivers
            | Key::Attrs(_)
            | Key::Goto => return Err(Unknown(format!("{:?} sets nothing", token.key))),
        }
        Ok(())
    }

    /// `$id`, `$kernel`, `$env{…}`, `$attr{…}` and their short forms; `$$` and `%%`.
    fn substitute(&self, text: &str, parent: Option<&str>) -> Result<String, Unknown> {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['$', '%']) {
            out.push_str(&rest[..at]);
            let (sign, behind) = rest[at..].split_at(1);
            let (name, inner, left) = reference(sign, behind)?;
            match (name, inner) {
                ("$" | "%", None) => out.push_str(sign),
                ("id" | "b", None) => {
                    let parent = parent.ok_or_else(|| Unknown("$id without a match upwards".to_owned()))?;
                    out.push_str(parent);
                }
                ("kernel" | "k", None) => out.push_str(self.device.kernel()),
                ("env" | "E", Some(name)) => {
                    out.push_str(self.properties.get(name).map_or("", String::as_str));
                }
                ("attr" | "s", Some(name)) => {
                    let value = self.device.chain[0].attributes.get(name);
                    out.push_str(value.ok_or_else(|| Unknown(format!("no attribute `{name}`")))?);
                }
                _ => return Err(Unknown(format!("unknown substitution in `{text}`"))),
            }
            rest = left;
        }
        Ok(out + rest)
    }
}

/// The name behind a `$` or `%`, what it has in braces, and what follows.
fn reference<'a>(sign: &str, behind: &'a str) -> Result<(&'a str, Option<&'a str>, &'a str), Unknown> {
    let length = match sign {
        "$" if behind.starts_with('$') => 1,
        "$" => behind.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(behind.len()),
        _ => behind.chars().next().map_or(0, char::len_utf8),
    };
    let (name, rest) = behind.split_at(length);
    match rest.strip_prefix('{') {
        Some(braced) if matches!(name, "env" | "attr" | "E" | "s") => {
            let (inner, rest) = braced
                .split_once('}')
                .ok_or_else(|| Unknown(format!("a brace does not end in `{behind}`")))?;
            Ok((name, Some(inner), rest))
        }
        Some(_) | None => Ok((name, None, rest)),
    }
}

fn is_match(token: &Token) -> bool {
    matches!(token.operator, Operator::Is | Operator::IsNot)
}

fn upwards(key: &Key) -> bool {
    matches!(key, Key::Kernels | Key::Subsystems | Key::Drivers | Key::Attrs(_))
}

fn all_match(tokens: &[&Token], level: &Level) -> Result<bool, Unknown> {
    for token in tokens {
        let value = match &token.key {
            Key::Kernels => Some(&level.kernel),
            Key::Subsystems => Some(&level.subsystem),
            Key::Drivers => Some(&level.driver),
            Key::Attrs(name) => level.attributes.get(name),
            Key::Action
            | Key::Kernel
            | Key::Subsystem
            | Key::Env(_)
            | Key::Attr(_)
            | Key::Test
            | Key::Group
            | Key::Mode
            | Key::Symlink
            | Key::Run(_)
            | Key::Goto
            | Key::Label => return Err(Unknown(format!("{:?} does not look upwards", token.key))),
        };
        match value {
            Some(value) if glob(&token.value, value)? => {}
            Some(_) | None => return Ok(false),
        }
    }
    Ok(true)
}

/// Whether one of the alternatives of `pattern` (`a|b`) fits the whole of `text`.
pub(crate) fn glob(pattern: &str, text: &str) -> Result<bool, Unknown> {
    if pattern.contains(['$', '%']) {
        return Err(Unknown(format!("a substitution in the pattern `{pattern}`")));
    }
    let text: Vec<char> = text.chars().collect();
    let mut fits = false;
    for alternative in pattern.split('|') {
        fits |= one(&alternative.chars().collect::<Vec<_>>(), &text)?;
    }
    Ok(fits)
}

fn one(pattern: &[char], text: &[char]) -> Result<bool, Unknown> {
    let Some((first, rest)) = pattern.split_first() else { return Ok(text.is_empty()) };
    match (first, text.split_first()) {
        ('*', None) => one(rest, text),
        ('*', Some((_, behind))) => Ok(one(rest, text)? || one(pattern, behind)?),
        ('[', character) => {
            let end = rest.iter().position(|c| *c == ']');
            let end = end.ok_or_else(|| Unknown("a bracket does not end".to_owned()))?;
            let (class, rest) = (&rest[..end], &rest[end + 1..]);
            match character {
                Some((character, behind)) if in_class(class, *character)? => one(rest, behind),
                Some(_) | None => Ok(false),
            }
        }
        ('?', Some((_, behind))) => one(rest, behind),
        (wanted, Some((character, behind))) if wanted == character => one(rest, behind),
        (_, Some(_) | None) => Ok(false),
    }
}

fn in_class(class: &[char], character: char) -> Result<bool, Unknown> {
    match class {
        [low, '-', high] if low < high => Ok((*low..=*high).contains(&character)),
        ['!' | '^', ..] | [] => Err(Unknown("a class of characters of an unknown form".to_owned())),
        class if class.contains(&'-') => Err(Unknown("a range among other characters".to_owned())),
        class => Ok(class.contains(&character)),
    }
}
