//! Revoked tokens, and the host's own end.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::client::{PATIENCE, Rack, open, rest, until};

const LARGE: usize = 8 << 20;

#[tokio::test]
async fn revoking_cuts_a_reader_that_reads_slowly() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let mut stream = open(rack.addr(), "GET", &grant.path(), "").await;
    let mut some = vec![0; 1000];
    stream.read_exact(&mut some).await.unwrap();
    let served = until(&grant, |served| served.bytes > 100_000).await;
    assert!(!served.closed && served.bytes < LARGE as u64, "{served:?}");

    rack.host.revoke(grant.token());
    assert!(until(&grant, |served| served.closed).await.bytes < LARGE as u64);
    let (count, regular) = rest(stream).await;
    assert!(count + some.len() < LARGE && !regular, "{count} {regular}");
    assert_eq!(rack.ask("GET", &grant.path(), "").await.status, 404);
    rack.host.revoke(grant.token());
}

#[tokio::test]
async fn dropping_the_grant_revokes_and_ends_the_progress() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let path = grant.path();
    let stream = open(rack.addr(), "GET", &path, "").await;
    until(&grant, |served| served.bytes > 0).await;
    let mut progress = grant.progress();
    drop(grant);
    let ended = async { while progress.changed().await.is_ok() {} };
    tokio::time::timeout(PATIENCE, ended).await.unwrap();
    assert!(progress.borrow().closed);
    assert!(rest(stream).await.0 < LARGE);
    assert_eq!(rack.ask("GET", &path, "").await.status, 404);
}

#[tokio::test]
async fn revoking_one_token_leaves_another_of_the_same_package() {
    let rack = Rack::start().await;
    let (bytes, sha256, _) = rack.package(LARGE, 1);
    let (one, two) = (rack.host.issue(&sha256).unwrap(), rack.host.issue(&sha256).unwrap());
    let first = open(rack.addr(), "GET", &one.path(), "").await;
    let mut second = open(rack.addr(), "GET", &two.path(), "Connection: close\r\n").await;
    until(&one, |served| served.bytes > 0).await;
    until(&two, |served| served.bytes > 0).await;
    drop(one);
    assert!(rest(first).await.0 < LARGE);
    let mut raw = Vec::new();
    second.read_to_end(&mut raw).await.unwrap();
    assert!(raw.ends_with(&bytes));
}

#[tokio::test]
async fn a_connection_that_its_reader_breaks_off_is_seen_as_closed() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let stream = open(rack.addr(), "GET", &grant.path(), "").await;
    until(&grant, |served| served.bytes > 0 && !served.closed).await;
    drop(stream);
    let served = until(&grant, |served| served.closed).await;
    assert!(served.bytes < LARGE as u64);
}

#[tokio::test]
async fn stopping_lets_a_transfer_end_and_refuses_new_connections() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(LARGE);
    let mut stream = open(rack.addr(), "GET", &grant.path(), "").await;
    until(&grant, |served| served.bytes > 0).await;
    let mut raw = Vec::new();
    let ((), read) = tokio::join!(rack.host.stop(), stream.read_to_end(&mut raw));
    read.unwrap();
    assert!(raw.ends_with(&bytes));
    assert!(TcpStream::connect(rack.addr()).await.is_err());
    rack.host.stop().await;
}

#[tokio::test]
async fn stopping_cuts_a_reader_that_does_not_read() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let stream = open(rack.addr(), "GET", &grant.path(), "").await;
    until(&grant, |served| served.bytes > 0).await;
    tokio::time::timeout(PATIENCE, rack.host.stop()).await.unwrap();
    assert!(grant.served().closed);
    assert!(rest(stream).await.0 < LARGE);
}
