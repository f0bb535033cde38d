//! dma-bufs: memory that devices can share, as a descriptor.
//!
//! | module | owns |
//! |---|---|
//! | [`abi`] | the kernel's structs and request numbers |
//! | `source` | where a dma-buf comes from |
//! | `access` | saying when the processor looks at it |
//! | `split` | the kind: words in a memfd, text in a dma-buf |
//! | `view` | reading what somebody else, a device perhaps, writes into it |

pub mod abi;
mod access;
mod source;
mod split;
mod view;

pub use access::{Access, Direction};
pub use source::{Source, allocate, size};
pub use split::Dmabuf;
pub use view::View;
