//! What several experiments need.
//!
//! | module | owns |
//! |---|---|
//! | `peer` | another process: this program once more, or a forked copy of this one |
//! | `program` | another program: one of the tutorials' pair, or `writer` and `reader` |
//! | `cc` | C programs, compiled when they are needed |
//! | `fork` | the fork itself |
//! | `orphan` | a peer's end with its experiment |
//! | `calls` | the System V calls, shown as they are made |
//! | `refusal` | calls that have to fail |
//! | `guarded` | a segment that is removed whatever happens |
//! | `setting` | a changed sysctl that is put back whatever happens |
//! | `fresh` | keys that nobody else uses |
//! | `directory` | a directory that is removed whatever happens |
//! | `removed` | a file that is removed whatever happens |
//! | `mapped` | a descriptor's bytes in our address space |
//! | `memfd` | memory without a name |
//! | `udmabuf` | a memfd's pages as a dma-buf |
//! | `until` | waiting for a condition, under a watchdog |
//! | `spread` | figures with their spread, and their conditions |
//! | `maps` | /proc/self/maps and smaps |
//! | `pages` | what the kernel knows of single pages |
//! | `namespace` | namespaces of one's own |
//! | `user` | another user |

mod calls;
pub mod cc;
mod directory;
mod fork;
mod fresh;
mod guarded;
mod mapped;
mod maps;
mod memfd;
mod namespace;
mod orphan;
mod pages;
mod peer;
pub mod program;
mod refusal;
mod removed;
mod setting;
mod spread;
mod udmabuf;
mod until;
mod user;

pub use calls::{show_calls, tell_calls, unseen};
pub use directory::Directory;
pub use fresh::{fresh_key, page_size};
pub use guarded::Guarded;
pub use mapped::Mapped;
pub use maps::{Mapping, mapping_at, mappings};
pub use memfd::memfd;
pub use namespace::enter_own;
pub use orphan::die_with_parent;
pub use pages::unevictable;
pub use peer::{Peer, command, say, wait_for_go};
pub use program::Program;
pub use refusal::refusal;
pub use removed::{Removed, fresh_name};
pub use setting::{Changed, setting};
pub use spread::{Spread, busyness, caveat, conditions};
pub use udmabuf::udmabuf;
pub use until::until;
pub use user::{NOBODY, is_root, need_root};
