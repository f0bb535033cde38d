//! The classic layout's hand-off through every schedule of two threads, as in `loom.rs`: the
//! code that ships, and for each end of its two pairs a twin that loosens it and must fail.
//!
//! Both sides are ours: what a C compiler makes of the C programs is for no model to say.
#![cfg(loom)]

use std::sync::Arc;
use std::sync::atomic::Ordering::{self, Acquire, Release};

use handoff_proto::blog::{End, MAX_TEXT, Page, Receiver, Sender, TEXT_BYTES, Woke};
use handoff_proto::order::Pair::{self, BlogAcknowledge, BlogHandOver};
use handoff_proto::order::loosen;
use loom::thread;

fn loosened(pair: Pair, end: Ordering, test: fn()) {
    loosen(pair, end);
    test();
}

/// Our turn, with nobody to ask for news.
fn wait(end: &mut impl End) {
    assert_eq!(end.wait(|| None::<()>).expect("an honest peer"), Woke::Turn);
}

fn receive(receiver: &mut Receiver) -> u8 {
    wait(receiver);
    let mut buffer = [0; TEXT_BYTES];
    let text = receiver.text(&mut buffer);
    assert!(!text.is_cut && text.bytes == [text.bytes[0]; MAX_TEXT], "stale text");
    let text = text.bytes[0];
    receiver.acknowledge();
    text
}

fn two_texts() {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.max_branches = 20_000;
    builder.check(|| {
        let page = Arc::new(Page::default());
        let theirs = Arc::clone(&page);
        let writer = thread::spawn(move || {
            let mut sender = Sender::watched(&theirs);
            for text in [b'a', b'b'] {
                wait(&mut sender);
                sender.send(&[text; MAX_TEXT]);
            }
        });
        let mut receiver = Receiver::watched(&page);
        assert_eq!([receive(&mut receiver), receive(&mut receiver)], *b"ab", "stale text");
        writer.join().unwrap();
    });
}

#[test]
fn text_arrives_whole_and_in_order() {
    two_texts();
}

#[test]
#[should_panic(expected = "Causality violation")]
fn without_release_at_the_hand_over_the_text_may_be_stale() {
    loosened(BlogHandOver, Release, two_texts);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn without_acquire_at_the_hand_over_the_text_may_be_stale() {
    loosened(BlogHandOver, Acquire, two_texts);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn without_release_at_the_acknowledgement_the_text_may_change_while_it_is_read() {
    loosened(BlogAcknowledge, Release, two_texts);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn without_acquire_at_the_acknowledgement_the_text_may_change_while_it_is_read() {
    loosened(BlogAcknowledge, Acquire, two_texts);
}
