//! Ctrl-C: one private word, raised by another thread, that ends every wait of ours.
//!
//! A side can be in two kinds of wait. Asleep on the exchange, the private word is
//! one of the three that it sleeps on. In read(2) or write(2), blocked by a
//! terminal or a full pipe, no futex reaches it, but a signal whose handler was
//! installed without SA_RESTART does: the call returns EINTR, or what it had done
//! so far. A signal that comes just before the call is lost on it, so it is sent
//! again until the thread has seen the word. The rejected way, poll(2) before each
//! call, costs a system call each time and cannot promise that a large write to a
//! pipe will not block.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::robust::thread_id;
use crate::sync::AtomicU32;

const QUIET: u32 = 0;
#[cfg(not(loom))]
const RAISED: u32 = 1;
const SEEN: u32 = 2;

/// A wish to leave, shared by the thread that waits and the one that hears Ctrl-C.
#[derive(Clone, Debug)]
pub struct Interrupt {
    word: Arc<AtomicU32>,
    #[cfg_attr(loom, allow(dead_code))]
    thread: u32,
}

impl Interrupt {
    /// One that nobody is going to raise.
    pub fn never() -> Self {
        Self { word: Arc::new(AtomicU32::new(QUIET)), thread: thread_id() }
    }

    /// Whether it was raised. Who calls this promises to start no other long wait then.
    pub fn is_raised(&self) -> bool {
        self.word.load(Relaxed) != QUIET && {
            self.word.store(SEEN, Relaxed);
            true
        }
    }

    /// The same for who promises nothing: the thread will still be signalled until somebody
    /// asks [`is_raised`](Self::is_raised).
    pub fn is_pending(&self) -> bool {
        self.word.load(Relaxed) != QUIET
    }

    /// The word to sleep on while it is quiet, and its value then.
    pub(crate) fn quiet(&self) -> (&AtomicU32, u32) {
        (&self.word, QUIET)
    }
}

/// Raising needs signals, of which loom knows nothing.
#[cfg(not(loom))]
mod raise {
    use std::io;
    use std::ptr;
    use std::thread;
    use std::time::Duration;

    use super::{Interrupt, QUIET, RAISED, Relaxed};
    use crate::futex;

    /// Time for the thread to see the word before it is signalled again.
    const PATIENCE: Duration = Duration::from_millis(10);

    impl Interrupt {
        /// One that ends the waits of the calling thread, by SIGURG where it must.
        ///
        /// SIGURG because nobody sends it for anything else here, and because its
        /// default is to be ignored: one that comes late does no harm. It and SIGINT are
        /// unblocked, should whoever started us have had them blocked.
        ///
        /// # Errors
        /// sigaction(2)'s.
        pub fn for_this_thread() -> io::Result<Self> {
            extern "C" fn nothing(_signal: libc::c_int) {}
            // SAFETY: sigaction is a C struct for which zero is valid: no flags, empty mask.
            let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
            action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
            // SAFETY: the handler does nothing, which is async-signal-safe.
            let result =
                unsafe { libc::sigaction(libc::SIGURG, &raw const action, ptr::null_mut()) };
            if result != 0 {
                return Err(io::Error::last_os_error());
            }
            unblock(&[libc::SIGURG, libc::SIGINT])?;
            Ok(Self::never())
        }

        /// Raises it, and comes back at once. False if it was raised before: whoever is to
        /// leave takes long about it, or cannot.
        pub fn raise(&self) -> bool {
            if self.word.compare_exchange(QUIET, RAISED, Relaxed, Relaxed).is_err() {
                return false;
            }
            futex::wake_all(&self.word);
            // In a thread of its own: the one that hears Ctrl-C must hear the next one, too.
            let other = self.clone();
            if thread::Builder::new().spawn(move || other.insist()).is_err() {
                self.signal();
            }
            true
        }

        /// Signals the thread until it has seen the word, or is no more.
        fn insist(&self) {
            while self.word.load(Relaxed) == RAISED && self.signal() {
                if futex::wait_bounded(&self.word, RAISED, PATIENCE).is_err() {
                    thread::yield_now();
                }
            }
        }

        /// False if there is no such thread any more.
        fn signal(&self) -> bool {
            // SAFETY: getpid has no preconditions.
            let process = unsafe { libc::getpid() };
            // SAFETY: signals a thread of our own; should it have ended, ESRCH and no more.
            let result =
                unsafe { libc::syscall(libc::SYS_tgkill, process, self.thread, libc::SIGURG) };
            result == 0
        }
    }

    fn unblock(signals: &[libc::c_int]) -> io::Result<()> {
        // SAFETY: sigset_t is a C struct of integers, and zero is the empty set.
        let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
        for &signal in signals {
            // SAFETY: a valid set, and the number of a signal.
            unsafe { libc::sigaddset(&raw mut set, signal) };
        }
        // SAFETY: a valid set; the old mask is not asked for.
        match unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut()) } {
            0 => Ok(()),
            errno => Err(io::Error::from_raw_os_error(errno)),
        }
    }
}
