//! A third party sees an exchange as it is, says what is wrong with it, and believes nothing.
#![cfg(not(loom))]

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use handoff_proto::layout::MAGIC;
use handoff_proto::snapshot::{Glance, Snapshot, Unseen};
use handoff_proto::{
    Arrival, Corrupt, Exchange, HeapMemory, Interrupt, Mapping, NotAnExchange, Receiver, RoleState,
    Room, Sender, Side, Strategy as Wait, TEXT_BYTES, segment_size,
};
use proptest::prelude::*;

/// Bytes of the test's own, of which all from `end` on go away after so many loads.
struct Bytes {
    bytes: Vec<u8>,
    loads: Cell<usize>,
    end: usize,
}

impl Bytes {
    fn new(bytes: Vec<u8>) -> Self {
        let end = bytes.len();
        Self { bytes, loads: Cell::new(usize::MAX), end }
    }

    fn exchange(slots: usize) -> Self {
        let mut bytes = vec![0; segment_size(slots)];
        bytes[..8].copy_from_slice(&MAGIC.to_ne_bytes());
        Self::new(bytes)
    }

    fn with(mut self, offset: usize, word: u32) -> Self {
        self.bytes[offset..offset + 4].copy_from_slice(&word.to_ne_bytes());
        self
    }

    fn is_there(&self, end: usize) -> bool {
        let left = self.loads.get().saturating_sub(1);
        self.loads.set(left);
        end <= if left == 0 { self.end } else { self.bytes.len() }
    }
}

impl Glance for Bytes {
    fn size(&self) -> usize {
        self.bytes.len()
    }

    fn word(&self, offset: usize, _: Ordering) -> Option<u32> {
        assert!(offset.is_multiple_of(4) && offset + 4 <= self.bytes.len(), "never out of bounds");
        let word = self.bytes[offset..offset + 4].try_into().unwrap();
        self.is_there(offset + 4).then(|| u32::from_ne_bytes(word))
    }

    fn copy(&self, offset: usize, into: &mut [u8]) -> bool {
        assert!(offset + into.len() <= self.bytes.len(), "never out of bounds");
        into.copy_from_slice(&self.bytes[offset..offset + into.len()]);
        self.is_there(offset + into.len())
    }
}

/// The memory of a real pair.
struct Shared(Arc<HeapMemory>);

impl Glance for Shared {
    fn size(&self) -> usize {
        self.0.size()
    }

    fn word(&self, offset: usize, order: Ordering) -> Option<u32> {
        assert!(offset + 4 <= self.0.size());
        // SAFETY: within the memory, which self keeps.
        let word = unsafe { self.0.base().add(offset) }.cast::<AtomicU32>();
        // SAFETY: aligned as offset is, and only ever used through atomics.
        Some(unsafe { word.as_ref() }.load(order))
    }

    fn copy(&self, offset: usize, into: &mut [u8]) -> bool {
        for (at, byte) in (offset..).zip(into) {
            let word = self.word(at & !3, Ordering::Relaxed).unwrap();
            *byte = word.to_ne_bytes()[at & 3];
        }
        true
    }
}

fn look(memory: &Arc<HeapMemory>) -> Snapshot {
    Snapshot::take(&Shared(Arc::clone(memory))).unwrap()
}

fn first_text(memory: &Arc<HeapMemory>, slot: usize) -> Vec<u8> {
    look(memory).text(&Shared(Arc::clone(memory)), slot, &mut [0; 10]).unwrap().to_vec()
}

