//! Which tty numbers a module gets: others than the last time, in no order, the same for the same seed.

use std::collections::{BTreeMap, BTreeSet};

use sim::Random;

/// Numbers of ttys that the kernel has for USB serial ports.
const ALL: u32 = 512;
/// Free numbers beyond those that are needed, among which is chosen.
const CHOICE: usize = 12;

/// The numbers of one kind of tty.
#[derive(Debug)]
pub(crate) struct Numbers {
    seed: u64,
    taken: BTreeSet<u32>,
    /// What each port had last.
    last: BTreeMap<String, Vec<u32>>,
    turns: u64,
}

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, taken: BTreeSet::new(), last: BTreeMap::new(), turns: 0 }
    }

    /// `count` numbers for what comes at `port`; fewer when there are no more.
    pub(crate) fn take(&mut self, port: &str, count: usize) -> Vec<u32> {
        self.turns += 1;
        let mut random = Random::new(self.seed ^ self.turns.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let last = self.last.get(port).cloned().unwrap_or_default();
        let free = (0..ALL).filter(|number| !self.taken.contains(number));
        let (old, fresh): (Vec<u32>, Vec<u32>) = free.partition(|number| last.contains(number));
        // Its old numbers only where the kernel has no others left.
        let mut choice: Vec<u32> = fresh.into_iter().chain(old).take(count + CHOICE).collect();
        if choice.len() < count + CHOICE {
            choice.truncate(count);
        }
        let mut chosen = Vec::new();
        while chosen.len() < count && !choice.is_empty() {
            let place = random.between(0, choice.len() as u64 - 1);
            chosen.push(choice.swap_remove(usize::try_from(place).unwrap_or_default()));
        }
        self.taken.extend(&chosen);
        self.last.insert(port.to_owned(), chosen.clone());
        chosen
    }

    /// They are free again.
    pub(crate) fn give_back(&mut self, numbers: &[u32]) {
        for number in numbers {
            self.taken.remove(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Numbers;

    #[test]
    fn a_module_never_gets_the_numbers_it_had() {
        let mut numbers = Numbers::new(7);
        let mut before: Vec<u32> = Vec::new();
        for _ in 0..50 {
            let now = numbers.take("1-1", 4);
            assert!(
                now.len() == 4 && now.iter().all(|number| !before.contains(number)),
                "{before:?} {now:?}"
            );
            numbers.give_back(&now);
            before = now;
        }
    }

    #[test]
    fn there_are_as_many_as_the_kernel_has() {
        let mut numbers = Numbers::new(7);
        let mut all: Vec<u32> = (0..128).flat_map(|place| numbers.take(&place.to_string(), 4)).collect();
        all.sort_unstable();
        assert_eq!(all, (0..512).collect::<Vec<_>>());
        assert!(numbers.take("one more", 4).is_empty());
    }
}
