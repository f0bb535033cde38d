//! The steps of a side's life: each store, swap and system call by which it changes
//! what others see, by name and in order.
//!
//! A test build (feature `steps`) can have a process killed before any of them, and
//! so show what the peer and a successor make of it. In other builds [`step`] is
//! nothing. A test reads the sources and fails when such a store or call has no step.

/// What is about to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// shmget: a new segment, exclusively.
    Create,
    /// shmget: the segment that is there.
    Find,
    /// shmctl: whose it is, and how large.
    Status,
    /// shmat.
    Attach,
    /// The magic, from 0.
    Magic,
    /// set_robust_list, to a list of ours.
    Register,
    /// The kernel is told that a role word is about to change hands.
    ClaimBegin,
    /// The role word becomes ours.
    Claim,
    /// The role word goes into the list.
    ClaimHold,
    /// Who sleeps on the role word learns of us.
    ClaimWake,
    /// The change of hands is over.
    ClaimEnd,
    /// Text goes from stdin into free slots.
    Read,
    /// Text is stored into a free slot.
    Text,
    /// Its length is stored.
    Len,
    /// `written` becomes odd.
    HandOver,
    /// The receiver is woken.
    HandOverWake,
    /// The sleep bit is set.
    SleepBit,
    /// Asleep, until a word changes.
    Sleep,
    /// Text goes from full slots to stdout.
    Output,
    /// `written` becomes even.
    Acknowledge,
    /// The sender is woken.
    AcknowledgeWake,
    /// The reader waits for the writer that ended to let go.
    WaitForWriter,
    /// A newcomer waits for a reader to finish closing.
    WaitForReader,
    /// The writer's word becomes closed.
    Close,
    /// The slots are looked at again behind that.
    LookAgain,
    /// The writer's word becomes vacant again.
    Reopen,
    /// Who waits for that is woken.
    ReopenWake,
    /// shmctl: the key leads to the segment no more.
    Remove,
    /// The kernel is told that our role word is about to change hands.
    LeaveBegin,
    /// The role word goes out of the list.
    LeaveUnlist,
    /// The role word is somebody else's to take.
    Leave,
    /// Who sleeps on the role word learns that we left.
    LeaveWake,
    /// The change of hands is over.
    LeaveEnd,
    /// set_robust_list, to the list of before.
    Unregister,
    /// shmdt.
    Detach,

    // Beyond System V. What a kind has in common with it has the name above.
    /// fchmod: an object gets its mode.
    Mode,
    /// ftruncate or posix_fallocate: an object gets its size.
    Reserve,
    /// linkat: an object gets its name.
    Publish,
    /// fcntl: an object's size is fixed for good.
    Seal,
    /// bind, listen: others find us at a socket.
    Listen,
    /// accept: somebody has come.
    Accept,
    /// Who waits until all is read looks again, as somebody is gone.
    LookAgainWake,
    /// sendmsg: descriptors go to the peer.
    Pass,
    /// recvmsg: descriptors come from the peer.
    Take,
    /// ioctl: a new dma-buf.
    Allocate,
    /// ioctl: the processor begins to look at a dma-buf.
    AccessBegin,
    /// ioctl: it has looked.
    AccessEnd,
}

/// The process is about to take this step.
#[cfg(not(feature = "steps"))]
#[inline(always)]
pub fn step(_step: Step) {}

#[cfg(feature = "steps")]
pub use hook::{on_step, step};

#[cfg(feature = "steps")]
mod hook {
    use std::sync::OnceLock;

    use super::Step;

    static HOOK: OnceLock<fn(Step)> = OnceLock::new();

    /// From now on, `hook` is called before each step. The first call counts.
    pub fn on_step(hook: fn(Step)) {
        let _ = HOOK.set(hook);
    }

    /// The process is about to take this step.
    pub fn step(step: Step) {
        if let Some(hook) = HOOK.get() {
            hook(step);
        }
    }
}
