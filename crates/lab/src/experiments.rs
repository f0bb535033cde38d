//! All experiments, grouped as a reader meets them.
//!
//! | module | claims |
//! |---|---|
//! | [`sysv`] | 1 to 17: the System V calls, one at a time |
//! | [`agreeing`] | 18 to 25: two processes that share memory and agree on nothing |
//! | [`others`] | 26 to 32: mmap, POSIX, memfd, dma-buf, namespaces, and how fast it is |

pub mod agreeing;
pub mod others;
pub mod sysv;

use crate::Experiment;

/// Experiments under one heading.
#[derive(Debug)]
pub struct Group {
    /// The heading.
    pub title: &'static str,
    /// In the order of their claims.
    pub experiments: &'static [&'static Experiment],
}

/// The groups, in the order in which a reader meets them.
pub const GROUPS: [Group; 3] = [
    Group { title: "System V, one call at a time", experiments: sysv::EXPERIMENTS },
    Group { title: "Sharing without agreeing", experiments: agreeing::EXPERIMENTS },
    Group { title: "The other ways", experiments: others::EXPERIMENTS },
];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Experiment> {
    GROUPS.into_iter().flat_map(|group| group.experiments).copied()
}

/// The one of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Experiment> {
    all().find(|experiment| experiment.name == name)
}
