//! Rung 1: the tutorial's pair. A text, a flag, and two programs that look, and look again.
//! What is wrong with it: a line that is written before the reader comes is lost.

use std::io::{self, Read, Write};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU8, AtomicU32};
use std::{env, hint, ptr};

const WRITER: u32 = 0;

#[repr(C)]
struct Shared {
    written: AtomicU32, // 0: free for the writer. 1: text waits for the reader.
    len: AtomicU32,     // Bytes of text. 0 is the end of the stream.
    text: [AtomicU8; 2048],
}

fn main() {
    let mut args = env::args().skip(1);
    let side = args.next().map(|side| u32::from(side == "reader")).expect("writer or reader");
    let key = args.next().map_or(1001, |key| key.parse().expect("the key is a number"));
    let (id, shared) = attach(key);
    shared.written.store(0, Release); // Both sides begin so, in the tutorials.
    loop {
        wait_for(&shared.written, side);
        let len = if side == WRITER { fill(shared) } else { print(shared) };
        shared.written.store(1 - side, Release);
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
    while word.load(Acquire) != turn {
        hint::spin_loop();
    }
}

fn attach(key: i32) -> (i32, &'static Shared) {
    // SAFETY: three numbers; no memory of ours is touched.
    let id = unsafe { libc::shmget(key, size_of::<Shared>(), libc::IPC_CREAT | 0o666) };
    assert!(id != -1, "shmget: {}", io::Error::last_os_error());
    // SAFETY: with a null address, the kernel takes a place where nothing else is.
    let memory = unsafe { libc::shmat(id, ptr::null(), 0) };
    assert!(memory.addr() != usize::MAX, "shmat: {}", io::Error::last_os_error());
    // SAFETY: a page begins there, it is large enough, never detached, and all is atomic.
    (id, unsafe { &*memory.cast::<Shared>() })
}
