//! The checks in their order, and the running of them.

use std::io::stdin;
use std::time::Instant;

use super::{bus, emergency, job, replug, rules, stall};
use crate::failed::{At, Failed, Outcome};
use crate::rack::Bench;

/// A check: its name, and what it does; it says what it has shown.
#[derive(Clone, Copy)]
pub(crate) struct Check {
    name: &'static str,
    /// A command that the program must know; without it the check is left out.
    needs: Option<&'static str>,
    body: fn(&mut Bench) -> Outcome<String>,
}

const fn check(name: &'static str, body: fn(&mut Bench) -> Outcome<String>) -> Check {
    Check { name, needs: None, body }
}

const CHECKS: [Check; 11] = [
    check("ports", bus::ports),
    check("rules", rules::rules),
    check("at", bus::round_trips),
    check("replug", replug::replug),
    check("held", replug::held),
    check("emergency", emergency::emergency),
    check("blocked", stall::blocked),
    Check { needs: Some("scan"), ..check("scan", job::scan) },
    check("batch", job::batch),
    // A fixed tty that is away when an attempt begins is not waited for: this is for slots by port path.
    Check { needs: Some("scan"), ..check("burst", job::burst) },
    check("stall", stall::stall),
];
/// Not among all of them: it waits for somebody.
const HOLD: Check = check("hold", hold);

/// The checks with these names; all of them when there is none.
pub(crate) fn named(names: &[String]) -> Outcome<Vec<Check>> {
    if names.is_empty() {
        return Ok(CHECKS.to_vec());
    }
    let known = || CHECKS.iter().chain([&HOLD]);
    let find = |name: &String| {
        let all: Vec<&str> = known().map(|check| check.name).collect();
        let found = known().find(|check| check.name == name).copied();
        found.ok_or_else(|| Failed(format!("no check `{name}`; there are {}", all.join(", "))))
    };
    names.iter().map(find).collect()
}

/// Runs `checks`; whether all of them passed.
pub(crate) fn run(bench: &mut Bench, checks: &[Check]) -> Outcome<bool> {
    let began = Instant::now();
    bench.plug_all()?;
    println!("all modules plugged in and settled after {:.1} s", began.elapsed().as_secs_f64());
    let (mut passed, mut left_out) = (0, 0);
    for check in checks {
        if let Some(command) = check.needs
            && !job::knows(bench, command)?
        {
            left_out += 1;
            println!("\nleft out {}: this version of the program has no `{command}`", check.name);
            continue;
        }
        let began = Instant::now();
        let outcome = (check.body)(bench);
        let seconds = began.elapsed().as_secs_f64();
        let (word, said) = match outcome {
            Ok(shown) => {
                passed += 1;
                ("passed", shown)
            }
            Err(Failed(what)) => ("FAILED", what),
        };
        println!("\n{word} {} ({seconds:.1} s)\n{}", check.name, said.trim_end());
    }
    println!("\n{passed} of {} checks passed, {left_out} left out", checks.len());
    Ok(passed + left_out == checks.len())
}

/// Leaves the machine to somebody who looks around in it.
fn hold(bench: &mut Bench) -> Outcome<String> {
    let port = bench.guest().port;
    println!(
        "a script in the guest: s='lsusb -t'; printf '%s\\n%s' ${{#s}} \"$s\" | socat -t99 - TCP:127.0.0.1:{port}"
    );
    println!("Enter ends the machine");
    let mut line = String::new();
    stdin().read_line(&mut line).at("the terminal")?;
    Ok(String::new())
}
