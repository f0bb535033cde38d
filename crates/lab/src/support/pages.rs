//! What the kernel knows of single pages: /proc/self/pagemap leads from addresses to page
//! frames, /proc/kpageflags tells of each what it is. See proc_pid_pagemap(5) and
//! Documentation/admin-guide/mm/pagemap.rst.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// `KPF_UNEVICTABLE`: the page is on the list of those that are never swapped out.
const UNEVICTABLE: u64 = 1 << 18;
/// In an entry of pagemap: there is a page.
const PRESENT: u64 = 1 << 63;
/// In an entry of pagemap: the frame's number; 0 for who may not know it.
const FRAME: u64 = (1 << 55) - 1;

/// How many of the pages that are mapped at these addresses are never swapped out.
///
/// # Errors
/// [`io::ErrorKind::PermissionDenied`] without CAP_SYS_ADMIN; NotFound for a kernel that does
/// not tell (CONFIG_PROC_PAGE_MONITOR).
pub fn unevictable(addresses: impl Iterator<Item = usize>, page: usize) -> io::Result<usize> {
    let frames = File::open("/proc/self/pagemap")?;
    let flags = File::open("/proc/kpageflags")?;
    let mut count = 0;
    for address in addresses {
        let entry = word(&frames, address / page)?;
        let frame = entry & FRAME;
        if entry & PRESENT == 0 {
            continue;
        }
        if frame == 0 {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let frame = usize::try_from(frame).map_err(io::Error::other)?;
        count += usize::from(word(&flags, frame)? & UNEVICTABLE != 0);
    }
    Ok(count)
}

/// Both files are arrays of 64-bit words.
fn word(file: &File, index: usize) -> io::Result<u64> {
    let mut bytes = [0; 8];
    file.read_exact_at(&mut bytes, index as u64 * 8)?;
    Ok(u64::from_ne_bytes(bytes))
}
