//! This thread's robust list: how the kernel tells the peer that we died.
//!
//! set_robust_list(2) names a list of words that a thread holds. When the thread
//! ends, however it ends, the kernel goes through the list and, in each word that
//! still has the thread's id, sets FUTEX_OWNER_DIED and wakes a sleeper
//! (kernel/futex/core.c, `exit_robust_list`). A list entry is found at a fixed
//! distance from its word, `futex_offset`; so the entry can lie in private memory,
//! where no peer can bend the list, with the word in shared memory.
//!
//! One list has one distance, and a thread has one list: hence one role a thread.
//! The list that was registered before (glibc's, for robust mutexes) is put back
//! on drop; until then a robust pthread mutex held by this thread is not noticed.

use std::cell::Cell;
use std::io;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicPtr, compiler_fence};

use crate::step::{Step, step_with};
use crate::sync::AtomicU32;

thread_local! {
    static REGISTERED: Cell<bool> = const { Cell::new(false) };
}

// ANCHOR: list
/// `struct robust_list` of <linux/futex.h>: a ring through the head.
#[repr(C)]
#[derive(Debug)]
struct Entry {
    next: AtomicPtr<Entry>,
}

/// `struct robust_list_head` of <linux/futex.h>.
#[repr(C)]
#[derive(Debug)]
struct Head {
    list: Entry,
    futex_offset: isize,
    list_op_pending: AtomicPtr<Entry>,
}
// ANCHOR_END: list

#[derive(Debug)]
struct List {
    head: Head,
    entry: Entry,
}

/// A word of which the kernel knows, and the list that it replaced.
#[derive(Debug)]
pub(crate) struct Registration {
    /// From a box, but not as one: to move a box asserts that nobody else has a pointer
    /// to what is in it, and the kernel has one.
    list: NonNull<List>,
    previous: *mut Head,
    previous_len: usize,
    /// The list is this thread's.
    _not_send: PhantomData<*mut ()>,
}

/// Why there is no registration.
pub(crate) enum Refused {
    SecondOfThread,
    Kernel(io::Error),
}

impl Registration {
    /// Makes a list for `word` this thread's list. Empty so far: nothing is held.
    pub(crate) fn new(word: &AtomicU32) -> Result<Self, Refused> {
        if REGISTERED.get() {
            return Err(Refused::SecondOfThread);
        }
        let (previous, previous_len) = current().map_err(Refused::Kernel)?;
        let list = Box::new(List {
            head: Head {
                list: Entry { next: AtomicPtr::new(ptr::null_mut()) },
                futex_offset: 0,
                list_op_pending: AtomicPtr::new(ptr::null_mut()),
            },
            entry: Entry { next: AtomicPtr::new(ptr::null_mut()) },
        });
        let list = NonNull::from(Box::leak(list));
        let mut registration = Self { list, previous, previous_len, _not_send: PhantomData };
        registration.is_about(word);
        let head = &raw const registration.list().head;
        step_with(Step::Register, || format!("set_robust_list({head:p}, {})", size_of::<Head>()));
        if let Err(error) = register(head, size_of::<Head>()) {
            registration.free();
            std::mem::forget(registration);
            return Err(Refused::Kernel(error));
        }
        REGISTERED.set(true);
        Ok(registration)
    }

    /// Empties the list and sets its distance to the word, before any kernel knows it.
    fn is_about(&mut self, word: &AtomicU32) {
        let entry = self.entry();
        let empty = self.empty();
        // SAFETY: our own allocation, of which nobody else knows yet.
        let list = unsafe { self.list.as_mut() };
        list.head.futex_offset = (word.as_ptr() as isize).wrapping_sub(entry as isize);
        list.head.list = Entry { next: AtomicPtr::new(empty) };
        list.entry = Entry { next: AtomicPtr::new(empty) };
    }

    fn list(&self) -> &List {
        // SAFETY: allocated by new and freed by drop; what changes in it is atomic.
        unsafe { self.list.as_ref() }
    }

    /// Gives the memory back: no kernel knows it, or none does any more.
    fn free(&self) {
        // SAFETY: leaked from a box by new, and freed once: by new when the kernel
        // refused it, else by drop when the kernel has another list.
        drop(unsafe { Box::from_raw(self.list.as_ptr()) });
    }

    /// Announces that the word is about to change hands. Should we die before
    /// [`end`](Self::end), the kernel looks at the word although it is not in the list,
    /// and if it is 0 by then, wakes a sleeper in our place.
    pub(crate) fn begin(&self) {
        self.list().head.list_op_pending.store(self.entry(), Relaxed);
        compiler_fence(SeqCst);
    }

    /// The word is ours now.
    pub(crate) fn hold(&self) {
        compiler_fence(SeqCst);
        self.point_to(self.entry());
    }

    /// The word is about to be somebody else's.
    pub(crate) fn let_go(&self) {
        self.point_to(self.empty());
        compiler_fence(SeqCst);
    }

    /// The word has changed hands, and who had to know was woken.
    pub(crate) fn end(&self) {
        compiler_fence(SeqCst);
        self.list().head.list_op_pending.store(ptr::null_mut(), Relaxed);
    }

    fn point_to(&self, entry: *mut Entry) {
        self.list().head.list.next.store(entry, Relaxed);
    }

    fn entry(&self) -> *mut Entry {
        let list = self.list.as_ptr();
        // SAFETY: a field of our own allocation; nothing is read.
        unsafe { &raw mut (*list).entry }
    }

    /// A ring with nothing in it leads back to its head.
    fn empty(&self) -> *mut Entry {
        let list = self.list.as_ptr();
        // SAFETY: a field of our own allocation; nothing is read.
        unsafe { &raw mut (*list).head.list }
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let (previous, len) = (self.previous, self.previous_len);
        step_with(Step::Unregister, || format!("set_robust_list({previous:p}, {len})"));
        match register(previous, len) {
            Ok(()) => self.free(),
            // The kernel will look at ours when this thread ends: it must stay.
            Err(error) => log::debug!("set_robust_list: {error}; the list stays"),
        }
        REGISTERED.set(false);
    }
}

fn current() -> io::Result<(*mut Head, usize)> {
    let mut head = ptr::null_mut::<Head>();
    let mut len = 0usize;
    // SAFETY: both point to locals of the right size; 0 is the calling thread.
    let result =
        unsafe { libc::syscall(libc::SYS_get_robust_list, 0, &raw mut head, &raw mut len) };
    if result == 0 { Ok((head, len)) } else { Err(io::Error::last_os_error()) }
}

fn register(head: *const Head, len: usize) -> io::Result<()> {
    // SAFETY: head is null, the previous list of this thread, or in memory that is freed
    // only when another list has taken its place.
    let result = unsafe { libc::syscall(libc::SYS_set_robust_list, head, len) };
    log::debug!("set_robust_list({head:p}, {len}) = {result}");
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Whether the kernel lets us register at all: before anything is made that a refusal would
/// leave behind. Puts the list that is there in its own place.
pub(crate) fn probe() -> io::Result<()> {
    let (head, len) = current()?;
    step_with(Step::Register, || format!("may we? set_robust_list({head:p}, {len})"));
    register(head, len)
}

/// The id by which the kernel recognises this thread in a robust word.
pub(crate) fn thread_id() -> u32 {
    // SAFETY: gettid has no preconditions.
    let tid = unsafe { libc::gettid() };
    tid.cast_unsigned()
}
