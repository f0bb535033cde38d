//! The other ways: what else two processes can share, and what it costs.
//!
//! | module | claim |
//! |---|---|
//! | `one_mechanism` | 26: what is underneath shmat and mmap |
//! | `posix_tmpfs` | 27: POSIX shared memory is a file, with what follows from that |
//! | `file_or_shm` | 28: a mapped file beside shared memory, and what msync costs |
//! | `memfd_passing` | 29: memory without a name, and its seals |
//! | `dma_buf_devices` | 30: memory that devices share |
//! | `containers` | 31: keys and names in namespaces |
//! | `fastest_ipc` | 32: beside pipes, sockets and queues |
//! | `ways` | for several: the ways to fresh memory, behind one face |

mod containers;
mod dma_buf_devices;
mod fastest_ipc;
mod file_or_shm;
mod memfd_passing;
mod one_mechanism;
mod posix_tmpfs;
mod ways;

use crate::Experiment;

/// In the order of their claims.
pub(super) const EXPERIMENTS: &[&Experiment] = &[
    &one_mechanism::EXPERIMENT,
    &posix_tmpfs::EXPERIMENT,
    &file_or_shm::EXPERIMENT,
    &memfd_passing::EXPERIMENT,
    &dma_buf_devices::EXPERIMENT,
    &containers::EXPERIMENT,
    &fastest_ipc::EXPERIMENT,
];
