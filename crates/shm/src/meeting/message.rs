//! The words that host and guest say: 32 bytes each, and the memory's descriptors beside them.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use super::{Goods, MOST};
use crate::descriptors;

/// "handoff" and the version of these messages.
const MAGIC: [u8; 8] = *b"handoff\x01";

/// Bytes of a message: magic, kind, verb, size.
const BYTES: usize = 32;

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    /// I have the memory.
    Has = 1,
    /// I have none.
    Lacks = 2,
    /// Take this.
    Takes = 3,
}

/// What is said, and how large the memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message {
    kind: [u8; 8],
    pub(super) verb: Verb,
    pub(super) size: usize,
}

fn kind_of<G: Goods>() -> [u8; 8] {
    let mut kind = [0; 8];
    kind[..G::KIND.len()].copy_from_slice(G::KIND.as_bytes());
    kind
}

impl Message {
    pub(super) fn of<G: Goods>(verb: Verb, size: usize) -> Self {
        Self { kind: kind_of::<G>(), verb, size }
    }

    pub(super) fn send(&self, stream: &UnixStream, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..16].copy_from_slice(&self.kind);
        bytes[16..24].copy_from_slice(&(self.verb as u64).to_ne_bytes());
        bytes[24..].copy_from_slice(&(self.size as u64).to_ne_bytes());
        log::debug!("says {:?}, {} bytes", self.verb, self.size);
        descriptors::send(stream, fds, &bytes)
    }

    /// The next message and its descriptors. The inner error: the other is gone.
    pub(super) fn receive<G: Goods>(
        stream: &UnixStream,
    ) -> io::Result<Result<(Self, Vec<OwnedFd>), Gone>> {
        let mut bytes = [0; BYTES];
        let (length, fds) = match descriptors::receive(stream, MOST, &mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(Err(Gone)),
            received => received?,
        };
        if length == 0 {
            return Ok(Err(Gone));
        }
        let message = Self::parse::<G>(&bytes[..length]);
        let message = message.map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))?;
        Ok(Ok((message, fds)))
    }

    fn parse<G: Goods>(bytes: &[u8]) -> Result<Self, String> {
        let words = <&[u8; BYTES]>::try_from(bytes).map(|bytes| bytes.as_chunks::<8>().0);
        let (words, kind) = (words.unwrap_or_default(), kind_of::<G>());
        let [magic, theirs, verb, size] = words else {
            return Err(format!("{} bytes are no message of ours", bytes.len()));
        };
        if *magic != MAGIC {
            return Err("what it says is no message of ours".into());
        }
        if *theirs != kind {
            let theirs = String::from_utf8_lossy(theirs);
            let theirs = theirs.trim_end_matches('\0').escape_debug();
            return Err(format!("it came with --via {theirs}, and we with --via {}", G::KIND));
        }
        let verb = match u64::from_ne_bytes(*verb) {
            1 => Verb::Has,
            2 => Verb::Lacks,
            3 => Verb::Takes,
            other => return Err(format!("{other} is nothing that one can say")),
        };
        let size = usize::try_from(u64::from_ne_bytes(*size)).map_err(|error| error.to_string())?;
        Ok(Self { kind, verb, size })
    }
}

/// The other has closed its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gone;
