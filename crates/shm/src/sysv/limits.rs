//! How much there may be, and how much there is: IPC_INFO and SHM_INFO.
//!
//! Both are of the calling thread's IPC namespace, and of the moment.

use super::{Error, calls};

/// What IPC_INFO tells: the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// SHMMAX: bytes of one segment, at most. sysctl `kernel.shmmax`. A larger one is EINVAL.
    pub max_bytes: u64,
    /// SHMMIN: bytes of one segment, at least: 1. A smaller one is EINVAL.
    pub min_bytes: u64,
    /// SHMMNI: segments, at most. sysctl `kernel.shmmni`. One more is ENOSPC.
    pub max_segments: u64,
    /// SHMSEG: segments that a process may attach. Linux has no such limit and says SHMMNI.
    pub max_per_process: u64,
    /// SHMALL: pages of all segments together, at most. sysctl `kernel.shmall`. One more is
    /// ENOSPC.
    pub max_pages: u64,
}

/// What SHM_INFO tells: what is used of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    /// Segments.
    pub segments: u64,
    /// Pages of all segments together; touched or not, each counts against SHMALL.
    pub pages: u64,
    /// Pages that are in memory.
    pub resident: u64,
    /// Pages that are in swap.
    pub swapped: u64,
    /// Always 0 since Linux 2.4.
    pub swap_attempts: u64,
    /// Always 0 since Linux 2.4.
    pub swap_successes: u64,
}

/// IPC_INFO.
///
/// # Errors
/// [`Error::Limits`].
#[doc(alias = "IPC_INFO")]
pub fn limits() -> Result<Limits, Error> {
    let (_, info) = calls::limits().map_err(|source| Error::Limits { source })?;
    Ok(Limits {
        max_bytes: info.shmmax,
        min_bytes: info.shmmin,
        max_segments: info.shmmni,
        max_per_process: info.shmseg,
        max_pages: info.shmall,
    })
}

/// SHM_INFO.
///
/// # Errors
/// [`Error::Usage`].
#[doc(alias = "SHM_INFO")]
pub fn usage() -> Result<Usage, Error> {
    let (_, info) = calls::usage().map_err(|source| Error::Usage { source })?;
    Ok(Usage {
        segments: u64::from(info.used_ids.cast_unsigned()),
        pages: info.shm_tot,
        resident: info.shm_rss,
        swapped: info.shm_swp,
        swap_attempts: info.swap_attempts,
        swap_successes: info.swap_successes,
    })
}
