//! Keys that belong to one test each; the segment behind a key goes away with it.

use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::segment::{self, Row};

/// The top byte of every test's key, by which a script finds what a killed test run left.
const MARK: u32 = 0x7e00_0000;

/// Keys this process has handed out so far.
static TAKEN: AtomicU32 = AtomicU32::new(0);

/// A System V key that no other test uses. Declare it before the processes that use it: locals
/// drop in reverse order, so they are dead when the segment is removed.
#[derive(Debug)]
pub struct TestKey {
    key: u32,
}

impl TestKey {
    /// Takes a key behind which nothing exists.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "a new key is not a default value")]
    pub fn new() -> Self {
        loop {
            let counter = TAKEN.fetch_add(1, Ordering::Relaxed);
            // Test programs that run at the same time have pids near each other: the shift keeps
            // their ranges apart.
            let key = MARK | ((process::id() << 8).wrapping_add(counter) & 0x00ff_ffff);
            if segment::find(key).is_none() {
                return Self { key };
            }
        }
    }

    /// The key as a number.
    #[must_use]
    pub fn number(&self) -> u32 {
        self.key
    }

    /// The row of the segment behind this key in `/proc/sysvipc/shm`, if there is one.
    #[must_use]
    pub fn segment(&self) -> Option<Row> {
        segment::find(self.key)
    }

    /// The segment behind this key.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[track_caller]
    pub fn existing_segment(&self) -> Row {
        self.segment().expect("there is a segment behind the key")
    }

    /// Checks that no segment is left.
    ///
    /// # Panics
    /// When there is one.
    #[track_caller]
    pub fn expect_no_segment(&self) {
        let left = self.segment();
        assert!(left.is_none(), "a segment is left: {left:?}");
    }
}

impl Drop for TestKey {
    fn drop(&mut self) {
        if let Some(row) = self.segment() {
            segment::remove(row.id);
        }
    }
}
