//! The kernel's limits on System V segments, and how much of them is used.

use std::fs;

use handoff_shm::sysv;
use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::{SysconfVar, sysconf};
use serde::Serialize;

/// All of them, of this IPC namespace.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Limits {
    /// SHMMNI: segments.
    pub(crate) max_segments: u64,
    /// SHMMAX: bytes of one segment.
    pub(crate) max_bytes: u64,
    /// SHMMIN: the same, at least.
    pub(crate) min_bytes: u64,
    /// SHMALL: pages of all segments.
    pub(crate) max_pages: u64,
    /// SHMSEG: attachments of a process; told, and asked for by nobody.
    pub(crate) max_per_process: u64,
    pub(crate) page_bytes: u64,
    pub(crate) used: Used,
    /// kernel.shm_rmid_forced: segments go with their last detach, without any IPC_RMID.
    pub(crate) rmid_forced: Option<bool>,
    /// RLIMIT_MEMLOCK of this process: bytes it may lock. None: as many as it likes.
    pub(crate) memlock_bytes: Option<u64>,
    /// Pages for SHM_HUGETLB of the default size.
    pub(crate) huge_pages: Option<HugePages>,
}

/// SHM_INFO, and the largest segment there is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Used {
    pub(crate) segments: u64,
    pub(crate) pages: u64,
    pub(crate) resident_pages: u64,
    pub(crate) swapped_pages: u64,
    /// Always 0 since Linux 2.4; ipcs(1) shows them.
    pub(crate) swap_attempts: u64,
    pub(crate) swap_successes: u64,
    pub(crate) largest_bytes: u64,
}

/// /proc/meminfo's lines about huge pages.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct HugePages {
    pub(crate) total: u64,
    pub(crate) free: u64,
    pub(crate) page_bytes: u64,
}

impl Limits {
    pub(crate) fn read() -> Result<Self, sysv::Error> {
        let (limits, usage) = (sysv::limits()?, sysv::usage()?);
        let sizes = sysv::segments()?.map(|(_, status)| status.size as u64);
        let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
        Ok(Self {
            max_segments: limits.max_segments,
            max_bytes: limits.max_bytes,
            min_bytes: limits.min_bytes,
            max_pages: limits.max_pages,
            max_per_process: limits.max_per_process,
            page_bytes: page.map_or(4096, i64::cast_unsigned),
            used: Used {
                segments: usage.segments,
                pages: usage.pages,
                resident_pages: usage.resident,
                swapped_pages: usage.swapped,
                swap_attempts: usage.swap_attempts,
                swap_successes: usage.swap_successes,
                largest_bytes: sizes.max().unwrap_or(0),
            },
            rmid_forced: number("/proc/sys/kernel/shm_rmid_forced").map(|forced| forced != 0),
            memlock_bytes: getrlimit(Resource::RLIMIT_MEMLOCK)
                .ok()
                .and_then(|(soft, _)| (soft != nix::libc::RLIM_INFINITY).then_some(soft)),
            huge_pages: HugePages::read(),
        })
    }
}

impl HugePages {
    fn read() -> Option<Self> {
        let text = fs::read_to_string("/proc/meminfo").ok()?;
        let field = |name: &str| -> Option<u64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let (total, free) = (field("HugePages_Total")?, field("HugePages_Free")?);
        Some(Self { total, free, page_bytes: field("Hugepagesize")?.saturating_mul(1024) })
    }
}

fn number(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}
