//! Standard output: exactly the bytes that came, or a screen that a person reads.

use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::os::fd::AsFd;

use handoff_proto::step::{Step, step_with};
use handoff_proto::{Corrupt, Receiver, TEXT_BYTES};

use crate::screen::Screen;

/// What became of the text that was there.
pub(crate) enum Printed {
    /// Some or all of it is out and acknowledged.
    Out,
    /// A signal came, or stdout was not ready.
    Interrupted,
    /// Nobody reads stdout any more.
    Closed,
    /// It cannot be written.
    Failed(io::Error),
    /// It could not be acknowledged.
    Corrupt(Corrupt),
}

/// Standard output.
pub(crate) struct Output {
    /// Not `Stdout`, whose buffer would go on where a signal wants it to stop.
    stdout: File,
    /// None if stdout is no terminal.
    screen: Option<Screen>,
    /// What the screen makes of the text that is there, or text of our own, as far as it is
    /// not out yet.
    shown: Vec<u8>,
}

impl Output {
    pub(crate) fn new() -> io::Result<Self> {
        handoff_proto::file_limit_as_error()?;
        let stdout = io::stdout();
        handoff_proto::expect_open(stdout.as_fd())?;
        let screen = stdout.is_terminal().then(Screen::default);
        let stdout = File::from(stdout.as_fd().try_clone_to_owned()?);
        Ok(Self { stdout, screen, shown: Vec::new() })
    }

    /// Prints text that is there, and acknowledges what is out.
    pub(crate) fn print(&mut self, receiver: &mut Receiver) -> Printed {
        let written = match &mut self.screen {
            None => receiver.write_to(self.stdout.as_fd()),
            Some(screen) => {
                if self.shown.is_empty() {
                    screen.show(receiver.first_text(&mut [0; TEXT_BYTES]), &mut self.shown);
                }
                self.drain().map(|all_out| {
                    receiver.note_shown_in_part(!all_out);
                    if all_out { receiver.acknowledge_first() } else { Ok(()) }
                })
            }
        };
        self.judge(written)
    }

    /// Prints text of our own; the same text again until all of it is out.
    pub(crate) fn print_text(&mut self, text: &[u8]) -> Printed {
        if self.shown.is_empty() {
            match &mut self.screen {
                None => self.shown.extend_from_slice(text),
                Some(screen) => screen.show(text, &mut self.shown),
            }
        }
        match self.drain() {
            Ok(false) => Printed::Interrupted,
            drained => self.judge(drained.map(|_| Ok(()))),
        }
    }

    /// One write(2) of what the screen is to show; whether all of it is out.
    fn drain(&mut self) -> io::Result<bool> {
        step_with(Step::Output, || format!("write of {} bytes to the screen", self.shown.len()));
        let out = self.stdout.write(&self.shown)?;
        self.shown.drain(..out);
        Ok(self.shown.is_empty())
    }

    /// The stream is at its end, or we are leaving.
    pub(crate) fn end(&mut self) {
        // A terminal that has not taken all of the text takes no newline either: to
        // write on would print what is not acknowledged, and might block.
        if self.shown.is_empty()
            && let Some(screen) = &mut self.screen
        {
            screen.end(&mut self.shown);
            if !self.shown.is_empty() {
                // The text is out; a newline that cannot follow it is no loss.
                let _ = self.drain();
            }
        }
        // What is left must not be taken for the next stream's first text.
        self.shown.clear();
    }

    fn judge(&self, written: io::Result<Result<(), Corrupt>>) -> Printed {
        match written {
            Ok(Ok(())) => Printed::Out,
            Ok(Err(corrupt)) => Printed::Corrupt(corrupt),
            Err(error) => match error.kind() {
                ErrorKind::Interrupted => Printed::Interrupted,
                ErrorKind::WouldBlock => {
                    handoff_cli::writable(self.stdout.as_fd());
                    Printed::Interrupted
                }
                ErrorKind::BrokenPipe => Printed::Closed,
                _ => Printed::Failed(error),
            },
        }
    }
}
