//! A map with a bound: when it is full, what came first goes.

use std::collections::{HashMap, VecDeque};

/// The most entries of one map: twice the slots of the largest rack. What is looked up is recent.
const ENTRIES: usize = 2_048;

/// Values by the UUID of a unit or an attempt.
#[derive(Debug)]
pub(crate) struct Kept<V> {
    values: HashMap<String, V>,
    order: VecDeque<String>,
}

impl<V> Default for Kept<V> {
    fn default() -> Self {
        Self { values: HashMap::new(), order: VecDeque::new() }
    }
}

impl<V> Kept<V> {
    pub(crate) fn get(&self, id: &str) -> Option<&V> {
        self.values.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut V> {
        self.values.get_mut(id)
    }

    pub(crate) fn insert(&mut self, id: &str, value: V) {
        if self.values.insert(id.to_owned(), value).is_some() {
            return;
        }
        self.order.push_back(id.to_owned());
        if self.order.len() > ENTRIES
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
    }
}

impl<V: Default> Kept<V> {
    /// The value of `id`, which is made when there is none.
    pub(crate) fn entry(&mut self, id: &str) -> &mut V {
        if !self.values.contains_key(id) {
            self.insert(id, V::default());
        }
        self.values.entry(id.to_owned()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, Kept};

    #[test]
    fn the_oldest_goes_when_it_is_full() {
        let mut kept = Kept::default();
        for number in 0..=ENTRIES {
            kept.insert(&number.to_string(), number);
            kept.insert("1", 7);
        }
        assert_eq!((kept.values.len(), kept.order.len()), (ENTRIES, ENTRIES));
        assert_eq!((kept.get("0"), kept.get("1")), (None, Some(&7)));
    }
}
