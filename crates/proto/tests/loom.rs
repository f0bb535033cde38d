//! Every schedule of the hand-off that two or three threads can come to, over the
//! code that ships: its atomics are loom's here, and a stand-in plays the kernel.
//!
//! For each end of each pair in [`handoff_proto::order`] there is a twin of a test
//! that loosens it and must fail. What loom cannot show: it never lets a load see a
//! store that is later in the schedule, so text that is overwritten while it is
//! read is caught by a witness cell instead; and it treats SeqCst as AcqRel, but for
//! fences, and the only SeqCst here is a fence.
#![cfg(loom)]

use std::sync::atomic::Ordering::{Acquire, Release};

use handoff_proto::layout::{Header, Slot};
use handoff_proto::order::Pair::{self, Acknowledge, Finished, HandOver, LetGo};
use handoff_proto::order::{loosen, loosen_fence};
use handoff_proto::{
    Arrival, ClaimError, Closed, Closing, Exchange, Interrupt, Receiver, RoleState, Room, Sender,
    Strategy, TEXT_BYTES,
};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

type Memory = std::sync::Arc<(Header, Vec<Slot>)>;

fn memory(slots: usize) -> Memory {
    let slots = (0..slots).map(|_| Slot::default()).collect();
    std::sync::Arc::new((Header::default(), slots))
}

fn model(test: impl Fn() + Sync + Send + 'static) {
    model_with_preemptions(3, test);
}

/// A thread is interrupted where it need not be so many times at most; more would take hours.
fn model_with_preemptions(bound: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(bound);
    builder.max_branches = 20_000;
    builder.check(test);
}

fn loosened(pair: Pair, end: std::sync::atomic::Ordering, test: fn()) {
    loosen(pair, end);
    test();
}

fn sender(memory: &Memory) -> Result<Sender, ClaimError> {
    let exchange = Exchange::watched(memory.clone());
    Sender::claim(&exchange, Interrupt::never(), Strategy::Futex).map(|claimed| claimed.endpoint)
}

fn receiver(memory: &Memory) -> Receiver {
    let exchange = Exchange::watched(memory.clone());
    let claimed = Receiver::claim(&exchange, Interrupt::never(), Strategy::Futex);
    claimed.expect("nobody else reads").endpoint
}

/// The writer's role, as soon as it can be had: held, or closed for a moment.
fn next_sender(memory: &Memory) -> Sender {
    loop {
        match sender(memory) {
            Ok(sender) => return sender,
            Err(ClaimError::Held { .. } | ClaimError::Closed) => thread::yield_now(),
            Err(error) => panic!("an honest reader: {error}"),
        }
    }
}

fn wait_for_room(sender: &mut Sender) {
    while sender.wait().expect("an honest reader") != Room::Free {}
}

fn send(sender: &mut Sender, text: u8) {
    wait_for_room(sender);
    sender.send(&[text; TEXT_BYTES]).expect("an honest reader");
}

fn end(mut sender: Sender) {
    wait_for_room(&mut sender);
    sender.end().expect("an honest reader");
}

/// The next text, acknowledged; none at the end of the stream.
fn receive(receiver: &mut Receiver) -> Option<u8> {
    let text = peek(receiver)?;
    receiver.acknowledge_first().expect("an honest writer");
    Some(text)
}

fn peek(receiver: &mut Receiver) -> Option<u8> {
    loop {
        match receiver.wait().expect("an honest writer") {
            Arrival::Text => {
                let mut buffer = [0; TEXT_BYTES];
                let text = receiver.first_text(&mut buffer);
                assert_eq!(text, [text[0]; TEXT_BYTES], "stale text");
                return Some(text[0]);
            }
            Arrival::End(_) => return None,
            Arrival::Peer(_) => {}
            Arrival::Interrupted => unreachable!("nobody interrupts"),
        }
    }
}

// ANCHOR: stream
fn stream(slots: usize, texts: u8, preemptions: usize) {
    model_with_preemptions(preemptions, move || {
        let memory = memory(slots);
        let theirs = memory.clone();
        let writer = thread::spawn(move || {
            let mut sender = sender(&theirs).unwrap();
            (1..=texts).for_each(|text| send(&mut sender, text));
            end(sender);
        });
        let mut receiver = receiver(&memory);
        for text in 1..=texts {
            assert_eq!(receive(&mut receiver), Some(text), "stale text");
        }
        assert_eq!(receive(&mut receiver), None);
        writer.join().unwrap();
    });
}
// ANCHOR_END: stream

fn one_slot() {
    stream(1, 2, 2);
}