#[test]
fn a_pair_is_seen_step_by_step() {
    let memory = Arc::new(HeapMemory::new(3));
    let blank = Snapshot::take(&Shared(Arc::clone(&memory)));
    assert_eq!(blank, Err(Unseen::Blank { slots: 3 }));
    let exchange = Exchange::new(Arc::clone(&memory)).unwrap();
    let mut sender = Sender::claim(&exchange, Interrupt::never(), Wait::Spin).unwrap().endpoint;
    let us = thread_id();
    let seen = look(&memory);
    assert_eq!(seen.role(Side::Writer).state(), RoleState::Held(us));
    assert!(seen.role(Side::Writer).wants_wake());
    assert_eq!(seen.role(Side::Reader).state(), RoleState::Vacant);

    assert!(matches!(sender.wait().unwrap(), Room::Free));
    sender.send(b"one line\n").unwrap();
    let seen = look(&memory);
    assert!(seen.is_steady() && seen.faults().is_empty());
    assert_eq!((seen.unread().slots, seen.unread().bytes), (1, 9));
    assert!(seen.slots()[0].is_full() && !seen.slots()[0].is_end() && !seen.slots()[1].is_full());
    assert_eq!((seen.slots()[0].lap(), seen.slots()[0].sent()), (0, 1));
    assert_eq!(seen.next(Side::Writer).unwrap().slot(), 1);
    assert_eq!(seen.next(Side::Reader).unwrap().slot(), 0);
    assert_eq!(first_text(&memory, 0), b"one line\n");

    assert!(matches!(sender.wait().unwrap(), Room::Free));
    sender.end().unwrap();
    assert!(look(&memory).slots()[1].is_end());
    assert_eq!(look(&memory).unread().slots, 1, "an end is no text");

    let mut receiver = Receiver::claim(&exchange, Interrupt::never(), Wait::Spin).unwrap().endpoint;
    while !matches!(receiver.wait().unwrap(), Arrival::Text) {}
    receiver.acknowledge_first().unwrap();
    let seen = look(&memory);
    assert_eq!(seen.unread().slots, 0);
    assert_eq!(seen.next(Side::Reader).unwrap().slot(), 1);
    assert_eq!((seen.slots()[0].hand_offs(), seen.slots()[0].lap()), (2, 1));
    assert_eq!(seen.role(Side::Writer).state(), RoleState::Vacant);
}

/// The id of this thread, which is a process's id only for the main one.
fn thread_id() -> u32 {
    let link = std::fs::read_link("/proc/thread-self").unwrap();
    link.file_name().unwrap().to_str().unwrap().parse().unwrap()
}

#[test]
fn what_is_no_exchange_is_said() {
    for size in [0, 1, 63, 64, 65, 2175, 2177, 33855] {
        let seen = Snapshot::take(&Bytes::new(vec![0; size]));
        assert_eq!(seen, Err(NotAnExchange::Size { size }.into()));
    }
    let foreign = Bytes::exchange(1).with(4, 0x1234_5678);
    let seen = Snapshot::take(&foreign);
    assert!(matches!(seen, Err(Unseen::NotAnExchange(NotAnExchange::Magic { .. }))), "{seen:?}");
}

#[test]
fn lies_are_named() {
    let slot = |index: usize| 64 + index * 2112;
    let lapped = Snapshot::take(&Bytes::exchange(4).with(slot(2), 9)).unwrap();
    assert_eq!(lapped.faults(), [Corrupt::Laps { slot: 2 }]);
    let long = Bytes::exchange(4).with(slot(0), 1).with(slot(0) + 4, u32::MAX);
    let seen = Snapshot::take(&long).unwrap();
    assert_eq!(seen.faults(), [Corrupt::Len { slot: 0, len: u32::MAX }]);
    assert_eq!(seen.unread().bytes, TEXT_BYTES);
    assert_eq!(seen.text(&long, 0, &mut [0; 4000]).unwrap().len(), TEXT_BYTES);
    // What an empty slot holds is nobody's business.
    let empty = Bytes::exchange(4).with(slot(0) + 4, u32::MAX);
    assert_eq!(Snapshot::take(&empty).unwrap().faults(), []);
}

