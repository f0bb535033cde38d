//! The classic layout, to talk to the C programs of the tutorials: one flag, one text.
//!
//! ```text
//! byte  0                4                             2052
//!       | written_by_you | some_text                   |
//!       | int: 0 or 1    | char[2048], up to its NUL   |
//! ```
//!
//! The writer changes the text while the flag is 0 and then sets it to 1; the reader prints
//! the text and sets it to 0. A text that begins with "end" is the last one, as the C programs
//! compare just three bytes. More than that they do not know, so the classic layout lacks
//! what this crate's own has:
//!
//! - Nobody wakes anybody: each side looks every millisecond.
//! - There are no roles. The memory says neither who is there nor that somebody died, so
//!   [`wait`](End::wait) asks its caller between two looks: System V counts attachments.
//! - There is no magic. All that betrays memory of something else is its size, and a flag
//!   that is neither 0 nor 1.
//! - The C programs set the flag to 0 when they start, and so lose what waits there. A writer
//!   that comes first therefore hands over the empty text: the reset of a C reader answers it
//!   as well as an acknowledgement, and loses nothing. From then on somebody is there.
//! - The C programs' loads and stores are volatile at best. An x86 processor keeps their order;
//!   on other machines nobody promises that the C side sees the text with its flag.

use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use crate::error::{Corrupt, NotAnExchange};
use crate::exchange::{Keep, Mapping};
use crate::interrupt::Interrupt;
use crate::order::{Pair, at};
use crate::sync::{AtomicU32, Witness};
use crate::wait::pause;

mod receiver;
mod sender;

pub use receiver::Receiver;
pub use sender::Sender;

/// Bytes of the text's place, its NUL included.
pub const TEXT_BYTES: usize = TEXT_WORDS * 4;

/// Bytes that one hand-off can carry: all but the NUL.
pub const MAX_TEXT: usize = TEXT_BYTES - 1;

/// The exact size in bytes of the classic layout: 2052.
pub const SIZE: usize = size_of::<Page>();

/// The text that ends a stream if nothing else does.
pub const END: &[u8] = b"end\n";

/// The text behind an `int` is not aligned to more than that.
#[cfg(not(loom))]
const TEXT_WORDS: usize = 512;
/// Enough to see a torn or stale text, and few enough to explore.
#[cfg(loom)]
const TEXT_WORDS: usize = 2;

/// `written_by_you`: the writer may change the text.
const FREE: u32 = 0;
/// `written_by_you`: there is text for the reader.
const WRITTEN: u32 = 1;

/// What both sides see. In C: `struct { int written_by_you; char some_text[2048]; }`.
#[repr(C)]
pub struct Page {
    written_by_you: AtomicU32,
    some_text: [AtomicU32; TEXT_WORDS],
    witness: Witness,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            written_by_you: AtomicU32::default(),
            some_text: std::array::from_fn(|_| AtomicU32::default()),
            witness: Witness::default(),
        }
    }
}

// loom's atomics are larger than the ones they stand for.
#[cfg(not(loom))]
const _: () = {
    use core::mem::offset_of;

    assert!(offset_of!(Page, written_by_you) == 0);
    assert!(offset_of!(Page, some_text) == 4);
    assert!(size_of::<Page>() == 2052 && align_of::<Page>() == align_of::<core::ffi::c_int>());
    assert!(size_of::<core::ffi::c_int>() == 4 && TEXT_BYTES == 2048);
};

