//! Things in memory that grow newer: whoever reads an old one late never puts it over a newer one.

use std::hash::{BuildHasher as _, Hash};
use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::DefaultHashBuilder;
use quick_cache::sync::Cache;

/// Locks that puts are spread over.
const STRIPES: usize = 64;

/// What a [`Latest`] holds.
pub trait Dated {
    /// The generation under which it was read; see `store::Freshness`.
    fn generation(&self) -> u64;
    /// How often it was changed.
    fn version(&self) -> i64;
}

/// The latest known state of many things, as many as there is room for.
pub struct Latest<K, V> {
    entries: Cache<K, Arc<V>>,
    puts: Vec<Mutex<()>>,
    hasher: DefaultHashBuilder,
}

impl<K: Clone + Eq + Hash, V: Dated> Latest<K, V> {
    /// Room for `most` things.
    pub fn new(most: usize) -> Self {
        let puts = std::iter::repeat_with(|| Mutex::new(())).take(STRIPES).collect();
        Self { entries: Cache::new(most), puts, hasher: DefaultHashBuilder::default() }
    }

    /// What is held under `key`, when it was read in this generation.
    pub fn get(&self, key: &K, generation: Option<u64>) -> Option<Arc<V>> {
        let generation = generation?;
        self.entries.get(key).filter(|held| held.generation() == generation)
    }

    /// Holds `value`, unless something newer is held.
    pub fn put(&self, key: &K, value: Arc<V>) {
        let stripe = usize::try_from(self.hasher.hash_one(key)).unwrap_or(0) % STRIPES;
        let Some(stripe) = self.puts.get(stripe) else { return };
        let _turn = stripe.lock().unwrap_or_else(PoisonError::into_inner);
        let age = |value: &V| (value.generation(), value.version());
        if self.entries.get(key).is_none_or(|held| age(&held) < age(&value)) {
            self.entries.insert(key.clone(), value);
        }
    }

    /// How many things are held.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets what is held under `key`.
    pub fn forget(&self, key: &K) {
        self.entries.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Thing(u64, i64);

    impl Dated for Thing {
        fn generation(&self) -> u64 {
            self.0
        }

        fn version(&self) -> i64 {
            self.1
        }
    }

    #[test]
    fn an_older_state_never_replaces_a_newer_one_and_another_generation_is_not_given() {
        let latest = Latest::new(8);
        let held = |generation| latest.get(&"a", Some(generation)).map(|thing: Arc<Thing>| thing.1);
        latest.put(&"a", Arc::new(Thing(1, 2)));
        latest.put(&"a", Arc::new(Thing(1, 1)));
        assert_eq!(held(1), Some(2));
        assert_eq!((held(0), held(2)), (None, None));
        assert!(latest.get(&"a", None).is_none());
        latest.put(&"a", Arc::new(Thing(2, 0)));
        latest.put(&"a", Arc::new(Thing(1, 9)));
        assert_eq!(held(2), Some(0));
        latest.forget(&"a");
        assert_eq!(held(2), None);
    }
}
