//! Peers that mean no good.

use events::Delivery;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::session::Client;
use crate::client::{PATIENCE, Rack};

#[tokio::test]
async fn an_endless_line_ends_the_connection() {
    let rack = Rack::start().await;
    let mut client = Client::connect(&rack).await;
    let flood = async {
        let line = vec![b'x'; 1 << 16];
        while client.control.get_mut().write_all(&line).await.is_ok() {}
    };
    tokio::time::timeout(PATIENCE, flood).await.unwrap();
    let (bytes, grant) = rack.granted(5000);
    let mut client = Client::log_in(&rack, &grant).await;
    assert!(client.fetch(&format!("RETR {}", grant.path())).await.unwrap() == bytes);
}

#[tokio::test]
async fn nonsense_is_refused_and_telnet_codes_are_passed_over() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(5000);
    let mut client = Client::log_in(&rack, &grant).await;
    for nonsense in ["", " ", "GET / HTTP/1.1", "\u{fc}\u{0}", "XYZZY", "RETRX update.zip"] {
        assert_eq!(client.code(nonsense).await, "502", "{nonsense:?}");
    }
    client.control.get_mut().write_all(b"\xff\xf4\xff\xf2ABOR\n").await.unwrap();
    assert!(client.reply().await.starts_with("226 "));
    for (command, code) in
        [("TYPE A", "200"), ("TYPE X", "504"), ("MODE B", "504"), ("STRU F", "200"), ("EPSV ALL", "200")]
    {
        assert_eq!(client.code(command).await, code, "{command}");
    }
}

#[tokio::test]
async fn a_client_that_reads_no_replies_costs_only_itself() {
    let rack = Rack::start().await;
    let mut deaf = Client::connect(&rack).await;
    let pester = async { while deaf.control.get_mut().write_all(b"FEAT\r\n").await.is_ok() {} };
    assert!(tokio::time::timeout(PATIENCE / 20, pester).await.is_err(), "it comes to rest");
    let (bytes, grant) = rack.granted(5000);
    let mut client = Client::log_in(&rack, &grant).await;
    assert!(client.fetch(&format!("RETR {}", grant.path())).await.unwrap() == bytes);
}

#[tokio::test]
async fn idle_connections_hold_nobody_up() {
    let rack = Rack::start().await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(TcpStream::connect(rack.at(Delivery::Ftp)).await.unwrap());
    }
    let (bytes, grant) = rack.granted(5000);
    let mut client = Client::log_in(&rack, &grant).await;
    assert!(client.fetch(&format!("RETR {}", grant.path())).await.unwrap() == bytes);
    drop(idle);
}
