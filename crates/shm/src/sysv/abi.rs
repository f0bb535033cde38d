//! What the kernel's System V interface consists of and libc 0.2 leaves out, as the C headers
//! have it.
//!
//! From `<linux/shm.h>` and `<asm-generic/hugetlb_encode.h>`; crates/shm/tests/headers.rs
//! compares each number, size and offset with a compiled C program.

use std::ffi::{c_int, c_ulong};

/// `shm_perm.mode`: removed, and gone with the last detach.
pub const SHM_DEST: u32 = 0o1000;
/// `shm_perm.mode`: kept in memory, never swapped out.
pub const SHM_LOCKED: u32 = 0o2000;

/// shmctl(2): IPC_STAT by index, not by id, for who may read the segment.
pub const SHM_STAT: c_int = 13;
/// shmctl(2): how much there is of everything.
pub const SHM_INFO: c_int = 14;
/// shmctl(2): SHM_STAT for everybody. Since Linux 4.17.
pub const SHM_STAT_ANY: c_int = 15;

/// Where in the flags of shmget(2) the size of huge pages is, as a power of two.
pub const SHM_HUGE_SHIFT: c_int = 26;
/// How many of its bits there are.
pub const SHM_HUGE_MASK: c_int = 0x3f;
/// Huge pages of 64 KiB.
pub const SHM_HUGE_64KB: c_int = 16 << SHM_HUGE_SHIFT;
/// Huge pages of 512 KiB.
pub const SHM_HUGE_512KB: c_int = 19 << SHM_HUGE_SHIFT;
/// Huge pages of 1 MiB.
pub const SHM_HUGE_1MB: c_int = 20 << SHM_HUGE_SHIFT;
/// Huge pages of 2 MiB.
pub const SHM_HUGE_2MB: c_int = 21 << SHM_HUGE_SHIFT;
/// Huge pages of 8 MiB.
pub const SHM_HUGE_8MB: c_int = 23 << SHM_HUGE_SHIFT;
/// Huge pages of 16 MiB.
pub const SHM_HUGE_16MB: c_int = 24 << SHM_HUGE_SHIFT;
/// Huge pages of 32 MiB.
pub const SHM_HUGE_32MB: c_int = 25 << SHM_HUGE_SHIFT;
/// Huge pages of 256 MiB.
pub const SHM_HUGE_256MB: c_int = 28 << SHM_HUGE_SHIFT;
/// Huge pages of 512 MiB.
pub const SHM_HUGE_512MB: c_int = 29 << SHM_HUGE_SHIFT;
/// Huge pages of 1 GiB.
pub const SHM_HUGE_1GB: c_int = 30 << SHM_HUGE_SHIFT;
/// Huge pages of 2 GiB. From here on the number reaches the sign.
pub const SHM_HUGE_2GB: c_int = (31u32 << SHM_HUGE_SHIFT).cast_signed();
/// Huge pages of 16 GiB.
pub const SHM_HUGE_16GB: c_int = (34u32 << SHM_HUGE_SHIFT).cast_signed();

/// `struct shminfo`, which IPC_INFO fills: the limits.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Shminfo {
    /// Bytes of a segment, at most.
    pub shmmax: c_ulong,
    /// Bytes of a segment, at least.
    pub shmmin: c_ulong,
    /// Segments, at most.
    pub shmmni: c_ulong,
    /// Segments of a process, at most. Linux has no such limit and says `shmmni`.
    pub shmseg: c_ulong,
    /// Pages of all segments together, at most.
    pub shmall: c_ulong,
    /// Nothing yet.
    pub reserved: [c_ulong; 4],
}

/// `struct shm_info`, which SHM_INFO fills: what is used.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct ShmInfo {
    /// Segments.
    pub used_ids: c_int,
    /// Pages of all segments together.
    pub shm_tot: c_ulong,
    /// Of these, pages in memory.
    pub shm_rss: c_ulong,
    /// Of these, pages in swap.
    pub shm_swp: c_ulong,
    /// Always 0 since Linux 2.4.
    pub swap_attempts: c_ulong,
    /// Always 0 since Linux 2.4.
    pub swap_successes: c_ulong,
}
