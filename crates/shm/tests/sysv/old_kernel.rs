//! The list of all where SHM_STAT_ANY is unknown, as before Linux 4.17: a filter of this thread
//! answers it as such a kernel does.

use std::collections::BTreeMap;
use std::env::consts::ARCH;

use handoff_e2e::Scratch;
use handoff_e2e::isolated::has_own_segments_or_skips;
use handoff_e2e::skip::skip;
use handoff_shm::sysv::{Options, abi, segments};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, apply_filter,
};

use crate::common::{Temporary, argument, child_of_another_user, done, expect_done};

/// From now on, SHM_STAT_ANY is EINVAL to this thread. If that cannot be, it has been reported
/// as skipped.
fn forgets_stat_any_or_skips() -> bool {
    let command = u64::from(abi::SHM_STAT_ANY.cast_unsigned());
    let is_command = SeccompCondition::new(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, command)
        .expect("sound");
    let rule = SeccompRule::new(vec![is_command]).expect("sound");
    let filter = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_shmctl, vec![rule])]),
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EINVAL.cast_unsigned()),
        ARCH.try_into().expect("the filter knows this machine"),
    );
    let program: BpfProgram = filter.expect("sound").try_into().expect("sound");
    let applied = apply_filter(&program);
    if let Err(error) = &applied {
        skip(&format!("no filter of system calls: {error}"));
    }
    applied.is_ok()
}

#[test]
fn the_list_is_the_same_without_the_newer_command() {
    if !has_own_segments_or_skips() {
        return;
    }
    let made: Vec<_> = (1..=9).map(|size| Temporary::new(Options::new(size))).collect();
    let made: Vec<_> = made.into_iter().filter(|it| it.id() % 4 != 0).collect();
    made[1].set(65_534, 65_534, 0o400).expect("root may");
    let before: Vec<_> = segments().expect("a list").collect();
    assert_eq!(before.len(), made.len());
    if forgets_stat_any_or_skips() {
        let after: Vec<_> = segments().expect("a list").collect();
        assert_eq!(after, before);
    }
}

#[test]
fn who_may_read_nothing_still_sees_all() {
    if !has_own_segments_or_skips() {
        return;
    }
    let scratch = Scratch::new();
    let denied = Temporary::new(Options::new(5000));
    let _attachment = denied.attach().expect("our own");
    let _open = Temporary::new(Options::new(1).mode(0o644));
    expect_done(child_of_another_user(&scratch, &[], "old_kernel::sees_all", ""));
}

#[test]
#[ignore = "the other process of a test"]
fn sees_all() {
    let Some(_) = argument() else { return };
    let before: Vec<_> = segments().expect("a list").collect();
    assert_eq!(before.iter().map(|(_, it)| it.size).collect::<Vec<_>>(), [5000, 1]);
    if forgets_stat_any_or_skips() {
        let after: Vec<_> = segments().expect("a list").collect();
        // The file does not tell the sequence number.
        let told = |(segment, status): &(_, handoff_shm::sysv::Status)| {
            (*segment, handoff_shm::sysv::Status { sequence: 0, ..status.clone() })
        };
        assert!(after.iter().map(told).eq(before.iter().map(told)), "{after:?} {before:?}");
    }
    done();
}
