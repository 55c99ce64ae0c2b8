//! Revoked tokens, and transfers that are called off.

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::session::Client;
use crate::client::{AHEAD_BYTES, PATIENCE, Rack, come_to_rest, connect_narrow, rest, until};

const LARGE: usize = 8 << 20;

/// A transfer under way, of which nothing was read.
async fn begun(rack: &Rack, grant: &host::Grant) -> (Client, TcpStream) {
    let mut client = Client::log_in(rack, grant).await;
    let data = client.data().await;
    assert_eq!(client.code(&format!("RETR {}", grant.path())).await, "150");
    until(grant, |served| served.bytes > 0).await;
    (client, data)
}

#[tokio::test]
async fn revoking_cuts_a_reader_that_reads_slowly() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let (client, mut data) = begun(&rack, &grant).await;
    data.read_exact(&mut vec![0; 1000]).await.unwrap();
    let served = until(&grant, |served| served.bytes > 100_000).await;
    assert!(!served.closed && served.bytes < LARGE as u64, "{served:?}");

    rack.host.revoke(grant.token());
    assert!(until(&grant, |served| served.closed).await.bytes < LARGE as u64);
    let (count, regular) = rest(data).await;
    assert!(count + 1000 < LARGE && !regular, "{count} {regular}");
    assert!(client.hears_no_more().await);
}

#[tokio::test]
async fn revoking_cuts_what_the_system_has_buffered_of_a_package_that_was_sent() {
    const SIZE: usize = 60_000;
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(SIZE);
    let mut client = Client::log_in(&rack, &grant).await;
    let data = connect_narrow(client.expected().await).await;
    assert_eq!(client.code(&format!("RETR {}", grant.path())).await, "150");
    assert_eq!(&client.reply().await[..3], "226");
    assert_eq!(grant.served().bytes, SIZE as u64);
    drop(grant);
    assert!(client.hears_no_more().await);
    let (count, regular) = rest(data).await;
    assert!(count < SIZE && !regular, "{count} {regular}");
}

#[tokio::test]
async fn the_progress_runs_ahead_of_a_reader_by_little() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let mut client = Client::log_in(&rack, &grant).await;
    let _unread = connect_narrow(client.expected().await).await;
    assert_eq!(client.code(&format!("RETR {}", grant.path())).await, "150");
    let ahead = come_to_rest(&grant).await;
    assert!(0 < ahead && ahead <= AHEAD_BYTES, "{ahead}");
}

#[tokio::test]
async fn dropping_the_grant_ends_the_progress() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let (_client, data) = begun(&rack, &grant).await;
    let mut progress = grant.progress();
    drop(grant);
    let ended = async { while progress.changed().await.is_ok() {} };
    tokio::time::timeout(PATIENCE, ended).await.unwrap();
    assert!(progress.borrow().closed);
    assert!(rest(data).await.0 < LARGE);
}

#[tokio::test]
async fn a_reader_that_does_not_read_holds_nobody_up() {
    let rack = Rack::start().await;
    let (bytes, sha256, _) = rack.package(LARGE, 1);
    let (slow, quick) = (rack.host.issue(&sha256).unwrap(), rack.host.issue(&sha256).unwrap());
    let (_client, data) = begun(&rack, &slow).await;
    let mut client = Client::log_in(&rack, &quick).await;
    assert!(client.fetch(&format!("RETR {}", quick.path())).await.unwrap() == bytes);
    // The same user is not held up by itself either.
    let mut client = Client::log_in(&rack, &slow).await;
    assert!(client.fetch(&format!("RETR {}", slow.path())).await.unwrap() == bytes);
    drop(data);
}

#[tokio::test]
async fn a_transfer_is_called_off_and_the_session_goes_on() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let (mut client, data) = begun(&rack, &grant).await;
    assert!(client.say("ABOR").await.starts_with("426 "));
    assert!(client.reply().await.starts_with("226 "));
    assert!(rest(data).await.0 < LARGE);
    assert_eq!(client.code("ABOR").await, "226");
    client.code("REST 8388000").await;
    assert_eq!(client.fetch(&format!("RETR {}", grant.path())).await.unwrap().len(), LARGE - 8_388_000);
}

#[tokio::test]
async fn a_command_sent_during_a_transfer_is_obeyed_after_it() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let (mut client, data) = begun(&rack, &grant).await;
    client.send("NOOP").await;
    client.send("QUIT").await;
    assert_eq!(rest(data).await, (LARGE, true));
    for code in ["226", "200", "221"] {
        assert_eq!(&client.reply().await[..3], code);
    }
}

#[tokio::test]
async fn a_client_that_goes_is_seen_as_closed() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let (mut client, data) = begun(&rack, &grant).await;
    drop(data);
    assert!(client.reply().await.starts_with("426 "));
    drop(client);
    until(&grant, |served| served.closed).await;

    let (client, data) = begun(&rack, &grant).await;
    drop(client);
    assert!(until(&grant, |served| served.closed).await.bytes < LARGE as u64);
    assert!(rest(data).await.0 < LARGE);
}

#[tokio::test]
async fn stopping_lets_a_transfer_end_and_closes_idle_sessions() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(LARGE);
    let mut idle = Client::log_in(&rack, &grant).await;
    let (mut client, data) = begun(&rack, &grant).await;
    let ((), read) = tokio::join!(rack.host.stop(), rest(data));
    assert_eq!(read, (LARGE, true));
    for code in ["226", "421"] {
        assert_eq!(&client.reply().await[..3], code);
    }
    assert!(idle.reply().await.starts_with("421 "));
    assert!(TcpStream::connect(rack.at(events::Delivery::Ftp)).await.is_err());
}
