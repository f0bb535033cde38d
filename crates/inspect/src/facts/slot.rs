//! An exchange slot by slot.

use handoff_proto::TEXT_BYTES;
use handoff_proto::snapshot::{Glance, Snapshot};
use serde::{Serialize, Serializer};

/// A slot's words, and the first bytes of its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Slot {
    pub(crate) slot: usize,
    /// All bits of `written`.
    pub(crate) word: u32,
    /// Which text of this slot it is that waits, or for which it is free.
    pub(crate) lap: u32,
    pub(crate) state: State,
    /// "writer" or "reader", if one sleeps until the word changes.
    pub(crate) sleeper: Option<String>,
    /// As the slot says; believed up to 2048.
    pub(crate) length: u32,
    #[serde(rename = "hex", serialize_with = "hex")]
    pub(crate) text: Vec<u8>,
}

/// What a slot's word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Free,
    Text,
    End,
}

fn hex<S: Serializer>(text: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// How much of the texts is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Bytes of each, at most.
    pub(crate) most: usize,
    /// Those that were read already as well.
    pub(crate) old: bool,
}

/// Every slot. A text may be a later one than the words are about: nobody waits for us.
pub(crate) fn all(memory: &dyn Glance, seen: &Snapshot, extent: Extent) -> Vec<Slot> {
    let mut buffer = [0; TEXT_BYTES];
    let buffer = &mut buffer[..extent.most.min(TEXT_BYTES)];
    let slots = seen.slots().iter().enumerate();
    slots
        .map(|(slot, words)| {
            let text = (words.is_full() || extent.old).then(|| seen.text(memory, slot, buffer));
            Slot {
                slot,
                word: words.bits(),
                lap: words.lap(),
                state: match (words.is_full(), words.is_end()) {
                    (false, _) => State::Free,
                    (true, false) => State::Text,
                    (true, true) => State::End,
                },
                sleeper: words.sleeper().map(|side| side.to_string()),
                length: words.length(),
                text: text.flatten().unwrap_or_default().to_vec(),
            }
        })
        .collect()
}
