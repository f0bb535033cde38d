//! The other ways: what else two processes can share, and what it costs.

use crate::Experiment;

/// In the order of their claims.
pub(super) const EXPERIMENTS: &[&Experiment] = &[];
