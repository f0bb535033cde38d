//! Which word of an exchange, and what becomes of it: `len:0=0xffffffff`, `written:*=+2`.

use std::str::FromStr;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;

use crate::target::{HEADER, SLOT, Target};

/// One change of one word, or of the same word of every slot.
pub(crate) struct Change {
    /// Bytes from the header's start, or from each slot's.
    offset: usize,
    slot: Which,
    deed: Deed,
}

enum Which {
    Header,
    One(usize),
    Every,
}

enum Deed {
    Store(u32),
    Add(u32),
    Sub(u32),
    Xor(u32),
}

impl FromStr for Change {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (field, value) = text.split_once('=').ok_or(format!("{text:?}: FIELD=VALUE?"))?;
        let (name, slot) = match field.split_once(':') {
            None => (field, Which::Header),
            Some((name, "*")) => (name, Which::Every),
            Some((name, index)) => {
                (name, Which::One(index.parse().map_err(|_| format!("{index:?} is no slot"))?))
            }
        };
        let offset = match (name, &slot) {
            ("magic", Which::Header) => 0,
            ("magic-high", Which::Header) => 4,
            ("writer", Which::Header) => 8,
            ("reader", Which::Header) => 12,
            ("padding", Which::Header) => 16,
            ("written", Which::One(_) | Which::Every) => 0,
            ("len", Which::One(_) | Which::Every) => 4,
            ("text", Which::One(_) | Which::Every) => 8,
            _ => return Err(format!("{field:?} is no field")),
        };
        Ok(Self { offset, slot, deed: value.parse()? })
    }
}

impl FromStr for Deed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (make, number): (fn(u32) -> Self, _) = match text.split_at_checked(1) {
            Some(("+", rest)) => (Self::Add, rest),
            Some(("-", rest)) => (Self::Sub, rest),
            Some(("^", rest)) => (Self::Xor, rest),
            _ => (Self::Store, text),
        };
        let parsed = match number.strip_prefix("0x") {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => number.parse(),
        };
        parsed.map(make).map_err(|error| format!("{number:?}: {error}"))
    }
}

impl Change {
    /// Does it once.
    pub(crate) fn make(&self, target: &Target) {
        self.words(target).for_each(|word| {
            match self.deed {
                Deed::Store(value) => word.swap(value, SeqCst),
                Deed::Add(value) => word.fetch_add(value, SeqCst),
                Deed::Sub(value) => word.fetch_sub(value, SeqCst),
                Deed::Xor(value) => word.fetch_xor(value, SeqCst),
            };
        });
    }

    /// The words that it is about.
    pub(crate) fn words<'a>(&self, target: &'a Target) -> impl Iterator<Item = &'a AtomicU32> {
        let starts = match self.slot {
            Which::Header => 0..1,
            Which::One(index) => index..index + 1,
            Which::Every => 0..target.slots(),
        };
        let (base, stride) = match self.slot {
            Which::Header => (0, 0),
            Which::One(_) | Which::Every => (HEADER, SLOT),
        };
        let offset = self.offset;
        starts.map(move |index| target.word(base + index * stride + offset))
    }
}