fn two_slots() {
    stream(2, 3, 1);
}

#[test]
fn text_arrives_whole_and_in_order_through_one_slot() {
    one_slot();
}

#[test]
fn text_arrives_whole_and_in_order_through_two_slots() {
    two_slots();
}

/// Of several free slots, the writer waits for the first, and then looks at each of the others.
#[test]
fn a_slot_that_is_found_free_ahead_is_one_that_nobody_reads() {
    model_with_preemptions(1, || {
        let memory = memory(2);
        let theirs = memory.clone();
        let writer = thread::spawn(move || {
            let mut sender = sender(&theirs).unwrap();
            (1..=2).for_each(|text| send(&mut sender, text));
            wait_for_room(&mut sender);
            for _ in 0..sender.free_slots() {
                sender.send(&[3; TEXT_BYTES]).expect("an honest reader");
            }
        });
        let mut receiver = receiver(&memory);
        assert_eq!(receive(&mut receiver), Some(1));
        assert_eq!(receive(&mut receiver), Some(2));
        writer.join().unwrap();
    });
}

/// A writer that is ahead by the whole ring waits for half of it by a look at its last slot.
#[test]
fn all_slots_before_one_that_is_free_are_slots_that_nobody_reads() {
    model_with_preemptions(2, || {
        let memory = memory(4);
        let mut sender = sender(&memory).unwrap();
        (1..=4).for_each(|text| send(&mut sender, text));
        let theirs = memory.clone();
        let reader = thread::spawn(move || {
            let mut receiver = receiver(&theirs);
            assert_eq!(receive(&mut receiver), Some(1));
            assert_eq!(receive(&mut receiver), Some(2));
        });
        wait_for_room(&mut sender);
        for _ in 0..sender.free_slots() {
            sender.send(&[5; TEXT_BYTES]).expect("an honest reader");
        }
        reader.join().unwrap();
    });
}

// ANCHOR: twin
#[test]
#[should_panic(expected = "Causality violation")]
fn without_release_at_the_hand_over_the_text_may_be_stale() {
    loosened(HandOver, Release, one_slot);
}
// ANCHOR_END: twin

