//! Standard input, read straight into free slots, and the prompt for who types.

use std::io::{self, ErrorKind, IsTerminal, Read as _, Write};
use std::os::fd::{AsFd, BorrowedFd};

use handoff_cli::Failure;
use handoff_proto::{Sender, TEXT_BYTES};

use crate::end_word::EndWord;

/// Bytes that the end word is searched for in at a time: few enough to stay in the nearest
/// cache, many enough that beginning a search costs nothing beside it.
const LOOK: usize = 4 * TEXT_BYTES;

/// Texts are looked at from a multiple of so many bytes on.
const WORD: usize = size_of::<u64>();

pub(crate) const PROMPT: &str = "Enter some text: ";

/// What one read brought.
pub(crate) enum Read {
    /// So many bytes lie in the free slots, and go to the reader.
    Text(usize),
    /// The same, and nothing comes after them: a line said so.
    Last(usize),
    /// The input is at its end.
    End,
    /// A signal came instead.
    Interrupted,
}

/// Standard input.
pub(crate) struct Input {
    stdin: io::Stdin,
    end_word: Option<EndWord>,
    /// Somebody sits there and types.
    typed: bool,
    /// The prompt stands at the end of the screen, with nothing behind it.
    prompted: bool,
}

impl Input {
    pub(crate) fn new(until: &str) -> io::Result<Self> {
        let stdin = io::stdin();
        handoff_proto::expect_open(stdin.as_fd())?;
        let typed = stdin.is_terminal() && io::stdout().is_terminal();
        Ok(Self { stdin, end_word: EndWord::new(until), typed, prompted: false })
    }

    /// One read(2) into the sender's free slots.
    pub(crate) fn read(&mut self, sender: &mut Sender) -> Result<Read, Failure> {
        match self.read_by(|stdin| sender.read_from(stdin))? {
            Read::Text(bytes) => Ok(self.cut(sender, bytes)),
            read => Ok(read),
        }
    }

    /// One read(2) to the end of `text`, as far as it is part of the stream.
    pub(crate) fn read_to(&mut self, text: &mut Vec<u8>) -> Result<Read, Failure> {
        let mut piece = [0; LOOK];
        // So large a piece that the standard library reads it without a buffer of its own.
        let read = self.read_by(|_| io::stdin().lock().read(&mut piece))?;
        let Read::Text(bytes) = read else { return Ok(read) };
        let piece = &piece[..bytes];
        let end = self.end_word.as_mut().and_then(|end_word| {
            end_word.room(bytes).copy_from_slice(piece);
            end_word.find(bytes)
        });
        text.extend_from_slice(&piece[..end.unwrap_or(bytes)]);
        Ok(end.map_or(Read::Text(bytes), Read::Last))
    }

    /// One read(2), done by `read`.
    fn read_by(
        &mut self,
        read: impl FnOnce(BorrowedFd<'_>) -> io::Result<usize>,
    ) -> Result<Read, Failure> {
        self.prompt();
        match read(self.stdin.as_fd()) {
            Ok(0) => Ok(Read::End),
            Ok(bytes) => {
                self.prompted = false;
                Ok(Read::Text(bytes))
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Read::Interrupted),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                handoff_cli::readable(self.stdin.as_fd());
                Ok(Read::Interrupted)
            }
            Err(error) => Err(Failure::of("cannot read stdin", error)),
        }
    }

    /// How much of what was read is part of the stream.
    fn cut(&mut self, sender: &Sender, bytes: usize) -> Read {
        let Some(end_word) = &mut self.end_word else { return Read::Text(bytes) };
        for from in (0..bytes).step_by(LOOK) {
            let piece = LOOK.min(bytes - from);
            let may_have_line = sender.may_have_read_line(from, piece, end_word.length());
            // Else it could only have begun in the piece before.
            let part = if may_have_line { piece } else { end_word.seam() };
            sender.look_at_read(from, end_word.room(part));
            if let Some(end) = end_word.find(part) {
                return Read::Last(from + end);
            }
            if part < piece {
                let tail = (piece - part) / WORD * WORD;
                sender.look_at_read(from + tail, end_word.room(piece - tail));
                end_word.skip(piece - tail);
            }
        }
        Read::Text(bytes)
    }

    fn prompt(&mut self) {
        if self.typed && !self.prompted {
            if !handoff_cli::step_asks_for_text() {
                let _ = write!(io::stdout(), "{PROMPT}").and_then(|()| io::stdout().flush());
            }
            self.prompted = true;
        }
    }

    /// Leaves the cursor at the start of a line, for whatever is printed next.
    pub(crate) fn leave_prompt(&mut self) {
        if self.prompted {
            let _ = writeln!(io::stdout());
            self.prompted = false;
        }
    }
}
