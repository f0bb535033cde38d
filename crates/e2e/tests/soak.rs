//! A long stream through writers and readers that are killed and stopped at any moment, their
//! successors coming at once: every byte is accounted for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use handoff_e2e::account::Account;
use handoff_e2e::dice::{Dice, seed};
use handoff_e2e::lines::lines;
use handoff_e2e::procfs::Asleep;
use handoff_e2e::scenario::{has_ended, settled};
use handoff_e2e::watchdog::DEADLINE;
use handoff_e2e::{Input, Outcome, Program, Running, TestKey};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

const SLOTS: usize = 16;
/// Lines of one write(2) to a writer: whole slots, and no more than a pipe takes at once.
const CHUNK: usize = 64;
/// Lines after which a stream ends, if nobody dies before.
const LONGEST: usize = 200 * CHUNK;
const MOMENT_US: u64 = 4_000;

/// A stream, as far as its writer has been given it.
#[derive(Clone, Default)]
struct Stream {
    number: usize,
    given: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
}

impl Stream {
    fn input(&self) -> Input {
        let it = self.clone();
        Input::Stream(Box::new(move || {
            let first = it.given.load(Ordering::SeqCst);
            if first >= LONGEST || it.stopped.load(Ordering::SeqCst) {
                return None;
            }
            it.given.fetch_add(CHUNK, Ordering::SeqCst);
            Some(lines(it.number, first, CHUNK))
        }))
    }
}

#[derive(Default)]
struct Counts {
    writers_killed: usize,
    readers_killed: usize,
    stops: usize,
    writers: usize,
    readers: usize,
}

struct Soak {
    key: TestKey,
    dice: Dice,
    account: Account,
    counts: Counts,
    streams: Vec<(Stream, Outcome)>,
    stream: Stream,
}

impl Soak {
    fn new(seed: u64) -> Self {
        Self {
            key: TestKey::new(),
            dice: Dice::new(seed),
            account: Account::new(SLOTS),
            counts: Counts::default(),
            streams: Vec::new(),
            stream: Stream::default(),
        }
    }

    fn start_writer(&mut self) -> Running {
        let number = self.counts.writers;
        self.counts.writers += 1;
        self.stream = Stream { number, ..Stream::default() };
        Program::writer(&self.key).args(["--until", ""]).input(self.stream.input()).start()
    }

    fn start_reader(&mut self) -> Running {
        self.counts.readers += 1;
        Program::reader(&self.key).start()
    }

    fn writer_ended(&mut self, writer: Outcome) {
        assert!(matches!(writer.status.code(), None | Some(0)), "{}", writer.stderr);
        self.streams.push((self.stream.clone(), writer));
    }

    fn reader_ended(&mut self, reader: &Outcome) {
        assert!(matches!(reader.status.code(), None | Some(0 | 3)), "{}", reader.stderr);
        self.account.add(reader);
    }

    /// Puts a new one in the place of each that has ended.
    fn replace_ended(&mut self, writer: Running, reader: Running) -> (Running, Running) {
        let writer = if has_ended(&writer) {
            let ended = writer.exit();
            self.writer_ended(ended);
            self.start_writer()
        } else {
            writer
        };
        let reader = if has_ended(&reader) {
            self.reader_ended(&reader.exit());
            self.start_reader()
        } else {
            reader
        };
        (writer, reader)
    }

    /// One of the two is killed, or stopped for a while.
    fn strike(&mut self, writer: Running, reader: Running) -> (Running, Running) {
        match self.dice.below(6) {
            0 => {
                self.counts.writers_killed += 1;
                let dead = writer.kill();
                self.writer_ended(dead);
                (self.start_writer(), reader)
            }
            1 => {
                self.counts.readers_killed += 1;
                self.reader_ended(&reader.kill());
                (writer, self.start_reader())
            }
            2 => self.stop(&writer).then_some((writer, reader)).expect("it goes on"),
            3 => self.stop(&reader).then_some((writer, reader)).expect("it goes on"),
            _ => (writer, reader),
        }
    }

