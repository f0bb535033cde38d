//! The steps at which the page stops, in words.

/// One of the two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Side {
    Writer,
    Reader,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::Writer, Self::Reader];

    /// The program's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Writer => "writer",
            Self::Reader => "reader",
        }
    }

    pub(crate) fn peer(self) -> Self {
        match self {
            Self::Writer => Self::Reader,
            Self::Reader => Self::Writer,
        }
    }
}

/// A step at which the page stops.
pub(crate) struct Stop {
    /// Its name, as in proto's `step.rs`.
    pub(crate) name: &'static str,
    /// What is about to happen.
    pub(crate) words: &'static str,
    /// Shown of who comes when there is no segment yet; others go by without a stop.
    pub(crate) is_making: bool,
}

const fn stop(name: &'static str, words: &'static str) -> Stop {
    Stop { name, words, is_making: false }
}

const fn making(name: &'static str, words: &'static str) -> Stop {
    Stop { name, words, is_making: true }
}

/// The steps of proto's list at which both can see or feel a difference. What is between them
/// (the robust list, say) is run through with the step before.
pub(crate) const STOPS: [Stop; 18] = [
    making(
        "Create",
        "Asks the kernel for the segment of its key: makes it, if there is none (shmget), and \
         attaches it (shmat). A new one is all zeros.",
    ),
    making(
        "Magic",
        "Writes the magic number, by compare-exchange from 0. Whoever comes second finds it \
         there. All zeros is an empty exchange already, so nobody has to wait for this.",
    ),
    stop(
        "Claim",
        "Takes a role: puts its thread id into the role word, by compare-exchange from vacant \
         or from a dead holder's. The word is on its robust list, so the kernel will mark it \
         should the process die. Who sleeps on the word is woken.",
    ),
    stop(
        "Read",
        "read(2) puts the next line of input straight into the text of a free slot; the length \
         goes beside it. written stays as it is: to the reader, nothing has happened yet.",
    ),
    stop(
        "HandOver",
        "Adds one to written, from even to odd, by a swap with Release: from here on the slot \
         is the reader's. The old value tells whether the reader sleeps.",
    ),
    stop(
        "HandOverWake",
        "The old value had the sleep bit: somebody sleeps there. FUTEX_WAKE wakes it. Without \
         the bit there would be no system call.",
    ),
    stop(
        "SleepBit",
        "It is not its turn. Sets the top bit of written, by compare-exchange from the value \
         that says so: should the word change first, this fails, and nobody sleeps.",
    ),
    stop(
        "Sleep",
        "futex_waitv: sleeps on three words at once (the slot's written, the other's role word, \
         and a private one for Ctrl-C), unless one of them has changed meanwhile.",
    ),
    stop("Output", "write(2) prints the text straight from the slots."),
    stop(
        "Acknowledge",
        "Adds one to written, from odd to even, by a swap with Release: the text is printed, and \
         the slot is the writer's again.",
    ),
    stop("AcknowledgeWake", "The old value had the sleep bit: FUTEX_WAKE wakes the writer."),
    stop(
        "WaitForWriter",
        "The stream is at its end, and the writer still holds its role. Sleeps on the writer's \
         word until it lets go, for a second at most.",
    ),
    stop(
        "WaitForReader",
        "Somebody holds the reader's role to close this exchange. Sleeps on the reader's word \
         until it is done, for 50 ms at most.",
    ),
    stop(
        "Close",
        "The writer's word becomes closed, by compare-exchange: from here on no writer comes in.",
    ),
    stop(
        "LookAgain",
        "Looks at the slots once more: a writer may have come, written and gone between the last \
         look and the close.",
    ),
    stop("Reopen", "There is text, or a writer to come: the writer's word is opened again."),
    stop(
        "Remove",
        "shmctl(IPC_RMID): the key leads to this segment no more. Who is attached keeps it until \
         it detaches.",
    ),
    stop(
        "Leave",
        "Gives its role up: the word becomes vacant, or closed if the segment is removed. Who \
         sleeps on the word is woken. Then it detaches and ends.",
    ),
];

/// The stop of this name.
///
/// # Panics
/// If there is none.
pub(crate) fn named(name: &str) -> &'static Stop {
    let stop = STOPS.iter().find(|stop| stop.name == name);
    stop.unwrap_or_else(|| panic!("no stop is called {name}"))
}
