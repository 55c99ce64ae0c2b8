//! A session: one control connection from its greeting to its end.

use std::io;
use std::net::IpAddr;
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::command::{Command, Errand};
use super::control::Control;
use super::passive::DataPorts;
use super::place::Place;
use crate::connection::{Connection, STRANGER_TIMEOUT, Wire};
use crate::tokens::Visit;

/// How long a client that is logged in may be silent when nothing is under way.
const IDLE_TIMEOUT: Duration = Duration::from_secs(300);
/// The most logins that may fail on one connection.
const FAILURES: u8 = 3;

/// Whether the session goes on.
pub(super) type Then = io::Result<ControlFlow<()>>;

/// One client.
pub(super) struct Session {
    connection: Connection,
    ports: Arc<DataPorts>,
    /// Where the control connection arrived, and whom it came from.
    pub(super) local: IpAddr,
    pub(super) peer: IpAddr,
    pub(super) control: Control,
    strange_until: Instant,
    failures: u8,
    /// Who wants to log in.
    user: Option<String>,
    pub(super) place: Place,
    /// Where the next transfer is to begin, in bytes.
    pub(super) offset: u64,
    /// Where the next data connection is expected.
    pub(super) listener: Option<TcpListener>,
    /// The data connection under way, or the last one: what the system has buffered for it may not have gone out yet.
    pub(super) data: Option<TcpStream>,
}

impl Session {
    pub(super) fn new(connection: Connection, stream: TcpStream, ports: Arc<DataPorts>) -> io::Result<Self> {
        Ok(Self {
            connection,
            ports,
            local: stream.local_addr()?.ip(),
            peer: stream.peer_addr()?.ip().to_canonical(),
            control: Control::new(stream),
            strange_until: Instant::now() + STRANGER_TIMEOUT,
            failures: 0,
            user: None,
            place: Place::Root,
            offset: 0,
            listener: None,
            data: None,
        })
    }

    /// Ends it so that the client gets nothing more.
    pub(super) fn cut(self) {
        self.control.into_stream().cut();
        if let Some(data) = self.data {
            data.cut();
        }
    }

    /// Obeys commands until the client leaves or has to, or `stop` is cancelled between two commands.
    pub(super) async fn run(&mut self, stop: &CancellationToken) -> io::Result<()> {
        self.control.reply("220 Ready.").await?;
        loop {
            let until =
                if self.connection.is_strange() { self.strange_until } else { Instant::now() + IDLE_TIMEOUT };
            let line = tokio::select! {
                biased;
                () = stop.cancelled() => return self.control.reply("421 Closing.").await,
                line = tokio::time::timeout_at(until, self.control.line()) => line,
            };
            let line = match line {
                Ok(Ok(Some(line))) => line,
                Ok(Ok(None)) => return Ok(()),
                Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    return self.control.reply("500 Too long.").await;
                }
                Ok(Err(error)) => return Err(error),
                Err(_) => return self.control.reply("421 Too long silent.").await,
            };
            if self.obey(Command::read(&line)).await?.is_break() {
                return Ok(());
            }
        }
    }

    async fn obey(&mut self, command: Command) -> Then {
        match command {
            Command::User(user) => {
                self.log_out();
                self.user = Some(user);
                self.say("331 Password?").await
            }
            Command::Pass(password) => self.log_in(&password).await,
            Command::Quit => {
                self.control.reply("221 Bye.").await?;
                Ok(Break(()))
            }
            Command::Abort => self.say("226 Nothing is under way.").await,
            Command::Settled(reply) => self.say(reply).await,
            Command::Errand(errand) => match self.connection.visiting() {
                Some(visit) => self.run_errand(errand, visit).await,
                None => self.say("530 Log in first.").await,
            },
        }
    }

    async fn log_in(&mut self, password: &str) -> Then {
        let Some(user) = self.user.take() else { return self.say("503 User first.").await };
        if self.connection.log_in(&user, password).is_some() {
            return self.say("230 Logged in.").await;
        }
        self.failures += 1;
        if self.failures < FAILURES {
            return self.say("530 Login incorrect.").await;
        }
        self.control.reply("421 Login incorrect.").await?;
        Ok(Break(()))
    }

    fn log_out(&mut self) {
        self.connection.log_out();
        (self.place, self.offset, self.listener) = (Place::Root, 0, None);
    }

    async fn run_errand(&mut self, errand: Errand, visit: Arc<Visit>) -> Then {
        let token = visit.token();
        match errand {
            Errand::Where => self.say(&format!("257 \"{}\"", self.place.path(token))).await,
            Errand::Go(path) => match self.place.walk(&path, token) {
                Some(place) if place != Place::Package => {
                    self.place = place;
                    self.say("250 Gone there.").await
                }
                Some(_) | None => self.say(NOTHING_THERE).await,
            },
            Errand::Passive => self.passive().await,
            Errand::ExtendedPassive => self.extended_passive().await,
            Errand::Size(path) => match self.place.walk(&path, token) {
                Some(Place::Package) => self.say(&format!("213 {}", visit.parcel().bytes.len())).await,
                Some(Place::Root | Place::Tokens | Place::Folder) | None => self.say(NOTHING_THERE).await,
            },
            Errand::Restart(Some(offset)) => {
                self.offset = offset;
                self.say(&format!("350 From byte {offset}.")).await
            }
            Errand::Restart(None) => self.say("501 Not a number.").await,
            Errand::Retrieve(path) => {
                let part = self.offset..visit.parcel().bytes.len() as u64;
                let transfer = self.connection.transfer(Arc::clone(&visit), part);
                self.retrieve(&path, &visit, transfer).await
            }
            Errand::List { path, names_only } => self.list(&path, names_only, &visit).await,
            Errand::Change => self.say("550 Read only.").await,
        }
    }

    async fn passive(&mut self) -> Then {
        let Some(ip) = self.ports.announced(self.local).await else {
            return self.say("425 No IPv4 address: EPSV.").await;
        };
        let Some(port) = self.expect_data() else { return self.say(NO_PORT).await };
        let [a, b, c, d] = ip.octets();
        let [high, low] = port.to_be_bytes();
        self.say(&format!("227 Entering Passive Mode ({a},{b},{c},{d},{high},{low}).")).await
    }

    async fn extended_passive(&mut self) -> Then {
        let Some(port) = self.expect_data() else { return self.say(NO_PORT).await };
        self.say(&format!("229 Entering Extended Passive Mode (|||{port}|)")).await
    }

    /// The port on which the next data connection is expected; `None` when none is free.
    fn expect_data(&mut self) -> Option<u16> {
        // The one before gives its port back.
        self.listener = None;
        let listener = self.ports.listen(self.local).ok()?;
        let port = listener.local_addr().ok()?.port();
        self.listener = Some(listener);
        Some(port)
    }

    /// Replies, and goes on.
    pub(super) async fn say(&mut self, text: &str) -> Then {
        self.control.reply(text).await?;
        Ok(Continue(()))
    }
}

pub(super) const NOTHING_THERE: &str = "550 Nothing there.";
const NO_PORT: &str = "425 No port is free.";
