//! What is done to the words.

use std::error::Error;
use std::io::{Write, stdout};
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use crate::args::Args;
use crate::target::Target;

type Done = Result<(), Box<dyn Error>>;

/// Each change, once.
pub(crate) fn set(args: &Args) -> Done {
    let target = Target::attach(args.key)?;
    args.changes.iter().for_each(|change| change.make(&target));
    Ok(())
}

/// One change after the other, again and again.
pub(crate) fn flap(args: &Args) -> Done {
    let target = Target::attach(args.key)?;
    for _ in args.rounds() {
        args.changes.iter().for_each(|change| change.make(&target));
    }
    Ok(())
}

/// All text, while somebody may be reading it: one letter everywhere, then the next.
pub(crate) fn rewrite(args: &Args) -> Done {
    let target = Target::attach(args.key)?;
    for round in args.rounds() {
        let letter = b'A' + u8::try_from(round % 26)?;
        target.text_words().for_each(|word| word.store(u32::from_ne_bytes([letter; 4]), Relaxed));
    }
    Ok(())
}

/// Anything into every word of the header and the slots, and letters into the text.
pub(crate) fn garbage(args: &Args) -> Done {
    let target = Target::attach(args.key)?;
    let mut chance = Chance(u64::from(std::process::id()));
    for _ in args.rounds() {
        target.control_words().for_each(|word| scramble(word, &mut chance));
        for word in target.text_words().step_by(7) {
            word.store(u32::from_ne_bytes([b'A' + (chance.next() % 26) as u8; 4]), Relaxed);
        }
    }
    Ok(())
}

/// Small numbers and extremes more often than chance would have them.
fn scramble(word: &AtomicU32, chance: &mut Chance) {
    let value = chance.next();
    let low = value as u32;
    let value = match value >> 61 {
        0 => low % 4,
        1 => low % 2050,
        2 => 1 << (low % 32),
        3 => u32::MAX >> (low % 32),
        4 => word.load(Relaxed) ^ 0x8000_0000,
        5 => word.load(Relaxed).wrapping_add(low % 3).wrapping_sub(1),
        _ => low,
    };
    word.store(value, Relaxed);
}

/// All bytes as they are, to stdout. Harmless, and the only look that no other tool offers.
pub(crate) fn dump(args: &Args) -> Done {
    let target = Target::attach(args.key)?;
    let words = (0..target.size()).step_by(4).map(|offset| target.word(offset).load(Relaxed));
    let bytes: Vec<u8> = words.flat_map(u32::to_ne_bytes).collect();
    stdout().write_all(&bytes)?;
    Ok(())
}

/// `SplitMix64`: the same numbers for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
