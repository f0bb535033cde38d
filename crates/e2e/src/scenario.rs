//! One complete exchange in several ways, so that between them every step is taken.

use std::fmt;
use std::fs::{self, File};

use crate::key::TestKey;
use crate::lines;
use crate::procfs::{self, Asleep};
use crate::program::{Input, Program};
use crate::running::Running;
use crate::scratch::Scratch;
use crate::steps::{Kill, Steps, with_steps};
use crate::watchdog::wait_until;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It hands over.
    Writer,
    /// It prints.
    Reader,
}

/// What happens, if nobody is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// The reader sleeps when the writer comes.
    ReaderFirst,
    /// The writer sleeps, all slots full, when the reader comes.
    WriterFirst,
    /// The writer has ended before the reader comes.
    WriterGone,
    /// The reader looks again and again.
    Spinning,
    /// The writer has ended its stream, and lets go when the reader waits for that.
    SlowWriter,
    /// A reader died over closing the exchange; then the reader comes first.
    DeadCloserReader,
    /// A reader died over closing the exchange; then the writer comes first.
    DeadCloserWriter,
    /// A reader takes long over closing the exchange; the writer waits for that.
    SlowCloser,
    /// Ctrl-C for a writer that is alone.
    WriterLeaves,
    /// Ctrl-C for a writer that has handed over some text, and is alone.
    WriterLeavesText,
    /// Ctrl-C for a reader that is alone.
    ReaderLeaves,
    /// Ctrl-C for a reader whose writer is there.
    ReaderLeavesWriter,
}

use Scenario::{
    DeadCloserReader, DeadCloserWriter, ReaderFirst, ReaderLeaves, ReaderLeavesWriter, SlowCloser,
    SlowWriter, Spinning, WriterFirst, WriterGone, WriterLeaves, WriterLeavesText,
};

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 12] = [
        ReaderFirst,
        WriterFirst,
        WriterGone,
        Spinning,
        SlowWriter,
        DeadCloserReader,
        DeadCloserWriter,
        SlowCloser,
        WriterLeaves,
        WriterLeavesText,
        ReaderLeaves,
        ReaderLeavesWriter,
    ];

    /// Nothing but the two: then it is known beforehand what each of them says.
    #[must_use]
    pub fn is_plain(self) -> bool {
        matches!(self, ReaderFirst | WriterFirst | WriterGone)
    }

    /// Who takes part, and so can be killed.
    #[must_use]
    pub fn sides(self) -> &'static [Side] {
        match self {
            WriterLeaves | WriterLeavesText => &[Side::Writer],
            ReaderLeaves | ReaderLeavesWriter => &[Side::Reader],
            _ => &[Side::Writer, Side::Reader],
        }
    }

    /// Slots of text that the writer has for an exchange of so many slots.
    #[must_use]
    pub fn text(self, slots: usize) -> usize {
        match self {
            // Several laps, and not a whole number of them.
            ReaderFirst | WriterFirst | Spinning | DeadCloserReader | DeadCloserWriter
            | SlowCloser => 3 * slots + 2,
            // All must fit, and the end too.
            WriterGone | SlowWriter => slots - 1,
            WriterLeavesText => 1,
            WriterLeaves | ReaderLeaves | ReaderLeavesWriter => 0,
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            ReaderFirst => "reader first",
            WriterFirst => "writer first",
            WriterGone => "writer gone",
            Spinning => "spinning",
            SlowWriter => "slow writer",
            DeadCloserReader => "closer died, reader",
            DeadCloserWriter => "closer died, writer",
            SlowCloser => "slow closer",
            WriterLeaves => "Ctrl-C, writer",
            WriterLeavesText => "Ctrl-C, writer, text",
            ReaderLeaves => "Ctrl-C, reader",
            ReaderLeavesWriter => "Ctrl-C, both there",
        })
    }
}

/// The scene of one case: its key, its files, and who is to die.
#[derive(Debug)]
pub struct Scene {
    /// The key of the exchange.
    pub key: TestKey,
    /// What happens.
    pub scenario: Scenario,
    /// Slots of the exchange.
    pub slots: usize,
    /// Who is killed, and where.
    pub kill: Option<(Side, Kill)>,
    pub(crate) scratch: Scratch,
}

/// The two processes, as far as they were started; each may be dead by now.
#[derive(Debug, Default)]
pub struct Cast {
    /// The writer.
    pub writer: Option<Running>,
    /// The reader.
    pub reader: Option<Running>,
}

impl Scene {
    /// A fresh one.
    #[must_use]
    pub fn new(scenario: Scenario, slots: usize, kill: Option<(Side, Kill)>) -> Self {
        Self { key: TestKey::new(), scenario, slots, kill, scratch: Scratch::new() }
    }

