//! The table of errors: the same in the code and in its documentation, and without a hole.

use std::collections::HashSet;

use handoff_shm::sysv::{Error, MEANINGS, Operation};
use nix::errno::Errno;

fn method(operation: Operation) -> &'static str {
    match operation {
        Operation::Key => "Key::from_path",
        Operation::Create => "Options::create",
        Operation::OpenOrCreate => "Options::open_or_create",
        Operation::Open => "Segment::open",
        Operation::Attach => "Segment::attach",
        Operation::Replace => "Attachment::replace",
        Operation::Detach => "Attachment::detach",
        Operation::Status => "Segment::status",
        Operation::Set => "Segment::set",
        Operation::Remove => "Segment::remove",
        Operation::Lock => "Segment::lock",
        Operation::Unlock => "Segment::unlock",
        Operation::List => "segments()",
        Operation::Limits => "limits()",
        Operation::Usage => "usage()",
    }
}

#[test]
fn the_documentation_has_this_very_table() {
    let documentation = include_str!("../../src/sysv.rs");
    let rows =
        documentation.lines().filter(|line| line.starts_with("//! | ") && line.contains("| E"));
    let expected = MEANINGS.iter().map(|(operation, errno, meaning)| {
        let call = operation.to_string().replace('|', "&#124;");
        let errno = Errno::from_raw(*errno);
        format!("//! | {call} | [`{}`] | {errno:?} | {meaning} |", method(*operation))
    });
    assert_eq!(rows.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

#[test]
fn every_operation_is_in_it_and_no_row_twice() {
    let distinct: HashSet<_> = MEANINGS.iter().collect();
    assert_eq!(distinct.len(), MEANINGS.len());
    let operations: HashSet<_> = MEANINGS.iter().map(|(operation, ..)| operation).collect();
    assert_eq!(operations.len(), 15);
}

#[test]
fn one_errno_means_different_things_in_different_calls() {
    let answer = || std::io::Error::from_raw_os_error(libc::EINVAL);
    let meanings = [
        Error::Open { key: handoff_shm::sysv::Key::new(1), least: 1, source: answer() }.meaning(),
        Error::Detach { address: 4096, source: answer() }.meaning(),
        Error::Status { id: -1, source: answer() }.meaning(),
    ];
    assert_eq!(
        meanings,
        [
            "the segment of this key has fewer bytes",
            "no segment is attached at this address",
            "no segment has this id, or no more",
        ]
    );
}

#[test]
fn what_no_call_is_known_for_is_said_to_be_unknown() {
    let source = std::io::Error::from_raw_os_error(libc::EXDEV);
    let error = Error::Remove { id: 1, source };
    assert_eq!((error.errno(), error.is_gone()), (libc::EXDEV, false));
    assert_eq!(error.meaning(), "this call is not known to fail so");
    assert_eq!(error.to_string(), "cannot remove segment 1");
    let source = std::error::Error::source(&error).expect("the kernel's answer");
    assert!(source.to_string().contains("cross-device"), "{source}");
}
