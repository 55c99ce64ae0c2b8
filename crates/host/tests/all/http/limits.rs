//! Peers that mean no good.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{PATIENCE, Rack};

#[tokio::test]
async fn nonsense_and_endless_heads_end_the_connection() {
    let rack = Rack::start().await;
    let endless = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(64 * 1024));
    let many = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(200));
    for request in ["\x16\x03\x01\x02\x00\x01", "HELLO\r\n\r\n", endless.as_str(), many.as_str()] {
        let mut stream = TcpStream::connect(rack.addr()).await.unwrap();
        // It may be closed before everything is sent.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut raw = Vec::new();
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut raw)).await;
        assert!(ended.is_ok() && !raw.starts_with(b"HTTP/1.1 2"), "{:?}", String::from_utf8_lossy(&raw));
    }
    let (bytes, grant) = rack.granted(5000);
    assert!(rack.ask("GET", &grant.path(), "").await.body == bytes);
}

#[tokio::test]
async fn idle_connections_hold_nobody_up() {
    let rack = Rack::start().await;
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(TcpStream::connect(rack.addr()).await.unwrap());
    }
    let (bytes, grant) = rack.granted(5000);
    assert!(rack.ask("GET", &grant.path(), "").await.body == bytes);
    drop(idle);
}
