//! What a pair of processes is told: which row, for how long, and under which names.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One of the two processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// The one that goes there and back, or sends.
    There = 0,
    /// The one that answers.
    Back = 1,
}

/// What one process of a pair is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// [`Row::id`](crate::row::Row::id).
    pub row: String,
    /// Which of the two.
    pub part: Part,
    /// Bytes of a message.
    pub size: usize,
    /// How long to measure, in milliseconds; there are at least a few samples.
    pub millis: u64,
    /// A core for each part.
    pub cores: [usize; 2],
    /// Where they meet.
    pub scene: Scene,
}

impl Plan {
    /// How long to measure.
    pub fn time(&self) -> Duration {
        Duration::from_millis(self.millis)
    }
}

/// Names that belong to one run of the bench, which removes what is behind them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scene {
    /// The first of 16 System V keys.
    pub keys: u32,
    /// A directory for sockets and the like.
    pub dir: PathBuf,
    /// What other names begin with.
    pub name: String,
}

impl Scene {
    /// The `n`th System V key.
    pub fn key(&self, n: u32) -> u32 {
        assert!(n < 16);
        self.keys + n
    }

    /// The file in which a pair leaves its outcome.
    pub fn outcome(&self) -> PathBuf {
        self.dir.join("outcome")
    }
}
