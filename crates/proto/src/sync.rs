//! The one door through which loom enters: its types, or core's.

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicU32, AtomicU64, fence};
#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, fence};

/// Tells loom who looks at a slot's text and who changes it. The text itself is
/// atomic, so that no racing peer is undefined behaviour; but text that changes
/// while it is read is wrong all the same, and loom does not reorder a load
/// behind a later store, so it would not see that without this.
#[derive(Default)]
pub(crate) struct Witness {
    #[cfg(loom)]
    cell: loom::cell::UnsafeCell<()>,
}

impl Witness {
    pub(crate) fn reads(&self) {
        #[cfg(loom)]
        self.cell.with(|_| ());
    }

    pub(crate) fn writes(&self) {
        #[cfg(loom)]
        self.cell.with_mut(|_| ());
    }
}

// SAFETY: loom checks each access, and finds those that race.
#[cfg(loom)]
unsafe impl Sync for Witness {}
