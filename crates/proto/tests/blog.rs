//! The classic layout, as a C compiler sees it, and what it can carry.
#![cfg(not(loom))]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::ptr::NonNull;
use std::rc::Rc;

use handoff_proto::blog::{
    END, End, MAX_TEXT, Receiver, SIZE, Sender, TEXT_BYTES, Text, Woke, is_end,
};
use handoff_proto::{Corrupt, Interrupt, Mapping, NotAnExchange};

/// Zeroed memory of some size.
struct Memory {
    base: NonNull<u8>,
    layout: Layout,
}

impl Memory {
    fn new(size: usize) -> Rc<Self> {
        let layout = Layout::from_size_align(size, 64).unwrap();
        // SAFETY: no test asks for no bytes.
        let base = unsafe { alloc_zeroed(layout) };
        Rc::new(Self { base: NonNull::new(base).unwrap(), layout })
    }

    /// What is there. Nobody else uses it when a test asks.
    fn bytes(&self) -> Vec<u8> {
        // SAFETY: allocated with this size, and zeroed at first.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), self.layout.size()) }.to_vec()
    }

    fn put(&self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= self.layout.size());
        // SAFETY: within the allocation.
        let to = unsafe { self.base.add(offset) };
        // SAFETY: room for them, as asserted, in memory that no test's slice lies in.
        unsafe { to.copy_from_nonoverlapping(NonNull::from(bytes).cast(), bytes.len()) };
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout, and nobody has a view of it any more.
        unsafe { dealloc(self.base.as_ptr(), self.layout) }
    }
}

// SAFETY: allocated zeroed, aligned to 64 bytes, and freed on drop only.
unsafe impl Mapping for Memory {
    fn base(&self) -> NonNull<u8> {
        self.base
    }
    fn size(&self) -> usize {
        self.layout.size()
    }
}

/// Where a C compiler puts the flag and the text, and the size of both together.
fn in_c() -> [usize; 4] {
    let program = r#"
        #include <stddef.h>
        #include <stdio.h>
        struct shared { int written_by_you; char some_text[2048]; };
        int main(void) {
            printf("%zu %zu %zu %zu\n", offsetof(struct shared, written_by_you),
                sizeof(int), offsetof(struct shared, some_text), sizeof(struct shared));
            return 0;
        }
    "#;
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, binary) = (directory.join("classic.c"), directory.join("classic"));
    fs::write(&source, program).expect("cargo's own directory");
    let status = Command::new("cc").arg("-o").arg(&binary).arg(&source).status();
    assert!(status.expect("a C compiler").success());
    let output = Command::new(&binary).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("numbers");
    let numbers: Vec<usize> = text.split_whitespace().map(|it| it.parse().unwrap()).collect();
    numbers.try_into().expect("four numbers")
}

fn sender(memory: &Rc<Memory>) -> Sender {
    Sender::new(Rc::clone(memory), Interrupt::never()).unwrap()
}

fn receiver(memory: &Rc<Memory>) -> Receiver {
    Receiver::new(Rc::clone(memory), Interrupt::never()).unwrap()
}

/// What there is to see, without waiting for it.
fn look(end: &mut impl End) -> Result<Woke<()>, Corrupt> {
    end.wait(|| Some(()))
}

#[test]
fn a_hand_off_changes_just_the_bytes_that_c_names() {
    let [flag, int, text, size] = in_c();
    assert_eq!(SIZE, size);
    assert_eq!(TEXT_BYTES, size - text);
    let memory = Memory::new(SIZE);
    memory.put(text, &[0xff; TEXT_BYTES]);
    let mut expected = memory.bytes();

    let mut writer = sender(&memory);
    assert!(writer.is_turn().unwrap());
    writer.send(b"hello\n");
    expected[flag..flag + int].copy_from_slice(&1i32.to_ne_bytes());
    // The NUL fills the word that it is in.
    expected[text..text + 8].copy_from_slice(b"hello\n\0\0");
    assert_eq!(memory.bytes(), expected);
    assert_eq!(look(&mut writer), Ok(Woke::News(())));

    let mut reader = receiver(&memory);
    assert_eq!(look(&mut reader), Ok(Woke::Turn));
    let found = Text { bytes: b"hello\n", is_cut: false };
    assert_eq!(reader.text(&mut [0; TEXT_BYTES]), found);
    reader.acknowledge();
    expected[flag..flag + int].copy_from_slice(&0i32.to_ne_bytes());
    assert_eq!(memory.bytes(), expected);
    assert_eq!(look(&mut reader), Ok(Woke::News(())));
    assert_eq!(look(&mut writer), Ok(Woke::Turn));
}

