//! Ctrl-C for a thread that sleeps, and that no signal wakes: it was made without a handler.
#![cfg(not(loom))]

use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use handoff_proto::{Arrival, Exchange, HeapMemory, Interrupt, Receiver, Strategy};

/// Not a statement about speed: what takes longer has hung.
const DEADLINE: Duration = Duration::from_secs(120);

fn wait_until(condition: &str, mut probe: impl FnMut() -> bool) {
    let start = Instant::now();
    while !probe() {
        assert!(start.elapsed() < DEADLINE, "watchdog: it still does not hold that {condition}");
        thread::sleep(Duration::from_millis(1));
    }
}

fn sleeps_on_a_futex(thread: i32) -> bool {
    let call = fs::read_to_string(format!("/proc/self/task/{thread}/syscall")).unwrap_or_default();
    let number = call.split(' ').next().and_then(|number| number.parse().ok());
    number.is_some_and(|number| [libc::SYS_futex_waitv, libc::SYS_futex].contains(&number))
}

#[test]
fn who_sleeps_is_woken_by_the_word_and_needs_no_signal() {
    let (tell, told) = mpsc::channel();
    let sleeper = thread::spawn(move || {
        let exchange = Exchange::new(HeapMemory::new(1)).expect("all zero is an exchange");
        let interrupt = Interrupt::never();
        let claimed = Receiver::claim(&exchange, interrupt.clone(), Strategy::FutexOnly);
        let mut receiver = claimed.expect("nobody reads").endpoint;
        // That there is no writer is news, once; what comes next is a sleep.
        assert!(matches!(receiver.wait(), Ok(Arrival::Peer(_))));
        // SAFETY: gettid has no preconditions.
        let thread = unsafe { libc::gettid() };
        tell.send((interrupt, thread)).expect("the test listens");
        receiver.wait().expect("an honest exchange")
    });
    let (interrupt, thread) = told.recv().expect("it comes as far as to sleep");
    wait_until("it sleeps", || sleeps_on_a_futex(thread));
    assert!(interrupt.raise(), "nobody has raised it before");
    wait_until("it is awake", || sleeper.is_finished());
    assert_eq!(sleeper.join().expect("it does not panic"), Arrival::Interrupted);
}
