//! The files in `configs/` are what people start from: each is read, and says what its comments say.

use std::path::{Path, PathBuf};

use config::{
    Batch, Flow, Hooks, IpType, Limits, PackageSource, Policy, PortRange, Position, PublicAddress, Rack,
};
use events::{Delivery, Family};

fn configs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../configs")
}

#[test]
fn every_example_is_read_by_one_of_the_tests_below() {
    let mut names: Vec<String> = std::fs::read_dir(configs())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "toml"))
        .collect();
    names.sort();
    assert_eq!(names, ["batch.toml", "minimal-batch.toml", "minimal-rack.toml", "rack.toml"]);
}

#[test]
fn the_full_rack_has_its_slots_and_limits() {
    let rack = Rack::load(configs().join("rack.toml")).unwrap();
    assert_eq!(rack.name, "line3-rack2");
    assert_eq!((rack.minisign_keys.len(), rack.columns), (1, Some(8)));
    assert_eq!(rack.slots.len(), 3);
    assert_eq!(rack.slots[0].position, Position::Usb("1-1.4.1".into()));
    assert_eq!(rack.slots[0].baud, [115_200]);
    assert_eq!(rack.slots[1].apn.as_deref(), Some("other.example"));
    let bridged = &rack.slots[2];
    assert_eq!(bridged.baud, [115_200, 921_600]);
    assert_eq!((bridged.flow, bridged.dtr, bridged.rts), (Flow::None, Some(true), Some(false)));
    assert!(bridged.boot_log_tty.as_ref().is_some_and(|tty| tty.is_absolute()));
    assert_eq!(rack.limits, Limits { in_flight: 64, per_hub: 8, stagger_ms: 250 });
    let metrics = rack.metrics.unwrap();
    assert_eq!(metrics.listen, "127.0.0.1:9477".parse().unwrap());
    assert!(metrics.token.is_some());
    assert_eq!(metrics.tls.unwrap().key, configs().join("tls/metrics.key"));
    assert_eq!(rack.ledger_path, configs().join("fotarig.sqlite"));
}

#[test]
fn the_full_rack_has_its_hosts_network_and_families() {
    let rack = Rack::load(configs().join("rack.toml")).unwrap();
    let http = rack.hosting.http.unwrap();
    assert_eq!(http.public, PublicAddress::Fixed { host: "203.0.113.5".into(), port: 8000 });
    let https = rack.hosting.https.unwrap();
    assert_eq!(https.public, PublicAddress::Auto);
    assert_eq!(https.identity.as_ref().unwrap().certificate, configs().join("tls/server.pem"));
    assert_eq!(https.ca, Some(configs().join("tls/root.pem")));
    assert_eq!(rack.hosting.ftp.unwrap().passive, Some(PortRange { first: 50_000, last: 50_100 }));
    assert_eq!(rack.network.apn.as_deref(), Some("iot.example"));
    assert_eq!((rack.network.ip_type, rack.network.pdp_index), (IpType::V4, Some(1)));
    assert!(rack.network.password.is_some() && rack.network.sim_pin.is_some());
    let bg96 = &rack.families[&Family::Bg96];
    assert_eq!(bg96.port_away_ms, Some(600_000));
    assert_eq!(bg96.quiet_ms, Some(300_000));
    assert_eq!(bg96.resolution_ms, Some(3_600_000));
    assert_eq!(bg96.command_ms, Some(5_000));
    assert_eq!((bg96.download_idle_ms, bg96.upload_idle_ms), (Some(900_000), Some(30_000)));
    let sim7028 = &rack.families[&Family::Sim7028];
    assert_eq!(sim7028.channel, Some(0));
    assert_eq!((sim7028.serial_rate_bytes_per_s, sim7028.serial_block_bytes), (Some(8192), Some(256)));
}

#[test]
fn the_full_rack_has_its_hooks() {
    let hooks = Rack::load(configs().join("rack.toml")).unwrap().hooks;
    let passed = hooks.on_passed.unwrap();
    assert_eq!(
        (passed.program, passed.arguments.as_slice()),
        (configs().join("hooks/lamp.sh"), ["green".to_owned()].as_slice())
    );
    assert_eq!(hooks.on_halt.unwrap().program, Path::new("/usr/local/bin/page-the-engineer"));
    assert!(hooks.on_failed.is_some());
}

#[test]
fn models_are_canonical_after_prefix_and_alias() {
    let rack = Rack::load(configs().join("rack.toml")).unwrap();
    assert_eq!(rack.canonical_model(" simcom_sim7028-nb2\r\n"), "SIM7028");
    assert_eq!(rack.canonical_model("SIMCOM_SIM7000G"), "SIM7000G");
}

#[test]
fn the_minimal_rack_has_the_defaults() {
    let rack = Rack::load(configs().join("minimal-rack.toml")).unwrap();
    assert_eq!(rack.slots.len(), 2);
    assert_eq!(rack.limits, Limits::default());
    assert_eq!(rack.hosting.http.unwrap().public, PublicAddress::Auto);
    assert_eq!((rack.hosting.https, rack.hosting.ftp, rack.metrics), (None, None, None));
    assert_eq!(rack.ledger_path, configs().join("fotarig.sqlite"));
    assert!(rack.families.is_empty() && rack.minisign_keys.is_empty());
    assert_eq!((rack.hooks, rack.columns), (Hooks::default(), None));
}

#[test]
fn the_full_batch_has_every_key() {
    let batch = Batch::load(configs().join("batch.toml")).unwrap();
    assert_eq!((batch.name.as_str(), batch.lot.as_deref()), ("2026w47-bg96", Some("L-2231")));
    assert_eq!(batch.operator.as_deref(), Some("night shift"));
    assert_eq!(batch.targets.len(), 2);
    assert_eq!(batch.warnings, []);
    let [first, second, third] = batch.packages.as_slice() else { panic!("{:?}", batch.packages) };
    assert_eq!(first.package.size, 3_892_224);
    assert_eq!(first.source, PackageSource::File(configs().join("packages/bg96-a07-a08.zip")));
    let PackageSource::Url { url, user, password } = &second.source else { panic!("{second:?}") };
    assert_eq!(url, "http://packages.example:8080/bg96-a08-a09.zip");
    assert!(user.as_deref() == Some("rack") && password.is_some());
    assert_eq!((second.preloaded_as.as_deref(), second.trust_preloaded), (Some("update.zip"), true));
    assert_eq!(third.package.family, Family::Sim7000);
    assert!(third.signature.as_ref().is_some_and(|text| text.starts_with("untrusted comment:")));
    let policy = &batch.policy;
    assert_eq!((policy.attempts, policy.canary, policy.stop_after_failures), (3, Some(4), Some(5)));
    assert_eq!((policy.stop_at_failure_rate, policy.stop_rate_after), (Some(0.2), 20));
    assert_eq!((policy.quarantine_slot_after, policy.retest_limit), (Some(3), Some(3)));
}

#[test]
fn the_minimal_batch_has_the_defaults() {
    let batch = Batch::load(configs().join("minimal-batch.toml")).unwrap();
    assert_eq!(batch.policy, Policy::default());
    assert_eq!(batch.policy.delivery, [Delivery::Http, Delivery::Serial]);
    assert_eq!((batch.packages.len(), batch.warnings.len()), (1, 0));
}
