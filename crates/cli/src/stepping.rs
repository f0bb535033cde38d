//! `--step`: stopping before each step, and going on when a person says so.
//!
//! Steps are shown, and answers read, on the controlling terminal, for stdin may carry text
//! and stdout what was received. Where stdin is that very terminal, a line typed there is
//! either text or an answer: text only behind the prompt for it, which comes with the step
//! that reads it. That step is not stopped at, for the read waits for the person anyway.
//!
//! Who waits here waits in read(2), so that Ctrl-C ends it as any other wait; and nobody
//! else is kept waiting by it than by a process that the scheduler has put aside.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{self, ThreadId};

use handoff_proto::Interrupt;
use handoff_proto::step::{Step, on_step};
use nix::sys::termios::{FlushArg, tcflush, tcgetsid};

use crate::args::ExchangeArgs;
use crate::exit::Failure;

/// The terminal that Ctrl-C is typed at, whatever stdin and stdout are.
const TERMINAL: &str = "/dev/tty";

/// What every line about steps begins with: no text that is handed over, and no notice, does.
const MARK: char = '=';

/// A terminal gives no longer line than this, see termios(3), canonical mode.
const LINE: usize = 4096;

static STEPPER: OnceLock<Stepper> = OnceLock::new();

struct Stepper {
    program: &'static str,
    terminal: File,
    interrupt: Interrupt,
    /// The thread that is stopped. Others keep the memory for who comes, and must go on.
    thread: ThreadId,
    /// What asks for text, if that is typed at the same terminal.
    text_prompt: Option<&'static str>,
    /// Somebody has answered that no step is of interest any more.
    runs_on: AtomicBool,
    /// What is on the screen may not end in a newline.
    in_line: AtomicBool,
}

enum Answer {
    GoOn,
    RunOn,
    Leave,
    Unclear(String),
}

/// From now on, the calling thread stops before each step, if the options ask for that.
/// Text typed at the same terminal is asked for by `text_prompt`.
///
/// # Errors
/// There is no terminal to ask at.
pub fn start_stepping(
    program: &'static str,
    args: &ExchangeArgs,
    interrupt: &Interrupt,
    text_prompt: Option<&'static str>,
) -> Result<(), Failure> {
    if !args.step {
        return Ok(());
    }
    let terminal = File::options().read(true).write(true).open(TERMINAL).map_err(|error| {
        Failure::of(format!("cannot stop at each step without a terminal ({TERMINAL})"), error)
            .advise("start it in one, or leave out --step")
    })?;
    let stepper = Stepper {
        program,
        terminal,
        interrupt: interrupt.clone(),
        thread: thread::current().id(),
        // An error for what is no terminal, and for one that is not ours.
        text_prompt: text_prompt.filter(|_| tcgetsid(io::stdin()).is_ok()),
        runs_on: AtomicBool::new(false),
        in_line: AtomicBool::new(false),
    };
    let _ = STEPPER.set(stepper);
    on_step(at);
    Ok(())
}

/// Whether the step that reads text asks for it, so that nobody else has to.
pub fn step_asks_for_text() -> bool {
    STEPPER.get().is_some_and(|stepper| stepper.text_prompt.is_some() && stepper.stops())
}

/// Before each step.
pub(crate) fn at(step: Step, values: &dyn Fn() -> String) {
    if let Some(stepper) = STEPPER.get().filter(|stepper| stepper.stops()) {
        stepper.show(step, &values());
        match stepper.text_prompt {
            Some(prompt) if step == Step::Read => stepper.ask_for_text(prompt),
            _ => stepper.ask(),
        }
        stepper.in_line.store(step == Step::Output, Relaxed);
    }
}

impl Stepper {
    /// Nobody who wants to leave is held up.
    fn stops(&self) -> bool {
        let unwanted = self.runs_on.load(Relaxed) || self.interrupt.is_pending();
        !unwanted && thread::current().id() == self.thread
    }

    fn show(&self, step: Step, values: &str) {
        // The text that was printed may have had no newline, and an empty line sets it off.
        let before = if self.in_line.load(Relaxed) { "\n" } else { "" };
        let sentence = step.sentence();
        let values = match values {
            "" => String::new(),
            values => format!("{MARK}   {values}\n"),
        };
        self.say(&format!("{before}{MARK} {step:?}: {sentence}\n{values}"));
    }

    fn ask(&self) {
        loop {
            self.say(&format!(
                "{MARK} {} stops here. Enter: take it; c: run on; q: leave > ",
                self.program
            ));
            match self.answer() {
                Answer::GoOn => return,
                Answer::RunOn => return self.runs_on.store(true, Relaxed),
                Answer::Leave => {
                    self.interrupt.raise();
                    return;
                }
                Answer::Unclear(line) => self.say(&format!("{MARK} {line:?} is no answer.\n")),
            }
        }
    }

    /// One line of the terminal.
    fn answer(&self) -> Answer {
        let mut line = [0; LINE];
        loop {
            return match (&self.terminal).read(&mut line) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    if !self.interrupt.is_pending() {
                        continue;
                    }
                    self.say("\n");
                    Answer::GoOn
                }
                // Ctrl-D; or the terminal is gone, and nobody is there who could answer.
                Ok(0) | Err(_) => {
                    self.say("\n");
                    Answer::RunOn
                }
                Ok(length) => match line[..length].trim_ascii() {
                    b"" => Answer::GoOn,
                    b"c" => Answer::RunOn,
                    b"q" => Answer::Leave,
                    other => Answer::Unclear(String::from_utf8_lossy(other).into_owned()),
                },
            };
        }
    }

    /// Enter, typed once too often at the steps before, is no text.
    fn ask_for_text(&self, prompt: &str) {
        let _ = tcflush(&self.terminal, FlushArg::TCIFLUSH);
        self.say(prompt);
    }

    /// A terminal that takes no more is no reason to stop.
    fn say(&self, text: &str) {
        let _ = (&self.terminal).write_all(text.as_bytes());
    }
}
