//! The device, driven as QEMU drives it.

use events::Family;
use sim::{Module, ModuleSpec, Usb};

use super::Device;
use crate::usb::wire::{Packet, kind};

/// The AT port of a BG96: towards the host, and from it.
const AT: (u8, u8) = (0x85, 0x03);

fn usb(family: Family) -> Usb {
    Module::new(ModuleSpec::new(family, "M", "490154203237518", "A", 0)).usb()
}

/// A bulk transfer: `length` bytes wanted, or `bytes` brought.
fn bulk(id: u64, endpoint: u8, length: u16, bytes: &[u8]) -> Packet {
    let [low, high] = length.to_le_bytes();
    let mut body = vec![endpoint, 0, low, high, 0, 0, 0, 0, 0, 0];
    body.extend(bytes);
    Packet::new(kind::BULK, id, body)
}

/// Id, status, length and bytes of the transfers that have ended.
fn ended(device: &mut Device) -> Vec<(u64, u8, u16, Vec<u8>)> {
    let packets = device.replies().into_iter().filter(|packet| packet.kind == kind::BULK);
    let part = |packet: Packet| {
        let body = &packet.body;
        (packet.id, body[1], u16::from_le_bytes([body[2], body[3]]), body[10..].to_vec())
    };
    packets.map(part).collect()
}

#[test]
fn it_introduces_itself_after_the_hello() {
    let mut device = Device::new(usb(Family::Bg96));
    device.receive(&Packet::new(kind::HELLO, 0, []));
    let replies = device.replies();
    let kinds: Vec<u32> = replies.iter().map(|packet| packet.kind).collect();
    assert_eq!(kinds, [kind::INTERFACE_INFO, kind::EP_INFO, kind::DEVICE_CONNECT]);
    let lengths: Vec<usize> = replies.iter().map(|packet| packet.body.len()).collect();
    assert_eq!(lengths, [4 + 4 * 32, 3 * 32 + 64, 10]);
    assert_eq!(replies[2].body[4..8], [0x7c, 0x2c, 0x96, 0x02]);
}

#[test]
fn words_wait_for_the_host_and_the_host_for_words() {
    let mut device = Device::new(usb(Family::Bg96));
    device.say(b"RDY");
    assert!(ended(&mut device).is_empty());
    device.receive(&bulk(1, AT.0, 2, b""));
    assert_eq!(ended(&mut device), [(1, 0, 2, b"RD".to_vec())]);
    device.receive(&bulk(2, AT.0, 512, b""));
    device.receive(&bulk(3, AT.0, 512, b""));
    assert_eq!(ended(&mut device), [(2, 0, 1, b"Y".to_vec())]);
    device.say(b"OK");
    assert_eq!(ended(&mut device), [(3, 0, 2, b"OK".to_vec())]);
    // Another port's question is never answered with this one's words.
    device.receive(&bulk(4, 0x81, 512, b""));
    device.say(b"x");
    assert!(ended(&mut device).is_empty());
}

#[test]
fn a_write_ends_only_when_the_module_has_taken_it() {
    let mut device = Device::new(usb(Family::Bg96));
    device.receive(&bulk(1, AT.1, 4, b"ATI\r"));
    device.receive(&bulk(2, AT.1, 3, b"AT\r"));
    assert!(ended(&mut device).is_empty());
    assert_eq!(device.next_heard(), Some(b"ATI\r".as_slice()));
    device.took(3);
    assert_eq!(device.next_heard(), Some(b"\r".as_slice()));
    assert!(ended(&mut device).is_empty());
    device.took(1);
    assert_eq!(ended(&mut device), [(1, 0, 4, Vec::new())]);
    assert_eq!(device.next_heard(), Some(b"AT\r".as_slice()));
    // A port that nobody listens on takes everything.
    device.receive(&bulk(3, 0x01, 2, b"xx"));
    assert_eq!(ended(&mut device), [(3, 0, 2, Vec::new())]);
}

#[test]
fn what_is_taken_back_is_never_done() {
    let mut device = Device::new(usb(Family::Bg96));
    device.receive(&bulk(1, AT.0, 64, b""));
    device.receive(&bulk(2, AT.1, 2, b"AT"));
    for id in [1, 2, 3] {
        device.receive(&Packet::new(kind::CANCEL_DATA_PACKET, id, []));
    }
    assert_eq!(ended(&mut device), [(1, 1, 0, Vec::new()), (2, 1, 0, Vec::new())]);
    assert_eq!(device.next_heard(), None);
    device.say(b"late");
    assert!(ended(&mut device).is_empty());
}

#[test]
fn an_ftdi_puts_its_status_before_every_packet() {
    let mut device = Device::new(usb(Family::Sim7028).numbered(0x0403, 0x6001));
    device.say(&[b'x'; 70]);
    device.receive(&bulk(1, 0x81, 512, b""));
    let [(_, _, length, bytes)] = &ended(&mut device)[..] else { panic!("one transfer") };
    assert_eq!(usize::from(*length), 70 + 2 * 2);
    assert_eq!((&bytes[..2], &bytes[64..66]), ([0x01, 0x60].as_slice(), [0x01, 0x60].as_slice()));
}

#[test]
fn control_requests_are_answered_or_refused() {
    let mut device = Device::new(usb(Family::Ag35));
    let mut ask = |request: u8, kind_of_request: u8, value: u16, length: u16| {
        let ([low, high], [few, many]) = (value.to_le_bytes(), length.to_le_bytes());
        let head = vec![0, request, kind_of_request, 0, low, high, 0, 0, few, many];
        device.receive(&Packet::new(kind::CONTROL, 9, head));
        let body = device.replies().remove(0).body;
        (body[3], body[10..].to_vec())
    };
    assert_eq!(ask(6, 0x80, 0x0100, 8).1.len(), 8, "no more than is asked for");
    let (status, descriptor) = ask(6, 0x80, 0x0100, 64);
    assert_eq!((status, &descriptor[8..12]), (0, [0x7c, 0x2c, 0x35, 0x04].as_slice()));
    assert_eq!(ask(6, 0x80, 0x0f00, 64), (4, Vec::new()), "no such descriptor");
    assert_eq!(ask(0x22, 0x21, 3, 0), (0, Vec::new()), "DTR and RTS");
}

proptest::proptest! {
    #[test]
    fn no_packet_makes_it_panic(packets: Vec<(u8, u64, Vec<u8>)>) {
        let mut device = Device::new(usb(Family::Sim7000));
        for (kind, id, body) in packets {
            device.receive(&Packet::new(u32::from(kind % 110), id, body));
            device.say(b"word");
            device.took(1);
        }
    }
}
