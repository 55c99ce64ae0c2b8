//! Many modules at once.

use events::Delivery;
use tokio::io::AsyncReadExt;
use tokio::task::JoinSet;

use crate::client::{Rack, ask, open, until};

#[tokio::test]
async fn two_modules_get_what_their_tokens_are_for() {
    let rack = Rack::start().await;
    let (first, first_sha256, _) = rack.package(100_000, 1);
    let (second, second_sha256, _) = rack.package(60_000, 2);
    let one = rack.host.issue(&first_sha256).unwrap();
    let two = rack.host.issue(&second_sha256).unwrap();
    let (one_path, two_path) = (one.path(), two.path());
    let (first_answer, second_answer) =
        tokio::join!(rack.ask("GET", &one_path, ""), rack.ask("GET", &two_path, "Range: bytes=0-999\r\n"));
    assert!(first_answer.body == first);
    assert!(second_answer.body == second[..1000]);
    assert_eq!(until(&one, |served| served.closed).await.bytes, 100_000);
    assert_eq!(until(&two, |served| served.closed).await.bytes, 1000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_downloads_at_once_pass_one_that_does_not_read() {
    const SIZE: usize = 1 << 20;
    let rack = Rack::start().await;
    let (bytes, sha256, _) = rack.package(SIZE, 3);
    let stuck_grant = rack.host.issue(&sha256).unwrap();
    let stuck = open(rack.addr(), "GET", &stuck_grant.path(), "").await;
    until(&stuck_grant, |served| served.bytes > 0).await;

    let grants: Vec<_> = (0..64).map(|_| rack.host.issue(&sha256).unwrap()).collect();
    let mut downloads = JoinSet::new();
    for grant in &grants {
        let (addr, path) = (rack.addr(), grant.path());
        downloads.spawn(async move { ask(addr, "GET", &path, "").await });
    }
    for answer in downloads.join_all().await {
        assert!(answer.status == 200 && answer.body == bytes);
    }
    for grant in &grants {
        assert_eq!(until(grant, |served| served.closed).await.bytes, SIZE as u64);
    }
    assert!(stuck_grant.served().bytes < SIZE as u64);
    assert!(rack.host.hosted_bytes(Delivery::Http) >= 64 * SIZE as u64);
    drop(stuck);
}

#[tokio::test]
async fn one_connection_can_ask_for_part_after_part() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(10_000);
    let request = |from: usize| {
        format!("GET {} HTTP/1.1\r\nHost: rack\r\nRange: bytes={from}-{}\r\n\r\n", grant.path(), from + 999)
    };
    let mut stream = open(rack.addr(), "GET", &grant.path(), "Range: bytes=0-999\r\n").await;
    for from in (0..10_000).step_by(1000) {
        if from > 0 {
            tokio::io::AsyncWriteExt::write_all(&mut stream, request(from).as_bytes()).await.unwrap();
        }
        let mut raw = Vec::new();
        while !raw.ends_with(&bytes[from..from + 1000]) {
            assert_ne!(stream.read_buf(&mut raw).await.unwrap(), 0);
        }
        assert!(!grant.served().closed);
    }
    assert_eq!(grant.served().bytes, 10_000);
    drop(stream);
    until(&grant, |served| served.closed).await;
}