#[test]
fn texts_of_every_length_arrive_whole() {
    let memory = Memory::new(SIZE);
    let (mut writer, mut reader) = (sender(&memory), receiver(&memory));
    for length in (0..20).chain(MAX_TEXT - 20..=MAX_TEXT).rev().chain(0..20) {
        let text: Vec<u8> = (0..length).map(|at| (at % 255 + 1) as u8).collect();
        assert_eq!(look(&mut writer), Ok(Woke::Turn));
        writer.send(&text);
        assert_eq!(look(&mut reader), Ok(Woke::Turn));
        let found = Text { bytes: &text, is_cut: false };
        assert_eq!(reader.text(&mut [0; TEXT_BYTES]), found);
        reader.acknowledge();
    }
}

#[test]
fn a_text_without_a_nul_ends_where_its_place_does() {
    let memory = Memory::new(SIZE);
    memory.put(4, &[b'x'; TEXT_BYTES]);
    let found = Text { bytes: &[b'x'; TEXT_BYTES], is_cut: true };
    assert_eq!(receiver(&memory).text(&mut [0; TEXT_BYTES]), found);
}

#[test]
fn what_is_no_flag_is_refused_and_left_as_it_was() {
    for found in [2, 7, u32::MAX] {
        let memory = Memory::new(SIZE);
        let (mut writer, mut reader) = (sender(&memory), receiver(&memory));
        memory.put(0, &found.to_ne_bytes());
        let before = memory.bytes();
        let refused = Sender::new(Rc::clone(&memory), Interrupt::never()).err();
        assert_eq!(refused, Some(NotAnExchange::BlogFlag { found }));
        assert_eq!(look(&mut writer), Err(Corrupt::BlogFlag { found }));
        assert_eq!(look(&mut reader), Err(Corrupt::BlogFlag { found }));
        assert_eq!(writer.is_turn(), Err(Corrupt::BlogFlag { found }));
        assert_eq!(memory.bytes(), before);
    }
}

#[test]
fn other_sizes_are_refused() {
    for size in [SIZE - 1, SIZE + 1, 4, 33856] {
        let refused = Receiver::new(Memory::new(size), Interrupt::never()).err();
        assert_eq!(refused, Some(NotAnExchange::BlogSize { size }));
    }
}

#[test]
fn neither_a_question_nor_an_end_is_unread_text() {
    for (text, unread) in [(b"text\n".as_slice(), 5), (b"", 0), (END, 0), (b"endless", 0)] {
        let memory = Memory::new(SIZE);
        let mut writer = sender(&memory);
        assert_eq!(writer.unread(), 0);
        assert!(writer.is_turn().unwrap());
        writer.send(text);
        assert_eq!((writer.unread(), receiver(&memory).unread()), (unread, unread), "{text:?}");
    }
}

#[test]
fn a_text_that_is_taken_back_is_a_question() {
    let memory = Memory::new(SIZE);
    let mut writer = sender(&memory);
    assert!(writer.is_turn().unwrap());
    writer.send(b"text\n");
    writer.take_back();
    let mut reader = receiver(&memory);
    assert_eq!(look(&mut reader), Ok(Woke::Turn));
    assert_eq!(reader.text(&mut [0; TEXT_BYTES]).bytes, b"");
}

#[test]
#[should_panic(expected = "is_free")]
fn nobody_overwrites_a_text_that_waits() {
    let memory = Memory::new(SIZE);
    let mut writer = sender(&memory);
    assert!(writer.is_turn().unwrap());
    writer.send(b"one\n");
    writer.send(b"two\n");
}

#[test]
fn the_end_is_what_strncmp_takes_for_it() {
    for (text, expected) in [
        (b"end\n".as_slice(), true),
        (b"end", true),
        (b"endless\n", true),
        (b"en", false),
        (b"End\n", false),
        (b" end\n", false),
        (b"", false),
    ] {
        assert_eq!(is_end(text), expected, "{text:?}");
    }
}
