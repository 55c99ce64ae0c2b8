//! Serves one file over HTTP, HTTPS and FTP until it is interrupted: `cargo run -p host --example serve -- FILE`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use events::Delivery;
use host::{Host, Passive, Shelf, Tls, sha256_of};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = PathBuf::from(std::env::args_os().nth(1).ok_or("which file?")?);
    let bytes = fs::read(&path)?;
    let sha256 = sha256_of(&bytes);
    let shelf = Shelf::default();
    shelf.add(&path, bytes.len() as u64, &sha256)?;

    let any = "127.0.0.1:0".parse()?;
    let tls = Tls::made(&["localhost".to_owned(), "127.0.0.1".to_owned()])?;
    let root = std::env::temp_dir().join(format!("fotarig-root-{}.pem", std::process::id()));
    fs::write(&root, tls.root().unwrap_or_default())?;
    let passive = Passive { ports: Some(50_000..=50_100), host: None };
    let host = Host::builder(shelf).http(any).https(any, tls).ftp(any, passive).start().await?;
    let grant = host.issue(&sha256)?;
    for protocol in [Delivery::Http, Delivery::Https, Delivery::Ftp] {
        if let Some(addr) = host.addr(protocol) {
            println!("{protocol}://{addr}{}", grant.path());
        }
    }
    println!("root {}\nuser {}\npassword {}", root.display(), grant.user(), grant.password());
    tokio::signal::ctrl_c().await?;
    println!("{:?}", grant.served());
    host.stop().await;
    fs::remove_file(root)?;
    Ok(())
}
