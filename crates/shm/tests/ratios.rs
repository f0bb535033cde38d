//! The hand-off beside what the hardware and the kernel allow at best, in one run:
//!
//! ```sh
//! cargo test --release -p handoff-shm --test ratios -- --ignored --exact --nocapture ratios
//! ```
//!
//! Two processes, each pinned to a core of its own, in rounds that take each row in
//! turn; medians over the rounds, as the machine's other users come and go.

use std::hint::black_box;
use std::process::{Child, Command};
use std::rc::Rc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::time::Instant;

use handoff_proto::{
    Arrival, Exchange, Interrupt, Receiver, Room, Sender, Side, Strategy, TEXT_BYTES,
};
use handoff_shm::sysv::Sysv;
use handoff_shm::{Key, Kind, Layout, Newcomer, Request, Segment};
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

const ROUNDS: usize = 31;
const TEXT: [u8; 16] = *b"sixteen bytes..\n";

/// One way to go there and back.
#[derive(Clone, Copy)]
enum Row {
    Line,
    Spinning,
    Futex,
    Sleeping,
}

/// And how often in a round.
const ROWS: [(Row, usize); 4] =
    [(Row::Line, 20_000), (Row::Spinning, 20_000), (Row::Futex, 2_000), (Row::Sleeping, 2_000)];

/// The same segments on both sides: one for the bare words, one for the exchange.
struct Memory {
    words: Rc<dyn Segment>,
    exchange_memory: Rc<dyn Segment>,
    exchange: Exchange,
}

impl Memory {
    fn attach(keys: &str) -> Self {
        let attach = |key: &str| {
            let key: Key = key.parse().unwrap();
            let request = Request {
                key,
                mode: 0o600,
                slots: Some(1),
                any_owner: false,
                layout: Layout::Exchange,
            };
            let interrupt = Interrupt::never();
            Sysv.attach(&request, &Newcomer { side: Side::Reader, interrupt: &interrupt }).unwrap()
        };
        let (words, exchange) = keys.split_once(' ').unwrap();
        let (words, exchange_memory) = (attach(words), attach(exchange));
        let exchange = Exchange::new(Rc::clone(&exchange_memory)).unwrap();
        Self { words, exchange_memory, exchange }
    }

    fn word(&self) -> &AtomicU32 {
        // SAFETY: byte 64 is within the segment, and on a line of its own.
        let word = unsafe { self.words.base().add(64) }.cast();
        // SAFETY: aligned, mapped while self lives, and used as an atomic on both sides.
        unsafe { word.as_ref() }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = self.words.remove();
        let _ = self.exchange_memory.remove();
    }
}

fn futex(word: &AtomicU32, operation: i32, value: u32) {
    // SAFETY: the word stays mapped; no timeout.
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, std::ptr::null::<u8>())
    };
}

fn spin_until(word: &AtomicU32, value: u32) {
    while word.load(Acquire) != value {
        std::hint::spin_loop();
    }
}

fn sleep_until(word: &AtomicU32, value: u32) {
    loop {
        let current = word.load(Acquire);
        if current == value {
            return;
        }
        futex(word, libc::FUTEX_WAIT, current);
    }
}

fn send(memory: &Memory, strategy: Strategy, count: usize, mut done: impl FnMut()) {
    let claimed = Sender::claim(&memory.exchange, Interrupt::never(), strategy);
    let mut sender = claimed.unwrap().endpoint;
    let wait = |sender: &mut Sender| while sender.wait().unwrap() != Room::Free {};
    wait(&mut sender);
    for _ in 0..count {
        sender.send(&TEXT).unwrap();
        wait(&mut sender);
        done();
    }
}

fn receive(memory: &Memory, strategy: Strategy, count: usize) {
    let claimed = Receiver::claim(&memory.exchange, Interrupt::never(), strategy);
    let mut receiver = claimed.unwrap().endpoint;
    let mut buffer = [0; TEXT_BYTES];
    for _ in 0..count {
        while receiver.wait().unwrap() != Arrival::Text {}
        assert!(black_box(receiver.first_text(&mut buffer)).len() == TEXT.len());
        receiver.acknowledge_first().unwrap();
    }
}

