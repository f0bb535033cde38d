//! SHM_LOCK and SHM_UNLOCK. For who may do it, see sysv_users.rs.

use crate::common::Temporary;
use handoff_e2e::skip::is_root_or_skips;
use handoff_shm::sysv::Options;

#[test]
fn a_locked_segment_says_so_until_it_is_unlocked_once() {
    if !is_root_or_skips() {
        return;
    }
    let segment = Temporary::new(Options::new(100));
    let is_locked = || segment.status().expect("our own").is_locked;
    assert!(!is_locked());
    for _ in 0..3 {
        segment.lock().expect("root may");
        assert!(is_locked());
    }
    // The mode's permission bits are what they were.
    assert_eq!(segment.status().expect("our own").mode, 0o600);
    segment.unlock().expect("root may");
    assert!(!is_locked());
    segment.unlock().expect("once more is no error");
}

#[test]
fn what_is_gone_is_neither_locked_nor_unlocked() {
    let segment = Temporary::new(Options::new(100));
    segment.remove().expect("our own");
    for result in [segment.lock(), segment.unlock()] {
        assert!(result.expect_err("it is gone").is_gone());
    }
}