    /// The text that the writer of this scene has.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        lines::wide('A', self.scenario.text(self.slots))
    }

    /// The steps that this side has taken.
    #[must_use]
    pub fn steps(&self, side: Side) -> Steps {
        Steps::read(&self.log(side))
    }

    /// Where this side was to be killed, if it was this side.
    #[must_use]
    pub fn kill_of(&self, side: Side) -> Option<&Kill> {
        self.kill.as_ref().filter(|(victim, _)| *victim == side).map(|(_, kill)| kill)
    }

    fn log(&self, side: Side) -> std::path::PathBuf {
        self.scratch.path().join(format!("{side:?}.steps"))
    }

    fn recorded(&self, side: Side, program: Program) -> Program {
        let program = program.args(["--slots", &self.slots.to_string()]);
        with_steps(program, &self.log(side), self.kill_of(side))
    }

    /// A writer of `text`, which no line ends.
    ///
    /// # Panics
    /// When the text cannot be put into a file.
    #[must_use]
    pub fn writer_of(&self, text: &[u8]) -> Program {
        // From a file each read fills the slots, so that text and slots can be counted.
        let path = self.scratch.path().join(format!("text-{}", text.first().unwrap_or(&b'-')));
        fs::write(&path, text).expect("our own file");
        let file = File::open(&path).expect("our own file");
        Program::writer(&self.key).args(["--until", ""]).input(Input::Fd(file.into()))
    }

    pub(crate) fn writer(&self) -> Program {
        self.recorded(Side::Writer, self.writer_of(&self.text()))
    }

    pub(crate) fn reader(&self) -> Program {
        self.recorded(Side::Reader, Program::reader(&self.key))
    }

    /// Lets it happen, until it goes on by itself or somebody is dead.
    #[must_use]
    pub fn play(&self) -> Cast {
        match self.scenario {
            DeadCloserReader | DeadCloserWriter => self.closer_dies(),
            _ => {}
        }
        match self.scenario {
            ReaderFirst | DeadCloserReader => self.reader_first(),
            WriterFirst | DeadCloserWriter => self.writer_first(),
            WriterGone => {
                let writer = self.writer().start();
                wait_until("the writer is gone", || has_ended(&writer).then_some(()));
                Cast { writer: Some(writer), reader: Some(self.reader().start()) }
            }
            Spinning => {
                let reader = self.reader().args(["--wait", "spin"]).start();
                // What it says takes time, in which the reader is ahead of it.
                let writer = self.writer().args(["-vv"]).start();
                Cast { writer: Some(writer), reader: Some(reader) }
            }
            SlowWriter => self.slow_writer(),
            SlowCloser => self.slow_closer(),
            WriterLeaves | WriterLeavesText => self.writer_leaves(),
            ReaderLeaves => self.reader_leaves(Cast::default()),
            ReaderLeavesWriter => {
                let writer = Program::writer(&self.key).input(Input::Open);
                let writer = writer.args(["--slots", &self.slots.to_string()]).start();
                settled(&writer, Asleep::Reading);
                self.reader_leaves(Cast { writer: Some(writer), reader: None })
            }
        }
    }

    fn reader_first(&self) -> Cast {
        let reader = self.reader().start();
        settled(&reader, Asleep::InFutex);
        Cast { writer: Some(self.writer().start()), reader: Some(reader) }
    }

    fn writer_first(&self) -> Cast {
        let writer = self.writer().start();
        settled(&writer, Asleep::InFutex);
        Cast { writer: Some(writer), reader: Some(self.reader().start()) }
    }

    fn writer_leaves(&self) -> Cast {
        let mut writer = self.recorded(Side::Writer, Program::writer(&self.key));
        writer = writer.args(["--until", ""]).input(Input::Open);
        let mut writer = writer.start();
        // It may be dead before it has taken the text; then the pipe keeps it.
        writer.feed(self.text());
        wait_until("the writer has taken its text", || {
            let full = self.slots == self.scenario.text(self.slots);
            let asleep = if full { Asleep::InFutex } else { Asleep::Reading };
            let taken =
                self.steps(Side::Writer).count("HandOver") == self.scenario.text(self.slots);
            (has_ended(&writer) || taken && sleeps(&writer, asleep)).then_some(())
        });
        writer.interrupt();
        Cast { writer: Some(writer), reader: None }
    }

    fn reader_leaves(&self, mut cast: Cast) -> Cast {
        let reader = self.reader().start();
        settled(&reader, Asleep::InFutex);
        reader.interrupt();
        cast.reader = Some(reader);
        cast
    }
}

fn sleeps(running: &Running, asleep: Asleep) -> bool {
    running.is_itself() && procfs::is_asleep(running.pid(), asleep)
}

/// Whether it is dead, though not collected.
#[must_use]
pub fn has_ended(running: &Running) -> bool {
    procfs::state(running.pid()) == Some('Z')
}

/// Waits until it sleeps so, or is dead.
pub fn settled(running: &Running, asleep: Asleep) {
    wait_until(&format!("it sleeps ({asleep:?}) or has ended"), || {
        (has_ended(running) || sleeps(running, asleep)).then_some(())
    });
}
