//! Memory without a name.

use std::os::fd::OwnedFd;

use nix::errno::Errno;
use nix::sys::memfd::{MFdFlags, memfd_create};

/// <linux/memfd.h>, since Linux 6.3, and not in nix yet. Some systems insist on it
/// (vm.memfd_noexec).
const MFD_NOEXEC_SEAL: MFdFlags = MFdFlags::from_bits_retain(8);

/// A new memfd without bytes, which can be sealed.
///
/// # Errors
/// memfd_create(2)'s.
pub fn memfd() -> Result<OwnedFd, Errno> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    match memfd_create(c"lab", flags | MFD_NOEXEC_SEAL) {
        // An older kernel.
        Err(Errno::EINVAL) => memfd_create(c"lab", flags),
        memfd => memfd,
    }
}
