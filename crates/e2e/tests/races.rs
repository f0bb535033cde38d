//! Several writers and readers on one key come and go at any moment: each stream that a writer
//! brought to its end arrives whole, and once.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use handoff_e2e::dice::{Dice, seed};
use handoff_e2e::lines::{WIDE, lines, parse};
use handoff_e2e::procfs::Asleep;
use handoff_e2e::scenario::{has_ended, settled};
use handoff_e2e::stitch::SLOT;
use handoff_e2e::{Outcome, Program, Running, TestKey, wait_until};

/// Starts of a writer or reader in one run.
const STARTS: usize = 2000;
const WRITERS: u64 = 3;
const READERS: u64 = 2;
const SLOTS: usize = 2;
/// A stream has fewer lines: it fills both slots, and then some.
const LINES: u64 = 80;
/// About as long as a start and a short stream take.
const MOMENT_US: u64 = 12_000;

#[derive(Default)]
struct Stage {
    key: Option<TestKey>,
    seed: u64,
    starts: AtomicUsize,
    streams: AtomicUsize,
    over: AtomicBool,
}

struct Stream {
    number: usize,
    lines: usize,
    writer: Outcome,
}

/// What one reader printed of one stream: lines from .. to.
#[derive(Debug)]
struct Part {
    from: usize,
    to: usize,
    killed: bool,
    announced: bool,
}

impl Stage {
    fn key(&self) -> &TestKey {
        self.key.as_ref().expect("the stage has a key")
    }

    /// A shell that was told to run us in the background has SIGINT ignored in us, and so in
    /// what we start: a Ctrl-C that comes before it listens would be lost.
    fn prepared(program: Program) -> Program {
        program.args(["--slots", &SLOTS.to_string()]).through(["env", "--default-signal=INT"])
    }

    /// Lets it end, or ends it at a moment that the dice choose.
    fn play(&self, mut dice: Dice, program: Program, gentle: u64) -> Outcome {
        self.starts.fetch_add(1, Ordering::Relaxed);
        let running = Self::prepared(program).start();
        let fate = dice.below(4);
        if fate >= gentle {
            // No condition can be seen in the middle of a race: the moments are sampled.
            thread::sleep(Duration::from_micros(dice.below(MOMENT_US)));
        }
        match fate {
            fate if fate < gentle => self.end(running),
            2 => {
                running.interrupt();
                running.exit()
            }
            _ => running.kill(),
        }
    }

    /// Waits for its end; once all writers are gone, a reader that waits is told to leave.
    fn end(&self, running: Running) -> Outcome {
        wait_until("it has ended, or the race is over", || {
            (has_ended(&running) || self.over.load(Ordering::Acquire)).then_some(())
        });
        if !has_ended(&running) {
            running.interrupt();
        }
        running.exit()
    }

    fn write(&self, thread: u64) -> Vec<Stream> {
        let mut dice = Dice::new(self.seed ^ thread);
        let mut streams = Vec::new();
        while self.starts.load(Ordering::Relaxed) < STARTS {
            let number = self.streams.fetch_add(1, Ordering::Relaxed);
            let lines_in = dice.below(LINES) as usize;
            let program = Program::writer(self.key())
                .args(["--until", ""])
                .reading(lines(number, 0, lines_in));
            let writer = self.play(Dice::new(dice.below(u64::MAX)), program, 2);
            streams.push(Stream { number, lines: lines_in, writer });
        }
        streams
    }

    fn read(&self, thread: u64) -> Vec<Outcome> {
        let mut dice = Dice::new(self.seed ^ thread);
        let mut readers = Vec::new();
        while !self.over.load(Ordering::Acquire) {
            let program = Program::reader(self.key());
            readers.push(self.play(Dice::new(dice.below(u64::MAX)), program, 2));
        }
        readers
    }
}

/// All writers and readers of a race, in no order.
fn race(stage: &Stage) -> (Vec<Stream>, Vec<Outcome>) {
    thread::scope(|scope| {
        let readers: Vec<_> =
            (0..READERS).map(|it| scope.spawn(move || stage.read(100 + it))).collect();
        let writers: Vec<_> = (0..WRITERS).map(|it| scope.spawn(move || stage.write(it))).collect();
        let streams = writers.into_iter().flat_map(|it| it.join().unwrap_or_default()).collect();
        stage.over.store(true, Ordering::Release);
        let readers = readers.into_iter().flat_map(|it| it.join().expect("a reader")).collect();
        (streams, readers)
    })
}

