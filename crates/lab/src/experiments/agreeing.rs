//! Sharing without agreeing: what two processes do to each other that have only memory in common.
//!
//! | module | claim |
//! |---|---|
//! | `plain_int_flag` | 18: the busy-wait on a plain int |
//! | `both_reset` | 19: both sides set the flag to 0 when they start |
//! | `end_prefix` | 20: strncmp(.., "end", 3) |
//! | `strncpy_cut` | 21: strncpy into the text |
//! | `after_eof` | 22: the writer at the end of its input |
//! | `bare_page` | 23: sender and receiver on a bare page, one look a second |
//! | `torn_text` | 24: text that is taken while it is written |
//! | `acquire_release` | 25: synchronisation mends it |
//! | `pair` | for 18 to 23: the tutorials' pair in C, and ours with the same input |
//! | `counting` | for 24 and 25: a writer of two patterns, and a reader that counts mixtures |

mod acquire_release;
mod after_eof;
mod bare_page;
mod both_reset;
mod counting;
mod end_prefix;
mod pair;
mod plain_int_flag;
mod strncpy_cut;
mod torn_text;

use crate::Experiment;

/// In the order of their claims.
pub(super) const EXPERIMENTS: &[&Experiment] = &[
    &plain_int_flag::EXPERIMENT,
    &both_reset::EXPERIMENT,
    &end_prefix::EXPERIMENT,
    &strncpy_cut::EXPERIMENT,
    &after_eof::EXPERIMENT,
    &bare_page::EXPERIMENT,
    &torn_text::EXPERIMENT,
    &acquire_release::EXPERIMENT,
];
