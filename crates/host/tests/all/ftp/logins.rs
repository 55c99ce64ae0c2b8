//! Who is let in.

use super::session::Client;
use crate::client::Rack;

#[tokio::test]
async fn nobody_is_let_in_without_the_login_of_a_grant() {
    let rack = Rack::start().await;
    let (_, sha256, _) = rack.package(5000, 1);
    let (one, two) = (rack.host.issue(&sha256).unwrap(), rack.host.issue(&sha256).unwrap());
    let lower = one.password().to_ascii_lowercase();
    for (user, password) in [
        ("anonymous", "a@b"),
        ("ftp", ""),
        ("", ""),
        ("root", "root"),
        (one.user(), ""),
        (one.user(), "wrong"),
        (one.user(), lower.as_str()),
        (one.user(), two.password()),
        (one.user(), one.user()),
        (one.password(), one.user()),
    ] {
        let mut client = Client::connect(&rack).await;
        assert_eq!(client.give(user, password).await, "530", "{user} {password}");
        assert_eq!(client.fetch_refused(&one.path()).await, "530");
    }
    assert!(one.served().closed && one.served().bytes == 0);
}

impl Client {
    /// The code that answers an attempt to fetch without a data connection.
    async fn fetch_refused(&mut self, path: &str) -> String {
        self.code(&format!("RETR {path}")).await
    }
}

#[tokio::test]
async fn a_known_user_and_an_unknown_one_are_refused_alike() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(5000);
    let mut client = Client::connect(&rack).await;
    let mut replies = Vec::new();
    for user in [grant.user(), "nobody"] {
        let asked = client.say(&format!("USER {user}")).await;
        replies.push((asked, client.say("PASS wrong").await));
    }
    assert_eq!(replies[0], replies[1]);
}

#[tokio::test]
async fn the_third_wrong_login_ends_the_connection() {
    let rack = Rack::start().await;
    let mut client = Client::connect(&rack).await;
    for code in ["530", "530", "421"] {
        assert_eq!(client.give("nobody", "wrong").await, code);
    }
    assert!(client.hears_no_more().await);
}

#[tokio::test]
async fn strangers_may_ask_for_nothing() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(5000);
    let mut client = Client::connect(&rack).await;
    for command in ["PWD", "CWD /p", "PASV", "EPSV", "LIST", "SIZE x", "REST 1", "STOR x", "DELE x", "MKD x"]
    {
        assert_eq!(client.code(command).await, "530", "{command}");
    }
    assert_eq!(client.code(&format!("PASS {}", grant.password())).await, "503");
    for (command, code) in
        [("SYST", "215"), ("FEAT", "211"), ("NOOP", "200"), ("OPTS UTF8 ON", "200"), ("AUTH TLS", "502")]
    {
        assert!(client.say(command).await.starts_with(code), "{command}");
    }
    assert_eq!(client.give(grant.user(), grant.password()).await, "230");
    assert_eq!(client.say("PWD").await, "257 \"/\"");
}

#[tokio::test]
async fn another_login_takes_the_first_ones_place() {
    let rack = Rack::start().await;
    let (_, sha256, _) = rack.package(5000, 1);
    let (one, two) = (rack.host.issue(&sha256).unwrap(), rack.host.issue(&sha256).unwrap());
    let mut client = Client::log_in(&rack, &one).await;
    assert!(!one.served().closed);
    assert_eq!(client.give(two.user(), "wrong").await, "530");
    assert_eq!(client.code("PWD").await, "530");
    assert!(one.served().closed);
    assert_eq!(client.give(two.user(), two.password()).await, "230");
    assert_eq!(client.code(&format!("SIZE {}", one.path())).await, "550");
    assert_eq!(client.code(&format!("SIZE {}", two.path())).await, "213");
}

#[tokio::test]
async fn a_revoked_grants_login_is_none() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(5000);
    let (user, password) = (grant.user().to_owned(), grant.password().to_owned());
    assert!(user.len() <= 16 && password.len() <= 16);
    let session = Client::log_in(&rack, &grant).await;
    drop(grant);
    assert!(session.hears_no_more().await);
    assert_eq!(Client::connect(&rack).await.give(&user, &password).await, "530");
}
