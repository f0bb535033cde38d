//! A writer that alternates two patterns, and a reader that counts mixtures of them.
//!
//! Two processes with relaxed atomic words, eight bytes each: whatever is torn here is torn
//! between words, so a plain memcpy(3) can only do worse. In Rust that is well-defined, in C it
//! would have to be volatile.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::thread;

use handoff_shm::sysv::{Attachment, Options, Segment};

use crate::support::{self, Guarded, Peer, say, unseen, wait_for_go};
use crate::{Role, Stop};

/// Bytes of the text, and where it begins, behind the flag.
const TEXT_SIZE: usize = 2048;
const TEXT: usize = 64;
const FLAG: usize = 0;
const WORD: usize = size_of::<u64>();

/// The two patterns, as words.
const PATTERNS: [u64; 2] = [u64::from_ne_bytes(*b"aaaaaaaa"), u64::from_ne_bytes(*b"bbbbbbbb")];

/// What the flag says: to whom the text belongs.
const WRITERS: u32 = 0;
const READERS: u32 = 1;

/// Looks between two that yield the processor, for the two may have but one.
const LOOKS: u32 = 100;

/// What the two have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Agreement {
    /// Nothing.
    None,
    /// A flag, in no order with the text.
    Relaxed,
    /// A flag: set with release, seen with acquire.
    AcquireRelease,
}

impl Agreement {
    const ALL: [Self; 3] = [Self::None, Self::Relaxed, Self::AcquireRelease];

    fn parse(text: &str) -> Result<Self, Stop> {
        Self::ALL
            .into_iter()
            .find(|it| format!("{it:?}") == text)
            .ok_or_else(|| Stop::failed(format!("there is no agreement {text}")))
    }
}

/// What the reader counted.
#[derive(Debug)]
pub(super) struct Count {
    /// How often it looked.
    pub(super) looks: u64,
    /// How many of these texts were both patterns mixed.
    pub(super) torn: u64,
    /// The first of them, in short.
    pub(super) example: String,
}

pub(super) const ROLES: &[(&str, Role)] = &[("writer", writer), ("reader", reader)];

/// Both processes, until the reader has seen enough.
pub(super) fn count(experiment: &str, agreement: Agreement, enough: Enough) -> Result<Count, Stop> {
    let key = support::fresh_key()?;
    let segment = unseen(|| Options::new(TEXT + TEXT_SIZE).create(key)).map(Guarded::new)?;
    let mut args = vec![segment.id().to_string(), format!("{agreement:?}")];
    let mut writer = Peer::start(experiment, "writer", &args)?;
    writer.hears()?;
    args.extend([enough.looks.to_string(), enough.torn.to_string()]);
    let mut reader = Peer::start(experiment, "reader", &args)?;
    let said = reader.hears()?;
    writer.kill()?;
    let mut words = said.splitn(3, ' ');
    let mut word = || words.next().ok_or_else(|| Stop::failed(format!("no count: {said}")));
    Ok(Count { looks: word()?.parse()?, torn: word()?.parse()?, example: word()?.to_owned() })
}

/// When a reader ends: with so many looks, of which so many were torn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Enough {
    pub(super) looks: u64,
    pub(super) torn: u64,
}

struct Side {
    memory: Attachment,
    agreement: Agreement,
}

impl Side {
    fn join(args: &[String]) -> Result<(Self, &[String]), Stop> {
        let [id, agreement, rest @ ..] = args else {
            return Err(Stop::failed("a segment's id and an agreement are needed"));
        };
        let segment = Segment::from_id(id.parse()?);
        let memory = unseen(|| segment.attach())?;
        Ok((Self { memory, agreement: Agreement::parse(agreement)? }, rest))
    }

    /// Waits until the text belongs to `whom`.
    fn wait(&self, whom: u32) {
        let order = match self.agreement {
            Agreement::None => return,
            Agreement::Relaxed => Relaxed,
            Agreement::AcquireRelease => Acquire,
        };
        let mut looks = 0;
        while self.memory.load_u32(FLAG, order) != whom {
            looks += 1;
            if looks % LOOKS == 0 {
                thread::yield_now();
            }
        }
    }

    /// Writes one text, in the writer's turn.
    fn write(&self, pattern: u64) {
        self.wait(WRITERS);
        for at in (0..TEXT_SIZE).step_by(WORD) {
            self.memory.store_u64(TEXT + at, pattern, Relaxed);
        }
        self.pass_to(READERS);
    }

    /// Lets `whom` have the text.
    fn pass_to(&self, whom: u32) {
        match self.agreement {
            Agreement::None => {}
            Agreement::Relaxed => self.memory.store_u32(FLAG, whom, Relaxed),
            Agreement::AcquireRelease => self.memory.store_u32(FLAG, whom, Release),
        }
    }
}

/// Writes one pattern and then the other, for ever.
fn writer(args: &[String]) -> Result<(), Stop> {
    let (side, _) = Side::join(args)?;
    side.write(PATTERNS[1]);
    say("there is text");
    for pattern in PATTERNS.into_iter().cycle() {
        side.write(pattern);
    }
    Ok(())
}

/// Looks at the text until it has seen enough, and says what it counted.
fn reader(args: &[String]) -> Result<(), Stop> {
    let (side, rest) = Side::join(args)?;
    let [looks, torn] = rest else { return Err(Stop::failed("when is it enough?")) };
    let enough = Enough { looks: looks.parse()?, torn: torn.parse()? };
    let mut count = Count { looks: 0, torn: 0, example: "-".into() };
    while count.looks < enough.looks || count.torn < enough.torn {
        side.wait(READERS);
        let mut text = [0; TEXT_SIZE / WORD];
        for (word, at) in text.iter_mut().zip((0..).step_by(WORD)) {
            *word = side.memory.load_u64(TEXT + at, Relaxed);
        }
        side.pass_to(WRITERS);
        count.looks += 1;
        if let Some(at) = text.iter().position(|&word| word != text[0]) {
            count.torn += 1;
            if count.torn == 1 {
                let [one, other] =
                    [text[0], text[at]].map(|word| char::from(word.to_ne_bytes()[0]));
                count.example = format!("{} times {one:?}, then {other:?}", at * WORD);
            }
        }
    }
    say(format_args!("{} {} {}", count.looks, count.torn, count.example));
    wait_for_go()?;
    Ok(())
}
