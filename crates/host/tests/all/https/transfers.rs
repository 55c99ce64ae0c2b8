//! Packages over HTTPS: the same as over HTTP.

use events::Delivery;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use super::secure::Client;
use crate::client::{AHEAD_BYTES, PATIENCE, Rack, come_to_rest, connect_narrow, rest, until};

const LARGE: usize = 8 << 20;

fn client(rack: &Rack) -> Client {
    Client::trusting(rack.tls.root().unwrap())
}

#[tokio::test]
async fn a_package_comes_whole_in_both_versions_and_is_counted() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(300_001);
    for (round, version) in [(1, &TLS12), (2, &TLS13)] {
        let client = Client::speaking(rack.tls.root().unwrap(), &[version]);
        let answer = client.ask(rack.at(Delivery::Https), &grant.path(), "").await;
        assert_eq!((answer.status, answer.length()), (200, 300_001));
        assert!(answer.body == bytes);
        let served = until(&grant, |served| served.closed && served.bytes > 0).await;
        assert_eq!(served.bytes, 300_001);
        assert_eq!(rack.host.hosted_bytes(Delivery::Https), round * 300_001);
    }
    assert_eq!(rack.host.hosted_bytes(Delivery::Http), 0);
}

#[tokio::test]
async fn a_range_is_answered_with_its_part() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(50_000);
    let more = "Range: bytes=100-40099\r\n";
    let answer = client(&rack).ask(rack.at(Delivery::Https), &grant.path(), more).await;
    assert_eq!((answer.status, answer.header("content-range")), (206, Some("bytes 100-40099/50000")));
    assert!(answer.body == bytes[100..40_100]);
}

#[tokio::test]
async fn a_wrong_token_and_a_revoked_one_look_the_same() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(5000);
    let revoked = grant.path();
    drop(grant);
    let mut heads = Vec::new();
    for path in [revoked.as_str(), "/p/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/update.zip"] {
        let answer = client(&rack).ask(rack.at(Delivery::Https), path, "").await;
        assert_eq!((answer.status, answer.body.len()), (404, 0), "{path}");
        heads.push(answer.lasting_head());
    }
    assert_eq!(heads[0], heads[1]);
}

#[tokio::test]
async fn revoking_cuts_a_reader_that_reads_slowly() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let mut stream = client(&rack).open(rack.at(Delivery::Https), &grant.path(), "").await;
    stream.read_exact(&mut vec![0; 1000]).await.unwrap();
    let served = until(&grant, |served| served.bytes > 50_000).await;
    assert!(!served.closed && served.bytes < LARGE as u64, "{served:?}");

    rack.host.revoke(grant.token());
    assert!(until(&grant, |served| served.closed).await.bytes < LARGE as u64);
    let (count, regular) = rest(stream).await;
    assert!(count + 1000 < LARGE && !regular, "{count} {regular}");
}

/// A request by a client that holds little and reads nothing.
async fn unread(rack: &Rack, path: &str) -> TlsStream<TcpStream> {
    let stream = connect_narrow(rack.at(Delivery::Https)).await;
    let mut stream = client(rack).shake_on(stream).await.unwrap();
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: rack\r\n\r\n").as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn revoking_cuts_what_the_system_has_buffered() {
    const SIZE: usize = 60_000;
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(SIZE);
    let stream = unread(&rack, &grant.path()).await;
    until(&grant, |served| served.bytes == SIZE as u64).await;
    drop(grant);
    let (count, regular) = rest(stream).await;
    assert!(count < SIZE && !regular, "{count} {regular}");
}

#[tokio::test]
async fn the_progress_runs_ahead_of_a_reader_by_little() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let _unread = unread(&rack, &grant.path()).await;
    let ahead = come_to_rest(&grant).await;
    assert!(0 < ahead && ahead <= AHEAD_BYTES, "{ahead}");
}

#[tokio::test]
async fn plain_http_spoken_to_the_tls_port_costs_nothing() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(5000);
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(rack.at(Delivery::Https)).await.unwrap());
    }
    let mut plain = TcpStream::connect(rack.at(Delivery::Https)).await.unwrap();
    let request = format!("GET {} HTTP/1.1\r\nHost: rack\r\n\r\n", grant.path());
    plain.write_all(request.as_bytes()).await.unwrap();
    let mut raw = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, plain.read_to_end(&mut raw)).await.unwrap();
    assert!(!raw.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&raw));
    assert_eq!((grant.served().bytes, rack.host.hosted_bytes(Delivery::Https)), (0, 0));
    assert!(client(&rack).ask(rack.at(Delivery::Https), &grant.path(), "").await.body == bytes);
    // Handshakes that nobody finishes do not hold up the end either.
    tokio::time::timeout(PATIENCE, rack.host.stop()).await.unwrap();
    drop(silent);
}

#[tokio::test]
async fn one_token_is_counted_whatever_it_is_fetched_over() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(50_000);
    assert!(rack.ask("GET", &grant.path(), "Range: bytes=0-29999\r\n").await.body == bytes[..30_000]);
    until(&grant, |served| served.closed && served.bytes == 30_000).await;
    client(&rack).ask(rack.at(Delivery::Https), &grant.path(), "Range: bytes=30000-\r\n").await;
    until(&grant, |served| served.closed && served.bytes == 50_000).await;
    let counted = [Delivery::Http, Delivery::Https].map(|protocol| rack.host.hosted_bytes(protocol));
    assert_eq!(counted, [30_000, 20_000]);
}
