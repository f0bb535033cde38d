//! The steps of a side's life: each store, swap and system call by which it changes
//! what others see, by name and in order, each with a sentence that says what it does.
//!
//! Whoever wants to stop at a step, or to die there, hooks in by [`on_step`]: `--step` shows
//! each to a person, and a test build is killed at any of them. Without a hook a step is
//! one look at a word that nobody changes; and the hand-off itself, of which that
//! would be a part, does not even look: see `is_watched`. A test reads the sources and
//! fails when such a store or call has no step.

use std::sync::OnceLock;

use log::LevelFilter;

/// One list makes the enum, its documentation and the sentences.
macro_rules! steps {
    ($($(#[doc = $sentence:literal])+ $name:ident,)+) => {
        /// What is about to happen.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Step {
            $($(#[doc = $sentence])+ $name,)+
        }

        impl Step {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// What it does, in a sentence.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($sentence),+).trim_ascii(),)+
                }
            }
        }
    };
}

steps! {
    /// A new object is made, exclusively.
    Create,
    /// The object that is there is looked up.
    Find,
    /// The kernel is asked whose an object is, and how large.
    Status,
    /// The object's pages come into our address space.
    Attach,
    /// The magic says what this memory is, unless it does so already.
    Magic,
    /// set_robust_list: our list is the one that counts when we die.
    Register,
    /// The kernel is told that a role word is about to change hands.
    ClaimBegin,
    /// The role word becomes ours.
    Claim,
    /// The role word goes into the robust list.
    ClaimHold,
    /// Who sleeps on the role word learns of us.
    ClaimWake,
    /// The kernel is told that the word has changed hands.
    ClaimEnd,
    /// Text goes from stdin into free slots.
    Read,
    /// Text is stored into a free slot.
    Text,
    /// The length of the text is stored.
    Len,
    /// `written` becomes odd: the text is the receiver's.
    HandOver,
    /// The receiver is woken.
    HandOverWake,
    /// The sleep bit says that somebody is about to sleep on the word.
    SleepBit,
    /// Asleep, until a word changes.
    Sleep,
    /// Text goes from full slots to stdout.
    Output,
    /// `written` becomes even: the slot is the sender's again.
    Acknowledge,
    /// The sender is woken.
    AcknowledgeWake,
    /// The reader waits for the writer that ended to let go.
    WaitForWriter,
    /// A newcomer waits for a reader to finish closing.
    WaitForReader,
    /// The writer's word becomes closed: no writer comes in.
    Close,
    /// The slots are looked at again, behind closing.
    LookAgain,
    /// The writer's word is opened again: writers may come.
    Reopen,
    /// The key leads to the object no more.
    Remove,
    /// The kernel is told that our role word is about to change hands.
    LeaveBegin,
    /// The role word goes out of the robust list.
    LeaveUnlist,
    /// The role word becomes somebody else's to take.
    Leave,
    /// Who sleeps on the role word learns that we left.
    LeaveWake,
    /// The kernel is told that the word is not ours any more.
    LeaveEnd,
    /// set_robust_list: the list of before counts again.
    Unregister,
    /// The object's pages leave our address space.
    Detach,

    // Beyond System V. What a kind has in common with it has the name above.
    /// An object gets its mode.
    Mode,
    /// An object gets its size.
    Reserve,
    /// An object gets its name.
    Publish,
    /// An object's size is fixed for good.
    Seal,
    /// Others find us at a socket.
    Listen,
    /// Somebody has come.
    Accept,
    /// Who waits until all is read looks again, as somebody is gone.
    LookAgainWake,
    /// A message, with descriptors perhaps, goes to the peer.
    Pass,
    /// A message, with descriptors perhaps, comes from the peer.
    Take,
    /// A new dma-buf is made.
    Allocate,
    /// The kernel is told that the processor begins to look at a dma-buf.
    AccessBegin,
    /// The kernel is told that the processor has looked.
    AccessEnd,
}

/// What is called before each step, with what is about to be read or written: worked out
/// only if asked for.
pub type Hook = fn(Step, &dyn Fn() -> String);

static HOOK: OnceLock<Hook> = OnceLock::new();

/// From now on, `hook` is called before each step. The first call counts; it has to come
/// behind the start of a logger, whose own filter then says what is logged.
pub fn on_step(hook: Hook) {
    if HOOK.set(hook).is_ok() {
        log::set_max_level(LevelFilter::Trace);
    }
}

/// The process is about to take this step.
#[inline]
pub fn step(step: Step) {
    step_with(step, String::new);
}

/// The same, and these are the values.
#[inline]
pub fn step_with(step: Step, values: impl Fn() -> String) {
    if let Some(hook) = HOOK.get() {
        hooked(*hook, step, &values);
    }
}

#[cold]
fn hooked(hook: Hook, step: Step, values: &dyn Fn() -> String) {
    hook(step, values);
}

/// Whether somebody looks at each hand-off, in the log or by a hook.
///
/// A hand-off between two that spin takes as long as a cache line travels, and has to look
/// at log's level in any case. So that one look serves both: the hook raises the level,
/// and where it is lower, the hand-off is compiled without a step in it.
#[inline]
pub(crate) fn is_watched() -> bool {
    log::max_level() == LevelFilter::Trace
}
