//! Flags as people read them in C.

use std::ffi::c_int;

use super::abi;

const SHMGET: [(c_int, &str); 4] = [
    (libc::IPC_CREAT, "IPC_CREAT"),
    (libc::IPC_EXCL, "IPC_EXCL"),
    (libc::SHM_HUGETLB, "SHM_HUGETLB"),
    (libc::SHM_NORESERVE, "SHM_NORESERVE"),
];

const SHMAT: [(c_int, &str); 4] = [
    (libc::SHM_RDONLY, "SHM_RDONLY"),
    (libc::SHM_RND, "SHM_RND"),
    (libc::SHM_REMAP, "SHM_REMAP"),
    (libc::SHM_EXEC, "SHM_EXEC"),
];

/// "IPC_CREAT|IPC_EXCL|0600".
pub(super) fn of_shmget(flags: c_int) -> String {
    let mut names = names(&SHMGET, flags);
    match flags >> abi::SHM_HUGE_SHIFT & abi::SHM_HUGE_MASK {
        0 => {}
        log2 => names.push(huge(log2)),
    }
    names.push(format!("{:04o}", flags & 0o777));
    names.join("|")
}

/// Nothing for the plainest call, else ", 0x7f0000000000, SHM_RDONLY|SHM_RND".
pub(super) fn of_shmat(address: usize, flags: c_int) -> String {
    let names = match names(&SHMAT, flags) {
        names if names.is_empty() => "0".into(),
        names => names.join("|"),
    };
    match (address, flags) {
        (0, 0) => String::new(),
        (0, _) => format!(", NULL, {names}"),
        _ => format!(", {address:#x}, {names}"),
    }
}

fn names(all: &[(c_int, &str)], flags: c_int) -> Vec<String> {
    all.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| (*name).to_owned()).collect()
}

/// "SHM_HUGE_2MB".
fn huge(log2: c_int) -> String {
    let (units, rest) = (log2 / 10, log2 % 10);
    let unit = ["B", "KB", "MB", "GB", "TB", "PB", "EB"][units as usize];
    format!("SHM_HUGE_{}{unit}", 1 << rest)
}
