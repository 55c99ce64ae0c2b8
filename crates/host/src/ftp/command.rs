//! Commands: what a line of a client asks for.

/// Commands, as far as they mean anything here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// `USER`
    User(String),
    /// `PASS`
    Pass(String),
    /// `QUIT`
    Quit,
    /// `ABOR`
    Abort,
    /// One that has the same reply always.
    Settled(&'static str),
    /// One for those who are logged in.
    Errand(Errand),
}

/// What those who are logged in may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// `PWD`
    Where,
    /// `CWD`, `CDUP`
    Go(String),
    /// `PASV`
    Passive,
    /// `EPSV`
    ExtendedPassive,
    /// `SIZE`
    Size(String),
    /// `REST`; `None` when the offset is no number.
    Restart(Option<u64>),
    /// `RETR`
    Retrieve(String),
    /// `LIST`, or `NLST`: names only.
    List { path: String, names_only: bool },
    /// What would change something.
    Change,
}

const FEATURES: &str = "211-Features:\r\n EPSV\r\n PASV\r\n REST STREAM\r\n SIZE\r\n UTF8\r\n211 End.";

impl Command {
    /// What `line` asks for.
    pub(super) fn read(line: &str) -> Self {
        let (verb, argument) = line.split_once(' ').unwrap_or((line, ""));
        let text = || argument.to_owned();
        match verb.trim().to_ascii_uppercase().as_str() {
            "USER" => Self::User(text()),
            "PASS" => Self::Pass(text()),
            "QUIT" => Self::Quit,
            "ABOR" => Self::Abort,
            "NOOP" | "OPTS" | "CLNT" => Self::Settled("200 Good."),
            "ALLO" | "ACCT" => Self::Settled("202 Not needed."),
            "SYST" => Self::Settled("215 UNIX Type: L8"),
            "FEAT" => Self::Settled(FEATURES),
            // Bytes go out as they are, whatever the type is called.
            "TYPE" => accepted(argument, &["A", "A N", "I", "L 8"]),
            "MODE" => accepted(argument, &["S"]),
            "STRU" => accepted(argument, &["F"]),
            "EPSV" if argument.eq_ignore_ascii_case("ALL") => Self::Settled("200 Good."),
            "PORT" | "EPRT" => Self::Settled("502 Passive mode only."),
            verb => Errand::read(verb, argument).map_or(Self::Settled("502 Not known here."), Self::Errand),
        }
    }
}

fn accepted(argument: &str, known: &[&str]) -> Command {
    let known = known.iter().any(|known| known.eq_ignore_ascii_case(argument.trim()));
    Command::Settled(if known { "200 Good." } else { "504 Not in this way." })
}

impl Errand {
    fn read(verb: &str, argument: &str) -> Option<Self> {
        let text = || argument.to_owned();
        Some(match verb {
            "PWD" | "XPWD" => Self::Where,
            "CWD" | "XCWD" => Self::Go(text()),
            "CDUP" | "XCUP" => Self::Go("..".to_owned()),
            "PASV" => Self::Passive,
            "EPSV" => Self::ExtendedPassive,
            "SIZE" => Self::Size(text()),
            "REST" => Self::Restart(argument.trim().parse().ok()),
            "RETR" => Self::Retrieve(text()),
            "LIST" | "NLST" => Self::List { path: without_options(argument), names_only: verb == "NLST" },
            "STOR" | "STOU" | "APPE" | "DELE" | "RNFR" | "RNTO" | "MKD" | "XMKD" | "RMD" | "XRMD"
            | "MFMT" | "SITE" => Self::Change,
            _ => return None,
        })
    }
}

/// `-la /p` is `/p`: clients give `ls`'s options.
fn without_options(argument: &str) -> String {
    let words: Vec<&str> = argument.split(' ').filter(|word| !word.starts_with('-')).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{Command, Errand};

    #[test]
    fn verbs_have_any_case_and_arguments_keep_theirs() {
        assert_eq!(Command::read("user Tmf"), Command::User("Tmf".to_owned()));
        assert_eq!(Command::read("quit"), Command::Quit);
        assert_eq!(Command::read("PASS a b"), Command::Pass("a b".to_owned()));
        let go = |path: &str| Command::Errand(Errand::Go(path.to_owned()));
        assert_eq!((Command::read("CWD /p/X/"), Command::read("CDUP")), (go("/p/X/"), go("..")));
        let list =
            |path: &str, names_only| Command::Errand(Errand::List { path: path.to_owned(), names_only });
        assert_eq!(
            (Command::read("LIST -la"), Command::read("nlst -1 /p")),
            (list("", false), list("/p", true))
        );
        assert_eq!(Command::read("REST 12"), Command::Errand(Errand::Restart(Some(12))));
        assert_eq!(Command::read("REST -1"), Command::Errand(Errand::Restart(None)));
        assert_eq!(Command::read("stor x"), Command::Errand(Errand::Change));
    }

    #[test]
    fn what_is_not_offered_is_said_to_be() {
        for (line, code) in [
            ("", "502"),
            ("AUTH TLS", "502"),
            ("PORT 127,0,0,1,0,1", "502"),
            ("TYPE E", "504"),
            ("TYPE i", "200"),
            ("MODE B", "504"),
            ("EPSV ALL", "200"),
        ] {
            let Command::Settled(reply) = Command::read(line) else { panic!("{line}") };
            assert!(reply.starts_with(code), "{line}: {reply}");
        }
    }
}
