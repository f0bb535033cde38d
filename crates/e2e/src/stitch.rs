//! Puts together what several readers printed of one text, one after the other's death.

use crate::outcome::excerpt;
use crate::payload::{Endless, random};
use crate::program::Program;

/// Bytes of text in one slot.
pub const SLOT: usize = 2048;

/// How far the readers of one text have come together.
#[derive(Debug)]
pub struct Stitch<'a> {
    text: &'a [u8],
    slots: usize,
    printed: usize,
}

impl<'a> Stitch<'a> {
    /// Nothing of `text` is printed yet; it passes through `slots` slots.
    #[must_use]
    pub fn new(text: &'a [u8], slots: usize) -> Self {
        Self { text, slots, printed: 0 }
    }

    /// Adds what the next reader printed. It may begin with a repeat of what stood in the
    /// unacknowledged slots, at most all of them, and must not leave a gap.
    ///
    /// # Panics
    /// When it does not continue the text so.
    #[track_caller]
    pub fn append(&mut self, output: &[u8]) {
        let earliest = self.printed.saturating_sub(self.slots * SLOT);
        // The latest fit is the only one for an output longer than a numbered line.
        let start =
            (earliest..=self.printed).rev().find(|&start| self.text[start..].starts_with(output));
        let Some(start) = start else {
            panic!(
                "{} bytes are printed; what the next reader printed ({} bytes, {:?}) is no continuation with a repeat of at most {} slots",
                self.printed,
                output.len(),
                excerpt(output),
                self.slots
            );
        };
        self.printed = self.printed.max(start + output.len());
    }

    /// Bytes of the text that are printed so far.
    #[must_use]
    pub fn printed(&self) -> usize {
        self.printed
    }

    /// Checks that together they printed everything.
    ///
    /// # Panics
    /// When some text is missing.
    #[track_caller]
    pub fn expect_complete(&self) {
        assert_eq!(self.printed, self.text.len(), "the tail of the text is missing");
    }
}

/// Kills twenty readers of one stream through `slots` slots, each after it has printed some, and
/// checks that together with the last they printed everything.
///
/// # Panics
/// When they did not.
#[track_caller]
pub fn survive_twenty_kills(slots: usize, writer: Program, reader: impl Fn() -> Program) {
    let slots_text = slots.to_string();
    let sized = |program: Program| program.args(["--slots", &slots_text]);
    let endless = Endless::default();
    let writer = sized(writer).input(endless.input()).start();
    let mut outputs = Vec::new();
    for amount in random(20, slots as u64) {
        // Whoever comes first makes the memory.
        let mut reader = sized(reader()).start();
        reader.wait_until_printed(1 + usize::from(amount) * 512);
        outputs.push(reader.kill().stdout);
    }
    let last = sized(reader()).start();
    endless.stop();
    writer.exit().expect_code(0);
    let last = last.exit();
    last.expect_code(0);
    outputs.push(last.stdout);

    let text = endless.text();
    let mut stitch = Stitch::new(&text, slots);
    for output in &outputs {
        stitch.append(output);
    }
    stitch.expect_complete();
}
