//! What an attachment holds, by atomic words and by copies.
//!
//! Another process may change any byte at any time, so no `&[u8]` or `&mut` leads there: the
//! compiler takes what is behind such a reference for constant, or for its own. A word is
//! loaded and stored whole, and orders what it is asked to, in this process and in others. A
//! copy is no more than one relaxed access for each byte: who reads while somebody writes gets
//! some of the old bytes and some of the new.
//!
//! Use one width for one place. Processors have no trouble with a `u32` in the middle of a
//! `u64`, but Rust's memory model is silent on accesses of different widths that overlap and
//! that nothing orders.
//!
//! A wrong offset is a bug of the caller's, so it panics, as a wrong index does. So does a store
//! through a read-only attachment, for which there is no error that a program could handle
//! either: the processor's answer would be SIGSEGV, which [`poke`](Attachment::poke) shows.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

use super::Attachment;

macro_rules! words {
    ($word:ty, $atomic:ty: $load:ident, $store:ident, $swap:ident, $exchange:ident, $add:ident) => {
        #[doc = concat!("Loads the `", stringify!($word), "` at `offset`.")]
        ///
        /// # Panics
        /// If the offset is no multiple of the word's size or the word is not within
        /// [`mapped_len`](Self::mapped_len), or as the standard library does with an ordering
        /// that loads do not have.
        #[track_caller]
        pub fn $load(&self, offset: usize, order: Ordering) -> $word {
            let word = self.word(offset, size_of::<$word>()).cast::<$atomic>();
            // SAFETY: mapped, aligned, and reached by atomics only.
            unsafe { word.as_ref() }.load(order)
        }

        #[doc = concat!("Stores a `", stringify!($word), "` at `offset`.")]
        ///
        /// # Panics
        /// As loading does; and if the attachment is read-only.
        #[track_caller]
        pub fn $store(&self, offset: usize, value: $word, order: Ordering) {
            let word = self.writable(offset, size_of::<$word>()).cast::<$atomic>();
            // SAFETY: mapped writable, aligned, and reached by atomics only.
            unsafe { word.as_ref() }.store(value, order);
        }

        #[doc = concat!("Stores a `", stringify!($word), "` at `offset`, and returns what was there.")]
        ///
        /// # Panics
        /// As storing does.
        #[track_caller]
        pub fn $swap(&self, offset: usize, value: $word, order: Ordering) -> $word {
            let word = self.writable(offset, size_of::<$word>()).cast::<$atomic>();
            // SAFETY: mapped writable, aligned, and reached by atomics only.
            unsafe { word.as_ref() }.swap(value, order)
        }

        #[doc = concat!("Stores `new` at `offset` if the `", stringify!($word), "` there is `current`.")]
        ///
        /// # Errors
        /// It is not: what it is.
        ///
        /// # Panics
        /// As storing does.
        #[track_caller]
        pub fn $exchange(
            &self,
            offset: usize,
            current: $word,
            new: $word,
            success: Ordering,
            failure: Ordering,
        ) -> Result<$word, $word> {
            let word = self.writable(offset, size_of::<$word>()).cast::<$atomic>();
            // SAFETY: mapped writable, aligned, and reached by atomics only.
            unsafe { word.as_ref() }.compare_exchange(current, new, success, failure)
        }

        #[doc = concat!("Adds to the `", stringify!($word), "` at `offset`, and returns what was there. It wraps.")]
        ///
        /// # Panics
        /// As storing does.
        #[track_caller]
        pub fn $add(&self, offset: usize, value: $word, order: Ordering) -> $word {
            let word = self.writable(offset, size_of::<$word>()).cast::<$atomic>();
            // SAFETY: mapped writable, aligned, and reached by atomics only.
            unsafe { word.as_ref() }.fetch_add(value, order)
        }
    };
}

impl Attachment {
    words!(u8, AtomicU8: load_u8, store_u8, swap_u8, compare_exchange_u8, fetch_add_u8);
    words!(u32, AtomicU32: load_u32, store_u32, swap_u32, compare_exchange_u32, fetch_add_u32);
    words!(u64, AtomicU64: load_u64, store_u64, swap_u64, compare_exchange_u64, fetch_add_u64);

    /// Copies bytes out, from `offset` on, as many as `into` has.
    ///
    /// # Panics
    /// If they are not all within [`mapped_len`](Self::mapped_len).
    #[track_caller]
    pub fn read(&self, offset: usize, into: &mut [u8]) {
        let from = self.bytes(offset, into.len());
        // SAFETY: so many bytes are mapped.
        unsafe { copy_out(from.as_ptr(), into) };
    }

