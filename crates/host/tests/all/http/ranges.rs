//! Parts of packages.

use crate::client::{Rack, until};

#[tokio::test]
async fn a_single_range_is_answered_with_its_part() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(50_000);
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=100-40099", 100, 40_100),
        ("bytes=49990-", 49_990, 50_000),
        ("bytes=0-", 0, 50_000),
        ("bytes=-10", 49_990, 50_000),
        ("bytes=-90000", 0, 50_000),
        ("bytes=49999-99999", 49_999, 50_000),
    ] {
        let answer = rack.ask("GET", &grant.path(), &format!("Range: {range}\r\n")).await;
        assert_eq!((answer.status, answer.length()), (206, (to - from) as u64), "{range}");
        assert_eq!(answer.header("content-range"), Some(format!("bytes {from}-{}/50000", to - 1).as_str()));
        assert!(answer.body == bytes[from..to], "{range}");
    }
}

#[tokio::test]
async fn a_range_beyond_the_end_cannot_be_satisfied() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(50_000);
    for range in ["bytes=50000-", "bytes=60000-70000", "bytes=-0"] {
        let answer = rack.ask("GET", &grant.path(), &format!("Range: {range}\r\n")).await;
        assert_eq!((answer.status, answer.length(), answer.body.len()), (416, 0, 0), "{range}");
        assert_eq!(answer.header("content-range"), Some("bytes */50000"));
    }
    assert_eq!(grant.served().bytes, 0);
}

#[tokio::test]
async fn several_ranges_and_nonsense_are_answered_with_the_whole() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(50_000);
    for range in ["bytes=0-1,5-6", "bytes=9-3", "lines=1-2", "bytes=x-y", "\u{fc}"] {
        let answer = rack.ask("GET", &grant.path(), &format!("Range: {range}\r\n")).await;
        assert_eq!((answer.status, answer.length()), (200, 50_000), "{range}");
        assert_eq!(answer.header("content-range"), None);
        assert!(answer.body == bytes);
    }
}

#[tokio::test]
async fn a_condition_holds_for_the_same_package_only() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(50_000);
    let tag = rack.ask("HEAD", &grant.path(), "").await.header("etag").unwrap().to_owned();
    assert_eq!(tag.len(), 66, "{tag}");
    for (condition, status) in [
        (tag.as_str(), 206),
        ("\"other\"", 200),
        (&format!("W/{tag}"), 200),
        ("Sat, 29 Oct 1994 19:43:31 GMT", 200),
        ("nonsense", 200),
    ] {
        let more = format!("Range: bytes=0-9\r\nIf-Range: {condition}\r\n");
        assert_eq!(rack.ask("GET", &grant.path(), &more).await.status, status, "{condition}");
    }
}

#[tokio::test]
async fn a_download_that_starts_again_never_counts_beyond_the_package() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(50_000);
    for (range, reached) in
        [("bytes=0-29999", 30_000), ("bytes=0-9", 30_000), ("bytes=20000-", 50_000), ("bytes=0-", 50_000)]
    {
        rack.ask("GET", &grant.path(), &format!("Range: {range}\r\n")).await;
        until(&grant, |served| served.closed).await;
        assert_eq!(grant.served().bytes, reached, "{range}");
    }
}

#[tokio::test]
async fn an_empty_package_has_no_part() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(0);
    let answer = rack.ask("GET", &grant.path(), "").await;
    assert_eq!((answer.status, answer.length()), (200, 0));
    assert_eq!(rack.ask("GET", &grant.path(), "Range: bytes=0-\r\n").await.status, 416);
}
