//! The queue when the disk does not keep up.

use std::sync::Arc;

use events::{Direction, Event, Level, Stamped};

use super::{QUEUE_EVENTS, Queue, TRANSCRIPTS_UP_TO};
use crate::item::Reply;

fn stamped(event: Event) -> Arc<Stamped> {
    Arc::new(Stamped { seq: 1, unix_ms: 2, run_ms: 3, event })
}

fn lost() -> Arc<Stamped> {
    stamped(Event::PortLost { slot: "A1".into() })
}

fn line() -> Arc<Stamped> {
    let text = "OK".to_owned();
    stamped(Event::Transcript { slot: "A1".into(), attempt: None, direction: Direction::Received, text })
}

fn note(queue: &mut Queue) -> Option<(Level, String)> {
    let taken = queue.take(usize::MAX);
    let Event::Note { level, text, .. } = &taken.last()?.stamped.event else { return None };
    Some((*level, text.clone()))
}

#[test]
fn transcripts_leave_room_and_are_counted() {
    let mut queue = Queue::default();
    for _ in 0..QUEUE_EVENTS {
        queue.push("r", "b", line(), None);
    }
    assert_eq!(queue.len(), TRANSCRIPTS_UP_TO);
    queue.push("r", "b", lost(), None);
    assert_eq!(queue.len(), TRANSCRIPTS_UP_TO + 1);
    let (level, text) = note(&mut queue).unwrap();
    assert_eq!(level, Level::Warning);
    assert!(text.contains("16384 transcript lines and 0 other"), "{text}");
    assert_eq!(note(&mut queue), None);
    assert_eq!(queue.dropped_ever(), 16_384);
}

#[test]
fn a_full_queue_drops_transcripts_first_and_never_grows() {
    let mut queue = Queue::default();
    for _ in 0..100 {
        queue.push("r", "b", line(), None);
    }
    for _ in 0..QUEUE_EVENTS + 7 {
        queue.push("r", "b", lost(), None);
    }
    assert_eq!(queue.len(), QUEUE_EVENTS);
    assert!(queue.push("r", "b", lost(), Some(Reply::new(|_| ()))).is_some());
    let (level, text) = note(&mut queue).unwrap();
    assert_eq!(level, Level::Error);
    assert!(text.contains("100 transcript lines and 8 other"), "{text}");
}

#[test]
fn what_failed_comes_first_again_without_what_was_awaited() {
    let mut queue = Queue::default();
    for awaited in [false, true, false, true, false] {
        queue.push("r", "b", lost(), awaited.then(|| Reply::new(|_| ())));
    }
    let in_hand = queue.take(3);
    assert_eq!((queue.len(), queue.is_past(0), queue.is_past(1)), (5, true, false));
    assert_eq!(queue.failed(in_hand).len(), 2);
    assert_eq!((queue.len(), queue.is_past(1)), (3, false));
    let tickets: Vec<u64> = queue.take(10).iter().map(|item| item.ticket).collect();
    assert_eq!(tickets, [1, 3, 5]);
    queue.written();
    assert!(queue.is_past(5) && queue.is_empty());
}

#[test]
fn a_failing_disk_does_not_fill_the_queue_with_notes() {
    let mut queue = Queue::default();
    for _ in 0..=QUEUE_EVENTS {
        queue.push("r", "b", lost(), None);
    }
    let in_hand = queue.take(10);
    assert_eq!(in_hand.len(), 11);
    queue.failed(in_hand);
    for _ in 0..10 {
        queue.push("r", "b", lost(), None);
        let in_hand = queue.take(10);
        assert_eq!(in_hand.len(), 10);
        queue.failed(in_hand);
    }
    assert_eq!(queue.len(), QUEUE_EVENTS + 1);
    queue.take(10);
    queue.written();
    assert_eq!(queue.take(10).len(), 11);
}
