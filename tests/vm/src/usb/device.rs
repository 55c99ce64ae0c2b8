//! A module as a USB device, without I/O: packets and the module's words in, packets and the host's words out.

use std::collections::VecDeque;

use sim::Usb;

use super::descriptors::{self, Bridge};
use super::wire::{Packet, Status, kind, little};

/// What a module has said and nobody has fetched; it says no more meanwhile.
const UNFETCHED: usize = 64 * 1024;
/// Bytes of an FTDI packet, and of its two bytes of status.
const FTDI: (usize, usize) = (64, 2);

/// A transfer that the guest waits for.
#[derive(Debug)]
struct Asked {
    id: u64,
    endpoint: u8,
    length: usize,
}

/// Bytes from the host that the module has not taken yet.
#[derive(Debug)]
struct Heard {
    asked: Asked,
    bytes: Vec<u8>,
    taken: usize,
}

/// The device, from one coming onto the bus to its leaving.
#[derive(Debug)]
pub(crate) struct Device {
    usb: Usb,
    bridge: Bridge,
    configuration: u8,
    /// The bulk pair of the port for AT commands, towards the host and from it; zeros where there is none.
    at: (u8, u8),
    unfetched: VecDeque<u8>,
    asked: VecDeque<Asked>,
    heard: VecDeque<Heard>,
    replies: Vec<Packet>,
}

impl Device {
    pub(crate) fn new(usb: Usb) -> Self {
        let bridge = Bridge::of(&usb);
        let at = usb.at.map_or((0, 0), |interface| descriptors::bulk_pair(&usb, interface));
        let (asked, heard) = (VecDeque::new(), VecDeque::new());
        let unfetched = VecDeque::new();
        Self { usb, bridge, configuration: 0, at, unfetched, asked, heard, replies: Vec::new() }
    }

    /// The packets that are to go out.
    pub(crate) fn replies(&mut self) -> Vec<Packet> {
        std::mem::take(&mut self.replies)
    }

    /// Whether the module may say more.
    pub(crate) fn has_room(&self) -> bool {
        self.unfetched.len() < UNFETCHED
    }

