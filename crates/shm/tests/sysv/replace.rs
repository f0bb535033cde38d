//! SHM_REMAP: one attachment in the place of another.

use std::sync::atomic::Ordering::Relaxed;

use crate::common::Temporary;
use handoff_shm::sysv::{Attach, BadAddress, Error, Options, page_size};

fn of_pages(pages: usize) -> Temporary {
    Temporary::new(Options::new(pages * page_size()))
}

#[test]
fn it_has_the_address_and_the_bytes_and_the_old_one_is_detached() {
    let (old, new) = (of_pages(3), of_pages(3));
    let mut attachment = old.attach().expect("our own");
    let address = attachment.address();
    attachment.store_u32(0, 1, Relaxed);
    new.attach().expect("our own").store_u32(0, 2, Relaxed);
    attachment.replace(&new, &Attach::new()).expect("as many pages");
    assert_eq!((attachment.address(), attachment.load_u32(0, Relaxed)), (address, 2));
    assert_eq!(attachment.segment(), *new);
    let attachments = || [&old, &new].map(|it| it.status().expect("our own").attachments);
    assert_eq!(attachments(), [0, 1]);
    attachment.detach().expect("it is attached");
    assert_eq!(attachments(), [0, 0]);
    assert_eq!(old.attach().expect("our own").load_u32(0, Relaxed), 1, "untouched");
}

#[test]
fn a_smaller_one_leaves_nothing_of_the_old_behind() {
    let (old, new) = (of_pages(3), of_pages(1));
    // Where nobody comes who does not ask for it.
    let alone = Attach::new().at(0x18_0000_0000);
    let mut attachment = old.attach_with(&alone).expect("nothing is there");
    let rest = attachment.address() + page_size();
    attachment.replace(&new, &Attach::new().read_only(true)).expect("fewer pages");
    assert_eq!((attachment.mapped_len(), attachment.is_read_only()), (page_size(), true));
    assert_eq!(old.status().expect("our own").attachments, 0);
    // The rest of the place is free.
    of_pages(2).attach_with(&Attach::new().at(rest)).expect("nothing is there");
}

#[test]
fn a_larger_one_is_refused_and_all_is_as_before() {
    let (old, new) = (of_pages(2), Temporary::new(Options::new(2 * page_size() + 1)));
    let mut attachment = old.attach().expect("our own");
    attachment.store_u32(0, 1, Relaxed);
    let error = attachment.replace(&new, &Attach::new()).expect_err("it would take more");
    let expected = (2 * page_size(), 3 * page_size());
    assert!(
        matches!(error, Error::Address { source: BadAddress::TooSmall { room, needed }, .. } if (room, needed) == expected),
        "{error:?}"
    );
    assert_eq!(attachment.load_u32(0, Relaxed), 1);
    assert_eq!(new.status().expect("our own").attachments, 0);
    assert_eq!(old.status().expect("our own").attachments, 1);
}

#[test]
fn one_that_cannot_be_attached_leaves_all_as_before() {
    let (old, new) = (of_pages(2), of_pages(2));
    new.remove().expect("our own");
    let mut attachment = old.attach().expect("our own");
    let error = attachment.replace(&new, &Attach::new()).expect_err("it is gone");
    assert!(error.is_gone(), "{error:?}");
    attachment.store_u32(0, 1, Relaxed);
    assert_eq!(old.status().expect("our own").attachments, 1);
}
