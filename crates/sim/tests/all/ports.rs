//! Modules on real pseudo-terminals, with a real HTTP server.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use events::Family::{Bg96, Sim7000, Sim7028};
use sim::{Behaviour, Rack, SimError};

use crate::bench::{package, revision_b, spec};

const PATIENCE: Duration = Duration::from_secs(30);

/// Serves `file` to whoever asks; the thread ends with the process.
fn serve(file: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let count = stream.read(&mut request).unwrap();
            assert!(request[..count].starts_with(b"GET /update.zip HTTP/1.1\r\n"));
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", file.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&file).unwrap();
        }
    });
    port
}

/// Opens the port behind `link`, which may have to come back first.
pub(crate) fn open(link: &Path) -> File {
    let began = Instant::now();
    loop {
        match OpenOptions::new().read(true).write(true).open(link) {
            Ok(port) => return port,
            Err(error) => assert!(began.elapsed() < PATIENCE, "{}: {error}", link.display()),
        }
        thread::sleep(Duration::from_millis(5));
    }
}

/// Reads until `text` has come; what came is added to `said`. False when the port was lost before.
pub(crate) fn read_until(port: &mut File, said: &mut String, text: &str) -> bool {
    let began = Instant::now();
    let mut chunk = [0; 4096];
    while !said.contains(text) {
        assert!(began.elapsed() < PATIENCE, "no `{text}` in `{said}`");
        match port.read(&mut chunk) {
            Ok(0) | Err(_) => return false,
            Ok(count) => said.push_str(&String::from_utf8_lossy(&chunk[..count])),
        }
    }
    true
}

pub(crate) fn ask(port: &mut File, command: &str) -> String {
    let mut said = String::new();
    port.write_all(format!("{command}\r").as_bytes()).unwrap();
    assert!(read_until(port, &mut said, "OK\r\n"), "{command}: {said}");
    said
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bg96_fetches_flashes_reboots_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(package(Bg96, 120_000));
    let rack = Rack::start(dir.path(), vec![("a1".to_owned(), spec(Bg96, 0))], 200.0).unwrap();
    let (label, link) = rack.ports()[0].clone();
    assert_eq!((label.as_str(), &link), ("a1", &dir.path().join("a1")));
    tokio::task::spawn_blocking(move || {
        let mut port = open(&link);
        ask(&mut port, &format!("AT+QFOTADL=\"http://127.0.0.1:{server}/update.zip\""));
        let mut said = String::new();
        assert!(read_until(&mut port, &mut said, "\"END\",0"), "{said}");
        assert!(said.contains("\"HTTPEND\",0"));
        assert!(!read_until(&mut port, &mut said, "never"), "the port is lost");
        let mut port = open(&link);
        assert!(read_until(&mut port, &mut String::new(), "+QUSIM: 1"));
        let began = Instant::now();
        while !ask_once(&mut port).contains(revision_b(Bg96)) {
            assert!(began.elapsed() < PATIENCE);
        }
    })
    .await
    .unwrap();
    let truths = rack.truths();
    assert_eq!((truths[0].label.as_str(), truths[0].updates_done), ("a1", 1));
    rack.stop().await;
    assert!(!dir.path().join("a1").exists());
}

fn ask_once(port: &mut File) -> String {
    thread::sleep(Duration::from_millis(20));
    ask(port, "AT+QGMR")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_goes_through_the_port_and_a_flood_next_to_it_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let flood = spec(Bg96, 1).with([Behaviour::Flood]);
    let modules = vec![("flood".to_owned(), flood), ("sim".to_owned(), spec(Sim7000, 0))];
    let rack = Rack::start(dir.path(), modules, 20.0).unwrap();
    let (_, link) = rack.ports()[1].clone();
    tokio::task::spawn_blocking(move || {
        let mut port = open(&link);
        ask(&mut port, "AT+CFSINIT");
        for (place, block) in package(Sim7000, 200_000).chunks(10_000).enumerate() {
            let command =
                format!("AT+CFSWFILE=1,\"update.zip\",{},{},10000\r", u8::from(place > 0), block.len());
            port.write_all(command.as_bytes()).unwrap();
            assert!(read_until(&mut port, &mut String::new(), "DOWNLOAD\r\n"));
            port.write_all(block).unwrap();
            assert!(read_until(&mut port, &mut String::new(), "OK\r\n"));
        }
        assert!(ask(&mut port, "AT+CFSGFIS=1,\"update.zip\"").contains("+CFSGFIS: 200000"));
        ask(&mut port, "AT+CFOTA=1");
        assert!(!read_until(&mut port, &mut String::new(), "never"));
        let mut port = open(&link);
        assert!(read_until(&mut port, &mut String::new(), "\"Start to update\""));
    })
    .await
    .unwrap();
    assert!(rack.truths()[1].busy);
    rack.stop().await;
}

