//! A client that sees every reply.

use std::net::SocketAddr;

use events::Delivery;
use host::Grant;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::client::{PATIENCE, Rack};

/// A control connection.
pub(super) struct Client {
    pub(super) control: BufReader<TcpStream>,
    server: SocketAddr,
}

impl Client {
    /// A connection that was greeted.
    pub(super) async fn connect(rack: &Rack) -> Self {
        let server = rack.at(Delivery::Ftp);
        let control = BufReader::new(TcpStream::connect(server).await.unwrap());
        let mut client = Self { control, server };
        assert!(client.reply().await.starts_with("220 "));
        client
    }

    /// A session of the grant's user.
    pub(super) async fn log_in(rack: &Rack, grant: &Grant) -> Self {
        let mut client = Self::connect(rack).await;
        assert_eq!(client.give(grant.user(), grant.password()).await, "230");
        client
    }

    /// The code that answers this login.
    pub(super) async fn give(&mut self, user: &str, password: &str) -> String {
        assert!(self.say(&format!("USER {user}")).await.starts_with("331 "));
        self.code(&format!("PASS {password}")).await
    }

    /// Sends a command; its reply without the end of the line.
    pub(super) async fn say(&mut self, command: &str) -> String {
        self.send(command).await;
        self.reply().await
    }

    /// Sends a command; the code of its reply.
    pub(super) async fn code(&mut self, command: &str) -> String {
        self.say(command).await[..3].to_owned()
    }

    pub(super) async fn send(&mut self, command: &str) {
        self.control.get_mut().write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
    }

    /// The next reply, to its last line.
    pub(super) async fn reply(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let start = reply.len();
            let read = tokio::time::timeout(PATIENCE, self.control.read_line(&mut reply)).await.unwrap();
            assert_ne!(read.unwrap(), 0, "the server hung up after {reply:?}");
            if reply.as_bytes()[start..].get(3) == Some(&b' ') && !reply[start..].starts_with(' ') {
                return reply.trim_end().to_owned();
            }
        }
    }

    /// Where the server expects the next data connection.
    pub(super) async fn expected(&mut self) -> SocketAddr {
        let reply = self.say("EPSV").await;
        assert!(reply.starts_with("229 "), "{reply}");
        let port = reply.trim_end_matches("|)").rsplit('|').next().unwrap().parse().unwrap();
        SocketAddr::new(self.server.ip(), port)
    }

    /// A data connection.
    pub(super) async fn data(&mut self) -> TcpStream {
        TcpStream::connect(self.expected().await).await.unwrap()
    }

    /// What a command sends through a data connection, or the code of its refusal.
    pub(super) async fn fetch(&mut self, command: &str) -> Result<Vec<u8>, String> {
        let mut data = self.data().await;
        let code = self.code(command).await;
        if code != "150" {
            return Err(code);
        }
        let mut bytes = Vec::new();
        tokio::time::timeout(PATIENCE, data.read_to_end(&mut bytes)).await.unwrap().unwrap();
        assert_eq!(&self.reply().await[..3], "226");
        Ok(bytes)
    }

    /// Whether the server has closed the connection, whatever it said before.
    pub(super) async fn hears_no_more(mut self) -> bool {
        let mut rest = Vec::new();
        tokio::time::timeout(PATIENCE, self.control.read_to_end(&mut rest)).await.is_ok()
    }
}