#[test]
#[should_panic(expected = "Causality violation")]
fn without_acquire_at_the_hand_over_the_text_may_be_stale() {
    loosened(HandOver, Acquire, one_slot);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn without_release_at_the_acknowledgement_the_text_may_change_while_it_is_read() {
    loosened(Acknowledge, Release, one_slot);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn without_acquire_at_the_acknowledgement_the_text_may_change_while_it_is_read() {
    loosened(Acknowledge, Acquire, one_slot);
}

/// Who counts what is unread, and finds a slot full, finds the length of its text as well.
fn counting() {
    model(|| {
        let memory = memory(1);
        let theirs = memory.clone();
        let reader = thread::spawn(move || {
            let receiver = receiver(&theirs);
            while receiver.exchange().is_drained() {
                thread::yield_now();
            }
            assert_eq!(receiver.unread().slots, 1, "text is taken for an end");
        });
        send(&mut sender(&memory).unwrap(), 1);
        reader.join().unwrap();
    });
}

#[test]
fn text_that_is_there_counts_as_unread() {
    counting();
}

#[test]
#[should_panic(expected = "text is taken for an end")]
fn without_acquire_at_the_count_of_what_is_unread_text_may_be_taken_for_an_end() {
    loosened(HandOver, Acquire, counting);
}

/// A writer leaves its stream without an end; the next goes on behind it.
fn succession() {
    model(|| {
        let memory = memory(2);
        let theirs = memory.clone();
        let first = thread::spawn(move || send(&mut next_sender(&theirs), 1));
        send(&mut next_sender(&memory), 2);
        first.join().unwrap();
        let mut receiver = receiver(&memory);
        let mut texts = [receive(&mut receiver), receive(&mut receiver)];
        texts.sort_unstable();
        assert_eq!(texts, [Some(1), Some(2)]);
    });
}

#[test]
fn a_writer_goes_on_where_the_one_before_it_stopped() {
    succession();
}

#[test]
#[should_panic(expected = "Causality violation")]
fn without_release_on_leaving_a_role_the_next_holder_loses_its_place() {
    loosened(LetGo, Release, succession);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn without_acquire_on_taking_a_role_the_next_holder_loses_its_place() {
    loosened(LetGo, Acquire, succession);
}

/// A writer is killed behind its text: the reader learns of it, and has had the
/// text by then.
fn death() {
    model(|| {
        let memory = memory(2);
        let theirs = memory.clone();
        let writer = thread::spawn(move || {
            let mut sender = sender(&theirs).unwrap();
            send(&mut sender, 1);
            sender.die();
        });
        let mut receiver = receiver(&memory);
        let mut texts = 0;
        loop {
            match receiver.wait().expect("an honest writer") {
                Arrival::Text => {
                    receiver.acknowledge_first().unwrap();
                    texts += 1;
                }
                Arrival::Peer(RoleState::Died) => break,
                Arrival::Peer(_) => {}
                Arrival::End(_) | Arrival::Interrupted => unreachable!(),
            }
        }
        assert_eq!(texts, 1, "text of a dead writer is lost");
        writer.join().unwrap();
    });
}

#[test]
fn a_dead_writers_text_is_seen_before_its_death() {
    death();
}

#[test]
#[should_panic(expected = "text of a dead writer is lost")]
fn without_release_on_leaving_a_role_the_last_text_may_be_overlooked() {
    loosened(LetGo, Release, death);
}

#[test]
#[should_panic(expected = "text of a dead writer is lost")]
fn without_acquire_on_seeing_a_role_left_the_last_text_may_be_overlooked() {
    loosened(LetGo, Acquire, death);
}

#[test]
fn a_reader_that_sleeps_learns_that_its_writer_died() {
    model(|| {
        let memory = memory(1);
        let theirs = memory.clone();
        let writer = thread::spawn(move || sender(&theirs).unwrap().die());
        let mut receiver = receiver(&memory);
        while receiver.wait().unwrap() != Arrival::Peer(RoleState::Died) {}
        writer.join().unwrap();
    });
}

#[test]
fn a_writer_that_sleeps_is_woken_by_a_reader_that_comes_back() {
    model_with_preemptions(2, || {
        let memory = memory(1);
        let theirs = memory.clone();
        let writer = thread::spawn(move || {
            let mut sender = sender(&theirs).unwrap();
            send(&mut sender, 1);
            send(&mut sender, 2);
        });
        let mut first = receiver(&memory);
        assert_eq!(receive(&mut first), Some(1));
        drop(first);
        let mut second = receiver(&memory);
        assert_eq!(receive(&mut second), Some(2));
        writer.join().unwrap();
    });
}

#[test]
fn text_of_a_reader_that_died_before_it_acknowledged_is_seen_again() {
    model_with_preemptions(1, || {
        let memory = memory(1);
        let theirs = memory.clone();
        let writer = thread::spawn(move || {
            let mut sender = sender(&theirs).unwrap();
            send(&mut sender, 1);
            end(sender);
        });
        let mut first = receiver(&memory);
        assert_eq!(peek(&mut first), Some(1));
        first.die();
        let mut second = receiver(&memory);
        assert_eq!(receive(&mut second), Some(1));
        assert_eq!(receive(&mut second), None);
        writer.join().unwrap();
    });
}

#[test]
fn a_writer_may_leave_and_come_back() {
    model_with_preemptions(1, || {
        let memory = memory(1);
        let theirs = memory.clone();
        let writer = thread::spawn(move || {
            send(&mut sender(&theirs).unwrap(), 1);
            send(&mut sender(&theirs).unwrap(), 2);
        });
        let mut receiver = receiver(&memory);
        assert_eq!(receive(&mut receiver), Some(1));
        assert_eq!(receive(&mut receiver), Some(2));
        writer.join().unwrap();
    });
}

/// A reader closes while a writer comes, writes and goes: either the writer is kept
/// out, or its text is not lost.
fn closing() {
    model(|| {
        let memory = memory(2);
        let theirs = memory.clone();
        let writer = thread::spawn(move || match sender(&theirs) {
            Ok(mut sender) => {
                send(&mut sender, 1);
                true
            }
            Err(ClaimError::Closed) => false,
            Err(error) => panic!("{error}"),
        });
        let closing = receiver(&memory).close().unwrap();
        let closed = matches!(closing, Closing::Closed(_));
        assert!(!(writer.join().unwrap() && closed), "closed over text");
    });
}

#[test]
fn an_exchange_is_not_closed_over_text() {
    closing();
}

/// The same with a writer that ends its stream. Its role word is vacant before and after, so
/// that who closes may have looked before and close behind.
#[test]
fn an_exchange_is_not_closed_over_a_stream_that_came_and_ended_meanwhile() {
    model(|| {
        let memory = memory(2);
        let theirs = memory.clone();
        let writer = thread::spawn(move || match sender(&theirs) {
            Ok(mut sender) => {
                send(&mut sender, 1);
                end(sender);
                true
            }
            Err(ClaimError::Closed) => false,
            Err(error) => panic!("{error}"),
        });
        let closing = receiver(&memory).close().unwrap();
        let closed = matches!(closing, Closing::Closed(_));
        assert!(!(writer.join().unwrap() && closed), "closed over text");
    });
}

#[test]
#[should_panic(expected = "closed over text")]
fn without_release_on_leaving_a_role_it_may_be_closed_over_text() {
    loosened(LetGo, Release, closing);
}

#[test]
#[should_panic(expected = "closed over text")]
fn without_acquire_on_closing_it_may_be_closed_over_text() {
    loosened(LetGo, Acquire, closing);
}

/// Whether this one, having left, was the last and has closed the exchange.
fn closes(memory: &Memory) -> bool {
    let exchange = Exchange::watched(memory.clone());
    let closed = exchange.close_if_last(&Interrupt::never()).expect("an honest peer");
    closed.map(Closed::finish).is_some()
}

/// Both leave, each as soon as it likes: the last one closes.
fn leaving() {
    model(|| {
        let memory = memory(1);
        let theirs = memory.clone();
        let writer = thread::spawn(move || match sender(&theirs) {
            Ok(sender) => {
                drop(sender);
                closes(&theirs)
            }
            Err(ClaimError::Closed) => false,
            Err(error) => panic!("{error}"),
        });
        let exchange = Exchange::watched(memory.clone());
        let reader = Receiver::claim(&exchange, Interrupt::never(), Strategy::Futex);
        let reader_closes = match reader {
            Ok(claimed) => {
                drop(claimed);
                closes(&memory)
            }
            // The writer is closing it.
            Err(ClaimError::Held { .. } | ClaimError::Closed) => false,
            Err(error) => panic!("{error}"),
        };
        let writer_closes = writer.join().unwrap();
        assert!(reader_closes || writer_closes, "both left, and nobody has closed");
    });
}

#[test]
fn of_two_that_leave_at_once_one_closes() {
    leaving();
}

#[test]
#[should_panic(expected = "both left, and nobody has closed")]
fn without_the_fence_two_that_leave_at_once_may_overlook_each_other() {
    loosen_fence();
    leaving();
}

/// A reader closes between two writers, and reopens: the second finds its place.
fn reopening() {
    model_with_preemptions(2, || {
        let memory = memory(2);
        let theirs = memory.clone();
        let first = thread::spawn(move || send(&mut next_sender(&theirs), 1));
        let theirs = memory.clone();
        let reader = thread::spawn(move || match receiver(&theirs).close().unwrap() {
            Closing::Closed(closed) => closed.undo().unwrap(),
            Closing::LivesOn => {}
        });
        send(&mut next_sender(&memory), 2);
        first.join().unwrap();
        reader.join().unwrap();
        let mut receiver = receiver(&memory);
        let mut texts = [receive(&mut receiver), receive(&mut receiver)];
        texts.sort_unstable();
        assert_eq!(texts, [Some(1), Some(2)]);
    });
}

#[test]
fn an_exchange_that_is_reopened_goes_on() {
    reopening();
}

/// The object, for the model of who removes it and who looks it up anew.
struct Object(UnsafeCell<()>);

// SAFETY: loom checks each access, and to be shared is what the model is about.
unsafe impl Sync for Object {}
// SAFETY: as above.
unsafe impl Send for Object {}

/// The newcomer that reads "closed" looks the key up again: behind the removal.
fn finishing() {
    model(|| {
        let memory = memory(1);
        let object = Arc::new(Object(UnsafeCell::new(())));
        let theirs = (memory.clone(), Arc::clone(&object));
        let reader = thread::spawn(move || match receiver(&theirs.0).close().unwrap() {
            Closing::Closed(closed) => {
                theirs.1.0.with_mut(|_| ());
                closed.finish();
            }
            Closing::LivesOn => unreachable!("nobody came"),
        });
        let exchange = Exchange::watched(memory);
        while !exchange.wait_for_reader_to_finish().unwrap() {
            thread::yield_now();
        }
        object.0.with(|_| ());
        reader.join().unwrap();
    });
}

#[test]
fn a_newcomer_to_a_closed_exchange_attaches_anew() {
    finishing();
}

#[test]
#[should_panic(expected = "Causality violation")]
fn without_release_on_closing_ones_own_role_the_removed_object_may_be_found() {
    loosened(Finished, Release, finishing);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn without_acquire_on_seeing_it_closed_the_removed_object_may_be_found() {
    loosened(Finished, Acquire, finishing);
}
