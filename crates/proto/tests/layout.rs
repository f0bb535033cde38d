//! What another language would have to agree with, from the outside.
#![cfg(not(loom))]

use std::sync::Arc;

use handoff_proto::{
    ClaimError, Exchange, HeapMemory, Interrupt, MAX_SLOTS, Mapping, NotAnExchange, Receiver,
    Sender, Side, Strategy, TEXT_BYTES, segment_size, slots_in,
};

fn bytes(memory: &HeapMemory) -> Vec<u8> {
    // SAFETY: zeroed when made, and nobody else uses it now.
    unsafe { std::slice::from_raw_parts(memory.base().as_ptr(), memory.size()) }.to_vec()
}

fn sender(exchange: &Exchange) -> Result<Sender, ClaimError> {
    Sender::claim(exchange, Interrupt::never(), Strategy::Futex).map(|claimed| claimed.endpoint)
}

#[test]
fn the_number_of_slots_follows_from_the_exact_size() {
    for slots in [1, 2, 16, 64, 1000, MAX_SLOTS] {
        let size = segment_size(slots);
        assert_eq!(size, 64 + slots * 2112);
        assert_eq!(slots_in(size), Some(slots));
        assert_eq!(slots_in(size - 1), None);
        assert_eq!(slots_in(size + 1), None);
    }
    assert_eq!(slots_in(segment_size(0)), None);
    assert_eq!(slots_in(segment_size(MAX_SLOTS + 1)), None);
    assert_eq!(slots_in(usize::MAX), None);
}

#[test]
fn a_hand_off_changes_just_the_bytes_that_the_layout_names() {
    let memory = Arc::new(HeapMemory::new(2));
    let exchange = Exchange::new(Arc::clone(&memory)).unwrap();
    let mut writer = sender(&exchange).unwrap();
    let mut expected = vec![0; memory.size()];
    expected[0..8].copy_from_slice(b"handoff\x01");
    // SAFETY: gettid has no preconditions.
    let tid = unsafe { libc::gettid() };
    expected[8..12].copy_from_slice(&(tid.cast_unsigned() | 1 << 31).to_ne_bytes());
    assert_eq!(bytes(&memory), expected);

    writer.wait().unwrap();
    writer.send(b"hello\n").unwrap();
    expected[64..68].copy_from_slice(&1u32.to_ne_bytes());
    expected[68..72].copy_from_slice(&6u32.to_ne_bytes());
    expected[72..78].copy_from_slice(b"hello\n");
    assert_eq!(bytes(&memory), expected);

    // Nobody has ended the stream: the word says so, and names who left.
    drop(writer);
    let left = tid.cast_unsigned() | 1 << 31 | 1 << 30;
    expected[8..12].copy_from_slice(&left.to_ne_bytes());
    assert_eq!(bytes(&memory), expected);
}

#[test]
fn foreign_memory_is_refused_and_left_as_it_was() {
    let memory = Arc::new(HeapMemory::new(1));
    // SAFETY: the first byte of the memory, which nobody else uses.
    unsafe { memory.base().write(1) };
    let before = bytes(&memory);
    assert!(matches!(Exchange::new(Arc::clone(&memory)), Err(NotAnExchange::Magic { .. })));
    assert_eq!(bytes(&memory), before);
}

#[test]
fn a_role_is_one_threads_at_a_time_and_a_threads_one_role() {
    let memory = Arc::new(HeapMemory::new(1));
    let exchange = Exchange::new(Arc::clone(&memory)).unwrap();
    let writer = sender(&exchange).unwrap();
    let second = Receiver::claim(&exchange, Interrupt::never(), Strategy::Futex);
    assert!(matches!(second, Err(ClaimError::SecondRole)));
    // SAFETY: gettid has no preconditions.
    let ours = unsafe { libc::gettid() }.cast_unsigned();
    std::thread::spawn(move || {
        let exchange = Exchange::new(memory).unwrap();
        match sender(&exchange) {
            Err(ClaimError::Held { side: Side::Writer, pid }) => assert_eq!(pid, ours),
            other => panic!("{other:?}"),
        }
    })
    .join()
    .unwrap();
    drop(writer);
}

#[test]
fn a_thread_that_ends_with_a_role_is_marked_dead_by_the_kernel() {
    let memory = Arc::new(HeapMemory::new(1));
    let exchange = Exchange::new(Arc::clone(&memory)).unwrap();
    let theirs = Arc::clone(&memory);
    std::thread::spawn(move || {
        let exchange = Exchange::new(theirs).unwrap();
        std::mem::forget(sender(&exchange).unwrap());
    })
    .join()
    .unwrap();
    // join(3) waits for the thread's last word in user space, which the kernel clears
    // just after it has gone through the robust list.
    assert_eq!(exchange.role(Side::Writer), handoff_proto::RoleState::Died);
    let claimed = Sender::claim(&exchange, Interrupt::never(), Strategy::Futex).unwrap();
    assert_eq!(claimed.found, handoff_proto::RoleState::Died);
    assert!(claimed.found.is_orphaned());
    assert_eq!(TEXT_BYTES, 2048);
}