    fn stop(&mut self, running: &Running) -> bool {
        self.counts.stops += 1;
        let pid = Pid::from_raw(running.pid());
        kill(pid, Signal::SIGSTOP).expect("our own child");
        self.pause();
        kill(pid, Signal::SIGCONT).is_ok()
    }

    /// No condition can be seen in the middle of what they do: the moments are sampled.
    fn pause(&mut self) {
        thread::sleep(Duration::from_micros(self.dice.below(MOMENT_US)));
    }

    /// Until the last stream has come to its end and is printed.
    fn calm_down(&mut self, writer: Running, mut reader: Running) {
        self.stream.stopped.store(true, Ordering::SeqCst);
        let start = Instant::now();
        while !has_ended(&writer) {
            assert!(start.elapsed() < DEADLINE, "hangs:\n{}{}", dump(&writer), dump(&reader));
            if has_ended(&reader) {
                self.reader_ended(&reader.exit());
                reader = self.start_reader();
            }
            thread::sleep(Duration::from_millis(1));
        }
        self.writer_ended(writer.exit());
        // Streams may be left, one for each reader, and the last reader finds none.
        loop {
            settled(&reader, Asleep::InFutex);
            reader.interrupt();
            self.account.add(&reader.exit());
            if self.key.segment().is_none() {
                return;
            }
            assert!(start.elapsed() < DEADLINE, "the segment stays, whoever drains it");
            reader = self.start_reader();
        }
    }

    fn check(&self) {
        for (Stream { number, given, .. }, writer) in &self.streams {
            let (printed, given) = (self.account.printed(*number), given.load(Ordering::SeqCst));
            if writer.status.code() == Some(0) {
                assert_eq!(printed, given, "stream {number} ended, and not all is printed");
            }
            assert!(printed <= given, "stream {number}: more than there was");
            assert_eq!(printed % (CHUNK / 2), 0, "stream {number}: {printed} are no whole slots");
        }
    }
}

/// What can be seen of a process that does not go on.
fn dump(running: &Running) -> String {
    let pid = running.pid();
    let file = |name| fs::read_to_string(format!("/proc/{pid}/{name}")).unwrap_or_default();
    let (call, status) = (file("syscall"), file("status"));
    format!("process {pid}: {call}{status}it said: {}\n", running.stderr().text())
}

/// A pair makes progress, or the test fails: text given or printed, or somebody new.
struct Progress {
    seen: (usize, usize, usize),
    at: Instant,
}

impl Progress {
    fn look(&mut self, soak: &Soak, writer: &Running, reader: &Running) {
        let given = soak.stream.given.load(Ordering::SeqCst);
        let now = (given, soak.counts.writers + soak.counts.readers, reader.stdout().len());
        if now != self.seen {
            (self.seen, self.at) = (now, Instant::now());
        }
        let hangs = self.at.elapsed() > DEADLINE;
        assert!(!hangs, "hangs:\n{}{}", dump(writer), dump(reader));
    }
}

fn length() -> Duration {
    let seconds = env::var("HANDOFF_SOAK_SECONDS").ok().map(|text| text.parse());
    Duration::from_secs(seconds.map_or(20, |seconds| seconds.expect("a number of seconds")))
}

#[test]
fn every_byte_is_accounted_for_whoever_is_killed_or_stopped_at_any_moment() {
    let mut soak = Soak::new(seed());
    let (mut writer, mut reader) = (soak.start_writer(), soak.start_reader());
    let (start, length) = (Instant::now(), length());
    let mut progress = Progress { seen: (0, 0, 0), at: start };
    while start.elapsed() < length {
        soak.pause();
        (writer, reader) = soak.strike(writer, reader);
        (writer, reader) = soak.replace_ended(writer, reader);
        progress.look(&soak, &writer, &reader);
    }
    soak.calm_down(writer, reader);
    soak.check();
    soak.key.expect_no_segment();
    let Counts { writers_killed, readers_killed, stops, writers, readers } = soak.counts;
    println!(
        "{writers_killed} of {writers} writers and {readers_killed} of {readers} readers killed, {stops} stops; {} bytes printed, {} lines of them twice",
        soak.account.bytes, soak.account.repeated
    );
}
