//! The system calls that neither std, nix nor rustix has: System V queues and
//! semaphores, words in a segment, and a role that is held in another thread's name.
#![allow(unsafe_code)]

use std::io;
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::atomic::{AtomicU32, AtomicU64};

use handoff_proto::{Exchange, Interrupt, Receiver, Side, Strategy};
use handoff_shm::{Kind, Newcomer, Request, Segment};

use crate::side::Failure;

fn outcome(result: i32) -> io::Result<i32> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// A segment used as bare words, a cache line of 64 bytes each.
pub(crate) struct Words(pub(crate) Rc<dyn Segment>);

impl Words {
    /// The first word of a line, as a futex takes it.
    pub(crate) fn futex(&self, line: usize) -> &AtomicU32 {
        let word: *const AtomicU32 = self.line(line).as_ptr().cast();
        // SAFETY: the first half of an aligned 64-bit word, mapped while self lives; both
        // sides use a line as one or the other.
        unsafe { &*word }
    }

    /// A line as eight words.
    pub(crate) fn line(&self, line: usize) -> &[AtomicU64; 8] {
        assert!((line + 1) * 64 <= self.0.size());
        // SAFETY: within the segment, as asserted.
        let start = unsafe { self.0.base().add(line * 64) }.cast();
        // SAFETY: 64-byte aligned, mapped while self lives, and atomics on both sides.
        unsafe { start.as_ref() }
    }
}

/// A System V message queue.
#[derive(Debug)]
pub(crate) struct Queue {
    id: i32,
    /// The type, then the text: what msgsnd(2) and msgrcv(2) take.
    buffer: Vec<u64>,
}

impl Queue {
    /// The queue of a key, made if there is none, for messages of up to `most` bytes.
    pub(crate) fn open(key: u32, most: usize) -> io::Result<Self> {
        // SAFETY: msgget takes no pointers.
        let id = outcome(unsafe { libc::msgget(key.cast_signed(), libc::IPC_CREAT | 0o600) })?;
        Ok(Self { id, buffer: vec![1; 1 + most.div_ceil(8)] })
    }

    pub(crate) fn send(&mut self, text: &[u8]) -> io::Result<()> {
        for (word, bytes) in self.buffer[1..].iter_mut().zip(text.chunks(8)) {
            let mut whole = [0; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            *word = u64::from_ne_bytes(whole);
        }
        assert!(text.len() <= (self.buffer.len() - 1) * 8);
        let from = self.buffer.as_ptr().cast();
        // SAFETY: a type and text.len() bytes of text are in the buffer.
        outcome(unsafe { libc::msgsnd(self.id, from, text.len(), 0) }).map(|_| ())
    }

    /// How many bytes of `into` came.
    pub(crate) fn receive(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = (self.buffer.len() - 1) * 8;
        let to = self.buffer.as_mut_ptr().cast();
        // SAFETY: the buffer has room for a type and `most` bytes of text.
        let came = unsafe { libc::msgrcv(self.id, to, most, 0, 0) };
        let came = usize::try_from(came).map_err(|_| io::Error::last_os_error())?;
        for (bytes, word) in into.chunks_mut(8).zip(&self.buffer[1..]) {
            bytes.copy_from_slice(&word.to_ne_bytes()[..bytes.len()]);
        }
        Ok(came)
    }
}

/// Two System V semaphores, both 0 at first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Semaphores(i32);

impl Semaphores {
    /// The set of a key, made if there is none.
    pub(crate) fn open(key: u32) -> io::Result<Self> {
        // SAFETY: semget takes no pointers.
        let id = unsafe { libc::semget(key.cast_signed(), 2, libc::IPC_CREAT | 0o600) };
        outcome(id).map(Self)
    }

    /// Adds 1, or takes 1 away as soon as there is one.
    pub(crate) fn change(self, number: u16, by: i16) -> io::Result<()> {
        let mut operation = libc::sembuf { sem_num: number, sem_op: by, sem_flg: 0 };
        // SAFETY: one operation, which outlives the call.
        outcome(unsafe { libc::semop(self.0, &raw mut operation, 1) }).map(|_| ())
    }
}

/// Removes whatever System V object a key leads to, of each kind. None is fine.
#[cfg(feature = "report")]
pub(crate) fn remove_all(key: u32) {
    let key = key.cast_signed();
    // SAFETY: shmget takes no pointers.
    let segment = unsafe { libc::shmget(key, 0, 0) };
    // SAFETY: IPC_RMID takes no buffer, and an id of -1 is refused.
    unsafe { libc::shmctl(segment, libc::IPC_RMID, std::ptr::null_mut()) };
    // SAFETY: msgget takes no pointers.
    let queue = unsafe { libc::msgget(key, 0) };
    // SAFETY: as for the segment.
    unsafe { libc::msgctl(queue, libc::IPC_RMID, std::ptr::null_mut()) };
    // SAFETY: semget takes no pointers.
    let semaphores = unsafe { libc::semget(key, 0, 0) };
    // SAFETY: IPC_RMID takes no fourth argument, and an id of -1 is refused.
    unsafe { libc::semctl(semaphores, 0, libc::IPC_RMID) };
}

/// A receiver that another thread made and has given away for good. Never dropped: what
/// it has of that thread stays that thread's.
#[derive(Debug)]
pub(crate) struct GivenAway(ManuallyDrop<Receiver>);

// SAFETY: only `second_role` makes one, in a thread that never looks at it again.
unsafe impl Send for GivenAway {}

impl GivenAway {
    /// The receiver.
    pub(crate) fn get(&mut self) -> &mut Receiver {
        &mut self.0
    }
}

/// Claims the reader's role in the name of a thread that sleeps to the end of the process.
///
/// A role belongs to a thread, which can hold one. Going there and back takes two, and to
/// pass each message between two threads would be measured as well.
pub(crate) fn second_role(
    kind: &'static (dyn Kind + Sync),
    request: Request,
    strategy: Strategy,
) -> Result<GivenAway, String> {
    let claim = move || -> Result<GivenAway, Failure> {
        let newcomer = Newcomer { side: Side::Reader, interrupt: &Interrupt::never() };
        let exchange = Exchange::new(kind.attach(&request, &newcomer)?)?;
        let claimed = Receiver::claim(&exchange, Interrupt::never(), strategy)?;
        Ok(GivenAway(ManuallyDrop::new(claimed.endpoint)))
    };
    let (give, take) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // All else that leads to the exchange is dropped by now.
        if give.send(claim().map_err(|error| error.to_string())).is_ok() {
            loop {
                std::thread::park();
            }
        }
    });
    take.recv().map_err(|_| "the thread that was to hold a role is gone".to_string())?
}
