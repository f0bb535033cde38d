//! The safe wrapper of System V shared memory against the kernel, in safe Rust. See also sysv_fork.rs.
//!
//! | module | shows |
//! |---|---|
//! | `keys` | ftok(3): the same as in C, and how it collides |
//! | `create` | what shmget(2) makes of a key and a size |
//! | `attach` | where a segment comes to be, and what can be done there |
//! | `replace` | SHM_REMAP: one attachment in the place of another |
//! | `words` | words, copies, and where both end |
//! | `status` | every field of shmid_ds, IPC_SET, IPC_RMID, and the list of all |
//! | `lock` | SHM_LOCK and SHM_UNLOCK |
//! | `limits` | IPC_INFO, SHM_INFO, and the error that each limit gives |
//! | `huge` | huge pages, and pages that are not reserved |
//! | `answers` | errors that take some doing |
//! | `users` | who may do what |
//! | `narration` | the line that shows each call |
//! | `old_kernel` | the list where SHM_STAT_ANY is unknown |
//! | `meanings` | the table of errors, in the code and in its documentation |

#![forbid(unsafe_code)]

mod answers;
mod attach;
mod common;
mod create;
mod huge;
mod keys;
mod limits;
mod lock;
mod meanings;
mod narration;
mod old_kernel;
mod replace;
mod status;
mod users;
mod words;
