//! Commands that every family has: echo, error format, SIM card, signal, registration, bearer.

use crate::behaviour::Behaviour;
use crate::body::Body;
use crate::command::{Command, Form};
use crate::reply::{NO_SIM, Reply, ResultCode, WRONG_PARAMETERS};
use crate::timeline::Script;

/// Answers `command`; `None` when it is none of these.
pub(crate) fn answer(body: &mut Body, command: &Command) -> Option<Reply> {
    basic(body, command).or_else(|| network(body, command))
}

fn basic(body: &mut Body, command: &Command) -> Option<Reply> {
    let reply = match (command.name.as_str(), command.form) {
        ("" | "E" | "E0" | "E1" | "V1" | "Z" | "&F" | "Q0" | "&W", Form::Run) => {
            match command.name.as_str() {
                "E" | "E0" => body.echo = body.shows(Behaviour::StubbornEcho),
                "E1" | "Z" | "&F" => body.echo = true,
                _ => {}
            }
            Reply::ok()
        }
        ("+CMEE", Form::Set) => match command.number(0) {
            Some(level @ 0..=2) => {
                body.cmee = u8::try_from(level).unwrap_or_default();
                Reply::ok()
            }
            Some(_) | None => Reply::new(WRONG_PARAMETERS),
        },
        ("+CMEE", Form::Read) => Reply::line(format!("+CMEE: {}", body.cmee)),
        ("+CGSN" | "+GSN", Form::Run) => Reply::line(body.imei.clone()),
        ("+CPIN", Form::Read) if !body.spec.sim_card => Reply::new(NO_SIM),
        ("+CPIN", Form::Read) => Reply::line(if body.radio { "+CPIN: READY" } else { "+CPIN: NOT READY" }),
        ("+CFUN", Form::Read) => Reply::line(format!("+CFUN: {}", u8::from(body.radio))),
        ("+CFUN", Form::Set) => radio(body, command),
        _ => return None,
    };
    Some(reply)
}

/// `CFUN=0` and `CFUN=1` with their `+CPIN:` lines (SIM7000 FOTA note, 4.2).
fn radio(body: &mut Body, command: &Command) -> Reply {
    let mut reply = match command.number(0) {
        Some(0) => {
            body.radio = false;
            Reply::line("+CPIN: NOT READY")
        }
        Some(1) => {
            body.radio = true;
            let mut script = Script::new();
            if body.spec.sim_card {
                script.wait(body.random.between(800, 2500)).say("+CPIN: READY");
            }
            Reply::ok().then(script)
        }
        Some(_) | None => return Reply::new(WRONG_PARAMETERS),
    };
    reply.delay_ms = Some(body.random.between(500, 2500));
    reply
}

fn network(body: &Body, command: &Command) -> Option<Reply> {
    let network = &body.spec.network;
    let on_air = body.spec.sim_card && body.radio;
    let state = |state: u8| if on_air { state } else { 0 };
    let reply = match (command.name.as_str(), command.form) {
        ("+CSQ", Form::Run) => {
            let (signal, errors) = if body.radio { network.csq } else { (99, 99) };
            Reply::line(format!("+CSQ: {signal},{errors}"))
        }
        ("+CESQ", Form::Run) => {
            let numbers = network.cesq.map(|number| number.to_string()).join(",");
            Reply::line(format!("+CESQ: {numbers}"))
        }
        ("+CREG", Form::Read) => Reply::line(format!("+CREG: 0,{}", state(network.creg))),
        ("+CGREG", Form::Read) => Reply::line(format!("+CGREG: 0,{}", state(network.cgreg))),
        ("+CEREG", Form::Read) => Reply::line(format!("+CEREG: 0,{}", state(network.cereg))),
        ("+CGATT", Form::Read) => Reply::line(format!("+CGATT: {}", u8::from(on_air))),
        ("+COPS", Form::Read) if !on_air => Reply::line("+COPS: 0"),
        ("+COPS", Form::Read) => {
            Reply::line(format!("+COPS: 0,0,\"{}\",{}", network.operator, network.access))
        }
        ("+CGDCONT", Form::Read) => {
            Reply::line(format!("+CGDCONT: 1,\"IP\",\"{}\",\"0.0.0.0\",0,0", network.apn))
        }
        ("+CGPADDR", Form::Run) if on_air => Reply::line(format!("+CGPADDR: 0,\"{}\"", network.address)),
        ("+CGPADDR", Form::Set) if on_air => {
            let index = command.number(0).unwrap_or_default();
            Reply::line(format!("+CGPADDR: {index},\"{}\"", network.address))
        }
        ("+CREG" | "+CGREG" | "+CEREG" | "+CGDCONT" | "+CGATT" | "+COPS" | "+CGPADDR", Form::Set)
        | ("+CGPADDR", Form::Run) => Reply::ok(),
        _ => return None,
    };
    Some(reply)
}

/// Bytes of the answer `reply`, framed `\r\n…\r\n`.
pub(crate) fn frame(body: &mut Body, groups: &[Vec<String>], result: ResultCode) -> Vec<u8> {
    let end = if body.shows(Behaviour::StubbornEcho) { "\r\r\n" } else { "\r\n" };
    let mut text = String::new();
    for group in groups.iter().filter(|group| !group.is_empty()) {
        text.push_str(end);
        for line in group {
            text.push_str(line);
            text.push_str(end);
        }
    }
    if let Some(result) = wording(body, result) {
        text.push_str(end);
        text.push_str(&result);
        text.push_str(end);
    }
    text.into_bytes()
}

fn wording(body: &mut Body, result: ResultCode) -> Option<String> {
    let number = match result {
        ResultCode::Ok => return Some("OK".to_owned()),
        ResultCode::Nothing => return None,
        ResultCode::Error => None,
        ResultCode::Cme(number) => Some(number),
    };
    let mut level = body.cmee;
    if body.shows(Behaviour::ErrorSpellings) {
        level = u8::try_from(body.errors_said % 3).unwrap_or_default();
        body.errors_said += 1;
        let number = number.unwrap_or(3);
        return Some(spelling(level, number));
    }
    if number.is_none() {
        level = 0;
    }
    Some(spelling(level, number.unwrap_or_default()))
}

fn spelling(level: u8, number: u16) -> String {
    match level {
        1 => format!("+CME ERROR: {number}"),
        2 => format!("+CME ERROR: {}", crate::reply::wording(number)),
        _ => "ERROR".to_owned(),
    }
}
