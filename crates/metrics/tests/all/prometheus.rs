//! A real Prometheus, on loopback, that ends with the test.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::client::{get, until};
use crate::tools::{dashboards, tool};

/// How often it scrapes.
const SCRAPE: &str = "200ms";

/// It has its own port and its own data, which go with it.
pub(crate) struct Prometheus {
    child: Child,
    addr: SocketAddr,
    folder: tempfile::TempDir,
}

impl Prometheus {
    /// Scrapes these addresses, with the rules of the house.
    pub(crate) fn start(targets: &[SocketAddr]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rules = fs::read_to_string(dashboards().join("rules/fotarig.rules.yml")).unwrap();
        fs::write(folder.path().join("rules.yml"), rules.replace("interval: 1m", "interval: 1s")).unwrap();
        let targets: Vec<String> = targets.iter().map(|target| format!("'{target}'")).collect();
        let config = format!(
            "global: {{ scrape_interval: {SCRAPE}, scrape_timeout: {SCRAPE}, evaluation_interval: 1s }}\n\
             rule_files: [rules.yml]\n\
             scrape_configs:\n  - job_name: fotarig\n    static_configs: [{{ targets: [{}] }}]\n",
            targets.join(", ")
        );
        fs::write(folder.path().join("prometheus.yml"), config).unwrap();
        let addr = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let log = fs::File::create(folder.path().join("log")).unwrap();
        let child = tool("prometheus")
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={addr}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut prometheus = Self { child, addr, folder };
        until("Prometheus is ready", || prometheus.is_ready().then_some(()));
        prometheus
    }

    fn is_ready(&mut self) -> bool {
        let log = || fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(self.child.try_wait().unwrap().is_none(), "Prometheus ended: {}", log());
        std::net::TcpStream::connect(self.addr).is_ok() && get(self.addr, "/-/ready", "").0 == 200
    }

    /// `data` of the answer of its API.
    pub(crate) fn ask(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let parameters: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let (status, body) = get(self.addr, &format!("/api/v1/{path}?{}", parameters.join("&")), "");
        let answer: Value = serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"));
        assert_eq!((status, &answer["status"]), (200, &Value::from("success")), "{parameters:?}: {body}");
        answer["data"].clone()
    }

    /// The series that an expression gives now.
    pub(crate) fn query(&self, expr: &str) -> Vec<Value> {
        self.ask("query", &[("query", expr)])["result"].as_array().cloned().unwrap_or_default()
    }

    /// The series that it gave since `start`, five times a second.
    pub(crate) fn query_range(&self, expr: &str, start_s: f64, end_s: f64) -> Vec<Value> {
        let (start, end) = (start_s.to_string(), end_s.to_string());
        let parameters = [("query", expr), ("start", &start), ("end", &end), ("step", "0.2")];
        self.ask("query_range", &parameters)["result"].as_array().cloned().unwrap_or_default()
    }

    /// Its clock, seconds since 1970.
    pub(crate) fn now_s(&self) -> f64 {
        self.ask("query", &[("query", "time()")])["result"][0].as_f64().unwrap()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Everything but letters and digits as `%XX`.
fn encoded(text: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(byte).collect()
}
