//! Whole packages, and paths and methods that there are not.

use std::net::SocketAddr;

use events::Delivery;
use host::{Host, HostError, Shelf, Token};

use crate::client::{Rack, until};

#[tokio::test]
async fn a_package_comes_whole_and_is_counted() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(300_001);
    assert_eq!(grant.path().len(), host::PATH_LEN);
    assert_eq!(grant.served(), host::Served { bytes: 0, total: 300_001, closed: true });

    let answer = rack.ask("GET", &grant.path(), "").await;
    assert_eq!((answer.status, answer.length()), (200, 300_001));
    assert_eq!(answer.header("accept-ranges"), Some("bytes"));
    assert!(answer.body == bytes);
    let served = until(&grant, |served| served.closed && served.bytes > 0).await;
    assert_eq!(served.bytes, 300_001);
    assert_eq!(rack.host.hosted_bytes(Delivery::Http), 300_001);
    assert_eq!(rack.host.hosted_bytes(Delivery::Serial), 0);
}

#[tokio::test]
async fn a_head_tells_the_size_and_hands_nothing_out() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(5000);
    let answer = rack.ask("HEAD", &grant.path(), "").await;
    assert_eq!((answer.status, answer.length(), answer.body.len()), (200, 5000, 0));
    let answer = rack.ask("HEAD", &grant.path(), "Range: bytes=10-19\r\n").await;
    assert_eq!((answer.status, answer.length(), answer.body.len()), (206, 10, 0));
    assert_eq!(answer.header("content-range"), Some("bytes 10-19/5000"));
    assert_eq!(grant.served().bytes, 0);
    assert_eq!(rack.host.hosted_bytes(Delivery::Http), 0);
}

#[tokio::test]
async fn a_wrong_token_and_a_revoked_one_look_the_same() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(5000);
    let revoked = grant.path();
    drop(grant);
    let mut answers = Vec::new();
    for path in [revoked.as_str(), "/p/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/update.zip", "/p/x/update.zip"] {
        for method in ["GET", "HEAD"] {
            let answer = rack.ask(method, path, "Range: bytes=0-1\r\n").await;
            assert_eq!((answer.status, answer.length(), answer.body.len()), (404, 0, 0), "{method} {path}");
            answers.push(answer.lasting_head());
        }
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
}

#[tokio::test]
async fn there_are_no_other_paths_and_methods() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(5000);
    let path = grant.path();
    let token = grant.token();
    for other in
        ["/", "/p/", "/../etc/passwd", &format!("/p/{token}"), &format!("{path}/"), &format!("{path}.sig")]
    {
        assert_eq!(rack.ask("GET", other, "").await.status, 404, "{other}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"] {
        let known = rack.ask(method, &path, "").await;
        let unknown = rack.ask(method, "/p/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/update.zip", "").await;
        assert_eq!((known.status, unknown.status), (405, 405), "{method}");
        assert_eq!(known.lasting_head(), unknown.lasting_head());
        assert_eq!(known.header("allow"), Some("GET,HEAD"));
    }
}

#[tokio::test]
async fn a_file_changed_after_it_was_added_is_not_what_is_served() {
    let rack = Rack::start().await;
    let (bytes, sha256, path) = rack.package(5000, 1);
    let grant = rack.host.issue(&sha256.to_ascii_uppercase()).unwrap();
    std::fs::write(&path, vec![0; 5000]).unwrap();
    assert!(rack.ask("GET", &grant.path(), "").await.body == bytes);
    std::fs::remove_file(&path).unwrap();
    assert!(rack.ask("GET", &grant.path(), "").await.body == bytes);
}

#[tokio::test]
async fn what_cannot_be_is_an_error_that_says_so() {
    let rack = Rack::start().await;
    let error = rack.host.issue("AB").unwrap_err();
    assert_eq!(error.to_string(), "no package with sha256 ab is on the shelf");
    let taken: SocketAddr = rack.addr();
    let error = Host::start(taken, Shelf::default()).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{taken} is taken: another program listens there"));
    let elsewhere = Host::start("192.0.2.1:0".parse().unwrap(), Shelf::default()).await.unwrap_err();
    assert!(matches!(elsewhere, HostError::Listen { .. }), "{elsewhere}");
}

#[tokio::test]
async fn every_grant_has_a_token_of_its_own() {
    let rack = Rack::start().await;
    let (_, sha256, _) = rack.package(10, 1);
    let grants: Vec<_> = (0..100).map(|_| rack.host.issue(&sha256).unwrap()).collect();
    let tokens: std::collections::HashSet<&Token> = grants.iter().map(host::Grant::token).collect();
    assert_eq!(tokens.len(), 100);
}