/// Ordinary readers, one for each stream that is left, and Ctrl-C for one that finds none.
fn drain(key: &TestKey) -> Vec<Outcome> {
    let mut readers = Vec::new();
    while readers.is_empty() || key.segment().is_some() {
        assert!(readers.len() < 20, "the segment stays, whoever drains it");
        let reader = Program::reader(key).start();
        settled(&reader, Asleep::InFutex);
        reader.interrupt();
        readers.push(reader.exit());
    }
    readers
}

fn expect_known_end(outcome: &Outcome) {
    match (outcome.status.code(), outcome.status.signal()) {
        (Some(0 | 130), _) | (None, Some(2 | 9)) => {}
        (Some(3), _) if outcome.name == "reader" => {}
        (Some(1), _) if outcome.stderr.contains("already") => {}
        other => panic!("{} ended with {other:?}: {}", outcome.name, outcome.stderr),
    }
}

/// What the readers printed, by stream.
fn parts(readers: &[Outcome]) -> BTreeMap<usize, Vec<Part>> {
    let mut parts: BTreeMap<usize, Vec<Part>> = BTreeMap::new();
    for reader in readers {
        let killed = reader.status.signal() == Some(9);
        let announced = reader.stderr.contains("may have printed");
        let mut last = None;
        for line in reader.stdout.chunks(WIDE) {
            let Some((stream, number)) = parse(line) else {
                assert!(killed && line.len() < WIDE, "a changed line: {line:?}");
                continue;
            };
            let known = parts.entry(stream).or_default();
            if last == Some((stream, number.wrapping_sub(1))) {
                known.last_mut().expect("it has begun").to = number + 1;
            } else {
                known.push(Part { from: number, to: number + 1, killed, announced });
            }
            last = Some((stream, number));
        }
    }
    parts
}

/// Lines from the first one on that are printed; and that no line is printed twice without
/// somebody's death before and a word about it.
fn expect_once(stream: &Stream, parts: &mut [Part]) -> usize {
    parts.sort_by_key(|part| (part.from, part.to));
    let killed = parts.iter().filter(|part| part.killed).count();
    let printed: usize = parts.iter().map(|part| part.to - part.from).sum();
    let mut covered = 0;
    for part in parts.iter() {
        assert!(part.from <= covered, "stream {}: a gap at {covered}: {parts:?}", stream.number);
        covered = covered.max(part.to);
    }
    let twice = printed - covered;
    assert!(twice <= killed * SLOTS * SLOT / WIDE, "stream {}: {parts:?}", stream.number);
    let announced = parts.iter().any(|part| part.announced);
    assert!(twice == 0 || announced, "stream {}: repeated silently: {parts:?}", stream.number);
    covered
}

fn check(stream: &Stream, parts: &mut [Part]) {
    let Stream { number, lines, writer } = stream;
    expect_known_end(writer);
    let printed = expect_once(stream, parts);
    match writer.status.code() {
        Some(0) => assert_eq!(printed, *lines, "stream {number} of {lines} lines: {parts:?}"),
        Some(1) => assert_eq!(printed, 0, "stream {number} was refused: {parts:?}"),
        _ => assert!(printed <= *lines, "stream {number} of {lines} lines: {parts:?}"),
    }
}

#[test]
fn each_stream_that_was_accepted_arrives_whole_whoever_comes_and_goes_meanwhile() {
    let stage = Stage { key: Some(TestKey::new()), seed: seed(), ..Stage::default() };
    let (streams, mut readers) = race(&stage);
    readers.extend(drain(stage.key()));
    readers.iter().for_each(expect_known_end);
    let mut parts = parts(&readers);
    for stream in &streams {
        check(stream, parts.get_mut(&stream.number).map_or(&mut [], Vec::as_mut_slice));
    }
    stage.key().expect_no_segment();
    let accepted = streams.iter().filter(|it| it.writer.status.code() == Some(0)).count();
    let killed = |outcome: &&Outcome| outcome.status.signal() == Some(9);
    let (writers_killed, readers_killed) = (
        streams.iter().filter(|it| killed(&&it.writer)).count(),
        readers.iter().filter(killed).count(),
    );
    println!(
        "{} streams, {accepted} accepted, {writers_killed} writers killed; {} readers, {readers_killed} killed",
        streams.len(),
        readers.len()
    );
    assert!(accepted > streams.len() / 20, "too few were accepted to say anything");
}
