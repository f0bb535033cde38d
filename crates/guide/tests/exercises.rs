//! The solutions of the book's exercises.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicU32;
use std::sync::mpsc;
use std::{ptr, thread};

use handoff_e2e::procfs::{self, Asleep};
use handoff_e2e::{Input, Program, TestKey, wait_until};
use handoff_proto::position::Position;
use handoff_proto::{TEXT_BYTES, slots_in};
use handoff_shm::sysv::{Attach, Key, Segment};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

// ANCHOR: slots
#[test]
fn the_number_of_slots_follows_from_the_size() {
    assert_eq!(slots_in(10624), Some(5));
    assert_eq!((10624 - 64) / 2112, 5);
    assert_eq!(slots_in(10625), None);
}
// ANCHOR_END: slots

// ANCHOR: position
#[test]
fn the_first_slot_that_lags_behind_is_the_next() {
    assert_eq!(Position::of_sender([3, 3, 2, 2]).unwrap().slot(), 2);
    assert_eq!(Position::of_receiver([3, 3, 2, 2]).unwrap().slot(), 0);
    assert!(Position::of_sender([3, 2, 3, 2]).is_err());
}
// ANCHOR_END: position

// ANCHOR: wrap
#[test]
fn a_counter_that_wraps_is_one_lap_ahead_of_the_last() {
    let (first, last) = (0, 0x7fff_fffe);
    assert_eq!(Position::of_sender([first, last]).unwrap().slot(), 1);
    assert_eq!((1u64 << 30) * TEXT_BYTES as u64, 2 << 40);
}
// ANCHOR_END: wrap

/// One word, at two addresses.
fn word_twice() -> [&'static AtomicU32; 2] {
    // SAFETY: three numbers; no memory of ours is touched.
    let id = unsafe { libc::shmget(libc::IPC_PRIVATE, 4096, 0o600) };
    assert!(id != -1, "shmget: {}", io::Error::last_os_error());
    let words = [(); 2].map(|()| {
        // SAFETY: with a null address, the kernel takes a place where nothing else is.
        let memory = unsafe { libc::shmat(id, ptr::null(), 0) };
        assert!(memory.addr() != usize::MAX, "shmat: {}", io::Error::last_os_error());
        // SAFETY: a page of zeros begins there, which is never detached.
        unsafe { &*memory.cast::<AtomicU32>() }
    });
    // SAFETY: a number and no structure. The memory goes with this process.
    unsafe { libc::shmctl(id, libc::IPC_RMID, ptr::null_mut()) };
    words
}

fn futex(word: &AtomicU32, operation: i32, value: u32) -> i64 {
    let no_limit = ptr::null::<libc::timespec>();
    // SAFETY: the word stays mapped, and there is no timeout.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, no_limit) }
}

/// Waits until the thread is inside of futex(2).
fn wait_until_asleep(thread: i32) {
    wait_until("the thread sleeps", || {
        let call = fs::read_to_string(format!("/proc/self/task/{thread}/syscall")).ok()?;
        call.starts_with(&format!("{} ", libc::SYS_futex)).then_some(())
    });
}

// ANCHOR: private
/// Of one thread that sleeps at one address of a word: how many a wake at the other one reaches.
fn woken_at_another_address(flag: i32) -> i64 {
    let [here, there] = word_twice();
    let (tell, told) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            // SAFETY: gettid has no preconditions.
            tell.send(unsafe { libc::gettid() }).unwrap();
            futex(here, libc::FUTEX_WAIT | flag, 0);
        });
        wait_until_asleep(told.recv().unwrap());
        let woken = futex(there, libc::FUTEX_WAKE | flag, 1);
        if woken == 0 {
            assert_eq!(futex(here, libc::FUTEX_WAKE | flag, 1), 1, "it was asleep");
        }
        woken
    })
}

#[test]
fn a_private_futex_is_known_by_its_address_a_shared_one_by_its_page() {
    assert_eq!(woken_at_another_address(libc::FUTEX_PRIVATE_FLAG), 0);
    assert_eq!(woken_at_another_address(0), 1);
}
// ANCHOR_END: private

