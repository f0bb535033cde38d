//! Puts together what several readers printed of one text, one after the other's death.

use crate::outcome::excerpt;

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
