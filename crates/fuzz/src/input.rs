//! The fuzzer's bytes, taken for choices. At their end, all choices are 0.

/// What is left of the bytes.
pub(crate) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self { rest: data }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.rest.split_off_first().copied().unwrap_or(0)
    }

    /// A number from 0 up to, and without, `end`, which is at most 256.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end
    }

    pub(crate) fn flags(&mut self) -> [bool; 8] {
        let byte = self.byte();
        std::array::from_fn(|bit| byte >> bit & 1 != 0)
    }

    fn number(&mut self) -> u32 {
        u32::from_ne_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    /// What a word that was `old` becomes: a neighbour, an extreme, or anything.
    pub(crate) fn value(&mut self, old: u32) -> u32 {
        match self.below(16) {
            0 => 0,
            1 => 1,
            2 => old.wrapping_add(1),
            3 => old.wrapping_sub(1),
            4 => old.wrapping_add(2),
            5 => old.wrapping_sub(2),
            6 => old ^ 0x8000_0000,
            7 => 0x7fff_ffff,
            8 => 0x8000_0000,
            9 => 0xffff_ffff,
            10 => 0x3fff_ffff,
            11 => 0x4000_0000,
            12 => 2048 + u32::from(self.byte() % 3),
            13 => std::process::id(),
            14 => u32::from(self.byte()),
            _ => self.number(),
        }
    }
}
