//! Sharing without agreeing: what two processes do to each other that have only memory in common.

use crate::Experiment;

/// In the order of their claims.
pub(super) const EXPERIMENTS: &[&Experiment] = &[];
