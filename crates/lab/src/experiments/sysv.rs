//! System V, one call at a time: what shmget, shmat, shmctl and shmdt really do.

mod page_rounding;

use crate::Experiment;

/// In the order of their claims.
pub(super) const EXPERIMENTS: &[&Experiment] = &[&page_rounding::EXPERIMENT];
