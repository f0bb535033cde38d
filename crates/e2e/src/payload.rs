//! Texts to send: random bytes, and numbered lines in which a repeat or a gap shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::program::Input;

/// Length of a numbered line in bytes, its newline included.
pub const LINE: usize = 16;

/// `length` pseudo-random bytes; the same for the same seed. `SplitMix64`, which passes for
/// random in any place where a text could be cut.
#[must_use]
pub fn random(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// `count` lines of [`LINE`] bytes, numbered from `first`.
#[must_use]
pub fn numbered(first: usize, count: usize) -> Vec<u8> {
    (first..first + count).flat_map(|number| format!("{number:015}\n").into_bytes()).collect()
}

/// Numbered lines cut to `length` bytes: a text without any line that could be an end word.
#[must_use]
pub fn text(length: usize) -> Vec<u8> {
    let mut bytes = numbered(0, length.div_ceil(LINE));
    bytes.truncate(length);
    bytes
}

/// Numbered lines that go on until the test says stop.
#[derive(Clone, Debug, Default)]
pub struct Endless {
    stopped: Arc<AtomicBool>,
    lines: Arc<AtomicUsize>,
}

impl Endless {
    /// The stdin that brings them.
    #[must_use]
    pub fn input(&self) -> Input {
        let source = self.clone();
        Input::Stream(Box::new(move || source.next()))
    }

    fn next(&self) -> Option<Vec<u8>> {
        const LINES: usize = 4096;
        if self.stopped.load(Ordering::SeqCst) {
            return None;
        }
        let first = self.lines.fetch_add(LINES, Ordering::SeqCst);
        Some(numbered(first, LINES))
    }

    /// Ends the text soon.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }

    /// All that was sent, and no more than one chunk beyond it.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        numbered(0, self.lines.load(Ordering::SeqCst))
    }
}
