//! The classic layout in a System V segment: the way in, who else is there, the way out.
//!
//! The memory has no roles (see [`handoff_proto::blog`]). But the kernel counts how often a
//! segment is attached, and detaches it for who dies; so who waits asks IPC_STAT between two
//! looks. That tells that somebody came or went, not who: an onlooker passes for a peer, and
//! two writers pass for a writer and a reader.
//!
//! The reader removes the segment behind the end, as the C reader does. Else whoever of ours
//! is the last to leave removes it, unless text in it waits for a reader. Each detaches first
//! and counts then, so that of two that leave at once one sees that nobody is left.

use std::rc::Rc;

use handoff_proto::blog::{End, Receiver, Woke};
use handoff_proto::{Corrupt, Interrupt};

use crate::attach::AttachError;
use crate::segment::{Layout, Request, Segment, SegmentError};
use crate::sysv::{self, Status, SysvSegment, attach_by_key};

/// Who else has the segment attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nobody.
    Alone,
    /// One other.
    Other,
    /// More than one other: two writers take each other's turn, and so do two readers.
    Others,
    /// Nobody, and nobody can come: somebody has removed it.
    Lost,
}

impl Presence {
    fn of(now: &Status) -> Self {
        match now.attachments {
            0 | 1 if now.is_removed => Self::Lost,
            0 | 1 => Self::Alone,
            2 => Self::Other,
            _ => Self::Others,
        }
    }
}

/// One end, and the segment that it is at.
pub struct Place<E> {
    /// The sender or receiver.
    pub end: E,
    segment: Rc<SysvSegment>,
    /// What the last news was.
    told: Option<Presence>,
}

impl<E: End> Place<E> {
    /// Attaches the segment that the request's key leads to, making it if there is none.
    ///
    /// # Errors
    /// It cannot be had, or must not be used; one that was there is as before then.
    pub fn attach(request: &Request, interrupt: &Interrupt) -> Result<Self, AttachError> {
        let segment = attach_by_key(&Request { layout: Layout::Blog, ..request.clone() })?;
        let end = E::new(Rc::clone(&segment), interrupt.clone());
        let end = end.map_err(|source| SegmentError::Foreign {
            object: segment.description(),
            removal: segment.removal(),
            source,
        })?;
        Ok(Self { end, segment, told: None })
    }

    /// Waits for our turn, or until somebody has come or gone: each is told once.
    ///
    /// # Errors
    /// A flag that is neither 0 nor 1.
    pub fn wait(&mut self) -> Result<Woke<Presence>, Corrupt> {
        let Self { end, segment, told } = self;
        let woke = end.wait(|| presence(segment).filter(|now| Some(*now) != *told))?;
        match woke {
            Woke::News(now) => self.told = Some(now),
            // Somebody has been there since: to be alone again is news.
            Woke::Turn if self.told == Some(Presence::Alone) => self.told = None,
            Woke::Turn | Woke::Interrupted => {}
        }
        Ok(woke)
    }

    /// Who else is there now, if that is new.
    pub fn news(&mut self) -> Option<Presence> {
        let now = presence(&self.segment);
        let before = std::mem::replace(&mut self.told, now);
        now.filter(|_| now != before)
    }

    /// Who else is there now.
    pub fn now(&self) -> Option<Presence> {
        presence(&self.segment)
    }

    /// What the last news was.
    pub fn told(&self) -> Option<Presence> {
        self.told
    }

    /// Logs that others are there, if any are: both sides see that alike. What it means to be
    /// alone depends on the side, so each says that itself.
    pub fn tell_of_others(&self, now: Presence) {
        let name = self.segment.name();
        match now {
            Presence::Other => match self.last_other() {
                Some(pid) => log::info!("process {pid} has attached {name}"),
                None => log::info!("another process has {name} attached"),
            },
            Presence::Others => log::warn!(
                "more than one other process has {name} attached: this layout cannot tell two \
                 writers or two readers from one"
            ),
            Presence::Alone | Presence::Lost => {}
        }
    }

    /// The last process that attached or detached the segment, if we can see it and are not
    /// that ourselves.
    fn last_other(&self) -> Option<u32> {
        let last = self.segment.segment().status_untold()?.last_pid;
        u32::try_from(last).ok().filter(|&last| last != 0 && last != std::process::id())
    }

    /// The segment.
    pub fn segment(&self) -> &dyn Segment {
        &*self.segment
    }

    /// Detaches the segment, and removes it if nobody else has it and no text in it waits.
    ///
    /// `ended` is whether an end was handed over. A reader that has taken that removes the segment,
    /// and may have detached it for that already: a C program complains if it is gone.
    ///
    /// # Errors
    /// It is not ours to remove.
    pub fn leave(self, ended: bool) -> Result<(), SegmentError> {
        let (id, name) = (self.segment.segment(), self.segment.name());
        // The end keeps the memory, too.
        drop(self);
        let is_left = id.status_untold().is_some_and(|now| now.attachments == 0);
        match is_left && is_of_no_use(id, ended) {
            true => sysv::remove(id, || name),
            false => Ok(()),
        }
    }
}

/// Whether nobody who comes would find anything in the segment, and nobody is about to remove
/// it. Looks into it once more, as whoever was the last may have left something there.
fn is_of_no_use(id: sysv::Segment, ended: bool) -> bool {
    let memory = id.attach().ok().and_then(|memory| sysv::Writable::try_from(memory).ok());
    let page = memory.and_then(|memory| Receiver::new(memory, Interrupt::never()).ok());
    page.is_some_and(|page| {
        let is_taken = !page.is_turn().unwrap_or(false);
        page.unread() == 0 && !(ended && is_taken)
    })
}

fn presence(segment: &SysvSegment) -> Option<Presence> {
    segment.segment().status_untold().as_ref().map(Presence::of)
}
