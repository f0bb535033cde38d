//! What becomes of attachments with fork(2), execve(2) and the end of a process.

#![deny(unsafe_code)]

#[allow(dead_code, reason = "the other tests use all of it")]
#[path = "sysv/common.rs"]
mod common;

use std::io::{PipeReader, Read, pipe};
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard};

use common::{Temporary, argument, child, done, expect_done, key_of};
use handoff_e2e::{TestKey, wait_until};
use handoff_shm::sysv::{Attachment, Key, Options, Segment};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, execve, fork};

/// A child has all that its parent has attached: one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// A forked process, killed and waited for on drop.
struct Forked(Pid);

impl Forked {
    /// Runs `body` in it, which makes system calls and touches shared memory alone, as there
    /// may have been other threads. It ends with the value as its exit status.
    #[expect(unsafe_code, reason = "this is the one place that forks")]
    fn new(body: impl FnOnce() -> i32) -> Self {
        // SAFETY: the body does what is allowed in a child of a process with threads.
        match unsafe { fork() }.expect("a child") {
            ForkResult::Parent { child } => Self(child),
            ForkResult::Child => {
                let status = body();
                // SAFETY: ends the process, and runs nothing of the parent's.
                unsafe { libc::_exit(status) }
            }
        }
    }

    fn wait(self) -> WaitStatus {
        let status = waitpid(self.0, None).expect("our own child");
        std::mem::forget(self);
        status
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        let _ = kill(self.0, Signal::SIGKILL);
        let _ = waitpid(self.0, None);
    }
}

/// Ends with the last writer.
fn wait_for_end(mut reader: PipeReader) {
    let _ = reader.read(&mut [0]);
}

fn attachments(segment: Segment) -> u64 {
    segment.status().expect("our own").attachments
}

fn attached() -> (Temporary, Attachment) {
    let segment = Temporary::new(Options::new(100));
    let attachment = segment.attach().expect("our own");
    (segment, attachment)
}

#[test]
fn a_forked_child_has_it_too_and_detaches_when_it_ends() {
    let _alone = alone();
    let (segment, attachment) = attached();
    let (reader, writer) = pipe().expect("a pipe");
    assert_eq!(attachments(*segment), 1);
    let writing_end = writer.as_raw_fd();
    let child = Forked::new(|| {
        let _ = nix::unistd::close(writing_end);
        attachment.store_u32(0, 17, Relaxed);
        wait_for_end(reader);
        0
    });
    assert_eq!(attachments(*segment), 2);
    wait_until("the child has written", || (attachment.load_u32(0, Relaxed) == 17).then_some(()));
    drop(writer);
    assert!(matches!(child.wait(), WaitStatus::Exited(_, 0)));
    assert_eq!(attachments(*segment), 1);
}

#[test]
fn a_child_that_detaches_takes_nothing_from_its_parent() {
    let _alone = alone();
    let (segment, attachment) = attached();
    let child = Forked::new(|| {
        // The same value, in another process.
        let _ = attachment.segment().attach().map(|another| another.store_u32(4, 1, Relaxed));
        0
    });
    assert!(matches!(child.wait(), WaitStatus::Exited(_, 0)));
    assert_eq!(attachment.load_u32(4, Relaxed), 1);
    assert_eq!(attachments(*segment), 1);
}

#[test]
fn another_program_does_not_inherit_it() {
    let _alone = alone();
    let (segment, attachment) = attached();
    let (ready, go) = pipe().expect("a pipe");
    let (stdin, _open) = pipe().expect("a pipe");
    let go_end = go.as_raw_fd();
    let child = Forked::new(|| {
        let _ = nix::unistd::close(go_end);
        wait_for_end(ready);
        let _ = nix::unistd::dup2_stdin(stdin);
        // It waits at its stdin, until it is killed.
        let _ = execve(c"/bin/cat", &[c"cat"], &[] as &[&std::ffi::CStr]);
        1
    });
    assert_eq!(attachments(*segment), 2);
    drop(go);
    wait_until("the child has executed it", || (attachments(*segment) == 1).then_some(()));
    assert_eq!(std::fs::read_to_string(format!("/proc/{}/comm", child.0)).expect("alive"), "cat\n");
    assert_eq!(attachment.load_u32(0, Relaxed), 0);
}

#[test]
fn a_private_segment_is_shared_by_fork() {
    let _alone = alone();
    let segment = Options::new(100).create(Key::PRIVATE).expect("a segment can be made");
    let attachment = segment.attach().expect("our own");
    // It goes with us, whatever becomes of us.
    segment.remove().expect("our own");
    let child = Forked::new(|| {
        attachment.store_u32(0, 17, Relaxed);
        0
    });
    assert!(matches!(child.wait(), WaitStatus::Exited(_, 0)));
    assert_eq!(attachment.load_u32(0, Relaxed), 17);
    drop(attachment);
    assert!(segment.status().expect_err("gone with the last one").is_gone());
}

#[test]
fn what_a_process_left_another_one_finds() {
    let _alone = alone();
    let key = TestKey::new();
    expect_done(child("leaves_a_text", key_of(&key).get()));
    let segment = Segment::open(key_of(&key), 100).expect("it outlived its maker");
    let status = segment.status().expect("our own");
    assert_eq!(status.attachments, 0);
    assert_ne!(status.creator_pid, std::process::id().cast_signed());
    let mut text = [0; 8];
    segment.attach().expect("our own").read(10, &mut text);
    assert_eq!(&text, b"left for");
}

#[test]
#[ignore = "the other process of a test"]
fn leaves_a_text() {
    let Some(key) = argument() else { return };
    let key = Key::new(key.parse().expect("a number"));
    let segment = Options::new(100).create(key).expect("a segment can be made");
    segment.attach().expect("our own").write(10, b"left for you");
    done();
}
