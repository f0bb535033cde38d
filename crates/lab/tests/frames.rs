//! The program where there is no device, and opposite somebody who sends what it should not.
//! With a device it is driven in the virtual machine: scripts/vm/checks.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

use handoff_e2e::{Outcome, Program, Scratch};
use handoff_lab::frames::wire::Hello;
use handoff_lab::v4l2::{Format, abi};
use handoff_shm::descriptors;
use nix::sys::memfd::{MFdFlags, memfd_create};

fn frames(args: &[&str]) -> Outcome {
    Program::bare("frames").args(args).start().exit()
}

fn hello(buffers: u32) -> Hello {
    let pixels = abi::V4L2_PIX_FMT_YUYV;
    let format = Format { width: 32, height: 16, pixels, stride: 64, size: 1024 };
    Hello { format, buffers }
}

/// What `frames import` says to a message with these descriptors.
fn import(message: &[u8], fds: &[BorrowedFd<'_>]) -> Outcome {
    let scratch = Scratch::new();
    let path: PathBuf = scratch.path().join("socket");
    let listener = UnixListener::bind(&path).expect("a fresh directory");
    let socket = path.display().to_string();
    let running = Program::bare("frames").args(["import", "--socket", &socket]).start();
    let (stream, _) = listener.accept().expect("it comes");
    descriptors::send(&stream, fds, message).expect("it is sent");
    drop(stream);
    running.exit()
}

#[test]
fn what_is_no_video_device_is_said_to_be_none() {
    let outcome = frames(&["export", "--device", "/dev/null"]);
    outcome.expect_code(1).expect_line_with(&["/dev/null", "--device"]);
    let outcome = frames(&["fill", "--device", "/dev/no-such-device"]);
    outcome.expect_code(1).expect_line_with(&["/dev/no-such-device", "No such file"]);
}

#[test]
fn who_finds_nobody_says_what_to_start() {
    let scratch = Scratch::new();
    let socket = scratch.path().join("socket").display().to_string();
    let outcome = frames(&["import", "--socket", &socket]);
    outcome.expect_code(1).expect_line_with(&[&socket, "frames export"]);
}

#[test]
fn a_wrong_command_line_is_one_line() {
    for args in [&["export", "--size", "0x480"][..], &["fill", "--from", "moon"], &[]] {
        frames(args).expect_code(2).expect_line_with(&["frames --help"]);
    }
}

#[test]
fn a_memfd_is_refused_for_its_sender_could_shrink_it() {
    let memfd = memfd_create(c"test", MFdFlags::MFD_CLOEXEC).expect("a memfd");
    nix::unistd::ftruncate(&memfd, 4096).expect("it takes a size");
    let outcome = import(&hello(1).encode(), &[memfd.as_fd()]);
    outcome.expect_code(1).expect_stdout(b"").expect_line_with(&["no dma-buf"]);
}

#[test]
fn fewer_descriptors_than_announced_are_refused() {
    let outcome = import(&hello(2).encode(), &[std::io::stderr().as_fd()]);
    outcome.expect_code(1).expect_line_with(&["1 buffers came", "2 were announced"]);
}

#[test]
fn another_programs_words_are_refused() {
    for message in [&b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], b"hello"] {
        import(message, &[]).expect_code(1).expect_line_with(&["it is not frames export"]);
    }
}
