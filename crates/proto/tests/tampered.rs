//! A slot's word that changes while it is ours: whoever passes the slot on finds out.
#![cfg(not(loom))]

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::Relaxed;

use handoff_proto::{
    Arrival, Corrupt, Exchange, HeapMemory, Interrupt, Mapping, Receiver, Room, Sender, Strategy,
};

const HEADER: usize = 64;
/// The top bit says that somebody sleeps on the word. That is no change of what it counts.
const ASLEEP: u32 = 1 << 31;

/// `written` of the first slot.
fn written(memory: &HeapMemory) -> &AtomicU32 {
    let word = memory.base().as_ptr().wrapping_add(HEADER).cast::<u32>();
    // SAFETY: within the memory, which is aligned, and used as atomics only.
    unsafe { AtomicU32::from_ptr(word) }
}

fn exchange(memory: &Arc<HeapMemory>) -> Exchange {
    Exchange::new(Arc::clone(memory)).expect("all zero is an exchange")
}

fn sender_with_room(exchange: &Exchange) -> Sender {
    let claimed = Sender::claim(exchange, Interrupt::never(), Strategy::FutexOnly);
    let mut sender = claimed.expect("nobody writes").endpoint;
    while sender.wait().expect("an honest reader") != Room::Free {}
    sender
}

#[test]
fn a_free_slot_that_was_changed_is_not_handed_over_in_silence() {
    for (found, is_fine) in [(0, true), (ASLEEP, true), (1, false), (2, false), (ASLEEP | 7, false)]
    {
        let memory = Arc::new(HeapMemory::new(1));
        let mut sender = sender_with_room(&exchange(&memory));
        written(&memory).store(found, Relaxed);
        match sender.send(b"text") {
            Ok(()) => assert!(is_fine, "handed over from {found:#x}"),
            Err(Corrupt::Written { slot: 0, .. }) => assert!(!is_fine, "refused {found:#x}"),
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn a_full_slot_that_was_changed_is_not_acknowledged_in_silence() {
    for (found, is_fine) in [(1, true), (ASLEEP | 1, true), (0, false), (3, false), (ASLEEP, false)]
    {
        let memory = Arc::new(HeapMemory::new(1));
        let exchange = exchange(&memory);
        let mut sender = sender_with_room(&exchange);
        sender.send(b"text").expect("an honest reader");
        drop(sender);
        let claimed = Receiver::claim(&exchange, Interrupt::never(), Strategy::FutexOnly);
        let mut receiver = claimed.expect("nobody reads").endpoint;
        assert_eq!(receiver.wait().expect("an honest writer"), Arrival::Text);
        written(&memory).store(found, Relaxed);
        match receiver.acknowledge_first() {
            Ok(()) => assert!(is_fine, "acknowledged from {found:#x}"),
            Err(Corrupt::Written { slot: 0, .. }) => assert!(!is_fine, "refused {found:#x}"),
            Err(error) => panic!("{error}"),
        }
    }
}
