//! The loopback interface of a network namespace, which is down in a new one.

use std::io;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, sendto, socket_with,
};

use crate::usb::uevent::request;

/// `RTM_NEWLINK`, the interface's index, `IFF_UP`, `NLMSG_ERROR` and `NLM_F_ACK`.
const NEW_LINK: u16 = 16;
const LOOPBACK: i32 = 1;
const UP: u32 = 1;
const ACKNOWLEDGE: u16 = 4;

/// Brings it up: package hosts and modules talk over it.
pub(crate) fn bring_up() -> io::Result<()> {
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    bind(&socket, &SocketAddrNetlink::new(0, 0))?;
    // struct ifinfomsg: family and type unspecified, index, flags, change.
    let mut body = vec![0; 4];
    body.extend(LOOPBACK.to_ne_bytes());
    body.extend(UP.to_ne_bytes());
    body.extend(UP.to_ne_bytes());
    let mut message = request(NEW_LINK, &body);
    message[6..8].copy_from_slice(&(1 | ACKNOWLEDGE).to_ne_bytes());
    sendto(&socket, &message, SendFlags::empty(), &SocketAddrNetlink::new(0, 0))?;
    let mut answer = [0; 1024];
    let (count, _) = recv(&socket, &mut answer[..], RecvFlags::empty())?;
    // The answer's header, then zero or a negative error number.
    match answer.get(16..20).filter(|_| count >= 20) {
        Some([0, 0, 0, 0]) => Ok(()),
        Some(number) => {
            let number = i32::from_ne_bytes([number[0], number[1], number[2], number[3]]);
            Err(io::Error::from_raw_os_error(-number))
        }
        None => Err(io::Error::other("the kernel's answer is too short")),
    }
}
