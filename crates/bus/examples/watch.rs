//! Prints what is plugged in, and each change of it, until it is killed.

use bus::{KnownUsb, SettleTimes, UsbBus};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let began = std::time::Instant::now();
    let known = KnownUsb::new(0x2c7c, 0x0125, 2).with_ttys(&[0, 1, 2, 3]);
    let usb = UsbBus::start(vec![known], SettleTimes::default())?;
    let mut changes = usb.topology();
    loop {
        let topology = changes.borrow_and_update().clone();
        let there = topology.modules.values().filter(|module| module.settled).count();
        let warnings: Vec<_> = topology.warnings.iter().map(ToString::to_string).collect();
        println!("{:?} {there} of {} there {warnings:?}", began.elapsed(), topology.modules.len());
        for module in topology.modules.values() {
            let (port, generation) = (module.port, module.generation);
            println!("  {port} #{generation} settled={} at={:?}", module.settled, module.at());
        }
        changes.changed().await?;
    }
}
