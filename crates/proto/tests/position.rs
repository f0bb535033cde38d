//! A newcomer finds its place from the slots alone, whatever happened before it.
#![cfg(not(loom))]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use handoff_proto::layout::{Header, Slot};
use handoff_proto::position::Position;
use handoff_proto::{
    Arrival, Exchange, HeapMemory, Interrupt, Mapping, Receiver, Room, Sender, Strategy as Wait,
    TEXT_BYTES,
};
use proptest::prelude::*;

/// The counter wraps here: 31 bits.
const COUNTS: u64 = 1 << 31;
const ASLEEP: u32 = 1 << 31;

/// Slots as two sides leave them that went round in order, and were then stopped.
#[derive(Clone, Debug)]
struct History {
    slots: usize,
    /// Hand-offs that the writer and the reader have finished.
    sent: u64,
    received: u64,
    /// Which slots somebody slept on when it was stopped.
    asleep: Vec<bool>,
}

impl History {
    fn written(&self) -> impl Iterator<Item = u32> {
        (0..self.slots).map(|slot| {
            let done =
                |hand_offs: u64| (hand_offs + (self.slots - 1 - slot) as u64) / self.slots as u64;
            let count = (done(self.sent) + done(self.received)) % COUNTS;
            count as u32 | if self.asleep[slot] { ASLEEP } else { 0 }
        })
    }
}

/// Any number of slots, any number of hand-offs, near the wrap more often than not.
fn histories() -> impl Strategy<Value = History> {
    (1usize..=20).prop_flat_map(|slots| {
        let lap = slots as u64;
        let wrap = COUNTS / 2 * lap;
        let sent = prop_oneof![0..4 * lap, wrap - 3 * lap..wrap + 3 * lap, 0..3 * wrap];
        (sent, 0..=lap, prop::collection::vec(any::<bool>(), slots)).prop_map(
            move |(sent, unread, asleep)| History {
                slots,
                sent,
                received: sent.saturating_sub(unread),
                asleep,
            },
        )
    })
}

proptest! {
    #[test]
    fn both_sides_find_their_place(history in histories()) {
        let sender = Position::of_sender(history.written()).unwrap();
        let receiver = Position::of_receiver(history.written()).unwrap();
        for (position, hand_offs) in [(sender, history.sent), (receiver, history.received)] {
            prop_assert_eq!(position.slot() as u64, hand_offs % history.slots as u64);
            let lap = (hand_offs / history.slots as u64) % (COUNTS / 2);
            prop_assert_eq!(u64::from(position.lap()), lap);
            // No count says of itself that somebody sleeps, not even behind the wrap.
            let words = [position.free(), position.full(), position.done(), position.lapped()];
            prop_assert!(words.iter().all(|word| word & ASLEEP == 0), "{:?}", words);
        }
    }

    #[test]
    fn a_word_that_is_off_by_more_than_a_lap_is_found_out(
        history in histories().prop_filter("a neighbour", |history| history.slots > 2),
        at in any::<prop::sample::Index>(),
        laps in 2u32..(1 << 30) - 2,
    ) {
        let at = at.index(history.slots);
        let mut written: Vec<u32> = history.written().collect();
        written[at] = written[at].wrapping_add(2 * laps);
        prop_assert!(Position::of_sender(written.iter().copied()).is_err());
        prop_assert!(Position::of_receiver(written).is_err());
    }

    /// The code that ships: endpoints that come and go over one exchange, with the
    /// slots set as if it had been in use for `lap` laps.
    #[test]
    fn texts_arrive_in_order_whoever_comes_and_goes(
        slots in 1usize..6,
        lap in prop_oneof![Just(0u32), (1u32 << 30) - 4..1 << 30],
        steps in prop::collection::vec(0u8..4, 1..200),
    ) {
        let exchange = worn(slots, lap);
        let (mut sent, mut received) = (0u32, 0u32);
        for step in steps {
            match step {
                // One thread has one role at a time, so each step ends with none.
                0 | 1 => {
                    let mut writer = claim_sender(&exchange);
                    if writer.free_slots() > 0 && writer.wait().unwrap() == Room::Free {
                        writer.send(&text(sent)).unwrap();
                        sent += 1;
                    }
                }
                _ => {
                    let mut reader = claim_receiver(&exchange);
                    if reader.unread().slots > 0 && reader.wait().unwrap() == Arrival::Text {
                        let mut buffer = [0; TEXT_BYTES];
                        prop_assert_eq!(reader.first_text(&mut buffer), text(received));
                        // A reader that is stopped here leaves the text to the next.
                        if step == 2 {
                            reader.acknowledge_first().unwrap();
                            received += 1;
                        }
                    }
                }
            }
            prop_assert!(sent - received <= slots as u32);
        }
    }
}

fn claim_sender(exchange: &Exchange) -> Sender {
    Sender::claim(exchange, Interrupt::never(), Wait::Futex).unwrap().endpoint
}

fn claim_receiver(exchange: &Exchange) -> Receiver {
    Receiver::claim(exchange, Interrupt::never(), Wait::Futex).unwrap().endpoint
}

fn text(number: u32) -> Vec<u8> {
    format!("line {number}\n").into_bytes()
}

/// An exchange in which every slot was used `lap` times.
fn worn(slots: usize, lap: u32) -> Exchange {
    let memory = Arc::new(HeapMemory::new(slots));
    for slot in 0..slots {
        let at = size_of::<Header>() + slot * size_of::<Slot>();
        // SAFETY: within the memory, which holds so many slots.
        let word = unsafe { memory.base().add(at) }.cast::<AtomicU32>();
        // SAFETY: `written` is the first field of a slot, and aligned.
        unsafe { word.as_ref() }.store(lap * 2, Relaxed);
    }
    Exchange::new(memory).unwrap()
}
