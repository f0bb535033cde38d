//! The victims in the states in which they are attacked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use handoff_e2e::pair::{blocked_pair, full_writer, listening_writer, waiting_reader};
use handoff_e2e::payload::{LINE, numbered};
use handoff_e2e::{Input, Program, Running, TestKey};

use crate::judge::Victim;
use crate::peer;

/// Slots of every exchange here: more than one lap is soon gone through.
const SLOTS: usize = 3;

/// What a role word can be forged to be: vacant, the victim's, a live stranger's, a dead one's,
/// closed, owner died, left behind; each with and without the waiters' bit.
pub(crate) const ROLES: [&str; 14] = [
    "0",
    "0x80000000",
    "VICTIM",
    "THIRD",
    "^0x80000000",
    "4194304",
    "0x80400000",
    "0x3fffffff",
    "0xbfffffff",
    "0x40000000",
    "0xc0000000",
    "0x7fffffff",
    "0xffffffff",
    "1",
];

/// Where the victims stand when the attack comes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum State {
    /// A reader, and no writer yet.
    WaitingReader,
    /// A writer that waits for text from outside, and no reader.
    ListeningWriter,
    /// A writer whose slots are all full, and no reader.
    FullWriter,
    /// Both, with the reader in the middle of writing text out.
    BlockedPair,
    /// Both, in the middle of a stream.
    Stream,
    /// Nobody; text and the end of a stream wait for a reader.
    Left,
    /// Nobody, after a reader that died over unread text.
    Orphaned,
}

impl State {
    pub(crate) const ALL: [Self; 7] = [
        Self::WaitingReader,
        Self::ListeningWriter,
        Self::FullWriter,
        Self::BlockedPair,
        Self::Stream,
        Self::Left,
        Self::Orphaned,
    ];
}

/// A key, and who uses it.
pub(crate) struct Scene {
    // Before the key: the programs go first, then the segment.
    running: Vec<Running>,
    trickle: Trickle,
    /// Who has ended its stream before.
    ended: Option<i32>,
    key: TestKey,
}

impl Scene {
    #[track_caller]
    pub(crate) fn new(state: State) -> Self {
        let key = TestKey::new();
        let trickle = Trickle::default();
        let mut ended = None;
        let running = match state {
            State::WaitingReader => vec![waiting_reader(&key)],
            State::ListeningWriter => vec![listening_writer(&key)],
            State::FullWriter => vec![full_writer(&key, SLOTS)],
            State::BlockedPair => <[_; 2]>::from(blocked_pair(&key, SLOTS)).into(),
            State::Stream => stream(&key, &trickle),
            State::Left => {
                let writer = Program::writer(&key).args(["--slots", "3"]).reading("0123\n");
                let writer = writer.start();
                ended = Some(writer.pid());
                writer.exit().expect_code(0);
                Vec::new()
            }
            State::Orphaned => {
                let (writer, reader) = blocked_pair(&key, SLOTS);
                let _ = (writer.kill(), reader.kill());
                Vec::new()
            }
        };
        Self { running, trickle, ended, key }
    }

    pub(crate) fn key(&self) -> &TestKey {
        &self.key
    }

    /// `VICTIM` is the victim's thread id in an attack, and `THIRD` one of a live stranger.
    pub(crate) fn attack(&self, attack: &str) {
        peer::attack(&self.key, &self.named(attack));
    }

    pub(crate) fn named(&self, attack: &str) -> String {
        let victim = self.running.first().map_or(4_194_304, Running::pid);
        attack
            .replace("VICTIM", &victim.to_string())
            .replace("THIRD", &std::process::id().to_string())
    }

    /// What comes after an attack: input goes on and ends, output is taken.
    pub(crate) fn go_on(&mut self) {
        self.trickle.stop();
    }

    /// A writer comes, and no reader.
    pub(crate) fn new_writer(&mut self) {
        self.running.push(Program::writer(&self.key).reading("4567\n").start());
    }

    /// A writer and a reader come, who know nothing of all this.
    pub(crate) fn newcomers(&mut self) {
        self.new_writer();
        self.running.push(Program::reader(&self.key).start());
    }

    /// The victims, and the key that must outlive them.
    pub(crate) fn into_victims(self, what: &str) -> (TestKey, Vec<Victim>) {
        let Self { running, ended, key, .. } = self;
        let name = |running: Running| Victim::new(what, running).after(ended);
        (key, running.into_iter().map(name).collect())
    }
}

#[track_caller]
fn stream(key: &TestKey, trickle: &Trickle) -> Vec<Running> {
    let mut reader = waiting_reader(key);
    let writer = Program::writer(key).input(trickle.input()).start();
    reader.wait_until_printed(100 * LINE);
    vec![writer, reader]
}

/// A stream of numbered lines that does not bury the test: it goes on until told to stop.
#[derive(Clone, Default)]
struct Trickle {
    stopped: Arc<AtomicBool>,
    lines: Arc<AtomicUsize>,
}

impl Trickle {
    fn input(&self) -> Input {
        let it = self.clone();
        Input::Stream(Box::new(move || it.next()))
    }

    fn next(&self) -> Option<Vec<u8>> {
        const LINES: usize = 50;
        // The speed of who types; nothing waits for it.
        thread::sleep(Duration::from_micros(200));
        let first = self.lines.fetch_add(LINES, Ordering::SeqCst);
        (!self.stopped.load(Ordering::SeqCst)).then(|| numbered(first, LINES))
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
    }
}
