//! What there is to fetch, and what there is not.

use events::Delivery;

use super::session::Client;
use crate::client::{Rack, until};

#[tokio::test]
async fn a_package_comes_whole_and_is_counted() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(300_001);
    let mut client = Client::log_in(&rack, &grant).await;
    assert!(!grant.served().closed);
    assert_eq!(client.say(&format!("SIZE {}", grant.path())).await, "213 300001");
    assert!(client.fetch(&format!("RETR {}", grant.path())).await.unwrap() == bytes);
    assert_eq!(grant.served().bytes, 300_001);
    assert_eq!(rack.host.hosted_bytes(Delivery::Ftp), 300_001);
    assert_eq!(client.code("QUIT").await, "221");
    until(&grant, |served| served.closed).await;
}

#[tokio::test]
async fn a_package_is_reached_by_its_folder_as_sim7000_does() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(5000);
    for folder in [
        vec![format!("/p/{}/", grant.token())],
        vec!["p".to_owned(), grant.token().to_string()],
        vec![format!("p/{}", grant.token())],
    ] {
        let mut client = Client::log_in(&rack, &grant).await;
        for step in &folder {
            assert_eq!(client.code(&format!("CWD {step}")).await, "250", "{step}");
        }
        assert_eq!(client.say("PWD").await, format!("257 \"/p/{}\"", grant.token()));
        assert_eq!(client.code("TYPE I").await, "200");
        assert!(client.fetch("RETR update.zip").await.unwrap() == bytes, "{folder:?}");
        assert!(client.fetch(&format!("RETR {}", grant.path())).await.unwrap() == bytes);
    }
}

#[tokio::test]
async fn a_transfer_begins_where_it_is_told_to_once() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(50_000);
    let mut client = Client::log_in(&rack, &grant).await;
    let fetch = format!("RETR {}", grant.path());
    for offset in [0, 1, 30_000, 49_999, 50_000] {
        assert_eq!(client.code(&format!("REST {offset}")).await, "350");
        assert!(client.fetch(&fetch).await.unwrap() == bytes[offset..], "{offset}");
        assert!(client.fetch(&fetch).await.unwrap() == bytes, "the next one begins at the beginning");
    }
    for beyond in [50_001, u64::MAX] {
        client.code(&format!("REST {beyond}")).await;
        assert_eq!(client.fetch(&fetch).await.unwrap_err(), "554");
    }
    for nonsense in ["", "x", "-1", "99999999999999999999"] {
        assert_eq!(client.code(&format!("REST {nonsense}")).await, "501");
    }
    assert!(client.fetch(&fetch).await.unwrap() == bytes);
}

#[tokio::test]
async fn nothing_can_be_changed() {
    let rack = Rack::start().await;
    let (bytes, grant) = rack.granted(5000);
    let mut client = Client::log_in(&rack, &grant).await;
    let (path, token) = (grant.path(), grant.token());
    client.code(&format!("CWD /p/{token}")).await;
    for command in [
        "STOR update.zip".to_owned(),
        format!("STOR {path}"),
        "STOR /p/new.zip".to_owned(),
        "STOU".to_owned(),
        "APPE update.zip".to_owned(),
        "DELE update.zip".to_owned(),
        "RNFR update.zip".to_owned(),
        "RNTO other.zip".to_owned(),
        "MKD new".to_owned(),
        format!("RMD /p/{token}"),
        "SITE CHMOD 777 update.zip".to_owned(),
    ] {
        let data = client.data().await;
        assert_eq!(client.code(&command).await, "550", "{command}");
        drop(data);
    }
    assert!(client.fetch("RETR update.zip").await.unwrap() == bytes);
}

#[tokio::test]
async fn paths_lead_nowhere_else() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(5000);
    let mut client = Client::log_in(&rack, &grant).await;
    let token = grant.token();
    client.code(&format!("CWD /p/{token}")).await;
    for path in [
        "/etc/passwd".to_owned(),
        "../../etc/passwd".to_owned(),
        "../../../../../../../../etc/passwd".to_owned(),
        format!("/p/{token}/../../../etc/passwd"),
        "/p/7ZZZZZZZZZZZZZZZZZZZZZZZZZ/update.zip".to_owned(),
        "/p//update.zip".to_owned(),
        "..%2f..%2fetc/passwd".to_owned(),
        "/p/*/update.zip".to_owned(),
        "~".to_owned(),
        format!("/p/{token}/update.zip.sig"),
    ] {
        for verb in ["RETR", "LIST", "NLST"] {
            assert_eq!(client.fetch(&format!("{verb} {path}")).await.unwrap_err(), "550", "{verb} {path}");
        }
        for verb in ["SIZE", "CWD"] {
            assert_eq!(client.code(&format!("{verb} {path}")).await, "550", "{verb} {path}");
        }
    }
    for folder in ["/", "/p", "."] {
        assert_eq!(client.fetch(&format!("RETR {folder}")).await.unwrap_err(), "550", "{folder}");
    }
    assert_eq!(client.code("CWD update.zip").await, "550");
    assert_eq!(grant.served().bytes, 0);
}

#[tokio::test]
async fn one_grants_user_does_not_see_anothers_package() {
    let rack = Rack::start().await;
    let (_, one_sha256, _) = rack.package(5000, 1);
    let (_, two_sha256, _) = rack.package(6000, 2);
    let (one, two) = (rack.host.issue(&one_sha256).unwrap(), rack.host.issue(&two_sha256).unwrap());
    let mut client = Client::log_in(&rack, &one).await;
    assert_eq!(client.fetch(&format!("RETR {}", two.path())).await.unwrap_err(), "550");
    assert_eq!(client.fetch(&format!("LIST /p/{}", two.token())).await.unwrap_err(), "550");
    assert_eq!(client.code(&format!("CWD /p/{}", two.token())).await, "550");
    assert_eq!(client.code(&format!("SIZE {}", two.path())).await, "550");
    let listed = String::from_utf8(client.fetch("NLST /p").await.unwrap()).unwrap();
    assert_eq!(listed, format!("{}\r\n", one.token()));
    assert_eq!((two.served().bytes, two.served().closed), (0, true));
}

#[tokio::test]
async fn lists_show_the_way_to_the_package() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(5000);
    let mut client = Client::log_in(&rack, &grant).await;
    let mut list = async |command: String| String::from_utf8(client.fetch(&command).await.unwrap()).unwrap();
    let folder = "dr-xr-xr-x 1 ftp ftp            0 Jan  1  2000";
    let token = grant.token();
    assert_eq!(list("LIST".to_owned()).await, format!("{folder} p\r\n"));
    assert_eq!(list("LIST -la /p".to_owned()).await, format!("{folder} {token}\r\n"));
    let file = "-r--r--r-- 1 ftp ftp         5000 Jan  1  2000 update.zip\r\n";
    assert_eq!(list(format!("LIST /p/{token}")).await, file);
    assert_eq!(list(format!("LIST {}", grant.path())).await, file);
    assert_eq!(list(format!("NLST p/{token}/")).await, "update.zip\r\n");
}

#[tokio::test]
async fn an_empty_package_is_sent() {
    let rack = Rack::start().await;
    let (_, grant) = rack.granted(0);
    let mut client = Client::log_in(&rack, &grant).await;
    assert!(client.fetch(&format!("RETR {}", grant.path())).await.unwrap().is_empty());
}
