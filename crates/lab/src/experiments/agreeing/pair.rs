//! The tutorials' pair in C over a segment of its own, and our pair with the same input.
//!
//! In C because its faults are C's: a data race on a plain int has no meaning in Rust, nor has
//! a string without its end. Each experiment compiles it anew, at the level that it is about.

use std::env;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;

use handoff_shm::sysv::{Attachment, Key, Options};

use crate::support::{self, Directory, Guarded, Program, cc, program, unseen, until};
use crate::{Report, Stop};

const WRITER: &str = include_str!("../../../c/tutorial_writer.c");
const READER: &str = include_str!("../../../c/tutorial_reader.c");

/// Where the flag is in the tutorials' struct, and where the text begins and ends.
const FLAG: usize = 0;
pub(super) const TEXT: usize = 4;
pub(super) const TEXT_SIZE: usize = 2048;
pub(super) const TEXT_END: usize = TEXT + TEXT_SIZE;

/// A value that no side gives the flag.
const UNTOUCHED: u32 = 2;

/// The tutorials' pair, compiled, and the segment that it is going to find.
pub(super) struct Tutorial {
    // In this order they are dropped: detached, then removed.
    memory: Attachment,
    _segment: Guarded,
    key: Key,
    directory: Directory,
}

impl Tutorial {
    /// Compiles both programs at an optimisation level.
    pub(super) fn build(report: &mut Report, level: &str) -> Result<Self, Stop> {
        // Not in /dev/shm, where it may be that nothing can be executed.
        let directory = Directory::within(&env::temp_dir())?;
        report
            .does(format_args!("cc {level}: tutorial_writer.c, tutorial_reader.c of crates/lab/c"));
        cc::compile("tutorial_writer", WRITER, level, directory.path())?;
        cc::compile("tutorial_reader", READER, level, directory.path())?;
        let (key, page_size) = (support::fresh_key()?, support::page_size()?);
        // More than they ask for, as the kernel would give them anyway: whole pages.
        let segment = unseen(|| Options::new(page_size).create(key)).map(Guarded::new)?;
        let memory = unseen(|| segment.attach())?;
        memory.store_u32(FLAG, UNTOUCHED, Relaxed);
        Ok(Self { memory, _segment: segment, key, directory })
    }

    /// Starts the writer with this input and no more.
    pub(super) fn writer(&self, input: &str) -> Result<Program, Stop> {
        self.start("tutorial_writer", input)
    }

    /// Starts the reader.
    pub(super) fn reader(&self) -> Result<Program, Stop> {
        self.start("tutorial_reader", "")
    }

    /// Starts the reader, and waits until it has set the flag to 0.
    pub(super) fn reader_first(&self) -> Result<Program, Stop> {
        let reader = self.reader()?;
        until("the reader sets the flag to 0", || Ok((self.flag() == 0).then_some(())))?;
        Ok(reader)
    }

    fn start(&self, name: &str, input: &str) -> Result<Program, Stop> {
        Program::start(&self.path(name), [self.key.get().to_string()], input.as_bytes())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The compiled reader.
    pub(super) fn reader_path(&self) -> PathBuf {
        self.path("tutorial_reader")
    }

    /// The flag as a third process sees it.
    pub(super) fn flag(&self) -> u32 {
        self.memory.load_u32(FLAG, Relaxed)
    }

    /// The memory as a third process sees it.
    pub(super) fn memory(&self) -> &Attachment {
        &self.memory
    }
}

/// Runs a reader and then a writer of the tutorials' to their ends; what the reader printed.
pub(super) fn tutorial_to_the_end(tutorial: &Tutorial, input: &str) -> Result<String, Stop> {
    let mut reader = tutorial.reader_first()?;
    let mut writer = tutorial.writer(input)?;
    writer.wait_well()?;
    reader.wait_well()?;
    Ok(String::from_utf8_lossy(&reader.printed()?).into_owned())
}

/// The same input through writer and reader, the writer first: all of it must arrive, and
/// nothing else. Where they are not built, it says so.
pub(super) fn ours(report: &mut Report, input: &str) -> Result<(), Stop> {
    let (Some(writer), Some(reader)) = (program::find("writer"), program::find("reader")) else {
        report.not_shown("the same through writer and reader: they are not built beside lab");
        return Ok(());
    };
    let (key, _guard) = Guarded::exchange()?;
    let key = as_argument(key);
    report.does(format_args!("the same input through writer -k {key}, then reader -k {key}:"));
    Program::start(&writer, ["-q", "-k", &key], input.as_bytes())?.wait_well()?;
    let mut reader = Program::start(&reader, ["-q", "-k", &key], b"")?;
    reader.wait_well()?;
    let came = String::from_utf8_lossy(&reader.printed()?).into_owned();
    report.saw(format_args!("{} of {} bytes arrive, each once", came.len(), input.len()));
    report.must(came == input, "writer and reader hand over just that")
}

/// As writer and reader take it.
pub(super) fn as_argument(key: Key) -> String {
    format!("{:#x}", key.get())
}

/// Each line as it was printed, for a report: long ones in short.
pub(super) fn shown(printed: &str) -> String {
    let short = |line: &str| match line.char_indices().nth(60) {
        Some((at, _)) => format!("{}... ({} bytes)", &line[..at], line.len()),
        None => line.to_owned(),
    };
    printed.lines().map(short).collect::<Vec<_>>().join(" | ")
}
