//! Two containers that share their segments: a writer in each, and both have the same thread id.
//! The kernel takes a role word for a dying thread's by that id alone. So it must not be asked
//! to look at one that may be the other's.

use std::fs;
use std::process::{Child, Command, Stdio};

use handoff_e2e::skip::is_root_or_skips;
use handoff_e2e::{Program, TestKey, procfs, steps, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A writer in a PID namespace of its own, where a shell is process 1 and it is process 2.
struct Contained {
    namespace: Child,
    writer: Pid,
}

fn child_of(pid: i32) -> Option<i32> {
    fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?.trim().parse().ok()
}

impl Contained {
    /// One that stops itself before each of these steps. Its stdin stays open.
    fn start(key: &TestKey, stop_at: &str) -> Self {
        let namespace = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--", "unshare", "--pid", "--fork", "--kill-child"])
            // Behind the command there is another, so that the shell does not replace itself.
            .args(["sh", "-c", "\"$@\"; exit $?", "sh"])
            .arg(steps::binary("writer"))
            .args(["-k", &format!("{:#x}", key.number())])
            .env("HANDOFF_STOP", stop_at)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("util-linux's setpriv and unshare run");
        let outer = i32::try_from(namespace.id()).expect("a process id is positive");
        let writer = wait_until("there is a writer in its namespace", || {
            let writer = child_of(child_of(outer)?)?;
            procfs::is_program(writer, "writer").then_some(writer)
        });
        Self { namespace, writer: Pid::from_raw(writer) }
    }

    #[track_caller]
    fn wait_until_stopped(&self) {
        wait_until("the writer is stopped", || {
            (procfs::state(self.writer.as_raw()) == Some('T')).then_some(())
        });
    }

    fn go_on(&self) {
        kill(self.writer, Signal::SIGCONT).expect("it is stopped, not dead");
        self.wait_until_stopped();
    }

    /// Ends its stream, and lets it come to its next stop.
    fn end(&mut self) {
        drop(self.namespace.stdin.take());
        self.wait_until_stopped();
    }

    /// Kills it, and waits until the kernel has seen to what it leaves.
    fn kill(mut self) {
        kill(self.writer, Signal::SIGKILL).expect("it is stopped, not dead");
        wait_until("the namespace is gone", || {
            self.namespace.try_wait().expect("our own child").map(|_| ())
        });
    }
}

impl Drop for Contained {
    fn drop(&mut self) {
        let _ = self.namespace.kill();
        let _ = self.namespace.wait();
    }
}

/// A writer that has the role.
#[track_caller]
fn holder(key: &TestKey) -> Contained {
    let holder = Contained::start(key, "Read:1");
    holder.wait_until_stopped();
    holder
}

/// Whoever else comes is refused for process 2: the role is still the holder's.
#[track_caller]
fn expect_held(key: &TestKey) {
    let third = Program::writer(key).reading("intruder\n").start().exit();
    third.expect_code(1).expect_line_with(&["writer", "process 2"]);
}

#[test]
fn a_writer_killed_after_it_has_left_does_not_take_the_next_one_along() {
    if !is_root_or_skips() {
        return;
    }
    let key = TestKey::new();
    let mut first = Contained::start(&key, "Unregister:1");
    first.end();
    let _next = holder(&key);
    first.kill();
    expect_held(&key);
}

#[test]
fn a_writer_killed_after_it_was_refused_does_not_take_the_first_one_along() {
    if !is_root_or_skips() {
        return;
    }
    let key = TestKey::new();
    let _first = holder(&key);
    let second = Contained::start(&key, "Unregister:1");
    second.wait_until_stopped();
    second.kill();
    expect_held(&key);
}

#[test]
fn a_writer_killed_after_another_was_quicker_does_not_take_that_one_along() {
    if !is_root_or_skips() {
        return;
    }
    let key = TestKey::new();
    let slow = Contained::start(&key, "Claim:1,Unregister:1");
    slow.wait_until_stopped();
    let _quick = holder(&key);
    slow.go_on();
    slow.kill();
    expect_held(&key);
}
