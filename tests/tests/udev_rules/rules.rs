//! Reads a file of udev rules: the part of the language that fotarig's files use. Whatever else stands in a file is an
//! error, so that nothing is passed over in silence.

use std::fmt;

/// What a key of a rule speaks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// The event's action.
    Action,
    /// The device's own name.
    Kernel,
    /// The device's own subsystem.
    Subsystem,
    /// A property of the event.
    Env(String),
    /// An attribute of the device itself.
    Attr(String),
    /// Whether the device has a file.
    Test,
    /// The name of the device or of one above it.
    Kernels,
    /// The subsystem of the device or of one above it.
    Subsystems,
    /// The driver of the device or of one above it.
    Drivers,
    /// An attribute of the device or of one above it.
    Attrs(String),
    /// Group of the node.
    Group,
    /// Mode of the node.
    Mode,
    /// Further names of the node.
    Symlink,
    /// Programs to run; with the word `builtin` udevd's own.
    Run(Option<String>),
    /// Go on at a label.
    Goto,
    /// A label.
    Label,
}

/// What a key does with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// `==`
    Is,
    /// `!=`
    IsNot,
    /// `=`
    Set,
    /// `+=`
    Add,
    /// `:=`
    SetFinally,
}

/// One key, operator and value of a rule.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    /// What it speaks about.
    pub(crate) key: Key,
    /// What it does.
    pub(crate) operator: Operator,
    /// With what.
    pub(crate) value: String,
}

/// One line of a file.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Its place.
    pub(crate) line: usize,
    /// Its keys.
    pub(crate) tokens: Vec<Token>,
}

/// A line that the reader does not know how to take.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unknown(pub(crate) String);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The rules of a file in their order. Every `GOTO` has its `LABEL` below it, and every `LABEL` its `GOTO`.
pub(crate) fn parse(text: &str) -> Result<Vec<Rule>, Unknown> {
    let mut rules = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        if line.ends_with('\\') {
            return Err(Unknown(format!("line {line_number}: a line that goes on in the next one")));
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let tokens = tokens(line).map_err(|Unknown(what)| Unknown(format!("line {line_number}: {what}")))?;
        rules.push(Rule { line: line_number, tokens });
    }
    labels(&rules)?;
    Ok(rules)
}

fn tokens(line: &str) -> Result<Vec<Token>, Unknown> {
    let mut tokens = Vec::new();
    let mut rest = line;
    loop {
        let (token, behind) = token(rest)?;
        tokens.push(token);
        if behind.is_empty() {
            return Ok(tokens);
        }
        rest =
            behind.strip_prefix(", ").ok_or_else(|| Unknown(format!("`, ` is wanted before `{behind}`")))?;
    }
}

fn token(text: &str) -> Result<(Token, &str), Unknown> {
    let unknown = |what: &str| Unknown(format!("{what}: `{text}`"));
    let end = text.find(['=', '!', '+', ':', '-']).ok_or_else(|| unknown("no operator"))?;
    let (name, rest) = text.split_at(end);
    let operators = [
        ("==", Operator::Is),
        ("!=", Operator::IsNot),
        ("+=", Operator::Add),
        (":=", Operator::SetFinally),
        ("=", Operator::Set),
    ];
    let found = operators.iter().find_map(|(sign, operator)| Some((operator, rest.strip_prefix(sign)?)));
    let (operator, rest) = found.ok_or_else(|| unknown("unknown operator"))?;
    let rest = rest.strip_prefix('"').ok_or_else(|| unknown("no quoted value"))?;
    let (value, rest) = rest.split_once('"').ok_or_else(|| unknown("the value does not end"))?;
    if value.contains('\\') {
        return Err(unknown("a backslash"));
    }
    let key = key(name).ok_or_else(|| unknown("unknown key"))?;
    if !takes(&key, *operator) {
        return Err(unknown("an operator that this key does not take here"));
    }
    Ok((Token { key, operator: *operator, value: value.to_owned() }, rest))
}

fn key(name: &str) -> Option<Key> {
    let (word, inner) = match name.split_once('{') {
        Some((word, inner)) => (word, Some(inner.strip_suffix('}')?.to_owned())),
        None => (name, None),
    };
    let key = match (word, inner) {
        ("ACTION", None) => Key::Action,
        ("KERNEL", None) => Key::Kernel,
        ("SUBSYSTEM", None) => Key::Subsystem,
        ("KERNELS", None) => Key::Kernels,
        ("SUBSYSTEMS", None) => Key::Subsystems,
        ("DRIVERS", None) => Key::Drivers,
        ("TEST", None) => Key::Test,
        ("GROUP", None) => Key::Group,
        ("MODE", None) => Key::Mode,
        ("SYMLINK", None) => Key::Symlink,
        ("GOTO", None) => Key::Goto,
        ("LABEL", None) => Key::Label,
        ("RUN", None) => Key::Run(None),
        ("RUN", Some(kind)) if kind == "builtin" => Key::Run(Some(kind)),
        ("ENV", Some(name)) => Key::Env(name),
        ("ATTR", Some(name)) => Key::Attr(name),
        ("ATTRS", Some(name)) => Key::Attrs(name),
        _ => return None,
    };
    Some(key)
}

/// A missing attribute is unequal to everything in some versions of udevd and to nothing in others, so `!=` is not taken
/// there; for the keys that look upwards it says something else than it seems to.
fn takes(key: &Key, operator: Operator) -> bool {
    use Operator::{Add, Is, IsNot, Set, SetFinally};
    match key {
        Key::Action | Key::Kernel | Key::Subsystem => matches!(operator, Is | IsNot),
        Key::Test | Key::Kernels | Key::Subsystems | Key::Drivers | Key::Attrs(_) => operator == Is,
        Key::Env(_) => matches!(operator, Is | IsNot | Set),
        Key::Attr(_) => matches!(operator, Is | Set),
        Key::Group | Key::Mode => matches!(operator, Set | SetFinally),
        Key::Symlink | Key::Run(_) => operator == Add,
        Key::Goto | Key::Label => operator == Set,
    }
}

fn labels(rules: &[Rule]) -> Result<(), Unknown> {
    let named = |key: &Key| {
        let of_rule = |rule: &Rule| {
            let found = rule.tokens.iter().filter(|token| token.key == *key);
            found.map(|token| (rule.line, token.value.clone())).collect::<Vec<_>>()
        };
        rules.iter().flat_map(of_rule).collect::<Vec<_>>()
    };
    let (jumps, labels) = (named(&Key::Goto), named(&Key::Label));
    for (line, name) in &jumps {
        if labels.iter().filter(|(place, label)| label == name && place > line).count() != 1 {
            return Err(Unknown(format!("line {line}: not one LABEL `{name}` below")));
        }
    }
    for (line, name) in &labels {
        if !jumps.iter().any(|(_, jump)| jump == name) {
            return Err(Unknown(format!("line {line}: nothing leads to the LABEL `{name}`")));
        }
    }
    Ok(())
}
