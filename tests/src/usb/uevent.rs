//! What the kernel and udevd would say: netlink messages to whoever monitors devices in this network namespace.

use std::io;
use std::os::fd::OwnedFd;

use rustix::net::netlink::{KOBJECT_UEVENT, SocketAddrNetlink};
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, bind, sendto, socket_with};

use crate::usb::node::Node;

/// The group to which udevd speaks.
const UDEV: u32 = 2;
/// libudev's magic number, its header's length, and the type of a request to the kernel to speak for itself.
const MAGIC: u32 = 0xfeed_cafe;
const HEADER: u32 = 40;
const SPEAK: u16 = 16;

/// The mouth of kernel and udevd.
#[derive(Debug)]
pub(crate) struct Uevents {
    socket: OwnedFd,
    /// Whether there is a udevd.
    udevd: bool,
    /// Whether nothing is said at all: events that everyone misses.
    pub(crate) lost: bool,
    sequence: u64,
}

impl Uevents {
    pub(crate) fn open(udevd: bool) -> io::Result<Self> {
        let kind = (AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC);
        let socket = socket_with(kind.0, kind.1, kind.2, Some(KOBJECT_UEVENT))?;
        bind(&socket, &SocketAddrNetlink::new(0, 0))?;
        Ok(Self { socket, udevd, lost: false, sequence: 1 })
    }

    pub(crate) const fn has_udevd(&self) -> bool {
        self.udevd
    }

    /// Says that `action` has happened to `node`: `add`, `bind`, `unbind`, `remove`.
    pub(crate) fn say(&mut self, action: &str, node: &Node) -> io::Result<()> {
        if self.lost {
            return Ok(());
        }
        self.by_kernel(action, node)?;
        if self.udevd { self.by_udevd(action, node) } else { Ok(()) }
    }

    fn by_kernel(&self, action: &str, node: &Node) -> io::Result<()> {
        let mut text = format!("{action}@{}\0ACTION={action}\0DEVPATH={}\0", node.path, node.path);
        for (key, value) in node.kernel_properties() {
            text.extend([key, "=", value.as_str(), "\0"]);
        }
        self.send(&request(SPEAK, text.as_bytes()), 0)
    }

    fn by_udevd(&mut self, action: &str, node: &Node) -> io::Result<()> {
        let mut text = format!("ACTION={action}\0DEVPATH={}\0", node.path);
        for (key, value) in node.udev_properties() {
            text.extend([key, "=", value.as_str(), "\0"]);
        }
        let sequence = self.sequence;
        self.sequence += 1;
        text.extend(["SEQNUM=", &sequence.to_string(), "\0USEC_INITIALIZED=1000000\0"]);
        let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let mut message = b"libudev\0".to_vec();
        message.extend(MAGIC.to_be_bytes());
        message.extend([HEADER, HEADER, length].iter().flat_map(|number| number.to_ne_bytes()));
        message.extend(hash(node.subsystem).to_be_bytes());
        message.extend(node.devtype.map_or(0, hash).to_be_bytes());
        // No tags.
        message.extend([0; 8]);
        message.extend(text.as_bytes());
        self.send(&message, UDEV)
    }

    fn send(&self, message: &[u8], group: u32) -> io::Result<()> {
        match sendto(&self.socket, message, SendFlags::empty(), &SocketAddrNetlink::new(0, group)) {
            // Nobody listens, or somebody's buffer is full: that is how events are missed.
            Ok(_) | Err(rustix::io::Errno::CONNREFUSED | rustix::io::Errno::NOBUFS) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A netlink message to the kernel itself.
pub(crate) fn request(kind: u16, body: &[u8]) -> Vec<u8> {
    const REQUEST: u16 = 1;
    let mut message = u32::try_from(16 + body.len()).unwrap_or(u32::MAX).to_ne_bytes().to_vec();
    message.extend(kind.to_ne_bytes());
    message.extend(REQUEST.to_ne_bytes());
    // No sequence, no sender.
    message.extend([0; 8]);
    message.extend(body);
    message
}

/// `MurmurHash2` with seed 0, by which libudev's monitors filter.
fn hash(text: &str) -> u32 {
    const MIX: u32 = 0x5bd1_e995;
    let bytes = text.as_bytes();
    let mut state = u32::try_from(bytes.len()).unwrap_or_default();
    let words = bytes.chunks_exact(4);
    let rest = words.remainder();
    for word in words {
        let mut part = u32::from_le_bytes([word[0], word[1], word[2], word[3]]).wrapping_mul(MIX);
        part ^= part >> 24;
        state = state.wrapping_mul(MIX) ^ part.wrapping_mul(MIX);
    }
    for (place, byte) in rest.iter().enumerate().rev() {
        state ^= u32::from(*byte) << (8 * place);
    }
    if !rest.is_empty() {
        state = state.wrapping_mul(MIX);
    }
    state ^= state >> 13;
    state = state.wrapping_mul(MIX);
    state ^ (state >> 15)
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn the_hash_is_that_of_libudev() {
        assert_eq!([hash("tty"), hash("usb"), hash("usb_device")], [0x8afa_90c8, 0x0577_c5e5, 0x27f8_f50c]);
    }
}