/// Goes there and back so many times, and says what one time took, in ns: the mean
/// where it is shorter than reading a clock, else the median. A side that is answered
/// before it has fallen asleep is much faster, and a mean would be of two things.
fn there(memory: &Memory, row: Row, count: usize) -> f64 {
    let word = memory.word();
    let start = Instant::now();
    let mut times = Vec::with_capacity(count);
    let mut last = start;
    let mut clock = || {
        let now = Instant::now();
        times.push((now - std::mem::replace(&mut last, now)).as_nanos() as f64);
    };
    match row {
        Row::Spinning => send(memory, Strategy::Spin, count, || {}),
        Row::Sleeping => send(memory, Strategy::FutexOnly, count, clock),
        Row::Line => (0..count).for_each(|_| {
            word.store(1, Release);
            spin_until(word, 0);
        }),
        Row::Futex => (0..count).for_each(|_| {
            word.store(1, Release);
            futex(word, libc::FUTEX_WAKE, 1);
            sleep_until(word, 0);
            clock();
        }),
    }
    match row {
        Row::Line | Row::Spinning => start.elapsed().as_nanos() as f64 / count as f64,
        Row::Futex | Row::Sleeping => median(times),
    }
}

fn back(memory: &Memory, row: Row, count: usize) {
    let word = memory.word();
    match row {
        Row::Spinning => receive(memory, Strategy::Spin, count),
        Row::Sleeping => receive(memory, Strategy::FutexOnly, count),
        Row::Line => (0..count).for_each(|_| {
            spin_until(word, 1);
            word.store(0, Release);
        }),
        Row::Futex => (0..count).for_each(|_| {
            sleep_until(word, 1);
            word.store(0, Release);
            futex(word, libc::FUTEX_WAKE, 1);
        }),
    }
}

fn pin(core: usize) {
    let mut cores = CpuSet::new();
    cores.set(core).unwrap();
    sched_setaffinity(Pid::from_raw(0), &cores).unwrap();
}

/// The other process.
struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[test]
#[ignore = "a measurement: run it by itself, on two quiet cores"]
fn ratios() {
    let base = 0x7e00_0000 | (std::process::id() & 0xffff) << 8;
    let keys = format!("{} {}", base | 0xf1, base | 0xf2);
    let memory = Memory::attach(&keys);
    let mut peer = Command::new(std::env::current_exe().unwrap());
    peer.args(["--exact", "the_other_side", "--ignored", "--nocapture"]);
    let _peer = Peer(peer.env("HANDOFF_RATIOS", &keys).spawn().unwrap());
    pin(0);
    let mut times = ROWS.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (row, times) in ROWS.iter().zip(&mut times) {
            // The first go by unmeasured: both sides are in step behind them.
            there(&memory, row.0, 100);
            times.push(there(&memory, row.0, row.1));
        }
    }
    let [line, spinning, futex, sleeping] = times.map(median);
    println!("one cache line there and back   {line:8.0} ns");
    println!("hand-off of 16 bytes, spinning  {spinning:8.0} ns   {:.2} x", spinning / line);
    println!("one bare futex there and back   {futex:8.0} ns");
    println!("hand-off of 16 bytes, sleeping  {sleeping:8.0} ns   {:.2} x", sleeping / futex);
}

#[test]
#[ignore = "the other process of `ratios`"]
fn the_other_side() {
    let Ok(keys) = std::env::var("HANDOFF_RATIOS") else { return };
    let memory = Memory::attach(&keys);
    pin(1);
    for _ in 0..ROUNDS {
        for (row, count) in ROWS {
            back(&memory, row, 100);
            back(&memory, row, count);
        }
    }
}
