//! What comes over a socket is as it was sent, or refused with nothing left open.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard};

use handoff_shm::descriptors::{receive, send};
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Descriptors are counted: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").expect("a process sees its own files").count()
}

fn memfd(text: &[u8]) -> OwnedFd {
    let fd = memfd_create(c"test", MFdFlags::MFD_CLOEXEC).expect("a memfd");
    let mut file = File::from(fd);
    file.write_all(text).expect("a memfd takes bytes");
    file.into()
}

#[test]
fn a_descriptor_arrives_with_its_message_and_is_closed_on_exec() {
    let _alone = alone();
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let sent = memfd(b"text");
    send(&ours, &[sent.as_fd()], b"geometry").expect("it is sent");
    let mut message = [0; 64];
    let (length, mut fds) = receive(&theirs, 1, &mut message).expect("it arrives");
    assert_eq!((&message[..length], fds.len()), (&b"geometry"[..], 1));
    let fd = fds.remove(0);
    assert_ne!(fd.as_raw_fd(), sent.as_raw_fd());
    let flags = fcntl(&fd, FcntlArg::F_GETFD).expect("flags");
    assert!(FdFlag::from_bits_retain(flags).contains(FdFlag::FD_CLOEXEC));
    let (mut file, mut text) = (File::from(fd), String::new());
    file.seek(SeekFrom::Start(0)).expect("a memfd can be sought");
    file.read_to_string(&mut text).expect("it can be read");
    assert_eq!(text, "text");
}

#[test]
fn a_message_without_descriptors_and_the_end_of_the_stream_bring_none() {
    let _alone = alone();
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    send(&ours, &[], b"nothing").expect("it is sent");
    drop(ours);
    let mut message = [0; 64];
    let (length, fds) = receive(&theirs, 0, &mut message).expect("it arrives");
    assert_eq!((length, fds.len()), (7, 0));
    let (length, fds) = receive(&theirs, 1, &mut message).expect("the end is no error");
    assert_eq!((length, fds.len()), (0, 0));
}

#[test]
fn a_message_of_no_bytes_is_refused() {
    let _alone = alone();
    let (ours, _theirs) = UnixStream::pair().expect("a pair");
    let error = send(&ours, &[ours.as_fd()], b"").expect_err("nothing would carry it");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn who_has_gone_is_an_error_and_no_signal() {
    let _alone = alone();
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    drop(theirs);
    let error = send(&ours, &[ours.as_fd()], b"x").expect_err("nobody is there");
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn more_descriptors_than_asked_for_are_refused_and_closed() {
    let _alone = alone();
    for count in [2, 3, 253] {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let sent = memfd(b"");
        let before = open_files();
        send(&ours, &vec![sent.as_fd(); count], b"x").expect("it is sent");
        let error = receive(&theirs, 1, &mut [0; 8]).expect_err("one was asked for");
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert_eq!(open_files(), before, "{count} descriptors");
    }
}

#[test]
fn descriptors_that_find_no_room_in_our_table_are_refused_and_the_rest_is_closed() {
    let _alone = alone();
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let sent = memfd(b"");
    send(&ours, &[sent.as_fd(); 4], b"x").expect("it is sent");
    let before = open_files();
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, 64, hard).expect("a lower limit is always allowed");
    // A full table but for two places.
    let mut fillers = Vec::new();
    while let Ok(filler) = sent.try_clone() {
        fillers.push(filler);
    }
    fillers.truncate(fillers.len() - 2);
    let error = receive(&theirs, 4, &mut [0; 8]).expect_err("two did not fit");
    drop(fillers);
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).expect("back to what it was");
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert_eq!(open_files(), before);
}
