//! Rung 4: only waking who sleeps. Who goes to sleep says so in the word itself.
//! What is wrong with it: after each line, the writer waits for the reader.

use std::io::{self, Read, Write};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicU32};
use std::{env, ptr};

const WRITER: u32 = 0;
const ASLEEP: u32 = 1 << 31; // Beside the turn in `written`: somebody sleeps on the word.

#[repr(C)]
struct Shared {
    written: AtomicU32, // 0: free for the writer. 1: text waits for the reader.
    len: AtomicU32,     // Bytes of text. 0 is the end of the stream.
    text: [AtomicU8; 2048],
}

fn main() {
    let mut args = env::args().skip(1);
    let side = args.next().map(|side| u32::from(side == "reader")).expect("writer or reader");
    let key = args.next().map_or(1004, |key| key.parse().expect("the key is a number"));
    let (id, shared) = attach(key);
    loop {
        wait_for(&shared.written, side);
        let len = if side == WRITER { fill(shared) } else { print(shared) };
        if shared.written.swap(1 - side, Release) & ASLEEP != 0 {
            futex(&shared.written, libc::FUTEX_WAKE, 1);
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

fn fill(shared: &Shared) -> usize {
    let mut text = [0; 2048];
    let len = io::stdin().read(&mut text).expect("stdin can be read");
    shared.text.iter().zip(&text[..len]).for_each(|(to, byte)| to.store(*byte, Relaxed));
    shared.len.store(len as u32, Relaxed);
    len
}

fn print(shared: &Shared) -> usize {
    let len = shared.len.load(Relaxed) as usize;
    let text: Vec<u8> = shared.text[..len].iter().map(|byte| byte.load(Relaxed)).collect();
    io::stdout().write_all(&text).and_then(|()| io::stdout().flush()).expect("stdout takes it");
    len
}

fn wait_for(word: &AtomicU32, turn: u32) {
    loop {
        let now = word.load(Acquire);
        if now & !ASLEEP == turn {
            return;
        }
        // If the other side is quicker, this fails, and nobody sleeps.
        if word.compare_exchange(now, now | ASLEEP, Relaxed, Relaxed).is_ok() {
            futex(word, libc::FUTEX_WAIT, now | ASLEEP);
        }
    }
}

fn futex(word: &AtomicU32, operation: i32, value: u32) {
    let no_limit = ptr::null::<libc::timespec>();
    // SAFETY: the word stays mapped. Whatever the call says, the caller looks again.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, no_limit) };
}

fn attach(key: i32) -> (i32, &'static Shared) {
    // SAFETY: three numbers; no memory of ours is touched.
    let id = unsafe { libc::shmget(key, size_of::<Shared>(), libc::IPC_CREAT | 0o600) };
    assert!(id != -1, "shmget: {}", io::Error::last_os_error());
    // SAFETY: with a null address, the kernel takes a place where nothing else is.
    let memory = unsafe { libc::shmat(id, ptr::null(), 0) };
    assert!(memory.addr() != usize::MAX, "shmat: {}", io::Error::last_os_error());
    // SAFETY: a page begins there, it is large enough, never detached, and all is atomic.
    (id, unsafe { &*memory.cast::<Shared>() })
}
