//! What is in the segment, seen from outside and said so that it is the same in every run.
//!
//! A thread id in a word is different each time; in its place stands who it is.

use std::sync::atomic::Ordering::Relaxed;

use handoff_proto::layout::MAGIC;
use handoff_shm::sysv::Attachment;
use serde::Serialize;

use crate::words::Side;

/// Slots of the exchange that the page shows.
pub(crate) const SLOTS: usize = 2;

const TID_MASK: u32 = 0x3fff_ffff;
const CLOSED: u32 = TID_MASK;
/// Somebody sleeps on the word.
pub(crate) const ASLEEP: u32 = 1 << 31;
/// Of a slot's text, more than any line here has.
const SHOWN: usize = 32;

/// Who is who in this run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cast {
    /// The live writer's and reader's process id.
    pub(crate) alive: [Option<i32>; 2],
    /// Every writer's so far.
    pub(crate) writers: Vec<u32>,
}

impl Cast {
    /// The id of a live thread is 1 (writer) or 2 (reader); of a dead one, 3.
    pub(crate) fn role(&self, word: u32) -> u32 {
        let tid = word & TID_MASK;
        if tid == 0 || tid == CLOSED {
            return word;
        }
        let is_tid = |pid: &Option<i32>| pid.is_some_and(|pid| pid.cast_unsigned() == tid);
        let who = self.alive.iter().position(is_tid).unwrap_or(2);
        word & !TID_MASK | (who as u32 + 1)
    }
}

/// A slot: `written`, `len`, and the beginning of its text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Slot(pub(crate) u32, pub(crate) u32, pub(crate) String);

/// A segment's words: whether the magic is there, the role words, the slots.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Memory(pub(crate) bool, pub(crate) [u32; 2], pub(crate) Vec<Slot>);

impl Memory {
    pub(crate) fn of(attachment: &Attachment, cast: &Cast) -> Self {
        let mut magic = [0; 8];
        attachment.read(0, &mut magic);
        let magic = u64::from_ne_bytes(magic);
        assert!([0, MAGIC].contains(&magic), "nobody writes another magic");
        let roles = Side::BOTH.map(|side| cast.role(raw_role(attachment, side)));
        let slots = (0..SLOTS).map(|slot| slot_of(attachment, 64 + slot * 2112, cast)).collect();
        Self(magic != 0, roles, slots)
    }

    pub(crate) fn role(&self, side: Side) -> u32 {
        self.1[side as usize]
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.role(Side::Writer) & TID_MASK == CLOSED
    }

    /// Hand-offs so far: what is handed over, and what is acknowledged of it.
    pub(crate) fn handed_over(&self) -> usize {
        self.2.iter().map(|slot| (slot.0 & !ASLEEP).div_ceil(2) as usize).sum()
    }

    /// Whether the next slot is this side's.
    pub(crate) fn is_turn_of(&self, side: Side) -> bool {
        let (next, ours) = match side {
            Side::Writer => (self.handed_over(), 0),
            Side::Reader => (self.acknowledged(), 1),
        };
        self.2[next % SLOTS].0 % 2 == ours
    }

    /// The text that waits.
    pub(crate) fn waiting(&self) -> String {
        let next = self.acknowledged();
        let slots = (next..next + SLOTS).map(|at| &self.2[at % SLOTS]);
        let full = slots.take_while(|Slot(written, _, _)| written % 2 == 1);
        full.map(|Slot(_, len, text)| &text[..*len as usize]).collect()
    }

    pub(crate) fn acknowledged(&self) -> usize {
        self.2.iter().map(|slot| (slot.0 & !ASLEEP) as usize / 2).sum()
    }
}

/// A role word, with the thread id in it.
pub(crate) fn raw_role(attachment: &Attachment, side: Side) -> u32 {
    attachment.load_u32(8 + 4 * side as usize, Relaxed)
}

fn slot_of(attachment: &Attachment, at: usize, cast: &Cast) -> Slot {
    let mut text = [0; SHOWN];
    attachment.read(at + 8, &mut text);
    let [written, len] = [0, 4].map(|offset| attachment.load_u32(at + offset, Relaxed));
    Slot(written, len, shown(&text, cast))
}

/// Text as it is; before it, what a writer says in the slot that ends its stream: a thread id,
/// and whether the stream is broken, 8 bytes in all.
fn shown(text: &[u8; SHOWN], cast: &Cast) -> String {
    let (ending, rest) = text.split_at(8);
    let by = u32::from_ne_bytes(*ending.first_chunk().expect("4 of 8"));
    let (mark, text) = match cast.writers.contains(&by) {
        true if ending[4] == 0 => ("\u{1}", rest),
        true => ("\u{2}", rest),
        false => ("", &text[..]),
    };
    let end = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    format!("{mark}{}", String::from_utf8(text[..end].to_vec()).expect("our own lines"))
}
