//! AT command lines as a module reads them: prefix, `;` chains, forms, quoted and bare arguments.

/// The form of an extended command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `AT+X`
    Run,
    /// `AT+X?`
    Read,
    /// `AT+X=?`
    Test,
    /// `AT+X=…`
    Set,
}

/// One argument of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Argument {
    /// In double quotes.
    Quoted(String),
    /// Without; empty where nothing stands between two commas.
    Bare(String),
}

impl Argument {
    /// The text, quoted or not.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Quoted(text) | Self::Bare(text) => text,
        }
    }
}

/// One command of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// In upper case, without `AT`: `+CFOTA`, `I`, `E0`, or empty for a bare `AT`.
    pub(crate) name: String,
    /// How it was asked.
    pub(crate) form: Form,
    /// The arguments of a [`Form::Set`].
    pub(crate) arguments: Vec<Argument>,
}

impl Command {
    fn new(name: &str, form: Form) -> Self {
        Self { name: name.to_ascii_uppercase(), form, arguments: Vec::new() }
    }

    /// Argument `index` as text; `None` when it is missing or empty and bare.
    pub(crate) fn text(&self, index: usize) -> Option<&str> {
        match self.arguments.get(index)? {
            Argument::Bare(text) if text.is_empty() => None,
            argument @ (Argument::Bare(_) | Argument::Quoted(_)) => Some(argument.text()),
        }
    }

    /// Argument `index` when it is in quotes.
    pub(crate) fn quoted(&self, index: usize) -> Option<&str> {
        match self.arguments.get(index)? {
            Argument::Quoted(text) => Some(text),
            Argument::Bare(_) => None,
        }
    }

    /// Argument `index` as a number.
    pub(crate) fn number(&self, index: usize) -> Option<u64> {
        self.text(index)?.parse().ok()
    }

    /// Whether it is `name` in `form`.
    pub(crate) fn is(&self, name: &str, form: Form) -> bool {
        self.name == name && self.form == form
    }
}

/// The commands of a line; `None` when it holds no `AT`, which a module passes over in silence.
///
/// What stands before `AT` is line noise to a module, and ignored.
pub(crate) fn parse_line(line: &str) -> Option<Vec<Command>> {
    let start = line.as_bytes().windows(2).position(|pair| pair.eq_ignore_ascii_case(b"AT"))?;
    let rest = line.get(start + 2..)?.trim();
    if rest.is_empty() {
        return Some(vec![Command::new("", Form::Run)]);
    }
    Some(split(rest, ';').into_iter().filter(|part| !part.is_empty()).flat_map(parse_command).collect())
}

fn parse_command(text: &str) -> Vec<Command> {
    if !text.starts_with(['+', '*', '^', '$', '#']) {
        return parse_basic(text);
    }
    let Some((name, rest)) = text.split_once('=') else {
        let command = match text.strip_suffix('?') {
            Some(name) => Command::new(name, Form::Read),
            None => Command::new(text, Form::Run),
        };
        return vec![command];
    };
    if rest.trim() == "?" {
        return vec![Command::new(name.trim(), Form::Test)];
    }
    let mut command = Command::new(name.trim(), Form::Set);
    command.arguments = split(rest, ',').into_iter().map(parse_argument).collect();
    vec![command]
}

/// Basic commands stand side by side: `E0V1` is `E0` and `V1`.
fn parse_basic(text: &str) -> Vec<Command> {
    let mut commands: Vec<Command> = Vec::new();
    for letter in text.chars().filter(|letter| !letter.is_whitespace()) {
        match commands.last_mut() {
            Some(last) if letter.is_ascii_digit() || last.name == "&" => {
                last.name.push(letter.to_ascii_uppercase());
            }
            Some(_) | None => commands.push(Command::new(&letter.to_string(), Form::Run)),
        }
    }
    commands
}

fn parse_argument(text: &str) -> Argument {
    match text.strip_prefix('"') {
        Some(rest) => Argument::Quoted(rest.strip_suffix('"').unwrap_or(rest).to_owned()),
        None => Argument::Bare(text.to_owned()),
    }
}

/// Splits at `separator` outside quotes, and trims the parts.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut quoted = false;
    text.split(move |letter| {
        quoted ^= letter == '"';
        letter == separator && !quoted
    })
    .map(str::trim)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::{Argument, Form, parse_line};

    #[test]
    fn a_line_is_read_with_its_form_and_arguments() {
        let commands = parse_line("at+cfswfile=1,\"up;d,ate.zip\",0,,10000").unwrap();
        assert_eq!(commands.len(), 1);
        assert!(commands[0].is("+CFSWFILE", Form::Set));
        assert_eq!(commands[0].quoted(1), Some("up;d,ate.zip"));
        assert_eq!(commands[0].text(3), None);
        assert_eq!(commands[0].number(4), Some(10_000));
        assert_eq!(commands[0].arguments[0], Argument::Bare("1".into()));
    }

    #[test]
    fn commands_are_joined_by_semicolons_and_basic_ones_by_nothing() {
        let names = |line: &str| -> Vec<_> {
            parse_line(line).unwrap().into_iter().map(|command| (command.name, command.form)).collect()
        };
        let pair = |name: &str, form| (name.to_owned(), form);
        assert_eq!(
            names("AT+CSQ;+CEREG?;+QFOTADL=?"),
            [pair("+CSQ", Form::Run), pair("+CEREG", Form::Read), pair("+QFOTADL", Form::Test)]
        );
        assert_eq!(names("ATE0V1&F"), [pair("E0", Form::Run), pair("V1", Form::Run), pair("&F", Form::Run)]);
        assert_eq!(names("x\0AT"), [pair("", Form::Run)]);
        assert_eq!(names("AT"), [pair("", Form::Run)]);
        assert_eq!(parse_line("hello"), None);
    }
}
