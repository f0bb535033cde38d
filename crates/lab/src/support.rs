//! What several experiments need.
//!
//! | module | owns |
//! |---|---|
//! | `peer` | another process: this program once more, or a forked copy of this one |
//! | `fork` | the fork itself |
//! | `orphan` | a peer's end with its experiment |
//! | `calls` | the System V calls, shown as they are made |
//! | `refusal` | calls that have to fail |
//! | `guarded` | a segment that is removed whatever happens |
//! | `setting` | a changed sysctl that is put back whatever happens |
//! | `fresh` | keys that nobody else uses |
//! | `directory` | a directory that is removed whatever happens |
//! | `maps` | /proc/self/maps and smaps |
//! | `pages` | what the kernel knows of single pages |
//! | `namespace` | namespaces of one's own |
//! | `user` | another user |

mod calls;
mod directory;
mod fork;
mod fresh;
mod guarded;
mod maps;
mod namespace;
mod orphan;
mod pages;
mod peer;
mod refusal;
mod setting;
mod user;

pub use calls::{show_calls, tell_calls, unseen};
pub use directory::Directory;
pub use fresh::{fresh_key, page_size};
pub use guarded::Guarded;
pub use maps::{Mapping, mapping_at, mappings};
pub use namespace::enter_own;
pub use orphan::die_with_parent;
pub use pages::unevictable;
pub use peer::{Peer, command, say, wait_for_go};
pub use refusal::refusal;
pub use setting::{Changed, setting};
pub use user::{NOBODY, is_root, need_root};
