//! The number that both sides agree on.

use std::fmt;
use std::num::{NonZeroU32, ParseIntError};
use std::str::FromStr;

/// A key: any 32-bit number but 0. Written in decimal, or in hex after `0x` as
/// ipcs(1) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(NonZeroU32);

impl Key {
    /// As shmget(2) takes it: the same bits, signed.
    pub fn as_key_t(self) -> libc::key_t {
        self.0.get().cast_signed()
    }
}

/// Large keys are shown as ipcs(1) shows them, small ones as people type them.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get() {
            small @ ..1_000_000 => write!(f, "{small}"),
            large => write!(f, "{large:#010x}"),
        }
    }
}

/// Why a text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// IPC_PRIVATE.
    #[error("0 is IPC_PRIVATE, a segment without a key: nobody else could find it")]
    Zero,
    /// Not a number, or not one of 32 bits.
    #[error("a key is a number from 1 to 4294967295, decimal or 0x hex ({0})")]
    Number(ParseIntError),
}

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        let (digits, radix) = hex.map_or((text, 10), |digits| (digits, 16));
        // Rust's parsers take a plus sign; alone, it is no number to them either.
        let digits = if digits.starts_with('+') { "+" } else { digits };
        let number = u32::from_str_radix(digits, radix);
        NonZeroU32::new(number.map_err(BadKey::Number)?).map(Self).ok_or(BadKey::Zero)
    }
}
