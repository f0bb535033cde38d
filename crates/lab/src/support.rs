//! What several experiments need.
//!
//! | module | owns |
//! |---|---|
//! | `peer` | another process: this program once more, in one of an experiment's roles |
//! | `guarded` | a segment that is removed whatever happens |
//! | `fresh` | keys and files that nobody else uses |

mod fresh;
mod guarded;
mod peer;

pub use fresh::{fresh_key, page_size};
pub use guarded::Guarded;
pub use peer::{Peer, say, wait_for_go};
