//! Simulated modules as USB devices: QEMU's `usb-redir` device shows the guest whatever speaks the usbredir protocol on
//! its socket, so the guest's own drivers bind to it.
//!
//! [`Slot`](slot::Slot) is the place of a module of `sim`; [`Device`](device::Device) is the device, without I/O;
//! [`wire`] is the protocol; [`descriptors`] is what the guest reads of the device.

pub(crate) mod descriptors;
pub(crate) mod device;
pub(crate) mod link;
pub(crate) mod slot;
pub(crate) mod wire;
