//! Every byte accounted for: what readers printed, one after the other, of streams that
//! writers sent, one after the other.

use std::collections::{BTreeMap, VecDeque};

use crate::lines::{WIDE, parse};
use crate::outcome::Outcome;
use crate::stitch::SLOT;

/// A line: its stream, and its number in it.
type Line = (usize, usize);

/// What is printed so far, of all streams.
#[derive(Debug)]
pub struct Account {
    /// Lines that may come again: those of all slots.
    most: usize,
    /// The last lines, up to so many.
    last: VecDeque<Line>,
    printed: BTreeMap<usize, usize>,
    died: bool,
    /// Lines that came again.
    pub repeated: usize,
    /// All bytes that were printed.
    pub bytes: usize,
}

impl Account {
    /// Nothing is printed yet; all goes through `slots` slots.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        let most = slots * SLOT / WIDE;
        let (last, printed) = (VecDeque::new(), BTreeMap::new());
        Self { most, last, printed, died: false, repeated: 0, bytes: 0 }
    }

    /// Adds what the next reader printed.
    ///
    /// # Panics
    /// When it is no continuation, or repeats what it must not, or does not say so.
    #[track_caller]
    pub fn add(&mut self, reader: &Outcome) {
        self.bytes += reader.stdout.len();
        let killed = reader.status.code().is_none();
        let mut lines = Vec::with_capacity(reader.stdout.len() / WIDE);
        for line in reader.stdout.chunks(WIDE) {
            match parse(line) {
                Some(line) => lines.push(line),
                // Killed while its pipe was full, it has printed a part of a line.
                None => assert!(killed && line.len() < WIDE, "a changed line: {line:?}"),
            }
        }
        let again = lines.first().map_or(0, |first| self.again(*first));
        if again > 0 {
            assert!(self.died, "{again} lines came again, and no reader had died");
            assert!(reader.stderr.contains("may have printed"), "unannounced: {}", reader.stderr);
            let known = self.last.iter().skip(self.last.len() - again);
            assert!(known.zip(&lines).all(|(known, line)| known == line), "another repeat");
            self.repeated += again;
        }
        lines.into_iter().skip(again).for_each(|line| self.go_on(line));
        self.died = killed;
    }

    /// How many of the last lines come again, if this is the first line.
    fn again(&self, first: Line) -> usize {
        self.last.iter().rev().position(|line| *line == first).map_or(0, |at| at + 1)
    }

    fn go_on(&mut self, line: Line) {
        let (stream, number) = line;
        let printed = self.printed.entry(stream).or_default();
        assert_eq!(*printed, number, "stream {stream}: this line is not the next one");
        *printed += 1;
        if let Some(&(before, _)) = self.last.back() {
            assert!(before <= stream, "stream {stream} comes after stream {before}");
        }
        self.last.push_back(line);
        if self.last.len() > self.most {
            self.last.pop_front();
        }
    }

    /// Lines of a stream that are printed.
    #[must_use]
    pub fn printed(&self, stream: usize) -> usize {
        self.printed.get(&stream).copied().unwrap_or(0)
    }
}
