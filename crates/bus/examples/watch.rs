//! Prints what is plugged in, and each change of it, until it is killed.

use bus::{KnownUsb, SettleTimes, UsbBus};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let began = std::time::Instant::now();
    let known =
        [(0x2c7c, 0x0125), (0x2c7c, 0x0296)].map(|(vendor, product)| KnownUsb::new(vendor, product, 2));
    let known = known.map(|known| known.with_ttys(&[0, 1, 2, 3]));
    let usb = UsbBus::start(known.to_vec(), SettleTimes::default())?;
    let mut changes = usb.topology();
    loop {
        let topology = changes.borrow_and_update().clone();
        let there = topology.modules.values().filter(|module| module.settled).count();
        let warnings: Vec<_> = topology.warnings.iter().map(ToString::to_string).collect();
        println!("{:?} {there} of {} there {warnings:?}", began.elapsed(), topology.modules.len());
        for module in topology.modules.values() {
            let (port, generation, kind, ttys) =
                (module.port, module.generation, module.kind, module.ttys.len());
            let (settled, at) = (module.settled, module.at());
            println!("  {port} #{generation} {kind:?} settled={settled} ttys={ttys} at={at:?}");
        }
        changes.changed().await?;
    }
}
