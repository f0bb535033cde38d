//! A look over text in shared memory, without a copy: may a line of some length be in it?
//!
//! Whoever looks for a certain line has to copy the text first, as no search of a library's may
//! run over memory that a peer can change. But most text has no line of the right length, and
//! that is seen for less than half the instructions: no two newlines are so far apart. What is
//! seen here rules a text out and decides nothing else, whatever a peer changes meanwhile.

use std::sync::atomic::Ordering::Relaxed;

use crate::layout::{Slot, TEXT_BYTES};

/// The longest line that can be ruled out.
pub(crate) const LONGEST: usize = 64;

/// Whether a slot full of text has two newlines with exactly `length` bytes between them. True
/// as well where the processor has no quick way to tell.
///
/// # Panics
/// If `length` is above [`LONGEST`].
pub(crate) fn may_have_line(slot: &Slot, length: usize) -> bool {
    assert!(length <= LONGEST);
    slot.witness.reads();
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, and the distance is one that was asked for.
        return unsafe { avx2::has_newlines(&slot.text, length + 1) };
    }
    true
}

/// Whether a line of `length` bytes lies across the border between two slots full of text,
/// its newlines included.
pub(crate) fn is_line_across(slot: &Slot, next: &Slot, length: usize) -> bool {
    slot.witness.reads();
    next.witness.reads();
    let is_newline =
        |slot: &Slot, at: usize| slot.text[at / 8].load(Relaxed).to_ne_bytes()[at % 8] == b'\n';
    (0..=length).any(|end| is_newline(next, end) && is_newline(slot, TEXT_BYTES + end - length - 1))
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use core::arch::asm;
    use core::arch::x86_64::{_mm256_set1_epi8, _mm256_setzero_si256, _mm256_testz_si256};
    use std::sync::atomic::AtomicU64;

    use super::{LONGEST, TEXT_BYTES};
    use crate::layout::TEXT_WORDS;

    /// Bytes that are looked at in one step.
    const STEP: usize = 64;

    const _: () = assert!(LONGEST + 1 + STEP <= TEXT_BYTES);

    /// Whether two newlines are `distance` bytes apart.
    ///
    /// # Safety
    /// `distance` is at most [`LONGEST`] + 1.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn has_newlines(text: &[AtomicU64; TEXT_WORDS], distance: usize) -> bool {
        let newline = _mm256_set1_epi8(b'\n'.cast_signed());
        let mut found = _mm256_setzero_si256();
        let last = TEXT_BYTES - distance - STEP;
        let mut from = 0;
        loop {
            // SAFETY: 64 bytes are read from `from` on and from `from + distance` on, the last
            // of which are the text's last. That a peer may write them meanwhile is no race in
            // Rust's sense: the compiler knows nothing of these loads, which promise no more
            // than relaxed ones of single bytes.
            unsafe {
                asm!(
                    "vpcmpeqb {a}, {newline}, [{text}]",
                    "vpcmpeqb {b}, {newline}, [{text} + {distance}]",
                    "vpcmpeqb {c}, {newline}, [{text} + 32]",
                    "vpcmpeqb {d}, {newline}, [{text} + {distance} + 32]",
                    "vpand {a}, {a}, {b}",
                    "vpand {c}, {c}, {d}",
                    "vpor {found}, {found}, {a}",
                    "vpor {found}, {found}, {c}",
                    text = in(reg) text.as_ptr().cast::<u8>().wrapping_add(from),
                    distance = in(reg) distance,
                    newline = in(ymm_reg) newline,
                    found = inout(ymm_reg) found,
                    a = out(ymm_reg) _,
                    b = out(ymm_reg) _,
                    c = out(ymm_reg) _,
                    d = out(ymm_reg) _,
                    options(nostack, preserves_flags, readonly),
                );
            }
            if from == last {
                return _mm256_testz_si256(found, found) == 0;
            }
            from = (from + STEP).min(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, is_line_across, may_have_line};
    use crate::layout::{Slot, TEXT_BYTES};
    use crate::text;

    const LENGTHS: [usize; 6] = [0, 1, 3, 31, 63, LONGEST];

    fn slot(newlines: &[usize]) -> Slot {
        let mut bytes = [b'x'; TEXT_BYTES];
        for &at in newlines {
            bytes[at] = b'\n';
        }
        let slot = Slot::default();
        text::put(&slot, &bytes);
        slot
    }

    #[test]
    fn a_line_is_seen_wherever_it_is() {
        for length in LENGTHS {
            for at in 0..TEXT_BYTES - length - 1 {
                assert!(may_have_line(&slot(&[at, at + length + 1]), length), "{length} at {at}");
            }
        }
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn other_lines_are_ruled_out() {
        if !is_x86_feature_detected!("avx2") {
            println!("SKIP other lines: this processor has no AVX2");
            return;
        }
        for length in LENGTHS {
            for at in (0..TEXT_BYTES - length - 2).step_by(7) {
                let longer = slot(&[at, at + length + 2]);
                assert!(!may_have_line(&longer, length), "{length} at {at}");
            }
            assert!(!may_have_line(&slot(&[0, TEXT_BYTES - 1]), length));
        }
    }

    #[test]
    fn a_line_across_a_border_is_seen_and_no_other() {
        for length in LENGTHS {
            for end in 0..=length {
                let from = TEXT_BYTES + end - length - 1;
                assert!(is_line_across(&slot(&[from]), &slot(&[end]), length), "{length}, {end}");
                let none = slot(&[]);
                assert!(!is_line_across(&slot(&[from - 1]), &slot(&[end]), length));
                assert!(!is_line_across(&slot(&[from]), &none, length));
                assert!(!is_line_across(&none, &slot(&[end]), length));
            }
        }
    }
}
