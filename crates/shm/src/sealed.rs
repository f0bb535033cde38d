//! Memory without a name, whose size nobody can change any more: memfd_create(2), sealed.
//!
//! The seals are what a file cannot promise: with F_SEAL_SHRINK no peer can take pages
//! away under us, with F_SEAL_GROW the number of slots stays what it is, and with
//! F_SEAL_SEAL nobody adds others. Who receives such memory asks for them.

use std::fmt::Display;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;

use handoff_proto::step::{Step, step_with};
use handoff_proto::{Mapping, slots_in};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::stat::{Mode, fchmod, fstat};

use crate::mapped::{Mapped, reserve};

/// Not in nix yet: <linux/memfd.h>, since Linux 6.3. Some systems insist on it.
const MFD_NOEXEC_SEAL: MFdFlags = MFdFlags::from_bits_retain(8);

/// A sealed memfd, mapped.
#[derive(Debug)]
pub(crate) struct Sealed {
    memory: Mapped,
    fd: OwnedFd,
}

// ANCHOR: seals
/// The seals that an exchange's memory has.
fn seals() -> SealFlag {
    SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL
}
// ANCHOR_END: seals

impl Sealed {
    /// New memory of `size` bytes, zeroed, reserved, sealed.
    pub(crate) fn new(size: usize) -> nix::Result<Self> {
        let fd = memfd()?;
        step_with(Step::Mode, || "fchmod to 0600".to_owned());
        fchmod(&fd, Mode::S_IRUSR | Mode::S_IWUSR)?;
        reserve(&fd, size)?;
        step_with(Step::Seal, || "F_ADD_SEALS: shrink, grow, seal".to_owned());
        let result = fcntl(&fd, FcntlArg::F_ADD_SEALS(seals()));
        log::debug!("fcntl(F_ADD_SEALS, shrink, grow, seal) = {result:?}");
        result?;
        Ok(Self { memory: Mapped::new(&fd, size)?, fd })
    }

    /// What somebody sent, if it is what it has to be: sealed memory of exactly `size`
    /// bytes, which are those of an exchange. Else what is wrong with it.
    pub(crate) fn judge(fd: OwnedFd, size: usize) -> Result<Self, String> {
        let cannot = |attempt: &'static str| move |errno: Errno| format!("{attempt}: {errno}");
        // Only what lives in memory has seals at all.
        let has =
            fcntl(&fd, FcntlArg::F_GET_SEALS).map_err(cannot("it is no memfd (F_GET_SEALS)"))?;
        let has = SealFlag::from_bits_retain(has);
        if !has.contains(seals()) {
            return Err("it is not sealed against shrinking, growing and other seals".into());
        }
        let access = fcntl(&fd, FcntlArg::F_GETFL).map_err(cannot("it has no flags"))?;
        if OFlag::from_bits_retain(access) & OFlag::O_ACCMODE != OFlag::O_RDWR {
            return Err("it is not open for reading and writing".into());
        }
        let status = fstat(&fd).map_err(cannot("it has no status"))?;
        if usize::try_from(status.st_size) != Ok(size) {
            return Err(not_the_size(status.st_size, size));
        }
        if slots_in(size).is_none() {
            return Err(format!("{size} bytes are the size of no exchange"));
        }
        let memory = Mapped::new(&fd, size).map_err(cannot("it cannot be mapped"))?;
        Ok(Self { memory, fd })
    }
}

/// For [`judge`](Sealed::judge) and who else judges.
pub(crate) fn not_the_size(is: impl Display, said: impl Display) -> String {
    format!("it has {is} bytes, not {said} as was said")
}

fn memfd() -> nix::Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    step_with(Step::Create, || "memfd_create(handoff)".to_owned());
    let mut result = memfd_create(c"handoff", flags | MFD_NOEXEC_SEAL);
    if matches!(result, Err(Errno::EINVAL)) {
        step_with(Step::Create, || "memfd_create(handoff), as before Linux 6.3".to_owned());
        result = memfd_create(c"handoff", flags);
    }
    log::debug!("memfd_create() = {result:?}");
    result
}

impl AsFd for Sealed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

// SAFETY: Mapped mapped all bytes of a sealed memfd shared, readable and writable, page-aligned
// and zeroed when it was made; only its drop unmaps them, and nobody can shrink them.
unsafe impl Mapping for Sealed {
    fn base(&self) -> NonNull<u8> {
        self.memory.base()
    }
    fn size(&self) -> usize {
        self.memory.size()
    }
}