    /// Copies bytes in, from `offset` on.
    ///
    /// # Panics
    /// As reading does; and if the attachment is read-only.
    #[track_caller]
    pub fn write(&self, offset: usize, bytes: &[u8]) {
        self.expect_writable();
        let to = self.bytes(offset, bytes.len());
        // SAFETY: so many bytes are mapped writable.
        unsafe { copy_in(bytes, to.as_ptr()) };
    }

    /// Stores a byte without a look at whether that is allowed: through a read-only attachment
    /// it is a SIGSEGV, which ends the process. For who wants to show just that.
    ///
    /// # Panics
    /// If the byte is not within [`mapped_len`](Self::mapped_len).
    #[track_caller]
    pub fn poke(&self, offset: usize, byte: u8) {
        let at = self.bytes(offset, 1).as_ptr();
        // SAFETY: mapped; and what else it may be, the processor says, not the compiler, who
        // sees no store here.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            std::arch::asm!("mov byte ptr [{}], {}", in(reg) at, in(reg_byte) byte, options(nostack, preserves_flags));
        }
        // SAFETY: the same.
        #[cfg(target_arch = "aarch64")]
        unsafe {
            std::arch::asm!("strb {1:w}, [{0}]", in(reg) at, in(reg) byte, options(nostack, preserves_flags));
        }
        // SAFETY: mapped; a volatile store is left to the processor as it is.
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        unsafe {
            at.write_volatile(byte);
        }
    }

    #[track_caller]
    fn expect_writable(&self) {
        assert!(!self.is_read_only(), "a store through a read-only attachment");
    }

    #[track_caller]
    fn writable(&self, offset: usize, size: usize) -> NonNull<u8> {
        self.expect_writable();
        self.word(offset, size)
    }

    #[track_caller]
    fn word(&self, offset: usize, size: usize) -> NonNull<u8> {
        assert!(offset.is_multiple_of(size), "a word of {size} bytes at offset {offset}");
        self.bytes(offset, size)
    }

    #[track_caller]
    fn bytes(&self, offset: usize, count: usize) -> NonNull<u8> {
        let mapped = self.mapped;
        assert!(
            offset <= mapped && count <= mapped - offset,
            "{count} bytes at offset {offset} of {mapped}"
        );
        // SAFETY: within what is mapped, or just behind it.
        unsafe { self.base.add(offset) }
    }
}

/// # Safety
/// From `from` on, as many bytes are mapped as `into` has.
#[inline]
unsafe fn copy_out(from: *const u8, into: &mut [u8]) {
    // SAFETY: as many are read as are written, both allowed. That others may write the former
    // meanwhile is no race in Rust's sense: the compiler knows nothing of these loads, which
    // promise no more than relaxed ones of single bytes.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        copy(from, into.as_mut_ptr(), into.len());
    }
    #[cfg(not(target_arch = "x86_64"))]
    for (index, byte) in into.iter_mut().enumerate() {
        // SAFETY: within the bytes that are mapped.
        let from = unsafe { from.add(index) }.cast::<AtomicU8>();
        // SAFETY: mapped, and reached by atomics only.
        *byte = unsafe { &*from }.load(Ordering::Relaxed);
    }
}

/// # Safety
/// From `to` on, as many bytes are mapped writable as there are `bytes`.
#[inline]
unsafe fn copy_in(bytes: &[u8], to: *mut u8) {
    // SAFETY: as for `copy_out`.
    #[cfg(target_arch = "x86_64")]
    unsafe {
        copy(bytes.as_ptr(), to, bytes.len());
    }
    #[cfg(not(target_arch = "x86_64"))]
    for (index, byte) in bytes.iter().enumerate() {
        // SAFETY: within the bytes that are mapped.
        let to = unsafe { to.add(index) }.cast::<AtomicU8>();
        // SAFETY: mapped writable, and reached by atomics only.
        unsafe { &*to }.store(*byte, Ordering::Relaxed);
    }
}

/// # Safety
/// So many bytes can be read at `from` and written at `to`.
#[cfg(target_arch = "x86_64")]
#[inline]
unsafe fn copy(from: *const u8, to: *mut u8, count: usize) {
    // SAFETY: the caller's.
    unsafe {
        std::arch::asm!(
            "rep movsb",
            inout("rsi") from => _,
            inout("rdi") to => _,
            inout("rcx") count => _,
            options(nostack, preserves_flags),
        );
    }
}
