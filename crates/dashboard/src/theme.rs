//! How roles look: in sixteen colours, in true colour, or by attributes alone; and in ASCII where nothing else is sure.

use events::Verdict;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen means; the theme says how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Text,
    Dim,
    Strong,
    Title,
    Key,
    Passed,
    Already,
    Refused,
    Failed,
    Aborted,
    Unknown,
    Busy,
    Past,
    Away,
    Waiting,
    Held,
    Quarantined,
    Warning,
    Error,
}

impl Role {
    /// The role of a verdict.
    pub(crate) const fn of(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Passed,
            Verdict::Already => Self::Already,
            Verdict::Refused => Self::Refused,
            Verdict::Failed => Self::Failed,
            Verdict::Aborted => Self::Aborted,
            Verdict::Unknown => Self::Unknown,
        }
    }
}

/// How many colours there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Palette {
    /// None: bold, dim and reversed only (`NO_COLOR`, `TERM=dumb`).
    Plain,
    /// The terminal's own sixteen, of which only those are taken that read on light and on dark backgrounds.
    Sixteen,
    /// Middle tones that read on light and on dark backgrounds (`COLORTERM=truecolor`).
    True,
}

/// How the dashboard looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// How many colours there are.
    pub palette: Palette,
    /// Nothing but ASCII is drawn.
    pub ascii: bool,
}

impl Default for Theme {
    fn default() -> Self {
        Self { palette: Palette::Sixteen, ascii: false }
    }
}

impl Theme {
    /// The theme that the environment asks for, by `NO_COLOR`, `TERM`, `COLORTERM` and the locale; `variable` looks one
    /// up (`std::env::var(name).ok()`).
    pub fn detect(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_else(|| "dumb".to_owned());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
        let upper = locale.to_ascii_uppercase();
        let unicode = upper.contains("UTF-8") || upper.contains("UTF8");
        let deep = set("COLORTERM").is_some_and(|depth| depth == "truecolor" || depth == "24bit");
        let palette = if set("NO_COLOR").is_some() || term == "dumb" {
            Palette::Plain
        } else if deep {
            Palette::True
        } else {
            Palette::Sixteen
        };
        Self { palette, ascii: !unicode || term == "dumb" || term == "linux" }
    }

    /// How `role` looks.
    pub(crate) fn style(self, role: Role) -> Style {
        let style = Style::new().add_modifier(modifier(role, self.palette));
        match (self.palette, tone(role)) {
            (Palette::Plain, _) | (_, None) => style,
            (Palette::Sixteen, Some(tone)) => style.fg(tone.sixteen()),
            (Palette::True, Some(tone)) => style.fg(tone.deep()),
        }
    }

    /// Puts ASCII in the place of everything else, where the theme asks for it.
    pub(crate) fn finish(self, buffer: &mut Buffer) {
        if !self.ascii {
            return;
        }
        for cell in &mut buffer.content {
            if !cell.symbol().is_ascii() {
                let plain = in_ascii(cell.symbol());
                cell.set_symbol(plain);
            }
        }
    }
}

/// The few colours there are.
#[derive(Clone, Copy)]
enum Tone {
    Green,
    Teal,
    Red,
    Amber,
    Violet,
    Grey,
}

impl Tone {
    const fn sixteen(self) -> Color {
        match self {
            Self::Green => Color::Green,
            Self::Teal => Color::Cyan,
            Self::Red => Color::Red,
            Self::Amber => Color::Yellow,
            Self::Violet => Color::Magenta,
            Self::Grey => Color::Reset,
        }
    }

    const fn deep(self) -> Color {
        match self {
            Self::Green => Color::Rgb(0x2f, 0x9e, 0x4f),
            Self::Teal => Color::Rgb(0x1f, 0x8f, 0xb5),
            Self::Red => Color::Rgb(0xd9, 0x48, 0x41),
            Self::Amber => Color::Rgb(0xb7, 0x7d, 0x1a),
            Self::Violet => Color::Rgb(0x9d, 0x63, 0xd3),
            Self::Grey => Color::Rgb(0x80, 0x80, 0x88),
        }
    }
}

const fn tone(role: Role) -> Option<Tone> {
    match role {
        Role::Text | Role::Strong | Role::Title | Role::Key => None,
        Role::Passed | Role::Already => Some(Tone::Green),
        Role::Busy => Some(Tone::Teal),
        Role::Failed | Role::Error | Role::Quarantined => Some(Tone::Red),
        Role::Past | Role::Away | Role::Warning => Some(Tone::Amber),
        Role::Unknown | Role::Held | Role::Refused | Role::Aborted => Some(Tone::Violet),
        Role::Dim | Role::Waiting => Some(Tone::Grey),
    }
}

const fn modifier(role: Role, palette: Palette) -> Modifier {
    match role {
        Role::Text | Role::Already | Role::Refused | Role::Aborted | Role::Away => Modifier::empty(),
        Role::Dim | Role::Waiting => match palette {
            Palette::Plain | Palette::Sixteen => Modifier::DIM,
            Palette::True => Modifier::empty(),
        },
        Role::Strong
        | Role::Title
        | Role::Key
        | Role::Passed
        | Role::Failed
        | Role::Unknown
        | Role::Busy
        | Role::Past
        | Role::Held
        | Role::Quarantined
        | Role::Warning
        | Role::Error => Modifier::BOLD,
    }
}

/// What stands for `symbol` where there is only ASCII.
fn in_ascii(symbol: &str) -> &'static str {
    match symbol {
        "∅" => "0",
        "✘" => "X",
        "◆" => "*",
        "↻" => "@",
        "▶" | "→" => ">",
        "◌" => ":",
        "‖" => "H",
        "⊘" => "Q",
        "·" | "…" => ".",
        "–" | "—" | "─" | "━" => "-",
        "│" | "┃" => "|",
        "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" | "╭" | "╮" | "╰" | "╯" => {
            "+"
        }
        "◼" | "█" | "▀" | "▄" => "#",
        "▒" => "=",
        "▁" | "░" => "_",
        "←" => "<",
        "↑" | "▲" => "^",
        "↓" | "▼" => "v",
        "⏎" => "/",
        _ => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::{Palette, Theme};

    fn theme(variables: &[(&str, &str)]) -> Theme {
        Theme::detect(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_chooses() {
        let utf8 = ("LANG", "en_GB.UTF-8");
        let plain = theme(&[("TERM", "xterm"), ("NO_COLOR", "1"), ("COLORTERM", "truecolor"), utf8]);
        assert_eq!(plain, Theme { palette: Palette::Plain, ascii: false });
        let deep = theme(&[("TERM", "xterm"), ("NO_COLOR", ""), ("COLORTERM", "truecolor"), utf8]);
        assert_eq!(deep, Theme { palette: Palette::True, ascii: false });
        assert_eq!(theme(&[("TERM", "xterm"), utf8]), Theme { palette: Palette::Sixteen, ascii: false });
        assert_eq!(theme(&[("TERM", "linux"), utf8]), Theme { palette: Palette::Sixteen, ascii: true });
        assert_eq!(
            theme(&[("TERM", "xterm"), utf8, ("LC_ALL", "C")]),
            Theme { palette: Palette::Sixteen, ascii: true }
        );
        assert_eq!(theme(&[utf8]), Theme { palette: Palette::Plain, ascii: true });
    }
}
