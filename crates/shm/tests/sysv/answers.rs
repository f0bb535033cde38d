//! Answers of the kernel that take some doing to get.

use handoff_e2e::Scratch;
use handoff_e2e::isolated::has_own_segments_or_skips;
use handoff_e2e::skip::{is_root_or_skips, skip};
use handoff_shm::sysv::{Attach, Error, Key, Options, Segment, page_size};
use nix::sys::mman::{MlockAllFlags, mlockall};
use nix::sys::resource::{Resource, setrlimit};

use crate::common::{Temporary, argument, child, child_of_another_user, done, expect_done};

#[test]
fn an_id_of_before_does_not_lead_to_the_segment_that_is_in_its_place() {
    if !has_own_segments_or_skips() {
        return;
    }
    let make = || Options::new(1).create(Key::PRIVATE).expect("a segment can be made");
    let row = |segment: Segment| segment.id() % 32768;
    let before = make();
    before.remove().expect("our own");
    // The kernel goes round its table, and comes to the same row with the next sequence number.
    let after = (0..1000).find_map(|_| {
        let next = make();
        if row(next) == row(before) {
            return Some(next);
        }
        next.remove().expect("our own");
        None
    });
    let after = after.expect("the row is used again").status().expect("our own");
    assert!(after.sequence > 0, "{after:?}");
    let answers: [Result<(), Error>; 6] = [
        before.attach().map(drop),
        before.status().map(drop),
        before.set(0, 0, 0o600),
        before.remove(),
        before.lock(),
        before.unlock(),
    ];
    for answer in answers {
        let error = answer.expect_err("it is gone");
        assert!(error.is_gone(), "{error:?}");
        let known = [
            (libc::EINVAL, "no segment has this id, or no more"),
            // Kernels of long ago.
            (libc::EIDRM, "the segment is removed, or just being removed"),
        ];
        assert!(known.contains(&(error.errno(), error.meaning())), "{error:?}");
    }
    assert_eq!(after.segment().status().expect("our own"), after, "untouched");
}

#[test]
fn what_the_address_space_has_no_room_for() {
    expect_done(child("answers::has_no_room", ""));
}

#[test]
#[ignore = "the other process of a test"]
fn has_no_room() {
    let Some(_) = argument() else { return };
    let segment = Temporary::new(Options::new(1 << 40).no_reserve(true));
    setrlimit(Resource::RLIMIT_AS, 1 << 39, 1 << 39).expect("less");
    let error = segment.attach().expect_err("there is no room");
    assert_eq!(error.errno(), libc::ENOMEM);
    assert!(error.meaning().contains("RLIMIT_AS"), "{}", error.meaning());
    assert!(error.advice().expect("some").contains("ulimit -v"));
    assert_eq!(segment.status().expect("our own").attachments, 0);
    done();
}

#[test]
fn what_would_be_locked_and_is_too_much() {
    if !is_root_or_skips() {
        return;
    }
    let scratch = Scratch::new();
    let wrappers = ["prlimit", "--memlock=8388608"];
    expect_done(child_of_another_user(&scratch, &wrappers, "answers::locks_all_to_come", ""));
}

#[test]
#[ignore = "the other process of a test"]
fn locks_all_to_come() {
    let Some(_) = argument() else { return };
    let segment = Temporary::new(Options::new(16 << 20));
    mlockall(MlockAllFlags::MCL_FUTURE).expect("nothing yet");
    let error = segment.attach().expect_err("too much");
    assert_eq!(error.errno(), libc::EAGAIN);
    assert!(error.meaning().contains("mlockall(2)"), "{}", error.meaning());
    done();
}

#[test]
fn the_lowest_addresses_are_not_for_everybody() {
    let Ok(text) = std::fs::read_to_string("/proc/sys/vm/mmap_min_addr") else {
        return skip("there is no /proc/sys/vm/mmap_min_addr");
    };
    if text.trim().parse::<usize>().expect("a number") <= page_size() {
        return skip("vm.mmap_min_addr allows every page");
    }
    if is_root_or_skips() {
        let scratch = Scratch::new();
        expect_done(child_of_another_user(&scratch, &[], "answers::attaches_at_page_1", ""));
    }
}

#[test]
#[ignore = "the other process of a test"]
fn attaches_at_page_1() {
    let Some(_) = argument() else { return };
    let segment = Temporary::new(Options::new(1));
    let error = segment.attach_with(&Attach::new().at(page_size())).expect_err("too low");
    assert_eq!(error.errno(), libc::EPERM);
    assert!(error.meaning().contains("vm.mmap_min_addr"), "{}", error.meaning());
    done();
}
