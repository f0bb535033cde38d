//! What is read and written: pipes, FIFOs and Unix sockets.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::row::Clock::Each;
use crate::row::Group::Kernel;
use crate::row::{Row, SIZES};
use crate::side::{Channel, Failure, Part, Side};

/// Up to what a socket's buffer takes at once.
const PACKETS: &[usize] = &[8, 64, 512, 4 << 10, 32 << 10];

pub(super) const ROWS: &[Row] = &[
    Row::trip(Kernel, Each, "pipe", "pipe", |side| pipe(side, BULK)),
    Row::trip(Kernel, Each, "fifo", "FIFO", fifo),
    Row::trip(Kernel, Each, "unix-stream", "Unix socket, stream", unix_stream),
    Row::trip(Kernel, Each, "unix-seqpacket", "Unix socket, seqpacket", seqpacket),
    Row::stream(Kernel, SIZES, "stream/pipe", "pipe, one write each", |side| pipe(side, BULK)),
    Row::stream(Kernel, &[64], "stream/pipe-each", "pipe, one write and one read each", |side| {
        pipe(side, NOT_AHEAD)
    }),
    Row::stream(Kernel, SIZES, "stream/fifo", "FIFO, one write each", fifo),
    Row::stream(Kernel, SIZES, "stream/unix-stream", "Unix socket, stream", unix_stream),
    Row::stream(Kernel, PACKETS, "stream/unix-seqpacket", "Unix socket, seqpacket", seqpacket),
];

/// Bytes that a side reads at once, however short a message is: what a pipe holds.
const BULK: usize = 1 << 16;

/// No byte more than the message has.
const NOT_AHEAD: usize = 0;

/// Messages of a known length one after the other.
struct Bytes {
    from: BufReader<File>,
    to: File,
}

impl Bytes {
    fn new(from: impl Into<OwnedFd>, to: impl Into<OwnedFd>, ahead: usize) -> Self {
        let from = File::from(from.into());
        Self { from: BufReader::with_capacity(ahead, from), to: File::from(to.into()) }
    }

    /// What a peer was given as its standard input and output.
    fn given(ahead: usize) -> Result<Self, Failure> {
        let stdin = io::stdin().as_fd().try_clone_to_owned()?;
        Ok(Self::new(stdin, io::stdout().as_fd().try_clone_to_owned()?, ahead))
    }
}

impl Channel for Bytes {
    #[inline]
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.to.write_all(message)
    }

    #[inline]
    fn receive(&mut self, into: &mut [u8]) -> io::Result<()> {
        self.from.read_exact(into)
    }
}

fn pipe(side: &Side, ahead: usize) -> Result<(), Failure> {
    if side.plan.part == Part::Back {
        return side.run(Bytes::given(ahead)?, None);
    }
    let (from_us, to_them) = io::pipe()?;
    let (from_them, to_us) = io::pipe()?;
    let peer = side.peer(from_us, to_us)?;
    side.run(Bytes::new(from_them, to_them, ahead), peer)
}

/// Both open the way there first: opening a FIFO waits for the other side.
fn fifo(side: &Side) -> Result<(), Failure> {
    let [there, back] = ["there", "back"].map(|name| side.plan.scene.dir.join(name));
    if side.plan.part == Part::Back {
        let from = File::open(there)?;
        let to = File::options().write(true).open(back)?;
        return side.run(Bytes::new(from, to, BULK), None);
    }
    mkfifo(&there, Mode::S_IRWXU)?;
    mkfifo(&back, Mode::S_IRWXU)?;
    let peer = side.peer_by_name()?;
    let to = File::options().write(true).open(there)?;
    side.run(Bytes::new(File::open(back)?, to, BULK), peer)
}

fn unix_stream(side: &Side) -> Result<(), Failure> {
    if side.plan.part == Part::Back {
        return side.run(Bytes::given(BULK)?, None);
    }
    let (ours, theirs) = UnixStream::pair()?;
    let peer = side.peer(OwnedFd::from(theirs.try_clone()?), OwnedFd::from(theirs))?;
    side.run(Bytes::new(ours.try_clone()?, ours, BULK), peer)
}

/// Messages as the kernel keeps them apart.
struct Packets {
    from: File,
    to: File,
}

impl Channel for Packets {
    #[inline]
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self.to.write(message)? {
            all if all == message.len() => Ok(()),
            _ => Err(io::Error::other("a packet went in part")),
        }
    }

    #[inline]
    fn receive(&mut self, into: &mut [u8]) -> io::Result<()> {
        match self.from.read(into)? {
            all if all == into.len() => Ok(()),
            came => Err(io::Error::other(format!("{came} bytes came, not {}", into.len()))),
        }
    }
}

fn seqpacket(side: &Side) -> Result<(), Failure> {
    if side.plan.part == Part::Back {
        let from = File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let to = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        return side.run(Packets { from, to }, None);
    }
    let (kind, flags) = (SockType::SeqPacket, SockFlag::SOCK_CLOEXEC);
    let (ours, theirs) = socketpair(AddressFamily::Unix, kind, None, flags)?;
    let peer = side.peer(theirs.try_clone()?, theirs)?;
    side.run(Packets { from: File::from(ours.try_clone()?), to: File::from(ours) }, peer)
}
