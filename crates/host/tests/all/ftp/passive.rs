//! Where data connections are offered, and to whom.

use std::net::TcpListener;
use std::ops::RangeInclusive;

use host::{Passive, Tls};
use tokio::io::AsyncReadExt;
use tokio::net::TcpSocket;

use super::session::Client;
use crate::client::{PATIENCE, Rack};

async fn rack(ports: Option<RangeInclusive<u16>>, host: Option<&str>) -> Rack {
    let passive = Passive { ports, host: host.map(str::to_owned) };
    Rack::with(Tls::made(&["localhost".to_owned()]).unwrap(), passive).await
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn data_connections_keep_to_the_range() {
    let first = free_port().min(u16::MAX - 20);
    let rack = rack(Some(first..=first + 20), None).await;
    let (bytes, grant) = rack.granted(5000);
    let mut client = Client::log_in(&rack, &grant).await;
    for _ in 0..30 {
        let port = client.expected().await.port();
        assert!((first..=first + 20).contains(&port), "{port}");
    }
    assert!(client.fetch(&format!("RETR {}", grant.path())).await.unwrap() == bytes);
}

#[tokio::test]
async fn a_port_is_one_sessions_until_it_is_given_back() {
    let port = free_port();
    let rack = rack(Some(port..=port), None).await;
    let (bytes, grant) = rack.granted(5000);
    let mut one = Client::log_in(&rack, &grant).await;
    assert_eq!(one.expected().await.port(), port);
    let mut two = Client::log_in(&rack, &grant).await;
    assert_eq!((two.code("EPSV").await, two.code("PASV").await), ("425".to_owned(), "425".to_owned()));
    assert_eq!(one.expected().await.port(), port);
    assert!(one.fetch(&format!("RETR {}", grant.path())).await.unwrap() == bytes);
    assert!(two.fetch(&format!("RETR {}", grant.path())).await.unwrap() == bytes);
}

#[tokio::test]
async fn the_public_host_is_announced() {
    for (host, announced) in [
        (None, Some("127,0,0,1")),
        (Some("203.0.113.5"), Some("203,0,113,5")),
        (Some("localhost"), Some("127,0,0,1")),
        (Some("::1"), None),
        (Some("no such host"), None),
    ] {
        let rack = rack(None, host).await;
        let (_, grant) = rack.granted(10);
        let mut client = Client::log_in(&rack, &grant).await;
        let reply = client.say("PASV").await;
        let fits = announced.map_or(reply.starts_with("425 "), |address| {
            reply.starts_with(&format!("227 Entering Passive Mode ({address},"))
        });
        assert!(fits, "{host:?}: {reply}");
    }
}

#[tokio::test]
async fn pasv_leads_to_the_package_too() {
    let rack = rack(None, None).await;
    let (bytes, grant) = rack.granted(50_000);
    let mut client = Client::log_in(&rack, &grant).await;
    let reply = client.say("PASV").await;
    let numbers: Vec<u16> =
        reply.split(['(', ')']).nth(1).unwrap().split(',').map(|number| number.parse().unwrap()).collect();
    let port = numbers[4] * 256 + numbers[5];
    let mut data = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    assert_eq!(client.code(&format!("RETR {}", grant.path())).await, "150");
    let mut read = Vec::new();
    data.read_to_end(&mut read).await.unwrap();
    assert!(read == bytes);
}

#[tokio::test]
async fn another_address_neither_gets_the_package_nor_holds_it_up() {
    let rack = rack(None, None).await;
    let (bytes, grant) = rack.granted(50_000);
    let mut client = Client::log_in(&rack, &grant).await;
    let expected = client.expected().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut thief = socket.connect(expected).await.unwrap();
    let mut data = tokio::net::TcpStream::connect(expected).await.unwrap();
    assert_eq!(client.code(&format!("RETR {}", grant.path())).await, "150");
    let (mut stolen, mut read) = (Vec::new(), Vec::new());
    data.read_to_end(&mut read).await.unwrap();
    let _ = tokio::time::timeout(PATIENCE, thief.read_to_end(&mut stolen)).await.unwrap();
    assert!(read == bytes && stolen.is_empty());
}

#[tokio::test]
async fn active_mode_is_refused() {
    let rack = rack(None, None).await;
    let (_, grant) = rack.granted(10);
    let mut client = Client::log_in(&rack, &grant).await;
    assert_eq!(client.code("PORT 127,0,0,1,200,10").await, "502");
    assert_eq!(client.code("EPRT |1|127.0.0.1|51210|").await, "502");
    assert_eq!(client.code(&format!("RETR {}", grant.path())).await, "425");
}