/// A side of the tutorials' pair, compiled with `flags`.
fn tutorial(side: &'static str, key: &TestKey, flags: &[&str]) -> Program {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("exercises");
    fs::create_dir_all(&directory).unwrap();
    let program = directory.join(side);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("tutorial");
    let source = sources.join(&side[2..]).with_extension("c");
    let mut cc = Command::new("cc");
    cc.args(flags).current_dir(sources).arg(source).arg("-o").arg(&program);
    assert!(cc.status().expect("a C compiler is there").success());
    Program::found_at(side, program).args([key.number().to_string()])
}

// ANCHOR: tenth
#[test]
fn the_tenth_fault_is_to_look_at_text_that_was_given_back() {
    let key = TestKey::new();
    // slow.h stops the reader before it compares.
    let mut reader = tutorial("c-reader", &key, &["-O0", "-include", "slow.h"]).start();
    reader.wait_while_alive("looks at the flag", |reader| {
        reader.is_itself() && procfs::usage(reader.pid()).ticks >= 3
    });
    let mut writer = tutorial("c-writer", &key, &["-O0"]).input(Input::Open).start();
    writer.wait_until_asleep(Asleep::Reading);
    writer.feed("more\n");
    reader.wait_while_alive("has stopped", |reader| procfs::state(reader.pid()) == Some('T'));
    writer.feed("end\n");
    writer.exit().expect_code(0);
    kill(Pid::from_raw(reader.pid()), Signal::SIGCONT).unwrap();
    reader.exit().expect_code(0).expect_stdout(b"You wrote: more\n");
}
// ANCHOR_END: tenth

// ANCHOR: stopped
#[test]
fn who_is_stopped_is_not_dead() {
    let key = TestKey::new();
    // Either may be the one that makes the segment.
    let mut reader = Program::reader(&key).args(["--slots", "1"]).start();
    let mut writer = Program::writer(&key).args(["--slots", "1"]).input(Input::Open).start();
    writer.feed("one\n");
    reader.wait_until_printed("one\n".len());
    reader.wait_until_asleep(Asleep::InFutex);
    kill(Pid::from_raw(reader.pid()), Signal::SIGSTOP).unwrap();
    reader.wait_while_alive("has stopped", |reader| procfs::state(reader.pid()) == Some('T'));
    writer.feed("two\n");
    // The slot is full, and nobody takes anything out of it.
    writer.wait_until_asleep(Asleep::InFutex);
    kill(Pid::from_raw(reader.pid()), Signal::SIGCONT).unwrap();
    writer.close_stdin();
    let outcome = writer.exit();
    assert!(!outcome.expect_code(0).stderr.contains("died"), "{}", outcome.stderr);
    reader.exit().expect_code(0).expect_stdout(b"one\ntwo\n");
}
// ANCHOR_END: stopped

// ANCHOR: third
#[test]
fn rung_6_overlooks_a_death_while_a_third_process_looks_on() {
    let key = TestKey::new();
    let number = key.number().to_string();
    let mut reader = Program::bare("rung6").args(["reader", &number]).start();
    reader.wait_until_asleep(Asleep::InFutex);
    let writer = Program::bare("rung6").args(["writer", &number]).input(Input::Open);
    let mut writer = writer.start();
    writer.wait_until_asleep(Asleep::Reading);
    let segment = Segment::open(Key::new(key.number().cast_signed()), 0).unwrap();
    let look = segment.attach_with(&Attach::new().read_only(true)).unwrap();
    let _ = writer.kill();
    let before = procfs::usage(reader.pid()).switches;
    reader.wait_while_alive("has looked again and again", |reader| {
        procfs::usage(reader.pid()).switches >= before + 5
    });
    // As soon as nobody looks any more, it notices.
    drop(look);
    reader.exit().expect_stderr("the other side is gone");
}
// ANCHOR_END: third
