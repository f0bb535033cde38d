//! What an attachment holds: words, copies, and where both end.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::thread;

use crate::common::Temporary;
use handoff_shm::sysv::{Attachment, Options, Segment, Writable, page_size};

fn attached() -> (Temporary, Attachment) {
    let segment = Temporary::new(Options::new(page_size()));
    let attachment = segment.attach().expect("our own");
    (segment, attachment)
}

#[track_caller]
fn panics<T>(body: impl FnOnce() -> T) {
    assert!(catch_unwind(AssertUnwindSafe(body)).is_err(), "it was to panic");
}

#[test]
fn words_of_each_width_are_the_same_bytes() {
    let (_segment, memory) = attached();
    memory.store_u64(8, u64::from_ne_bytes(*b"abcdefgh"), Relaxed);
    assert_eq!(memory.load_u32(8, Relaxed).to_ne_bytes(), *b"abcd");
    assert_eq!(memory.load_u8(15, Relaxed), b'h');
    memory.store_u32(12, u32::from_ne_bytes(*b"EFGH"), Relaxed);
    memory.store_u8(8, b'A', Relaxed);
    let mut bytes = [0; 10];
    memory.read(7, &mut bytes);
    assert_eq!(&bytes, b"\0AbcdEFGH\0");
}

#[test]
fn words_are_changed_in_one_step() {
    let (_segment, memory) = attached();
    assert_eq!(memory.swap_u32(4, 10, AcqRel), 0);
    assert_eq!(memory.fetch_add_u32(4, u32::MAX, Relaxed), 10);
    assert_eq!(memory.compare_exchange_u32(4, 9, 1, AcqRel, Acquire), Ok(9));
    assert_eq!(memory.compare_exchange_u32(4, 9, 2, AcqRel, Acquire), Err(1));
    assert_eq!(memory.swap_u8(0, 255, Relaxed), 0);
    assert_eq!(memory.fetch_add_u8(0, 2, Relaxed), 255);
    assert_eq!(memory.load_u8(0, Relaxed), 1);
    assert_eq!(memory.fetch_add_u64(8, 5, Relaxed), 0);
    assert_eq!(memory.compare_exchange_u64(8, 5, 6, Relaxed, Relaxed), Ok(5));
    assert_eq!(memory.swap_u64(8, 7, Relaxed), 6);
    assert_eq!(memory.compare_exchange_u8(0, 1, 0, Relaxed, Relaxed), Ok(1));
}

#[test]
fn copies_of_any_length_from_and_to_anywhere_are_exact() {
    let (_segment, memory) = attached();
    let text: Vec<u8> = (0..page_size()).map(|n| (n % 251) as u8).collect();
    for offset in [0, 1, 7, 8, 63, 4000] {
        for length in [0, 1, 3, 8, 9, 64, 96] {
            memory.write(0, &vec![0xee; page_size()]);
            memory.write(offset, &text[..length]);
            let mut all = vec![0; page_size()];
            memory.read(0, &mut all);
            assert_eq!(all[offset..offset + length], text[..length]);
            let others = all[..offset].iter().chain(&all[offset + length..]);
            assert!(others.copied().all(|byte| byte == 0xee), "{length} bytes at {offset}");
        }
    }
    memory.write(0, &text);
    let mut all = vec![0; page_size()];
    memory.read(0, &mut all);
    assert_eq!(all, text);
}

#[test]
fn nothing_beyond_the_last_page_is_reached() {
    let (_segment, memory) = attached();
    let end = page_size();
    memory.store_u8(end - 1, 1, Relaxed);
    memory.store_u64(end - 8, 1, Relaxed);
    memory.read(end, &mut []);
    memory.write(end, &[]);
    for offset in [end, end + 1, usize::MAX, usize::MAX - 7] {
        panics(|| memory.load_u8(offset, Relaxed));
        panics(|| memory.store_u8(offset, 1, Relaxed));
        panics(|| memory.poke(offset, 1));
        panics(|| memory.read(offset, &mut [0]));
        panics(|| memory.write(offset, &[0]));
    }
    panics(|| memory.load_u64(usize::MAX - 7, Relaxed));
    panics(|| memory.read(end - 1, &mut [0; 2]));
    panics(|| memory.write(1, &vec![0; end]));
    panics(|| memory.read(end + 1, &mut []));
}

#[test]
fn words_lie_at_multiples_of_their_size() {
    let (_segment, memory) = attached();
    for offset in [1, 2, 3, 5] {
        panics(|| memory.load_u32(offset, Relaxed));
        panics(|| memory.store_u32(offset, 1, Relaxed));
        panics(|| memory.swap_u32(offset, 1, Relaxed));
        panics(|| memory.fetch_add_u32(offset, 1, Relaxed));
        panics(|| memory.compare_exchange_u32(offset, 0, 1, Relaxed, Relaxed));
    }
    panics(|| memory.load_u64(4, Relaxed));
    memory.store_u32(4, 1, Relaxed);
}

#[test]
fn threads_share_one_attachment_and_it_orders_what_they_do() {
    let (_segment, memory) = attached();
    let (turn, text) = (0, 64);
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..10_000u32 {
                while memory.load_u32(turn, Acquire) != 2 * round {
                    thread::yield_now();
                }
                memory.write(text, &round.to_ne_bytes().repeat(16));
                memory.store_u32(turn, 2 * round + 1, Release);
            }
        });
        for round in 0..10_000u32 {
            while memory.load_u32(turn, Acquire) != 2 * round + 1 {
                thread::yield_now();
            }
            let mut bytes = [0; 64];
            memory.read(text, &mut bytes);
            assert_eq!(bytes, round.to_ne_bytes().repeat(16)[..], "torn or old");
            memory.store_u32(turn, 2 * round + 2, Release);
        }
    });
    assert_eq!(memory.load_u32(turn, Relaxed), 20_000);
}

#[test]
fn an_attachment_goes_to_another_thread() {
    let (segment, memory) = attached();
    thread::spawn(move || memory.detach().expect("it is attached")).join().expect("no panic");
    assert_eq!(segment.status().expect("our own").attachments, 0);
    fn is_shareable<T: Send + Sync>() {}
    is_shareable::<Attachment>();
    is_shareable::<Segment>();
    is_shareable::<handoff_shm::sysv::Error>();
}

#[test]
fn a_read_only_attachment_carries_no_exchange() {
    let (segment, memory) = attached();
    let read_only = handoff_shm::sysv::Attach::new().read_only(true);
    let readable = segment.attach_with(&read_only).expect("our own");
    let back = Writable::try_from(readable).expect_err("it cannot be written");
    panics(|| back.write(0, b""));
    panics(|| back.swap_u8(0, 1, Relaxed));
    panics(|| back.fetch_add_u64(0, 1, Relaxed));
    panics(|| back.compare_exchange_u32(0, 5, 1, Relaxed, Relaxed));
    Writable::try_from(memory).expect("it can be written");
}
