//! System V shared memory, whole and in safe Rust: shmget(2), shmat(2), shmdt(2), shmctl(2).
//!
//! A segment is found by its *key*, a number that programs agree on; has an *id* for as long as
//! it is there; and is *attached*, any number of times, at an address of each process's own. It
//! lives until it is removed or the machine goes down, whether or not a process has it.
//!
//! ```
//! use std::sync::atomic::Ordering::{Acquire, Release};
//!
//! use handoff_shm::sysv::{Attach, Key, Options, Segment};
//!
//! # fn main() -> Result<(), handoff_shm::sysv::Error> {
//! // Made anew, or not at all; for nobody but us. IPC_PRIVATE would need no key.
//! let key = Key::from_path("Cargo.toml", b'~')?;
//! let made = Options::new(2052).mode(0o600).create(key)?;
//! let ours = made.attach()?;
//! ours.write(4, b"text");
//! ours.store_u32(0, 1, Release);
//!
//! // As another process would, by the key alone.
//! let found = Segment::open(key, 2052)?;
//! let theirs = found.attach_with(&Attach::new().read_only(true))?;
//! assert_eq!(theirs.load_u32(0, Acquire), 1);
//! let mut text = [0; 4];
//! theirs.read(4, &mut text);
//! assert_eq!(&text, b"text");
//! assert_eq!(found.status()?.attachments, 2);
//!
//! // The key leads to it no more; with the last attachment it is gone.
//! made.remove()?;
//! assert!(found.status()?.is_removed);
//! drop((ours, theirs));
//! assert!(found.status().unwrap_err().is_gone());
//! # Ok(())
//! # }
//! ```
//!
//! # What is safe, and why
//! An attachment gives atomic words and copies, never a `&[u8]`: see [`Attachment`]. It knows
//! its bounds from the kernel, checks each access against them, and panics as an index does.
//! Nobody can shrink a segment. SHM_REMAP replaces only what one has attached oneself, and
//! addresses at which the kernel would let a program hurt itself are refused.
//!
//! What remains is not to be had: a page that was not reserved
//! ([`Options::no_reserve`]) and is not to be had later is a SIGBUS, and who can attach a
//! segment writable can write anything into it. Text from there is a stranger's.
//!
//! No call is interrupted: none of them answers EINTR but to who is being killed.
//!
//! # The calls
//! What each errno means is in [`Error::meaning`], what to do in [`Error::advice`]. The kernel
//! uses few numbers for many things: EINVAL of shmget is not EINVAL of shmat.
//!
//! | call | method | errno | meaning |
//! |---|---|---|---|
//! | ftok | [`Key::from_path`] | ENOENT | there is no such file |
//! | ftok | [`Key::from_path`] | EACCES | a directory on the way to the file may not be searched |
//! | ftok | [`Key::from_path`] | ENOTDIR | a name on the way to the file is no directory |
//! | ftok | [`Key::from_path`] | ELOOP | too many symbolic links lead to the file |
//! | ftok | [`Key::from_path`] | ENAMETOOLONG | the path or a name in it is too long |
//! | ftok | [`Key::from_path`] | EINVAL | the id is 0, with which the key could be IPC_PRIVATE, or the path has a NUL |
//! | shmget IPC_CREAT&#124;IPC_EXCL | [`Options::create`] | EEXIST | there is a segment with this key |
//! | shmget IPC_CREAT&#124;IPC_EXCL | [`Options::create`] | EINVAL | a segment may not have so many bytes (kernel.shmmax, or what any file may have) |
//! | shmget IPC_CREAT&#124;IPC_EXCL | [`Options::create`] | EINVAL | a new segment has one byte at least (SHMMIN) |
//! | shmget IPC_CREAT&#124;IPC_EXCL | [`Options::create`] | EINVAL | this machine has no huge pages of that size |
//! | shmget IPC_CREAT&#124;IPC_EXCL | [`Options::create`] | ENOSPC | there are as many segments as may be (kernel.shmmni), or pages (kernel.shmall) |
//! | shmget IPC_CREAT&#124;IPC_EXCL | [`Options::create`] | ENOMEM | there is not so much memory, or may not be promised (vm.overcommit_memory) |
//! | shmget IPC_CREAT&#124;IPC_EXCL | [`Options::create`] | ENOMEM | there are not so many free huge pages (vm.nr_hugepages) |
//! | shmget IPC_CREAT&#124;IPC_EXCL | [`Options::create`] | EPERM | huge pages are for CAP_IPC_LOCK and the group vm.hugetlb_shm_group |
//! | shmget IPC_CREAT&#124;IPC_EXCL | [`Options::create`] | ENFILE | the system has as many open files as may be (fs.file-max) |
//! | shmget IPC_CREAT&#124;IPC_EXCL | [`Options::create`] | ENOSYS | the kernel has no System V shared memory, or no huge pages |
//! | shmget IPC_CREAT | [`Options::open_or_create`] | EACCES | the mode of the segment of this key grants us less than was asked for |
//! | shmget IPC_CREAT | [`Options::open_or_create`] | EINVAL | a segment may not have so many bytes (kernel.shmmax, or what any file may have) |
//! | shmget IPC_CREAT | [`Options::open_or_create`] | EINVAL | a new segment has one byte at least (SHMMIN) |
//! | shmget IPC_CREAT | [`Options::open_or_create`] | EINVAL | the segment of this key has fewer bytes |
//! | shmget IPC_CREAT | [`Options::open_or_create`] | EINVAL | this machine has no huge pages of that size |
//! | shmget IPC_CREAT | [`Options::open_or_create`] | ENOSPC | there are as many segments as may be (kernel.shmmni), or pages (kernel.shmall) |
//! | shmget IPC_CREAT | [`Options::open_or_create`] | ENOMEM | there is not so much memory, or may not be promised (vm.overcommit_memory) |
//! | shmget IPC_CREAT | [`Options::open_or_create`] | ENOMEM | there are not so many free huge pages (vm.nr_hugepages) |
//! | shmget IPC_CREAT | [`Options::open_or_create`] | EPERM | huge pages are for CAP_IPC_LOCK and the group vm.hugetlb_shm_group |
//! | shmget IPC_CREAT | [`Options::open_or_create`] | ENFILE | the system has as many open files as may be (fs.file-max) |
//! | shmget IPC_CREAT | [`Options::open_or_create`] | ENOSYS | the kernel has no System V shared memory, or no huge pages |
//! | shmget | [`Segment::open`] | ENOENT | no segment has this key |
//! | shmget | [`Segment::open`] | EINVAL | the segment of this key has fewer bytes |
//! | shmget | [`Segment::open`] | ENOSYS | the kernel has no System V shared memory |
//! | shmat | [`Segment::attach`] | EACCES | its mode denies us to read it, or to write or execute it as asked for |
//! | shmat | [`Segment::attach`] | EINVAL | no segment has this id, or no more |
//! | shmat | [`Segment::attach`] | EINVAL | the address is no multiple of SHMLBA, and was not to be rounded |
//! | shmat | [`Segment::attach`] | EINVAL | something is mapped there already, or nothing can be |
//! | shmat | [`Segment::attach`] | EIDRM | the segment is removed, or just being removed |
//! | shmat | [`Segment::attach`] | ENOMEM | there is no room in the address space (RLIMIT_AS, vm.max_map_count), or no memory for the page tables |
//! | shmat | [`Segment::attach`] | EPERM | the address is below vm.mmap_min_addr, or may not be executed |
//! | shmat | [`Segment::attach`] | EAGAIN | mlockall(2) locks what is mapped, and this would be too much (RLIMIT_MEMLOCK) |
//! | shmat | [`Segment::attach`] | ENFILE | the system has as many open files as may be (fs.file-max) |
//! | shmat | [`Segment::attach`] | ENOSYS | the kernel has no System V shared memory |
//! | shmat SHM_REMAP | [`Attachment::replace`] | ENOMEM | there is no room in the address space (RLIMIT_AS, vm.max_map_count), or no memory for the page tables |
//! | shmat SHM_REMAP | [`Attachment::replace`] | EINVAL | huge pages are not replaced in part, nor at an address of smaller ones |
//! | shmat SHM_REMAP | [`Attachment::replace`] | EPERM | what is mapped there is sealed (mseal) |
//! | shmat SHM_REMAP | [`Attachment::replace`] | EAGAIN | mlockall(2) locks what is mapped, and this would be too much (RLIMIT_MEMLOCK) |
//! | shmat SHM_REMAP | [`Attachment::replace`] | ENFILE | the system has as many open files as may be (fs.file-max) |
//! | shmdt | [`Attachment::detach`] | EINVAL | no segment is attached at this address |
//! | shmctl IPC_STAT | [`Segment::status`] | EACCES | its mode denies us to read it |
//! | shmctl IPC_STAT | [`Segment::status`] | EINVAL | no segment has this id, or no more |
//! | shmctl IPC_STAT | [`Segment::status`] | EIDRM | the segment is removed, or just being removed |
//! | shmctl IPC_STAT | [`Segment::status`] | EOVERFLOW | a user or group has no room in 16 bits (old binaries alone) |
//! | shmctl IPC_STAT | [`Segment::status`] | ENOSYS | the kernel has no System V shared memory |
//! | shmctl IPC_SET | [`Segment::set`] | EPERM | only its owner, its creator and CAP_SYS_ADMIN may do that |
//! | shmctl IPC_SET | [`Segment::set`] | EINVAL | no segment has this id, or no more |
//! | shmctl IPC_SET | [`Segment::set`] | EINVAL | the user or group is none of this user namespace |
//! | shmctl IPC_SET | [`Segment::set`] | EIDRM | the segment is removed, or just being removed |
//! | shmctl IPC_SET | [`Segment::set`] | ENOSYS | the kernel has no System V shared memory |
//! | shmctl IPC_RMID | [`Segment::remove`] | EPERM | only its owner, its creator and CAP_SYS_ADMIN may do that |
//! | shmctl IPC_RMID | [`Segment::remove`] | EINVAL | no segment has this id, or no more |
//! | shmctl IPC_RMID | [`Segment::remove`] | EIDRM | the segment is removed, or just being removed |
//! | shmctl IPC_RMID | [`Segment::remove`] | ENOSYS | the kernel has no System V shared memory |
//! | shmctl SHM_LOCK | [`Segment::lock`] | ENOMEM | it is more than we may lock (RLIMIT_MEMLOCK) |
//! | shmctl SHM_LOCK | [`Segment::lock`] | EPERM | only its owner, its creator and CAP_IPC_LOCK may do that, and the former not if RLIMIT_MEMLOCK is 0 |
//! | shmctl SHM_LOCK | [`Segment::lock`] | EINVAL | no segment has this id, or no more |
//! | shmctl SHM_LOCK | [`Segment::lock`] | EIDRM | the segment is removed, or just being removed |
//! | shmctl SHM_LOCK | [`Segment::lock`] | ENOSYS | the kernel has no System V shared memory |
//! | shmctl SHM_UNLOCK | [`Segment::unlock`] | EPERM | only its owner, its creator and CAP_IPC_LOCK may do that |
//! | shmctl SHM_UNLOCK | [`Segment::unlock`] | EINVAL | no segment has this id, or no more |
//! | shmctl SHM_UNLOCK | [`Segment::unlock`] | EIDRM | the segment is removed, or just being removed |
//! | shmctl SHM_UNLOCK | [`Segment::unlock`] | ENOSYS | the kernel has no System V shared memory |
//! | shmctl SHM_STAT_ANY | [`segments()`] | EACCES | a security module forbids it |
//! | shmctl SHM_STAT_ANY | [`segments()`] | ENOSYS | the kernel has no System V shared memory |
//! | shmctl IPC_INFO | [`limits()`] | EACCES | a security module forbids it |
//! | shmctl IPC_INFO | [`limits()`] | ENOSYS | the kernel has no System V shared memory |
//! | shmctl SHM_INFO | [`usage()`] | EACCES | a security module forbids it |
//! | shmctl SHM_INFO | [`usage()`] | ENOSYS | the kernel has no System V shared memory |
//!
//! | module | owns |
//! |---|---|
//! | `calls`, `flags` | the system calls, and their narration |
//! | [`abi`] | what libc leaves out |
//! | `key` | numbers, IPC_PRIVATE, ftok |
//! | `options` | what a new segment shall be |
//! | `segment` | what is done with a segment by its id |
//! | `attach`, `place`, `maps` | how it is attached, and where it must not be |
//! | `attachment`, `words`, `writable` | the memory |
//! | `status` | struct shmid_ds, typed |
//! | `listing`, `table` | all segments |
//! | `limits` | IPC_INFO and SHM_INFO |
//! | `error`, `meaning`, `advice` | what went wrong, what that means, what to do |
//! | `kind` | segments as a [`Kind`](crate::Kind) of memory for an exchange |

pub mod abi;
mod advice;
mod attach;
mod attachment;
mod calls;
mod error;
mod flags;
mod key;
mod kind;
mod limits;
mod listing;
mod maps;
mod meaning;
mod options;
mod place;
mod segment;
mod status;
mod table;
mod words;
mod writable;

pub use attach::Attach;
pub use attachment::Attachment;
pub use error::Error;
pub use key::Key;
pub use kind::Sysv;
pub(crate) use kind::{SysvSegment, attach_by_key, remove};
pub use limits::{Limits, Usage, limits, usage};
pub use listing::{Segments, segments};
pub use meaning::{MEANINGS, Meaning, Operation};
pub use options::{HugePages, Options};
pub use place::{BadAddress, page_size, shmlba};
pub use segment::Segment;
pub use status::Status;
pub use writable::Writable;
