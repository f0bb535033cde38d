//! The exchange in shared memory, and the hand-off of text through it.
//!
//! This crate owns what two processes must agree on: the [`layout`] of the
//! memory, who may touch which word when (the essay in [`order`]), how a side
//! waits, and how each learns that the other died. It opens no file and no
//! socket: anything that is mapped, zeroed and shared will do, as long as it
//! implements [`Mapping`].
//!
//! A [`Sender`] and a [`Receiver`] each hold one of the two roles:
//!
//! ```
//! use std::sync::Arc;
//! use handoff_proto::{Arrival, Exchange, HeapMemory, Interrupt, Receiver, Room, Sender, Strategy};
//!
//! let memory = Arc::new(HeapMemory::new(1));
//! let theirs = Arc::clone(&memory);
//! let peer = std::thread::spawn(move || {
//!     let exchange = Exchange::new(theirs).unwrap();
//!     let mut sender = Sender::claim(&exchange, Interrupt::never(), Strategy::Futex).unwrap().endpoint;
//!     while !matches!(sender.wait().unwrap(), Room::Free) {}
//!     sender.send(b"one line\n").unwrap();
//!     while !matches!(sender.wait().unwrap(), Room::Free) {}
//!     sender.end().unwrap();
//! });
//!
//! let exchange = Exchange::new(memory).unwrap();
//! let mut receiver = Receiver::claim(&exchange, Interrupt::never(), Strategy::Futex).unwrap().endpoint;
//! let mut printed = Vec::new();
//! loop {
//!     match receiver.wait().unwrap() {
//!         Arrival::Text => {
//!             printed.extend_from_slice(receiver.first_text(&mut [0; handoff_proto::TEXT_BYTES]));
//!             receiver.acknowledge_first().unwrap();
//!         }
//!         Arrival::End(_) => break,
//!         Arrival::Peer(_) | Arrival::Interrupted => {}
//!     }
//! }
//! assert_eq!(printed, b"one line\n");
//! peer.join().unwrap();
//! ```
//!
//! | module | owns |
//! |---|---|
//! | [`layout`] | the `#[repr(C)]` structs: every offset, asserted |
//! | [`order`] | which Release is read by which Acquire, and why |
//! | [`position`] | where a newcomer goes on, from the slots alone |
//! | `exchange` | a view of mapped memory as header and slots |
//! | `role`, `robust` | who holds which side, and how a death is told |
//! | `wait`, `spin`, `futex`, `interrupt` | stay awake a little, sleep, wake, Ctrl-C |
//! | [`step`], `words` | the names of all steps, for who wants to stop at one, and values in words |
//! | [`snapshot`] | all words as a third party sees them, who takes no part |
//! | `text`, `newlines`, `prefetch` | text in and out of a slot, a look at it in place, and its cache lines asked for ahead |
//! | `transfer`, `inherited` | text between slots and descriptors, and whether these are open |
//! | `turn`, `sender`, `receiver` | the two ends, and what they do alike |
//! | [`blog`] | the classic layout of the C programs, to talk to them |
//! | `ending`, `closing`, `closed`, `unread`, `taken` | the end of a stream, of an exchange, what is left, and waiting until nothing is |

pub mod blog;
mod closed;
mod closing;
mod ending;
mod error;
mod exchange;
#[cfg(not(loom))]
mod futex;
#[cfg(not(loom))]
mod inherited;
mod interrupt;
#[cfg(loom)]
#[path = "loom_kernel.rs"]
mod kernel;
pub mod layout;
#[cfg(not(loom))]
mod newlines;
pub mod order;
pub mod position;
mod prefetch;
mod receiver;
#[cfg(not(loom))]
mod robust;
mod role;
mod sender;
#[cfg(not(loom))]
pub mod snapshot;
mod spin;
pub mod step;
mod sync;
mod taken;
mod text;
#[cfg(not(loom))]
mod transfer;
mod turn;
mod unread;
mod wait;
mod words;
mod written;

#[cfg(loom)]
use kernel::{futex, robust};

pub use closing::{Closed, Closing};
pub use ending::Ending;
pub use error::{ClaimError, Corrupt, Error, NotAnExchange};
pub use exchange::{Exchange, HeapMemory, Keep, Mapping};
#[cfg(not(loom))]
pub use inherited::expect_open;
pub use interrupt::Interrupt;
pub use layout::{MAX_SLOTS, TEXT_BYTES, segment_size, slots_in};
pub use receiver::{Arrival, Receiver};
#[cfg(not(loom))]
pub use role::can_claim;
pub use role::{Claimed, RoleState, Side};
pub use sender::{Room, Sender};
pub use taken::Taken;
#[cfg(not(loom))]
pub use transfer::file_limit_as_error;
pub use unread::Unread;
pub use wait::Strategy;
