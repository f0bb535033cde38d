//! Memory that somebody takes away under us: one sentence and exit status 1.
//!
//! Whoever may write a file may also ftruncate(2) it while we have it mapped, and an
//! access to a page that is gone is a SIGBUS, which kills. There is no way to refuse
//! that beforehand (a seal would be one, but only a memfd can have it), so we notice
//! it, in three ways:
//!
//! - a handler of SIGBUS, for an access of our own. It does what is safe there and no
//!   more: it compares the address, write(2)s a line that was made when we attached,
//!   and calls _exit(2). An address that is not in the table is a bug, or somebody
//!   else's business: the action of before is put back, and the access tried again.
//! - a thread that waits for inotify(7) to tell of a change of the file, for who
//!   sleeps and makes no access. Nobody would wake it: the word is gone. Stores into
//!   a mapping are no such change, so the thread sleeps all the time.
//! - a look when we detach. A system call that finds the page gone says EFAULT, and
//!   not why.
//!
//! The rejected way, to map zeroes over the hole and go on to a proper end: everything
//! that was in the exchange is lost anyway, and all zero bytes look like a whole one.
//!
//! Only who said [`end_for`] has any of it; in other programs SIGBUS kills as ever.

use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};
use std::sync::{Arc, OnceLock};
use std::thread;

use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::sys::stat::fstat;

use crate::mapped::Mapped;

/// The program that speaks.
static PROGRAM: OnceLock<&'static str> = OnceLock::new();

/// What was done about SIGBUS before.
static BEFORE: OnceLock<SigAction> = OnceLock::new();

/// Mappings that can be watched at once. A program has one.
static WATCHED: [Range; 4] = [const { Range::new() }; 4];

/// Somebody has begun to speak.
static SPOKEN: AtomicBool = AtomicBool::new(false);

/// From now on, memory that is taken away ends this process with a line of `program` on
/// stderr and exit status 1.
///
/// # Errors
/// sigaction(2)'s.
pub fn end_for(program: &'static str) -> io::Result<()> {
    if PROGRAM.set(program).is_err() {
        return Ok(());
    }
    let handler = SigHandler::SigAction(on_sigbus);
    let action =
        SigAction::new(handler, SaFlags::SA_SIGINFO | SaFlags::SA_ONSTACK, SigSet::empty());
    // SAFETY: the handler reads atomics and makes system calls, which are async-signal-safe.
    let before = unsafe { sigaction(Signal::SIGBUS, &action) }?;
    let _ = BEFORE.set(before);
    Ok(())
}

/// Addresses, and what to say when one of them is gone. Never freed: a handler may be reading.
struct Range {
    line: AtomicPtr<Vec<u8>>,
    base: AtomicUsize,
    end: AtomicUsize,
}

impl Range {
    const fn new() -> Self {
        Self {
            line: AtomicPtr::new(ptr::null_mut()),
            base: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
        }
    }

    /// The line for an address in this range.
    fn line_for(&self, address: usize) -> Option<&'static [u8]> {
        let end = self.end.load(Acquire);
        if !(self.base.load(Relaxed)..end).contains(&address) {
            return None;
        }
        NonNull::new(self.line.load(Relaxed)).map(|line| {
            // SAFETY: a leaked vector that nobody changes.
            unsafe { line.as_ref() }.as_slice()
        })
    }
}

extern "C" fn on_sigbus(
    _signal: libc::c_int,
    info: *mut libc::siginfo_t,
    _context: *mut libc::c_void,
) {
    // SAFETY: with SA_SIGINFO the kernel gives a valid one.
    let info = unsafe { &*info };
    // SAFETY: SIGBUS has an address.
    let address = unsafe { info.si_addr() }.addr();
    if let Some(line) = WATCHED.iter().find_map(|range| range.line_for(address)) {
        speak_and_exit(line);
    }
    if let Some(before) = BEFORE.get() {
        // SAFETY: it was the action before ours.
        let _ = unsafe { sigaction(Signal::SIGBUS, before) };
    }
}

/// Says it once, whoever comes first, and ends the process. Async-signal-safe.
fn speak_and_exit(line: &[u8]) -> ! {
    if SPOKEN.swap(true, AcqRel) {
        loop {
            // SAFETY: takes nothing; whoever speaks ends us.
            unsafe { libc::pause() };
        }
    }
    // SAFETY: the bytes are there; should stderr be gone, there is nobody to tell.
    unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len()) };
    // SAFETY: ends the process, at once.
    unsafe { libc::_exit(1) }
}

/// A mapping that is watched, until it is dropped.
pub(crate) struct Watch {
    range: &'static Range,
    line: &'static [u8],
    file: OwnedFd,
    size: usize,
    notices: Option<(Arc<Inotify>, WatchDescriptor)>,
}

impl Watch {
    /// Watches the bytes of `file` that are mapped there; not if nobody would speak.
    pub(crate) fn begin(
        file: OwnedFd,
        memory: &Mapped,
        object: &str,
        removal: &str,
    ) -> Option<Self> {
        let program = PROGRAM.get()?;
        let line = format!(
            "{program}: cannot go on with {object}: somebody has shrunk it while it was in use, and \
             what was in it is lost; if nobody needs it any more, remove it with: {removal}\n"
        );
        let line = line.trim_end().replace('\n', " ") + "\n";
        let line: &'static Vec<u8> = Box::leak(Box::new(line.into_bytes()));
        let claimed = |range: &&Range| {
            let ours = ptr::from_ref(line).cast_mut();
            range.line.compare_exchange(ptr::null_mut(), ours, AcqRel, Relaxed).is_ok()
        };
        let range = WATCHED.iter().find(claimed)?;
        let (base, size) = (memory.base().addr().get(), memory.size());
        range.base.store(base, Relaxed);
        range.end.store(base + size, Release);
        let mut watch = Self { range, line, file, size, notices: None };
        watch.notices = watch
            .listen()
            .inspect_err(|error| log::debug!("inotify: {error}; a sleeper will not hear of it"))
            .ok();
        Some(watch)
    }

    fn listen(&self) -> io::Result<(Arc<Inotify>, WatchDescriptor)> {
        let inotify = Arc::new(Inotify::init(InitFlags::IN_CLOEXEC)?);
        let path = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        let watch = inotify.add_watch(path.as_str(), AddWatchFlags::IN_MODIFY)?;
        let (listener, file) = (Arc::clone(&inotify), self.file.try_clone()?);
        let (line, size) = (self.line, self.size);
        thread::Builder::new().name("shrunk".into()).spawn(move || {
            loop {
                let events = listener.read_events().unwrap_or_default();
                if events.iter().any(|event| event.mask.contains(AddWatchFlags::IN_IGNORED)) {
                    return;
                }
                speak_if_shrunk(&file, size, line);
            }
        })?;
        Ok((inotify, watch))
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.range.end.store(0, Release);
        self.range.line.store(ptr::null_mut(), Release);
        if let Some((inotify, watch)) = self.notices.take() {
            // That is an event too, by which the thread ends.
            let _ = inotify.rm_watch(watch);
        }
        speak_if_shrunk(&self.file, self.size, self.line);
    }
}

fn speak_if_shrunk(file: impl AsFd, size: usize, line: &[u8]) {
    let now = fstat(file).map_or(size as i64, |status| status.st_size);
    if usize::try_from(now).is_ok_and(|now| now < size) {
        speak_and_exit(line);
    }
}