    /// The module says something on its port.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        self.unfetched.extend(bytes);
        self.deliver();
    }

    /// What the host has written and the module has not taken.
    pub(crate) fn next_heard(&self) -> Option<&[u8]> {
        self.heard.front().map(|heard| &heard.bytes[heard.taken..])
    }

    /// The module has taken `count` bytes of [`Device::next_heard`]; the host's write ends with its last one.
    pub(crate) fn took(&mut self, count: usize) {
        let Some(heard) = self.heard.front_mut() else { return };
        heard.taken += count;
        if heard.taken >= heard.bytes.len()
            && let Some(heard) = self.heard.pop_front()
        {
            self.end(&heard.asked, Status::Success, heard.bytes.len(), &[]);
        }
    }

    /// Something from the guest.
    pub(crate) fn receive(&mut self, packet: &Packet) {
        let first = packet.body.first().copied().unwrap_or_default();
        let mut reply = |kind, body: &[u8]| self.replies.push(Packet::new(kind, packet.id, body));
        match packet.kind {
            kind::HELLO => self.introduce(),
            kind::RESET => self.configuration = 0,
            kind::SET_CONFIGURATION => {
                self.configuration = first;
                reply(kind::CONFIGURATION_STATUS, &[0, first]);
                self.describe();
            }
            kind::GET_CONFIGURATION => reply(kind::CONFIGURATION_STATUS, &[0, self.configuration]),
            kind::SET_ALT_SETTING | kind::GET_ALT_SETTING => reply(kind::ALT_SETTING_STATUS, &[0, first, 0]),
            kind::START_INTERRUPT_RECEIVING | kind::STOP_INTERRUPT_RECEIVING => {
                reply(kind::INTERRUPT_RECEIVING_STATUS, &[0, first]);
            }
            kind::CANCEL_DATA_PACKET => self.cancel(packet.id),
            kind::CONTROL if packet.body.len() >= 10 => self.control(packet),
            kind::BULK if packet.body.len() >= 10 => self.bulk(packet),
            _ => {}
        }
    }

    fn introduce(&mut self) {
        self.describe();
        // At full speed, with no class of the whole device.
        let mut body = vec![1, 0, 0, 0];
        body.extend(
            [self.usb.vendor, self.usb.product, descriptors::release(&self.usb)]
                .iter()
                .flat_map(|number| number.to_le_bytes()),
        );
        self.replies.push(Packet::new(kind::DEVICE_CONNECT, 0, body));
    }

    fn describe(&mut self) {
        let numbers = descriptors::interfaces(&self.usb);
        let padded = |mut bytes: Vec<u8>| {
            bytes.resize(32, 0);
            bytes
        };
        let mut body = u32::try_from(numbers.len()).unwrap_or_default().to_le_bytes().to_vec();
        let classes: Vec<[u8; 3]> =
            numbers.iter().map(|number| descriptors::class(&self.usb, *number)).collect();
        body.extend(padded(numbers));
        for part in 0..3 {
            body.extend(padded(classes.iter().map(|class| class[part]).collect()));
        }
        self.replies.push(Packet::new(kind::INTERFACE_INFO, 0, body));

        // By address: 0 to 15 from the host, 16 to 31 towards it; 255 is none.
        let (mut types, mut intervals, mut owners, mut sizes) = ([255_u8; 32], [0; 32], [0; 32], [0_u16; 32]);
        for control in [0, 16] {
            (types[control], sizes[control]) = (0, 64);
        }
        for endpoint in descriptors::endpoints(&self.usb) {
            let place = usize::from(endpoint.address >> 3 & 16 | endpoint.address & 15);
            (types[place], intervals[place]) = (endpoint.transfer, endpoint.interval());
            (owners[place], sizes[place]) = (endpoint.interface, endpoint.size());
        }
        let mut body = [types, intervals, owners].concat();
        body.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        self.replies.push(Packet::new(kind::EP_INFO, 0, body));
    }

    fn control(&mut self, packet: &Packet) {
        let head = &packet.body[..10];
        let number = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let (request, kind_of_request, value, length) = (head[1], head[2], number(4), number(8));
        let answer = match kind_of_request & 0x60 {
            0 => self.standard(request, value),
            0x40 if kind_of_request & 0x80 != 0 => {
                Some(descriptors::vendor(self.bridge, request, value, length))
            }
            _ => Some(Vec::new()),
        };
        let status = if answer.is_some() { Status::Success } else { Status::Stall };
        let mut body = head.to_vec();
        body[3] = status as u8;
        if kind_of_request & 0x80 != 0 {
            let mut answer = answer.unwrap_or_default();
            answer.truncate(usize::from(length));
            body[8..10].copy_from_slice(&u16::try_from(answer.len()).unwrap_or_default().to_le_bytes());
            body.extend(answer);
        }
        self.replies.push(Packet::new(kind::CONTROL, packet.id, body));
    }

    fn standard(&mut self, request: u8, value: u16) -> Option<Vec<u8>> {
        let [index, wanted] = value.to_le_bytes();
        match (request, wanted) {
            (6, 1) => Some(descriptors::device(&self.usb)),
            (6, 2) if index == 0 => Some(descriptors::configuration(&self.usb)),
            (6, 3) => descriptors::string(&self.usb, index),
            (0, _) => Some(vec![0, 0]),
            (1 | 3 | 5 | 11, _) => Some(Vec::new()),
            (8, _) => Some(vec![self.configuration]),
            (9, _) => {
                self.configuration = index;
                Some(Vec::new())
            }
            (10, _) => Some(vec![0]),
            _ => None,
        }
    }

    fn bulk(&mut self, packet: &Packet) {
        let body = &packet.body;
        let length = little(&body[2..4]) | little(&body[8..10]) << 16;
        let length = usize::try_from(length).unwrap_or_default();
        let asked = Asked { id: packet.id, endpoint: body[0], length };
        if asked.endpoint & 0x80 != 0 {
            self.asked.push_back(asked);
            self.deliver();
        } else if asked.endpoint == self.at.1 && length > 0 {
            self.heard.push_back(Heard { asked, bytes: body[10..].to_vec(), taken: 0 });
        } else {
            // Nobody listens on the other ports.
            self.end(&asked, Status::Success, length, &[]);
        }
    }

    /// Hands what the module has said to transfers that wait for it.
    fn deliver(&mut self) {
        while !self.unfetched.is_empty()
            && let Some(place) = self.asked.iter().position(|asked| asked.endpoint == self.at.0)
            && let Some(asked) = self.asked.remove(place)
        {
            let bytes = self.fill(asked.length);
            self.end(&asked, Status::Success, bytes.len(), &bytes);
        }
    }

    fn fill(&mut self, length: usize) -> Vec<u8> {
        let mut take = |count: usize| -> Vec<u8> {
            let count = count.min(self.unfetched.len());
            self.unfetched.drain(..count).collect()
        };
        if self.bridge != Bridge::Ftdi {
            return take(length);
        }
        let (packet, status) = FTDI;
        let mut bytes = Vec::new();
        while bytes.len() + packet <= length.max(packet) {
            let part = take(packet - status);
            if part.is_empty() {
                break;
            }
            bytes.extend([0x01, 0x60]);
            bytes.extend(part);
        }
        bytes
    }

    fn cancel(&mut self, id: u64) {
        let asked = self.asked.iter().position(|asked| asked.id == id);
        let heard = self.heard.iter().position(|heard| heard.asked.id == id);
        let asked = asked.and_then(|place| self.asked.remove(place));
        let heard = heard.and_then(|place| self.heard.remove(place)).map(|heard| heard.asked);
        if let Some(asked) = asked.or(heard) {
            self.end(&asked, Status::Cancelled, 0, &[]);
        }
    }

    fn end(&mut self, asked: &Asked, status: Status, count: usize, bytes: &[u8]) {
        let count = u32::try_from(count).unwrap_or_default().to_le_bytes();
        let mut body = vec![asked.endpoint, status as u8, count[0], count[1], 0, 0, 0, 0, count[2], count[3]];
        body.extend(bytes);
        self.replies.push(Packet::new(kind::BULK, asked.id, body));
    }
}

#[cfg(test)]
mod tests;