#[test]
fn who_sleeps_is_whose_turn_it_is_not() {
    let asleep = 1 << 31;
    let seen = Snapshot::take(&Bytes::exchange(2).with(64, asleep).with(2176, 0)).unwrap();
    assert_eq!(seen.slots()[0].sleeper(), Some(Side::Reader));
    assert_eq!(seen.slots()[1].sleeper(), None);
    let seen = Snapshot::take(&Bytes::exchange(1).with(64, asleep | 1)).unwrap();
    assert_eq!(seen.slots()[0].sleeper(), Some(Side::Writer));
}

proptest! {
    #[test]
    fn anything_can_be_looked_at(
        mut bytes in prop::collection::vec(any::<u8>(), 0..10_000),
        fits in any::<bool>(),
        ours in any::<bool>(),
        cut in (1usize..60, 0usize..10_000),
    ) {
        if fits {
            let slots = (bytes.len() / 2112).max(1);
            bytes.resize(segment_size(slots), 0xff);
        }
        if ours && bytes.len() >= 8 {
            bytes[..8].copy_from_slice(&MAGIC.to_ne_bytes());
        }
        let whole = Bytes::new(bytes.clone());
        if let Ok(seen) = Snapshot::take(&whole) {
            prop_assert!(seen.is_steady());
            prop_assert!(seen.unread().bytes <= seen.slots().len() * TEXT_BYTES);
            for slot in 0..seen.slots().len() {
                prop_assert!(seen.text(&whole, slot, &mut [0; 3000]).is_some());
            }
            let _ = (seen.faults(), seen.next(Side::Writer), seen.next(Side::Reader));
        }
        // And it may go away at any moment.
        let (loads, end) = cut;
        let shrinking = Bytes { loads: Cell::new(loads), end, ..Bytes::new(bytes) };
        if let Ok(seen) = Snapshot::take(&shrinking) {
            let _ = seen.text(&shrinking, 0, &mut [0; 3000]);
        }
    }
}

/// Sends number after number until it is told to stop, at least so many.
fn send_until(told: &AtomicU32, memory: Arc<HeapMemory>) {
    let exchange = Exchange::new(memory).unwrap();
    let mut sender = Sender::claim(&exchange, Interrupt::never(), Wait::Futex).unwrap().endpoint;
    let mut sent = 0u32;
    while sent < 2000 || told.load(Ordering::Relaxed) == 0 {
        if matches!(sender.wait().unwrap(), Room::Free) {
            sender.send(&sent.to_ne_bytes()).unwrap();
            sent += 1;
        }
    }
    while !matches!(sender.wait().unwrap(), Room::Free) {}
    sender.end().unwrap();
}

fn receive_all(memory: Arc<HeapMemory>) {
    let exchange = Exchange::new(memory).unwrap();
    let claimed = Receiver::claim(&exchange, Interrupt::never(), Wait::Futex).unwrap();
    let mut receiver = claimed.endpoint;
    loop {
        match receiver.wait().unwrap() {
            Arrival::Text => receiver.acknowledge_first().unwrap(),
            Arrival::End(_) => break,
            Arrival::Peer(_) | Arrival::Interrupted => {}
        }
    }
}

#[test]
fn a_look_in_full_stream_never_claims_a_fault() {
    for slots in [1, 2, 5] {
        let memory = Arc::new(HeapMemory::new(slots));
        Exchange::new(Arc::clone(&memory)).unwrap();
        let told = Arc::new(AtomicU32::new(0));
        let (theirs, tell) = (Arc::clone(&memory), Arc::clone(&told));
        let sender = std::thread::spawn(move || send_until(&tell, theirs));
        let theirs = Arc::clone(&memory);
        let receiver = std::thread::spawn(move || receive_all(theirs));
        for _ in 0..5000 {
            assert_eq!(look(&memory).faults(), []);
        }
        told.store(1, Ordering::Relaxed);
        sender.join().unwrap();
        receiver.join().unwrap();
    }
}
