//! The reader's end of the classic layout.

use std::sync::atomic::Ordering::Release;

use super::{End, FREE, TEXT_BYTES, Text, View, WRITTEN, Woke};
use crate::error::{Corrupt, NotAnExchange};
use crate::exchange::Mapping;
use crate::interrupt::Interrupt;
use crate::order::Pair::{self, BlogAcknowledge, BlogHandOver};
use crate::order::at;
use crate::step::{Step, step_with};

/// The reader's end.
pub struct Receiver {
    view: View,
}

impl End for Receiver {
    fn new(mapping: impl Mapping + 'static, interrupt: Interrupt) -> Result<Self, NotAnExchange> {
        View::new(mapping, interrupt).map(|view| Self { view })
    }

    fn wait<N>(&mut self, news: impl FnMut() -> Option<N>) -> Result<Woke<N>, Corrupt> {
        self.view.wait(WRITTEN, Self::SEES, news)
    }

    fn unread(&self) -> usize {
        self.view.unread()
    }
}

impl Receiver {
    const SEES: Pair = BlogHandOver;

    /// One on a page that loom watches.
    #[cfg(loom)]
    pub fn watched(page: &std::sync::Arc<super::Page>) -> Self {
        Self { view: View::watched(page) }
    }

    /// Whether there is a text at this moment.
    ///
    /// # Errors
    /// A flag that is neither 0 nor 1.
    pub fn is_turn(&self) -> Result<bool, Corrupt> {
        Ok(self.view.flag(Self::SEES)? == WRITTEN)
    }

    /// The text that [`wait`](End::wait) has found, copied out once.
    pub fn text<'a>(&self, into: &'a mut [u8; TEXT_BYTES]) -> Text<'a> {
        self.view.text(into)
    }

    /// We are done with the text: the writer may change it.
    pub fn acknowledge(&mut self) {
        step_with(Step::Acknowledge, || format!("written_by_you: {WRITTEN} -> {FREE}"));
        self.view.page().written_by_you.store(FREE, at(BlogAcknowledge, Release));
        log::trace!("acknowledged, written_by_you {FREE}");
    }
}
