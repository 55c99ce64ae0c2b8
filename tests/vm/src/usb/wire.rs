//! The usbredir protocol, version 0.7, as far as modules need it. Source: `usbredir-protocol.md` of the usbredir project.
//!
//! A packet is its kind, the length of its body, an id that the answer repeats, and the body; all little-endian. Ids have
//! 32 bits until both sides have said hello, 64 from then on.

/// Kinds of packets.
pub(crate) mod kind {
    pub(crate) const HELLO: u32 = 0;
    pub(crate) const DEVICE_CONNECT: u32 = 1;
    pub(crate) const RESET: u32 = 3;
    pub(crate) const INTERFACE_INFO: u32 = 4;
    pub(crate) const EP_INFO: u32 = 5;
    pub(crate) const SET_CONFIGURATION: u32 = 6;
    pub(crate) const GET_CONFIGURATION: u32 = 7;
    pub(crate) const CONFIGURATION_STATUS: u32 = 8;
    pub(crate) const SET_ALT_SETTING: u32 = 9;
    pub(crate) const GET_ALT_SETTING: u32 = 10;
    pub(crate) const ALT_SETTING_STATUS: u32 = 11;
    pub(crate) const START_INTERRUPT_RECEIVING: u32 = 15;
    pub(crate) const STOP_INTERRUPT_RECEIVING: u32 = 16;
    pub(crate) const INTERRUPT_RECEIVING_STATUS: u32 = 17;
    pub(crate) const CANCEL_DATA_PACKET: u32 = 21;
    pub(crate) const CONTROL: u32 = 100;
    pub(crate) const BULK: u32 = 101;
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// As wanted.
    Success = 0,
    /// Taken back by the guest.
    Cancelled = 1,
    /// Refused.
    Stall = 4,
}

/// Abilities that this side has and the other side must have: a version in `device_connect`, acknowledged disconnects,
/// sizes in `ep_info`, ids of 64 bits, lengths of 32 bits in bulk packets.
const ABILITIES: u32 = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6;
/// The bytes of the sender's name in a hello.
const NAME: usize = 64;
/// No packet is longer: a guest's transfers have some kilobytes.
const LONGEST: usize = 1 << 20;

/// One packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) kind: u32,
    pub(crate) id: u64,
    pub(crate) body: Vec<u8>,
}

impl Packet {
    pub(crate) fn new(kind: u32, id: u64, body: impl Into<Vec<u8>>) -> Self {
        Self { kind, id, body: body.into() }
    }

    /// The packet's bytes, after the hello.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.body.len()).unwrap_or(u32::MAX);
        let mut bytes = [self.kind.to_le_bytes(), length.to_le_bytes()].concat();
        bytes.extend(self.id.to_le_bytes());
        bytes.extend(&self.body);
        bytes
    }
}

/// This side's hello, which has its own form of an id.
pub(crate) fn hello() -> Vec<u8> {
    let mut body = b"fotarig".to_vec();
    body.resize(NAME, 0);
    body.extend(ABILITIES.to_le_bytes());
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let mut bytes = [kind::HELLO, length, 0].map(u32::to_le_bytes).concat();
    bytes.extend(body);
    bytes
}

/// Why the other side is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Garbled {
    /// It does not begin with a hello that has all abilities.
    NoHello,
    /// A packet is longer than any can be.
    TooLong,
}

/// Cuts what comes in into packets.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    bytes: Vec<u8>,
    greeted: bool,
}

impl Reader {
    /// Takes bytes as they come.
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole packet.
    pub(crate) fn next(&mut self) -> Result<Option<Packet>, Garbled> {
        let id_length = if self.greeted { 8 } else { 4 };
        let head = 8 + id_length;
        if self.bytes.len() < head {
            return Ok(None);
        }
        let (kind, length) = (u32_at(&self.bytes, 0), u32_at(&self.bytes, 4) as usize);
        if length > LONGEST {
            return Err(Garbled::TooLong);
        }
        if self.bytes.len() < head + length {
            return Ok(None);
        }
        let id = little(&self.bytes[8..head]);
        let body = self.bytes[head..head + length].to_vec();
        self.bytes.drain(..head + length);
        if !self.greeted {
            let able = body.len() >= NAME + 4 && u32_at(&body, NAME) & ABILITIES == ABILITIES;
            if kind != kind::HELLO || !able {
                return Err(Garbled::NoHello);
            }
            self.greeted = true;
        }
        Ok(Some(Packet { kind, id, body }))
    }
}

/// A little-endian number of up to eight bytes.
pub(crate) fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::{Garbled, Packet, Reader, hello, kind};

    #[test]
    fn packets_are_cut_wherever_the_bytes_are_split() {
        let packets = [Packet::new(kind::RESET, 7, []), Packet::new(kind::BULK, u64::MAX, [1, 2, 3])];
        let mut stream = hello();
        stream.extend(packets.iter().flat_map(Packet::bytes));
        for size in 1..stream.len() {
            let mut reader = Reader::default();
            let mut found = Vec::new();
            for part in stream.chunks(size) {
                reader.take(part);
                while let Some(packet) = reader.next().unwrap() {
                    found.push(packet);
                }
            }
            assert_eq!((found[0].kind, &found[1..]), (kind::HELLO, &packets[..]), "parts of {size} bytes");
        }
    }

    #[test]
    fn a_stranger_is_refused() {
        let refused = |bytes: &[u8]| {
            let mut reader = Reader::default();
            reader.take(bytes);
            reader.next()
        };
        let mut unable = hello();
        *unable.last_mut().unwrap() = 0;
        unable[12 + 64] = 0;
        assert_eq!(refused(&unable), Err(Garbled::NoHello));
        assert_eq!(refused(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Err(Garbled::NoHello));
        assert_eq!(refused(&[0xff; 12]), Err(Garbled::TooLong));
        assert_eq!(refused(&[0; 11]), Ok(None));
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(parts: Vec<Vec<u8>>) {
            let mut reader = Reader::default();
            reader.take(&hello());
            for part in parts {
                reader.take(&part);
                while let Ok(Some(_)) = reader.next() {}
            }
        }
    }
}
