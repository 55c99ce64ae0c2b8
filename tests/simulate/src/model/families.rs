//! What `families.md` says of each family, written down once more: probes, triggers, terminal failures, quiet times.

use events::Family;

/// "Within the window only these are sent, and only after quiet: `AT`, `ATE0`, identification" (`families.md`, "When is
/// a trigger resolved?"; identification by each family's own paragraph).
const PROBES: [&str; 5] = ["AT", "ATE0", "ATI", "AT+CGMM", "AT+CGSN"];

/// Whether `command` may be sent to a module of `family` past the point of no return.
pub(crate) fn is_probe(family: Family, command: &str) -> bool {
    let own: &[&str] = match family {
        Family::Sim7028 => &["AT+GMR", "AT+CGMR", "AT+LFOTA?"],
        Family::Sim7000 | Family::Sim7080 => &["AT+GMR", "AT+CGMR", "AT+SIMCOMATI", "AT+CFOTA?"],
        Family::Ag35 | Family::Bg96 => &["AT+GMR", "AT+CGMR", "AT+QGMR"],
    };
    // Before it is known who is there, any family's question for the revision may come.
    PROBES.contains(&command) || own.contains(&command)
}

/// What a command is to an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It starts the update, or may have armed it.
    Trigger,
    /// The reset that starts an update which `LFOTA=1` has armed: the same trigger.
    Reset,
    /// Something else.
    Other,
}

/// What `command` is to an update of a module of `family`.
pub(crate) fn role(family: Family, command: &str) -> Role {
    match family {
        Family::Sim7000 | Family::Sim7080 if command == "AT+CFOTA=1" => Role::Trigger,
        Family::Sim7028 if command.starts_with("AT+CFOTA=") && command != "AT+CFOTA=?" => Role::Trigger,
        Family::Sim7028 if command.starts_with("AT+LFOTA=1,") => Role::Trigger,
        Family::Sim7028 if command == "AT+QCRST" => Role::Reset,
        Family::Ag35 | Family::Bg96 if command.starts_with("AT+QFOTADL=") && command != "AT+QFOTADL=?" => {
            Role::Trigger
        }
        Family::Sim7000 | Family::Sim7080 | Family::Sim7028 | Family::Ag35 | Family::Bg96 => Role::Other,
    }
}

/// "Quiet time" of the table "Deadlines", milliseconds.
pub(crate) const fn quiet_ms(family: Family) -> u64 {
    match family {
        Family::Sim7028 => 90_000,
        Family::Sim7000 | Family::Sim7080 => 120_000,
        Family::Ag35 | Family::Bg96 => 300_000,
    }
}

/// What a line of a triggered module tells of its update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It goes on.
    Life,
    /// It failed for good.
    Terminal,
    /// Nothing.
    Nothing,
}

/// What `line` tells. `asked` says that a status read is being answered.
pub(crate) fn told(family: Family, line: &str, asked: bool) -> Told {
    if ["RDY", "APP RDY", "SMS Ready"].contains(&line) || line.contains("try normal boot") {
        return Told::Life;
    }
    match family {
        Family::Sim7000 | Family::Sim7080 => simcom(line, asked),
        Family::Sim7028 => sim7028(line),
        Family::Ag35 => quectel(line, true),
        Family::Bg96 => quectel(line, false),
    }
}

/// 3, 5 and 7 are terminal failures; so is what the URC says.
fn simcom(line: &str, asked: bool) -> Told {
    let Some(rest) = line.strip_prefix("+CFOTA:") else { return Told::Nothing };
    let rest = rest.trim();
    if rest.starts_with("\"Update fail") || (asked && ["3", "5", "7"].contains(&rest)) {
        Told::Terminal
    } else if rest.starts_with('"') && !rest.starts_with("\"Update success") {
        Told::Life
    } else {
        Told::Nothing
    }
}

fn sim7028(line: &str) -> Told {
    if let Some(code) = line.strip_prefix("+CFOTA:") {
        let code: u32 = code.trim().parse().unwrap_or_default();
        return if (1001..=1012).contains(&code) { Told::Terminal } else { Told::Life };
    }
    let checked = line.strip_prefix("+LFOTA").map(|rest| rest.trim_start_matches([':', '=', ' ']));
    if checked == Some("0") || line.contains("Something wrong") || line.starts_with("Update failed") {
        return Told::Terminal;
    }
    let stems = ["dups", "abup", "check old bin", "patch forward", "patch ratio"];
    if stems.iter().any(|stem| line.contains(stem)) { Told::Life } else { Told::Nothing }
}

/// On the AG35 a non-zero `END` is provisional (C23); a failed download is terminal on both.
fn quectel(line: &str, provisional: bool) -> Told {
    if !line.starts_with("+QIND") || !line.contains("\"FOTA\"") {
        return Told::Nothing;
    }
    let code = line.rsplit(',').next().and_then(|code| code.trim().parse::<u32>().ok()).unwrap_or_default();
    let failed = code != 0;
    if line.contains("HTTPEND\"") || line.contains("FTPEND\"") {
        if failed { Told::Terminal } else { Told::Life }
    } else if line.contains("\"END\"") {
        match (failed, provisional) {
            (true, false) => Told::Terminal,
            (true, true) => Told::Life,
            (false, _) => Told::Nothing,
        }
    } else {
        Told::Life
    }
}
