//! Finding the object, again and again, and looking at it.
//!
//! What is found stays open between two looks, so that they cost little. What is gone is let go
//! at the next look: an object that is marked for removal lives as long as anybody has it, and
//! that is not to be us.

use std::fs;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use handoff_proto::TEXT_BYTES;
use handoff_proto::snapshot::{Glance, Snapshot};
use handoff_shm::sysv;

use crate::facts::account::Account;
use crate::facts::memory::{self, Attached, Read};
use crate::facts::nameless;
use crate::print::exchange::holders;
use crate::target::{self, Found, Place};

/// What a look brought.
#[derive(Debug)]
pub(crate) enum Look {
    /// There is no such object.
    Nothing,
    /// There is, but it cannot be looked at.
    Denied(String),
    /// What was there is gone, or marked for removal: it was let go.
    Removed,
    /// It is there.
    Seen(Box<Seen>),
}

/// An object at one moment.
#[derive(Debug)]
pub(crate) struct Seen {
    /// Another one than at the look before.
    pub(crate) is_new: bool,
    /// "segment 5", "file /run/...".
    pub(crate) name: String,
    /// Owner, mode, size, who has it.
    pub(crate) status: String,
    pub(crate) inside: Inside,
}

/// What is in it.
#[derive(Debug)]
pub(crate) enum Inside {
    /// The words, and the first bytes of some slots' texts.
    Exchange { words: Snapshot, texts: Vec<Vec<u8>>, from: usize },
    /// Something else, and its first bytes.
    Other { why: String, first: Vec<u8> },
}

/// What is open between two looks.
#[derive(Debug)]
enum Open {
    Segment { segment: sysv::Segment, memory: Attached },
    File { memory: Read, path: PathBuf },
    Nameless { memory: Read, link: PathBuf, holders: String },
}

/// An object that may come and go.
#[derive(Debug)]
pub(crate) struct Source {
    place: Place,
    open: Option<Open>,
    /// To look for it may mean to look into every process.
    next_search: Option<Instant>,
}

/// How often it is looked for where that is dear.
const SEARCH: Duration = Duration::from_secs(1);

/// Bytes of a text that share a cache line with the slot's word: these cost the pair nothing
/// more than the word itself.
pub(crate) const NEAR: usize = 56;

/// Of what is no exchange.
const FIRST: usize = 512;

impl Source {
    pub(crate) fn new(place: Place) -> Self {
        Self { place, open: None, next_search: None }
    }

    /// Looks, at the texts of these slots too.
    pub(crate) fn look(&mut self, slots: Range<usize>) -> Look {
        let is_new = self.open.is_none();
        if is_new {
            match self.search() {
                Ok(Some(open)) => self.open = Some(open),
                Ok(None) => return Look::Nothing,
                Err(why) => return Look::Denied(why),
            }
        }
        let open = self.open.as_ref().expect("it was found");
        let Some((name, status)) = open.describe() else {
            self.open = None;
            return if is_new { Look::Nothing } else { Look::Removed };
        };
        let inside = look_inside(open.memory(), slots);
        Look::Seen(Box::new(Seen { is_new, name, status, inside }))
    }

    /// What the place leads to now.
    fn search(&mut self) -> Result<Option<Open>, String> {
        match self.place.clone() {
            Place::Number(number) => segment(target::find(number)),
            Place::Id(id) => segment(target::find_by_id(id)),
            Place::Path { path, .. } => match Read::open(&path) {
                Ok(memory) => Ok(Some(Open::File { memory, path })),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error.to_string()),
            },
            Place::Socket { key, .. } => {
                let now = Instant::now();
                if self.next_search.is_some_and(|next| now < next) {
                    return Ok(None);
                }
                self.next_search = Some(now + SEARCH);
                let Some(found) = nameless::at_socket(key) else { return Ok(None) };
                let (link, holders) = (found.link, holders(&found.holders));
                let memory = Read::open_held(&link).map_err(|error| error.to_string())?;
                Ok(Some(Open::Nameless { memory, link, holders }))
            }
        }
    }
}

fn segment(found: Result<Option<Found>, sysv::Error>) -> Result<Option<Open>, String> {
    match found.map_err(|error| error.meaning().to_owned())? {
        Some(Found { segment, status, .. }) if !status.is_removed => {
            let memory = memory::attach(&segment, &status).map_err(|error| error.to_string())?;
            Ok(Some(Open::Segment { segment, memory }))
        }
        _ => Ok(None),
    }
}

impl Open {
    fn memory(&self) -> &dyn Glance {
        match self {
            Self::Segment { memory, .. } => memory,
            Self::File { memory, .. } | Self::Nameless { memory, .. } => memory,
        }
    }

    /// Its name and status; none if it is gone, or not what it was.
    fn describe(&self) -> Option<(String, String)> {
        match self {
            Self::Segment { segment, .. } => describe_segment(*segment),
            Self::File { memory, path } => {
                let (named, held) = (fs::symlink_metadata(path).ok()?, memory.status().ok()?);
                let id = |status: &fs::Metadata| (status.dev(), status.ino());
                let is_same = id(&named) == id(&held) && held.size() == memory.size() as u64;
                let (owner, mode) = (Account::user(held.uid()), held.mode() & 0o777);
                let status = format!("{owner} {mode:04o}, {} bytes", held.size());
                is_same.then(|| (path.display().to_string(), status))
            }
            Self::Nameless { memory, link, holders } => {
                let (there, held) = (fs::metadata(link).ok()?, memory.status().ok()?);
                let is_same = (there.dev(), there.ino()) == (held.dev(), held.ino());
                let status = format!("{} bytes, had by {holders}", held.size());
                is_same.then(|| (format!("memfd {}", held.ino()), status))
            }
        }
    }
}

fn describe_segment(segment: sysv::Segment) -> Option<(String, String)> {
    let status = match segment.status() {
        Ok(status) if status.is_removed => return None,
        Ok(status) => status,
        Err(error) if error.is_gone() => return None,
        // Permission was taken away since we attached it.
        Err(_) => return Some((format!("segment {}", segment.id()), String::new())),
    };
    let owner = Account::user(status.owner);
    let locked = if status.is_locked { ", locked" } else { "" };
    let others = status.attachments.saturating_sub(1);
    let text = format!(
        "{owner} {:04o}, {} bytes, {others} attached and us{locked}",
        status.mode, status.size
    );
    Some((format!("segment {}, key {}", status.id, status.key), text))
}

fn look_inside(memory: &dyn Glance, slots: Range<usize>) -> Inside {
    match Snapshot::take(memory) {
        Ok(words) => {
            let range = slots.start.min(words.slots().len())..slots.end.min(words.slots().len());
            let mut buffer = [0; NEAR];
            let texts = range
                .clone()
                .map(|slot| words.text(memory, slot, &mut buffer).unwrap_or_default().to_vec());
            Inside::Exchange { texts: texts.collect(), from: range.start, words }
        }
        Err(error) => {
            let mut first = vec![0; memory.size().min(FIRST)];
            if !memory.copy(0, &mut first) {
                first.clear();
            }
            Inside::Other { why: error.to_string(), first }
        }
    }
}

const _: () = assert!(NEAR <= TEXT_BYTES);
