//! Lives of racks.
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let seed: u64 = args[1].parse().unwrap();
    let slots: usize = args[2].parse().unwrap();
    let life = simulate::live(seed, slots, args.len() > 3).unwrap();
    for line in &life.log { println!("{line}"); }
    for d in &life.divergences { println!("{d}"); }
    println!("{:?} {} runs, {} units, {} s", life.units.iter().map(|u| (u.verdict, &u.code, u.there_all_the_same)).collect::<Vec<_>>(), life.runs, life.units.len(), life.lasted_ms/1000);
}
