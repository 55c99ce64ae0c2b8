//! Seeded choices.

use sim::Random;

/// A source of choices: the same seed, the same choices.
#[derive(Clone, Debug)]
pub(crate) struct Chance(Random);

impl Chance {
    /// Choices of `seed`; different `purpose`s draw from different sequences.
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        let mut random = Random::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ purpose);
        random.next();
        Self(random)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        self.0.between(low, high)
    }

    /// A place in something that has `count` of them.
    pub(crate) fn index(&mut self, count: usize) -> usize {
        usize::try_from(self.between(0, (count as u64).saturating_sub(1))).unwrap_or_default()
    }

    /// Whether something happens that happens so many times out of a thousand.
    pub(crate) fn happens(&mut self, per_mille: u64) -> bool {
        self.between(0, 999) < per_mille
    }

    /// One of `all`, which has at least one.
    pub(crate) fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.index(all.len())].clone()
    }

    /// Some 26 letters, as a token.
    pub(crate) fn token(&mut self) -> String {
        (0..26).map(|_| char::from(b'a' + u8::try_from(self.between(0, 25)).unwrap_or_default())).collect()
    }
}
