//! The writer's end of the classic layout.

use std::sync::atomic::Ordering::{Relaxed, Release};

use super::{End, FREE, MAX_TEXT, TEXT_BYTES, View, WRITTEN, Woke};
use crate::error::{Corrupt, NotAnExchange};
use crate::exchange::Mapping;
use crate::interrupt::Interrupt;
use crate::order::Pair::{self, BlogAcknowledge, BlogHandOver};
use crate::order::at;
use crate::step::{Step, step_with};

/// The writer's end.
pub struct Sender {
    view: View,
    /// The flag was found to be 0, and nothing was handed over since.
    is_free: bool,
}

impl End for Sender {
    fn new(mapping: impl Mapping + 'static, interrupt: Interrupt) -> Result<Self, NotAnExchange> {
        View::new(mapping, interrupt).map(|view| Self { view, is_free: false })
    }

    fn wait<N>(&mut self, news: impl FnMut() -> Option<N>) -> Result<Woke<N>, Corrupt> {
        let woke = self.view.wait(FREE, Self::SEES, news)?;
        self.is_free = matches!(woke, Woke::Turn);
        Ok(woke)
    }

    fn unread(&self) -> usize {
        self.view.unread()
    }
}

impl Sender {
    const SEES: Pair = BlogAcknowledge;

    /// One on a page that loom watches.
    #[cfg(loom)]
    pub fn watched(page: &std::sync::Arc<super::Page>) -> Self {
        Self { view: View::watched(page), is_free: false }
    }

    /// Whether it is our turn at this moment.
    ///
    /// # Errors
    /// A flag that is neither 0 nor 1.
    pub fn is_turn(&mut self) -> Result<bool, Corrupt> {
        self.is_free = self.view.flag(Self::SEES)? == FREE;
        Ok(self.is_free)
    }

    /// Hands `text` over; the empty one asks whether anybody is there.
    ///
    /// # Panics
    /// If it was not found to be our turn, or the text has a NUL in it or is longer
    /// than [`MAX_TEXT`].
    pub fn send(&mut self, text: &[u8]) {
        assert!(std::mem::take(&mut self.is_free) && text.len() <= MAX_TEXT);
        assert!(!text.contains(&0));
        let mut bytes = [0; TEXT_BYTES];
        bytes[..text.len()].copy_from_slice(text);
        let (words, _) = bytes.as_chunks::<4>();
        let page = self.view.page();
        page.witness.writes();
        step_with(Step::Text, || format!("some_text: {} bytes and a NUL", text.len()));
        for (word, bytes) in page.some_text.iter().zip(&words[..=text.len() / 4]) {
            word.store(u32::from_ne_bytes(*bytes), Relaxed);
        }
        step_with(Step::HandOver, || format!("written_by_you: {FREE} -> {WRITTEN}"));
        page.written_by_you.store(WRITTEN, at(BlogHandOver, Release));
        log::trace!("{} bytes, written_by_you {WRITTEN}", text.len());
    }

    /// Makes the text that waits an empty one, for a reader that went and left it there: the
    /// next one may be a C program, and throw it away. One that comes at this very moment may
    /// read it all the same.
    pub fn take_back(&mut self) {
        step_with(Step::Text, || "some_text: nothing but a NUL".to_owned());
        self.view.page().some_text[0].store(0, Relaxed);
    }
}
