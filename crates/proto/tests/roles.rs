//! Roles as one thread sees them that takes and leaves them again and again: all under the
//! same id, as two threads of different PID namespaces may also have it.
#![cfg(not(loom))]

use std::sync::Arc;

use handoff_proto::{
    Arrival, ClaimError, Closing, Exchange, HeapMemory, Interrupt, Receiver, RoleState, Room,
    Sender, Side, Strategy, TEXT_BYTES,
};

fn exchange(slots: usize) -> Exchange {
    Exchange::new(HeapMemory::new(slots)).expect("all zero is an exchange")
}

fn sender(exchange: &Exchange) -> Sender {
    let claimed = Sender::claim(exchange, Interrupt::never(), Strategy::FutexOnly);
    claimed.expect("nobody writes").endpoint
}

fn receiver(exchange: &Exchange) -> Receiver {
    let claimed = Receiver::claim(exchange, Interrupt::never(), Strategy::FutexOnly);
    claimed.expect("nobody reads").endpoint
}

fn send(sender: &mut Sender, text: &[u8]) {
    while sender.wait().expect("an honest reader") != Room::Free {}
    sender.send(text).expect("an honest reader");
}

fn arrival(receiver: &mut Receiver) -> Arrival {
    loop {
        match receiver.wait().expect("an honest writer") {
            Arrival::Peer(_) => {}
            arrival => return arrival,
        }
    }
}

#[test]
fn a_reader_does_not_wait_for_ever_for_another_writer_of_the_same_id() {
    let memory = Arc::new(HeapMemory::new(4));
    let writers = Exchange::new(Arc::clone(&memory)).expect("all zero is an exchange");
    let mut first = sender(&writers);
    while first.wait().expect("an honest reader") != Room::Free {}
    first.end().expect("an honest reader");
    let mut second = sender(&writers);
    send(&mut second, b"second");

    let reader = std::thread::spawn(move || {
        let exchange = Exchange::new(memory).expect("an exchange");
        let mut receiver = receiver(&exchange);
        let Arrival::End(ending) = arrival(&mut receiver) else { panic!("the first stream ends") };
        assert_eq!(exchange.role(Side::Writer), RoleState::Held(ending.by), "not the same id");
        receiver.wait_for_writer_to_go(ending.by).expect("a futex");
        assert!(matches!(receiver.close(), Ok(Closing::LivesOn)), "closed over a writer");
    });
    reader.join().expect("it comes back");
    drop(second);
    let mut receiver = receiver(&writers);
    assert_eq!(arrival(&mut receiver), Arrival::Text);
    assert_eq!(receiver.first_text(&mut [0; TEXT_BYTES]), b"second");
}

#[test]
fn a_thread_has_one_role() {
    let exchange = exchange(1);
    let _sender = sender(&exchange);
    let second = Receiver::claim(&exchange, Interrupt::never(), Strategy::FutexOnly);
    assert!(matches!(second, Err(ClaimError::SecondRole)));
}

#[test]
fn a_reader_that_has_shown_half_a_text_tells_the_next() {
    let exchange = exchange(2);
    let mut sender = sender(&exchange);
    send(&mut sender, b"text");
    drop(sender);
    let mut first = receiver(&exchange);
    assert_eq!(arrival(&mut first), Arrival::Text);
    first.note_shown_in_part(true);
    drop(first);
    assert!(exchange.role(Side::Reader).is_orphaned());
    // Who takes the role and prints nothing takes nothing from what it tells.
    drop(receiver(&exchange));
    assert!(exchange.role(Side::Reader).is_orphaned());
    let mut last = receiver(&exchange);
    assert_eq!(arrival(&mut last), Arrival::Text);
    last.acknowledge_first().expect("an honest writer");
    drop(last);
    assert_eq!(exchange.role(Side::Reader), RoleState::Vacant);
}

#[test]
fn what_a_reader_tells_the_next_holds_for_all_that_was_unread_then() {
    let exchange = exchange(2);
    let mut sender = sender(&exchange);
    send(&mut sender, b"one");
    send(&mut sender, b"two");
    drop(sender);
    let mut first = receiver(&exchange);
    assert_eq!(arrival(&mut first), Arrival::Text);
    first.note_shown_in_part(true);
    drop(first);
    // The first reader may have printed both texts: who acknowledges one has settled one.
    for left in [true, false] {
        let mut next = receiver(&exchange);
        assert_eq!(arrival(&mut next), Arrival::Text);
        next.acknowledge_first().expect("an honest writer");
        drop(next);
        assert_eq!(exchange.role(Side::Reader).is_orphaned(), left);
    }
}

#[test]
fn an_exchange_that_is_closed_over_a_death_and_opened_again_still_tells_of_it() {
    let exchange = exchange(2);
    let mut first = sender(&exchange);
    send(&mut first, b"text");
    drop(first);
    assert!(matches!(receiver(&exchange).close(), Ok(Closing::LivesOn)), "closed over text");
    assert!(
        exchange.role(Side::Writer).is_orphaned(),
        "the stream has no end, and nothing says so"
    );
    let mut second = sender(&exchange);
    assert!(second.is_broken());
    while second.wait().expect("an honest reader") != Room::Free {}
    second.end().expect("an honest reader");

    // One that hands nothing over spoils no stream. If the object cannot be removed, its death
    // is not what the next reader is to find.
    drop(sender(&exchange));
    let mut last = receiver(&exchange);
    assert_eq!(arrival(&mut last), Arrival::Text);
    last.acknowledge_first().expect("an honest writer");
    assert!(matches!(arrival(&mut last), Arrival::End(ending) if ending.broken));
    match last.close() {
        Ok(Closing::Closed(closed)) => closed.undo().expect("an honest writer"),
        other => panic!("not closed: {other:?}"),
    }
    assert_eq!(exchange.role(Side::Writer), RoleState::Vacant);
}

#[test]
fn an_end_behind_no_text_is_kept_for_a_reader_unless_its_writer_was_told_to_leave() {
    for is_told_to_leave in [false, true] {
        let exchange = exchange(2);
        let mut sender = sender(&exchange);
        while sender.wait().expect("an honest reader") != Room::Free {}
        match is_told_to_leave {
            true => sender.leave().expect("an honest reader"),
            false => sender.end().expect("an honest reader"),
        }
        let closed = exchange.close_if_drained(&Interrupt::never()).expect("an honest writer");
        assert_eq!(closed.is_some(), is_told_to_leave);
    }
}
