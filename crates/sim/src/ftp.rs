//! The small FTP client in a module: one file, passive mode (RFC 959, RFC 2428).

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::fetch::{FetchError, Intake};

/// Reply lines longer than this are a broken server's.
const LONGEST_REPLY: u64 = 64 * 1024;

/// `user:password@host:port/path`, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Address<'a> {
    user: &'a str,
    password: &'a str,
    host: &'a str,
    port: u16,
    path: &'a str,
}

impl<'a> Address<'a> {
    fn parse(rest: &'a str) -> Option<Self> {
        let (login, place) = rest.rsplit_once('@').unwrap_or(("", rest));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let (authority, path) = place.split_once('/')?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, 21),
        };
        let user = if user.is_empty() { "anonymous" } else { user };
        Some(Self { user, password, host, port, path })
    }
}

/// The control connection.
struct Control(BufReader<TcpStream>);

impl Control {
    async fn send(&mut self, line: &str) -> Result<(u16, String), FetchError> {
        let bytes = format!("{line}\r\n").into_bytes();
        self.0.get_mut().write_all(&bytes).await.map_err(FetchError::network)?;
        self.reply().await
    }

    /// The next reply: its last line, when it has several.
    async fn reply(&mut self) -> Result<(u16, String), FetchError> {
        let mut first = None;
        loop {
            let mut line = String::new();
            let count =
                (&mut self.0).take(LONGEST_REPLY).read_line(&mut line).await.map_err(FetchError::network)?;
            if count == 0 {
                return Err(FetchError::network("the server closed the connection"));
            }
            let code = line.get(..3).and_then(|digits| digits.parse::<u16>().ok());
            let last = line.as_bytes().get(3).is_none_or(|byte| *byte != b'-');
            match (code, first) {
                (Some(code), None) if last => return Ok((code, line)),
                (Some(code), Some(begun)) if last && code == begun => return Ok((code, line)),
                (Some(code), None) => first = Some(code),
                (None, None) => return Err(FetchError::network("the server does not speak FTP")),
                (Some(_) | None, Some(_)) => {}
            }
        }
    }

    /// Sends `line` and wants a reply of one of these classes (its first digit).
    async fn expect(&mut self, line: &str, classes: &[u16]) -> Result<(u16, String), FetchError> {
        let (code, text) = self.send(line).await?;
        if classes.contains(&(code / 100)) { Ok((code, text)) } else { Err(FetchError::Status(code)) }
    }

    /// Opens the data connection: `EPSV`, or `PASV` where the server does not know it.
    async fn passive(&mut self, host: &str) -> Result<TcpStream, FetchError> {
        let (code, text) = self.send("EPSV").await?;
        let port = if code == 229 {
            text.split('|').nth(3).and_then(|port| port.parse().ok())
        } else {
            let (_, text) = self.expect("PASV", &[2]).await?;
            pasv_port(&text)
        };
        let port = port.ok_or_else(|| FetchError::network("the server named no data port"))?;
        TcpStream::connect((host, port)).await.map_err(FetchError::network)
    }
}

/// The port in `227 Entering Passive Mode (h1,h2,h3,h4,p1,p2)`.
fn pasv_port(text: &str) -> Option<u16> {
    let inner = text.split_once('(')?.1.split_once(')')?.0;
    let mut numbers = inner.split(',').skip(4).map(|number| number.trim().parse::<u8>().ok());
    Some(u16::from_be_bytes([numbers.next()??, numbers.next()??]))
}

/// Fetches the file at `rest`, an address without its scheme.
pub(crate) async fn fetch(rest: &str, intake: &mut Intake) -> Result<(), FetchError> {
    let address = Address::parse(rest).ok_or_else(|| FetchError::network("the address has no path"))?;
    let stream = TcpStream::connect((address.host, address.port)).await.map_err(FetchError::network)?;
    let mut control = Control(BufReader::new(stream));
    let (greeting, _) = control.reply().await?;
    if greeting / 100 != 2 {
        return Err(FetchError::Status(greeting));
    }
    let (code, _) = control.expect(&format!("USER {}", address.user), &[2, 3]).await?;
    if code / 100 == 3 {
        control.expect(&format!("PASS {}", address.password), &[2]).await?;
    }
    control.expect("TYPE I", &[2]).await?;
    let (code, size) = control.send(&format!("SIZE {}", address.path)).await?;
    let total = if code == 213 { size.get(4..).and_then(|size| size.trim().parse().ok()) } else { None };
    let mut data = control.passive(address.host).await?;
    control.expect(&format!("RETR {}", address.path), &[1]).await?;
    intake.expect(total);
    let mut buffer = vec![0; 8 * 1024];
    loop {
        match data.read(&mut buffer).await.map_err(FetchError::network)? {
            0 => break,
            count => intake.take(&buffer[..count]).await?,
        }
    }
    drop(data);
    let (code, _) = control.reply().await?;
    if code / 100 == 2 { Ok(()) } else { Err(FetchError::Status(code)) }
}

#[cfg(test)]
mod tests {
    use super::{Address, pasv_port};

    #[test]
    fn addresses_are_taken_apart() {
        let address = Address::parse("tmf:tm@123@1.2.3.4:2121/a/update.zip").unwrap();
        let expected =
            Address { user: "tmf", password: "tm@123", host: "1.2.3.4", port: 2121, path: "a/update.zip" };
        assert_eq!(address, expected);
        assert_eq!(
            Address::parse("h/x").map(|address| (address.user, address.port)),
            Some(("anonymous", 21))
        );
        assert_eq!(Address::parse("h"), None);
        assert_eq!(pasv_port("227 Entering Passive Mode (1,2,3,4,19,137)\r\n"), Some(5001));
    }
}
