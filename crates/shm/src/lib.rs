//! Ways to get the same memory into two processes.
//!
//! Each kind of memory is a [`Kind`]: from a key it attaches a [`Segment`], making
//! it if there is none. [`attach_writer`] and [`attach_reader`] do with any kind
//! what a newcomer has to do: find or make the exchange, take the role, and
//! attach anew where an old exchange is just being closed. [`finish`] is their
//! counterpart: close, remove.
//!
//! | module | owns |
//! |---|---|
//! | [`segment`](Segment) | what every kind of memory can do |
//! | [`descriptors`] | file descriptors from one process to another |
//! | [`dmabuf`] | dma-bufs: memory that devices can share |
//! | [`file`](mod@file) | files: open, mmap, unlink |
//! | [`memfd`] | sealed memory without a name |
//! | [`posix`] | POSIX objects: shm_open, mmap, shm_unlink |
//! | [`sysv`] | System V segments, whole: shmget, shmat, shmctl, shmdt |
//! | [`blog`] | the classic layout in a System V segment: way in, who is there, way out |
//! | `attach`, `leave` | the newcomer's way in, and the last one's way out |
//! | `key` | the number that both sides agree on |
//! | `mapped` | an object's bytes in our address space |
//! | `named` | what POSIX objects and files have in common: a name in a file system |
//! | `meeting`, `sealed` | a socket where memory without a name is passed on, and what it has to be |
//! | [`shrunk`] | memory that somebody takes away under us |
//! | `limits` | what errno means when a new segment is refused |
//! | `user` | names of users, for messages |

mod attach;
pub mod blog;
pub mod descriptors;
pub mod dmabuf;
pub mod file;
mod key;
mod leave;
mod limits;
mod mapped;
mod meeting;
pub mod memfd;
mod named;
pub mod posix;
mod sealed;
mod segment;
pub mod shrunk;
pub mod sysv;
mod user;

pub use attach::{AttachError, Attached, attach_reader, attach_writer};
pub use key::{BadKey, Key};
pub use leave::{Finish, finish, tidy, tidy_if_drained};
pub use segment::{
    DEFAULT_SLOTS, Kind, Layout, Namespace, Newcomer, Request, Segment, SegmentError,
};
