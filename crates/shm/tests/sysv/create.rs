//! Keys, and what shmget(2) makes of them and of a size.

use std::sync::atomic::Ordering::Relaxed;

use crate::common::{Temporary, errno, key_of};
use handoff_e2e::TestKey;
use handoff_shm::sysv::{Error, Key, Options, Segment, page_size};

#[test]
fn the_memory_is_whole_pages_and_the_size_is_exact() {
    let segment = Temporary::new(Options::new(2052));
    let attachment = segment.attach().expect("our own");
    assert_eq!(segment.status().expect("our own").size, 2052);
    assert_eq!((attachment.len(), attachment.mapped_len()), (2052, page_size()));
    let last = page_size() - 1;
    for offset in [2052, last] {
        assert_eq!(attachment.load_u8(offset, Relaxed), 0, "byte {offset}");
        attachment.store_u8(offset, 7, Relaxed);
    }
    // It is the same memory for everybody, behind the end as well.
    let again = segment.attach().expect("our own");
    assert_eq!(again.load_u8(last, Relaxed), 7);
}

#[test]
fn an_existing_segment_is_found_by_any_size_that_it_has() {
    let segment = Temporary::new(Options::new(5000));
    for least in [0, 1, 4999, 5000] {
        let found = Segment::open(segment.key(), least).expect("it has so many");
        assert_eq!(found, *segment);
        assert_eq!(Options::new(least).open_or_create(segment.key()).expect("the same"), found);
    }
    // Not one more, though the page would have it.
    let error = Segment::open(segment.key(), 5001).expect_err("it has fewer");
    assert_eq!(error.errno(), libc::EINVAL);
    assert_eq!(error.meaning(), "the segment of this key has fewer bytes");
    assert_eq!(error.advice().as_deref(), Some("it has 5000 bytes: ask for no more"));
    for size in [5001, usize::MAX] {
        let error = Options::new(size).open_or_create(segment.key()).expect_err("it has fewer");
        assert_eq!(error.advice().as_deref(), Some("it has 5000 bytes: ask for no more"));
    }
    let error = Options::new(5001).open_or_create(segment.key()).expect_err("it has fewer");
    assert_eq!(error.meaning(), "the segment of this key has fewer bytes");
}

#[test]
fn exclusive_creation_refuses_what_is_there() {
    let segment = Temporary::new(Options::new(1));
    let error = Options::new(1).create(segment.key()).expect_err("it is there");
    assert_eq!(error.errno(), libc::EEXIST);
    assert_eq!(error.meaning(), "there is a segment with this key");
    assert!(error.advice().expect("some").contains("ipcrm -M"));
    assert!(matches!(error, Error::Create { key, .. } if key == segment.key()));
}

#[test]
fn without_creation_a_missing_key_is_an_error() {
    let key = TestKey::new();
    let error = Segment::open(key_of(&key), 0).expect_err("nobody made it");
    assert_eq!((error.errno(), error.is_gone()), (libc::ENOENT, true));
    assert_eq!(error.meaning(), "no segment has this key");
    let made = Options::new(1).open_or_create(key_of(&key)).expect("made now");
    assert_eq!(Segment::open(key_of(&key), 0).expect("it is there"), made);
}

#[test]
fn a_private_segment_is_new_each_time_and_no_key_leads_to_it() {
    let make = || Options::new(100).create(Key::PRIVATE).expect("a segment can be made");
    let (one, two) = (make(), make());
    let distinct = one != two;
    let keys = [one, two].map(|segment| segment.status().expect("our own").key);
    let opened = Segment::open(Key::PRIVATE, 0);
    let _ = [one, two].map(|segment| segment.remove().expect("our own"));
    assert!(distinct);
    assert!(keys.iter().all(|key| key.is_private()));
    assert_eq!(errno(opened), libc::ENOENT);
}

#[test]
fn a_new_segment_has_exactly_the_asked_mode_and_is_all_zero() {
    // No umask takes from it: this process has one that takes much.
    let before = nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
    let segment = Temporary::new(Options::new(3 * page_size()).mode(0o666));
    nix::sys::stat::umask(before);
    assert_eq!(segment.status().expect("our own").mode, 0o666);
    let mut bytes = vec![1; 3 * page_size()];
    segment.attach().expect("our own").read(0, &mut bytes);
    assert!(bytes.iter().all(|&byte| byte == 0));
}

#[test]
fn a_segment_of_no_bytes_is_refused() {
    let key = TestKey::new();
    for result in
        [Options::new(0).create(key_of(&key)), Options::new(0).open_or_create(key_of(&key))]
    {
        let error = result.expect_err("too small");
        assert_eq!(error.errno(), libc::EINVAL);
        assert_eq!(error.meaning(), "a new segment has one byte at least (SHMMIN)");
    }
}

#[test]
#[should_panic(expected = "permission bits only")]
fn a_mode_with_flags_in_it_is_a_bug() {
    let _ = Options::new(1).mode(0o1600);
}
