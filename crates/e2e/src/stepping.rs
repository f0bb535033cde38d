//! A program that is stepped through by `--step`: what its terminal shows, and what is answered.

use std::path::Path;

use crate::outcome::Outcome;
use crate::program::Program;
use crate::pty::Terminal;
use crate::running::Running;
use crate::scenario::has_ended;
use crate::steps;
use crate::watchdog::wait_until;

const TEXT_PROMPT: &str = "Enter some text: ";

/// In the line that asks what to do at a step. The line ends in a blank behind this.
const QUESTION: &str = " stops here. Enter: take it; ";

/// A program that stops at its steps, and the terminal where it asks.
#[derive(Debug)]
pub struct Stepping {
    /// Where it asks.
    pub terminal: Terminal,
    /// What is stepped through.
    pub program: Running,
    /// How many questions were answered.
    answered: usize,
}

/// What the screen shows of a step.
#[derive(Debug)]
pub struct Stop {
    /// The step's name.
    pub step: String,
    /// What it is about to read or write.
    pub values: String,
}

impl Stepping {
    /// With stdin, stdout and steps at one terminal.
    #[must_use]
    pub fn at_a_terminal(program: Program) -> Self {
        let terminal = Terminal::new();
        let program = program.args(["--step"]).at(&terminal).start();
        Self { terminal, program, answered: 0 }
    }

    /// With its text from a file, and stdout captured.
    #[must_use]
    pub fn beside_a_file(program: Program, text: &Path) -> Self {
        let terminal = Terminal::new();
        let stdin = ["sh", "-c", "exec \"$@\" <\"$0\"", &text.display().to_string()];
        let program = program.args(["--step"]).controlled_by(&terminal).through(stdin).start();
        Self { terminal, program, answered: 0 }
    }

    fn asks(&self) -> bool {
        let screen = self.terminal.screen();
        screen.matches(QUESTION).count() > self.answered && screen.ends_with("> ")
    }

    /// The step at which it stops, or none if it has ended. Where it asks for text instead, it
    /// does not stop.
    #[track_caller]
    pub fn stop(&self) -> Option<Stop> {
        wait_until("it stops at a step or has ended", || {
            (self.asks() || has_ended(&self.program)).then_some(())
        });
        if has_ended(&self.program) { None } else { Stop::all(&self.terminal.screen()).pop() }
    }

    /// Types this at the step where it stops.
    pub fn answer(&mut self, keys: &[u8]) {
        self.answered += 1;
        self.terminal.type_in(keys);
    }

    /// Takes steps until it stops before this one.
    ///
    /// # Panics
    /// When it ends before.
    #[track_caller]
    pub fn go_on_to(&mut self, step: &str) -> Stop {
        loop {
            let stop = self.stop().unwrap_or_else(|| panic!("it has ended before {step}"));
            if stop.step == step {
                return stop;
            }
            self.answer(b"\n");
        }
    }

    /// Takes steps until it asks for text so many times.
    #[track_caller]
    pub fn go_on_to_text(&mut self, prompts: usize) {
        let asked = |it: &Self| it.terminal.screen().matches(TEXT_PROMPT).count() >= prompts;
        loop {
            wait_until("it asks for text or stops at a step", || {
                (asked(self) || self.asks()).then_some(())
            });
            if asked(self) {
                return;
            }
            self.answer(b"\n");
        }
    }

    /// Takes every step to its end. What it did, and the names of its steps.
    #[track_caller]
    #[must_use]
    pub fn go_on_to_the_end(mut self) -> (Outcome, Vec<String>) {
        while self.stop().is_some() {
            self.answer(b"\n");
        }
        self.end()
    }

    /// Waits until it has ended. What it did, and the names of the steps that it showed.
    #[track_caller]
    #[must_use]
    pub fn end(self) -> (Outcome, Vec<String>) {
        let outcome = self.program.exit();
        outcome.expect_signed_lines();
        self.terminal.expect_sane();
        let stops = Stop::all(&String::from_utf8_lossy(&self.terminal.finish()));
        (outcome, stops.into_iter().map(|stop| stop.step).collect())
    }
}

impl Stop {
    /// All of them, after a check that each has values, and that its sentence is the matrix's.
    fn all(screen: &str) -> Vec<Self> {
        let legend = steps::legend_of_all();
        let mut lines = screen.lines();
        let mut stops = Vec::new();
        while let Some(line) = lines.next() {
            let named = line.strip_prefix("= ").and_then(|line| line.split_once(": "));
            let Some((step, sentence)) = named.filter(|(step, _)| !step.contains(' ')) else {
                continue;
            };
            let known = legend.lines().find(|line| line.split_whitespace().next() == Some(step));
            let known = known.unwrap_or_else(|| panic!("{step} is no step of the matrix"));
            assert!(known.ends_with(sentence), "{known:?} is not {sentence:?}");
            let values = lines.next().and_then(|line| line.strip_prefix("=   "));
            let values = values.filter(|values| !values.is_empty());
            let values = values.unwrap_or_else(|| panic!("{step} has no values")).to_owned();
            stops.push(Self { step: step.to_owned(), values });
        }
        stops
    }
}