/// One FTP session: `tmf` with `tmf123` may have `fw/update.zip`.
fn serve_ftp(file: Vec<u8>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut control = stream.try_clone().unwrap();
        let data = TcpListener::bind("127.0.0.1:0").unwrap();
        let [high, low] = data.local_addr().unwrap().port().to_be_bytes();
        control.write_all(b"220-hello\r\n220 ready\r\n").unwrap();
        for line in BufReader::new(stream).lines() {
            let answer = match line.unwrap().as_str() {
                "USER tmf" => "331 password".to_owned(),
                "PASS tmf123" => "230 in".to_owned(),
                "TYPE I" => "200 binary".to_owned(),
                "SIZE fw/update.zip" => format!("213 {}", file.len()),
                "EPSV" => "500 what?".to_owned(),
                "PASV" => format!("227 Entering Passive Mode (127,0,0,1,{high},{low})"),
                "RETR fw/update.zip" => {
                    control.write_all(b"150 here\r\n").unwrap();
                    data.accept().unwrap().0.write_all(&file).unwrap();
                    "226 done".to_owned()
                }
                other => format!("550 no {other}"),
            };
            control.write_all(format!("{answer}\r\n").as_bytes()).unwrap();
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sim7000_fetches_over_ftp() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve_ftp(package(Sim7000, 90_000));
    let rack = Rack::start(dir.path(), vec![("a".to_owned(), spec(Sim7000, 0))], 100.0).unwrap();
    let (_, link) = rack.ports()[0].clone();
    tokio::task::spawn_blocking(move || {
        let mut port = open(&link);
        ask(&mut port, "AT+CNACT=1");
        ask(&mut port, "AT+FTPSERV=\"127.0.0.1\"");
        ask(&mut port, &format!("AT+FTPPORT={server}"));
        ask(&mut port, "AT+FTPUN=\"tmf\"");
        ask(&mut port, "AT+FTPPW=\"tmf123\"");
        ask(&mut port, "AT+FTPGETNAME=\"update.zip\"");
        ask(&mut port, "AT+FTPGETPATH=\"/fw/\"");
        let mut said = ask(&mut port, "AT+FTPEXTGET=2,1,\"update.zip\"");
        assert!(read_until(&mut port, &mut said, "+FTPEXTGETFILE: 1,"), "{said}");
        ask(&mut port, "AT+CFSINIT");
        assert!(ask(&mut port, "AT+CFSGFIS=1,\"update.zip\"").contains("+CFSGFIS: 90000"));
    })
    .await
    .unwrap();
    rack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_comes_back_under_another_number() {
    let dir = tempfile::tempdir().unwrap();
    let spec = spec(Bg96, 0).with([Behaviour::OtherNumber]);
    let rack = Rack::start(dir.path(), vec![("a".to_owned(), spec)], 200.0).unwrap();
    let link = rack.ports()[0].1.clone();
    let before = std::fs::read_link(&link).unwrap();
    assert!(rack.cut_power("a") && !rack.cut_power("b"));
    let after = wait_for_other(&link, &before).await;
    assert_ne!(before, after);
    rack.stop().await;
}

async fn wait_for_other(link: &Path, before: &Path) -> PathBuf {
    let mut gone = false;
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < PATIENCE);
        match std::fs::read_link(link) {
            Ok(now) if gone || now != before => return now,
            Ok(_) => {}
            Err(_) => gone = true,
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn labels_and_factor_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    for label in ["", "a/b", "../x"] {
        let result = Rack::start(dir.path(), vec![(label.to_owned(), spec(Sim7028, 0))], 1.0);
        assert!(matches!(result, Err(SimError::Label(_))), "{label}");
    }
    let twice = vec![("a".to_owned(), spec(Sim7028, 0)), ("a".to_owned(), spec(Sim7028, 1))];
    assert!(matches!(Rack::start(dir.path(), twice, 1.0), Err(SimError::Label(_))));
    assert!(matches!(Rack::start(dir.path(), vec![], 0.0), Err(SimError::Factor(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paced_package_arrives_whole_at_a_uart_and_the_port_stays() {
    let dir = tempfile::tempdir().unwrap();
    let rack = Rack::start(dir.path(), vec![("uart".to_owned(), spec(Sim7028, 0))], 50.0).unwrap();
    let (_, link) = rack.ports()[0].clone();
    tokio::task::spawn_blocking(move || {
        let mut port = open(&link);
        let file = package(Sim7028, 70_000);
        ask(&mut port, "AT+LFOTA=0,70000");
        port.write_all(b"AT+LFOTA=1,70000\r").unwrap();
        assert!(read_until(&mut port, &mut String::new(), ">\r\n"));
        for block in file.chunks(1024) {
            port.write_all(block).unwrap();
            thread::sleep(Duration::from_micros(2_600));
        }
        assert!(read_until(&mut port, &mut String::new(), "OK\r\n"));
        assert!(ask(&mut port, "AT+LFOTA?").contains("+LFOTA: 1"));
        ask(&mut port, "AT+QCRST");
        assert!(read_until(&mut port, &mut String::new(), "VerifyImageBody sha256 skip"));
    })
    .await
    .unwrap();
    rack.stop().await;
}