/// Whether a classic reader stops behind this text: strncmp(text, "end", 3) == 0.
pub fn is_end(text: &[u8]) -> bool {
    text.starts_with(b"end")
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woke<N> {
    /// It is our turn.
    Turn,
    /// It is not, but the caller has found this new.
    News(N),
    /// Somebody wants us to leave.
    Interrupted,
}

/// What both ends can do.
pub trait End: Sized {
    /// Takes `mapping` for a page of the classic layout.
    ///
    /// # Errors
    /// Its size or its flag is none of that; nothing was changed then.
    fn new(mapping: impl Mapping + 'static, interrupt: Interrupt) -> Result<Self, NotAnExchange>;

    /// Waits for our turn: the writer's is a text that it may change, the reader's one that
    /// it has not seen. Asks for `news` between two looks.
    ///
    /// # Errors
    /// A flag that is neither 0 nor 1.
    fn wait<N>(&mut self, news: impl FnMut() -> Option<N>) -> Result<Woke<N>, Corrupt>;

    /// Bytes of a text that waits for a reader. The empty text and an end do not count.
    fn unread(&self) -> usize;
}

/// Somebody's view of a page.
struct View {
    page: NonNull<Page>,
    /// The memory that the pointer leads to.
    _memory: Rc<dyn Keep>,
    interrupt: Interrupt,
}

impl View {
    fn new(mapping: impl Mapping + 'static, interrupt: Interrupt) -> Result<Self, NotAnExchange> {
        let size = mapping.size();
        if size != SIZE {
            return Err(NotAnExchange::BlogSize { size });
        }
        let page = mapping.base().cast();
        let view = Self { page, _memory: Rc::new(mapping), interrupt };
        match view.page().written_by_you.load(Relaxed) {
            FREE | WRITTEN => Ok(view),
            found => Err(NotAnExchange::BlogFlag { found }),
        }
    }

    fn page(&self) -> &Page {
        // SAFETY: the mapping is kept and holds a page at an address aligned to 64; a page is
        // atomics only, so that a peer's stores are no aliasing of this reference.
        unsafe { self.page.as_ref() }
    }

    fn flag(&self, pair: Pair) -> Result<u32, Corrupt> {
        match self.page().written_by_you.load(at(pair, Acquire)) {
            flag @ (FREE | WRITTEN) => Ok(flag),
            found => Err(Corrupt::BlogFlag { found }),
        }
    }

    /// Waits until the flag, read as one end of `pair`, is `turn`.
    fn wait<N>(
        &self,
        turn: u32,
        pair: Pair,
        mut news: impl FnMut() -> Option<N>,
    ) -> Result<Woke<N>, Corrupt> {
        let mut told = false;
        loop {
            if self.interrupt.is_raised() {
                return Ok(Woke::Interrupted);
            }
            if self.flag(pair)? == turn {
                return Ok(Woke::Turn);
            }
            let news = news();
            // Look again: what the peer handed over before it went is there now.
            if self.flag(pair)? == turn {
                return Ok(Woke::Turn);
            }
            if let Some(news) = news {
                return Ok(Woke::News(news));
            }
            if !std::mem::replace(&mut told, true) {
                log::debug!("clock_nanosleep(1 ms) until written_by_you is {turn}");
            }
            pause();
        }
    }

    /// Copies the text out, once: what is looked at is what was copied.
    fn text<'a>(&self, into: &'a mut [u8; TEXT_BYTES]) -> Text<'a> {
        self.page().witness.reads();
        let (words, _) = into.as_chunks_mut::<4>();
        for (bytes, word) in words.iter_mut().zip(&self.page().some_text) {
            *bytes = word.load(Relaxed).to_ne_bytes();
        }
        let nul = into.iter().position(|&byte| byte == 0);
        Text { bytes: &into[..nul.unwrap_or(TEXT_BYTES)], is_cut: nul.is_none() }
    }

    fn unread(&self) -> usize {
        let waits = self.page().written_by_you.load(Relaxed) == WRITTEN;
        let mut buffer = [0; TEXT_BYTES];
        let text = self.text(&mut buffer).bytes;
        if waits && !is_end(text) { text.len() } else { 0 }
    }
}

/// A text as it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a> {
    /// Up to its NUL.
    pub bytes: &'a [u8],
    /// There is no NUL: strncpy(3) wrote as much as fits, and the rest of the line is lost.
    pub is_cut: bool,
}

#[cfg(loom)]
impl View {
    fn watched(page: &std::sync::Arc<Page>) -> Self {
        let _memory: Rc<dyn Keep> = Rc::new(page.clone());
        Self { page: NonNull::from(&**page), _memory, interrupt: Interrupt::never() }
    }
}
