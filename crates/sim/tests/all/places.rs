//! Modules that are taken out and put in, seen from the places they are in.

use std::io;
use std::sync::{Arc, Mutex};

use events::Family::{Bg96, Sim7028};
use sim::{Behaviour, Place, Port, Rack, SimError, Usb};

use crate::bench::spec;

/// What happened at a place.
type Seen = Arc<Mutex<Vec<String>>>;

#[derive(Debug)]
struct Noted(&'static str, Seen);

impl Noted {
    fn note(&self, what: &str) {
        self.1.lock().unwrap().push(format!("{} {what}", self.0));
    }
}

impl Place for Noted {
    fn arrive(&mut self, usb: &Usb) -> io::Result<Option<Port>> {
        self.note(&format!("{:04x}:{:04x}", usb.vendor, usb.product));
        Port::open().map(Some)
    }

    fn leave(&mut self, port: Option<Port>) {
        self.note(if port.is_some() { "left" } else { "was empty" });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_module_goes_from_place_to_place() {
    let seen = Seen::default();
    let place = |name| -> Option<Box<dyn Place>> { Some(Box::new(Noted(name, Arc::clone(&seen)))) };
    let mut rack = Rack::empty(200.0).unwrap();
    rack.add("a", spec(Bg96, 0), place("one")).unwrap();
    rack.add("b", spec(Sim7028, 0), None).unwrap();
    assert!(matches!(rack.add("a", spec(Bg96, 1), None), Err(SimError::Label(_))));
    assert!(rack.take_out("a").await && rack.take_out("a").await && !rack.take_out("c").await);
    assert!(rack.put_in("b", place("one").unwrap()).await);
    assert!(rack.put_in("a", place("two").unwrap()).await);
    assert!(rack.reset_bus("a").await);
    let wanted = ["one 2c7c:0296", "one left", "one 10c4:ea60", "two 2c7c:0296", "two left", "two 2c7c:0296"];
    assert_eq!(*seen.lock().unwrap(), wanted);
    rack.stop().await;
    let seen = seen.lock().unwrap();
    assert!(
        seen[6..].contains(&"one left".to_owned()) && seen[6..].contains(&"two left".to_owned()),
        "{seen:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_module_that_will_never_be_on_the_bus_is_not_waited_for() {
    let seen = Seen::default();
    let mut module = spec(Bg96, 0).with([Behaviour::Unplugged]);
    module.preloaded = Some(crate::bench::package(Bg96, 70_000).into());
    let dir = tempfile::tempdir().unwrap();
    let rack = Rack::start(dir.path(), vec![("a".to_owned(), module)], 1000.0).unwrap();
    let link = rack.ports()[0].1.clone();
    tokio::task::spawn_blocking(move || {
        let mut port = crate::ports::open(&link);
        crate::ports::ask(&mut port, "AT+QFOTADL=1");
        assert!(!crate::ports::read_until(&mut port, &mut String::new(), "never"), "it reboots");
    })
    .await
    .unwrap();
    assert!(rack.take_out("a").await);
    assert!(rack.put_in("a", Box::new(Noted("one", Arc::clone(&seen)))).await);
    assert!(rack.reset_bus("a").await && rack.truths()[0].busy);
    assert!(seen.lock().unwrap().is_empty());
}
