//! Random numbers that come again for the same seed.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::payload::random;

/// A source of random numbers.
#[derive(Clone, Debug)]
pub struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    /// The same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, thrown: 0 }
    }

    /// A number below `end`.
    ///
    /// # Panics
    /// When there is none.
    pub fn below(&mut self, end: u64) -> u64 {
        self.thrown += 1;
        let bytes = random(8, self.seed.rotate_left(32) ^ self.thrown);
        u64::from_le_bytes(bytes.try_into().expect("eight bytes")) % end
    }
}

/// The seed of this run: from `HANDOFF_SEED`, else another one each time; printed, so that a
/// run that failed can be tried again.
///
/// # Panics
/// When the seed that was asked for is no number.
#[must_use]
pub fn seed() -> u64 {
    let seed = match env::var("HANDOFF_SEED") {
        Ok(seed) => seed.parse().expect("HANDOFF_SEED is a number"),
        Err(_) => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| u64::from(since.subsec_nanos())),
    };
    println!("HANDOFF_SEED={seed}");
    seed
}
