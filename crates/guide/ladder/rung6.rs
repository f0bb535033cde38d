//! Rung 6: knowing that the other side is gone. The kernel counts who is attached.
//! What is wrong with it: it looks ten times a second, and cannot tell who it was.

use std::io::{self, Read, Write};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicU32};
use std::{env, mem, process, ptr};

const WRITER: u32 = 0;
const ASLEEP: u32 = 1 << 31; // Beside the number in `written`: somebody sleeps on the word.

#[repr(C)]
struct Slot {
    written: AtomicU32, // Even: free for the writer. Odd: text waits for the reader.
    len: AtomicU32,     // Bytes of text. 0 is the end of the stream.
    text: [AtomicU8; 2048],
}

fn main() {
    let mut args = env::args().skip(1);
    let side = args.next().map(|side| u32::from(side == "reader")).expect("writer or reader");
    let key = args.next().map_or(1006, |key| key.parse().expect("the key is a number"));
    let (id, slots) = attach(key);
    let laps = slots.iter().map(|slot| ((slot.written.load(Relaxed) & !ASLEEP) + 1 - side) / 2);
    for n in laps.sum::<u32>().. {
        let (slot, turn) = (&slots[n as usize % slots.len()], n / slots.len() as u32 * 2 + side);
        wait_for(&slot.written, turn, id);
        let len = if side == WRITER { fill(slot) } else { print(slot) };
        if slot.written.swap(turn + 1, Release) & ASLEEP != 0 {
            futex(&slot.written, libc::FUTEX_WAKE, 1);
        }
        if len == 0 {
            break;
        }
    }
    if side != WRITER {
        // SAFETY: a number and no structure. The memory goes when the last process has let go.
        unsafe { libc::shmctl(id, libc::IPC_RMID, ptr::null_mut()) };
    }
}

fn fill(slot: &Slot) -> usize {
    let mut text = [0; 2048];
    let len = io::stdin().read(&mut text).expect("stdin can be read");
    slot.text.iter().zip(&text[..len]).for_each(|(to, byte)| to.store(*byte, Relaxed));
    slot.len.store(len as u32, Relaxed);
    len
}

fn print(slot: &Slot) -> usize {
    let len = slot.len.load(Relaxed) as usize;
    let text: Vec<u8> = slot.text[..len].iter().map(|byte| byte.load(Relaxed)).collect();
    io::stdout().write_all(&text).and_then(|()| io::stdout().flush()).expect("stdout takes it");
    len
}

fn wait_for(word: &AtomicU32, turn: u32, id: i32) {
    while word.load(Acquire) & !ASLEEP != turn {
        // SAFETY: a C structure of numbers, for which zeros are valid.
        let mut status: libc::shmid_ds = unsafe { mem::zeroed() };
        // SAFETY: the kernel fills in the structure.
        unsafe { libc::shmctl(id, libc::IPC_STAT, &raw mut status) };
        let alone = status.shm_nattch == 1 && status.shm_lpid != process::id().cast_signed();
        let now = word.load(Acquire); // Behind the question: what the dead handed over counts.
        let ours = now & !ASLEEP == turn;
        assert!(ours || !alone, "the other side is gone");
        if !ours && word.compare_exchange(now, now | ASLEEP, Relaxed, Relaxed).is_ok() {
            futex(word, libc::FUTEX_WAIT, now | ASLEEP);
        }
    }
}

fn futex(word: &AtomicU32, operation: i32, value: u32) {
    let tenth = libc::timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    // SAFETY: the word stays mapped. Whatever the call says, the caller looks again.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, &raw const tenth) };
}

fn attach(key: i32) -> (i32, &'static [Slot; 16]) {
    // SAFETY: three numbers; no memory of ours is touched.
    let id = unsafe { libc::shmget(key, size_of::<[Slot; 16]>(), libc::IPC_CREAT | 0o600) };
    assert!(id != -1, "shmget: {}", io::Error::last_os_error());
    // SAFETY: with a null address, the kernel takes a place where nothing else is.
    let memory = unsafe { libc::shmat(id, ptr::null(), 0) };
    assert!(memory.addr() != usize::MAX, "shmat: {}", io::Error::last_os_error());
    // SAFETY: a page begins there, it is large enough, never detached, and all is atomic.
    (id, unsafe { &*memory.cast::<[Slot; 16]>() })
}
