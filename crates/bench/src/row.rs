//! What a row is: its name, its place in the table, and how it is measured.

use serde::{Deserialize, Serialize};

use crate::side::{Failure, Side};

/// What a row is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// What the hardware and the kernel allow at best.
    Limit,
    /// This project's hand-off.
    Ours,
    /// What the kernel has for the purpose.
    Kernel,
    /// What libraries make of it.
    Library,
}

/// How the time of a trip is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// The mean of many, as one is shorter than reading the clock.
    Mean,
    /// The median of single ones.
    Each,
}

impl Clock {
    /// How many times as long as others such a row is measured. Single trips are timed where a
    /// side sleeps: there are few of them in a while, and how long a core takes to wake drifts.
    pub const fn times(self) -> u64 {
        match self {
            Self::Mean => 1,
            Self::Each => 4,
        }
    }
}

/// One row, and what its two processes do.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its name, which stays: programs find it by that in the JSON.
    pub id: &'static str,
    /// For people.
    pub title: &'static str,
    /// What it is compared as.
    pub group: Group,
    /// How a trip is timed.
    pub clock: Clock,
    /// Bytes of a message, for each of which it is a point; empty if it is a trip.
    pub sizes: &'static [usize],
    /// One side at work: which one, the plan says.
    pub run: fn(&Side) -> Result<(), Failure>,
}

/// What can be told of a row to another process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowInfo {
    /// [`Row::id`].
    pub id: String,
    /// [`Row::title`].
    pub title: String,
    /// [`Row::group`].
    pub group: Group,
    /// [`Row::clock`].
    pub clock: Clock,
    /// [`Row::sizes`].
    pub sizes: Vec<usize>,
}

impl From<&Row> for RowInfo {
    fn from(row: &Row) -> Self {
        Self {
            id: row.id.into(),
            title: row.title.into(),
            group: row.group,
            clock: row.clock,
            sizes: row.sizes.into(),
        }
    }
}

impl Row {
    /// There and back, 16 bytes each way.
    pub const fn trip(
        group: Group,
        clock: Clock,
        id: &'static str,
        title: &'static str,
        run: fn(&Side) -> Result<(), Failure>,
    ) -> Self {
        Self { id, title, group, clock, sizes: &[], run }
    }

    /// One way, in messages of each of these sizes.
    pub const fn stream(
        group: Group,
        sizes: &'static [usize],
        id: &'static str,
        title: &'static str,
        run: fn(&Side) -> Result<(), Failure>,
    ) -> Self {
        Self { id, title, group, clock: Clock::Mean, sizes, run }
    }
}

/// Bytes of a message that goes there and back.
pub const TRIP_BYTES: usize = 16;

/// From one word to far beyond any slot or socket buffer.
pub const SIZES: &[usize] = &[8, 64, 512, 4 << 10, 32 << 10, 256 << 10, 1 << 20];
